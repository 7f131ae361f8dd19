"""Dense and lexical scores in one sum, each in units of what it knows about the query."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.bm25 import Bm25, first_rows
from retriever.dense import Dense
from retriever.sentences import SentenceVectors, best_of
from retriever.types import Query, Run, Vectors

# Weights of a passage's cosine and of its best sentence's, where the passage is in the query's language and where it
# is not: shared words tell already what single sentences say in the query's own language, so there they count less.
# The middle of a flat optimum on JSQuAD and its questions in English, Chinese and Korean (CHANGELOG.md).
_NATIVE_WEIGHTS, _FOREIGN_WEIGHTS = (0.12, 0.05), (0.10, 0.10)
# What a passage in another language than the query's cannot show in shared words is taken from its cosine: on JSQuAD,
# the right passage shares 0.07 of the query for each standard deviation.
_IMPLIED_COVERAGE = 0.07
_CANDIDATES = 50
_SAMPLE = 256
_LEAST_DEVIATION = 0.01
_PRIOR_PASSAGES = 3

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Background:
    """Vectors of passages at large, by language: what a cosine is measured against.

    A cosine counts by how far it stands above those of passages at large (in standard deviations), which makes
    encoders with narrow and with wide cosines alike; above those in the same language, as encoders place texts of
    one language near each other whatever they say. `languages` has the language of each row, as in `names`.
    """

    names: tuple[str, ...]
    languages: NDArray[np.uint8]
    passages: tuple[Vectors, ...]
    sentences: tuple[tuple[Vectors, NDArray[np.int64]], ...]

    def passage_standing(self, query: Query, rows: Rows, cosines: Scores) -> Scores:
        """How far the cosines of whole passages stand out, in standard deviations, shape (len(rows),)."""
        return self._standing([sample @ query.vector for sample in self.passages], rows, cosines)

    def sentence_standing(self, query: Query, rows: Rows, cosines: Scores) -> Scores:
        """How far the cosines of the passages' best sentences stand out, likewise."""
        return self._standing([best_of(*sample, query.vector) for sample in self.sentences], rows, cosines)

    def foreign(self, query: Query, rows: Rows) -> NDArray[np.bool_]:
        """Which of `rows` are in another language than the query."""
        return np.array([name != query.language for name in self.names])[self.languages[rows]]

    def _standing(self, at_large: list[Scores], rows: Rows, cosines: Scores) -> Scores:
        overall = float(np.concatenate(at_large).mean())
        means = np.array([_mean(values, overall) for values in at_large], dtype=np.float32)
        spread = np.concatenate([values - values.mean() for values in at_large]).std()
        return (cosines - means[self.languages[rows]]) / max(float(spread), _LEAST_DEVIATION)


def _mean(values: Scores, overall: float) -> float:
    """The mean of one language's cosines, drawn towards that of all where there are few: one alone would be its own."""
    return (float(values.sum()) + _PRIOR_PASSAGES * overall) / (len(values) + _PRIOR_PASSAGES)


def background_of(
    dense: Dense, sentences: SentenceVectors, names: Sequence[str], languages: NDArray[np.uint8]
) -> Background:
    """Samples of at most 256 rows of each language, spread evenly over the index."""
    samples = []
    for code in range(len(names)):
        rows = np.flatnonzero(languages == code)
        samples.append(rows[np.unique(np.linspace(0, len(rows) - 1, _SAMPLE).astype(np.int64))])
    return Background(
        names=tuple(names),
        languages=languages,
        passages=tuple(dense.vectors(rows) for rows in samples),
        sentences=tuple(sentences.gather(rows) for rows in samples),
    )


@dataclass(frozen=True, slots=True)
class Fusion:
    """Dense and lexical retrievers over the same rows as one. A score is a weighted mean, mostly in [0, 1]."""

    dense: Dense
    sentences: SentenceVectors
    lexical: Sequence[Bm25]
    background: Background

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` of the rows that any of the retrievers puts among its first, by descending fused score."""
        depth = max(k, _CANDIDATES)
        covered = [one.scores(query.text) for one in self.lexical]
        found = [self.dense.retrieve(query, depth).rows, *(first_rows(scores, depth) for scores in covered)]
        rows = np.unique(np.concatenate(found))
        foreign = self.background.foreign(query, rows)
        passage = self.background.passage_standing(query, rows, self.dense.scores(query, rows))
        sentence = self.background.sentence_standing(query, rows, self.sentences.best(query.vector, rows))
        weights = np.where(foreign[:, None], _FOREIGN_WEIGHTS, _NATIVE_WEIGHTS)
        implied = np.where(foreign, _IMPLIED_COVERAGE * passage, 0)
        coverage = sum(np.maximum(scores[rows], implied) for scores in covered)
        scores = (weights[:, 0] * passage + weights[:, 1] * sentence + coverage) / (1 + len(covered))
        order = np.lexsort((rows, -scores))[:k]
        return Run(rows[order], scores[order].astype(np.float32))
