"""How an answer is made: question → what is asked → hits → sentences → decision → answer and trace.

    answer                        the questions of a message, in order
      _answer_question            a follow-up is completed from the history; its best interpretation is answered
        _answer_interpretation    what is asked is decided; then the steps, each once:
          _answer_understood      _search → _read → _decide → _compose

If this gives no answer or an unsure one, fallbacks.py answers another question in its place: another interpretation,
a corrected spelling, the same words asked of the paper, or their topic.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.answering.compose.absence import with_near
from app.answering.compose.extractive import quoted_answer, with_sources
from app.answering.compose.several import in_turn
from app.answering.decide.confidence import Decision, certainty, decide, group_of, with_reader
from app.answering.fallbacks import (
    Attempt,
    of_other_interpretations,
    or_of_paper,
    or_on_topic,
    or_respelt,
)
from app.answering.overview.answer import overview_answer, smalltalk_answer
from app.answering.read.further import going_on, left_over, near_answer, reasons, tells_of, tells_reason
from app.answering.read.sentences import (
    Evidence,
    Reading,
    answering_first,
    far_behind,
    in_order,
    is_foreign,
    rank_sentences,
    with_evidence,
)
from app.answering.sources.bibliography import bibliography_answer, text_answer
from app.answering.sources.claim_sources import body_hits, claim_answer
from app.answering.trace import Trace
from app.answering.types import Answer, Turn
from app.answering.understand.answer_forms import asked_for
from app.answering.understand.history.conversation import interpretations
from app.answering.understand.history.follow_up import Answerer, Interpretation
from app.answering.understand.message.questions import LONG, questions_in, turns_in
from app.answering.understand.message.spelling import respelt
from app.answering.understand.question import Question, on_bare_topic, question_terms, understand
from app.answering.works import MOST_WORKS, Sources, texts_of
from retriever.embedded.reader import Reader, read_hits
from retriever.reranker import Reranker
from retriever.text import language_of
from retriever.types import UNLIMITED, Budget, Encoder, Hit, Query, Recent, step

_SEARCHED, _SEARCHED_FOR_CLAIM = 10, 20  # hits
# A message without a mark that could end a sentence, except at its own end.
_ONE_SENTENCE = re.compile(r"[^。．.！!？?:：;；\n]+[。．.！!？?]?")
_REMEMBERED = 256  # answers
_SURELY_SPELT = 0.9  # confidence from which the spelling of the question is not corrected


RecentAnswers = Recent[str, Answer]  # of one snapshot, by whole question: follow-ups often need them again


def recent_answers() -> RecentAnswers:
    """An empty cache for the last answers from one snapshot."""
    return Recent(_REMEMBERED)


@dataclass(frozen=True, slots=True)
class _Means:
    """Models, limits and caches with which the questions of one message are answered.

    The last fields keep what was done for the message; the first four of them are caches, so that no step runs twice:

    - `understood`: by text and language
    - `searched`: by the query, the texts that are searched, whether hits are reranked, and whether a claim is looked up
    - `scored`: by `id()` of the question; its sentences, scored by their own features, without the reader
    - `answered`: what was asked, with its answer and trace
    - `attempts`: the trace of each pass through the steps, in order
    """

    sources: Sources
    encoder: Encoder
    reranker: Reranker | None
    reader: Reader | None
    k: int
    budget: Budget
    recent: RecentAnswers
    understood: dict[tuple[str, str], tuple[Question, Query]] = field(default_factory=dict)
    searched: dict[tuple[str, bytes, tuple[str, ...], bool, bool], list[Hit]] = field(default_factory=dict)
    scored: dict[int, Reading] = field(default_factory=dict)
    answered: list[tuple[tuple[str, str, int, bool, Answer | None], Answer, Trace]] = field(default_factory=list)
    attempts: list[Trace] = field(default_factory=list)


def answer(
    text: str,
    sources: Sources,
    encoder: Encoder,
    reranker: Reranker | None = None,
    reader: Reader | None = None,
    *,
    k: int = 5,
    budget: Budget = UNLIMITED,
    history: Sequence[Turn] = (),
    recent: RecentAnswers | None = None,
) -> tuple[Answer, Trace]:
    """Answer a message from the index of `sources`; returns the answer, with its first `k` hits, and the trace.

    The questions in the message are answered one after the other. `history` are the turns before it, oldest first.
    When `budget` is spent, optional steps are skipped. `recent` keeps the last answers from the same index.
    """
    started = time.perf_counter()
    means = _Means(sources, encoder, reranker, reader, k, budget, recent or recent_answers())
    turns = [earlier for turn in history for earlier in turns_in(turn, sources.index)]
    answered: list[tuple[Answer, Trace]] = []
    is_one = len(text) < LONG[language_of(text)] and _ONE_SENTENCE.fullmatch(text)
    for question in [text] if is_one else questions_in(text, sources.index):
        part, trace = _answer_question(question, turns, means)
        answered.append((replace(part, question=question), trace))
        turns.append(Turn(question, "" if part.abstained else part.text))
    whole = answered[0][0] if len(answered) == 1 else in_turn(text, [each for each, _ in answered], k)
    timings = {**whole.timings_ms, "total": 1000 * (time.perf_counter() - started)}
    first, *others = (trace for _, trace in answered)
    first = replace(first, timings_ms=timings)
    return replace(whole, question=text, timings_ms=timings), replace(first, others=tuple(others))


def _answer_question(text: str, turns: Sequence[Turn], means: _Means) -> tuple[Answer, Trace]:
    """Answer one question of a conversation: its best interpretation or, if that is unsure, what fallbacks.py finds."""

    def attempt(interpretation: Interpretation) -> Attempt:
        return _answer_interpretation(interpretation, means)

    def answer_to(whole: str) -> Answer | None:
        return None if means.budget.spent else means.recent.get(whole) or attempt(Interpretation(whole))[0]

    before = len(means.attempts)
    answerer = Answerer(answer_to, means.sources.text_after, lambda interpretation: _promise(interpretation, means))
    chosen, *others = interpretations(text, turns, means.encoder, answerer) if turns else [Interpretation(text)]
    answer, trace = attempt(chosen)
    if others and answer.abstained:
        chosen, answer, trace = of_other_interpretations(chosen, others, (answer, trace), attempt, means.budget)
    if certainty(answer) < _SURELY_SPELT and not means.budget.spent:
        mended = replace(chosen, text=respelt(chosen.text, trace.reading.hits, means.sources.index))
        if mended.text != chosen.text:
            chosen, answer, trace = or_respelt(chosen, mended, (answer, trace), attempt)
    attempts = means.attempts[before:]
    spent = {step: sum(each.timings_ms[step] for each in attempts) for step in trace.timings_ms}
    trace = replace(trace, timings_ms=spent, tried=tuple(each for each in attempts if each is not trace))
    return replace(answer, standalone=chosen.standalone if turns else chosen.text, timings_ms=spent), trace


def _understand(interpretation: Interpretation, means: _Means) -> tuple[Question, Query]:
    """What an interpretation asks, and the query that searches for it."""
    known = (interpretation.text, interpretation.language)
    with step("understand"):
        if known not in means.understood:
            means.understood[known] = understand(known[0], means.sources, means.encoder, known[1])
    return means.understood[known]


def _answer_interpretation(interpretation: Interpretation, means: _Means) -> tuple[Answer, Trace]:
    """The answer to one interpretation of a question, made once for a message.

    It is kept for later messages, too, if it needs no earlier answer, the reader is there and time was not short.
    """
    asked = (
        interpretation.text,
        interpretation.language,
        interpretation.more,
        interpretation.in_detail,
        interpretation.after,
    )
    for known, answer, trace in means.answered:
        if known == asked:
            return answer, trace
    begun = time.perf_counter()
    question, query = _understand(interpretation, means)
    answer, trace = _answer_understood(question, query, interpretation, means, begun)

    def attempt(other: Question, query: Query, begun: float) -> Attempt:
        return _answer_understood(other, query, Interpretation(other.text), means, begun)

    if question.also_of_paper and (answer.abstained or not answer.confidence) and not means.budget.spent:
        answer, trace = or_of_paper(question, query, (answer, trace), attempt, means.sources, means.encoder)
    elif _is_refused(answer) and not means.budget.spent and (topic := on_bare_topic(question)):
        answer, trace = or_on_topic(topic, query, (answer, trace), attempt)
    needs_earlier = interpretation.more or interpretation.after
    if means.reader and not (needs_earlier or means.budget.spent or means.budget.hurried):
        means.recent.keep(interpretation.text, answer)
    means.answered.append((asked, answer, trace))
    return answer, trace


def _is_refused(answer: Answer) -> bool:
    """Whether an answer says nothing about its topic: it abstains, or quotes nothing but bibliography entries."""
    return answer.abstained or all(citation.origin == "record" for citation in answer.citations)


def _answer_understood(
    question: Question, query: Query, interpretation: Interpretation, means: _Means, begun: float
) -> tuple[Answer, Trace]:
    """Answer a question that is already understood: search, read, decide and compose, each once.

    If more is asked for, the answer is composed again from the unquoted sentences. `begun` is the `perf_counter` time
    at which understanding and encoding began.
    """
    understood_at = time.perf_counter()
    hits = _search(question, query, means)
    searched_at = time.perf_counter()
    reading, decision = _decide(_read(question, query, hits, means), interpretation.after, means.sources)
    answer = _compose(reading, decision, means, interpretation.more)
    for _ in range(interpretation.more if question.is_quoted else 0):
        reading, decision = _further(reading, answer, interpretation, means.sources)
        answer = _compose(reading, decision, means)
    answer = with_near(answer, reading, means.sources) if answer.abstained else answer
    ended = time.perf_counter()
    seconds = {"encode": understood_at - begun, "search": searched_at - understood_at, "answer": ended - searched_at}
    answer = replace(
        answer,
        intent=question.intent,
        asked=(asked_for(question.searched, question.kind, question.form),),
        timings_ms={step: 1000 * spent for step, spent in seconds.items()},
    )
    trace = Trace(reading, decision, answer.confidence, answer.abstained, answer.sentences, answer.timings_ms)
    means.attempts.append(trace)
    return answer, trace


@step("search")
def _search(question: Question, query: Query, means: _Means) -> list[Hit]:
    """Search the passages; for a question about what cited works say, only these works' texts, if any were fetched.

    Small talk needs no search, and an overview does its own.
    """
    if question.overview or question.smalltalk:
        return []
    texts = texts_of(question.lookup.works[:MOST_WORKS]) if question.asks == "text" else []
    reranker = means.reranker if question.is_quoted and not means.budget.spent else None
    known = (query.text, query.vector.tobytes(), tuple(texts), reranker is not None, question.asks == "claim")
    if known not in means.searched:
        index = means.sources.index.within(texts) if texts else means.sources.index
        most = max(means.k, _SEARCHED_FOR_CLAIM if question.asks == "claim" else _SEARCHED)
        means.searched[known] = index.search(query, most, reranker)
    return means.searched[known]


@step("read")
def _score(question: Question, query: Query, means: _Means) -> Reading:
    """Search for a question and score the sentences of the hits by their own features, without the reader."""
    if id(question) not in means.scored:
        terms = question_terms(question, query, means.sources.index)
        hits = answering_first(terms, _search(question, query, means))
        sentences = rank_sentences(terms, hits, means.sources.index)
        means.scored[id(question)] = Reading(terms, tuple(hits), tuple(sentences))
    return means.scored[id(question)]


@step("read")
def _read(question: Question, query: Query, hits: Sequence[Hit], means: _Means) -> Reading:
    """The hits and their sentences, best first, by their own features and the reader's evidence.

    A claim is looked up without the reader. Other look-ups read no sentence.
    """
    index, scored = means.sources.index, means.scored.get(id(question))
    terms = scored.terms if scored else question_terms(question, query, index)
    if not (question.is_quoted or question.asks == "claim"):
        return Reading(terms, tuple(answering_first(terms, hits)))
    if question.asks == "claim":
        sentences = rank_sentences(terms, body_hits(hits, means.sources), index)
        return Reading(terms, tuple(hits), tuple(sentences))
    read = scored.hits if scored else answering_first(terms, hits)
    readings = read_hits(means.reader, query, read, index.sentences_of, means.budget)
    evidence = Evidence.of(readings, query, read)
    read = in_order(read, evidence)
    ranked = rank_sentences(terms, read, index, scored.sentences if scored else ())
    return Reading(terms, tuple(read), tuple(with_evidence(ranked, evidence)), evidence)


@step("decide")
def _decide(reading: Reading, after: Answer | None, sources: Sources) -> tuple[Reading, Decision]:
    """Decide whether the best sentence answers: by the rules and, if it has read, the reader.

    If the question follows the answer `after`, the sentences near that answer come first in the returned reading.
    """
    terms, ranked = reading.terms, list(reading.sentences)
    judged = ranked
    if after:
        ranked = judged = near_answer(ranked, after)
    if after and terms.question.kind == "reason":
        ranked = reasons(ranked, after)
        judged = judged if tells_reason(ranked, judged, after) else ranked
    reading = replace(reading, sentences=tuple(ranked))
    hits = body_hits(reading.hits, sources) if terms.question.asks == "claim" else reading.hits
    decision = decide(terms, hits, judged, sources.index)
    if reading.evidence and decision.features:
        group = group_of(terms.query.language, foreign=is_foreign(terms.query, reading.sentences))
        decision = with_reader(decision, reading.evidence.best, group)
    return reading, decision


@step("compose")
def _compose(reading: Reading, decision: Decision, means: _Means, more: int = 0) -> Answer:
    """Compose the answer in the form that the question asks for; of an overview, the part after `more` earlier ones."""
    question, sources, k = reading.terms.question, means.sources, means.k
    if question.smalltalk:
        return smalltalk_answer(question, question.smalltalk, sources)
    if question.overview:
        return overview_answer(question.overview, question, reading.terms.query, sources, k=k, more=more)
    if question.asks == "claim":
        return claim_answer(reading, decision, sources, k=k)
    if not question.is_quoted:
        return bibliography_answer(reading, sources, k=k)
    quoted = quoted_answer(reading, decision, sources.index, k=k)
    if question.asks == "text":
        return text_answer(quoted, reading, sources, k=k)
    return quoted if means.budget.spent else with_sources(quoted, sources, named=question.lookup.works)


def _further(
    reading: Reading, answer: Answer, interpretation: Interpretation, sources: Sources
) -> tuple[Reading, Decision]:
    """The reading without the sentences that `answer` quotes, and the decision whether the rest still answers.

    If the rest is far weaker and details are wanted, the sentences that follow the quotes in the document replace it.
    """
    left = left_over(reading, answer)
    is_weak = far_behind(left.sentences, reading.sentences)
    if is_weak and interpretation.in_detail and (behind := going_on(reading, answer, sources.index)).sentences:
        left = behind
    left, decision = _decide(left, None, sources)
    is_refused = not left.sentences or (is_weak and not interpretation.in_detail)
    return left, replace(decision, abstained=answer.abstained or is_refused)


def _promise(interpretation: Interpretation, means: _Means) -> float:
    """First confidence of an interpretation, in [0, 1], estimated without the reader; 0 if it would be refused.

    It is also 0 if the first quotes hold none of the words `own` of the interpretation. Questions that cannot be
    estimated (about sources, an overview, a bare topic) are answered at once. If the budget is spent, all get 1.
    """
    if means.budget.spent:
        return 1.0
    question, query = _understand(interpretation, means)
    if question.is_quoted and not (question.also_of_paper or interpretation.more):
        reading, decision = _decide(_score(question, query, means), interpretation.after, means.sources)
        if not decision.abstained:
            quotes = [sentence.text for sentence in reading.sentences]
            return decision.confidence * tells_of(quotes, interpretation.own)
        if not on_bare_topic(question):
            return 0.0
    answer, _ = _answer_interpretation(interpretation, means)
    return certainty(answer) * tells_of([citation.quote for citation in answer.citations], interpretation.own)
