"""The source page: a document as HTML, every passage an element with its id, the cited words marked.

The elements are made here; `pages/source.html` writes them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.web.pages.labels import labels_for
from app.web.pages.source_view import BlockView, Focus, Following, TextRun, below_root, is_web_address, view
from app.web.pages.templates import page
from ingest.document import Document
from retriever.types import Passage

_CLASSES = {"caption": "caption", "entry": "entry", "footnote": "footnote", "list_item": "item"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring runs with the same marking and the same link."""

    runs: tuple[TextRun, ...]
    quoted: bool
    link: str  # relative to the root; "" for none


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text. As a passage it is an element of its own; `passage` is its id where it begins here.

    `anchors` are ids to scroll to: of passages that begin here but whose text belongs to a later-begun passage.
    """

    pieces: tuple[Piece, ...]
    anchors: tuple[str, ...] = ()
    is_passage: bool = False
    passage: str | None = None
    classes: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A block as an element, or a table's row with its cells. `out` leads to the web, `to_text` to a work's text."""

    tag: str
    spans: tuple[Span, ...] = ()
    cells: tuple[tuple[Piece, ...], ...] = ()
    passage: str | None = None
    classes: str = ""
    anchors: tuple[str, ...] = ()
    out: str | None = None
    to_text: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A block, the rows of a table, or the blocks of one passage."""

    blocks: tuple[Element, ...]
    is_table: bool = False
    columns: tuple[str, ...] = ()
    passage: str | None = None
    classes: str = ""


def source_page(
    document: Document,
    passages: Sequence[Passage],
    focus: Focus | None,
    language: str,
    following: Following | None = None,
    up: str = "../",
) -> str:
    """The whole page. Without a focus the `#PASSAGE` in the address marks the passage (CSS `:target`).

    `following` tells where the document's citations and entries lead, `up` where the root is, seen from the page.
    """
    blocks = _without_title(view(document, passages, focus, following), document.title)
    return page(
        "source",
        up=up,
        language=document.language,
        words=labels_for(language),
        title=document.title,
        original=document.url if is_web_address(document.url) else None,
        is_gone=focus is not None and all(passage.id != focus.passage_id for passage in passages),
        parts=list(_parts(blocks)),
    )


def _without_title(views: Iterable[BlockView], title: str) -> list[BlockView]:
    """The blocks after a heading that says the page's title once more."""
    blocks = list(views)
    repeats = blocks and blocks[0].block.kind == "heading" and blocks[0].block.text.strip() == title.strip()
    return blocks[1:] if repeats else blocks


def _parts(views: Iterable[BlockView]) -> Iterator[Part]:
    for (is_table, _, owner), group in groupby(views, _group):
        blocks = list(group)
        if is_table:
            columns = tuple(name for name, _ in blocks[0].cells)
            yield Part(tuple(map(_row, blocks)), is_table=True, columns=columns if any(columns) else ())
        elif owner and len(blocks) > 1 and owner in blocks[0].begins:
            elements = tuple(_element(block, is_wrapped=True) for block in blocks)
            yield Part(elements, passage=owner, classes=_passage_classes(blocks[0].runs[0]))
        else:
            yield from (Part((_element(block),)) for block in blocks)


def _group(view: BlockView) -> tuple[bool, str, str | None]:
    """Rows of one table belong together, and so do neighbouring blocks of one passage."""
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


def _element(view: BlockView, *, is_wrapped: bool = False) -> Element:
    """One block; `is_wrapped` if the element around it already is the passage's."""
    block, owner = view.block, view.sole_passage
    name = _CLASSES.get(block.kind, "")
    is_entry = block.kind == "entry"
    is_passage = owner is not None and not is_wrapped
    return Element(
        f"h{min(max(block.level, 1) + 1, 6)}" if block.kind == "heading" else "p",
        spans=(Span(_pieces(view.runs)),) if owner else tuple(_spans(view.runs)),
        passage=owner if is_passage and owner in view.begins else None,
        classes=_passage_classes(view.runs[0], name) if is_passage else name,
        anchors=_others(view.begins, owner) if owner else (),
        out=block.url if is_entry and is_web_address(block.url) else None,
        to_text=below_root(view.text) if is_entry and view.text else None,
    )


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


def _pieces(runs: Iterable[TextRun]) -> tuple[Piece, ...]:
    groups = groupby(runs, lambda run: (run.quoted, run.link))
    return tuple(Piece(tuple(group), quoted, below_root(link or "")) for (quoted, link), group in groups)
