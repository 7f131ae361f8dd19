"""The rows of a segment on disk: passages as memory-mapped JSON Lines, their vectors, those of their sentences.

FAISS searches the vectors of passages, exactly up to 100,000, by an HNSW graph above.
"""

import hashlib
import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import load_array
from retriever.lexical.bm25 import Rows, Scores, spans
from retriever.types import Cell, Cites, DocumentRecord, Encoder, Passage, Vectors

_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for each line
_RECORD = tuple(field.name for field in fields(DocumentRecord))
EXACT_PASSAGES = 100_000
_KEY_BYTES = 16  # of the hash of a text whose vector is pending
# Malkov & Yashunin (2016): links a node, and the breadth of the search when building and when asking.
_LINKS, _BUILD_BREADTH, _SEARCH_BREADTH = 32, 200, 256


def write_vectors(path: Path, vectors: Vectors, *, exact_passages: int = EXACT_PASSAGES) -> str:
    """Write the index of unit `vectors`, shape (rows, dimension); returns its kind, "flat" or "hnsw".

    Raises OSError where it cannot be written.
    """
    import faiss

    rows, dimension = vectors.shape
    is_exact = rows <= exact_passages
    index: Any
    if is_exact:
        index = faiss.IndexFlatIP(dimension)
    else:
        index = faiss.IndexHNSWFlat(dimension, _LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _BUILD_BREADTH
        index.hnsw.efSearch = _SEARCH_BREADTH
    index.add(vectors)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # what faiss makes of any failed write
        raise OSError(str(error)) from error
    return "flat" if is_exact else "hnsw"


@dataclass(frozen=True, slots=True)
class Dense:
    """Vectors of the rows of one segment; a score is the cosine of two vectors."""

    index: Any  # a faiss index

    def nearest(self, vector: Vectors, k: int, live: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """At most `k` rows by descending cosine, those of equal cosine by their number; of `live` rows only."""
        parameters = None if live is None else self._only(live)
        count = max(1, min(k, self.index.ntotal))
        scores, rows = self.index.search(vector.reshape(1, -1), count, params=parameters)
        valid = rows[0] >= 0
        order = np.lexsort((rows[0][valid], -scores[0][valid]))
        return rows[0][valid][order].astype(np.int64), scores[0][valid][order].astype(np.float32)

    def _only(self, live: NDArray[np.bool_]) -> Any:
        """What tells FAISS to search these rows only."""
        import faiss

        engine: Any = faiss  # whose types leave these out
        selector = engine.IDSelectorBatch(np.flatnonzero(live))
        if isinstance(self.index, engine.IndexHNSW):
            return engine.SearchParametersHNSW(sel=selector, efSearch=_SEARCH_BREADTH)
        return engine.SearchParameters(sel=selector)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`, shape (len(rows), dimension)."""
        if not len(rows):
            return np.zeros((0, self.index.d), np.float32)
        return np.asarray(self.index.reconstruct_batch(rows), dtype=np.float32)


def load_vectors(path: Path) -> Dense:
    """Open the index at `path`, memory-mapped."""
    import faiss

    return Dense(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))


def write_sentences(folder: Path, vectors: Sequence[Vectors], dimension: int) -> None:
    """Write the vectors of each row's sentences, arrays of shape (sentences, dimension), as float16 into `folder`."""
    folder.mkdir(parents=True)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in vectors])]).astype(np.int64)
    flat = np.concatenate(vectors) if vectors else np.zeros((0, dimension), np.float32)
    np.save(folder / "vectors.npy", flat.astype(np.float16))
    np.save(folder / "offsets.npy", offsets)


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Vectors of all sentences of a segment, shape (sentences, dimension); row r has `offsets[r]` to `offsets[r + 1]`.

    They are stored as float16 and returned as float32.
    """

    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]

    def read(self, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors of all sentences of `rows`, one row after the other, and how many each row has."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        return self.vectors[spans(starts, lengths)].astype(np.float32), lengths


def load_sentences(folder: Path) -> SentenceVectors:
    """Open what `write_sentences` wrote, memory-mapped."""
    return SentenceVectors(load_array(folder / "vectors.npy", mapped=True), load_array(folder / "offsets.npy"))


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Records of a memory-mapped JSON Lines file, parsed on access: a file of any length opens in constant time."""

    data: mmap.mmap | bytes
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Any:
        """The record at 0-based line `row`."""
        return json.loads(self.data[int(self.offsets[row]) : int(self.offsets[row + 1])])

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def all(self) -> list[Any]:
        """All records; parsed at once, they take half the time."""
        return list(json.loads(b"[" + self.data[:].rstrip(b"\n").replace(b"\n", b",") + b"]"))

    def raw(self, row: int) -> bytes:
        """The line of a record, with its end."""
        return self.data[int(self.offsets[row]) : int(self.offsets[row + 1])]


@dataclass(frozen=True, slots=True)
class ChainedLines:
    """Several files as one: the lines of the first, then those of the next."""

    files: Sequence[JsonLines]

    def __len__(self) -> int:
        return sum(map(len, self.files))

    def __getitem__(self, row: int) -> Any:
        """The record at 0-based line `row` of all files."""
        for lines in self.files:
            if row < len(lines):
                return lines[row]
            row -= len(lines)
        raise IndexError(row)


def write_lines(path: Path, records: Iterable[Any]) -> None:
    """Write `records` to `path`, and the offsets of their lines beside it."""
    write_raw_lines(path, map(to_line, records))


def write_raw_lines(path: Path, lines: Iterable[bytes]) -> None:
    """The same for records as `to_line` makes them."""
    offsets = [0]
    with path.open("wb") as file:
        for line in lines:
            offsets.append(offsets[-1] + file.write(line))
    np.save(path.with_suffix(".offsets.npy"), np.array(offsets, dtype=np.int64))


def to_line(record: Any) -> bytes:
    """A record as a line; file names may contain surrogates: bytes that are not UTF-8."""
    return _encode(record).encode("utf-8", "surrogatepass") + b"\n"


def open_lines(path: Path) -> JsonLines:
    """Open what `write_lines` wrote."""
    with path.open("rb") as file:
        empty = path.stat().st_size == 0  # an empty file cannot be mapped
        data = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return JsonLines(data, load_array(path.with_suffix(".offsets.npy")))


def record_to_json(record: DocumentRecord) -> dict[str, Any]:
    """A record as a JSON object; asdict copies its values, at five times the cost."""
    return {name: getattr(record, name) for name in _RECORD}


def passage_from_json(record: dict[str, Any]) -> Passage:
    """A passage from what `passage_to_json` made."""
    for name in ("page_starts", "sentences"):
        record[name] = tuple((int(first), int(second)) for first, second in record.get(name, ()))
    if "cites" in record:
        record["cites"] = tuple(Cites(**{**cite, "numbers": tuple(cite["numbers"])}) for cite in record["cites"])
    record["cells"] = tuple(Cell(**cell) for cell in record.get("cells", ()))
    return Passage(**record)


def passage_to_json(passage: Passage) -> dict[str, Any]:
    """A passage as a JSON object, without the fields that are empty."""
    empty = ("", None, ())
    return {key: value for key, value in asdict(passage).items() if value not in empty}


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
