"""Vectors of passages (FAISS: exact up to 100,000, an HNSW graph above) and of their single sentences, on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import load_array, spans
from retriever.lexical.postings import Rows, Scores
from retriever.types import Vectors

EXACT_PASSAGES = 100_000
# Malkov & Yashunin (2016): links a node, and the breadth of the search when building and when asking.
_LINKS, _BUILD_BREADTH, _SEARCH_BREADTH = 32, 200, 256


def write_vectors(path: Path, vectors: Vectors, *, exact_passages: int = EXACT_PASSAGES) -> str:
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
    """Vectors of the rows of one segment; a score is the cosine of two vectors."""

    index: Any  # a faiss index

    def nearest(self, vector: Vectors, k: int, live: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """At most `k` rows by descending cosine, those of equal cosine by their number; of `live` rows only."""
        parameters = None if live is None else self._only(live)
        count = max(1, min(k, self.index.ntotal))
        scores, rows = self.index.search(vector.reshape(1, -1), count, params=parameters)
        valid = rows[0] >= 0
        order = np.lexsort((rows[0][valid], -scores[0][valid]))
        return rows[0][valid][order].astype(np.int64), scores[0][valid][order].astype(np.float32)

    def _only(self, live: NDArray[np.bool_]) -> Any:
        """What tells FAISS to search these rows only."""
        import faiss

        engine: Any = faiss  # whose types leave these out
        selector = engine.IDSelectorBatch(np.flatnonzero(live))
        if isinstance(self.index, engine.IndexHNSW):
            return engine.SearchParametersHNSW(sel=selector, efSearch=_SEARCH_BREADTH)
        return engine.SearchParameters(sel=selector)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`, shape (len(rows), dimension)."""
        if not len(rows):
            return np.zeros((0, self.index.d), np.float32)
        return np.asarray(self.index.reconstruct_batch(rows), dtype=np.float32)


def load_vectors(path: Path) -> Dense:
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
    """Vectors of all sentences of a segment, shape (sentences, dimension); row r has `offsets[r]` to `offsets[r + 1]`.

    They are stored as float16 and returned as float32.
    """

    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]

    def read(self, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors of all sentences of `rows`, one row after the other, and how many each row has."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        return self.vectors[spans(starts, lengths)].astype(np.float32), lengths


def load_sentences(folder: Path) -> SentenceVectors:
    """Open what `write_sentences` wrote, memory-mapped."""
    return SentenceVectors(load_array(folder / "vectors.npy", mapped=True), load_array(folder / "offsets.npy"))
