"""Lines and tables of a page in reading order: one or several columns, horizontal or vertical writing.

Steps: turn the page upright, extract its tables, find the gaps between columns, order the lines.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest.pdf.layout.columns import find_gaps, in_order, without_line_numbers
from ingest.pdf.layout.figures import find_figures, outside, take_frames, take_labels, with_labels
from ingest.pdf.layout.lines import HIGHEST, SAME_SIZE_HIGHEST, SMALL, lines_of, on_baseline
from ingest.pdf.layout.tables import take_tables, with_unruled_tables
from ingest.pdf.page import Drawings, Framed, Glyph, Item, Page, Rule, Table, TextLine
from ingest.text import is_wide

_AXIS = 0.25  # em: height of a fraction bar above the baseline of its line
_BARS = (2.0, 250.0)  # points: minimum and maximum length of a fraction bar
_OPERATORS = frozenset("+-−–±=<>≤≥,·×")
_BRACKETED = re.compile(r"\([^()]*\)")
_MOST_BARS = 400  # a page with more short rules is a drawing
_LONGEST_STACK = 24  # maximum stacked glyphs between two neighbours on a baseline
_SLIDE_LETTERS = 0.027  # minimum letter size of a slide, relative to page height; a landscape sheet has half of it


def arrange(
    glyphs: Sequence[Glyph],
    drawn: Drawings,
    number: int,
    width: float,
    height: float,
    columns: Sequence[float] = (),
) -> tuple[Page, list[float]]:
    """The lines and tables of a page in reading order, and the x of the gaps between its columns.

    A page in vertical writing has width and height swapped. `columns` are the gaps of the previous page; they are kept
    if the text allows it, because short lines, as in a bibliography, do not show where the columns are.
    """
    text, extras, angle = upright(glyphs, width, height)
    turned = angle in (90, 270)
    figures = find_figures(drawn.shapes, text, width, height) if angle == 0 and drawn.may_show_figures else []
    rules = turned_rules(drawn.rules, angle, width, height)
    framed: list[Framed] = []
    if figures:
        rules = outside(rules, figures)
        framed, text = take_labels(text, figures, number)
    tables, rest = take_tables(text, rules, number) if rules else ([], text)
    if not turned:
        rest = _with_stacks(_with_fractions(rest, rules))
    rest = without_line_numbers(rest)
    if drawn.frames and angle == 0:
        boxed, rest = take_frames(rest, drawn.frames, number)
        framed += boxed
    gaps, gutters = find_gaps(rest, columns)
    lines = [_with_bullet(line, drawn.bullets) for line in lines_of(rest, number, gaps)]
    lines = with_labels(lines, figures) if figures else lines
    items = in_order([*lines, *tables, *framed], gaps)
    if not turned:  # in vertical writing, a page number may have the same height as text
        items = with_unruled_tables(items, is_slide=_is_slide(items, width, height))
    read = [inner for item in items for inner in _inner(item, drawn.bullets)]
    margin: list[TextLine | Table] = [replace(line, y=0.0) for line in lines_of(extras, number)]
    return Page(number, *((height, width) if turned else (width, height)), (*margin, *read)), gutters


def _inner(item: Item, bullets: Sequence[tuple[float, float]]) -> list[TextLine | Table]:
    """The lines of a frame; another item by itself."""
    return [_with_bullet(line, bullets) for line in item.lines] if isinstance(item, Framed) else [item]


def _with_fractions(glyphs: list[Glyph], rules: Sequence[Rule]) -> list[Glyph]:
    """Move the glyphs above and below a fraction bar into its line, as a/b or (a+b)/c."""
    bars = [rule for rule in rules if rule.y0 == rule.y1 and _BARS[0] <= rule.x1 - rule.x0 <= _BARS[1]]
    if not bars or len(bars) > _MOST_BARS:
        return glyphs
    placed = list(glyphs)
    order = sorted(range(len(placed)), key=lambda index: placed[index].y)
    heights = [placed[index].y for index in order]
    for bar in sorted(bars, key=lambda bar: bar.x1 - bar.x0):
        near = order[bisect_left(heights, bar.y0 - 30) : bisect_right(heights, bar.y0 + 40)]
        parts = [index for index in sorted(near) if _belongs(placed[index], bar)]
        main = _beside(placed, parts, bar) if parts else None
        upper = [placed[index] for index in parts if placed[index].y < bar.y0]
        lower = [placed[index] for index in parts if placed[index].y >= bar.y0]
        if main and upper and lower:
            texts = [*_part(upper), *_part(lower)]
            texts[len(upper)] = replace(texts[len(upper)], text=f"/{texts[len(upper)].text}")
            placed[parts[0] : parts[-1] + 1] = _spread(texts, bar.x0, bar.x1, main)
    return placed


def _belongs(glyph: Glyph, bar: Rule) -> bool:
    """Whether a glyph is directly above or below a fraction bar."""
    above = (bar.y0 - glyph.y) / glyph.size
    return bar.x0 - 1 <= (glyph.x0 + glyph.x1) / 2 <= bar.x1 + 1 and (0 <= above <= 1.2 or -1.8 <= above <= -0.4)


def _beside(glyphs: Sequence[Glyph], parts: Sequence[int], bar: Rule) -> Glyph | None:
    """The glyph next to a fraction and on its line; None without one.

    Also None if the indices `parts` are not consecutive, or a part is a wide character.
    """
    first, last = parts[0], parts[-1]
    if last - first + 1 != len(parts) or any(is_wide(glyphs[index].text[0]) for index in parts):
        return None
    before = glyphs[first - 1] if first else None
    after = glyphs[last + 1] if last + 1 < len(glyphs) else None
    for glyph, gap in ((before, bar.x0 - before.x1 if before else 0.0), (after, after.x0 - bar.x1 if after else 0.0)):
        is_level = glyph and abs(glyph.y - _AXIS * glyph.size - bar.y0) <= 0.15 * glyph.size
        if glyph and is_level and -0.3 * glyph.size <= gap <= 1.5 * glyph.size:
            return glyph
    return None


def _part(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Numerator or denominator on one baseline; in brackets if it has several terms."""
    base = max(glyphs, key=lambda glyph: glyph.size)
    placed = [on_baseline(glyph, base.y, base.size) for glyph in glyphs]
    terms = _BRACKETED.sub("", "".join(glyph.text for glyph in placed))
    if not _OPERATORS.isdisjoint(terms):
        placed[0] = replace(placed[0], text=f"({placed[0].text}")
        placed[-1] = replace(placed[-1], text=f"{placed[-1].text})")
    return placed


def _spread(glyphs: Sequence[Glyph], left: float, right: float, main: Glyph) -> list[Glyph]:
    """The glyphs spread evenly from `left` to `right`, in the line of `main`."""
    step = (right - left) / len(glyphs)
    return [
        replace(glyph, x0=left + index * step, x1=left + (index + 1) * step, y=main.y, size=main.size, spaced=False)
        for index, glyph in enumerate(glyphs)
    ]


def _with_stacks(glyphs: list[Glyph]) -> list[Glyph]:
    """Move glyphs above or below a gap in a line into the line, if the file also has them between its two sides.

    Such glyphs are limits of a sum, stacked indices, and fractions without a drawn bar.
    """
    placed = list(glyphs)
    index = 0
    while index < len(placed) - 2:
        end = _end_of_stack(placed, index)
        if end:
            last, following = placed[index], placed[end]
            inside = placed[index + 1 : end]
            parts = [_apart(a, b, last.size) for a, b in pairwise([last, *inside])]
            placed[end] = _apart(inside[-1], following, last.size)
            placed[index + 1 : end] = _spread(parts, last.x1, following.x0, last)
        index = end or index + 1
    return placed


def _apart(before: Glyph, glyph: Glyph, size: float) -> Glyph:
    """The glyph, with a space before it if its height differs from that of the previous glyph."""
    is_apart = abs(before.y - glyph.y) > SAME_SIZE_HIGHEST * size and " " not in (before.text, glyph.text)
    return replace(glyph, text=f" {glyph.text}") if is_apart else glyph


def _end_of_stack(glyphs: Sequence[Glyph], start: int) -> int:
    """Index of the glyph that continues the line of glyph `start` after a stack; 0 if there is no stack."""
    first = glyphs[start]
    em = first.size
    is_far = False
    for index in range(start + 1, min(start + _LONGEST_STACK, len(glyphs))):
        glyph = glyphs[index]
        shift = abs(glyph.y - first.y)
        if shift <= 0.05 * em and 0.75 <= glyph.size / em <= 1.34:
            inside = glyphs[start + 1 : index]
            fits = all(first.x1 - 0.3 * em <= inner.x0 and inner.x1 <= glyph.x0 + 0.3 * em for inner in inside)
            return index if is_far and fits else 0
        if shift > 2.2 * em or not "!" <= glyph.text[0] < "\u2e80" or glyph.x0 < first.x1 - 0.3 * em:
            return 0
        is_far = is_far or shift > (HIGHEST if glyph.size <= SMALL * em else SAME_SIZE_HIGHEST) * em
    return 0


def _is_slide(items: Sequence[Item], width: float, height: float) -> bool:
    """Whether a page is a slide: wide, with letters that are large for its height. Its lines are not table rows."""
    sizes = [item.size for item in items if isinstance(item, TextLine)]
    return width > height and bool(sizes) and median(sizes) > _SLIDE_LETTERS * height


def _with_bullet(line: TextLine, bullets: Sequence[tuple[float, float]]) -> TextLine:
    """The line, with `bullet` set if a small shape is drawn directly to the left at letter height."""
    for x, y in bullets:
        if 0 < line.x0 - x <= 2.5 * line.size and 0 <= line.y - y <= line.size:
            return replace(line, bullet=True)
    return line


def upright(glyphs: Sequence[Glyph], width: float, height: float) -> tuple[list[Glyph], list[Glyph], int]:
    """(main text, horizontal extras of a vertical page, page rotation: 0, 90, 180 or 270 degrees).

    Rotated text is turned upright. On a page in vertical writing, x becomes the distance down the line, and y the
    distance from the right edge; page numbers and headers set horizontally are returned separately as extras. Text at
    other angles (stamps in the margin, axis labels) is not running text and is left out.
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
    """The ruling lines after a page with this rotation is turned upright."""
    turned = []
    for rule in rules:
        x0, y0 = _turned(rule.x0, rule.y0, angle, width, height)
        x1, y1 = _turned(rule.x1, rule.y1, angle, width, height)
        turned.append(Rule(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return turned


def _turned(x: float, y: float, angle: int, width: float, height: float) -> tuple[float, float]:
    """The new position of a point when text at this angle is turned upright."""
    return {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}[angle]


def _placed(glyph: Glyph, x0: float, y: float) -> Glyph:
    """The glyph at another position, with the same extent along its line."""
    return replace(glyph, x0=x0, x1=x0 + glyph.advance, y=y, angle=0)


def _has_upright(glyphs: Sequence[Glyph]) -> bool:
    return any(glyph.angle == 0 and glyph.text > "\u2e80" for glyph in glyphs)


def _goes_down(a: Glyph, b: Glyph) -> bool:
    """Whether glyph `b` is directly below `a` in the same vertical column."""
    em = max(a.size, b.size)
    return abs(_middle(a) - _middle(b)) < 0.4 * em and 0.2 * em < b.y - a.y < 2.5 * em


def _goes_right(a: Glyph, b: Glyph) -> bool:
    em = max(a.size, b.size)
    return abs(a.y - b.y) < 0.1 * em and 0 < b.x0 - a.x0 < 2.0 * em and a.angle == b.angle == 0


def _middle(glyph: Glyph) -> float:
    """The x of the middle of a glyph's column; of a wide glyph, that of its square, as punctuation is in a corner."""
    square = glyph.angle == 0 and is_wide(glyph.text[0])
    return glyph.x0 + glyph.size / 2 if square else (glyph.left + glyph.right) / 2


def _vertical(glyphs: Sequence[Glyph], down: list[bool], width: float) -> tuple[list[Glyph], list[Glyph]]:
    """(vertical glyphs turned to horizontal, horizontal glyphs) of a page in vertical writing."""
    columns = _columns(glyphs, down)
    horizontal = _horizontal(glyphs, columns)
    turned: list[Glyph] = []
    for index, glyph in enumerate(glyphs):
        if index in horizontal:
            continue
        top = glyph.y - 0.88 * glyph.size if glyph.angle == 0 else glyph.y
        length = glyph.size if glyph.angle == 0 else glyph.advance
        nearest = min(columns, key=lambda x: abs(x - _middle(glyph)), default=_middle(glyph))
        # letters and digits are slightly off the middle of their column; ruby is beside the column
        middle = nearest if abs(nearest - _middle(glyph)) < 0.5 * glyph.size else _middle(glyph)
        last = turned[-1] if turned else None
        if last and glyph.angle == 0 and abs(top - last.x0) < 0.2 * glyph.size and last.y == width - middle:
            top, length = last.x1, 0.0  # digits side by side (縦中横)
        turned.append(replace(glyph, x0=top, x1=top + length, y=width - middle, angle=0))
    return turned, [glyphs[index] for index in sorted(horizontal)]


def _columns(glyphs: Sequence[Glyph], down: list[bool]) -> list[float]:
    """The x of the middle of each vertical line, from its upright glyphs."""
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
    """Indices of glyphs in horizontal lines: wider than a column, or beside, above or below all columns."""
    horizontal: set[int] = set()
    squares = [glyph for glyph in glyphs if glyph.angle == 0 and is_wide(glyph.text[0])]
    head = min((glyph.y - glyph.size for glyph in squares), default=-math.inf)
    foot = max((glyph.y for glyph in squares), default=math.inf)
    run = [0]
    for index in range(1, len(glyphs) + 1):
        if index < len(glyphs) and _goes_right(glyphs[index - 1], glyphs[index]):
            run.append(index)
            continue
        first, last = glyphs[run[0]], glyphs[run[-1]]
        wide = len(run) >= 3 and last.right - first.left > 2.2 * first.size
        middle = (first.left + last.right) / 2
        apart = first.angle == 0 and all(abs(x - middle) > 0.9 * first.size for x in columns)
        is_number = first.angle == 0 and all(glyphs[place].text.isascii() for place in run)
        beyond = is_number and (first.y - foot > 1.7 * first.size or head - first.y > 0.7 * first.size)
        if wide or apart or beyond:
            horizontal.update(run)
        run = [index]
    return horizontal
