"""The parts of answers about sources: entries and passages as citations, and the answer put together."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from app.answering.compose.frames import frame_of
from app.answering.compose.source_words import say
from app.answering.sources.following import with_sources
from app.answering.sources.works import RECORDS, Sources
from app.answering.types import Answer, Citation, Sentence, SourcePassage, citation_of
from ingest.references.cited_work import CitedWork
from retriever.index.open import Index
from retriever.types import Hit

_METHOD = "bibliography"


def cite_entry(work: CitedWork, number: int, index: Index) -> Citation:
    """The entry of a work, without what a record made by hand says of it."""
    assert work.hit is not None  # noqa: S101 - callers have looked; mypy cannot know
    text = work.hit.passage.text
    has_more = "\n" in text and work.entry.description and index.documents[work.hit.passage.document_id].kind == RECORDS
    return cite(work.hit, 0, text.index("\n") if has_more else len(text), number, index)


def cite(hit: Hit, start: int, end: int, number: int, index: Index) -> Citation:
    """The span of a passage as citation `number`."""
    title = index.documents[hit.passage.document_id].title
    return citation_of(hit, start, end, number=number, title=title, score=1.0)


def cite_nearest(work: CitedWork, said: SourcePassage, number: int, index: Index) -> Citation:
    """What a cited work itself says, as a citation."""
    url = index.documents[said.document_id].url
    return Citation(number=number, url=url, reference=work.number, **asdict(said))


def names_of(language: str, works: Sequence[CitedWork]) -> str:
    """Works by number, authors and title, for a note."""
    named = []
    for work in works:
        authors = ", ".join(work.entry.authors)
        title = f"{frame_of(language).quote_open}{work.entry.title}{frame_of(language).quote_close}"
        label = say(language, "reference", number=work.number)
        named.append(f"{label}{'' if language in {'ja', 'zh'} else ' '}{authors}{title}")
    return say(language, "separator").join(named)


def abstained(usual: Answer, text: str) -> Answer:
    """`usual` without an answer: `text` says why."""
    return replace(
        usual, abstained=True, confidence=0.0, method=_METHOD, text=text, sentences=(), citations=(), notes=()
    )


def finished(
    usual: Answer,
    citations: Sequence[Citation],
    sentences: Sequence[Sentence],
    notes: Sequence[str],
    index: Index,
    sources: Sources,
    *,
    confidence: float = 1.0,
    noted: bool = True,
) -> Answer:
    """The answer that gives the citations as they stand, or in the sentences made of them.

    What is looked up by its number or name is sure: a confidence of 1. `noted`: with notes on what was not read.
    """
    said = tuple(sentences) or tuple(Sentence(one.quote, (one.number,)) for one in citations)
    text = " ".join(f"{one.text} {''.join(f'[{number}]' for number in one.citations)}".strip() for one in said)
    titles = {one.document_id: one.document_title for one in citations}
    built = replace(
        usual,
        abstained=False,
        confidence=confidence,
        method=_METHOD,
        text=text,
        sentences=said,
        citations=tuple(citations),
        hits=_hits(usual, citations, index, sources),
        notes=tuple(notes),
        document_titles={**usual.document_titles, **titles},
    )
    return with_sources(built, index, sources, noted=noted)


def _hits(usual: Answer, citations: Sequence[Citation], index: Index, sources: Sources) -> tuple[Hit, ...]:
    """The passages that the answer cites, then those found in the ordinary way, as many as were asked for."""
    rows = dict.fromkeys(sources.row(one.document_id, one.passage_id) for one in citations)
    first = [Hit(index.passage(row), 1.0, 0, row) for row in rows if row is not None]
    rest = [hit for hit in usual.hits if hit.row not in rows]
    merged = [*first, *rest][: max(len(usual.hits), 1)]
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(merged, 1))
