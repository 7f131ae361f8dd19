"""Pieces of text on one baseline: rows of a table without rules, or one line with wide gaps."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.pdf.page import Line, Table

Item = Line | Table


def without_line_numbers(lines: Sequence[Line]) -> list[Line]:
    """The lines without a column of rising numbers in the margin."""
    numbers = [line for line in lines if re.fullmatch(r"\d{1,4}", line.text)]
    others = [line for line in lines if not re.fullmatch(r"\d{1,4}", line.text)]
    if len(numbers) < 5 or not others:
        return list(lines)
    left, right = min(line.x0 for line in others), max(line.x1 for line in others)
    margin = sorted((line for line in numbers if line.x1 <= left or line.x0 >= right), key=lambda line: line.y)
    values = [int(line.text) for line in margin]
    if len(values) < 5 or any(b <= a for a, b in pairwise(values)):
        return list(lines)
    return [line for line in lines if line not in margin]


def with_rows(items: Sequence[Item]) -> list[Item]:
    """The items in order, those on one baseline of one column joined, and runs of like rows as tables."""
    groups: list[list[Item]] = []
    for item in items:
        last = groups[-1][-1] if groups else None
        if isinstance(item, Line) and isinstance(last, Line) and _beside(last, item):
            groups[-1].append(item)
        else:
            groups.append([item])
    found: list[Item] = []
    run: list[list[Line]] = []
    for group in groups:
        pieces = [item for item in group if isinstance(item, Line)]
        if run and not (len(pieces) == len(group) and _aligned(run[-1], pieces)):
            found.extend(_closed(run))
            run = []
        if len(pieces) > 1:
            run.append(pieces)
        else:
            found.extend(group)
    return [*found, *_closed(run)]


def _beside(left: Line, right: Line) -> bool:
    same = left.page == right.page and left.column == right.column and not right.bullet
    return same and abs(left.y - right.y) <= 0.25 * max(left.size, right.size) and right.x0 >= left.x1


def _aligned(above: Sequence[Line], below: Sequence[Line]) -> bool:
    """Whether two rows have the same columns: each piece begins, ends or is centred where the one above it is."""
    if len(above) != len(below) or len(below) < 2:
        return False
    if not 0 < below[0].y - above[0].y < 3.5 * below[0].size:
        return False
    near = 0.8 * below[0].size
    return all(
        min(abs(a.x0 - b.x0), abs(a.x1 - b.x1), abs(a.x0 + a.x1 - b.x0 - b.x1) / 2) <= near
        for a, b in zip(above, below, strict=True)
    )


def _closed(run: Sequence[Sequence[Line]]) -> list[Item]:
    """A table where three rows agree, or two of three columns and more; else each row as one line."""
    if len(run) >= 3 or (len(run) == 2 and len(run[0]) >= 3):
        first, last = run[0], run[-1]
        rows = tuple(tuple(piece.text for piece in pieces) for pieces in run)
        right = max(pieces[-1].x1 for pieces in run)
        return [Table(first[0].page, first[0].x0, right, first[0].y - first[0].size, last[0].y, rows)]
    return [replace(pieces[0], text=" ".join(piece.text for piece in pieces), x1=pieces[-1].x1) for pieces in run]
