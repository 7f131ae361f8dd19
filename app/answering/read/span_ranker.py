"""Rank the spans of sentences as answers to a question, by a small trained network.

The ranker was trained on JSQuAD by `python -m app.training.train_span`; its weights lie in span_weights.json.
"""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.read.span_english import best_english_span
from app.answering.read.span_question import (
    FAR,
    Wanted,
    asked_features,
    noun_features,
    predicate_features,
    wanted,
)
from app.answering.read.spans import (
    CONTENT,
    NOUNS,
    ROLE,
    ROLES,
    Floats,
    Integers,
    Spans,
    Token,
    form_features,
    roles_around,
    running_sums,
    spans,
    whole_quotation,
)

WEIGHTS = Path(__file__).with_name("span_weights.json")
LEAST = 0.1  # probability below which no span is marked: 849 held-out JSQuAD questions never came so low

# Multiplications below which OpenBLAS works in one thread (interface/gemm.c). On a busy machine, waiting for its other
# threads takes 20 ms where the work takes 0.2, and their number changes the last bits of the result.
_ONE_THREAD = 262_144


SENTENCE_FEATURES = 6  # numbers that describe a sentence as a whole, beside those of its spans
_NO_SENTENCE_FEATURES = np.zeros(SENTENCE_FEATURES, dtype=np.float32)
# Medians over JSQuAD's answering sentences: used for a sentence that is marked but was not retrieved.
_USUAL_SENTENCE_FEATURES = np.array([0, 0, 3.5, 0.9, 6.3, 0.5], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class BestSpan:
    """The likeliest answer span of a sentence, `text[start:end]`, and how likely it is.

    `chance` in [0, 1] is the span's, if the sentence contains the answer; `score` is the log-odds of the sentence
    against none of those read with it.
    """

    start: int
    end: int
    chance: float
    score: float


@dataclass(frozen=True, slots=True)
class Ranker:
    """A network of one hidden layer: role vectors of shape (6, roles, hidden), and the rest by its name in the file."""

    roles: Floats = field(repr=False)
    numbers: Floats = field(repr=False)  # shape (features, hidden)
    bias: Floats = field(repr=False)  # shape (hidden,)
    output: Floats = field(repr=False)  # shape (hidden,)

    def scores(self, around: Integers, numbers: Floats) -> Floats:
        """The log-odds, up to a constant, of each span being the answer: shape (n,)."""
        hidden = np.empty((len(numbers), len(self.bias)), dtype=np.float32)
        rows = max(1, _ONE_THREAD // self.numbers.size)
        for start in range(0, len(numbers), rows):
            np.matmul(numbers[start : start + rows], self.numbers, out=hidden[start : start + rows])
        hidden += self.bias
        for column, vectors in enumerate(self.roles):
            hidden += vectors[around[:, column]]
        scores: Floats = (np.maximum(hidden, 0) * self.output).sum(axis=1)
        return scores


def mark(question: str, sentence: str, language: str) -> tuple[int, int] | None:
    """The (start, end) of the answering words in `sentence`, which is in `language`; None if no span is likely."""
    span = best_span(question, sentence, language)
    return span[:2] if span and span[2] >= LEAST else None


def best_span(question: str, sentence: str, language: str) -> tuple[int, int, float] | None:
    """The (start, end) of the likeliest answer in `sentence`, and its chance in [0, 1] if the sentence contains one."""
    if language == "en":
        return best_english_span(question, sentence)
    candidates = spans(sentence)
    if not len(candidates.first):
        return None
    sentence_features = _NO_SENTENCE_FEATURES if wanted(question).foreign else _USUAL_SENTENCE_FEATURES
    reading = _reading(question, candidates, _ranker().scores(*inputs(question, candidates, sentence_features)))
    return reading.start, reading.end, reading.chance


def read(
    question: str, sentences: Sequence[str], sentence_features: Floats, ranker: Ranker | None = None
) -> list[BestSpan | None]:
    """The best span of each of some Japanese sentences; None for a sentence without spans.

    `sentence_features`, of shape (sentences, SENTENCE_FEATURES), describes each as a whole
    (app.answering.read.sentences.ranker_features).
    """
    ranker = ranker or _ranker()
    readings: list[BestSpan | None] = []
    for sentence, row in zip(sentences, sentence_features, strict=True):
        candidates = spans(sentence)
        if len(candidates.first):
            readings.append(_reading(question, candidates, ranker.scores(*inputs(question, candidates, row))))
        else:
            readings.append(None)
    return readings


def inputs(question: str, candidates: Spans, sentence_features: Floats) -> tuple[Integers, Floats]:
    """Input of the ranker for the n spans of a sentence: roles, shape (n, 6), and numbers, shape (n, ·)."""
    around, numbers = features(wanted(question), candidates)
    return around, with_sentence_features(numbers, sentence_features)


def with_sentence_features(numbers: Floats, sentence_features: Floats) -> Floats:
    """The numbers of spans, shape (n, ·), with those of their sentence, shape (SENTENCE_FEATURES,), in each row."""
    whole = np.broadcast_to(sentence_features, (len(numbers), SENTENCE_FEATURES))
    return np.concatenate([numbers, whole], axis=1, dtype=np.float32)


def _reading(question: str, candidates: Spans, scores: Floats) -> BestSpan:
    """The best span and its score from the scores of all spans; a name asked for is widened to its whole quotation."""
    odds = np.exp(scores - scores.max())
    best, total = int(np.argmax(odds)), float(odds.sum())
    start, end = whole_quotation(candidates, best) if wanted(question).naming else candidates.places(best)
    return BestSpan(start, end, float(odds[best]) / total, float(scores.max()) + math.log(total))


@lru_cache(maxsize=1)
def _ranker() -> Ranker:
    return ranker_from_json(json.loads(WEIGHTS.read_text(encoding="utf-8")))


def ranker_from_json(stored: dict[str, str]) -> Ranker:
    """A ranker from the fields of span_weights.json: little-endian float16 in base64."""
    roles, numbers, bias, output = (
        np.frombuffer(base64.b64decode(stored[name]), dtype="<f2").astype(np.float32)
        for name in ("roles", "numbers", "bias", "output")
    )
    hidden = len(output)
    return Ranker(roles.reshape(-1, len(ROLES), hidden), numbers.reshape(-1, hidden), bias, output)


def ranker_to_json(ranker: Ranker) -> dict[str, str]:
    """The weights as the fields of span_weights.json."""
    named = {"roles": ranker.roles, "numbers": ranker.numbers, "bias": ranker.bias, "output": ranker.output}
    return {name: base64.b64encode(values.astype("<f2").tobytes()).decode("ascii") for name, values in named.items()}


_REACH = 5  # tokens beside what the question asks that are compared with those beside a span
_WINDOWS = np.array([3, 6, 12, 24])  # tokens on either side in which matched words are counted
_LONG = 6  # letters above which a word is not worth more


def features(question: Wanted, sentence: Spans) -> tuple[Integers, Floats]:
    """For n spans: the roles of the tokens at their ends, shape (n, 6), and numeric features, shape (n, ·)."""
    words, first, last = sentence.tokens, sentence.first, sentence.last
    around = roles_around(sentence)
    place, match_weights = _matches(question, words)
    groups = [
        form_features(sentence, around),
        _match_features(question, words, place, match_weights, first, last),
        _agreement(question, words, first, last),
        noun_features(question, words, first, last),
        predicate_features(question, words, match_weights, last),
        asked_features(question, len(first)),
    ]
    return around, np.concatenate(groups, axis=1, dtype=np.float32)


def _matches(question: Wanted, words: Sequence[Token]) -> tuple[Floats, Floats]:
    """For each token: place of the matching question word (-1: none), and match weight (1; 0.7 for a part; 0)."""
    place = np.array([question.place_of(token) for token in words], dtype=np.float32)
    partly = [
        token.role in NOUNS and len(token.surface) > 1 and token.surface.lower() in question.folded for token in words
    ]
    return place, np.where(place >= 0, 1.0, np.where(partly, 0.7, 0.0)).astype(np.float32)


def _match_features(
    question: Wanted, words: Sequence[Token], place: Floats, match_weights: Floats, first: Integers, last: Integers
) -> Floats:
    """Matched question words inside, at the ends of, before and after each span, by count and by weight."""
    size = len(words)
    weight = running_sums(match_weights * np.array([min(len(token.surface), _LONG) for token in words]))
    weight /= weight[-1] or 1
    counted = running_sums(match_weights)
    content = running_sums(np.array([token.role in CONTENT for token in words], dtype=np.float32))
    inside = counted[last + 1] - counted[first]
    share = inside / np.maximum(content[last + 1] - content[first], 1)
    breaks = np.array([token.role in {ROLE["comma"], ROLE["stop"]} for token in words])
    clause = np.cumsum(breaks)
    by_clause = np.bincount(clause, weights=np.diff(weight), minlength=int(clause[-1]) + 1)
    before_windows = weight[first][:, None] - weight[np.maximum(first[:, None] - _WINDOWS, 0)]
    after_windows = weight[np.minimum(last[:, None] + 1 + _WINDOWS, size)] - weight[last + 1][:, None]
    rows = [
        inside,
        share,
        share == 0,
        match_weights[first],
        match_weights[last],
        weight[first],
        1 - weight[last + 1],
        by_clause[clause[first]],
        *_nearest(question, place, first, last),
    ]
    return np.concatenate([np.stack(rows, axis=1), before_windows, after_windows], axis=1, dtype=np.float32)


def _nearest(question: Wanted, place: Floats, first: Integers, last: Integers) -> list[NDArray[np.floating]]:
    """Distances to the nearest matched words on both sides, and their distance and side in the question."""
    size = len(place)
    at = np.arange(size)
    before = np.concatenate([[-1], np.maximum.accumulate(np.where(place >= 0, at, -1))])[first]
    after = np.concatenate([np.minimum.accumulate(np.where(place >= 0, at, size)[::-1])[::-1], [size]])[last + 1]
    left = np.where(before < 0, FAR, np.minimum(first - before, FAR))
    right = np.where(after == size, FAR, np.minimum(after - last, FAR))
    places = np.append(place, -1)  # the -1 of none is its last too
    from_left, from_right = question.begin - places[before], places[after] - question.end
    return [
        1 / left,
        1 / right,
        np.log(left),
        np.log(right),
        before < 0,
        after == size,
        np.where(before < 0, 0, np.sign(from_left)),
        np.where(after == size, 0, np.sign(from_right)),
        np.where(before < 0, 0, 1 / (1 + np.abs(from_left))),
        np.where(after == size, 0, 1 / (1 + np.abs(from_right))),
    ]


def _agreement(question: Wanted, words: Sequence[Token], first: Integers, last: Integers) -> Floats:
    """How many tokens beside the span agree with the tokens beside the question word, on each side."""
    text = [token.normalised for token in words]
    question_words = [] if question.foreign else [token.normalised for token in question.tokens]
    asks, used = set(question_words), set(question_words[1:])
    rows = np.zeros((len(text) + 1, 5), dtype=np.float32)
    places = [place for place, word in enumerate(text) if word in asks]  # elsewhere nothing agrees
    for at in {*places, *(place + 1 for place in places)}:
        rows[at] = (
            _agreeing(text, at - 1, question_words, question.begin - 1, -1),
            _agreeing(text, at, question_words, question.bare, 1),
            _agreeing(text, at, question_words, question.end, 1),
            _agreeing(text, at, question_words, 0, 1)
            if question.copular
            else 0,  # …したのは誰か begins after the answer
            at < len(text) and text[at] in used,
        )
    left = rows[first, 0]
    after = rows[last + 1]
    right = after[:, 1:3].max(axis=1)
    both = [left, right, left * right > 0, np.minimum(left + right, 6)]
    return np.concatenate([np.stack(both, 1), after[:, 2:]], axis=1, dtype=np.float32)


def _agreeing(text: Sequence[str], at: int, question: Sequence[str], place: int, step: int) -> int:
    count = 0
    while count < _REACH and 0 <= at < len(text) and 0 <= place < len(question) and text[at] == question[place]:
        count, at, place = count + 1, at + step, place + step
    return count
