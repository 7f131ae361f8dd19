"""Which words answer the question, and which sentence holds them: a small learned ranker over sentences' spans.

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

from app.answering.read.span_candidates import ROLES, Integers, Spans, spans, whole_quotation
from app.answering.read.span_english import best_english_span
from app.answering.read.span_features import features
from app.answering.read.span_form import Floats
from app.answering.read.span_question import wanted

WEIGHTS = Path(__file__).with_name("span_weights.json")
LEAST = 0.1  # the chance below which nothing stands out: of 849 held-out questions of JSQuAD none came so low

# Multiplications below which OpenBLAS works in one thread (interface/gemm.c). On a busy machine, waiting for its other
# threads takes 20 ms where the work takes 0.2, and their number changes the last bits of the result.
_ONE_THREAD = 262_144


# What speaks for a sentence as a whole, beside what speaks for its spans.
SIGNS = 6
_NO_SIGNS = np.zeros(SIGNS, dtype=np.float32)
# The median of JSQuAD's sentences that answer: what is taken for one that is marked without having been found.
_USUAL_SIGNS = np.array([0, 0, 3.5, 0.9, 6.3, 0.5], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence gives for an answer: its likeliest span, `text[start:end]`, and how likely.

    `chance` in [0, 1] is the span's, given that the sentence holds the answer; `score` is the log-odds of the sentence
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
    """The (start, end) in `sentence`, which is in `language`, of the words that answer; None where none stand out."""
    found = best_span(question, sentence, language)
    return found[:2] if found and found[2] >= LEAST else None


def best_span(question: str, sentence: str, language: str) -> tuple[int, int, float] | None:
    """The (start, end) of the likeliest answer in `sentence`, and its chance in [0, 1] given that it holds one."""
    if language == "en":
        return best_english_span(question, sentence)
    candidates = spans(sentence)
    if not len(candidates.first):
        return None
    signs = _NO_SIGNS if wanted(question).foreign else _USUAL_SIGNS
    reading = _reading(question, candidates, _ranker().scores(*inputs(question, candidates, signs)))
    return reading.start, reading.end, reading.chance


def read(question: str, sentences: Sequence[str], signs: Floats, ranker: Ranker | None = None) -> list[Reading | None]:
    """What each of some Japanese sentences gives, None where it has no span.

    `signs`, of shape (sentences, SIGNS), is what speaks for each as a whole (app.answering.read.candidates).
    """
    ranker = ranker or _ranker()
    found: list[Reading | None] = []
    for sentence, row in zip(sentences, signs, strict=True):
        candidates = spans(sentence)
        if len(candidates.first):
            found.append(_reading(question, candidates, ranker.scores(*inputs(question, candidates, row))))
        else:
            found.append(None)
    return found


def inputs(question: str, candidates: Spans, signs: Floats) -> tuple[Integers, Floats]:
    """What the ranker sees of each of the n spans of a sentence: roles, shape (n, 6), and numbers, shape (n, ·)."""
    around, numbers = features(wanted(question), candidates)
    return around, with_signs(numbers, signs)


def with_signs(numbers: Floats, signs: Floats) -> Floats:
    """The numbers of spans, shape (n, ·), with the signs of their sentence, shape (SIGNS,), in each row."""
    whole = np.broadcast_to(signs, (len(numbers), SIGNS))
    return np.concatenate([numbers, whole], axis=1, dtype=np.float32)


def _reading(question: str, candidates: Spans, scores: Floats) -> Reading:
    """What the scores of a sentence's spans come to. A name that is asked for is the whole of a quotation."""
    odds = np.exp(scores - scores.max())
    best, total = int(np.argmax(odds)), float(odds.sum())
    start, end = whole_quotation(candidates, best) if wanted(question).naming else candidates.places(best)
    return Reading(start, end, float(odds[best]) / total, float(scores.max()) + math.log(total))


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
    """The fields of span_weights.json that hold the weights."""
    named = {"roles": ranker.roles, "numbers": ranker.numbers, "bias": ranker.bias, "output": ranker.output}
    return {name: base64.b64encode(values.astype("<f2").tobytes()).decode("ascii") for name, values in named.items()}
