"""The lines and tables of a page in reading order: one column or several, horizontal or vertical writing."""

from collections.abc import Sequence
from dataclasses import replace

from ingest.pdf.lines import Box, boxes, lines_of
from ingest.pdf.page import Glyph, Line, Page, Rule, Table
from ingest.pdf.rows import with_rows, without_line_numbers
from ingest.pdf.tables import take_tables
from ingest.pdf.turn import turned_rules, upright

Item = Line | Table


def arrange(
    glyphs: Sequence[Glyph],
    rules: Sequence[Rule],
    bullets: Sequence[tuple[float, float]],
    number: int,
    width: float,
    height: float,
    columns: Sequence[float] = (),
) -> tuple[Page, list[float]]:
    """What stands on a page, in the order in which it is read, and the gaps between its columns.

    A vertical page comes with its sides exchanged. `columns` are the gaps of the page before, which a page keeps as
    long as its text respects them: the short lines of a bibliography do not show their columns themselves.
    """
    text, extras, angle = upright(glyphs, width, height)
    turned = angle in (90, 270)
    tables, rest = take_tables(text, turned_rules(rules, angle, width, height), number) if rules else ([], text)
    gutter = find_gutters(rest) or kept_gutters(rest, columns)
    lines = [_with_bullet(line, bullets) for line in without_line_numbers(lines_of(rest, number, gutter))]
    items = in_order([*lines, *tables], gutter)
    if not turned:  # a vertical page has its number on the line of some text
        items = with_rows(items)
    margin: list[Item] = [replace(line, y=0.0) for line in lines_of(extras, number)]
    return Page(number, *((height, width) if turned else (width, height)), (*margin, *items)), gutter


def _with_bullet(line: Line, bullets: Sequence[tuple[float, float]]) -> Line:
    """The line, marked where a small shape is drawn just left of it at the height of its letters."""
    for x, y in bullets:
        if 0 < line.x0 - x <= 2.5 * line.size and 0 <= line.y - y <= line.size:
            return replace(line, bullet=True)
    return line


def find_gutters(glyphs: Sequence[Glyph]) -> list[float]:
    """The x of each gap between columns of text: few lines cross it, and on both sides stand full lines.

    Cells of a table leave gaps too, but are short; full lines reach from one side of their column to the other.
    """
    lines = boxes(glyphs)
    if len(lines) < 8:
        return []
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    return sorted(_split(lines, left, right, depth=0))


def kept_gutters(glyphs: Sequence[Glyph], columns: Sequence[float]) -> list[float]:
    """The gaps of the page before, where three lines or more stand on both sides and few letters cross."""
    lines = boxes(glyphs)
    total = sum(line.count for line in lines)
    for x in columns:
        crossing = sum(line.count for line in lines if line.x0 < x - 0.5 and line.x1 > x + 0.5)
        sides = (sum(1 for line in lines if line.x1 <= x + 0.5), sum(1 for line in lines if line.x0 >= x - 0.5))
        if min(sides) < 3 or crossing * 4 > total:
            return []
    return list(columns)


def _split(lines: list[Box], left: float, right: float, depth: int) -> list[float]:
    size = sorted(line.size for line in lines)[len(lines) // 2]
    if depth > 1 or right - left < 16 * size or len(lines) < 8:
        return []
    best: tuple[float, float] | None = None
    edges = sorted({round(line.x0 - 0.3 * size) for line in lines if left + 6 * size < line.x0 < right - 6 * size})
    for x in edges:
        crossing = sum(line.count for line in lines if line.x0 < x - 0.5 and line.x1 > x + 0.5)
        ours = [line for line in lines if line.x1 <= x + 0.5]
        theirs = [line for line in lines if line.x0 >= x - 0.5]
        if not (_is_column(ours, left, x) and _is_column(theirs, x, right)):
            continue
        share = crossing / max(1, sum(line.count for line in lines))
        if share < 0.5 and (best is None or share < best[0]):
            best = (share, float(x))
    if best is None:
        return []
    gutter = best[1]
    ours = [line for line in lines if line.x1 <= gutter + 0.5]
    theirs = [line for line in lines if line.x0 >= gutter - 0.5]
    return [*_split(ours, left, gutter, depth + 1), gutter, *_split(theirs, gutter, right, depth + 1)]


def _is_column(lines: list[Box], left: float, right: float) -> bool:
    """Whether lines make a column of text: on four heights or more, most letters in lines nearly as wide as it."""
    if len({round(line.y) for line in lines}) < 4:
        return False
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    full = sum(line.count for line in lines if line.x1 - line.x0 >= 0.75 * width)
    return width >= 0.6 * (right - left) and full >= 0.6 * sum(line.count for line in lines)


def in_order(items: Sequence[Item], gutters: Sequence[float]) -> list[Item]:
    """Bands from the top, divided by what crosses a gap between columns; in each band the columns from the left."""
    ordered = sorted(items, key=lambda item: (item.y, item.x0))
    if not gutters:
        return ordered
    found: list[Item] = []
    band: list[Item] = []
    for item in ordered:
        if any(item.x0 < x - 1 and item.x1 > x + 1 for x in gutters):
            found.extend(_by_columns(band, gutters))
            found.append(item)
            band = []
        else:
            band.append(item)
    return [*found, *_by_columns(band, gutters)]


def _by_columns(band: list[Item], gutters: Sequence[float]) -> list[Item]:
    placed = [(sum(1 for x in gutters if item.x0 >= x - 1) + 1, item) for item in band]
    marked = [(column, replace(item, column=column) if isinstance(item, Line) else item) for column, item in placed]
    return [item for _, item in sorted(marked, key=lambda pair: (pair[0], pair[1].y, pair[1].x0))]
