"""Text in drawings: labels of figures, such as plots and charts, and text in boxes, as on slides and in outlines.

Labels are set apart from the text; the text of boxes side by side is read one box after the other.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ingest.pdf.layout.columns import find_gaps, in_order
from ingest.pdf.layout.lines import lines_of, runs_of
from ingest.pdf.page import DrawnShape, Frame, Framed, Glyph, Rule, TextLine

_CELL = 10.0  # points: shapes in neighbouring cells of this size belong to one figure
_LEAST_SHAPES = 12  # minimum shapes of a figure
_LEAST_TICKS = 3  # minimum tick marks at each axis
_LEAST_SLANTED = 3  # minimum slanted lines and curves of a figure without axes
_LEAST_MARKS = 12  # minimum small marks, such as points, of a figure without axes
_SMALLEST = (60.0, 40.0)  # points: minimum width and height
_LARGEST = 0.7  # maximum share of the page's height and width: a larger shape is a background
_TICK = 8.0  # points: maximum length of a tick mark
_THIN = 2.5  # points: maximum thickness of a line
_AROUND = 30.0  # points: how far outside of the drawn shapes the labels of axes may be
_LONGEST_LABEL = 32  # characters
_MOST_PROSE = 0.25  # maximum share of letters in longer runs; with more, the drawing decorates text
_MOST_LETTERS = 400  # maximum letters of a figure's labels
_MOST_KANA = 0.2  # maximum share of hiragana in labels; in running text it is a third
_IRREGULAR = 0.6  # minimum number of different edges of boxes, relative to the boxes; cells of a table share edges
_CAPTION = re.compile(r"^\s*(?:Fig|FIG|Table|TABLE|図|表|\d+(?:\.\d+)*\.?\s+[A-Z])")
_MOST_FRAMES = 60  # a page with more boxes is a drawing
_WIDEST = 0.72  # maximum width of a box, as a share of the text's: wider ones have nothing beside them
_LEAST_FRAMED = 20  # minimum letters in a box; boxes of charts and tables have fewer
_LEVEL = 0.8  # minimum share of a table column's lines that are level with lines beside it
_OVER = 1.0  # points: how far text may reach over the edge of its box
_Cells = dict[tuple[int, int], list[DrawnShape]]
_Run = list[Glyph]


def find_figures(shapes: Sequence[DrawnShape], glyphs: Sequence[Glyph], width: float, height: float) -> list[Frame]:
    """The extents of the figures on a page. A drawing with running text in it is not a figure."""
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
    cells: _Cells = defaultdict(list)
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
    """Whether a drawing contains running text, not just labels: many letters, long lines, or much hiragana."""
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


def take_frames(glyphs: Sequence[Glyph], frames: Sequence[Frame], page: int) -> tuple[list[Framed], list[Glyph]]:
    """The text in frames, and the glyphs outside all frames. Text that is in two frames belongs to the smaller one."""
    runs = runs_of(glyphs)
    if not runs:
        return [], list(glyphs)
    width = max(run[-1].x1 for run in runs) - min(run[0].x0 for run in runs)
    size = sorted(run[0].size for run in runs)[len(runs) // 2]
    boxes = _boxes(frames, _WIDEST * width, size)
    framed: list[Framed] = []
    for box in boxes if len(boxes) <= _MOST_FRAMES else ():
        inside = [run for run in runs if _is_within(run, box)]
        if _is_framed(inside, runs, box, boxes, size):
            lines = _lines_in(inside, page, -1 - len(framed))
            framed.append(Framed(page, box.x0, box.x1, round(box.y0 / size) * size, lines))
            runs = [run for run in runs if not _is_within(run, box)]
    return framed, [glyph for run in runs for glyph in run]


def _boxes(frames: Sequence[Frame], widest: float, size: float) -> list[Frame]:
    """The frames that may hold text, the smallest first; a border and its background count as one."""
    boxes = {
        (round(frame.x0 / size), round(frame.y0 / size), round(frame.x1 / size), round(frame.y1 / size)): frame
        for frame in frames
        if 5 * size <= frame.x1 - frame.x0 <= widest and frame.y1 - frame.y0 >= 2.2 * size
    }
    return sorted(boxes.values(), key=lambda frame: ((frame.x1 - frame.x0) * (frame.y1 - frame.y0), frame.y0, frame.x0))


def _is_level(run: _Run, box: Frame) -> bool:
    """Whether a run is level with a frame."""
    return box.y0 <= run[0].y - 0.35 * run[0].size <= box.y1


def _is_within(run: _Run, box: Frame) -> bool:
    """Whether a run is inside a frame."""
    return _is_level(run, box) and box.x0 - _OVER <= run[0].x0 and run[-1].x1 <= box.x1 + _OVER


def _is_framed(inside: Sequence[_Run], runs: Sequence[_Run], box: Frame, boxes: Sequence[Frame], size: float) -> bool:
    """Whether the runs `inside` a frame are its own text: several lines that no other text adjoins, not table cells."""
    heights = {round(run[0].y) for run in inside}
    if len(heights) < 2 or sum(map(len, inside)) < _LEAST_FRAMED:
        return False
    others = [run for run in runs if _is_level(run, box) and not _is_within(run, box)]
    if any(run[0].x0 < box.x1 - _OVER and run[-1].x1 > box.x0 + _OVER for run in others):
        return False  # text crosses its edge
    if any(_adjoin(run, other) or _adjoin(other, run) for run in inside for other in others):
        return False
    loose = [run[0].y for run in others if not any(_is_within(run, other) for other in boxes if other != box)]
    level = sum(any(abs(run[0].y - y) <= 0.15 * size for y in loose) for run in inside)
    return level < _LEVEL * len(inside)


def _adjoin(left: _Run, right: _Run) -> bool:
    """Whether two runs are parts of one line of text."""
    end, start = left[-1], right[0]
    return abs(end.y - start.y) <= 0.15 * end.size and 0 <= start.x0 - end.x1 <= end.size


def _lines_in(runs: Sequence[_Run], page: int, column: int) -> tuple[TextLine, ...]:
    glyphs = [glyph for run in runs for glyph in run]
    gaps, _ = find_gaps(glyphs, ())
    ordered = in_order(lines_of(glyphs, page, gaps), gaps)
    return tuple(replace(item, column=column) for item in ordered if isinstance(item, TextLine))
