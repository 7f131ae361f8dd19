"""Whose words an answer quotes, and the works that the quoted sentences cite, down to the nearest passage in each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.answering.compose.source_words import say, state_word
from app.answering.sources.nearest import nearest_passage
from app.answering.sources.works import Sources
from app.answering.types import Answer, Citation, CitedSource
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import State
from retriever.index.open import Index
from retriever.types import Passage


def with_sources(
    answer: Answer, index: Index, sources: Sources, *, asked: Sequence[CitedWork] = (), noted: bool = True
) -> Answer:
    """The answer with the origin of each quote, what the quotes cite, and notes on the works of which these tell.

    `asked` are works that the question names. `noted`: notes say which of the works that are asked for, cited or quoted
    were not read, and of which only an abstract was.
    """
    cites = [cited_by(one, index, sources) for one in answer.citations]
    works = [_works_of(one, index, sources) for one in answer.citations]
    entries = [found[0] for found in works if len(found) == 1]
    named = [*asked, *(cited.work for found in cites for cited in found), *entries]
    chosen = [_likeliest(found, one.reference, named) for one, found in zip(answer.citations, works, strict=True)]
    citations = tuple(
        _labelled(replace(one, cites=found), work, index, sources)
        for one, found, work in zip(answer.citations, cites, chosen, strict=True)
    )
    origins = {one.number: one.origin for one in citations}
    sentences = tuple(
        replace(one, origin=origins.get(one.citations[0], one.origin)) if one.citations else one
        for one in answer.sentences
    )
    told = [*named, *(work for work in chosen if work)] if noted else []
    return replace(
        answer,
        citations=citations,
        sentences=sentences,
        notes=(*answer.notes, *reading_notes(answer.language, told)),
    )


def reading_notes(language: str, works: Sequence[CitedWork]) -> Iterator[str]:
    """That the text of some of the works was not read, with why, and that of some only an abstract was."""
    unread: dict[State, set[int]] = {}
    for work in sorted(works, key=lambda work: work.number):
        if work.document_id is None:
            unread.setdefault(work.state, set()).add(work.number)
    comma = say(language, "separator")
    if unread:
        named = [
            say(language, "unread_one", number=_numbers(language, found), state=state_word(language, state))
            for state, found in unread.items()
        ]
        yield say(language, "unread", works=comma.join(named))
    abstracts = {work.number for work in works if work.document_id and work.state == "abstract-only"}
    if abstracts:
        yield say(language, "abstract", number=_numbers(language, abstracts))


def cited_by(citation: Citation, index: Index, sources: Sources) -> tuple[CitedSource, ...]:
    """The works that the quote of a citation cites, each once, in its order."""
    row = sources.row(citation.document_id, citation.passage_id)
    return tuple(_cites(citation, row, index.passage(row), index, sources)) if row is not None else ()


def _numbers(language: str, numbers: set[int]) -> str:
    return say(language, "separator").join(map(str, sorted(numbers)))


def _works_of(citation: Citation, index: Index, sources: Sources) -> tuple[CitedWork, ...]:
    row = sources.row(citation.document_id, citation.passage_id)
    return sources.works_of(index.passage(row)) if row is not None else ()


def _likeliest(works: Sequence[CitedWork], number: int | None, named: Sequence[CitedWork]) -> CitedWork | None:
    """Of works that share a text, the one of this number, else one that the answer names besides, else the first."""
    known = {(one.listed_in, one.number) for one in named}
    return min(
        works, key=lambda work: (work.number != number, (work.listed_in, work.number) not in known), default=None
    )


def _labelled(citation: Citation, work: CitedWork | None, index: Index, sources: Sources) -> Citation:
    row = sources.row(citation.document_id, citation.passage_id)
    if row is None:
        return citation
    return replace(citation, origin=sources.origin(index.passage(row)), reference=work.number if work else None)


def _cites(citation: Citation, row: int, passage: Passage, index: Index, sources: Sources) -> Iterator[CitedSource]:
    seen: set[int] = set()
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
