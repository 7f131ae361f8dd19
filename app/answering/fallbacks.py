"""Fallbacks: another question is answered in place of one that has no answer or an unsure one.

Each function takes the first attempt and a callable that answers another question, and returns the better attempt.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from app.answering.decide.confidence import certainty
from app.answering.read.further import tells_of
from app.answering.trace import Trace
from app.answering.types import Answer
from app.answering.understand.history.follow_up import Interpretation
from app.answering.understand.question import Question, off_topic, ordinary_question
from app.answering.works import Sources
from retriever.types import Budget, Encoder, Query

Attempt = tuple[Answer, Trace]
AnswerInterpretation = Callable[[Interpretation], Attempt]
AnswerUnderstood = Callable[[Question, Query, float], Attempt]  # float: its start, by `perf_counter`

_LEAST_BESIDE_TOPIC = 0.3  # least confidence of an answer in place of an overview on a topic


def of_other_interpretations(
    chosen: Interpretation,
    others: Iterable[Interpretation],
    first: Attempt,
    attempt: AnswerInterpretation,
    budget: Budget,
) -> tuple[Interpretation, Answer, Trace]:
    """The answer to the first of `others` whose quotes hold its own words; if none does, `first`, that to `chosen`."""
    for interpretation in others:
        if budget.spent:
            break
        answer, trace = attempt(interpretation)
        quotes = [citation.quote for citation in answer.citations]
        if not answer.abstained and tells_of(quotes, interpretation.own):
            return interpretation, answer, trace
    return chosen, *first


def or_respelt(
    chosen: Interpretation, mended: Interpretation, first: Attempt, attempt: AnswerInterpretation
) -> tuple[Interpretation, Answer, Trace]:
    """The answer to `mended`, which is `chosen` with its spelling corrected, if it is at least as sure; else `first`.

    An answer of another intent is taken only if `first` abstains.
    """
    answer, trace = first
    other, traced = attempt(mended)
    asks_the_same = answer.abstained or other.intent == answer.intent
    is_as_sure = certainty(other) >= certainty(answer)
    return (mended, other, traced) if asks_the_same and is_as_sure else (chosen, answer, trace)


def or_of_paper(
    question: Question, query: Query, first: Attempt, attempt: AnswerUnderstood, sources: Sources, encoder: Encoder
) -> Attempt:
    """The paper's own answer, if the bibliography, a named work or the sentences on a topic gave none; else `first`.

    For a claim, the paper's attempt is returned even if it abstains.
    """
    begun = time.perf_counter()
    if question.overview:
        other, query = off_topic(question, query, sources, encoder)
    else:
        other = ordinary_question(question.text, question.lookup.works, question.language)
        query = sources.index.query(other.searched, encoder)
    answer, trace = attempt(other, query, begun)
    if question.overview:
        answer = replace(answer, abstained=answer.abstained or answer.confidence < _LEAST_BESIDE_TOPIC)
    is_kept = not answer.abstained or question.asks == "claim"
    return (answer, trace) if is_kept else first


def or_on_topic(topic: Question, query: Query, first: Attempt, attempt: AnswerUnderstood) -> Attempt:
    """What the document says on `topic`, the whole question, if no sentence answered it; `first` if both abstain."""
    second = attempt(topic, query, time.perf_counter())
    return first if second[0].abstained and first[0].abstained else second
