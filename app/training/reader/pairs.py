"""Question and passage as one sequence of tokens, and where each token of the passage stands in its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from retriever.embedded.weights import Tokenizer, hash_pieces, open_tokenizer, read_weights, weights_path

LONGEST = 320  # tokens of a sequence; the rest of a passage is not read
_LONGEST_QUESTION, _LONGEST_CONTEXT = 64, 24  # tokens
_PADDING = 1
_SPACES = re.compile("  +")

Offsets = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """`ids` of start, question, end, end, context, passage, end; the passage's tokens begin at `first`.

    `offsets` holds the (start, end) in the passage's text, in characters, of each of its tokens.
    """

    ids: tuple[int, ...]
    first: int
    offsets: Offsets

    def tokens_of(self, start: int, end: int) -> tuple[int, int] | None:
        """The places in `ids` of the first and last token of the passage's `text[start:end]`; None if cut off."""
        if not self.offsets or self.offsets[-1][1] < end:
            return None
        touched = [place for place, (begin, stop) in enumerate(self.offsets) if begin < end and stop > start]
        return (self.first + touched[0], self.first + touched[-1]) if touched else None


def pair(question: str, context: str, text: str, longest: int = LONGEST) -> Pair:
    """The sequence that the reader reads, at most `longest` tokens."""
    special = tokenizer().vocabulary
    asked = tokens(question)[0][:_LONGEST_QUESTION]
    about = tokens(context)[0][:_LONGEST_CONTEXT] if context else ()
    first = len(asked) + len(about) + 3
    ids, offsets = tokens(text)
    room = longest - first - 1
    sequence = (special.start, *asked, special.end, special.end, *about, *ids[:room], special.end)
    return Pair(sequence, first, offsets[:room])


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


@lru_cache(maxsize=20_000)
def tokens(text: str) -> tuple[tuple[int, ...], Offsets]:
    """The ids of a text's tokens, and the (start, end) of each in the text, without spaces before it."""
    normal: list[str] = []
    sources: list[int] = []
    vocabulary = tokenizer().vocabulary
    for place, character in enumerate(text):
        for normalised in vocabulary.normal.get(ord(character), character):
            if not (normalised == " " and normal and normal[-1] == " "):
                normal.append(normalised)
                sources.append(place)
    if not normal:
        return (), ()
    joined = "".join(normal)
    ids = tuple(tokenizer().tokens(joined))
    places = sources if joined[0] == " " else [-1, *sources]
    return ids, _offsets(ids, places, text)


def _offsets(ids: Sequence[int], places: Sequence[int], text: str) -> Offsets:
    offsets = []
    at = 0
    for piece in ids:
        length = _piece_length(piece)
        own = [place for place in places[at : at + length] if place >= 0]
        at += length
        while own and len(own) > 1 and text[own[0]].isspace():
            own.pop(0)
        start = own[0] if own else (places[at] if at < len(places) else len(text))
        offsets.append((start, own[-1] + 1 if own else start))
    return tuple(offsets)


@lru_cache(maxsize=300_000)
def _piece_length(piece: int) -> int:
    """Characters of a piece; an unknown one stands for one character."""
    vocabulary = tokenizer().vocabulary
    if piece == vocabulary.unknown:
        return 1
    return len(vocabulary.text[vocabulary.ends[piece] : vocabulary.ends[piece + 1]].decode())
