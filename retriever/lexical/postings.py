"""Postings: which rows hold a token, and how often: the protocol, and its form on memory-mapped files.

Tokens are 64-bit hashes, so that a vocabulary is one sorted array, searched in place. A posting's weight is the
saturated frequency of the token in the row (BM25 without its IDF), which does not depend on the other rows: rows can
be added without touching those that are there, and IDF belongs to the query.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import load_array, spans

# Passages are of one size: the frequency of a term saturates early, and length says little (tests/benchmarks/LOG.md).
_K1, _B = 0.9, 0.4

Tokens = NDArray[np.uint64]
Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


def hash_tokens(tokens: Iterable[str]) -> Tokens:
    """64-bit hashes of `tokens`, in order, shape (len(tokens),)."""
    return np.array([_hash(token) for token in tokens], dtype=np.uint64)


@lru_cache(maxsize=262_144)
def _hash(token: str) -> int:
    return int.from_bytes(hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=8).digest(), "little")


class Postings(Protocol):
    """The rows of one snapshot by the tokens of one tokenizer. Removed rows count nowhere."""

    def frequencies(self, hashes: Tokens) -> NDArray[np.int64]:
        """How many rows hold each token, shape (len(hashes),)."""
        ...

    def first(self, hashes: Tokens, weights: Scores, k: int) -> Rows:
        """The `k` rows with the highest sums of weight × saturated frequency above 0, in no order."""
        ...

    def scores(self, hashes: Tokens, weights: Scores, rows: Rows) -> Scores:
        """These sums for `rows`, shape (len(rows),)."""
        ...

    def holding(self, hashes: Tokens) -> list[Rows]:
        """The rows that hold each token, ascending."""
        ...

    def tokens(self, rows: Rows) -> tuple[Tokens, NDArray[np.int64]]:
        """The tokens of `rows` in their order, one row after the other, and how many each row has."""
        ...


def best_rows(scores: Scores, k: int) -> Rows:
    """The rows of the `k` highest scores above 0, in no order; of equal scores those with the lowest numbers."""
    matching = np.flatnonzero(scores > 0)
    if len(matching) <= k:
        return matching
    least = np.partition(scores[matching], len(matching) - k)[len(matching) - k]
    above, ties = matching[scores[matching] > least], matching[scores[matching] == least]
    return np.concatenate([above, ties[: k - len(above)]])


@dataclass(frozen=True, slots=True)
class Counted:
    """The distinct tokens of some rows, ascending; token t stands in the rows `starts[t]` to `starts[t + 1]`."""

    vocabulary: Tokens
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    saturation: Scores


def count_tokens(rows: Sequence[Tokens], usual_length: float) -> Counted:
    """Count the tokens of each row; `usual_length`, in tokens, is that of a row of ordinary size."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    flat = np.concatenate(rows) if rows else np.zeros(0, np.uint64)
    vocabulary, ids = np.unique(flat, return_inverse=True)
    owners = np.repeat(np.arange(len(rows)), lengths)
    pairs, frequencies = np.unique(ids * len(rows) + owners, return_counts=True)
    ids, owners = np.divmod(pairs, max(1, len(rows)))
    damping = _K1 * (1 - _B + _B * lengths[owners] / usual_length)
    starts = np.searchsorted(ids, np.arange(len(vocabulary) + 1))
    saturation = (frequencies / (frequencies + damping)).astype(np.float32)
    return Counted(vocabulary, starts.astype(np.int64), owners.astype(np.int32), saturation)


def write_postings(folder: Path, rows: Sequence[Tokens], usual_length: float) -> None:
    """Write the postings of `rows`, the token hashes of each passage, into `folder`."""
    folder.mkdir(parents=True)
    counted = count_tokens(rows, usual_length)
    flat = np.concatenate(rows) if rows else np.zeros(0, np.uint64)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    np.save(folder / "vocabulary.npy", counted.vocabulary)
    np.save(folder / "starts.npy", counted.starts)
    np.save(folder / "rows.npy", counted.rows)
    np.save(folder / "saturation.npy", counted.saturation)
    np.save(folder / "token_ids.npy", np.searchsorted(counted.vocabulary, flat).astype(np.uint32))
    np.save(folder / "token_offsets.npy", offsets)


@dataclass(frozen=True, slots=True)
class FilePostings:
    """The postings of one segment, memory-mapped, with rows counted from the segment's first."""

    counted: Counted
    token_ids: NDArray[np.uint32]
    token_offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.token_offsets) - 1

    def find(self, hashes: Tokens) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Ids of token hashes, and which of them are in the vocabulary; the ids of the others are meaningless."""
        vocabulary = self.counted.vocabulary
        ids = np.searchsorted(vocabulary, hashes)
        known = ids < len(vocabulary)
        known[known] = vocabulary[ids[known]] == hashes[known]
        return ids.astype(np.int64), known

    def column(self, token: int) -> tuple[NDArray[np.int32], Scores]:
        """The rows, ascending, that hold the token with this id, and its saturated frequency in each."""
        place = slice(int(self.counted.starts[token]), int(self.counted.starts[token + 1]))
        return self.counted.rows[place], self.counted.saturation[place]

    def read(self, rows: Rows) -> tuple[Tokens, NDArray[np.int64]]:
        """The tokens of `rows` in their order, and how many each row has."""
        starts = self.token_offsets[rows]
        lengths = self.token_offsets[rows + 1] - starts
        return self.counted.vocabulary[self.token_ids[spans(starts, lengths)]], lengths


def open_postings(folder: Path) -> FilePostings:
    """Open what `write_postings` wrote, memory-mapped."""
    names = ("vocabulary", "starts", "rows", "saturation", "token_ids", "token_offsets")
    vocabulary, starts, rows, saturation, token_ids, token_offsets = (
        load_array(folder / f"{name}.npy", mapped=True) for name in names
    )
    return FilePostings(Counted(vocabulary, starts, rows, saturation), token_ids, token_offsets)
