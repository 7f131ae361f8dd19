"""Order the passages found and their sentences as answers to the question, best first.

A sentence is scored by its own features, then by the ranker of spans, then by what the reader makes of its passage. The
reader also orders the passages and marks the answering words; each of the three can be switched off (`Uses`), and is on
only if it is at least as good as the rules on data that the reader was not trained on (tests/benchmarks/LOG.md).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from app.answering.read.span_ranker import LEAST, Ranker, read
from app.answering.read.spans import Floats, holds_form
from app.answering.read.table_answer import with_units
from app.answering.understand.question import AnswerForm, QuestionTerms, asks_front_matter, cross_lingual_words
from retriever.cross_lingual.terms import share_in, share_words
from retriever.embedded.reader import PassageReading, answer_log_odds
from retriever.index.search import Index
from retriever.text import words
from retriever.types import UNLIMITED, Budget, Hit, Passage, Query

# Set by hand: bonuses on the scale of a passage's score, which is mostly in [0, 1] (measured: no difference from
# 0.06 to 0.15).
_HAS_FORM, _IS_TABLE = 0.06, 0.1
_OF_TABLES = frozenset({"table_row", "caption"})
# Weight of the span ranker in a sentence's score, set by hand: the ranker is trained on questions for facts, and
# questions on a paper are broader.
_RANKED = 0.6
_BEHIND = 6.0  # log-odds that a further answer may lie below the best sentence
_PASSAGES, _READ = 5, 8  # passages whose sentences are scored, and sentences whose spans are ranked
# Weights of the reader, chosen on JSQuAD's even articles, JaQuAD's dev part, the questions on the paper and the made-up
# papers for fitting; it was trained on none of these. For the order of the passages, RETRIEVER times the retriever's
# score is added to the log-odds that a passage answers.
RETRIEVER = 40.0
# In the log-odds that a sentence answers: of the log-odds of its passage; of the log-probability that the answer stands
# in this sentence of the passage.
_PASSAGE, _SHARE, _LEAST_SHARE = 0.3, 0.3, 1e-3
_CERTAIN = -4.0  # from these log-odds (against no answer) the reader's span is marked, not that of the rules
# Of a passage that is no body text, for a question that does not ask for such data, in log-odds that it answers.
_ASIDE = -2.0


@dataclass(frozen=True, slots=True)
class Features:
    """Features of a sentence, in the score of `_log_odds`.

    - `passage_gap`: how far its passage's score lies below the best one's (≤ 0)
    - `term_overlap`: share of the question's words, weighted by idf, that the sentence and its headings contain; across
      languages, the share of the terms that can match there
    - `form`: whether it has the form of what is asked, 0 or 1 (0.5 where the question does not show it)
    - `cosine` of its vector and the question's; `z_score`: how far that stands out among sentences at large, in
      standard deviations
    """

    passage_gap: float
    term_overlap: float
    form: float
    cosine: float
    z_score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit, `hit.passage.text[start:end]`, with its features and its score in log-odds.

    If its spans were ranked, `read` is the ranker's log-odds that it contains the answer, and `span` the (start, end)
    of the answering words in the passage's text, or None.
    """

    hit: Hit
    start: int
    end: int
    features: Features
    score: float
    read: float | None = None
    span: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Uses:
    """What the reader decides besides the confidence: passage order, best sentence, marked words."""

    order: bool = False
    sentences: bool = False
    spans: bool = False


USED = Uses(order=True, sentences=True, spans=True)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The readings of hits, and the log-odds that each of them answers, by their rows of the index; may be empty.

    `aside` has the log-odds, not among these, that a passage loses in the order because it is no body text.
    """

    readings: Mapping[int, PassageReading] = field(default_factory=dict)
    odds: Mapping[int, float] = field(default_factory=dict)
    aside: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, readings: Mapping[int, PassageReading], query: Query, hits: Sequence[Hit]) -> "Evidence":
        """The evidence that the readings of these hits give."""
        odds = {row: answer_log_odds(reading) for row, reading in readings.items()}
        return cls(readings, odds, {hit.row: _ASIDE for hit in hits if readings and _is_aside(query, hit.passage)})

    def __bool__(self) -> bool:
        return bool(self.readings)

    @property
    def best(self) -> float:
        """Log-odds that any passage answers: the maximum over the passages."""
        return max(self.odds.values())


@dataclass(frozen=True, slots=True)
class Reading:
    """What was retrieved and read: `hits`, those in the form of the answer first, and the sentences of the first hits.

    `sentences` are best first, and none where the answer is looked up in the bibliography. `evidence` is what the
    reader made of the hits.
    """

    terms: QuestionTerms
    hits: tuple[Hit, ...]
    sentences: tuple[Candidate, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)


def _is_aside(query: Query, passage: Passage) -> bool:
    """Whether a passage is a bibliography entry, or front matter that the question does not ask for."""
    is_front = passage.kind == "bibliographic"
    return passage.kind == "entry" or (is_front and not asks_front_matter(query.text, query.language))


def answering_first(terms: QuestionTerms, hits: Sequence[Hit]) -> list[Hit]:
    """The hits by score, with a bonus for the form of the answer and for being in the table that is named.

    The retriever matches the topic; that the question wants a percentage or a table cell is known only here. Hits that
    a reranker has put in order stay as they are.
    """
    question = terms.question
    if not (question.names_table or question.needed_form) or any(hit.reranked for hit in hits):
        return list(hits)
    raised = [replace(hit, score=hit.score + _raise(hit.passage, terms)) for hit in hits]
    raised.sort(key=lambda hit: (-hit.score, hit.passage.id))
    return [replace(hit, rank=rank) for rank, hit in enumerate(raised, 1)]


def _raise(passage: Passage, terms: QuestionTerms) -> float:
    form, question = terms.question.needed_form, terms.question.searched
    fits = form is not None and any(_has_form(form, passage, span, question) for span in passage.quotable)
    return _HAS_FORM * fits + _IS_TABLE * (terms.question.names_table and passage.kind in _OF_TABLES)


def rank_sentences(
    terms: QuestionTerms,
    hits: Sequence[Hit],
    index: Index,
    ranker: Ranker | None = None,
    *,
    budget: Budget = UNLIMITED,
) -> list[Candidate]:
    """The sentences of the first hits, best first; equal scores by passage id and place.

    If question and text are Japanese and the budget is not spent, the spans of the best sentences are ranked by
    `ranker` (default: the one that ships). For a question about publication data, only sentences with such data are
    returned, if there are any.
    """
    scored = score_sentences(terms, hits, index)
    has_spans = terms.query.language == "ja" and not budget.spent
    ranked = _sorted(_with_spans(terms.question.searched, scored, ranker)) if has_spans else scored
    if terms.question.form and terms.question.form.on_publication:
        return [sentence for sentence in ranked if sentence.features.form] or ranked
    return ranked


def score_sentences(terms: QuestionTerms, hits: Sequence[Hit], index: Index) -> list[Candidate]:
    """The sentences of the first hits by their own features, best first."""
    if not hits:
        return []
    first, query = hits[:_PASSAGES], terms.query
    places = [(hit, span) for hit in first for span in hit.passage.quotable]
    cosines = np.concatenate([index.sentences_of(hit.row) for hit in first]) @ query.vector
    rows = np.array([hit.row for hit, _ in places], dtype=np.int64)
    z_scores = index.fusion.background.sentence_z_scores(query, rows, cosines)
    # an entry has the language of its work: beside passages in the question's language, score it like them
    has_own = any(hit.passage.language == query.language for hit in first)
    scored = []
    for (hit, span), cosine, z_score in zip(places, cosines, z_scores, strict=True):
        features = _features(terms, hit, span, hit.score - hits[0].score, float(cosine), float(z_score))
        foreign = hit.passage.language != query.language and not (has_own and hit.passage.kind == "entry")
        scored.append(Candidate(hit, *span, features, _log_odds(features, foreign=foreign)))
    return _sorted(scored)


def _sorted(sentences: Iterable[Candidate]) -> list[Candidate]:
    return sorted(sentences, key=lambda sentence: (-sentence.score, sentence.hit.passage.id, sentence.start))


def _features(
    terms: QuestionTerms, hit: Hit, span: tuple[int, int], gap: float, cosine: float, z_score: float
) -> Features:
    question, passage = terms.question, hit.passage
    text = passage.text[slice(*span)]
    overlap = terms.share(_words(text) | _words(passage.context), hit.row)
    if terms.terms and not share_words(terms.query.language, passage.language):
        present = cross_lingual_words(text) | cross_lingual_words(passage.context)
        overlap = max(overlap, share_in(terms.terms, present))
    form = float(_has_form(question.form, passage, span, question.searched)) if question.form else 0.5
    return Features(gap, overlap, form, cosine, z_score)


def _has_form(form: AnswerForm, passage: Passage, span: tuple[int, int], question: str) -> bool:
    """Whether a sentence of a passage has the form of the answer.

    The cells of a table's row have the units of their columns; a bibliography's entries tell nothing of the document.
    """
    if passage.kind == "entry" and form.on_publication:
        return False
    text = with_units(passage, span) if passage.kind == "table_row" else passage.text[slice(*span)]
    return holds_form(form, text, question)


def _log_odds(features: Features, *, foreign: bool) -> float:
    """The score of a sentence: a softmax over the sentences of a question gives the chance that it is the one.

    Fitted on half of 1,000 JSQuAD questions, and for foreign text on 300 questions in English, Chinese and Korean.
    """
    weights = (19, 3.8, 0.9, 2.4) if foreign else (15, 4.3, 0.17, 1.3)
    values = (features.passage_gap, features.term_overlap, features.z_score, features.form)
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def to_read(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The sentences whose spans are ranked: the Japanese ones among the first eight."""
    return [sentence for sentence in ranked[:_READ] if sentence.hit.passage.language == "ja"]


def ranker_features(chosen: Sequence[Candidate]) -> Floats:
    """Sentence features for the ranker, shape (len(chosen), SENTENCE_FEATURES)."""
    best = max(sentence.score for sentence in chosen)
    rows = [
        (
            max(sentence.score - best, -8),
            10 * sentence.features.passage_gap,
            5 * sentence.hit.score,
            sentence.features.term_overlap,
            sentence.features.z_score,
            sentence.features.form,
        )
        for sentence in chosen
    ]
    return np.array(rows, dtype=np.float32)


def _with_spans(question: str, ranked: Sequence[Candidate], ranker: Ranker | None) -> list[Candidate]:
    """The sentences; the spans of the first ones are ranked, and the ranker scores these sentences.

    The ranker's scores are shifted so that its best one equals the best score before. Unread Japanese sentences come
    after all that were read.
    """
    chosen = to_read(ranked)
    texts = [sentence.text for sentence in chosen]
    readings = read(question, texts, ranker_features(chosen), ranker) if chosen else []
    pairs = {
        (sentence.hit.row, sentence.start): reading
        for sentence, reading in zip(chosen, readings, strict=True)
        if reading
    }
    if not pairs:
        return list(ranked)
    highest = max(reading.score for reading in pairs.values())
    best = max(sentence.score for sentence in chosen)
    lowest = best + min(reading.score for reading in pairs.values()) - highest
    rescored = []
    for sentence in ranked:
        reading = pairs.get((sentence.hit.row, sentence.start))
        if reading is None:
            capped = min(sentence.score, lowest) if sentence.hit.passage.language == "ja" else sentence.score
            rescored.append(replace(sentence, score=_mixed(sentence.score, capped)))
            continue
        start, end = sentence.start + reading.start, sentence.start + reading.end
        span = (start, end) if reading.chance >= LEAST else None
        score = _mixed(sentence.score, best + reading.score - highest)
        rescored.append(replace(sentence, score=score, read=reading.score, span=span))
    return rescored


def _mixed(own: float, ranker_score: float) -> float:
    """Combine a sentence's own score with the span ranker's."""
    return (1 - _RANKED) * own + _RANKED * ranker_score


def in_order(hits: Sequence[Hit], evidence: Evidence, used: Uses = USED) -> list[Hit]:
    """Order the hits by the retriever's and the reader's scores; each keeps the retriever's as its own score.

    Its `score` is that of its new place, by which its sentences are compared. Hits that were not read come last. Hits
    that a reranker has put in order stay as they are.
    """
    if not (used.order and evidence) or any(hit.reranked for hit in hits):
        return list(hits)
    read = [hit for hit in hits if hit.row in evidence.readings]
    unread = [hit for hit in hits if hit.row not in evidence.readings]
    total = {hit.row: RETRIEVER * hit.score + evidence.odds[hit.row] + evidence.aside.get(hit.row, 0.0) for hit in read}
    ordered = sorted(read, key=lambda hit: (-total[hit.row], hit.passage.id)) + unread
    scores = sorted((hit.score for hit in hits), reverse=True)
    return [
        replace(hit, score=score, rank=rank, found_score=hit.score)
        for rank, (hit, score) in enumerate(zip(ordered, scores, strict=True), 1)
    ]


def with_evidence(ranked: Sequence[Candidate], evidence: Evidence, used: Uses = USED) -> list[Candidate]:
    """The sentences, best first, scored and marked by the reader's result on their passages."""
    if not evidence or not (used.sentences or used.spans):
        return list(ranked)
    rescored = [_with_reading(sentence, evidence, used) for sentence in ranked]
    return sorted(rescored, key=lambda sentence: (-sentence.score, sentence.hit.passage.id, sentence.start))


def _with_reading(sentence: Candidate, evidence: Evidence, used: Uses) -> Candidate:
    reading = evidence.readings.get(sentence.hit.row)
    if used.sentences:
        share = reading.share(sentence.start, sentence.end) if reading else 0.0
        odds = evidence.odds.get(sentence.hit.row, min(evidence.odds.values()))
        added = _PASSAGE * (odds - evidence.best) + _SHARE * math.log(max(share, _LEAST_SHARE))
        added += evidence.aside.get(sentence.hit.row, 0.0)
        sentence = replace(sentence, score=sentence.score + added)
    span = reading.span(sentence.start, sentence.end) if reading and used.spans else None
    return replace(sentence, read=span[2], span=span[:2]) if span and span[2] >= _CERTAIN else sentence


def is_foreign(query: Query, ranked: Sequence[Candidate]) -> bool:
    """Whether the best sentence is in another language than the question, so that shared words say little.

    Bibliography entries count only if there are no other sentences: an entry has the language of its work.
    """
    considered = [sentence for sentence in ranked if sentence.hit.passage.kind != "entry"] or ranked
    return bool(considered) and considered[0].hit.passage.language != query.language


@lru_cache(maxsize=4096)
def _words(text: str) -> set[str]:
    return set(words(text))


def far_behind(left: Sequence[Candidate], ranked: Sequence[Candidate]) -> bool:
    """Whether the best of the sentences that are `left` is too far behind the best of all to answer as well."""
    return not left or left[0].score <= ranked[0].score - _BEHIND
