"""The lines and tables of a page in reading order: one column or several, horizontal or vertical writing.

A page is turned upright, its tables are taken out, the gaps between its columns are found, its lines are ordered.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest.normalise import is_wide
from ingest.pdf.columns import Item, find_gaps, in_order
from ingest.pdf.lines import lines_of
from ingest.pdf.page import Glyph, Line, Page, Rule
from ingest.pdf.tables import take_tables, with_unruled_tables, without_line_numbers

_SLIDE_LETTERS = 0.027  # of the page's height: a sheet across is set in letters half as large


def arrange(
    glyphs: Sequence[Glyph],
    rules: Sequence[Rule],
    bullets: Sequence[tuple[float, float]],
    number: int,
    width: float,
    height: float,
    columns: Sequence[float] = (),
) -> tuple[Page, list[float]]:
    """The lines and tables of a page in reading order, and the x of the gaps between its columns.

    A vertical page has width and height exchanged. `columns` are the gaps of the page before, which a page keeps if its
    text allows: the short lines of a bibliography do not show where their columns are.
    """
    text, extras, angle = upright(glyphs, width, height)
    turned = angle in (90, 270)
    tables, rest = take_tables(text, turned_rules(rules, angle, width, height), number) if rules else ([], text)
    gaps, gutters = find_gaps(rest, columns)
    lines = [_with_bullet(line, bullets) for line in without_line_numbers(lines_of(rest, number, gaps))]
    items = in_order([*lines, *tables], gaps)
    if not turned:  # on a vertical page, a page number may share the line of some text
        items = with_unruled_tables(items, is_slide=_is_slide(items, width, height))
    margin: list[Item] = [replace(line, y=0.0) for line in lines_of(extras, number)]
    return Page(number, *((height, width) if turned else (width, height)), (*margin, *items)), gutters


def _is_slide(items: Sequence[Item], width: float, height: float) -> bool:
    """Whether a page is a slide: broad, its letters large for its height. Its lines are no rows of a table."""
    sizes = [item.size for item in items if isinstance(item, Line)]
    return width > height and bool(sizes) and median(sizes) > _SLIDE_LETTERS * height


def _with_bullet(line: Line, bullets: Sequence[tuple[float, float]]) -> Line:
    """The line, with `bullet` set if a small shape is drawn just left of it, at the height of its letters."""
    for x, y in bullets:
        if 0 < line.x0 - x <= 2.5 * line.size and 0 <= line.y - y <= line.size:
            return replace(line, bullet=True)
    return line


def upright(glyphs: Sequence[Glyph], width: float, height: float) -> tuple[list[Glyph], list[Glyph], int]:
    """The text, the horizontal extras of a vertical page, and the rotation of the page (0, 90, 180 or 270 degrees).

    Text turned by 90° or 180° is turned back. On a page in vertical writing x becomes the way down the line and y
    the way from the right edge to the left; page numbers and headers set horizontally come apart as extras.
    Stray text at another angle (stamps in the margin, labels of axes) is no running text and is left out.
    """
    if not glyphs:
        return [], [], 0
    angle, count = Counter(glyph.angle for glyph in glyphs).most_common(1)[0]
    down = [_goes_down(a, b) for a, b in pairwise(glyphs)]
    if angle in (0, 270) and sum(down) * 2 > len(down) and _has_upright(glyphs):
        return *_vertical(glyphs, down, width), 270
    if count < 0.8 * len(glyphs):
        return list(glyphs), [], 0
    same = [glyph for glyph in glyphs if glyph.angle == angle]
    if angle == 0:
        return same, [], 0
    return [_placed(glyph, *_turned(glyph.x0, glyph.y, angle, width, height)) for glyph in same], [], angle


def turned_rules(rules: Sequence[Rule], angle: int, width: float, height: float) -> list[Rule]:
    """The ruling lines of a page that is turned by `angle`."""
    turned = []
    for rule in rules:
        x0, y0 = _turned(rule.x0, rule.y0, angle, width, height)
        x1, y1 = _turned(rule.x1, rule.y1, angle, width, height)
        turned.append(Rule(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return turned


def _turned(x: float, y: float, angle: int, width: float, height: float) -> tuple[float, float]:
    """The new place of a point when text at this angle is turned upright."""
    return {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}[angle]


def _placed(glyph: Glyph, x0: float, y: float) -> Glyph:
    """The glyph at another place, with the same extent along its line."""
    return replace(glyph, x0=x0, x1=x0 + glyph.advance, y=y, angle=0)


def _has_upright(glyphs: Sequence[Glyph]) -> bool:
    return any(glyph.angle == 0 and glyph.text > "\u2e80" for glyph in glyphs)


def _goes_down(a: Glyph, b: Glyph) -> bool:
    """Whether glyph `b` is right below `a` in the same vertical column."""
    em = max(a.size, b.size)
    return abs(_middle(a) - _middle(b)) < 0.4 * em and 0.2 * em < b.y - a.y < 2.5 * em


def _goes_right(a: Glyph, b: Glyph) -> bool:
    em = max(a.size, b.size)
    return abs(a.y - b.y) < 0.1 * em and 0 < b.x0 - a.x0 < 2.0 * em and a.angle == b.angle == 0


def _middle(glyph: Glyph) -> float:
    """The x of the middle of a glyph's column. Punctuation has its ink in a corner of its square."""
    square = glyph.angle == 0 and is_wide(glyph.text[0])
    return glyph.x0 + glyph.size / 2 if square else (glyph.left + glyph.right) / 2


def _vertical(glyphs: Sequence[Glyph], down: list[bool], width: float) -> tuple[list[Glyph], list[Glyph]]:
    """The glyphs of a page in vertical writing, turned, and its horizontal glyphs."""
    columns = _columns(glyphs, down)
    horizontal = _horizontal(glyphs, columns)
    turned: list[Glyph] = []
    for index, glyph in enumerate(glyphs):
        if index in horizontal:
            continue
        top = glyph.y - 0.88 * glyph.size if glyph.angle == 0 else glyph.y
        length = glyph.size if glyph.angle == 0 else glyph.advance
        nearest = min(columns, key=lambda x: abs(x - _middle(glyph)), default=_middle(glyph))
        # letters and digits are a little off the middle of their column; ruby is beside it
        middle = nearest if abs(nearest - _middle(glyph)) < 0.5 * glyph.size else _middle(glyph)
        last = turned[-1] if turned else None
        if last and glyph.angle == 0 and abs(top - last.x0) < 0.2 * glyph.size and last.y == width - middle:
            top, length = last.x1, 0.0  # digits side by side (縦中横)
        turned.append(replace(glyph, x0=top, x1=top + length, y=width - middle, angle=0))
    return turned, [glyphs[index] for index in sorted(horizontal)]


def _columns(glyphs: Sequence[Glyph], down: list[bool]) -> list[float]:
    """The x of the middle of each vertical line, by its upright glyphs."""
    middles = sorted(
        (round(_middle(b), 1), b.size)
        for (_, b), goes in zip(pairwise(glyphs), down, strict=True)
        if goes and b.angle == 0
    )
    groups: list[list[float]] = []
    for middle, size in middles:
        if groups and middle - groups[-1][-1] <= 0.2 * size:
            groups[-1].append(middle)
        else:
            groups.append([middle])
    return [group[len(group) // 2] for group in groups]


def _horizontal(glyphs: Sequence[Glyph], columns: list[float]) -> set[int]:
    """The indices of glyphs in horizontal lines, which are wider than a column or outside all columns."""
    horizontal: set[int] = set()
    run = [0]
    for index in range(1, len(glyphs) + 1):
        if index < len(glyphs) and _goes_right(glyphs[index - 1], glyphs[index]):
            run.append(index)
            continue
        first, last = glyphs[run[0]], glyphs[run[-1]]
        wide = len(run) >= 3 and last.right - first.left > 2.2 * first.size
        middle = (first.left + last.right) / 2
        apart = first.angle == 0 and all(abs(x - middle) > 0.9 * first.size for x in columns)
        if wide or apart:
            horizontal.update(run)
        run = [index]
    return horizontal
