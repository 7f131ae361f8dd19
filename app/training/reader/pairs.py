"""Pairs of question and passage, as the reader that ships makes them, in batches for torch."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from retriever.embedded.encoder import Tokenizer, hash_pieces, open_tokenizer
from retriever.embedded.model_files import read_weights, weights_path
from retriever.embedded.reader import Pair, PairMaker

LONGEST = 320  # tokens of a sequence in training
_PADDING = 1


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


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    """The embedded model's tokenizer."""
    vocabulary = read_weights(weights_path()).vocabulary
    return open_tokenizer(vocabulary, hash_pieces(vocabulary))


@lru_cache(maxsize=1)
def _maker() -> PairMaker:
    return PairMaker(tokenizer())
