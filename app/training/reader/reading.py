"""Run a reader in training on passages: does each answer the question, and with which words."""

from collections.abc import Sequence

import torch

from app.training.reader.model import ReaderModel
from app.training.reader.pairs import padded, pair
from retriever.embedded.reader import LONGEST, PassageReading, reading_of

_TOGETHER = 4  # pairs of like length that are read at once


def read(reader: ReaderModel, question: str, passages: Sequence[tuple[str, str]]) -> list[PassageReading]:
    """The reader's output for each passage (context, text), in the same order."""
    pairs = [pair(question, context, text, LONGEST) for context, text in passages]
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].ids))
    readings: dict[int, PassageReading] = {}
    with torch.inference_mode():
        for start in range(0, len(order), _TOGETHER):
            places = order[start : start + _TOGETHER]
            ids, lengths = padded([pairs[place] for place in places])
            spans, relevance = reader(ids, lengths)
            for row, place in enumerate(places):
                readings[place] = reading_of(pairs[place], spans[row].numpy(), float(relevance[row]))
    return [readings[place] for place in range(len(pairs))]
