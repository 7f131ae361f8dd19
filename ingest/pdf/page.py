"""What is read from a page of a PDF: glyphs, then lines and tables. Points, y downwards from the page's top."""

from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict

Bookmark = tuple[int, str, int | None]  # level from 1, title, 1-based page
PageFault = Literal["", "damaged", "too-large"]
GARBLED = 0.1  # the share of unlikely characters above which a page is not indexed


class Head(TypedDict):
    """What a PDF says of itself: its title, its bookmarks, and how many pages it has."""

    title: str
    outline: list[Bookmark]
    page_count: int


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character, or the letters of one ligature: `x0`–`x1` along the line, `y` its baseline.

    `left` and `right` bound it on the page, `advance` is its extent along the line, `angle` its rotation (0, 90, 180
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

    `size` is that of its wide characters where it has any, `latin_size` that of its Latin letters (0: it has none).
    `mono`: its letters are all equally wide, as in code. `bullet`: a mark is drawn before it. `column` is the 1-based
    column of the page that it stands in (0: no columns).
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


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows of cells. `header`: whether the first row names the columns, None if its layout does not tell."""

    page: int
    x0: float
    x1: float
    y: float
    bottom: float
    rows: tuple[tuple[str, ...], ...]
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page in reading order.

    `images` is the share of its area that pictures take, `garbled` the share of its characters that no correct page
    shows (both 0–1). `fault` says why a page lacks text that the file has: the page is damaged, or too large.
    """

    number: int
    width: float
    height: float
    items: tuple[Line | Table, ...]
    images: float = 0.0
    garbled: float = 0.0
    fault: PageFault = ""


_LINE_FIELDS = tuple(field.name for field in fields(Line) if field.name != "page")


def to_json(page: Page) -> dict[str, Any]:
    """The page for the pipe between the reading process and its parent."""
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
    """The page that `to_json` wrote."""
    number = data["number"]
    items: list[Line | Table] = []
    for kind, *values in data["items"]:
        if kind == "table":
            x0, x1, y, bottom, rows, header = values
            items.append(Table(number, x0, x1, y, bottom, tuple(tuple(row) for row in rows), header))
        else:
            items.append(Line(page=number, **dict(zip(_LINE_FIELDS, values, strict=True))))
    return Page(**{**data, "items": tuple(items)})
