"""Question and passage as one sequence of tokens, and where each token of the passage stands in its text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retriever.embedded.weights import Tokenizer

_LONGEST_QUESTION, _LONGEST_CONTEXT = 64, 24  # tokens
_KEPT = 4096  # texts whose tokens are remembered: the passages of a paper are read again and again

Offsets = tuple[tuple[int, int], ...]
Tokens = tuple[tuple[int, ...], Offsets]


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


class PairMaker:
    """Makes the sequences that a reader reads. Safe to use from several threads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.tokens: Callable[[str], Tokens] = lru_cache(_KEPT)(self._tokens)
        self._piece_length = lru_cache(maxsize=None)(self._length)

    def pair(self, question: str, context: str, text: str, longest: int) -> Pair:
        """The sequence of a question and a passage, at most `longest` tokens; the rest of the passage is not read."""
        special = self.tokenizer.vocabulary
        asked = self.tokens(question)[0][:_LONGEST_QUESTION]
        about = self.tokens(context)[0][:_LONGEST_CONTEXT] if context else ()
        first = len(asked) + len(about) + 3
        ids, offsets = self.tokens(text)
        room = longest - first - 1
        sequence = (special.start, *asked, special.end, special.end, *about, *ids[:room], special.end)
        return Pair(sequence, first, offsets[:room])

    def _tokens(self, text: str) -> Tokens:
        """The ids of a text's tokens, and the (start, end) of each in the text, without spaces before it."""
        normal: list[str] = []
        sources: list[int] = []
        forms = self.tokenizer.vocabulary.normal
        for place, character in enumerate(text):
            for normalised in forms.get(ord(character), character):
                if not (normalised == " " and normal and normal[-1] == " "):
                    normal.append(normalised)
                    sources.append(place)
        if not normal:
            return (), ()
        joined = "".join(normal)
        ids = tuple(self.tokenizer.tokens(joined))
        places = sources if joined[0] == " " else [-1, *sources]
        return ids, self._offsets(ids, places, text)

    def _offsets(self, ids: Sequence[int], places: Sequence[int], text: str) -> Offsets:
        offsets = []
        at = 0
        for piece in ids:
            length = self._piece_length(piece)
            own = [place for place in places[at : at + length] if place >= 0]
            at += length
            while own and len(own) > 1 and text[own[0]].isspace():
                own.pop(0)
            start = own[0] if own else (places[at] if at < len(places) else len(text))
            offsets.append((start, own[-1] + 1 if own else start))
        return tuple(offsets)

    def _length(self, piece: int) -> int:
        """Characters of a piece; an unknown one stands for one character."""
        vocabulary = self.tokenizer.vocabulary
        if piece == vocabulary.unknown:
            return 1
        return len(vocabulary.text[vocabulary.ends[piece] : vocabulary.ends[piece + 1]].decode())
