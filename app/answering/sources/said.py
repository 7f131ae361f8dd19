"""Answers to what a cited work says: from its own text where it was read, else from where the paper cites it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.answering.compose.frames import frame_of
from app.answering.compose.source_words import say
from app.answering.sources.following import reading_notes, with_sources
from app.answering.sources.parts import abstained, cite_entry, finished
from app.answering.sources.works import Sources
from app.answering.types import Answer
from ingest.references.cited_work import CitedWork
from retriever.index.open import Index

AnswerOf = Callable[[str, Index], Answer]


def said_by(
    usual: Answer,
    words: str,
    works: Sequence[CitedWork],
    answer_of: AnswerOf,
    index: Index,
    sources: Sources,
    *,
    notes: Sequence[str] = (),
) -> Answer:
    """The answer to `words`, what is asked of the texts of `works`; `usual` has the whole question."""
    read = list(dict.fromkeys(work.document_id for work in works if work.document_id))
    if not read:
        return _unread(usual, words, works, answer_of, index, sources, notes)
    found = answer_of(words, index.within(read))
    own = replace(found, question=usual.question, language=usual.language, notes=tuple(notes))
    if found.abstained:
        numbers = say(usual.language, "separator").join(map(str, sorted({work.number for work in works})))
        absent = abstained(own, say(usual.language, "not_in_text", number=numbers))
        return replace(absent, notes=(*notes, *reading_notes(usual.language, works)))
    return with_sources(own, index, sources, asked=works)


def _unread(
    usual: Answer,
    words: str,
    works: Sequence[CitedWork],
    answer_of: AnswerOf,
    index: Index,
    sources: Sources,
    notes: Sequence[str],
) -> Answer:
    """What the paper says where it cites the works, if that answers, and their entries."""
    wanted = {(work.listed_in, work.number) for work in works}
    told = with_sources(answer_of(words, index), index, sources)
    citing = [
        one for one in told.citations if wanted & {(cited.work.listed_in, cited.work.number) for cited in one.cites}
    ]
    citations = [replace(one, number=number) for number, one in enumerate(citing, 1)]
    for work in works:
        if work.hit:
            citations.append(cite_entry(work, len(citations) + 1, index))
    notes = [*notes, say(usual.language, "said_citing" if citing else "said_unread")]
    if any(index.documents[one.document_id].digest_of for one in citing):
        notes.append(frame_of(usual.language).digest)
    confidence = told.confidence if citing else 0.0
    return finished(usual, citations, [], notes, index, sources, confidence=confidence)
