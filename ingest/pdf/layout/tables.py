"""Tables of a page as rows of cells: ruled grids, rows between horizontal rules, aligned rows without rules."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.pdf.layout.lines import Box, boxes, lines_of
from ingest.pdf.page import Glyph, Item, Rule, Table, TextLine
from ingest.text import join_texts

_TOUCH = 3.0  # points: rules closer than this touch
_EQUATION_NUMBER = re.compile(r"[(（][A-Z]?\d+(?:\.\d+)*[a-z]?[)）]")
_SHORT = 40  # maximum characters of a cell that is repeated for several rows
_BETWEEN_CELLS = 0.5  # em: minimum gap between the texts of two cells of a ruled table; word spaces are narrower
_BORDER = 0.5  # share of a table's height: a shorter column border is judged as if drawn over all of it
_MOST_CUT = 0.15  # maximum share of letters in words that a column border cuts


@dataclass(frozen=True, slots=True)
class _Box:
    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, glyph: Glyph) -> bool:
        middle, height = (glyph.x0 + glyph.x1) / 2, glyph.y - 0.35 * glyph.size
        return self.x0 - 1 <= middle <= self.x1 + 1 and self.y0 - 1 <= height <= self.y1 + 1


def take_tables(glyphs: Sequence[Glyph], rules: Sequence[Rule], page: int) -> tuple[list[Table], list[Glyph]]:
    """The tables of a page from top to bottom, and the glyphs outside all tables."""
    tables: list[Table] = []
    rest = list(glyphs)
    for group in _groups(rules):
        box = _Box(
            min(r.x0 for r in group), min(r.y0 for r in group), max(r.x1 for r in group), max(r.y1 for r in group)
        )
        inside = [glyph for glyph in rest if box.holds(glyph)]
        table = _grid(inside, group, box, page) or _ruled_rows(inside, group, box, page)
        if table:
            tables.append(table)
            rest = [glyph for glyph in rest if not box.holds(glyph)]
    return sorted(tables, key=lambda table: table.y), rest


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Group rules that touch, and horizontal rules of equal extent above each other."""
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: (rule.y0, rule.x0))[:4000]:
        mine = [group for group in groups if any(_meet(rule, other) for other in reversed(group))]
        merged = [rule]
        for group in mine:
            merged = group + merged
            groups.remove(group)
        groups.append(merged)
    return _stacked(groups)


def _meet(a: Rule, b: Rule) -> bool:
    return (
        a.x0 - _TOUCH <= b.x1 and b.x0 - _TOUCH <= a.x1 and a.y0 - _TOUCH <= b.y1 and b.y0 - _TOUCH <= a.y1
    )  # fmt: skip


def _stacked(groups: list[list[Rule]]) -> list[list[Rule]]:
    """Merge single horizontal rules of equal extent into one group, as in a table without vertical rules."""
    loose: list[list[Rule]] = []
    kept: list[list[Rule]] = []
    for group in groups:
        if (
            all(abs(rule.y0 - rule.y1) < 0.5 for rule in group)
            and max(r.y0 for r in group) - min(r.y0 for r in group) < 4
        ):
            x0, x1 = min(r.x0 for r in group), max(r.x1 for r in group)
            for other in loose:
                if abs(min(r.x0 for r in other) - x0) < 4 and abs(max(r.x1 for r in other) - x1) < 4:
                    other.extend(group)
                    break
            else:
                loose.append(list(group))
        else:
            kept.append(group)
    return kept + [group for group in loose if len(_distinct([rule.y0 for rule in group])) >= 3]


def _distinct(values: Sequence[float]) -> list[float]:
    """The values in ascending order, without near-duplicates."""
    distinct: list[float] = []
    for value in sorted(values):
        if not distinct or value - distinct[-1] > _TOUCH:
            distinct.append(value)
    return distinct


def _grid(glyphs: list[Glyph], rules: list[Rule], box: _Box, page: int) -> Table | None:
    """A table with rules on all sides of its cells; None if the rules do not form one."""
    columns = _distinct([rule.x0 for rule in rules if abs(rule.x0 - rule.x1) < 0.5])
    rows = _distinct([rule.y0 for rule in rules if abs(rule.y0 - rule.y1) < 0.5])
    if len(columns) >= 1 and columns[0] - box.x0 > 8:
        columns.insert(0, box.x0)  # Japanese tables are often open at the sides
    if len(columns) >= 1 and box.x1 - columns[-1] > 8:
        columns.append(box.x1)
    if len(columns) < 3 or len(rows) < 2 or not glyphs or _cut(glyphs, rules, columns):
        return None
    cells = _cells(glyphs, rules, columns, rows, page)
    filled = [row for row in cells if any(row)]
    if not filled or sum(1 for row in filled for cell in row if cell) * 2 < len(filled) * (len(columns) - 1):
        return None
    if len(filled) == 2 and len(rows) == 3 and _line_count(glyphs, page) > 4:
        return _within(glyphs, rows, columns, box, page)
    return Table(page, box.x0, box.x1, box.y0, box.y1, tuple(filled), None)


def _cells(
    glyphs: list[Glyph], rules: list[Rule], columns: list[float], rows: list[float], page: int
) -> list[tuple[str, ...]]:
    """The cells of a grid; fields without a rule between them are one cell.

    The text of a header cell over several columns, or of a short cell beside several rows, is repeated for each.
    """
    origin: dict[tuple[int, int], tuple[int, int]] = {}
    for row, (y0, y1) in enumerate(pairwise(rows)):
        for column, (x0, x1) in enumerate(pairwise(columns)):
            place = (row, column)
            if column and not _divides_columns(rules, x0, (y0 + y1) / 2):
                origin[place] = origin[row, column - 1]
            elif row and not _divides_rows(rules, (x0 + x1) / 2, y0):
                origin[place] = origin[row - 1, column]
            else:
                origin[place] = place
    ends = {first: place for place, first in origin.items()}  # the last field of each cell
    texts = {
        (row, column): _cell(glyphs, _Box(columns[column], rows[row], columns[last[1] + 1], rows[last[0] + 1]), page)
        for (row, column), last in ends.items()
    }
    return [
        tuple(
            texts[first] if _counts_for((row, column), first, texts[first]) else ""
            for column in range(len(columns) - 1)
            for first in (origin[row, column],)
        )
        for row in range(len(rows) - 1)
    ]


def _counts_for(place: tuple[int, int], first: tuple[int, int], text: str) -> bool:
    """Whether to repeat the text of a cell over several fields here: header cells, and short cells beside rows."""
    is_head, beside = first[0] == 0, place[1] == first[1]
    return place == first or is_head or (beside and len(text) <= _SHORT)


def _divides_columns(rules: list[Rule], x: float, y: float) -> bool:
    return any(rule.x1 - rule.x0 < 0.5 and abs(rule.x0 - x) <= _TOUCH and rule.y0 <= y <= rule.y1 for rule in rules)


def _divides_rows(rules: list[Rule], x: float, y: float) -> bool:
    return any(rule.y1 - rule.y0 < 0.5 and abs(rule.y0 - y) <= _TOUCH and rule.x0 <= x <= rule.x1 for rule in rules)


def _cut(glyphs: list[Glyph], rules: list[Rule], columns: list[float]) -> bool:
    """Whether column borders cut through words: then they are frames or drawings, not borders of cells.

    A border over at least half of the table's height is judged only where it is drawn: it may end below a header over
    several columns. A shorter one is judged over the whole height.
    """
    words = boxes(glyphs)
    height = max(rule.y1 for rule in rules) - min(rule.y0 for rule in rules)
    borders = [x for x in columns[1:-1] if _drawn_height(rules, x) < _BORDER * height]
    cut = sum(
        word.count
        for word in words
        if any(_is_inside(x, word, glyphs) for x in borders)
        or any(
            _is_inside(x, word, glyphs) and _divides_columns(rules, x, word.y - 0.35 * word.size) for x in columns[1:-1]
        )
    )
    return cut > _MOST_CUT * sum(word.count for word in words)


def _drawn_height(rules: list[Rule], x: float) -> float:
    """The height over which a vertical rule is drawn at `x`."""
    return sum(rule.y1 - rule.y0 for rule in rules if rule.x1 - rule.x0 < 0.5 and abs(rule.x0 - x) <= _TOUCH)


def _is_inside(x: float, word: Box, glyphs: list[Glyph]) -> bool:
    """Whether a border at `x` goes through a word, rather than through a narrow gap between the texts of two cells."""
    if not word.x0 + 1 < x < word.x1 - 1:
        return False
    beside = [glyph for glyph in glyphs if abs(glyph.y - word.y) <= 0.1 * word.size and glyph.text.strip()]
    left = max((glyph.x1 for glyph in beside if glyph.x0 < x), default=x)
    right = min((glyph.x0 for glyph in beside if glyph.x0 >= x), default=x)
    return right - left < _BETWEEN_CELLS * word.size


def _flows(glyphs: list[Glyph], box: _Box) -> bool:
    """Whether there is running text between the rules: at least four lines as wide as the rules."""
    lines = boxes(glyphs)
    full = [line for line in lines if line.x1 - line.x0 >= 0.8 * (box.x1 - box.x0)]
    return len(full) >= 4 and sum(line.count for line in full) > 0.3 * sum(line.count for line in lines)


def _line_count(glyphs: list[Glyph], page: int) -> int:
    return len({round(line.y) for line in lines_of(glyphs, page)})


def _within(glyphs: list[Glyph], rows: list[float], columns: list[float], box: _Box, page: int) -> Table:
    """A table with rules around header and body, but none between the rows of the body."""
    starts = [[line for line in lines_of(glyphs, page) if x0 - 1 <= line.x0 < x1] for x0, x1 in pairwise(columns)]
    body = [*(line.y for line in starts[0] if line.y > rows[1])]
    cuts = [rows[0], rows[1], *(y - 1.2 * starts[0][0].size for y in body[1:]), rows[-1]]
    cells = [
        tuple(_cell(glyphs, _Box(x0, y0 + 1, x1, y1 - 1), page) for x0, x1 in pairwise(columns))
        for y0, y1 in pairwise(cuts)
    ]
    return Table(page, box.x0, box.x1, box.y0, box.y1, tuple(row for row in cells if any(row)), True)


def _cell(glyphs: list[Glyph], box: _Box, page: int) -> str:
    return _joined(lines_of([glyph for glyph in glyphs if box.holds(glyph)], page))


def _ruled_rows(glyphs: list[Glyph], rules: list[Rule], box: _Box, page: int) -> Table | None:
    """A table with horizontal rules only: white space separates columns, wider leading separates rows; else None."""
    levels = _distinct([rule.y0 for rule in rules if abs(rule.y0 - rule.y1) < 0.5])
    if len(levels) < 3 or any(abs(rule.x0 - rule.x1) < 0.5 for rule in rules) or _flows(glyphs, box):
        return None
    starts = _column_starts(glyphs)
    edges = [*starts, box.x1 + 1]
    columns = [
        lines_of([glyph for glyph in glyphs if left - 1 <= glyph.x0 < right - 1], page)
        for left, right in pairwise(edges)
    ]
    if len(starts) < 2 or sum(len(column) for column in columns) < 4:
        return None
    rows = _rows(columns, levels[1])
    filled = sum(1 for row in rows for cell in row if cell)
    if len(rows) < 2 or filled * 2 < len(rows) * len(starts):
        return None
    return Table(page, box.x0, box.x1, box.y0, box.y1, tuple(rows), True)


def _column_starts(glyphs: list[Glyph]) -> list[float]:
    """The left edges of columns: each follows an empty gap wider than a word space."""
    starts: list[float] = []
    reach = -1e9
    for glyph in sorted((glyph for glyph in glyphs if glyph.text.strip()), key=lambda glyph: glyph.x0):
        if glyph.x0 > reach + 0.6 * glyph.size:
            starts.append(glyph.x0)
        reach = max(reach, glyph.x1)
    return starts


def _rows(columns: list[list[TextLine]], head_end: float) -> list[tuple[str, ...]]:
    """The cells of each row; the header comes first."""
    heights = _distinct([line.y for column in columns for line in column])
    size = max(line.size for column in columns for line in column)
    openings = {line.y for line in columns[0]}
    starts = [heights[0]]
    for before, y in pairwise(heights):
        crosses = before < head_end <= y
        # with tight leading, each line of the first column begins a row
        tight = y - before > 0.9 * size and any(abs(y - opening) < 2 for opening in openings)
        if (
            crosses
            or y - before > 1.45 * size
            or (tight and any(abs(starts[-1] - opening) < 2 for opening in openings))
        ):
            starts.append(y)
    bounds = [start - 2 for start in starts] + [1e9]
    return [
        tuple(_joined([line for line in column if low <= line.y < high]) for column in columns)
        for low, high in pairwise(bounds)
    ]


def _joined(lines: list[TextLine]) -> str:
    text = ""
    for line in lines:
        text = join_texts(text, line.text)
    return text


def with_unruled_tables(items: Sequence[Item], is_slide: bool = False) -> list[Item]:
    """Items in order: pieces on one baseline are joined; aligned rows of pieces become tables, except on a slide."""
    groups: list[list[Item]] = []
    for item in items:
        last = groups[-1][-1] if groups else None
        if isinstance(item, TextLine) and isinstance(last, TextLine) and _beside(last, item):
            groups[-1].append(item)
        else:
            groups.append([item])
    ordered: list[Item] = []
    run: list[list[TextLine]] = []
    for group in groups:
        pieces = [item for item in group if isinstance(item, TextLine)]
        if run and not (len(pieces) == len(group) and _aligned(run[-1], pieces)):
            ordered.extend(_closed(run, is_slide))
            run = []
        if len(pieces) > 1:
            run.append(pieces)
        else:
            ordered.extend(group)
    return [*ordered, *_closed(run, is_slide)]


def _beside(left: TextLine, right: TextLine) -> bool:
    same = left.page == right.page and left.column == right.column and not right.bullet
    return same and abs(left.y - right.y) <= 0.25 * max(left.size, right.size) and right.x0 >= left.x1


def _aligned(above: Sequence[TextLine], below: Sequence[TextLine]) -> bool:
    """Whether two rows have the same columns: each piece is aligned left, right or centred with the piece above."""
    if len(above) != len(below) or len(below) < 2:
        return False
    if not 0 < below[0].y - above[0].y < 3.5 * below[0].size:
        return False
    near = 0.8 * below[0].size
    return all(
        min(abs(a.x0 - b.x0), abs(a.x1 - b.x1), abs(a.x0 + a.x1 - b.x0 - b.x1) / 2) <= near
        for a, b in zip(above, below, strict=True)
    )


def _closed(run: Sequence[Sequence[TextLine]], is_slide: bool) -> list[Item]:
    """A table, if there are at least three rows, or two with at least three columns; else one line for each row.

    Rows on a slide, and rows that all end with an equation number, are not a table.
    """
    numbered = all(_EQUATION_NUMBER.fullmatch(pieces[-1].text) for pieces in run)
    if not (is_slide or numbered) and (len(run) >= 3 or (len(run) == 2 and len(run[0]) >= 3)):
        first, last = run[0], run[-1]
        rows = tuple(tuple(piece.text for piece in pieces) for pieces in run)
        right = max(pieces[-1].x1 for pieces in run)
        return [Table(first[0].page, first[0].x0, right, first[0].y - first[0].size, last[0].y, rows)]
    return [
        replace(
            pieces[0],
            text=" ".join(piece.text for piece in pieces),
            x1=pieces[-1].x1,
            italics=tuple(phrase for piece in pieces for phrase in piece.italics),
        )
        for pieces in run
    ]
