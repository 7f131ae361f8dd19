"""BM25 and term proximity over one tokenizer, on memory-mapped files.

Scores are computed by bm25s (Lù 2024, BM25S; Lucene's variant of Robertson's BM25). Tokens are stored as 64-bit
hashes, so that the vocabulary is one sorted array, searched in place.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.types import Query, Run

REACH = 20  # tokens: about a sentence, the window of `term_overlap`
_FAR = np.int64(1) << 40

Tokens = NDArray[np.uint64]
Shares = NDArray[np.float32]
Tokenizer = Callable[[str], list[str]]
# Short passages of one size: term frequency saturates early and length says little (tests/benchmarks/LOG.md).
_K1, _B = 0.9, 0.4


def hash_tokens(tokens: Iterable[str]) -> Tokens:
    """64-bit hashes of `tokens`, in order, shape (len(tokens),)."""
    return np.array([_hash(token) for token in tokens], dtype=np.uint64)


@lru_cache(maxsize=262_144)
def _hash(token: str) -> int:
    return int.from_bytes(hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def write(folder: Path, rows: Sequence[Tokens]) -> None:
    """Write the index of `rows`, the token hashes of each passage, into `folder`."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # its import asks for DEBUG, whatever the program wants
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
    matching = np.flatnonzero(scores)
    return matching if len(matching) <= k else matching[np.argpartition(-scores[matching], k)[:k]]


@dataclass(frozen=True, slots=True)
class Columns:
    """bm25s's scores as sparse columns: token t has the rows and values at `starts[t]` to `starts[t + 1]`.

    Read without bm25s, whose import takes longer than a question.
    """

    values: NDArray[np.float32]
    rows: NDArray[np.int32]
    starts: NDArray[np.int64]

    def sum(self, ids: NDArray[np.int64], count: int) -> NDArray[np.float32]:
        """The sum of the columns `ids`, shape (count,)."""
        total = np.zeros(count, np.float32)
        for start, end in zip(self.starts[ids], self.starts[ids + 1], strict=True):
            total[self.rows[start:end]] += self.values[start:end]  # a row stands once in a column
        return total

    def lengths(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many rows hold each token."""
        return self.starts[ids + 1] - self.starts[ids]


@dataclass(frozen=True, slots=True)
class Bm25:
    """The lexical retriever of one tokenizer. A score is BM25 divided by the query's total IDF, in [0, 1).

    BM25 sums IDF × saturated frequency over the query's tokens; the division (over all tokens, known or not) makes it
    the share of the question that a passage covers.
    """

    tokenizer: Tokenizer
    columns: Columns
    vocabulary: Tokens
    token_ids: NDArray[np.uint32]
    token_offsets: NDArray[np.int64]

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` rows that share a token with the query, by descending score, then by row."""
        scores = self.scores(query.text)
        rows = first_rows(scores, k)
        order = np.lexsort((rows, -scores[rows]))
        return Run(rows[order], scores[rows][order])

    def scores(self, text: str) -> NDArray[np.float32]:
        """The score of every row for `text`, shape (rows,), in [0, 1)."""
        ids, known = self._lookup(text)
        count = len(self.token_offsets) - 1
        if not known.any():
            return np.zeros(count, np.float32)
        return self.columns.sum(ids[known], count) / np.float32(self.idf_of(ids, known).sum())

    def idf(self, tokens: Sequence[str]) -> NDArray[np.float64]:
        """Lucene's IDF of each token, shape (len(tokens),); highest for a token in no passage."""
        hashes = hash_tokens(tokens)
        return self.idf_of(*self.find(hashes))

    def knows(self, tokens: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the tokens occur in any passage, shape (len(tokens),)."""
        return self.find(hash_tokens(tokens))[1]

    def row_tokens(self, row: int) -> Tokens:
        """The token hashes of a row, in order."""
        return self.vocabulary[self.token_ids[self.token_offsets[row] : self.token_offsets[row + 1]]]

    def _lookup(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        return self.find(np.unique(hash_tokens(self.tokenizer(text))))

    def find(self, hashes: Tokens) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Ids of token hashes, and which of them are in the vocabulary; the ids of the others are meaningless."""
        ids = np.searchsorted(self.vocabulary, hashes)
        known = ids < len(self.vocabulary)
        known[known] = self.vocabulary[ids[known]] == hashes[known]
        return ids.astype(np.int64), known

    def idf_of(self, ids: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Lucene's IDF of tokens by the result of `find`."""
        frequencies = np.zeros(len(ids))
        frequencies[known] = self.columns.lengths(ids[known])
        count = len(self.token_offsets) - 1
        return np.log1p((count - frequencies + 0.5) / (frequencies + 0.5))


def term_overlap(lexical: Bm25, tokens: Sequence[str], rows: NDArray[np.int64]) -> tuple[Shares, Shares]:
    """Overlap of query `tokens` with each of `rows`, as shares of their IDF in [0, 1]: (whole, close).

    `whole` counts the tokens anywhere in the passage, `close` the most that any `REACH` successive tokens hold; both
    of shape (len(rows),). BM25 sums term weights by frequency; whether all of a question's words occur in one place
    says more about the topic (term proximity: Tao and Zhai 2007; measured in tests/benchmarks/LOG.md).
    """
    places, which, owners, idf = _matches(lexical, tokens, rows)
    whole, close = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    if not len(places):
        return whole, close
    inside = _next_places(places, which, len(idf)) < places + REACH
    np.maximum.at(close, owners, (idf / idf.sum()) @ inside)
    present = np.zeros((len(rows), len(idf)), dtype=bool)
    present[owners, which] = True
    whole[:] = present @ (idf / idf.sum())
    return whole, close


def _matches(
    lexical: Bm25, tokens: Sequence[str], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Each match of a token in a row: its position (rows `_FAR` apart), token, row; and the IDF of each token."""
    wanted = np.unique(hash_tokens(tokens))
    ids, known = lexical.find(wanted)
    idf = lexical.idf_of(ids, known)
    starts, ends = lexical.token_offsets[rows], lexical.token_offsets[rows + 1]
    lengths = ends - starts
    owners = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    in_rows = lexical.token_ids[within + np.repeat(starts, lengths)].astype(np.int64)
    order = np.flatnonzero(known)  # the vocabulary is sorted as `wanted` is, so known ids ascend
    places = np.searchsorted(ids[order], in_rows)
    is_match = (places < len(order)) & (ids[order][np.minimum(places, len(order) - 1)] == in_rows) if len(order) else []
    matches = np.flatnonzero(is_match)
    return within[matches] + owners[matches] * _FAR, order[places[matches]], owners[matches], idf


def _next_places(places: NDArray[np.int64], which: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """For each token and match, the first position of the token at or after the match, shape (count, matches)."""
    at = np.full((count, len(places)), np.iinfo(np.int64).max)
    at[which, np.arange(len(places))] = places
    return np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]


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
