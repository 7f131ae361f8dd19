"""What is drawn on a page of a PDF: ruling lines, small marks, the area of pictures."""

import ctypes
from itertools import pairwise
from typing import Any

from ingest.pdf.page import Rule

_MOST_OBJECTS = 20_000  # drawn objects a page looked at: maps and plots have more, tables do not
_MOST_SEGMENTS = 400  # of one path looked at
_THIN = 2.5  # points: what is thinner is a line
Point = tuple[float, float]


def drawings(page: Any, left: float, top: float, area: float) -> tuple[list[Rule], list[Point], float]:
    """Ruling lines, the centres of small marks (bullets), and the share of the page that pictures take."""
    from pypdfium2 import raw

    rules: list[Rule] = []
    bullets: list[Point] = []
    pictured = 0.0
    for count, item in enumerate(page.get_objects(max_depth=4)):
        if count >= _MOST_OBJECTS:
            break
        if item.type not in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE):
            continue
        x0, low, x1, high = item.get_bounds()
        x0, x1, y0, y1 = x0 - left, x1 - left, top - high, top - low
        width, height = x1 - x0, y1 - y0
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictured += max(0.0, width) * max(0.0, height)
        elif width <= _THIN and height <= _THIN and width > 0:
            bullets.append(((x0 + x1) / 2, (y0 + y1) / 2))
        elif height <= _THIN:
            rules.append(Rule(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2))
        elif width <= _THIN:
            rules.append(Rule((x0 + x1) / 2, y0, (x0 + x1) / 2, y1))
        elif width <= 6 and height <= 6:
            bullets.append(((x0 + x1) / 2, (y0 + y1) / 2))
        else:
            box = (Rule(x0, y0, x1, y0), Rule(x0, y1, x1, y1), Rule(x0, y0, x0, y1), Rule(x1, y0, x1, y1))
            rules.extend(_of_path(item, left, top) or box)
    return rules, bullets, min(1.0, pictured / area) if area > 0 else 0.0


def _of_path(item: Any, left: float, top: float) -> list[Rule]:
    """The lines of a grid that is drawn as one path; none where the path is a plain rectangle or has slopes."""
    from pypdfium2 import raw

    count = raw.FPDFPath_CountSegments(item)
    if not 5 < count <= _MOST_SEGMENTS:
        return []
    matrix, x, y = item.get_matrix(), ctypes.c_float(), ctypes.c_float()
    strokes: list[list[Point]] = []
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        across, up = matrix.on_point(x.value, y.value)
        point = (across - left, top - up)
        if kind == raw.FPDF_SEGMENT_MOVETO or not strokes:
            strokes.append([point])
        elif kind == raw.FPDF_SEGMENT_LINETO:
            strokes[-1].append(point)
        else:
            return []
        if raw.FPDFPathSegment_GetClose(segment):
            strokes[-1].append(strokes[-1][0])
    lines = [(a, b) for stroke in strokes for a, b in pairwise(stroke)]
    if any(abs(a[0] - b[0]) > _THIN and abs(a[1] - b[1]) > _THIN for a, b in lines):
        return []
    return [_straight(a, b) for a, b in lines if max(abs(a[0] - b[0]), abs(a[1] - b[1])) > _THIN]


def _straight(a: Point, b: Point) -> Rule:
    """The horizontal or vertical line between two places."""
    if abs(a[0] - b[0]) >= abs(a[1] - b[1]):
        return Rule(min(a[0], b[0]), (a[1] + b[1]) / 2, max(a[0], b[0]), (a[1] + b[1]) / 2)
    return Rule((a[0] + b[0]) / 2, min(a[1], b[1]), (a[0] + b[0]) / 2, max(a[1], b[1]))
