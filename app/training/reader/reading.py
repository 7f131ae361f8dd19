"""What a trained reader makes of passages: whether each answers, in which sentence, and by which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.training.reader.model import Reader
from app.training.reader.pairs import Pair, padded, pair
from ingest.structure.sentences import spans as sentence_spans

_LONGEST_ANSWER = 40  # tokens
_LONGEST = 400  # tokens of a sequence; what is longer is cut off
_TOGETHER = 4  # pairs of like length that are read at once


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage as read with a question.

    `relevance` is the log-odds that it answers; `span` the (start, end) in its text of the likeliest answer, and
    `certainty` the log-odds of that against "no answer"; `sentences` the (start, end, share) of each of its sentences,
    the shares of the answer's first and last token together, which sum to 1.
    """

    relevance: float
    span: tuple[int, int]
    certainty: float
    sentences: tuple[tuple[int, int, float], ...]


def read(reader: Reader, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
    """What the reader makes of each (context, text), in their order."""
    pairs = [pair(question, context, text, _LONGEST) for context, text in passages]
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].ids))
    readings: dict[int, Reading] = {}
    with torch.inference_mode():
        for start in range(0, len(order), _TOGETHER):
            places = order[start : start + _TOGETHER]
            ids, lengths = padded([pairs[place] for place in places])
            spans, relevance = reader(ids, lengths)
            for row, place in enumerate(places):
                readings[place] = _reading(pairs[place], passages[place][1], spans[row], float(relevance[row]))
    return [readings[place] for place in range(len(pairs))]


def _reading(read_pair: Pair, text: str, spans: Tensor, relevance: float) -> Reading:
    offsets = read_pair.offsets
    if not offsets:
        return Reading(relevance, (0, 0), 0.0, ((0, len(text), 1.0),))
    inside = spans[read_pair.first : read_pair.first + len(offsets)].numpy().astype(np.float64)
    first, last, score = _best_span(inside)
    none = float(spans[0].sum())
    shares = np.exp(inside - inside.max(axis=0))
    shares = (shares / shares.sum(axis=0)).mean(axis=1)
    sentences = tuple(
        (
            start,
            end,
            float(sum(share for (begin, _), share in zip(offsets, shares, strict=True) if start <= begin < end)),
        )
        for start, end in sentence_spans(text)
    )
    return Reading(relevance, (offsets[first][0], offsets[last][1]), score - none, sentences)


def _best_span(logits: NDArray[np.float64]) -> tuple[int, int, float]:
    """The first and last token with the highest sum of logits, and that sum; `logits` has shape (tokens, 2)."""
    sums = logits[:, 0][:, None] + logits[:, 1][None]
    sums = np.where(_allowed(len(logits)), sums, -np.inf)
    first, last = divmod(int(sums.argmax()), len(logits))
    return first, last, float(sums[first, last])


@lru_cache(maxsize=512)
def _allowed(count: int) -> NDArray[np.bool_]:
    return np.triu(np.ones((count, count), bool)) & ~np.triu(np.ones((count, count), bool), _LONGEST_ANSWER)
