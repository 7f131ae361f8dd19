"""BM25 and term proximity over the postings of one tokenizer (Robertson's BM25 with Lucene's IDF)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import spans
from retriever.lexical.postings import Postings, Rows, Scores, Tokens, hash_tokens

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
