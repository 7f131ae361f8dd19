"""Vectors of passages (FAISS: exact up to 100,000, an HNSW graph above) and of their single sentences.

A passage's vector blurs what one of its sentences says; the cosine of its best sentence finds it. Questions in another
language than the text gain most (tests/benchmarks/LOG.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.types import Query, Run, Vectors

EXACT_PASSAGES = 100_000
# Malkov & Yashunin (2016): links a node, and the breadth of the search when building and when asking.
_LINKS, _BUILD_BREADTH, _SEARCH_BREADTH = 32, 200, 256


def write(path: Path, vectors: Vectors, *, exact_passages: int = EXACT_PASSAGES) -> str:
    """Write the index of unit `vectors`, shape (rows, dimension); returns its kind, "flat" or "hnsw".

    Raises OSError where it cannot be written.
    """
    import faiss

    rows, dimension = vectors.shape
    is_exact = rows <= exact_passages
    index: Any
    if is_exact:
        index = faiss.IndexFlatIP(dimension)
    else:
        index = faiss.IndexHNSWFlat(dimension, _LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _BUILD_BREADTH
        index.hnsw.efSearch = _SEARCH_BREADTH
    index.add(vectors)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # what faiss makes of any failed write
        raise OSError(str(error)) from error
    return "flat" if is_exact else "hnsw"


@dataclass(frozen=True, slots=True)
class Dense:
    """The dense retriever; a score is the cosine of the query's and the passage's vectors."""

    index: Any  # a faiss index

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` rows by descending cosine; rows of equal score by their number."""
        scores, rows = self.index.search(query.vector.reshape(1, -1), max(1, min(k, self.index.ntotal)))
        valid = rows[0] >= 0
        order = np.lexsort((rows[0][valid], -scores[0][valid]))
        return Run(rows[0][valid][order].astype(np.int64), scores[0][valid][order].astype(np.float32))

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """The vectors of `rows`, shape (len(rows), dimension)."""
        if not len(rows):
            return np.zeros((0, self.index.d), np.float32)
        return np.asarray(self.index.reconstruct_batch(rows), dtype=np.float32)

    def scores(self, query: Query, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosines of the query's vector and those of `rows`, shape (len(rows),)."""
        return np.asarray(self.vectors(rows) @ query.vector, dtype=np.float32)


def load(path: Path) -> Dense:
    """Open the index at `path`, memory-mapped."""
    import faiss

    return Dense(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))


def write_sentences(folder: Path, vectors: Sequence[Vectors], dimension: int) -> None:
    """Write the vectors of each row's sentences, arrays of shape (sentences, dimension), as float16 into `folder`."""
    folder.mkdir(parents=True)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in vectors])]).astype(np.int64)
    flat = np.concatenate(vectors) if vectors else np.zeros((0, dimension), np.float32)
    np.save(folder / "vectors.npy", flat.astype(np.float16))
    np.save(folder / "offsets.npy", offsets)


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Vectors of all sentences, shape (sentences, dimension); row r has `offsets[r]` to `offsets[r + 1]`."""

    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]

    def of(self, row: int) -> Vectors:
        """Vectors of the sentences of `row`, in order, shape (sentences, dimension)."""
        return self.vectors[self.offsets[row] : self.offsets[row + 1]].astype(np.float32)

    def best(self, vector: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine of `vector` and the best sentence of each of `rows`, shape (len(rows),)."""
        return best_of(*self.gather(rows), vector)

    def gather(self, rows: NDArray[np.int64]) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors of all sentences of `rows`, and the start of each row among them."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        starts = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum())) - np.repeat(starts, lengths) + np.repeat(self.offsets[rows], lengths)
        return self.vectors[places].astype(np.float32), starts


def best_of(vectors: Vectors, starts: NDArray[np.int64], vector: Vectors) -> NDArray[np.float32]:
    """Highest cosine with `vector` in each non-empty group of `vectors` that begins at `starts`."""
    if not len(starts):
        return np.zeros(0, np.float32)
    return np.asarray(np.maximum.reduceat(vectors @ vector, starts), dtype=np.float32)


def load_sentences(folder: Path) -> SentenceVectors:
    """Open what `write_sentences` wrote, memory-mapped."""
    return SentenceVectors(np.load(folder / "vectors.npy", mmap_mode="r"), np.load(folder / "offsets.npy"))
