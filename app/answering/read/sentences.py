"""Score the sentences of the passages found as answers to the question, best first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from app.answering.read.span_ranker import LEAST, Ranker, read
from app.answering.read.spans import Floats, holds_form
from app.answering.read.table_answer import with_units
from app.answering.understand.question import AnswerForm, QuestionTerms, cross_lingual_words
from retriever.cross_lingual.terms import share_in, share_words
from retriever.embedded.reader import PassageReading
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
class Reading:
    """What was retrieved and read: `hits`, those in the form of the answer first, and the sentences of the first hits.

    `sentences` are best first, and none where the answer is looked up in the bibliography. `passages` holds what the
    reader made of the hits that it read, by their rows of the index.
    """

    terms: QuestionTerms
    hits: tuple[Hit, ...]
    sentences: tuple[Candidate, ...] = ()
    passages: Mapping[int, PassageReading] = field(default_factory=dict)


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
    if not share_words(terms.query.language, passage.language):
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
