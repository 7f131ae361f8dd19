"""What is read from a page of a PDF: glyphs, then lines and tables. Points, y downwards from the page's top."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character (or the letters of one ligature) with its place: `x0`–`x1` along the line, `y` its baseline.

    `left` and `right` bound it on the page, `advance` is its extent along the line, `angle` (0, 90, 180, 270) the way
    it is turned, counter-clockwise. `spaced`: PDFium takes it to begin a word.
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


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line drawn on the page, horizontal (y0 == y1) or vertical (x0 == x1)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, from `x0` to `x1` on the baseline `y`.

    `bullet` tells that a mark is drawn before it, `column` which column of the page it stands in (0: the whole width).
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


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows of cells; `header` tells whether its look names the first row as column names."""

    page: int
    x0: float
    x1: float
    y: float
    bottom: float
    rows: tuple[tuple[str, ...], ...]
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page in reading order. `images` is the share of its area that pictures take."""

    number: int
    width: float
    height: float
    items: tuple[Line | Table, ...]
    images: float = 0.0
    garbled: float = 0.0


def to_json(page: Page) -> dict[str, Any]:
    """The page for the pipe between the reading process and this one."""
    items = [
        ["t", item.x0, item.x1, item.y, item.bottom, item.rows, item.header]
        if isinstance(item, Table)
        else ["l", item.text, item.x0, item.x1, item.y, item.size, item.bold, item.bullet, item.column]
        for item in page.items
    ]
    return {"n": page.number, "w": page.width, "h": page.height, "i": items, "p": page.images, "g": page.garbled}


def from_json(data: dict[str, Any]) -> Page:
    """The page that `to_json` wrote."""
    number = data["n"]
    items: list[Line | Table] = []
    for kind, *values in data["i"]:
        if kind == "t":
            x0, x1, y, bottom, rows, header = values
            items.append(Table(number, x0, x1, y, bottom, tuple(tuple(row) for row in rows), header))
        else:
            text, x0, x1, y, size, bold, bullet, column = values
            items.append(Line(text, number, x0, x1, y, size, bold, bullet, column))
    return Page(number, data["w"], data["h"], tuple(items), data["p"], data["g"])
