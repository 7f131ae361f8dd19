"""Columns of a page: leave out line numbers, find the gaps between columns, order lines by column."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.pdf.layout.lines import SMALL, Box, ColumnGap, boxes, is_mono
from ingest.pdf.page import Glyph, Item, TextLine

_LEAST_LINES = 4  # minimum lines of a column on a part of the page
_LEAST_LETTERS = 12  # minimum mean letters in a line of such a column; table cells have fewer
_LEAST_SHARE = 0.22  # minimum width of such a column, as a share of the text width
_LEVEL = 0.8  # minimum share of lines level with a line across the gap in a table; in columns, fewer are level
_SMALLER = 0.95  # maximum size of a note in the margin, relative to the text
_EDGE_SHARE = 0.25  # minimum share of letters in lines that begin at the text's left edge
_MOST_ACROSS = 2  # maximum lines that cross this edge, beside notes in the margin: header and footer
_ALIGNED = 0.6  # minimum share of lines right of a gap that begin at the gap's edge
_FULL = 0.6  # minimum share of a column's letters in full lines
_LEAST_NUMBERS = 5  # minimum printed line numbers of a page
_NUMBERED_SHARE = 0.5  # minimum share of the text's height along which line numbers run
_ACROSS_NUMBERS = 0.1  # maximum share of lines across their column, such as an abstract over two columns


@dataclass(frozen=True, slots=True)
class _Band:
    """Consecutive lines that do not cross a gap: `ours` are left of it, `theirs` right of it."""

    ours: list[Box]
    theirs: list[Box]


def find_gaps(glyphs: Sequence[Glyph], columns: Sequence[float]) -> tuple[list[ColumnGap], list[float]]:
    """The gaps between the columns of a page, and the x of the gaps that extend over the whole page.

    `columns` are the gaps of the previous page. They are kept if the text allows it, because short lines, as in a
    bibliography, do not show where the columns are.
    """
    lines = boxes(glyphs)
    gutters = _gutters(lines)
    kept = _kept(lines, columns)
    if not gutters or _is_same(gutters, kept, lines):  # list numbers may hide the start of their column
        gutters = kept
    local = _local_gaps(lines, gutters) or ([] if gutters else _rest_of_columns(lines, columns) or _margin_gap(lines))
    return [*(part for x in gutters for part in _outside(x, local)), *local], gutters


def without_line_numbers(glyphs: list[Glyph]) -> list[Glyph]:
    """The glyphs without printed line numbers.

    Line numbers stand one below the other and increase by equal steps. No text is above or below them, or they stand
    before lines of code, or they are small and level with lines of text that are beside them.
    """
    numbers = _bare_numbers(glyphs)
    if len(numbers) < _LEAST_NUMBERS:
        return glyphs
    dropped: set[int] = set()
    for edge in (lambda span: glyphs[span.start].x0, lambda span: glyphs[span.stop - 1].x1):
        for column in _aligned_spans(numbers, edge):
            if _are_line_numbers(glyphs, column):
                dropped.update(index for span in column for index in span)
    return [glyph for index, glyph in enumerate(glyphs) if index not in dropped]


def _bare_numbers(glyphs: Sequence[Glyph]) -> list[range]:
    """The indices of each number of up to four digits that no glyph adjoins, in file order."""
    spans: list[range] = []
    start = 0
    for index in range(1, len(glyphs) + 1):
        before = glyphs[index - 1]
        em = before.size
        if index < len(glyphs):
            here = glyphs[index]
            if abs(here.y - before.y) <= 0.2 * em and -0.6 * em <= here.x0 - before.x1 <= 0.3 * em:
                continue
        if index - start <= 4 and all("0" <= glyph.text <= "9" for glyph in glyphs[start:index]):
            spans.append(range(start, index))
        start = index
    return spans


def _aligned_spans(spans: Sequence[range], edge: Callable[[range], float]) -> list[list[range]]:
    """Groups of spans with the same edge, within a point, in file order."""
    groups: list[list[range]] = []
    last = -math.inf
    for span in sorted(spans, key=edge):
        if edge(span) - last > 1:
            groups.append([])
        groups[-1].append(span)
        last = edge(span)
    return [sorted(group, key=lambda span: span.start) for group in groups]


def _are_line_numbers(glyphs: Sequence[Glyph], column: Sequence[range]) -> bool:
    """Whether numbers in one column are line numbers; `column` holds the indices of the digits of each."""
    values = [int("".join(glyphs[index].text for index in span)) for span in column]
    heights = [glyphs[span.start].y for span in column]
    steps = Counter(b - a for a, b in pairwise(values))
    if len(column) < _LEAST_NUMBERS or min(steps) <= 0 or steps.most_common(1)[0][1] < 0.8 * (len(values) - 1):
        return False
    if _number_code(glyphs, column):
        return True
    own = {index for span in column for index in span}
    left = min(glyphs[index].x0 for index in own)
    right = max(glyphs[index].x1 for index in own)
    others = boxes([glyph for index, glyph in enumerate(glyphs) if index not in own])
    if not others or any(b <= a for a, b in pairwise(heights)):
        return False
    if all(box.x0 >= right or box.x1 <= left for box in others):
        return True
    tops = [box.y for box in others]
    is_small = glyphs[column[0].start].size <= SMALL * _usual_size(others)
    is_long = heights[-1] - heights[0] >= _NUMBERED_SHARE * (max(tops) - min(tops))
    across = sum(box.x0 < right and box.x1 > left for box in others)
    level = sum(any(abs(y - top) <= 0.5 for top in tops) for y in heights)
    return is_small and is_long and across <= _ACROSS_NUMBERS * len(others) and level >= 0.8 * len(heights)


def _number_code(glyphs: Sequence[Glyph], column: Sequence[range]) -> bool:
    """Whether most lines after the numbers are set in a monospaced font; short lines do not count."""
    lines = []
    for span in column:
        end = span.stop
        while end < len(glyphs) and abs(glyphs[end].y - glyphs[span.start].y) <= 0.5:
            end += 1
        lines.append([glyph for glyph in glyphs[span.stop : end] if glyph.text.strip()])
    telling = [line for line in lines if len(line) >= _LEAST_LETTERS]
    return len(telling) >= _LEAST_LINES and sum(map(is_mono, telling)) >= _LEVEL * len(telling)


def _outside(x: float, local: Sequence[ColumnGap]) -> Iterator[ColumnGap]:
    """The parts of a page-high gap that lie above, between and below the `local` gaps."""
    top = -math.inf
    for gap in sorted(local, key=lambda gap: gap.top):
        yield ColumnGap(x, top, gap.top)
        top = gap.bottom
    yield ColumnGap(x, top)


def _gutters(lines: list[Box]) -> list[float]:
    """The x of each gap between text columns: few lines cross it, and both sides have full lines.

    Table cells also leave gaps, but they are short; full lines are as wide as their column.
    """
    if len(lines) < 8:
        return []
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    return sorted(_split(lines, left, right, depth=0))


def _kept(lines: list[Box], columns: Sequence[float]) -> list[float]:
    """The gaps of the previous page, if each has at least three lines on both sides and few letters across it."""
    for x in columns:
        sides = (sum(1 for line in lines if line.x1 <= x + 0.5), sum(1 for line in lines if line.x0 >= x - 0.5))
        if min(sides) < 3 or _crossing(lines, x) > 0.25:
            return []
    return list(columns)


def _is_same(gutters: Sequence[float], kept: Sequence[float], lines: list[Box]) -> bool:
    """Whether the gaps of the previous page are close to this page's own gaps and fit at least as well."""
    if len(gutters) != len(kept):
        return False
    near = 3 * _usual_size(lines)
    return all(
        abs(a - b) <= near and _crossing(lines, b) <= _crossing(lines, a) + 0.02
        for a, b in zip(gutters, kept, strict=True)
    )


def _crossing(lines: list[Box], x: float) -> float:
    """The share of letters in lines that cross `x`."""
    total = sum(line.count for line in lines)
    return sum(line.count for line in lines if line.x0 < x - 0.5 and line.x1 > x + 0.5) / max(1, total)


def _split(lines: list[Box], left: float, right: float, depth: int) -> list[float]:
    size = _usual_size(lines)
    if depth > 1 or right - left < 16 * size or len(lines) < 8:
        return []
    best: tuple[float, int, float] | None = None
    edges = Counter(round(line.x0 - 0.3 * size) for line in lines if left + 6 * size < line.x0 < right - 6 * size)
    for x, count in sorted(edges.items()):
        ours = [line for line in lines if line.x1 <= x + 0.5]
        theirs = [line for line in lines if line.x0 >= x - 0.5]
        if not (_is_column(ours, left, x) and _is_column(theirs, x, right)):
            continue
        share = round(_crossing(lines, x), 2)
        if share < 0.5 and (best is None or (share, -count) < best[:2]):
            best = (share, -count, float(x))
    if best is None:
        return []
    gutter = best[2]
    ours = [line for line in lines if line.x1 <= gutter + 0.5]
    theirs = [line for line in lines if line.x0 >= gutter - 0.5]
    return [*_split(ours, left, gutter, depth + 1), gutter, *_split(theirs, gutter, right, depth + 1)]


def _usual_size(lines: Sequence[Box]) -> float:
    return sorted(line.size for line in lines)[len(lines) // 2]


def _is_column(lines: list[Box], left: float, right: float) -> bool:
    """Whether lines form a text column: at least four heights, and most letters in lines about as wide as it."""
    if len({round(line.y) for line in lines}) < 4:
        return False
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    return width >= 0.6 * (right - left) and _full_share(lines) >= _FULL


def _full_share(lines: Sequence[Box]) -> float:
    """The share of letters in lines nearly as wide as the widest line."""
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    full = sum(line.count for line in lines if line.x1 - line.x0 >= 0.75 * width)
    return full / max(1, sum(line.count for line in lines))


def _local_gaps(lines: list[Box], gutters: Sequence[float]) -> list[ColumnGap]:
    """The gaps in a part of the page, such as a block of names or a table of contents beside running text.

    On a page with `gutters`, at least four lines of such a part must cross one of them.
    """
    if len(lines) < 2 * _LEAST_LINES:
        return []
    size = _usual_size(lines)
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    ordered = sorted(lines, key=lambda line: line.y)
    starts = Counter(round(line.x0) for line in lines if left + 6 * size < line.x0 < right - 6 * size)
    local: list[ColumnGap] = []
    for x, count in sorted(starts.items(), key=lambda pair: (-pair[1], pair[0])):
        if count < _LEAST_LINES - 1:
            break
        for band in _bands(ordered, x - 0.5 * size, size):
            top, bottom = (edge(line.y for line in (*band.ours, *band.theirs)) for edge in (min, max))
            gap = ColumnGap(x - 0.5 * size, top - 1, bottom + 1)
            crossed = [b for b in (*band.ours, *band.theirs) if any(b.x0 < x < b.x1 for x in gutters)]
            if gutters and len(crossed) < _LEAST_LINES:
                continue
            if _are_columns(band, x, size, right - left) and not any(gap.meets(other) for other in local):
                local.append(gap)
    return local


def _rest_of_columns(lines: list[Box], columns: Sequence[float]) -> list[ColumnGap]:
    """The gaps of the previous page in the part of this page where its columns end: full lines on both sides."""
    ordered = sorted(lines, key=lambda line: line.y)
    local: list[ColumnGap] = []
    for x in columns:
        for band in _bands(ordered, x, _usual_size(lines)):
            sides = (band.ours, band.theirs)
            heights = min(len({round(line.y) for line in side}) for side in sides)
            if heights >= _LEAST_LINES - 1 and min(map(_full_share, sides)) >= _FULL:
                top, bottom = (edge(line.y for line in (*band.ours, *band.theirs)) for edge in (min, max))
                local.append(ColumnGap(x, top - 1, bottom + 1))
    return local


def _margin_gap(lines: list[Box]) -> list[ColumnGap]:
    """The gap beside small notes in the left margin, if one of them is level with a line of the text."""
    letters: Counter[int] = Counter()
    for line in lines:
        letters[round(line.x0)] += line.count
    edge = min((x for x, count in letters.items() if count >= _EDGE_SHARE * letters.total()), default=0)
    size = _usual_size(lines) if lines else 0.0
    if sum(line.x0 < edge - 0.3 * size and line.x1 > edge for line in lines) > _MOST_ACROSS:
        return []
    starts = [line.y for line in lines if abs(line.x0 - edge) <= 1]
    is_level = any(
        abs(line.y - start) <= 1
        for line in lines
        if line.x1 <= edge - 0.3 * size and line.count >= _LEAST_LETTERS / 2 and line.size <= _SMALLER * size
        for start in starts
    )
    return [ColumnGap(edge - 0.2 * size)] if is_level else []


def _bands(ordered: Sequence[Box], x: float, size: float) -> Iterator[_Band]:
    """The bands of lines beside the gap at `x`. A band ends at a line across the gap, or where one side ends."""
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
    """Whether a band is two columns of running text, rather than the cells of a table."""
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


def in_order(items: Sequence[Item], gaps: Sequence[ColumnGap]) -> list[Item]:
    """Order items: bands from top to bottom, divided by items across a gap; in a band, columns from left to right."""
    ordered = sorted(items, key=lambda item: (item.y, item.x0))
    if not gaps:
        return ordered
    reading_order: list[Item] = []
    band: list[tuple[int, Item]] = []
    beside: tuple[ColumnGap, ...] = ()
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
    marked = [(column, replace(item, column=column) if isinstance(item, TextLine) else item) for column, item in band]
    return [item for _, item in sorted(marked, key=lambda pair: (pair[0], pair[1].y, pair[1].x0))]
