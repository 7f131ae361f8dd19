"""Labels of drawn figures, such as plots and charts: they are set apart from the text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ingest.pdf.layout.lines import lines_of, runs_of
from ingest.pdf.page import DrawnShape, Frame, Framed, Glyph, Rule, TextLine

_CELL = 10.0  # points: shapes in neighbouring cells of this size belong to one figure
_LEAST_SHAPES = 12  # minimum shapes of a figure
_LEAST_TICKS = 3  # minimum tick marks at each axis
_LEAST_SLANTED = 3  # minimum slanted lines and curves of a figure without axes
_LEAST_MARKS = 12  # minimum small marks, such as points, of a figure without axes
_SMALLEST = (60.0, 40.0)  # points: minimum width and height
_LARGEST = 0.7  # maximum share of the page's height and width: what is larger is a background
_TICK = 8.0  # points: maximum length of a tick mark
_THIN = 2.5  # points: maximum thickness of a line
_AROUND = 30.0  # points: how far outside of the drawn shapes the labels of axes may be
_LONGEST_LABEL = 32  # characters
_MOST_PROSE = 0.25  # share of letters in longer runs from which the drawing is a decoration of text
_MOST_LETTERS = 400  # maximum letters of a figure's labels
_MOST_KANA = 0.2  # maximum share of hiragana in labels; in running text it is a third
_IRREGULAR = 0.6  # minimum number of different edges of boxes, relative to the boxes; those of a table's cells are few
_CAPTION = re.compile(r"^\s*(?:Fig|FIG|Table|TABLE|図|表|\d+(?:\.\d+)*\.?\s+[A-Z])")
Cells = dict[tuple[int, int], list[DrawnShape]]


def find_figures(shapes: Sequence[DrawnShape], glyphs: Sequence[Glyph], width: float, height: float) -> list[Frame]:
    """The extents of the figures on a page. Drawings with running text in them are none."""
    figures = []
    for group in _groups([shape for shape in shapes if not _is_background(shape, width, height)]):
        frame = Frame(
            min(shape.x0 for shape in group),
            min(shape.y0 for shape in group),
            max(shape.x1 for shape in group),
            max(shape.y1 for shape in group),
        )
        is_large = frame.x1 - frame.x0 >= _SMALLEST[0] and frame.y1 - frame.y0 >= _SMALLEST[1]
        if is_large and _is_figure(group) and not _has_prose(frame, glyphs):
            figures.append(frame)
    return figures


def _is_background(shape: DrawnShape, width: float, height: float) -> bool:
    return shape.x1 - shape.x0 > _LARGEST * width and shape.y1 - shape.y0 > _LARGEST * height


def _groups(shapes: Sequence[DrawnShape]) -> Iterator[list[DrawnShape]]:
    """Groups of shapes that touch the same or neighbouring cells of the page."""
    cells: Cells = defaultdict(list)
    for shape in shapes:
        for cell in _cells(shape):
            cells[cell].append(shape)
    while cells:
        start, found = cells.popitem()
        open_cells, group = [start], {id(shape): shape for shape in found}
        while open_cells:
            x, y = open_cells.pop()
            for cell in ((x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
                if cell in cells:
                    group.update((id(shape), shape) for shape in cells.pop(cell))
                    open_cells.append(cell)
        if len(group) >= _LEAST_SHAPES:
            yield list(group.values())


def _cells(shape: DrawnShape) -> Iterable[tuple[int, int]]:
    columns = range(int(shape.x0 // _CELL), int(shape.x1 // _CELL) + 1)
    rows = range(int(shape.y0 // _CELL), int(shape.y1 // _CELL) + 1)
    return ((column, row) for column in columns for row in rows)


def _is_figure(shapes: Sequence[DrawnShape]) -> bool:
    """Whether shapes are more than the rules and backgrounds of a table: axes with ticks, curves, many marks."""
    slanted = sum(shape.slanted for shape in shapes)
    sizes = [(shape.x1 - shape.x0, shape.y1 - shape.y0) for shape in shapes]
    marks = sum(min(size) > _THIN and max(size) <= _TICK for size in sizes)
    across = sum(height <= _THIN < width <= _TICK for width, height in sizes)
    upright = sum(width <= _THIN < height <= _TICK for width, height in sizes)
    boxes = [shape for shape, size in zip(shapes, sizes, strict=True) if min(size) > _TICK]
    edges = len({round(shape.x0) for shape in boxes}) + len({round(shape.y0) for shape in boxes})
    is_irregular = len(boxes) >= _LEAST_SHAPES and edges >= _IRREGULAR * len(boxes)
    has_axes = min(across, upright) >= _LEAST_TICKS
    return has_axes or is_irregular or slanted >= _LEAST_SLANTED or marks >= _LEAST_MARKS


def _has_prose(frame: Frame, glyphs: Sequence[Glyph]) -> bool:
    """Whether there is more text in a drawing than labels: much of it, long lines, or Japanese with its particles."""
    inside = [glyph for glyph in glyphs if is_inside(glyph, frame) and glyph.text.strip()]
    kana = sum("ぁ" <= glyph.text <= "ん" for glyph in inside)
    runs = [len(run) for run in runs_of(inside)]
    long = sum(length for length in runs if length > _LONGEST_LABEL)
    return len(inside) > _MOST_LETTERS or long > _MOST_PROSE * len(inside) or kana > max(_MOST_KANA * len(inside), 12)


def is_inside(glyph: Glyph, frame: Frame) -> bool:
    """Whether the middle of a glyph is inside a figure."""
    middle, level = (glyph.x0 + glyph.x1) / 2, glyph.y - 0.35 * glyph.size
    return frame.x0 - 1 <= middle <= frame.x1 + 1 and frame.y0 - 1 <= level <= frame.y1 + 1


def take_labels(glyphs: Sequence[Glyph], figures: Sequence[Frame], page: int) -> tuple[list[Framed], list[Glyph]]:
    """The labels inside figures, and the other glyphs."""
    rest, labels = list(glyphs), []
    for frame in figures:
        inside = [glyph for glyph in rest if is_inside(glyph, frame)]
        rest = [glyph for glyph in rest if not is_inside(glyph, frame)]
        lines = tuple(replace(line, label=True) for line in lines_of(inside, page))
        if lines:
            labels.append(Framed(page, frame.x0, frame.x1, frame.y0, lines))
    return labels, rest


def outside(rules: Sequence[Rule], figures: Sequence[Frame]) -> list[Rule]:
    """The rules that do not belong to a figure."""
    return [
        rule
        for rule in rules
        if not any(
            frame.x0 <= rule.x0 and rule.x1 <= frame.x1 and frame.y0 <= rule.y0 and rule.y1 <= frame.y1
            for frame in figures
        )
    ]


def with_labels(lines: Sequence[TextLine], figures: Sequence[Frame]) -> list[TextLine]:
    """Lines with `label` set for those beside a figure that name its axes."""
    return [replace(line, label=True) if any(_names_axis(line, frame) for frame in figures) else line for line in lines]


def _names_axis(line: TextLine, frame: Frame) -> bool:
    is_near = frame.y0 - _AROUND <= line.y <= frame.y1 + _AROUND + line.size
    is_beside = frame.x0 - _AROUND <= line.x0 and line.x1 <= frame.x1 + _AROUND
    return is_near and is_beside and len(line.text) <= _LONGEST_LABEL and not _CAPTION.match(line.text)
