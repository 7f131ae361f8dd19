"""Label the source of each quote, and follow what the quotes cite, down to the nearest passage of each cited work."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from app.answering.compose.extractive import citation_of
from app.answering.compose.messages import say, state_word
from app.answering.sources.works import Sources
from app.answering.types import Answer, Citation, CitedSource
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import State
from retriever.index.open import Index
from retriever.text import fold
from retriever.types import Passage, Vectors

_READ = 20  # sentences of a cited work, nearest by their vectors, whose words are read
_FIGURE, _MOST_FIGURES = 0.02, 2  # what a figure that both sentences give adds to their cosine, and how often at most
_FIGURES = re.compile(r"\d+(?:\.\d+)?(?:%|(?<=\d\d))")  # one digit alone tells nothing
_UNQUOTED = frozenset({"entry", "bibliographic", "caption"})


def with_sources(answer: Answer, sources: Sources, *, named: Sequence[CitedWork] = (), noted: bool = True) -> Answer:
    """The answer with the origin of each quote, what the quotes cite, and notes on works that were not fully read.

    `named` are works that the question names. `noted`: notes say which of the works that are named, cited or quoted
    were not read, and of which only an abstract was.
    """
    cites = [cited_by(citation, sources) for citation in answer.citations]
    works = [_works_of(citation, sources) for citation in answer.citations]
    entries = [quoted[0] for quoted in works if len(quoted) == 1]
    known = [*named, *(source.work for cited in cites for source in cited), *entries]
    chosen = [
        _likeliest(quoted, citation.reference, known) for citation, quoted in zip(answer.citations, works, strict=True)
    ]
    citations = tuple(
        _labelled(replace(citation, cites=cited), work, sources)
        for citation, cited, work in zip(answer.citations, cites, chosen, strict=True)
    )
    origins = {citation.number: citation.origin for citation in citations}
    sentences = tuple(
        replace(sentence, origin=origins.get(sentence.citations[0], sentence.origin))
        if sentence.citations
        else sentence
        for sentence in answer.sentences
    )
    told = [*known, *(work for work in chosen if work)] if noted else []
    return replace(
        answer,
        citations=citations,
        sentences=sentences,
        notes=(*answer.notes, *reading_notes(answer.language, told)),
    )


def reading_notes(language: str, works: Sequence[CitedWork]) -> Iterator[str]:
    """Notes: which works were not read, and why, and of which only the abstract was read."""
    unread: dict[State, set[int]] = {}
    for work in sorted(works, key=lambda work: work.number):
        if work.document_id is None:
            unread.setdefault(work.state, set()).add(work.number)
    if unread:
        named = [
            say(language, "unread_one", number=_numbers(language, numbers), state=state_word(language, state))
            for state, numbers in unread.items()
        ]
        yield say(language, "unread", works=say(language, "separator").join(named))
    abstracts = {work.number for work in works if work.document_id and work.state == "abstract-only"}
    if abstracts:
        yield say(language, "abstract", number=_numbers(language, abstracts))


def cited_by(citation: Citation, sources: Sources) -> tuple[CitedSource, ...]:
    """The works that the quote of a citation cites, each once, in its order."""
    row = sources.row(citation.document_id, citation.passage_id)
    return tuple(_cites(citation, row, sources)) if row is not None else ()


def _numbers(language: str, numbers: set[int]) -> str:
    return say(language, "separator").join(map(str, sorted(numbers)))


def _works_of(citation: Citation, sources: Sources) -> tuple[CitedWork, ...]:
    row = sources.row(citation.document_id, citation.passage_id)
    return sources.works_of(sources.index.passage(row)) if row is not None else ()


def _likeliest(works: Sequence[CitedWork], number: int | None, known: Sequence[CitedWork]) -> CitedWork | None:
    """Of works that share a text, the one of this number, else one that the answer names besides, else the first."""
    names = {(work.listed_in, work.number) for work in known}
    return min(
        works, key=lambda work: (work.number != number, (work.listed_in, work.number) not in names), default=None
    )


def _labelled(citation: Citation, work: CitedWork | None, sources: Sources) -> Citation:
    row = sources.row(citation.document_id, citation.passage_id)
    if row is None:
        return citation
    return replace(citation, origin=sources.origin(sources.index.passage(row)), reference=work.number if work else None)


def _cites(citation: Citation, row: int, sources: Sources) -> Iterator[CitedSource]:
    """The works that the passage of a row cites within the citation's quote."""
    index, seen = sources.index, set[int]()
    passage = index.passage(row)
    for place in passage.cites:
        if not citation.quote_start <= place.start < citation.quote_end:
            continue
        sentence = next((i for i, (start, end) in enumerate(passage.quotable) if start <= place.start < end), None)
        for number in place.numbers:
            work = sources.works(passage.document_id).get(number)
            if work is None or number in seen:
                continue
            seen.add(number)
            nearest = None
            if work.document_id and sentence is not None:
                words = passage.text[slice(*passage.quotable[sentence])]
                nearest = nearest_passage(work.document_id, index.sentences.of(row)[sentence], words, index)
            yield CitedSource(work, nearest, place.certain)


def nearest_passage(document_id: str, vector: Vectors, words: str, index: Index) -> Citation | None:
    """The sentence of a document nearest to a sentence with this vector and these words; None where it has none.

    By cosine, plus a bonus for figures that both sentences give: these are the same in every language.
    """
    record = index.documents[document_id]
    vectors, offsets = index.sentences.vectors, index.sentences.offsets
    first, last = int(offsets[record.first]), int(offsets[record.first + record.count])
    cosines = vectors[first:last].astype(np.float32) @ vector
    wanted = _figures(words)
    best: tuple[float, float, Passage, int, int] | None = None
    for place in np.argsort(-cosines, kind="stable")[:_READ]:
        row = int(np.searchsorted(offsets, first + place, side="right")) - 1
        passage = index.passage(row)
        if passage.kind in _UNQUOTED:
            continue
        start, end = passage.quotable[first + int(place) - int(offsets[row])]
        shared = min(len(wanted & _figures(passage.text[start:end])), _MOST_FIGURES)
        score = float(cosines[place]) + _FIGURE * shared
        if best is None or score > best[0]:
            best = score, float(cosines[place]), passage, start, end
    if best is None:
        return None
    _, cosine, passage, start, end = best
    return citation_of(passage, start, end, number=0, title=record.title, score=round(cosine, 4))


def _figures(text: str) -> set[str]:
    return set(_FIGURES.findall(fold(text)))
