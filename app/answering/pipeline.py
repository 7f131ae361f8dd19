"""How an answer is made: question → what is asked → hits → sentences → decision → answer and trace.

The questions of a message are answered in order. A follow-up is completed from the history first. If it has several
interpretations, or a word looks misspelt, the more confident answer is returned.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.answering.compose.absence import with_near
from app.answering.compose.extractive import quoted_answer, with_sources
from app.answering.compose.several import in_turn
from app.answering.decide.confidence import Decision, decide, group_of, with_reader
from app.answering.overview.answer import overview_answer
from app.answering.overview.smalltalk import smalltalk_answer
from app.answering.read.contradictions import consistent_first
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
from app.answering.types import SURE, Answer, Turn
from app.answering.understand.history.conversation import readings
from app.answering.understand.history.follow_up import Answerer, Understood
from app.answering.understand.message.questions import LONG, questions_in, turns_in
from app.answering.understand.message.spelling import respelt
from app.answering.understand.question import (
    Question,
    off_topic,
    on_bare_topic,
    ordinary_question,
    question_terms,
    understand,
)
from app.answering.works import MOST_WORKS, Sources, texts_of
from retriever.embedded.reader import Reader, read_hits
from retriever.reranker import Reranker
from retriever.text import language_of
from retriever.types import UNLIMITED, Budget, Encoder, Hit, Query, Recent, step

_SEARCHED, _SEARCHED_FOR_CLAIM = 10, 20  # hits
_ONE_SENTENCE = re.compile(r"[^。．.！!？?:：;；\n]+[。．.！!？?]?")
_REMEMBERED = 256  # answers
_LEAST_BESIDE_TOPIC = 0.3  # least confidence of an answer without the words of the topic
_MARGIN = 0.1  # a less likely interpretation of a follow-up is taken only if its confidence is higher by this


RecentAnswers = Recent[str, Answer]  # over one snapshot, by completed questions: follow-ups often need them again


def recent_answers() -> RecentAnswers:
    """Room for the last answers over a snapshot."""
    return Recent(_REMEMBERED)


@dataclass(frozen=True, slots=True)
class _Means:
    """What is needed to answer each question of a message.

    `understood` (by text and language) and `searched` (by the query, what is searched, and how) keep what was done for
    the message: each interpretation of a follow-up is answered by the rules, and then the best one with the reader.
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
    """The answer to a message from the index of `sources`, with its first `k` hits, and the trace of its making.

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
    """The answer to one question of a conversation: to its best interpretation, respelt if that is better answered."""

    def answer_to(whole: str) -> Answer | None:
        if means.budget.spent:
            return None
        return means.recent.get(whole) or _answer_reading(Understood(whole), means)[0]

    answerer = Answerer(answer_to, means.sources.text_after, lambda found: _surest(found, means))
    candidates = readings(text, turns, means.encoder, answerer) if turns else [Understood(text)]
    chosen, *others = _surest_first(candidates, means)
    answer, trace = _answer_reading(chosen, means)
    for interpretation in others:
        if not answer.abstained or means.budget.spent:
            break
        other, traced = _answer_reading(interpretation, means)
        if not other.abstained and tells_of(other, interpretation.own):
            chosen, answer, trace = interpretation, other, traced
    if _certainty(answer) < SURE and not means.budget.spent:
        mended = respelt(chosen.text, trace.reading.hits, means.sources.index)
        if mended != chosen.text:
            with_mended = replace(chosen, text=mended)
            other, traced = _answer_reading(with_mended, means)
            if _certainty(other) >= _certainty(answer):
                chosen, answer, trace = with_mended, other, traced
    return replace(answer, standalone=chosen.shown or chosen.text), trace


def _surest_first(candidates: Sequence[Understood], means: _Means) -> list[Understood]:
    """The readings of a question; first the one with the most confident answer by the rules, without the reader.

    The likeliest reading by form stays first unless another answer is more confident by `_MARGIN`.
    """
    last = [reading for reading in candidates if reading.if_refused]
    candidates = [reading for reading in candidates if not reading.if_refused]
    if len(candidates) == 1 or means.budget.spent:
        return [*candidates, *last]
    answers = [_answer_reading(reading, replace(means, reader=None))[0] for reading in candidates]
    certainties = [
        _certainty(answer) * tells_of(answer, reading.own) for reading, answer in zip(candidates, answers, strict=True)
    ]
    if candidates[0].more and certainties[0]:
        return [*candidates, *last]  # further sentences are never as certain as the first ones
    certainties[0] += _MARGIN
    best = candidates[certainties.index(max(certainties))]
    return [best, *(reading for reading in candidates if reading is not best), *last]


def _surest(found: Sequence[Understood], means: _Means) -> Understood:
    """The reading of an earlier question by which later ones are understood; the last one if the best is refused.

    The last reading takes over most of what was asked before.
    """
    best = _surest_first(found, means)[0]
    if len(found) == 1 or best is found[-1] or means.budget.spent:
        return best
    return found[-1] if _answer_reading(best, replace(means, reader=None))[0].abstained else best


def _certainty(answer: Answer) -> float:
    """Confidence for comparing answers; 0 for an abstention and for small talk, whose recognition is unsure."""
    return 0.0 if answer.abstained or answer.intent == "smalltalk" else answer.confidence


def _answer_reading(understood: Understood, means: _Means) -> tuple[Answer, Trace]:
    """The answer to one interpretation of a question. It is remembered if it needs no earlier answer."""
    begun = time.perf_counter()
    with step("understand"):
        known = (understood.text, understood.language)
        if known not in means.understood:
            means.understood[known] = understand(understood.text, means.sources, means.encoder, understood.language)
        question, query = means.understood[known]
    answer, trace = _answer(question, query, understood, means, begun)
    if question.also_of_paper and (answer.abstained or not answer.confidence) and not means.budget.spent:
        # If the bibliography, a named work or the sentences on a topic have no answer, ask the paper.
        begun = time.perf_counter()
        if question.overview:
            other, query = off_topic(question, query, means.sources, means.encoder)
        else:
            other = ordinary_question(understood.text, question.lookup.works, question.language)
            query = means.sources.index.query(other.searched, means.encoder)
        second, traced = _answer(other, query, Understood(understood.text), means, begun)
        if question.overview:
            second = replace(second, abstained=second.abstained or second.confidence < _LEAST_BESIDE_TOPIC)
        if not second.abstained or question.asks == "claim":
            answer, trace = _in_place_of(answer, second, traced)
        else:
            answer, trace = _in_place_of(second, answer, trace)
    elif _is_refused(answer) and not means.budget.spent and (topic := on_bare_topic(question)):
        begun = time.perf_counter()
        on_topic, traced = _answer(topic, query, Understood(understood.text), means, begun)
        if on_topic.abstained and answer.abstained:
            answer, trace = _in_place_of(on_topic, answer, trace)
        else:
            answer, trace = _in_place_of(answer, on_topic, traced)
    if means.reader and not (understood.more or understood.after or means.budget.spent or means.budget.hurried):
        means.recent.keep(understood.text, answer)
    return answer, trace


def _in_place_of(other: Answer, answer: Answer, trace: Trace) -> tuple[Answer, Trace]:
    """The answer and its trace, whose times include those of the `other` answer, which is not given."""
    spent = {name: milliseconds + other.timings_ms[name] for name, milliseconds in answer.timings_ms.items()}
    return replace(answer, timings_ms=spent), replace(trace, timings_ms=spent)


def _is_refused(answer: Answer) -> bool:
    """Whether an answer to a topic tells nothing on it: it is refused, or quotes entries of a bibliography alone."""
    return answer.abstained or all(citation.origin == "record" for citation in answer.citations)


def _answer(
    question: Question, query: Query, understood: Understood, means: _Means, begun: float
) -> tuple[Answer, Trace]:
    """Answer one interpretation of a question: search, read, decide and compose, each once.

    If more is asked for, the answer is composed again from the unquoted sentences. `begun`: when it began to be
    understood and encoded, by `perf_counter`.
    """
    sources, k, budget = means.sources, means.k, means.budget
    understood_at = time.perf_counter()
    hits = _search(question, query, means)
    searched = time.perf_counter()
    reading, decision = _read(question, query, hits, sources, means.reader, budget, understood.after)
    answer = _compose(reading, decision, sources, k, budget, understood.more)
    for _ in range(understood.more if question.is_quoted else 0):
        reading, decision = _further(reading, answer, understood, sources)
        answer = _compose(reading, decision, sources, k, budget)
    answer = with_near(answer, reading, sources) if answer.abstained else answer
    ended = time.perf_counter()
    seconds = {"encode": understood_at - begun, "search": searched - understood_at, "answer": ended - searched}
    answer = replace(answer, intent=question.intent, timings_ms={step: 1000 * spent for step, spent in seconds.items()})
    return answer, Trace(reading, decision, answer.confidence, answer.abstained, answer.timings_ms)


def _further(reading: Reading, answer: Answer, understood: Understood, sources: Sources) -> tuple[Reading, Decision]:
    """The reading without what `answer` quotes, and the decision whether the rest still answers.

    If details are wanted and no remaining sentence answers as well, the next sentences of the document are read.
    """
    left = left_over(reading, answer)
    is_weak = far_behind(left.sentences, reading.sentences)
    if is_weak and understood.in_detail and (behind := going_on(reading, answer, sources.index)).sentences:
        left = behind
    decision = decide(reading.terms, reading.hits, left.sentences, sources.index)
    decision = _judged_by_reader(decision, left)
    is_refused = not left.sentences or (is_weak and not understood.in_detail)
    return left, replace(decision, abstained=answer.abstained or is_refused)


@step("search")
def _search(question: Question, query: Query, means: _Means) -> list[Hit]:
    """Search the passages; for a question about what cited works say, those works' texts, if they were fetched.

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
def _read(
    question: Question,
    query: Query,
    hits: Sequence[Hit],
    sources: Sources,
    reader: Reader | None,
    budget: Budget,
    after: Answer | None = None,
) -> tuple[Reading, Decision]:
    """Rank the sentences of the hits and decide whether the best one answers; look-ups need no reading."""
    terms = question_terms(question, query, sources.index)
    if question.asks == "claim":
        read = body_hits(hits, sources)
    else:
        read = hits = answering_first(terms, hits)
    if not (question.is_quoted or question.asks == "claim"):
        return Reading(terms, tuple(hits)), Decision()
    readings = read_hits(reader if question.is_quoted else None, query, read, sources.index.sentences_of, budget)
    evidence = Evidence.of(readings, query, read)
    if question.is_quoted:
        read = hits = in_order(read, evidence)
    ranked = with_evidence(rank_sentences(terms, read, sources.index, budget=budget), evidence)
    ranked = consistent_first(query, ranked)
    if after:
        ranked = near_answer(ranked, after)
    judged = ranked
    if after and question.kind == "reason":
        ranked = reasons(ranked, after)
        judged = judged if tells_reason(ranked, judged, after) else ranked
    with step("decide"):
        reading = Reading(terms, tuple(hits), tuple(ranked), evidence)
        decision = _judged_by_reader(decide(terms, read, judged, sources.index), reading)
    return reading, decision


def _judged_by_reader(decision: Decision, reading: Reading) -> Decision:
    """The decision of the rules with what the reader made of the passages, if it read any."""
    if not (reading.evidence and decision.features):
        return decision
    group = group_of(reading.terms.query.language, foreign=is_foreign(reading.terms.query, reading.sentences))
    return with_reader(decision, reading.evidence.best, group)


@step("compose")
def _compose(reading: Reading, decision: Decision, sources: Sources, k: int, budget: Budget, more: int = 0) -> Answer:
    """The answer in the form that the question asks for; of an overview, the part after `more` earlier ones."""
    question = reading.terms.question
    if question.smalltalk:
        return smalltalk_answer(question, question.smalltalk, sources)
    if question.overview:
        return overview_answer(question, reading.terms.query, sources, k=k, more=more)
    if question.asks == "claim":
        return claim_answer(reading, decision, sources, k=k)
    if not question.is_quoted:
        return bibliography_answer(reading, sources, k=k)
    quoted = quoted_answer(reading, decision, sources.index, k=k)
    if question.asks == "text":
        return text_answer(quoted, reading, sources, k=k)
    return quoted if budget.spent else with_sources(quoted, sources, named=question.lookup.works)
