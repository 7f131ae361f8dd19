"""Pairs of question and passage, made as the reader that ships makes them, and the output of a reader in training."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from app.training.reader.model import ReaderModel
from retriever.embedded.encoder import Tokenizer, hash_pieces, open_tokenizer
from retriever.embedded.model_files import read_weights, weights_path
from retriever.embedded.reader import LONGEST as LONGEST_READ
from retriever.embedded.reader import Pair, PairMaker, PassageReading, reading_of

LONGEST = 320  # tokens of a sequence in training
_PADDING = 1
_TOGETHER = 4  # pairs of like length that are read at once


def pair(question: str, context: str, text: str, longest: int = LONGEST) -> Pair:
    """The sequence that the reader reads, at most `longest` tokens."""
    return _maker().pair(question, context, text, longest)


def padded(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Ids of shape (pairs, longest of them) and lengths (pairs,), both int64."""
    lengths = [len(sequence.ids) for sequence in pairs]
    ids = torch.full((len(pairs), max(lengths)), _PADDING)
    for row, sequence in enumerate(pairs):
        ids[row, : lengths[row]] = torch.tensor(sequence.ids)
    return ids, torch.tensor(lengths)


def read(reader: ReaderModel, question: str, passages: Sequence[tuple[str, str]]) -> list[PassageReading]:
    """The reader's output for each passage (context, text), in the same order."""
    pairs = [pair(question, context, text, LONGEST_READ) for context, text in passages]
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


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    """The embedded model's tokenizer."""
    vocabulary = read_weights(weights_path()).vocabulary
    return open_tokenizer(vocabulary, hash_pieces(vocabulary))


@lru_cache(maxsize=1)
def _maker() -> PairMaker:
    return PairMaker(tokenizer())
