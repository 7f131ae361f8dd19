"""Vectors of an update that has not finished, kept for the next one."""

import hashlib
import json
from pathlib import Path

import numpy as np

from retriever.types import Encoder, Vectors

_KEY_BYTES = 16  # of the hash of a text whose vector is pending


class PendingVectors:
    """An append-only file of (hash of the text, vector) records, headed by their encoder."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        """Open the file at `path`; one of another encoder, or with a damaged head, is started again."""
        self._path = path
        self._header = json.dumps({"encoder": encoder.name, "dimension": encoder.dimension}).encode() + b"\n"
        self._record = np.dtype([("key", f"V{_KEY_BYTES}"), ("vector", "<f4", (encoder.dimension,))])
        self._known = self._read()

    def _read(self) -> dict[bytes, Vectors]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            content = b""
        if not content.startswith(self._header):
            self._path.write_bytes(self._header)
            return {}
        body = content[len(self._header) :]
        whole = len(body) // self._record.itemsize * self._record.itemsize
        if whole < len(body):  # the last record is incomplete after an interruption
            with self._path.open("r+b") as file:
                file.truncate(len(self._header) + whole)
        records = np.frombuffer(body[:whole], dtype=self._record)
        return {record["key"].tobytes(): record["vector"] for record in records}

    def find(self, text: str) -> Vectors | None:
        """The vector of `text`, shape (dimension,), or None if no earlier run encoded it."""
        return self._known.get(_key(text))

    def add(self, texts: list[str], vectors: Vectors) -> None:
        """Append the vectors of `texts`, shape (len(texts), dimension)."""
        records = np.zeros(len(texts), dtype=self._record)
        for record, encoded, vector in zip(records, texts, vectors, strict=True):
            record["key"] = np.void(_key(encoded))
            record["vector"] = vector
        with self._path.open("ab") as file:
            file.write(records.tobytes())

    def discard(self) -> None:
        """Delete the file, once its vectors are in the index."""
        self._path.unlink(missing_ok=True)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()
