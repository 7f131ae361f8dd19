"""Dense and lexical scores in one sum, each in units of what it knows about the query."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.bm25 import Bm25
from retriever.dense import Dense
from retriever.types import Query, Run, Vectors

# A passage's cosine counts by how far it stands above those of passages at large (in standard deviations), which
# makes encoders with narrow and with wide cosines alike. A lexical score is the share of the query that a passage
# covers, so that a query whose words the index hardly knows is left to the encoder.
# The weight is the middle of the flat optimum on JSQuAD (CHANGELOG.md).
DENSE_WEIGHT = 0.17
# What a passage in another language than the query's cannot show in shared words is taken from its cosine: on JSQuAD,
# the right passage shares 0.07 of the query for each standard deviation.
_IMPLIED_COVERAGE = 0.07
_CANDIDATES = 50
_SAMPLE = 256
_LEAST_DEVIATION = 0.01


@dataclass(frozen=True, slots=True)
class Background:
    """Vectors of passages at large, by language; `languages` has the language of each row, as in `names`."""

    names: tuple[str, ...]
    languages: NDArray[np.uint8]
    samples: tuple[Vectors, ...]

    def standardised(self, query: Query, rows: NDArray[np.int64], cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosines of `rows` as standard deviations above the mean of the passages in the same language.

        Encoders place texts of one language near each other whatever they say; the means take that out.
        """
        cosines_at_large = [sample @ query.vector for sample in self.samples]
        means = np.array([values.mean() for values in cosines_at_large], dtype=np.float32)
        spread = np.concatenate([values - values.mean() for values in cosines_at_large]).std()
        return (cosines - means[self.languages[rows]]) / max(float(spread), _LEAST_DEVIATION)

    def foreign(self, query: Query, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of `rows` are in another language than the query."""
        return np.array([name != query.language for name in self.names])[self.languages[rows]]


def background_of(dense: Dense, names: Sequence[str], languages: NDArray[np.uint8]) -> Background:
    """Samples of at most 256 rows of each language, spread evenly over the index."""
    samples = []
    for code in range(len(names)):
        rows = np.flatnonzero(languages == code)
        samples.append(dense.vectors(rows[np.unique(np.linspace(0, len(rows) - 1, _SAMPLE).astype(np.int64))]))
    return Background(tuple(names), languages, tuple(samples))


@dataclass(frozen=True, slots=True)
class Fusion:
    """Dense and lexical retrievers over the same rows as one. A score is a weighted mean, mostly in [0, 1]."""

    dense: Dense
    lexical: Sequence[Bm25]
    background: Background

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` of the rows that any of the retrievers puts among its first, by descending fused score."""
        depth = max(k, _CANDIDATES)
        covered = [one.scores(query.text) for one in self.lexical]
        found = [self.dense.retrieve(query, depth).rows, *(_first(scores, depth) for scores in covered)]
        rows = np.unique(np.concatenate(found))
        standing = self.background.standardised(query, rows, self.dense.scores(query, rows))
        implied = np.where(self.background.foreign(query, rows), _IMPLIED_COVERAGE * standing, 0)
        coverage = sum(np.maximum(scores[rows], implied) for scores in covered)
        scores = (DENSE_WEIGHT * standing + coverage) / (1 + len(covered))
        order = np.lexsort((rows, -scores))[:k]
        return Run(rows[order], scores[order].astype(np.float32))


def _first(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The rows of the `k` highest scores above 0, in no order."""
    found = np.flatnonzero(scores)
    return found if len(found) <= k else found[np.argpartition(-scores[found], k)[:k]]
