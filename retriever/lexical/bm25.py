"""BM25 and term proximity over postings: which rows contain a token, and how often.

Tokens are 64-bit hashes, so that a vocabulary is one sorted array, searched in place. A posting's weight is the
saturated frequency of the token in the row (BM25 without its IDF), which does not depend on the other rows: rows can
be added without touching those that are there, and IDF belongs to the query. BM25 is Robertson's, with Lucene's IDF.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retriever.files import load_array

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
        """How many rows contain each token, shape (len(hashes),)."""
        ...

    def first(self, hashes: Tokens, weights: Scores, k: int) -> Rows:
        """The `k` rows with the highest sums of weight × saturated frequency above 0, in no order."""
        ...

    def scores(self, hashes: Tokens, weights: Scores, rows: Rows) -> Scores:
        """The sums of weight × saturated frequency for `rows`, shape (len(rows),)."""
        ...

    def holding(self, hashes: Tokens) -> list[Rows]:
        """The rows that contain each token, ascending."""
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
    """The distinct tokens of some rows, ascending; token t is in `rows[starts[t]:starts[t + 1]]`.

    `saturation` holds the saturated frequency of the token in each of `rows`.
    """

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
        """The rows, ascending, that contain the token with this id, and its saturated frequency in each."""
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


def spans(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenated ranges: from each of `starts`, as many successive numbers as `lengths` says."""
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths), dtype=np.int64)


def split_rows(flat: NDArray[Any], lengths: NDArray[np.int64]) -> list[NDArray[Any]]:
    """The rows of a flat array, each as long as `lengths` says."""
    ends = np.cumsum(lengths).tolist()
    return [flat[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]


REACH = 20  # tokens: about a sentence, the window of `term_overlap`
_FAR = np.int64(1) << 40

Tokenizer = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Bm25:
    """The lexical retriever of one tokenizer. A score is BM25 divided by the query's total IDF, in [0, 1).

    BM25 sums IDF × saturated frequency over the query's tokens; the division (over all tokens, known or not) makes it
    the share of the question that a passage covers. `count` is the number of passages.
    """

    tokenizer: Tokenizer
    postings: Postings
    count: int

    def first(self, text: str, k: int) -> Rows:
        """The `k` rows with the highest scores above 0 for `text`, in no order."""
        return self.postings.first(*self._weighted(text), k)

    def scores(self, text: str, rows: Rows) -> Scores:
        """The scores of `rows` for `text`, shape (len(rows),), in [0, 1)."""
        return self.postings.scores(*self._weighted(text), rows)

    def idf(self, tokens: Sequence[str]) -> NDArray[np.float64]:
        """Lucene's IDF of each token, shape (len(tokens),); highest for a token in no passage."""
        return self.idf_of(hash_tokens(tokens))

    def knows(self, tokens: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the tokens occur in any passage, shape (len(tokens),)."""
        return self.postings.frequencies(hash_tokens(tokens)) > 0

    def idf_of(self, hashes: Tokens) -> NDArray[np.float64]:
        """Lucene's IDF of token hashes, shape (len(hashes),)."""
        return self._idf(self.postings.frequencies(hashes))

    def _idf(self, frequencies: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.log1p((self.count - frequencies + 0.5) / (frequencies + 0.5))

    def _weighted(self, text: str) -> tuple[Tokens, Scores]:
        """The known tokens of a text, each once, and the share of each in the text's total IDF."""
        hashes = np.unique(hash_tokens(self.tokenizer(text)))
        frequencies = self.postings.frequencies(hashes)
        idf, known = self._idf(frequencies), frequencies > 0
        return hashes[known], (idf[known] / max(idf.sum(), 1e-9)).astype(np.float32)


def term_overlap(lexical: Bm25, tokens: Sequence[str], rows: Rows) -> tuple[Scores, Scores]:
    """Overlap of query `tokens` with each of `rows`, as shares of their IDF in [0, 1]: (whole, close).

    `whole` counts the tokens anywhere in the passage, `close` the most that any `REACH` successive tokens hold; both
    of shape (len(rows),). BM25 sums term weights by frequency; whether all of a question's words occur in one place
    says more about the topic (term proximity: Tao and Zhai 2007; measured in tests/benchmarks/LOG.md).
    """
    wanted = np.unique(hash_tokens(tokens))
    idf = lexical.idf_of(wanted)
    places, which, owners = _matches(*lexical.postings.tokens(rows), wanted)
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
    in_rows: Tokens, lengths: NDArray[np.int64], wanted: Tokens
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each match of a token of `wanted`, ascending, in a row: its position (rows `_FAR` apart), token and row."""
    which = np.searchsorted(wanted, in_rows)
    matches = np.flatnonzero(wanted[np.minimum(which, len(wanted) - 1)] == in_rows if len(wanted) else [])
    owners = np.repeat(np.arange(len(lengths)), lengths)[matches]
    within = spans(np.zeros_like(lengths), lengths)[matches]
    return within + owners * _FAR, which[matches], owners


def _next_places(places: NDArray[np.int64], which: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """For each token and match, the first position of the token at or after the match, shape (count, matches)."""
    at = np.full((count, len(places)), np.iinfo(np.int64).max)
    at[which, np.arange(len(places))] = places
    return np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]
