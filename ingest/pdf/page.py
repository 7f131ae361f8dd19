"""Types for the contents of a PDF page: glyphs, then lines and tables. Units are points; y grows downwards."""

from dataclasses import dataclass
from typing import Literal, TypedDict

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


@dataclass(frozen=True, slots=True)
class Drawings:
    """What is drawn on a page: ruling lines, centres of small marks (bullets), boxes, and all of these as shapes.

    `pictured` is the share of the page's area that pictures cover (0–1). `may_show_figures`: several shapes are ticks
    of an axis, boxes, slanted lines or curves.
    """

    rules: tuple[Rule, ...] = ()
    bullets: tuple[tuple[float, float], ...] = ()
    frames: tuple[Frame, ...] = ()
    shapes: tuple[DrawnShape, ...] = ()
    pictured: float = 0.0
    may_show_figures: bool = False


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
    """The lines of a frame, which keep together in reading order; `y` is its upper edge."""

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
