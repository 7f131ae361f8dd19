"""The source page: a document as HTML, every passage an element with its id, the cited words marked.

The elements are made here; `pages/source/source.html` writes them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from urllib.parse import urlencode

from app.pages.labels.texts import labels_for
from app.pages.source.pictures import BoxedPicture, LatePicture
from app.pages.source.view import BlockView, Focus, Following, TextRun, below_root, is_web_address, printed, view
from app.pages.templates import page
from ingest.document import Document
from retriever.text import squeeze
from retriever.types import Passage

_CLASSES = {
    "caption": "caption", "code": "code", "entry": "entry", "footnote": "footnote", "formula": "formula",
    "list_item": "item",
}  # fmt: skip
_LABELLED = re.compile(r"\s*+(?:[\[(（［〔]\s*+)?[0-9０-９]")  # an entry that is printed with its number
_TITLE_WITHIN = 5  # the title is looked for in so many first blocks


@dataclass(frozen=True, slots=True)
class MarkedRuns:
    """Neighbouring runs with the same marking and the same link."""

    runs: tuple[TextRun, ...]
    quoted: bool
    link: str  # relative to the root; "" for none


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; an element of its own if `is_passage`. `passage` is the id of a passage that begins here.

    `anchors` are further ids to scroll to: passages that begin here, although a later-begun passage owns the text.
    """

    pieces: tuple[MarkedRuns, ...]
    anchors: tuple[str, ...] = ()
    is_passage: bool = False
    passage: str | None = None
    classes: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A block as an element, or a table's row with its cells. `out` leads to the web, `to_text` to a work's text.

    `number` is set for a bibliography entry that is printed without its number.
    """

    tag: str
    spans: tuple[Span, ...] = ()
    cells: tuple[tuple[MarkedRuns, ...], ...] = ()
    passage: str | None = None
    classes: str = ""
    anchors: tuple[str, ...] = ()
    out: str | None = None
    to_text: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A block, the rows of a table, the blocks of one passage, or pictures of pages."""

    blocks: tuple[Element, ...] = ()
    is_table: bool = False
    columns: tuple[str, ...] = ()
    passage: str | None = None
    classes: str = ""
    figures: tuple[BoxedPicture | LatePicture, ...] = ()


@dataclass(frozen=True, slots=True)
class Facsimile:
    """What a source page has of its PDF: the pictures shown, and whether the file may be downloaded."""

    figures: tuple[BoxedPicture | LatePicture, ...] = ()
    has_pictures: bool = False
    download: bool = False


def source_page(
    document: Document,
    passages: Sequence[Passage],
    focus: Focus | None,
    language: str,
    following: Following | None = None,
    up: str = "../",
    facsimile: Facsimile | None = None,
    is_framed: bool = False,
) -> str:
    """The whole page. Without a focus the `#PASSAGE` in the address marks the passage (CSS `:target`).

    `following` tells where the document's citations and entries lead; `up` is the relative address of the root.
    A framed page has no link to the chat page, because that opens in no frame.
    """
    shown = facsimile or Facsimile()
    views = printed(document, view(document, passages, focus, following))
    blocks = _shown_blocks(document, views)
    return page(
        "source/source",
        up=up,
        language=document.language,
        interface=language,
        in_language=partial(_with_language, language=language),
        words=labels_for(language),
        title=document.title,
        has_title=any(block.is_title for block in blocks),
        original=document.url if is_web_address(document.url) else None,
        download=f"original?{urlencode({'document': document.id})}" if shown.download else None,
        is_gone=focus is not None and all(passage.id != focus.passage_id for passage in passages),
        parts=list(_parts_with(blocks, shown.figures)),
        has_pictures=shown.has_pictures,
        pages=document.page_count or 0,
        is_framed=is_framed,
    )


def _with_language(address: str, language: str) -> str:
    """The address of one of our pages in a language of the interface."""
    path, mark, fragment = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}lang={language}{mark}{fragment}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A block's view; whether the block is the page's title, and the number to print before a bibliography entry."""

    view: BlockView
    is_title: bool = False
    number: int | None = None


def _shown_blocks(document: Document, views: Sequence[BlockView]) -> list[Shown]:
    """The blocks, with the one that is the title, and with the numbers of entries that are printed without one."""
    first = next(
        (place for place, block_view in enumerate(views[:_TITLE_WITHIN]) if _is_title(block_view, document.title)), None
    )
    numbers = iter(reference.number for reference in document.references)
    number_of = {id(block_view): next(numbers, None) for block_view in views if block_view.block.kind == "entry"}
    return [
        Shown(
            block_view,
            is_title=place == first,
            number=None if _LABELLED.match(block_view.block.text) else number_of.get(id(block_view)),
        )
        for place, block_view in enumerate(views)
    ]


def _is_title(block_view: BlockView, title: str) -> bool:
    return block_view.block.kind in ("heading", "paragraph") and squeeze(block_view.block.text) == squeeze(title) != ""


def _parts_with(blocks: Sequence[Shown], figures: tuple[BoxedPicture | LatePicture, ...]) -> Iterator[Part]:
    """The parts, with the pictures after the cited passage, else after the first block of the first picture's page."""
    if not figures:
        yield from _parts(blocks)
        return
    number = figures[0].number
    cited = [place for place, block in enumerate(blocks) if any(run.cited for run in block.view.runs)]
    begins = [place for place, block in enumerate(blocks) if any(run.page == number for run in block.view.runs)]
    place = (cited or begins or [len(blocks) - 1])[0]
    while place + 1 < len(blocks) and (place + 1 in cited or _group(blocks[place]) == _group(blocks[place + 1])):
        place += 1
    yield from _parts(blocks[: place + 1])
    yield Part(figures=figures)
    yield from _parts(blocks[place + 1 :])


def _parts(shown: Iterable[Shown]) -> Iterator[Part]:
    for (is_table, _, owner), group in groupby(shown, _group):
        blocks = list(group)
        first = blocks[0].view
        if is_table:
            columns = tuple(name for name, _ in first.cells)
            rows = tuple(_row(block.view) for block in blocks)
            yield Part(rows, is_table=True, columns=columns if any(columns) else ())
        elif owner and len(blocks) > 1 and owner in first.begins:
            elements = tuple(_element(block, is_wrapped=True) for block in blocks)
            yield Part(elements, passage=owner, classes=_passage_classes(first.runs[0]))
        else:
            yield from (Part((_element(block),)) for block in blocks)


def _group(shown: Shown) -> tuple[bool, str, str | None]:
    """Rows of one table belong together, and so do neighbouring blocks of one passage."""
    view = shown.view
    is_row = view.block.kind == "table_row" and bool(view.cells)
    return (True, view.block.caption, None) if is_row else (False, "", view.sole_passage)


def _row(row: BlockView) -> Element:
    owner = row.sole_passage
    own = owner if owner in row.begins else None
    return Element(
        "tr",
        cells=tuple(_pieces(cell) for _, cell in row.cells),
        passage=own,
        classes=_passage_classes(row.runs[0]) if owner else "",
        anchors=_others(row.begins, own),
    )


def _element(shown: Shown, *, is_wrapped: bool = False) -> Element:
    """One block; `is_wrapped` if the element around it already is the passage's."""
    view, block, owner = shown.view, shown.view.block, shown.view.sole_passage
    name = _CLASSES.get(block.kind, "")
    is_entry = block.kind == "entry"
    is_passage = owner is not None and not is_wrapped
    return Element(
        _tag(shown),
        spans=(Span(_pieces(view.runs)),) if owner else tuple(_spans(view.runs)),
        passage=owner if is_passage and owner in view.begins else None,
        classes=_passage_classes(view.runs[0], name) if is_passage else name,
        anchors=_others(view.begins, owner) if owner else (),
        out=block.url if is_entry and is_web_address(block.url) else None,
        to_text=below_root(view.text) if is_entry and view.text else None,
        number=shown.number,
    )


def _tag(shown: Shown) -> str:
    block = shown.view.block
    if shown.is_title:
        return "h1"
    return f"h{min(max(block.level, 1) + 1, 6)}" if block.kind == "heading" else "p"


def _passage_classes(run: TextRun, name: str = "") -> str:
    """The classes of an element that is a passage, or the part of one that begins with `run`."""
    return " ".join(filter(None, [name, "passage", "cited" if run.cited else ""]))


def _others(begins: Iterable[str], own: str | None) -> tuple[str, ...]:
    return tuple(passage for passage in begins if passage != own)


def _spans(runs: Sequence[TextRun]) -> Iterator[Span]:
    """Runs of several passages in one block: a span for each passage."""
    for owner, group in groupby(runs, lambda run: run.passage_id):
        own_runs = tuple(group)
        begins = [passage for run in own_runs for passage in run.begins]
        anchors = _others(begins, owner)
        if owner is None:
            yield Span(_pieces(own_runs), anchors)
            continue
        own = owner if owner in begins else None
        yield Span(_pieces(own_runs), anchors, is_passage=True, passage=own, classes=_passage_classes(own_runs[0]))


def _pieces(runs: Iterable[TextRun]) -> tuple[MarkedRuns, ...]:
    groups = groupby(runs, lambda run: (run.quoted, run.link))
    return tuple(MarkedRuns(tuple(group), quoted, below_root(link or "")) for (quoted, link), group in groups)
