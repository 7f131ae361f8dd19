"""A document as it is shown: blocks of runs of text, cut where passages, quotes and pages begin and end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeGuard
from urllib.parse import quote, urlencode

from ingest.document import Block, Document
from ingest.structure.tables import cells_of
from retriever.types import Passage

_UP = "../"


@dataclass(frozen=True, slots=True)
class Focus:
    """What a citation points at: a passage and, where known, the quote's offsets in its text."""

    passage_id: str
    quote_start: int | None = None
    quote_end: int | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """Where citations lead: `entries` has (document id, passage id) of each work's entry by the work's number.

    `texts` has the documents that hold the works' own texts, by the passages of their entries.
    """

    entries: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextRun:
    """A stretch of uniformly marked text. `page`: a block or page begins here; `link`: leads to the work cited here.

    `passage_id` is the passage that it belongs to; `begins` holds the ids of all passages that begin with it.
    """

    text: str
    passage_id: str | None = None
    begins: tuple[str, ...] = ()
    cited: bool = False
    quoted: bool = False
    page: int | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block's runs; for a table row also its cells, as (column name, runs).

    An entry of the bibliography leads to the work's `text`, where that was read.
    """

    block: Block
    runs: tuple[TextRun, ...]
    cells: tuple[tuple[str, tuple[TextRun, ...]], ...] = ()
    text: str | None = None

    @property
    def sole_passage(self) -> str | None:
        """The passage that the whole block belongs to, if it is one."""
        owners = {run.passage_id for run in self.runs}
        return owners.pop() if len(owners) == 1 else None

    @property
    def begins(self) -> tuple[str, ...]:
        """The ids of the passages that begin in this block."""
        return tuple(passage for run in self.runs for passage in run.begins)


def source_address(
    document_id: str, passage_id: str | None = None, start: int | None = None, end: int | None = None
) -> str:
    """The address that opens the source, at a passage if one is given, the quote at [start, end) of its text marked.

    It is relative to addresses one step below the root: the chat's (`/chat/`), the API's, other sources'.
    """
    address = f"{_UP}documents/{quote(document_id, safe='')}"
    if passage_id is None:
        return address
    query = {"passage": passage_id}
    if start is not None and end is not None:
        query |= {"quote_start": str(start), "quote_end": str(end)}
    return f"{address}?{urlencode(query)}#{quote(passage_id, safe='')}"


def below_root(address: str) -> str:
    """A `source_address` relative to the root, for pages that prepend their own way up."""
    return address.removeprefix(_UP)


def heading_words(section: str) -> str:
    """A heading without the square or disc that a print sets before it: ■参考文献."""
    return section.lstrip("".join(map(chr, range(0x25A0, 0x2600))) + " \u3000") or section


def is_web_address(url: str | None) -> TypeGuard[str]:
    """Whether a document's address may stand in a link: http and https only, never javascript: or data:."""
    return url is not None and url.startswith(("http://", "https://"))


def view(
    document: Document, passages: Sequence[Passage], focus: Focus | None = None, following: Following | None = None
) -> list[BlockView]:
    """The document's blocks with what is cited in them, in the order of its text.

    The focus must name one of the passages or is ignored.
    """
    cited, quoted = _focus_spans(passages, focus)
    leads = following or Following()
    links = _links(passages, leads)
    views = []
    coming = sorted(passages, key=lambda passage: passage.start, reverse=True)
    near: list[Passage] = []
    begun: set[str] = set()
    for block, start, end in document.spans():
        while coming and coming[-1].start < end:
            near.append(coming.pop())
        near = [passage for passage in near if passage.end > start]
        within = {place: address for place, address in links.items() if start <= place[0] and place[1] <= end}
        runs = tuple(_runs(block, start, near, begun, cited, quoted, within))
        cells = _cells(block, runs, (quoted[0] - start, quoted[1] - start)) if block.cells else ()
        shown = BlockView(block, runs, cells)
        text = leads.texts.get(shown.sole_passage or "") if block.kind == "entry" else None
        views.append(replace(shown, text=source_address(text)) if text else shown)
    return views


def printed(document: Document, views: Sequence[BlockView]) -> list[BlockView]:
    """The blocks in the order in which the document prints them, with each page's number where the page begins."""
    shown: int | None = None
    ordered = []
    for index in document.printed_order():
        runs = []
        for run in views[index].runs:
            runs.append(run if run.page != shown else replace(run, page=None))
            shown = run.page or shown
        ordered.append(replace(views[index], runs=tuple(runs)))
    return ordered


def _links(passages: Sequence[Passage], following: Following) -> dict[tuple[int, int], str]:
    """(start, end) of each citation in the document's text → the address of the cited work's entry.

    A place that cites several works leads to the first.
    """
    return {
        (passage.start + place.start, passage.start + place.end): source_address(*following.entries[number])
        for passage in passages
        for place in passage.cites
        for number in place.numbers[:1]
        if number in following.entries
    }


def _focus_spans(passages: Sequence[Passage], focus: Focus | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """The spans of the cited passage and of the quote in the document's text; (0, 0) for none."""
    passage = next((candidate for candidate in passages if focus and candidate.id == focus.passage_id), None)
    if passage is None or focus is None:
        return (0, 0), (0, 0)
    cited = (passage.start, passage.end)
    begin, end = focus.quote_start, focus.quote_end
    if begin is None or end is None or not 0 <= begin < end <= len(passage.text):
        return cited, (0, 0)
    return cited, (passage.start + begin, passage.start + end)


def _runs(
    block: Block,
    start: int,
    passages: Sequence[Passage],
    begun: set[str],
    cited: tuple[int, int],
    quoted: tuple[int, int],
    links: Mapping[tuple[int, int], str],
) -> Iterator[TextRun]:
    """The block's text, cut at every boundary; where passages overlap, a run belongs to the one begun last.

    `begun` gathers the ids of the passages that have had their first run; `links` are those of the block.
    """
    end = start + len(block.text)
    pages = {start + offset: number for offset, number in block.page_starts}
    bounds = {start, end, *cited, *quoted, *pages}
    bounds |= {edge for passage in passages for edge in (passage.start, passage.end)}
    bounds |= {edge for place in links for edge in place}
    cuts = sorted(bound for bound in bounds if start <= bound <= end)
    for left, right in pairwise(cuts):
        around = [passage for passage in passages if passage.start <= left < passage.end]
        owner = max(around, key=lambda passage: passage.start, default=None)
        begins = tuple(passage.id for passage in around if passage.id not in begun)
        begun.update(begins)
        yield TextRun(
            text=block.text[left - start : right - start],
            passage_id=owner.id if owner else None,
            begins=begins,
            cited=cited[0] <= left < cited[1],
            quoted=quoted[0] <= left < quoted[1],
            page=pages.get(left),
            link=next((address for (first, last), address in links.items() if first <= left < last), None),
        )


def _cells(
    block: Block, runs: tuple[TextRun, ...], quoted: tuple[int, int]
) -> tuple[tuple[str, tuple[TextRun, ...]], ...]:
    """The cells, their quoted parts marked; empty if a value is not at its expected place in the row's text.

    A row's text holds its values as printed, then with their columns' names: quoting either line marks the cell.
    """
    cited = runs[0].cited if runs else False
    labelled = iter(cells_of(block))
    shown: list[tuple[str, tuple[TextRun, ...]]] = []
    printed = 0
    for name, value in block.cells:
        starts = (printed, next(labelled).start) if value else (printed,)
        if not all(block.text.startswith(value, start) for start in starts):
            return ()
        marked = {i for start in starts for i in range(len(value)) if quoted[0] <= start + i < quoted[1]}
        shown.append((name, tuple(_marked(value, marked, cited))))
        printed += len(value) + 1
    return tuple(shown)


def _marked(value: str, marked: set[int], cited: bool) -> Iterator[TextRun]:
    edges = [i for i in range(1, len(value)) if (i in marked) != (i - 1 in marked)]
    for left, right in zip([0, *edges], [*edges, len(value)], strict=True):
        if left < right:
            yield TextRun(value[left:right], cited=cited, quoted=left in marked)


def nearby(views: Sequence[BlockView], characters: int = 500) -> list[BlockView]:
    """The blocks that hold the cited passage, and about `characters` of whole blocks before and after.

    Only an uncited run longer than twice `characters` is cut to `characters`, with an ellipsis.
    """
    cited = [i for i, view in enumerate(views) if any(run.cited for run in view.runs)]
    if not cited:
        return []
    first, last = cited[0], cited[-1]
    room = characters
    while first > 0 and room > 0:
        first -= 1
        room -= len(views[first].block.text)
    room = characters
    while last + 1 < len(views) and room > 0:
        last += 1
        room -= len(views[last].block.text)
    return [_shortened(views[i], i, (cited[0], cited[-1]), characters) for i in range(first, last + 1)]


def _shortened(view: BlockView, place: int, cited: tuple[int, int], characters: int) -> BlockView:
    """The block with a long text before the citation cut at its start, a long text after it cut at its end."""
    places = [i for i, run in enumerate(view.runs) if run.cited]
    runs = []
    for i, run in enumerate(view.runs):
        before = place < cited[0] or (place == cited[0] and bool(places) and i < places[0])
        if run.cited or len(run.text) <= 2 * characters:
            runs.append(run)
        else:
            text = f"…{run.text[-characters:]}" if before else f"{run.text[:characters]}…"
            runs.append(replace(run, text=text))
    return replace(view, runs=tuple(runs))
