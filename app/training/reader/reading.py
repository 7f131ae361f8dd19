"""Run a reader in training on passages: does each answer the question, in which sentence, with which words."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from app.training.reader.model import ReaderModel
from app.training.reader.pairs import padded, pair
from ingest.text import sentence_spans
from retriever.embedded.reader import LONGEST, PassageReading, reading_of

_TOGETHER = 4  # pairs of like length that are read at once


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """The reader's output for a question and a passage.

    `relevance`: log-odds that the passage answers. `span`: (start, end) of the likeliest answer in its text;
    `certainty`: log-odds of that span against "no answer". `sentences`: (start, end, share) of each sentence, where
    the share is its part of the probability of the answer's first and last token; all shares sum to 1.
    """

    relevance: float
    span: tuple[int, int]
    certainty: float
    sentences: tuple[tuple[int, int, float], ...]


def read(reader: ReaderModel, question: str, passages: Sequence[tuple[str, str]]) -> list[ReadingSummary]:
    """The reader's output for each passage (context, text), in the same order."""
    pairs = [pair(question, context, text, LONGEST) for context, text in passages]
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].ids))
    readings: dict[int, ReadingSummary] = {}
    with torch.inference_mode():
        for start in range(0, len(order), _TOGETHER):
            places = order[start : start + _TOGETHER]
            ids, lengths = padded([pairs[place] for place in places])
            spans, relevance = reader(ids, lengths)
            for row, place in enumerate(places):
                reading = reading_of(pairs[place], spans[row].numpy(), float(relevance[row]))
                readings[place] = shown(reading, passages[place][1])
    return [readings[place] for place in range(len(pairs))]


def shown(reading: PassageReading, text: str) -> ReadingSummary:
    """The summary of a reading of `text`."""
    start, end, certainty = reading.span(0, len(text)) or (0, 0, 0.0)
    sentences = tuple((first, last, reading.share(first, last)) for first, last in sentence_spans(text))
    return ReadingSummary(reading.relevance, (start, end), certainty, sentences or ((0, len(text), 1.0),))
