"""How an answer is made, on one screen: question → what is asked → hits → sentences → decision → answer and trace.

A question with a history is made whole first; where its form leaves two readings, the more confident answer is given.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from app.answering.compose.extractive import quoted_answer
from app.answering.decide.confidence import Decision, decide
from app.answering.decide.further import in_detail, unquoted
from app.answering.overview.answer import overview_answer
from app.answering.overview.smalltalk import smalltalk_answer
from app.answering.read.sentences import Reading, answering_first, rank_sentences
from app.answering.sources.bibliography import MOST_WORKS, bibliography_answer, text_answer, texts_of
from app.answering.sources.claim_sources import body_hits, claim_answer
from app.answering.sources.following import with_sources
from app.answering.sources.works import Sources
from app.answering.trace import Trace
from app.answering.types import Answer, Turn
from app.answering.understand.conversation import Understood, readings
from app.answering.understand.question import Question, ordinary_question, question_terms, understand, with_intent
from retriever.reranker import Reranker
from retriever.types import UNLIMITED, Budget, Encoder, Hit, Query

_SEARCHED, _SEARCHED_FOR_CLAIM = 10, 20  # hits
_MARGIN = 0.1  # of confidence, by which a less likely reading of a follow-up must be better


def answer(
    text: str,
    sources: Sources,
    encoder: Encoder,
    reranker: Reranker | None = None,
    *,
    k: int = 5,
    budget: Budget = UNLIMITED,
    history: Sequence[Turn] = (),
) -> tuple[Answer, Trace]:
    """The answer to a question from the index of `sources`, with its first `k` hits, and the trace of its making.

    `history` are the turns before the question, oldest first. When `budget` is spent, optional steps are skipped.
    """
    started = time.perf_counter()

    def answer_to(whole: str) -> Answer | None:
        plain = Understood(whole)
        return None if budget.spent else _answer_reading(plain, sources, encoder, reranker, k, started, budget)[0]

    first, *others = readings(text, history, encoder, answer_to) if history else [Understood(text)]
    given, trace = _answer_reading(first, sources, encoder, reranker, k, started, budget)
    for reading in others:
        if budget.spent:
            break
        other, traced = _answer_reading(reading, sources, encoder, reranker, k, started, budget)
        if _certainty(other) > _certainty(given) + _MARGIN:
            given, trace = other, traced
    return replace(given, question=text, standalone=given.question), trace


def _certainty(given: Answer) -> float:
    return 0.0 if given.abstained else given.confidence


def _answer_reading(
    reading: Understood,
    sources: Sources,
    encoder: Encoder,
    reranker: Reranker | None,
    k: int,
    started: float,
    budget: Budget,
) -> tuple[Answer, Trace]:
    """The answer to one reading of a question."""
    question = understand(reading.text, sources)
    given, trace = _answer(question, sources, encoder, reranker, k, started, budget, reading)
    question = trace.reading.terms.question
    if question.also_of_paper and (given.abstained or not given.confidence) and not budget.spent:
        # The only second pass: the bibliography, or a work named by author and year, does not answer; the paper may.
        ordinary = ordinary_question(reading.text, question.lookup.works)
        second, traced = _answer(ordinary, sources, encoder, reranker, k, started, budget, is_decided=True)
        if not second.abstained or question.asks == "claim":
            return second, traced
    return given, trace


def _answer(
    question: Question,
    sources: Sources,
    encoder: Encoder,
    reranker: Reranker | None,
    k: int,
    started: float,
    budget: Budget,
    understood: Understood | None = None,
    *,
    is_decided: bool = False,
) -> tuple[Answer, Trace]:
    """One pass: encode, search, read, decide, compose, each once; for more, composed again from what is left.

    `is_decided`: what kind of question it is has been decided.
    """
    begun = time.perf_counter()
    query = sources.index.query(question.searched, encoder)
    encoded = time.perf_counter()
    if not is_decided:
        question = with_intent(question, query, sources)
        query = sources.index.part_of(query, question.searched)
    hits = _search(question, query, sources, None if budget.spent else reranker, k)
    searched = time.perf_counter()
    reading, decision = _read(question, query, hits, sources, budget)
    given = _compose(reading, decision, sources, k, budget)
    for turn in range(understood.more if understood else 0):
        if understood and understood.in_detail and not turn:
            reading = in_detail(reading, given)
        else:
            reading, decision = unquoted(reading, given, sources.index)
        given = _compose(reading, decision, sources, k, budget)
    total = time.perf_counter() - started
    seconds = {
        "encode": encoded - begun,
        "search": searched - encoded,
        "answer": total - searched + begun,
        "total": total,
    }
    given = replace(given, intent=question.intent, timings_ms={step: 1000 * spent for step, spent in seconds.items()})
    return given, Trace(reading, decision, given.confidence, given.abstained, given.timings_ms)


def _search(question: Question, query: Query, sources: Sources, reranker: Reranker | None, k: int) -> list[Hit]:
    """The passages found; what cited works say is looked for in their own texts, where there are any.

    Small talk needs none, and an overview finds its own.
    """
    if question.overview or question.smalltalk:
        return []
    if question.asks == "claim":
        return sources.index.search(query, max(k, _SEARCHED_FOR_CLAIM))
    texts = texts_of(question.lookup.works[:MOST_WORKS]) if question.asks == "text" else []
    index = sources.index.within(texts) if texts else sources.index
    return index.search(query, max(k, _SEARCHED), reranker if question.is_quoted else None)


def _read(
    question: Question, query: Query, hits: Sequence[Hit], sources: Sources, budget: Budget
) -> tuple[Reading, Decision]:
    """Rank the sentences of the hits and decide whether the best one answers; look-ups need no reading."""
    terms = question_terms(question, query, sources.index)
    if question.asks == "claim":
        read = body_hits(hits, sources)
    else:
        read = hits = answering_first(terms, hits)
    if not (question.is_quoted or question.asks == "claim"):
        return Reading(terms, tuple(hits)), Decision()
    ranked = rank_sentences(terms, read, sources.index, budget=budget)
    return Reading(terms, tuple(hits), tuple(ranked)), decide(terms, read, ranked, sources.index)


def _compose(reading: Reading, decision: Decision, sources: Sources, k: int, budget: Budget) -> Answer:
    """The answer in the form that the question asks for."""
    question = reading.terms.question
    if question.smalltalk:
        return smalltalk_answer(question, question.smalltalk, sources)
    if question.overview:
        return overview_answer(question, reading.terms.query, sources, k=k)
    if question.asks == "claim":
        return claim_answer(reading, decision, sources, k=k)
    if not question.is_quoted:
        return bibliography_answer(reading, sources, k=k)
    quoted = quoted_answer(reading, decision, sources.index, k=k)
    if question.asks == "text":
        return text_answer(quoted, reading, sources, k=k)
    return quoted if budget.spent else with_sources(quoted, sources, named=question.lookup.works)
