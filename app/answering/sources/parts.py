"""Shared by answers about sources: entries and passages as citations, and building the answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from app.answering.compose.absence import refusal
from app.answering.compose.extractive import citation_of, text_of, titles_of, with_sources
from app.answering.compose.messages import quoted, say, spaced
from app.answering.read.sentences import Reading
from app.answering.types import Answer, Citation, Sentence
from app.answering.works import RECORDS, Sources
from ingest.references.cited_work import CitedWork
from retriever.index.search import Index
from retriever.types import Hit

T = TypeVar("T")
_METHOD = "bibliography"
MOST_LISTED = 40  # entries in one answer


def cite_entry(work: CitedWork, number: int, index: Index) -> Citation:
    """Citation of a work's entry, without the note of a handmade record."""
    assert work.hit is not None  # noqa: S101 - callers have looked; mypy cannot know
    text = work.hit.passage.text
    has_more = "\n" in text and work.entry.description and index.documents[work.hit.passage.document_id].kind == RECORDS
    return cite(work.hit, 0, text.index("\n") if has_more else len(text), number, index)


def cite(hit: Hit, start: int, end: int, number: int, index: Index) -> Citation:
    """The span of a passage as citation `number`."""
    title = index.documents[hit.passage.document_id].title
    return citation_of(hit.passage, start, end, number=number, title=title, score=1.0)


def cite_nearest(work: CitedWork, nearest: Citation, number: int, index: Index) -> Citation:
    """What a cited work itself says, as a citation."""
    url = index.documents[nearest.document_id].url
    return replace(nearest, number=number, url=url, reference=work.number)


def names_of(language: str, works: Sequence[CitedWork]) -> str:
    """Works by number, authors and title, for a note."""
    named = []
    for work in works:
        authors = ", ".join(work.entry.authors)
        label = say(language, "reference", number=work.number)
        named.append(f"{label}{spaced(language)}{authors}{quoted(language, work.entry.title)}")
    return say(language, "separator").join(named)


def first_of(items: Sequence[T], most: int, language: str, message: str = "first_of") -> tuple[Sequence[T], list[str]]:
    """The first `most` of the items that an answer could give, with a note of their number if there are more."""
    shown = items[:most]
    return shown, [say(language, message, shown=most, count=len(items))] if len(items) > most else []


def abstention(reading: Reading, text: str, notes: Sequence[str], sources: Sources, *, k: int) -> Answer:
    """No answer: `text` says why."""
    return refusal(reading.terms.question, text, reading.hits[:k], sources.index, method=_METHOD, notes=notes)


def cited_answer(
    reading: Reading,
    citations: Sequence[Citation],
    sentences: Sequence[Sentence],
    notes: Sequence[str],
    sources: Sources,
    *,
    k: int,
    confidence: float = 1.0,
    noted: bool = True,
) -> Answer:
    """The answer that quotes the citations, or says the sentences made of them.

    What is looked up by number or name is certain: confidence 1. `noted`: with notes on works that were not read.
    """
    question = reading.terms.question
    hits = _hits(reading.hits[:k], citations, sources)
    quoting = tuple(sentences) or tuple(Sentence(citation.quote, (citation.number,)) for citation in citations)
    answer = Answer(
        question=question.text,
        language=question.language,
        abstained=False,
        confidence=confidence,
        method=_METHOD,
        text=text_of(quoting),
        sentences=quoting,
        citations=tuple(citations),
        hits=hits,
        notes=tuple(notes),
        document_titles=titles_of(hits, sources.index),
    )
    return with_sources(answer, sources, noted=noted)


def chosen_works(reading: Reading, chosen: Sequence[CitedWork], message: str, sources: Sources, *, k: int) -> Answer:
    """Some of the works, with their number and the total in `message`."""
    question = reading.terms.question
    total = sum(len(sources.works(name)) for name in question.lookup.listings)
    message = message if chosen or message != "were_chosen" else "none_chosen"
    shown, notes = first_of([work for work in chosen if work.hit], MOST_LISTED, question.language)
    citations = [cite_entry(work, number, sources.index) for number, work in enumerate(shown, 1)]
    count = say(question.language, message, shown=len(chosen), count=total)
    entries = [Sentence(citation.quote, (citation.number,)) for citation in citations]
    return cited_answer(reading, citations, [Sentence(count, ()), *entries], notes, sources, k=k)


def _hits(retrieved: Sequence[Hit], citations: Sequence[Citation], sources: Sources) -> tuple[Hit, ...]:
    """The passages that the answer cites, then those found for the question; as many as were found, at least one."""
    rows = dict.fromkeys(sources.row(citation.document_id, citation.passage_id) for citation in citations)
    first = [Hit(sources.index.passage(row), 1.0, 0, row) for row in rows if row is not None]
    rest = [hit for hit in retrieved if hit.row not in rows]
    merged = [*first, *rest][: max(len(retrieved), 1)]
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(merged, 1))
