"""The converted model on disk: one file in the user's cache folder, written whole or not at all, read by checksum.

The file is a line of JSON (version, source, the sizes of the parts, their SHA-256) and then the parts end to end.
"""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from retriever.embedded.graph import greatest_weight
from retriever.embedded.tokens import Pieces
from retriever.embedded.weights import Weights

_LONGEST_HEAD = 1000  # bytes
_VERSION = 2  # raised by every change of the graph, of the pieces' hashes or of this layout


@dataclass(frozen=True, slots=True)
class Converted:
    """What is computed once from the weights: the `graph` for ONNX Runtime and the hashes of the `pieces`."""

    graph: bytes
    pieces: Pieces


def cached_path() -> Path:
    """Where the converted model lies: the system's folder for what a program can make again."""
    from platformdirs import user_cache_path

    return user_cache_path("tenkyo", appauthor=False) / f"multilingual-e5-small-{_VERSION}.bin"


def read_converted(path: Path, weights: Weights) -> Converted | None:
    """The conversion of `weights` at `path`; None where there is none, it is damaged, or is of other weights."""
    try:
        with path.open("rb") as file:
            head, body = file.readline(_LONGEST_HEAD), file.read()
    except FileNotFoundError:
        return None
    try:
        header = json.loads(head)
        source, sizes, checksum = header["source"], header["sizes"], header["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    if source != _source(weights) or checksum != _checksum(body) or sum(sizes) != len(body):
        return None
    graph, hashes, ids = (body[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True))
    return Converted(graph, Pieces(np.frombuffer(hashes, "<u8"), np.frombuffer(ids, "<i4")))


def store_converted(path: Path, converted: Converted, weights: Weights) -> None:
    """Put `converted` at `path` in one step, so that no other process reads half of it. Raises OSError."""
    parts = [converted.graph, converted.pieces.hashes.tobytes(), converted.pieces.ids.tobytes()]
    body = b"".join(parts)
    header = {"source": _source(weights), "sizes": [len(part) for part in parts], "sha256": _checksum(body)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as file:
        try:
            file.write(json.dumps(header).encode() + b"\n" + body)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _source(weights: Weights) -> str:
    """What a conversion depends on: the weights and the kind of processor."""
    return f"{greatest_weight()}-{len(weights.file)}-{_checksum(weights.converted_bytes())}"


def _checksum(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()
