"""Types for the contents of a PDF page: glyphs, then lines and tables. Units are points; y grows downwards."""

from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict

Bookmark = tuple[int, str, int | None]  # level from 1, title, 1-based page
PageFault = Literal["", "damaged", "too-large"]
GARBLED = 0.1  # share of unlikely characters above which a page is not indexed


class Head(TypedDict):
    """The PDF's own metadata: title, bookmarks (outline) and number of pages."""

    title: str
    outline: list[Bookmark]
    page_count: int


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character, or the letters of a ligature: `x0`–`x1` is its extent along the line, `y` its baseline.

    `left` and `right` are its bounds on the page, `advance` its width along the line, `angle` its rotation (0, 90, 180
    or 270 degrees counter-clockwise). `spaced`: PDFium reports a space before it.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    angle: int = 0
    left: float = 0.0
    right: float = 0.0
    advance: float = 0.0
    spaced: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line drawn on the page, horizontal (y0 == y1) or vertical (x0 == x1)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The extent of a box drawn on the page."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class DrawnShape:
    """The extent of anything drawn on the page; `slanted`: it has slanted lines or curves."""

    x0: float
    y0: float
    x1: float
    y1: float
    slanted: bool = False


_LEAST_SHAPES = 6  # minimum shapes of a figure that are no rules
_THIN = 2.5  # points: maximum thickness of a line
_RULE = 8.0  # points: a shape longer than this in one direction only is a rule


@dataclass(frozen=True, slots=True)
class Drawings:
    """What is drawn on a page: ruling lines, centres of small marks (bullets), boxes, and all of these as shapes.

    `pictured` is the share of the page's area that pictures cover (0–1).
    """

    rules: tuple[Rule, ...] = ()
    bullets: tuple[tuple[float, float], ...] = ()
    frames: tuple[Frame, ...] = ()
    shapes: tuple[DrawnShape, ...] = ()
    pictured: float = 0.0

    @property
    def may_show_figures(self) -> bool:
        """Whether several shapes are no rules or bullets, but ticks of an axis, boxes, slanted lines or curves."""
        sizes = [(shape.x1 - shape.x0, shape.y1 - shape.y0) for shape in self.shapes]
        ticks = sum(min(size) <= _THIN and max(size) <= _RULE for size in sizes)
        boxes = sum(min(size) > _RULE for size in sizes)
        return ticks + boxes + sum(shape.slanted for shape in self.shapes) >= _LEAST_SHAPES


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text from `x0` to `x1` on the baseline `y`.

    `size` is the letter size of its wide characters, if any, else of all; `latin_size` that of its Latin letters (0:
    none). `mono`: set in a monospaced font, as code is. `bullet`: a mark is drawn before it. `column` is the 1-based
    column of the page (0: the page has no columns; negative: a frame). `italics` are its italic phrases, in order.
    `label`: it belongs to a figure.
    """

    text: str
    page: int
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    bullet: bool = False
    column: int = 0
    latin_size: float = 0.0
    mono: bool = False
    italics: tuple[str, ...] = ()
    label: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table as rows of cells. `header`: whether the first row names the columns; None if the layout does not tell."""

    page: int
    x0: float
    x1: float
    y: float
    bottom: float
    rows: tuple[tuple[str, ...], ...]
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Framed:
    """The lines of a frame that stands on the page as a whole; `y` is its upper edge."""

    page: int
    x0: float
    x1: float
    y: float
    lines: tuple[TextLine, ...]


Item = TextLine | Table | Framed


@dataclass(frozen=True, slots=True)
class Page:
    """The lines and tables of a page in reading order.

    `images` is the share of its area covered by pictures, `garbled` the share of implausible characters (both 0–1).
    `fault` says why text is missing: the page is damaged, or too large.
    """

    number: int
    width: float
    height: float
    items: tuple[TextLine | Table, ...]
    images: float = 0.0
    garbled: float = 0.0
    fault: PageFault = ""


_LINE_FIELDS = tuple(field.name for field in fields(TextLine) if field.name != "page")


def to_json(page: Page) -> dict[str, Any]:
    """The page as JSON, for the pipe from the reading process to its parent."""
    items = [
        ["table", item.x0, item.x1, item.y, item.bottom, item.rows, item.header]
        if isinstance(item, Table)
        else ["line", *(getattr(item, name) for name in _LINE_FIELDS)]
        for item in page.items
    ]
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "items": items,
        "images": page.images,
        "garbled": page.garbled,
        "fault": page.fault,
    }


def from_json(data: dict[str, Any]) -> Page:
    """The page from the output of `to_json`."""
    number = data["number"]
    items: list[TextLine | Table] = []
    for kind, *values in data["items"]:
        if kind == "table":
            x0, x1, y, bottom, rows, header = values
            items.append(Table(number, x0, x1, y, bottom, tuple(tuple(row) for row in rows), header))
        else:
            line = dict(zip(_LINE_FIELDS, values, strict=True))
            items.append(TextLine(page=number, **{**line, "italics": tuple(line["italics"])}))
    return Page(**{**data, "items": tuple(items)})
