"""Text in frames: boxes side by side, as on slides and in outlines, are read one after the other."""

from collections.abc import Sequence
from dataclasses import replace

from ingest.pdf.layout.columns import find_gaps, in_order
from ingest.pdf.layout.lines import lines_of, runs_of
from ingest.pdf.page import Frame, Framed, Glyph, TextLine

_MOST_FRAMES = 60  # a page with more boxes is a drawing
_WIDEST = 0.72  # maximum width of a frame, as a share of the text's: wider ones have nothing beside them
_LEAST_LETTERS = 20  # minimum letters in a frame; boxes of charts and tables have fewer
_LEVEL = 0.8  # share of its lines that are level with lines beside it: from here on, it is a column of a table
_OVER = 1.0  # points: how far text may reach over the edge of its frame
_Run = list[Glyph]


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
        inside = [run for run in runs if _is_inside(run, box)]
        if _is_framed(inside, runs, box, boxes, size):
            lines = _lines(inside, page, -1 - len(framed))
            framed.append(Framed(page, box.x0, box.x1, round(box.y0 / size) * size, lines))
            runs = [run for run in runs if not _is_inside(run, box)]
    return framed, [glyph for run in runs for glyph in run]


def _boxes(frames: Sequence[Frame], widest: float, size: float) -> list[Frame]:
    """The frames that may hold text, the smallest first; a border and a background are one frame."""
    boxes = {
        (round(frame.x0 / size), round(frame.y0 / size), round(frame.x1 / size), round(frame.y1 / size)): frame
        for frame in frames
        if 5 * size <= frame.x1 - frame.x0 <= widest and frame.y1 - frame.y0 >= 2.2 * size
    }
    return sorted(boxes.values(), key=lambda frame: ((frame.x1 - frame.x0) * (frame.y1 - frame.y0), frame.y0, frame.x0))


def _is_beside(run: _Run, box: Frame) -> bool:
    """Whether a run is level with a frame."""
    return box.y0 <= run[0].y - 0.35 * run[0].size <= box.y1


def _is_inside(run: _Run, box: Frame) -> bool:
    return _is_beside(run, box) and box.x0 - _OVER <= run[0].x0 and run[-1].x1 <= box.x1 + _OVER


def _is_framed(inside: Sequence[_Run], runs: Sequence[_Run], box: Frame, boxes: Sequence[Frame], size: float) -> bool:
    """Whether a frame is drawn around these runs, which are several lines and no cells of a table."""
    heights = {round(run[0].y) for run in inside}
    if len(heights) < 2 or sum(map(len, inside)) < _LEAST_LETTERS:
        return False
    others = [run for run in runs if _is_beside(run, box) and not _is_inside(run, box)]
    if any(run[0].x0 < box.x1 - _OVER and run[-1].x1 > box.x0 + _OVER for run in others):
        return False  # text crosses its edge
    if any(_adjoin(run, other) or _adjoin(other, run) for run in inside for other in others):
        return False
    loose = [run[0].y for run in others if not any(_is_inside(run, other) for other in boxes if other != box)]
    level = sum(any(abs(run[0].y - y) <= 0.15 * size for y in loose) for run in inside)
    return level < _LEVEL * len(inside)


def _adjoin(left: _Run, right: _Run) -> bool:
    """Whether two runs are parts of one line of text."""
    end, start = left[-1], right[0]
    return abs(end.y - start.y) <= 0.15 * end.size and 0 <= start.x0 - end.x1 <= end.size


def _lines(runs: Sequence[_Run], page: int, column: int) -> tuple[TextLine, ...]:
    glyphs = [glyph for run in runs for glyph in run]
    gaps, _ = find_gaps(glyphs, ())
    ordered = in_order(lines_of(glyphs, page, gaps), gaps)
    return tuple(replace(item, column=column) for item in ordered if isinstance(item, TextLine))
