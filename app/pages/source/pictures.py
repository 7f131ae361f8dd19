"""Which pages of a PDF a citation stands on, and the boxes over its words on their pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from app.pages.source.view import BlockView, Focus
from ingest.pdf.facsimile.pictures import Box, PagePicture
from ingest.pdf.facsimile.places import TextPart, boxes_of, cell_boxes

ADDRESS, BOXES = "page.webp", "boxes.svg"  # below the root
MOST_SHOWN = 3  # pages that a citation may be shown on


@dataclass(frozen=True, slots=True)
class BoxedPicture:
    """The picture of a page in the source page: `address` is below the root, `boxes` are (x, y, width, height)."""

    number: int
    address: str
    width: int
    height: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class LatePicture:
    """A picture that is still being drawn when its source page is sent. The browser loads it and its boxes separately.

    `boxes_address` is below the root, None where no words of the page are cited.
    """

    number: int
    address: str
    boxes_address: str | None


@dataclass(frozen=True, slots=True)
class Cited:
    """What a page shows of the cited passage: its running text, and the cells of each of its rows."""

    text: tuple[TextPart, ...] = ()
    rows: tuple[tuple[TextPart, ...], ...] = ()


def picture_address(document_id: str, number: int) -> str:
    """The address of a page's picture, relative to the root."""
    return f"{ADDRESS}?{urlencode({'document': document_id, 'page': number})}"


def late_picture(document_id: str, number: int, focus: Focus | None) -> LatePicture:
    """The picture of a page that is still being drawn, with boxes over what `focus` quotes from it."""
    address, boxes_address = picture_address(document_id, number), None
    if focus is not None:
        query: dict[str, object] = {"document": document_id, "page": number, "passage": focus.passage_id}
        if focus.quote_start is not None and focus.quote_end is not None:
            query |= {"quote_start": focus.quote_start, "quote_end": focus.quote_end}
        boxes_address = f"{BOXES}?{urlencode(query)}"
    return LatePicture(number, address, boxes_address)


def cited_pages(views: Iterable[BlockView]) -> dict[int, Cited]:
    """Page number → what the page shows of the cited passage, for at most three pages with quoted words.

    `views` are in text order. If no words are quoted, the whole passage counts as quoted.
    """
    shown = [view for view in views if any(run.cited for run in view.runs)]
    whole = not any(run.quoted for view in shown for run in view.runs)
    texts: dict[int, list[TextPart]] = {}
    rows: dict[int, list[tuple[TextPart, ...]]] = {}
    number: int | None = None
    for view in shown:
        number = next((run.page for run in view.runs if run.page), number)
        if view.cells and number is not None:
            cells = [("".join(run.text for run in runs), any(run.quoted for run in runs)) for _, runs in view.cells]
            rows.setdefault(number, []).append(tuple(TextPart(text, whole or quoted) for text, quoted in cells))
            continue
        for run in view.runs:
            number = run.page or number
            if run.cited and number is not None:
                texts.setdefault(number, []).append(TextPart(run.text, whole or run.quoted))
    pages = {page: Cited(tuple(texts.get(page, ())), tuple(rows.get(page, ()))) for page in sorted({*texts, *rows})}
    quoted = {page: cited for page, cited in pages.items() if any(part.quoted for part in _words(cited))}
    return dict(list(quoted.items())[:MOST_SHOWN])


def _words(cited: Cited) -> list[TextPart]:
    return [*cited.text, *(cell for row in cited.rows for cell in row)]


def figure(document_id: str, number: int, picture: PagePicture, cited: Cited) -> BoxedPicture:
    """A page's picture with boxes over what is quoted from it."""
    boxes = [*boxes_of(picture, cited.text), *(box for row in cited.rows for box in cell_boxes(picture, row))]
    address = picture_address(document_id, number)
    return BoxedPicture(number, address, picture.width, picture.height, tuple(map(_padded, boxes)))


def _padded(box: Box) -> Box:
    """A box as (x, y, width, height), a little larger than the letters."""
    left, top, right, bottom = box
    margin = max(2, min(right - left, bottom - top) // 8)
    return left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin
