"""Rank the retrieved passages and their sentences as answers to the question.

A sentence is scored by its own features, then by the reader's scores for its passage and its best span. The reader also
orders the passages and marks the answering words. Each of these three uses can be switched off (`Uses`); it is on if it
is at least as good as the rules on data that the reader was not trained on (tests/benchmarks/LOG.md).
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from app.answering.read.table_answer import with_units
from app.answering.types import AnswerForm
from app.answering.understand.answer_forms import asks_author, asks_front_matter, asks_publication, holds_form
from app.answering.understand.question import QuestionTerms, cross_lingual_words
from app.answering.understand.source_signs import source_words
from retriever.cross_lingual.terms import share_in, share_words
from retriever.embedded.reader import PassageReading, answer_log_odds
from retriever.index.search import Index
from retriever.text import language_of, words
from retriever.types import SCORE_PARTS, Hit, Passage, Query

# Bonuses for the form of the answer and for a table, set by hand, on the scale of a passage's score, which is mostly in
# [0, 1]. Values from 0.06 to 0.15 made no difference.
_HAS_FORM, _IS_TABLE = 0.06, 0.1
OF_TABLES = frozenset({"table_row", "caption"})
_BEHIND = 6.0  # a sentence this many log-odds below the best one is no further answer
_PASSAGES = 5  # whose sentences are scored
# The weights below were chosen on JSQuAD's even articles, JaQuAD's dev part, the questions on the paper and the made-up
# papers for fitting; the reader was trained on none of these. Passages are ordered by RETRIEVER times the retriever's
# score plus the reader's log-odds that the passage answers.
RETRIEVER = 40.0
# Weight of the lexical part of that score in this order, by the passage's language (others: 1). English questions on
# papers share words with the abstract rather than with the passage that answers (tests/benchmarks/LOG.md).
_WORDS_COUNT = {"en": 0.75}
# Weights of the reader in the score of a sentence: of the log-odds of its passage and of its best span, each minus the
# highest one. The difference of a span is at least _FARTHEST, and _UNREAD for a sentence that was not read. The ratio
# of the weights is near that of a logistic regression over the sentences of these sets (tests/benchmarks/LOG.md). The
# score of the sentence's own features keeps the weight 1: other code compares scores on that scale (how many sentences
# are quoted, how near the last answer).
_PASSAGE, _SPAN = 0.25, 0.42
_FARTHEST, _UNREAD = -12.0, -6.0
# Log-odds added to passages that are not body text, set by hand. _ASIDE: front matter that the question does not ask
# for; entries, if the question is about works. _ENTRY_ASIDE: entries, for all other questions.
_ASIDE, _ENTRY_ASIDE = -2.0, -4.0
_ENTRY_BEHIND = 0.02  # an entry scores at least this much below the best passage of the text
_TITLE = re.compile('「[^「」]+」|『[^『』]+』|“[^“”]+”|"[^"]+"')


@dataclass(frozen=True, slots=True)
class Features:
    """Features of a sentence, in the score of `_log_odds`.

    - `passage_gap`: how far its passage's score lies below the best one's (≤ 0)
    - `term_overlap`: share of the question's words, weighted by idf, that the sentence and its headings contain; across
      languages, the share of the terms that can match there
    - `form`: whether it has the form of the answer, 0 or 1 (0.5 if the question does not show which form that is)
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

    `span` is the (start, end) of the answering words in the passage's text; None where the reader found none.
    """

    hit: Hit
    start: int
    end: int
    features: Features
    score: float
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
    """The reader's output for hits and the log-odds (`odds`) that each hit answers, by row of the index; may be empty.

    `aside`: log-odds < 0 for passages that are not body text; they are not included in `odds`.
    """

    readings: Mapping[int, PassageReading] = field(default_factory=dict)
    odds: Mapping[int, float] = field(default_factory=dict)
    aside: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, readings: Mapping[int, PassageReading], query: Query, hits: Sequence[Hit]) -> "Evidence":
        """The evidence that the readings of these hits give."""
        odds = {row: answer_log_odds(reading) for row, reading in readings.items()}
        losses = {hit.row: _aside(query, hit.passage) for hit in hits if readings}
        return cls(readings, odds, {row: loss for row, loss in losses.items() if loss})

    def __bool__(self) -> bool:
        return bool(self.readings)

    @property
    def best(self) -> float:
        """Log-odds that any passage answers: the maximum over the passages."""
        return max(self.odds.values())


@dataclass(frozen=True, slots=True)
class Reading:
    """The retrieved `hits` and the sentences of the first hits, both best first.

    `sentences` is empty if the answer is looked up in the bibliography. `evidence`: the reader's output for the hits.
    """

    terms: QuestionTerms
    hits: tuple[Hit, ...]
    sentences: tuple[Candidate, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)


def _aside(query: Query, passage: Passage) -> float:
    """Log-odds ≤ 0 for a bibliography entry, or for front matter that the question does not ask for; else 0."""
    if passage.kind == "entry":
        return _ASIDE if _asks_of_works(query.text) else _ENTRY_ASIDE
    is_unasked = passage.kind == "bibliographic" and not asks_front_matter(query.text, query.language)
    return _ASIDE if is_unasked else 0.0


@lru_cache(maxsize=256)
def _asks_of_works(question: str) -> bool:
    """Whether a question may be about works, their authors or their publication, not about what happened."""
    language = language_of(question)
    return any(source_words(question)) or asks_publication(question, language) or asks_author(question, language)


def answering_first(terms: QuestionTerms, hits: Sequence[Hit]) -> list[Hit]:
    """The hits by score, with a bonus for the form of the answer and, if the question names a table, for tables.

    The retriever matches the topic; only here is it known that the question wants a percentage or a table cell. Unless
    the question is about works, entries are scored below the text. Hits ordered by a reranker stay as they are.
    """
    question = terms.question
    if any(hit.reranked for hit in hits):
        return list(hits)
    scored = list(hits)
    if question.names_table or question.needed_form:
        scored = [replace(hit, score=hit.score + _raise(hit.passage, terms)) for hit in hits]
    if question.is_quoted and not _asks_of_works(question.searched):
        scored = _entries_behind(scored)
    scored.sort(key=lambda hit: (-hit.score, hit.passage.id))
    return [replace(hit, rank=rank) for rank, hit in enumerate(scored, 1)]


def _entries_behind(hits: Sequence[Hit]) -> list[Hit]:
    """The hits with each bibliography entry scored below the best passage of the text, if there is one.

    An entry is little more than a title: it matches the topic of a question better than a passage that answers it.
    """
    most = max((hit.score for hit in hits if hit.passage.kind != "entry"), default=math.inf) - _ENTRY_BEHIND
    return [replace(hit, score=min(hit.score, most)) if hit.passage.kind == "entry" else hit for hit in hits]


def _raise(passage: Passage, terms: QuestionTerms) -> float:
    form, question = terms.question.needed_form, terms.question.searched
    fits = form is not None and any(_has_form(form, passage, span, question) for span in passage.quotable)
    return _HAS_FORM * fits + _IS_TABLE * (terms.question.names_table and passage.kind in OF_TABLES)


def rank_sentences(
    terms: QuestionTerms, hits: Sequence[Hit], index: Index, scored: Sequence[Candidate] = ()
) -> list[Candidate]:
    """The sentences of the first hits by their own features, best first; equal scores by passage id and place.

    `scored`: sentences of an earlier order of the hits; their features are reused, except `passage_gap`. For a question
    about publication data, only sentences with such data are returned, if there are any.
    """
    if not hits:
        return []
    first, query = hits[:_PASSAGES], terms.query
    places = [(hit, span) for hit in first for span in hit.passage.quotable]
    cosines = np.concatenate([index.sentences_of(hit.row) for hit in first]) @ query.vector
    rows = np.array([hit.row for hit, _ in places], dtype=np.int64)
    z_scores = index.fusion.background.sentence_z_scores(query, rows, cosines)
    # an entry has the language of its work: if any hit is in the question's language, score entries like that hit
    has_own = any(hit.passage.language == query.language for hit in first)
    known = {(sentence.hit.row, sentence.start): sentence.features for sentence in scored}
    ordered = []
    for (hit, span), cosine, z_score in zip(places, cosines, z_scores, strict=True):
        gap, before = hit.score - hits[0].score, known.get((hit.row, span[0]))
        if before:
            features = replace(before, passage_gap=gap)
        else:
            features = _features(terms, hit, span, gap, float(cosine), float(z_score))
        foreign = hit.passage.language != query.language and not (has_own and hit.passage.kind == "entry")
        ordered.append(Candidate(hit, *span, features, _log_odds(features, foreign=foreign)))
    ranked = _sorted(ordered)
    if terms.question.form and terms.question.form.on_publication:
        return [sentence for sentence in ranked if sentence.features.form] or ranked
    return ranked


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

    Cells of a table row count with the units of their columns. A bibliography entry never answers a question about the
    document's own publication; unless the question is about works, the entry's date, pages and address do not count.
    """
    if passage.kind == "entry":
        is_whole = not form.pattern or _asks_of_works(question)  # a person may be the author
        text = passage.text if is_whole else _beside_publication(passage.text)
        return not form.on_publication and holds_form(form, text, question)
    text = with_units(passage, span) if passage.kind == "table_row" else passage.text[slice(*span)]
    return holds_form(form, text, question)


def _beside_publication(entry: str) -> str:
    """An entry without date, pages and address: its quoted titles, and the description below its first line."""
    work, *lines = entry.split("\n")
    return "\n".join([*_TITLE.findall(work), *lines])


def _log_odds(features: Features, *, foreign: bool) -> float:
    """The score of a sentence: its softmax over the sentences of a question is the probability that it answers.

    Fitted on half of 1,000 JSQuAD questions, and for foreign text on 300 questions in English, Chinese and Korean.
    """
    weights = (19, 3.8, 0.9, 2.4) if foreign else (15, 4.3, 0.17, 1.3)
    values = (features.passage_gap, features.term_overlap, features.z_score, features.form)
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def in_order(hits: Sequence[Hit], evidence: Evidence, used: Uses = USED) -> list[Hit]:
    """Order the hits by the retriever's and the reader's scores; hits that were not read come last.

    The k-th hit gets the k-th highest score, by which its sentences are compared; `found_score` keeps its own. Hits
    ordered by a reranker stay as they are.
    """
    if not (used.order and evidence) or any(hit.reranked for hit in hits):
        return list(hits)
    read = [hit for hit in hits if hit.row in evidence.readings]
    unread = [hit for hit in hits if hit.row not in evidence.readings]
    total = {hit.row: _retrieved(hit) + evidence.odds[hit.row] + evidence.aside.get(hit.row, 0.0) for hit in read}
    ordered = sorted(read, key=lambda hit: (-total[hit.row], hit.passage.id)) + unread
    scores = sorted((hit.score for hit in hits), reverse=True)
    return [
        replace(hit, score=score, rank=rank, found_score=hit.score)
        for rank, (hit, score) in enumerate(zip(ordered, scores, strict=True), 1)
    ]


def _retrieved(hit: Hit) -> float:
    """The retriever's score of a hit on the scale of the reader's log-odds."""
    in_words = dict(zip(SCORE_PARTS, hit.parts, strict=False)).get("words", 0.0)
    # a bibliography entry is little more than a title, whose words are all that tells it from others
    count = 1.0 if hit.passage.kind == "entry" else _WORDS_COUNT.get(hit.passage.language, 1.0)
    return RETRIEVER * (hit.score - (1 - count) * in_words)


def with_evidence(ranked: Sequence[Candidate], evidence: Evidence, used: Uses = USED) -> list[Candidate]:
    """Re-rank the sentences with the reader's scores for their passages and best spans; set each sentence's `span`."""
    if not evidence or not (used.sentences or used.spans):
        return list(ranked)
    readings = [evidence.readings.get(sentence.hit.row) for sentence in ranked]
    spans = [
        reading.span(sentence.start, sentence.end) if reading else None
        for sentence, reading in zip(ranked, readings, strict=True)
    ]
    likeliest, least = max((span[2] for span in spans if span), default=0.0), min(evidence.odds.values())
    read = []
    for sentence, span in zip(ranked, spans, strict=True):
        row, score = sentence.hit.row, sentence.score
        if used.sentences:
            score += _PASSAGE * (evidence.odds.get(row, least) - evidence.best)
            score += _SPAN * (max(span[2] - likeliest, _FARTHEST) if span else _UNREAD)
            score += evidence.aside.get(row, 0.0)
        read.append(replace(sentence, score=score, span=span[:2] if span and used.spans else None))
    return _sorted(read)


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
    """Whether the best of `left` scores too far below the best of `ranked` to answer too; True if none is left."""
    return not left or left[0].score <= ranked[0].score - _BEHIND
