"""How much of a query a passage holds at all, and how much of it close together.

BM25 adds up what words weigh by how often they stand; whether all of a question's words stand in a passage, and in one
place of it, says more on what it is about (term proximity: Tao and Zhai 2007; measured: CHANGELOG.md).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retriever.lexical.bm25 import Bm25, hash_tokens

REACH = 20  # tokens that are "close together": about a sentence
_FAR = np.int64(1) << 40

Shares = NDArray[np.float32]


def closeness(lexical: Bm25, tokens: Sequence[str], rows: NDArray[np.int64]) -> tuple[Shares, Shares]:
    """Two shares of the weight of `tokens` (their idf) for each of `rows`, both in [0, 1], shape (len(rows),).

    The first is what the passage holds, the second the most that any `REACH` successive tokens of it hold.
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
    """Where the rows hold the tokens: places (rows far apart), which token, whose row; and the idf of each token."""
    wanted = np.unique(hash_tokens(tokens))
    ids, known = lexical.find(wanted)
    idf = lexical.idf_of(ids, known)
    starts, ends = lexical.token_offsets[rows], lexical.token_offsets[rows + 1]
    lengths = ends - starts
    owners = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    held = lexical.token_ids[within + np.repeat(starts, lengths)].astype(np.int64)
    order = np.flatnonzero(known)  # the vocabulary is sorted as `wanted` is, so known ids ascend
    found = np.searchsorted(ids[order], held)
    is_match = (found < len(order)) & (ids[order][np.minimum(found, len(order) - 1)] == held) if len(order) else []
    matches = np.flatnonzero(is_match)
    return within[matches] + owners[matches] * _FAR, order[found[matches]], owners[matches], idf


def _next_places(places: NDArray[np.int64], which: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """For each token and each match, the first place at or after the match that holds the token, shape (count, m)."""
    at = np.full((count, len(places)), np.iinfo(np.int64).max)
    at[which, np.arange(len(places))] = places
    return np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]
