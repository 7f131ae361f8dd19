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
# covers, so a question in another language than the text, whose words the index hardly knows, is left to the encoder.
# The weight is the middle of the flat optimum on JSQuAD (CHANGELOG.md).
DENSE_WEIGHT = 0.17
_CANDIDATES = 50
_SAMPLE = 256


@dataclass(frozen=True, slots=True)
class Fusion:
    """Dense and lexical retrievers over the same rows as one. A score is a weighted mean, mostly in [0, 1]."""

    dense: Dense
    lexical: Sequence[Bm25]
    sample: Vectors

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` of the rows that any of the retrievers puts among its first, by descending fused score."""
        depth = max(k, _CANDIDATES)
        covered = [one.scores(query.text) for one in self.lexical]
        found = [self.dense.retrieve(query, depth).rows, *(_first(scores, depth) for scores in covered)]
        rows = np.unique(np.concatenate(found))
        scores = DENSE_WEIGHT * self.standardised(query, self.dense.scores(query, rows))
        scores = (scores + sum(one[rows] for one in covered)) / (1 + len(covered))
        order = np.lexsort((rows, -scores))[:k]
        return Run(rows[order], scores[order].astype(np.float32))

    def standardised(self, query: Query, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """`cosines` as standard deviations above the mean cosine of the query with a sample of the passages."""
        background = self.sample @ query.vector
        return np.asarray((cosines - background.mean()) / max(float(background.std()), 0.01), dtype=np.float32)


def sample_of(dense: Dense, count: int) -> Vectors:
    """Vectors of at most 256 rows spread evenly over `count`, shape (n, dimension)."""
    return dense.vectors(np.unique(np.linspace(0, count - 1, min(count, _SAMPLE)).astype(np.int64)))


def _first(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The rows of the `k` highest scores above 0, in no order."""
    found = np.flatnonzero(scores)
    return found if len(found) <= k else found[np.argpartition(-scores[found], k)[:k]]
