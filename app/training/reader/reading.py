"""What a reader in training makes of passages: whether each answers, in which sentence, and by which words."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from app.training.reader.model import Reader
from app.training.reader.pairs import padded, pair
from ingest.text import sentence_spans
from retriever.embedded.reader import LONGEST, PassageReading, reading_of

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
    pairs = [pair(question, context, text, LONGEST) for context, text in passages]
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].ids))
    readings: dict[int, Reading] = {}
    with torch.inference_mode():
        for start in range(0, len(order), _TOGETHER):
            places = order[start : start + _TOGETHER]
            ids, lengths = padded([pairs[place] for place in places])
            spans, relevance = reader(ids, lengths)
            for row, place in enumerate(places):
                told = reading_of(pairs[place], spans[row].numpy(), float(relevance[row]))
                readings[place] = shown(told, passages[place][1])
    return [readings[place] for place in range(len(pairs))]


def shown(reading: PassageReading, text: str) -> Reading:
    """What is judged of a reading of `text`."""
    start, end, certainty = reading.span(0, len(text)) or (0, 0, 0.0)
    sentences = tuple((first, last, reading.share(first, last)) for first, last in sentence_spans(text))
    return Reading(reading.relevance, (start, end), certainty, sentences or ((0, len(text), 1.0),))
