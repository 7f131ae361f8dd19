"""A converted model: its cached file, and its session in ONNX Runtime.

The file is one line of JSON, then the parts end to end. The line holds the source that the model was converted from,
the sizes of the parts, and their SHA-256.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from retriever.embedded.weights import Pieces, Weights
from retriever.types import TenkyoError
from retriever.whole_files import write_whole

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


def source_of(weights: Weights, trained: Path | None = None) -> str:
    """Identifies what a conversion is made from: the weights, the kind of processor, the file `trained` for a reader.

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
