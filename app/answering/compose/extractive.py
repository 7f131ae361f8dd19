"""Answers without a language model: the sentences that answer, verbatim, or that the documents do not hold it."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from app.answering.budget import UNLIMITED, Budget
from app.answering.compose.frames import abstention_text, frame_of
from app.answering.decide.confidence import judge
from app.answering.read.candidates import Asked, Candidate, asked, candidates
from app.answering.read.cell import cell_asked
from app.answering.read.enumeration import gather
from app.answering.read.order import fitting_first
from app.answering.read.span import mark
from app.answering.types import Answer, Citation, Sentence, citation_of
from app.answering.understand.question import asks_for_list
from retriever.index.open import Index
from retriever.reranker import Reranker
from retriever.types import Encoder

# Characters of quotes together, and sentences at most: an answer that is read at a glance.
_CHARACTERS, _SENTENCES = 300, 4
# A further sentence is given while it is at most this much (in log-odds) less likely to answer than the first.
_WITHIN = 3.5
_SEARCHED = 10
# How a sentence opens whose subject stands in the one before it.
_POINTS_BACK = re.compile(
    r"(?:これ|それ|この|その|同(?:じ|氏|社|政権|調査|年|国)|彼|彼女|This|That|These|Those|It|They|He|She)(?![A-Za-z])"
)
# How one opens that says what the one before it means, or why.
_GOES_ON = re.compile(
    r"(?:それは|これは|すなわち|つまり|というのは|なぜなら|具体的には"
    r"|That is|This is because|This means|Namely|In other words)"
)


def answer(
    question: str,
    index: Index,
    encoder: Encoder,
    *,
    k: int = 5,
    reranker: Reranker | None = None,
    budget: Budget = UNLIMITED,
) -> Answer:
    """The answer to `question` from the index, with its first `k` hits.

    When `budget` is spent, hits are not reranked and sentences not read for the words that answer.
    """
    started = time.perf_counter()
    query = index.query(question, encoder)
    encoded = time.perf_counter()
    found = index.search(query, max(k, _SEARCHED), None if budget.spent else reranker)
    searched = time.perf_counter()
    wanted = asked(query, index)
    hits = fitting_first(wanted, found)
    ranked = candidates(wanted, hits, index, budget=budget)
    confidence, abstained = judge(wanted, hits, ranked, index)
    titles = {hit.passage.document_id: index.documents[hit.passage.document_id].title for hit in hits}
    chosen = [] if abstained else choose(ranked, gather(ranked, index) if asks_for_list(question) else [])
    chosen = with_referents(chosen)
    citations = tuple(_citation(number, one, wanted, titles) for number, one in enumerate(chosen, 1))
    sentences = tuple(Sentence(one.text, (number,)) for number, one in enumerate(chosen, 1))
    done = time.perf_counter()
    return Answer(
        question=question,
        language=query.language,
        abstained=abstained,
        confidence=confidence,
        method="extractive",
        text=abstention_text(query.language, hits, titles) if abstained else _text(sentences),
        sentences=sentences,
        citations=citations,
        hits=tuple(hits[:k]),
        notes=_notes(query.language, citations, index),
        document_titles=titles,
        timings_ms={
            "encode": (encoded - started) * 1000,
            "search": (searched - encoded) * 1000,
            "answer": (done - searched) * 1000,
            "total": (done - started) * 1000,
        },
    )


def choose(ranked: Sequence[Candidate], items: Sequence[Candidate] = ()) -> list[Candidate]:
    """The best sentence and the next ones that are nearly as fitting, while they stay short together.

    `items` of an enumeration that was asked for come whole, before the others; a sentence that goes on from the best
    (それは…, That is …) comes right behind it. The lines before the text are no further answer.
    """
    chosen = list(items) or [ranked[0], *_going_on(ranked)]
    texts = {"".join(one.text.split()) for one in chosen}
    length = sum(len(one.text) for one in chosen)
    for one in ranked:
        if len(chosen) >= _SENTENCES or one.score < ranked[0].score - _WITHIN:
            break
        squeezed = "".join(one.text.split())
        if one.hit.passage.kind == "bibliographic" and one is not ranked[0]:
            continue
        if length + len(one.text) <= _CHARACTERS and squeezed not in texts:
            chosen.append(one)
            texts.add(squeezed)
            length += len(one.text)
    return chosen


def _going_on(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The sentence behind the best one if it says what that means, or why, and both are short; else nothing."""
    best = ranked[0]
    behind = [one for one in ranked if one.hit.passage.id == best.hit.passage.id and one.start >= best.end]
    following = min(behind, key=lambda one: one.start, default=None)
    if following is None or not _GOES_ON.match(following.text):
        return []
    return [following] if len(best.text) + len(following.text) <= _CHARACTERS else []


def with_referents(chosen: Sequence[Candidate]) -> list[Candidate]:
    """The sentences, those that open by pointing back (これは…, This …) with the one before them, where it is short."""
    length = sum(len(one.text) for one in chosen)
    found: list[Candidate] = []
    for one in chosen:
        start = _referent(one, [other for other in chosen if other is not one])
        added = one.start - start
        if added and length + added <= _CHARACTERS:
            length += added
            found.append(replace(one, start=start))
        else:
            found.append(one)
    return found


def _referent(one: Candidate, others: Sequence[Candidate]) -> int:
    """Where the sentence before begins if `one` points back to it and it is not given already; else its own start."""
    earlier = [start for start, end in one.hit.passage.quotable if end <= one.start]
    if not earlier or not _POINTS_BACK.match(one.text):
        return one.start
    given = any(
        other.hit.passage.id == one.hit.passage.id and other.start <= earlier[-1] < other.end for other in others
    )
    return one.start if given else earlier[-1]


def _citation(number: int, one: Candidate, question: Asked, titles: dict[str, str]) -> Citation:
    passage = one.hit.passage
    title = titles[passage.document_id]
    citation = citation_of(one.hit, one.start, one.end, number=number, title=title, score=one.hit.score)
    marked = _mark(question, one)
    if marked is None:
        return citation
    return replace(citation, span=passage.text[slice(*marked)], span_start=marked[0], span_end=marked[1])


def _mark(question: Asked, one: Candidate) -> tuple[int, int] | None:
    """The (start, end) in the passage's text of the words that answer; None where none stand out."""
    passage = one.hit.passage
    if passage.kind == "table_row":
        marked = cell_asked(question, passage, one.text)
    elif one.read is not None:
        return one.span
    else:
        marked = mark(question.query.text, one.text, passage.language)
    return (one.start + marked[0], one.start + marked[1]) if marked else None


def _text(sentences: Sequence[Sentence]) -> str:
    return " ".join(f"{one.text} [{number}]" for one in sentences for number in one.citations)


def _notes(language: str, citations: Sequence[Citation], index: Index) -> tuple[str, ...]:
    cites_digest = any(index.documents[one.document_id].digest_of for one in citations)
    return (frame_of(language).digest,) if cites_digest else ()
