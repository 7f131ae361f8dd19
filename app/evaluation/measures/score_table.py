"""The scores of a run as columns of numbers: a few hundred bytes a question, whatever the length of its answer."""

import sys
from array import array
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.evaluation.measures.scores import METRICS, VERDICTS, Prediction, Score

Floats = NDArray[np.float64]
BINS = 10
UNSPECIFIED = "unspecified"
_NAMED_FAILURES = 20
_EXTRA = 4  # columns after the metrics: confidence, correct, latency, first rank
_WIDTH = 2 * len(METRICS) + _EXTRA


@dataclass(slots=True)
class ScoreTable:
    """One row per question; `offsets` say at which byte of predictions.jsonl its line begins.

    `failures` names the first questions that failed, and why.
    """

    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    verdicts: bytearray = field(default_factory=bytearray)
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    failures: list[str] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=lambda: {"language": [], "type": [], "document": []})

    def add(self, prediction: Prediction, score: Score, offset: int) -> None:
        """Append a question's score; if the row names no language, the answer's language is taken."""
        question = prediction.question
        for name in METRICS:
            self.numbers.extend(score.parts.get(name, (0.0, 0.0)))
        for number in (score.confidence, score.correct, score.latency_ms, score.first_rank):
            self.numbers.append(np.nan if number is None else float(number))
        self.verdicts.append(VERDICTS.index(score.verdict))
        self.offsets.append(offset)
        if prediction.error is not None and len(self.failures) < _NAMED_FAILURES:
            self.failures.append(f"{question.id}: {prediction.error}")
        language = question.language or (prediction.answer or {}).get("language")
        names = (language, question.type, question.document_id)
        for group, named in zip(self.groups.values(), names, strict=True):
            group.append(sys.intern(named or UNSPECIFIED))

    def columns(self) -> "Columns":
        """All rows so far as arrays that share the table's memory: no row can be added while they exist."""
        table = np.frombuffer(self.numbers, dtype=np.float64).reshape(-1, _WIDTH)
        count = 2 * len(METRICS)
        return Columns(
            numerators=table[:, 0:count:2],
            denominators=table[:, 1:count:2],
            confidence=table[:, count],
            correct=table[:, count + 1],
            latency_ms=table[:, count + 2],
            first_rank=table[:, count + 3],
        )

    def verdict_counts(self) -> dict[str, int]:
        """How many questions got each verdict, in the order of `VERDICTS`."""
        counts = Counter(self.verdicts)
        return {name: counts[number] for number, name in enumerate(VERDICTS)}


@dataclass(frozen=True)
class Columns:
    """Arrays over n questions. `numerators` and `denominators` have shape (n, len(METRICS)), the rest (n,).

    `confidence`, `correct` (0 or 1), `latency_ms` and `first_rank` are NaN where a question has none.
    """

    numerators: Floats
    denominators: Floats
    confidence: Floats
    correct: Floats
    latency_ms: Floats
    first_rank: Floats

    def __len__(self) -> int:
        return len(self.confidence)

    def select(self, rows: NDArray[Any]) -> "Columns":
        """The questions that the indices `rows` name, in their order."""
        return Columns(
            self.numerators[rows],
            self.denominators[rows],
            self.confidence[rows],
            self.correct[rows],
            self.latency_ms[rows],
            self.first_rank[rows],
        )

    def followed_by(self, other: "Columns") -> "Columns":
        """These questions, then those of `other`."""
        return Columns(
            np.concatenate([self.numerators, other.numerators]),
            np.concatenate([self.denominators, other.denominators]),
            np.concatenate([self.confidence, other.confidence]),
            np.concatenate([self.correct, other.correct]),
            np.concatenate([self.latency_ms, other.latency_ms]),
            np.concatenate([self.first_rank, other.first_rank]),
        )

    @cached_property
    def calibration(self) -> Floats:
        """Shape (n, 3 * BINS): answers, summed confidence and right answers in each bin of confidence."""
        table = np.zeros((len(self), 3, BINS))
        rated = np.flatnonzero(~np.isnan(self.confidence))
        bins = np.minimum((self.confidence[rated] * BINS).astype(int), BINS - 1)
        table[rated, 0, bins] = 1
        table[rated, 1, bins] = self.confidence[rated]
        table[rated, 2, bins] = self.correct[rated]
        return table.reshape(len(self), 3 * BINS)
