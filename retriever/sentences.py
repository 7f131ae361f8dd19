"""Vectors of the single sentences of passages: what a passage says best, and which of its sentences says it.

A passage's own vector blurs what one of its sentences says; the best sentence's cosine finds it. Questions in
another language than the text gain most (CHANGELOG.md). Kept as 16-bit floats, memory-mapped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retriever.types import Vectors


def write(folder: Path, vectors: Sequence[Vectors], dimension: int) -> None:
    """Write the vectors of each row's sentences, arrays of shape (sentences, dimension), into `folder`."""
    folder.mkdir(parents=True)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in vectors])]).astype(np.int64)
    flat = np.concatenate(vectors) if vectors else np.zeros((0, dimension), np.float32)
    np.save(folder / "vectors.npy", flat.astype(np.float16))
    np.save(folder / "offsets.npy", offsets)


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Vectors of shape (sentences, dimension); those of a row are `offsets[row]` to `offsets[row + 1]`."""

    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]

    def of(self, row: int) -> Vectors:
        """The vectors of a row's sentences, in order, shape (sentences, dimension)."""
        return self.vectors[self.offsets[row] : self.offsets[row + 1]].astype(np.float32)

    def best(self, vector: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The highest cosine of `vector` and a sentence of each of `rows`, shape (len(rows),)."""
        return best_of(*self.gather(rows), vector)

    def gather(self, rows: NDArray[np.int64]) -> tuple[Vectors, NDArray[np.int64]]:
        """The vectors of all sentences of `rows`, and where each row's begin among them."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        starts = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum())) - np.repeat(starts, lengths) + np.repeat(self.offsets[rows], lengths)
        return self.vectors[places].astype(np.float32), starts


def best_of(vectors: Vectors, starts: NDArray[np.int64], vector: Vectors) -> NDArray[np.float32]:
    """The highest cosine with `vector` in each group of `vectors`; every group has at least one."""
    if not len(starts):
        return np.zeros(0, np.float32)
    return np.asarray(np.maximum.reduceat(vectors @ vector, starts), dtype=np.float32)


def load(folder: Path) -> SentenceVectors:
    """Open what `write` wrote, memory-mapped."""
    return SentenceVectors(np.load(folder / "vectors.npy", mmap_mode="r"), np.load(folder / "offsets.npy"))
