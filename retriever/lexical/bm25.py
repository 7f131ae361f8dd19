"""BM25 over one way of tokenising, on files that open without being read.

Scores are bm25s's (Lù 2024, BM25S; Lucene's variant of Robertson's BM25). Tokens are kept as 64-bit
hashes, so that the vocabulary is one sorted array that is searched in place.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.types import Query, Run

Tokens = NDArray[np.uint64]
Tokenizer = Callable[[str], list[str]]
# Short passages of one size: term frequency saturates early and length says little (measured: CHANGELOG.md).
_K1, _B = 0.9, 0.4


def hash_tokens(tokens: Iterable[str]) -> Tokens:
    """The 64-bit hashes of `tokens`, shape (len(tokens),), in order."""
    return np.array([_hash(token) for token in tokens], dtype=np.uint64)


@lru_cache(maxsize=262_144)
def _hash(token: str) -> int:
    return int.from_bytes(hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def write(folder: Path, rows: Sequence[Tokens]) -> None:
    """Write the index of passages given as their token hashes, one array a row, into `folder`."""
    import bm25s

    folder.mkdir(parents=True)
    flat = np.concatenate(rows) if rows else np.zeros(0, np.uint64)
    vocabulary, ids = np.unique(flat, return_inverse=True)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    np.save(folder / "vocabulary.npy", vocabulary)
    np.save(folder / "token_ids.npy", ids.astype(np.uint32))
    np.save(folder / "token_offsets.npy", offsets)
    if not len(vocabulary):
        return
    model = bm25s.BM25(k1=_K1, b=_B)
    lists = [ids[offsets[row] : offsets[row + 1]].tolist() for row in range(len(rows))]
    model.index((lists, {str(i): i for i in range(len(vocabulary))}), show_progress=False)
    model.vocab_dict = {}  # the sorted hashes stand for it
    model.save(folder, show_progress=False)


def first_rows(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The rows of the `k` highest scores above 0, in no order."""
    found = np.flatnonzero(scores)
    return found if len(found) <= k else found[np.argpartition(-scores[found], k)[:k]]


@dataclass(frozen=True, slots=True)
class Columns:
    """The scores that bm25s has computed, by token.

    Those of token t, and the rows that hold it, are the entries `starts[t]` to `starts[t + 1]`. They are read without
    bm25s, whose import takes longer than a question.
    """

    values: NDArray[np.float32]
    rows: NDArray[np.int32]
    starts: NDArray[np.int64]

    def sum(self, ids: NDArray[np.int64], count: int) -> NDArray[np.float32]:
        """The summed scores of tokens for each of `count` rows."""
        total = np.zeros(count, np.float32)
        for start, end in zip(self.starts[ids], self.starts[ids + 1], strict=True):
            total[self.rows[start:end]] += self.values[start:end]  # a row stands once in a column
        return total

    def lengths(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many rows hold each token."""
        return self.starts[ids + 1] - self.starts[ids]


@dataclass(frozen=True, slots=True)
class Bm25:
    """The lexical retriever of one tokenizer. A score is the share of the query's weight that a passage holds.

    BM25 sums idf × saturated frequency over the query's tokens; divided by the sum of idf over all of them,
    known or not, it lies in [0, 1) and says how much of the question the passage covers.
    """

    tokenizer: Tokenizer
    columns: Columns
    vocabulary: Tokens
    token_ids: NDArray[np.uint32]
    token_offsets: NDArray[np.int64]

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` rows that share a token with the query, by descending score."""
        scores = self.scores(query.text)
        found = first_rows(scores, k)
        order = np.lexsort((found, -scores[found]))
        return Run(found[order], scores[found][order])

    def scores(self, text: str) -> NDArray[np.float32]:
        """The score of every row for `text`, shape (rows,), in [0, 1)."""
        ids, known = self._lookup(text)
        count = len(self.token_offsets) - 1
        if not known.any():
            return np.zeros(count, np.float32)
        return self.columns.sum(ids[known], count) / np.float32(self.idf_of(ids, known).sum())

    def idf(self, tokens: Sequence[str]) -> NDArray[np.float64]:
        """Lucene's idf of each token, shape (len(tokens),); a token that no passage holds has the highest."""
        hashes = hash_tokens(tokens)
        return self.idf_of(*self.find(hashes))

    def knows(self, tokens: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the tokens any passage holds, shape (len(tokens),)."""
        return self.find(hash_tokens(tokens))[1]

    def row_tokens(self, row: int) -> Tokens:
        """The token hashes of a row, in order."""
        return self.vocabulary[self.token_ids[self.token_offsets[row] : self.token_offsets[row + 1]]]

    def _lookup(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        return self.find(np.unique(hash_tokens(self.tokenizer(text))))

    def find(self, hashes: Tokens) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The ids of token hashes, and which of them any passage holds; the ids of the others mean nothing."""
        ids = np.searchsorted(self.vocabulary, hashes)
        known = ids < len(self.vocabulary)
        known[known] = self.vocabulary[ids[known]] == hashes[known]
        return ids.astype(np.int64), known

    def idf_of(self, ids: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Lucene's idf of what `find` gave."""
        frequencies = np.zeros(len(ids))
        frequencies[known] = self.columns.lengths(ids[known])
        count = len(self.token_offsets) - 1
        return np.log1p((count - frequencies + 0.5) / (frequencies + 0.5))


def load(folder: Path, tokenizer: Tokenizer) -> Bm25:
    """Open the index in `folder`, memory-mapped."""

    def array(name: str) -> Any:
        return np.load(folder / f"{name}.npy", mmap_mode="r")

    vocabulary = array("vocabulary")
    # bm25s writes nothing where there is no token
    columns = [array(f"{name}.csc.index") for name in ("data", "indices", "indptr")] if len(vocabulary) else []
    return Bm25(
        tokenizer,
        Columns(*columns)
        if columns
        else Columns(np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(1, np.int64)),
        vocabulary,
        array("token_ids"),
        array("token_offsets"),
    )
