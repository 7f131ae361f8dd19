"""The columns of a page: gaps between columns of text, over the whole page or a part of it, and the order they give."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.pdf.layout.lines import Box, Gap, boxes
from ingest.pdf.page import Glyph, Line, Table

Item = Line | Table
_LEAST_LINES = 4  # of a column that takes up a part of the page only
_LEAST_LETTERS = 12  # in the mean line of such a column: cells of a table are shorter
_LEAST_SHARE = 0.22  # of the width of the page's text that such a column takes
_LEVEL = 0.8  # share of lines on a baseline with one across the gap, from which on they are rows of a table
_ALIGNED = 0.6  # share of the lines right of a gap that begin at its edge
_FULL = 0.6  # share of a column's letters that stand in full lines


@dataclass(frozen=True, slots=True)
class _Band:
    """Lines that follow each other down the page and do not cross a gap, on both of its sides."""

    ours: list[Box]
    theirs: list[Box]


def find_gaps(glyphs: Sequence[Glyph], columns: Sequence[float]) -> tuple[list[Gap], list[float]]:
    """The gaps between the columns of a page, and the x of those that go down the whole page.

    `columns` are those of the page before, which a page keeps if its text allows: the short lines of a bibliography do
    not show where their columns are.
    """
    lines = boxes(glyphs)
    gutters = _gutters(lines)
    kept = _kept(lines, columns)
    if not gutters or _is_same(gutters, kept, lines):  # numbers of a list may hide where its column begins
        gutters = kept
    local = _local_gaps(lines, gutters) or ([] if gutters else _rest_of_columns(lines, columns))
    return [*(part for x in gutters for part in _outside(x, local)), *local], gutters


def _outside(x: float, local: Sequence[Gap]) -> Iterator[Gap]:
    """The parts of a gap down the page that are above, between and below those of `local` ones."""
    top = -math.inf
    for gap in sorted(local, key=lambda gap: gap.top):
        yield Gap(x, top, gap.top)
        top = gap.bottom
    yield Gap(x, top)


def _gutters(lines: list[Box]) -> list[float]:
    """The x of each gap between columns of text: few lines cross it, and there are full lines on both sides.

    Cells of a table leave gaps as well, but they are short; full lines are as wide as their column.
    """
    if len(lines) < 8:
        return []
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    return sorted(_split(lines, left, right, depth=0))


def _kept(lines: list[Box], columns: Sequence[float]) -> list[float]:
    """The gaps of the page before, if each has three lines or more on both sides and few letters across."""
    for x in columns:
        sides = (sum(1 for line in lines if line.x1 <= x + 0.5), sum(1 for line in lines if line.x0 >= x - 0.5))
        if min(sides) < 3 or _crossing(lines, x) > 0.25:
            return []
    return list(columns)


def _is_same(gutters: Sequence[float], kept: Sequence[float], lines: list[Box]) -> bool:
    """Whether the gaps of the page before are as good as those found on this one, and near them."""
    if len(gutters) != len(kept):
        return False
    near = 3 * _usual_size(lines)
    return all(
        abs(a - b) <= near and _crossing(lines, b) <= _crossing(lines, a) + 0.02
        for a, b in zip(gutters, kept, strict=True)
    )


def _crossing(lines: list[Box], x: float) -> float:
    """The share of the letters that stand in lines across `x`."""
    total = sum(line.count for line in lines)
    return sum(line.count for line in lines if line.x0 < x - 0.5 and line.x1 > x + 0.5) / max(1, total)


def _split(lines: list[Box], left: float, right: float, depth: int) -> list[float]:
    size = _usual_size(lines)
    if depth > 1 or right - left < 16 * size or len(lines) < 8:
        return []
    best: tuple[float, float] | None = None
    edges = sorted({round(line.x0 - 0.3 * size) for line in lines if left + 6 * size < line.x0 < right - 6 * size})
    for x in edges:
        ours = [line for line in lines if line.x1 <= x + 0.5]
        theirs = [line for line in lines if line.x0 >= x - 0.5]
        if not (_is_column(ours, left, x) and _is_column(theirs, x, right)):
            continue
        share = _crossing(lines, x)
        if share < 0.5 and (best is None or share < best[0]):
            best = (share, float(x))
    if best is None:
        return []
    gutter = best[1]
    ours = [line for line in lines if line.x1 <= gutter + 0.5]
    theirs = [line for line in lines if line.x0 >= gutter - 0.5]
    return [*_split(ours, left, gutter, depth + 1), gutter, *_split(theirs, gutter, right, depth + 1)]


def _usual_size(lines: Sequence[Box]) -> float:
    return sorted(line.size for line in lines)[len(lines) // 2]


def _is_column(lines: list[Box], left: float, right: float) -> bool:
    """Whether lines are a column of text: at four heights or more, most letters in lines nearly as wide as it."""
    if len({round(line.y) for line in lines}) < 4:
        return False
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    return width >= 0.6 * (right - left) and _full_share(lines) >= _FULL


def _full_share(lines: Sequence[Box]) -> float:
    """The share of the letters that stand in lines nearly as wide as the widest."""
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    full = sum(line.count for line in lines if line.x1 - line.x0 >= 0.75 * width)
    return full / max(1, sum(line.count for line in lines))


def _local_gaps(lines: list[Box], gutters: Sequence[float]) -> list[Gap]:
    """The gaps of columns in a part of the page: a block of names or a table of contents beside running text.

    Where the page has `gutters`, such a part has lines across one of them.
    """
    if len(lines) < 2 * _LEAST_LINES:
        return []
    size = _usual_size(lines)
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    ordered = sorted(lines, key=lambda line: line.y)
    starts = Counter(round(line.x0) for line in lines if left + 6 * size < line.x0 < right - 6 * size)
    found: list[Gap] = []
    for x, count in sorted(starts.items(), key=lambda pair: (-pair[1], pair[0])):
        if count < _LEAST_LINES - 1:
            break
        for band in _bands(ordered, x - 0.5 * size, size):
            top, bottom = (edge(line.y for line in (*band.ours, *band.theirs)) for edge in (min, max))
            gap = Gap(x - 0.5 * size, top - 1, bottom + 1)
            crossed = [b for b in (*band.ours, *band.theirs) if any(b.x0 < x < b.x1 for x in gutters)]
            if gutters and len(crossed) < _LEAST_LINES:
                continue
            if _are_columns(band, x, size, right - left) and not any(gap.meets(other) for other in found):
                found.append(gap)
    return found


def _rest_of_columns(lines: list[Box], columns: Sequence[float]) -> list[Gap]:
    """The gaps of the page before, in the part of a page where its columns end: full lines on both sides of a gap."""
    ordered = sorted(lines, key=lambda line: line.y)
    found: list[Gap] = []
    for x in columns:
        for band in _bands(ordered, x, _usual_size(lines)):
            sides = (band.ours, band.theirs)
            heights = min(len({round(line.y) for line in side}) for side in sides)
            if heights >= _LEAST_LINES - 1 and min(map(_full_share, sides)) >= _FULL:
                top, bottom = (edge(line.y for line in (*band.ours, *band.theirs)) for edge in (min, max))
                found.append(Gap(x, top - 1, bottom + 1))
    return found


def _bands(ordered: Sequence[Box], x: float, size: float) -> Iterator[_Band]:
    """The bands of lines beside the gap at `x`, from where both sides have lines to where one has no more."""
    ours: list[Box] = []
    theirs: list[Box] = []
    for line in [*ordered, None]:
        if line is not None and line.x1 <= x - 0.3 * size:
            ours.append(line)
        elif line is not None and line.x0 >= x:
            theirs.append(line)
        else:
            if ours and theirs:
                top, bottom = max(ours[0].y, theirs[0].y) - size, min(ours[-1].y, theirs[-1].y) + size
                sides = [[line for line in side if top <= line.y <= bottom] for side in (ours, theirs)]
                if all(sides):
                    yield _Band(*sides)
            ours, theirs = [], []


def _are_columns(band: _Band, x: float, size: float, width: float) -> bool:
    """Whether the lines of a band are two columns of running text, and not the cells of a table."""
    sides = (band.ours, band.theirs)
    heights = [sorted({round(line.y, 1) for line in side}) for side in sides]
    letters = min(sum(line.count for line in side) / len(levels) for side, levels in zip(sides, heights, strict=True))
    least = min(max(line.x1 for line in side) - min(line.x0 for line in side) for side in sides) / width
    aligned = sum(abs(line.x0 - x) <= size for line in band.theirs)
    shares = sorted(map(_full_share, sides))
    if min(map(len, heights)) < _LEAST_LINES or aligned < _ALIGNED * len(heights[1]) or shares[1] < _FULL:
        return False
    if shares[0] >= _FULL and letters >= _LEAST_LETTERS and least >= _LEAST_SHARE:
        return True
    fewer, more = sorted(heights, key=len)
    level = sum(any(abs(y - other) <= 0.15 * size for other in more) for y in fewer)
    return level < _LEVEL * len(fewer) and letters >= _LEAST_LETTERS / 2 and least >= _LEAST_SHARE / 2


def in_order(items: Sequence[Item], gaps: Sequence[Gap]) -> list[Item]:
    """Items in bands from top to bottom, which items across a gap divide; in each band, columns from left to right."""
    ordered = sorted(items, key=lambda item: (item.y, item.x0))
    if not gaps:
        return ordered
    reading_order: list[Item] = []
    band: list[tuple[int, Item]] = []
    beside: tuple[Gap, ...] = ()
    for item in ordered:
        here = tuple(gap for gap in gaps if gap.top <= item.y <= gap.bottom)
        crosses = not here or any(item.x0 < gap.x - 1 and item.x1 > gap.x + 1 for gap in here)
        if crosses or here != beside:
            reading_order.extend(_by_columns(band))
            band, beside = [], here
        if crosses:
            reading_order.append(item)
        else:
            band.append((sum(1 for gap in here if item.x0 >= gap.x - 1) + 1, item))
    return [*reading_order, *_by_columns(band)]


def _by_columns(band: Sequence[tuple[int, Item]]) -> list[Item]:
    marked = [(column, replace(item, column=column) if isinstance(item, Line) else item) for column, item in band]
    return [item for _, item in sorted(marked, key=lambda pair: (pair[0], pair[1].y, pair[1].x0))]
