"""The store that ships: each segment is a folder of immutable files, written here and opened here.

Passages are JSON Lines, vectors lie in a FAISS index (exact up to 100,000, an HNSW graph above), those of sentences in
numpy's files. `retriever.index.segments` reads them.
"""

import hashlib
import json
import mmap
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from retriever.files import load_array
from retriever.index.segments import (
    SEARCH_BREADTH,
    Chain,
    ChainedPostings,
    Dense,
    FileRows,
    JsonLines,
    SegmentFiles,
    SentenceVectors,
)
from retriever.index.snapshots import MANIFEST, snapshot_path
from retriever.lexical.bm25 import open_postings, write_postings
from retriever.store import FAISS, LEXICAL, NewRows, Segment
from retriever.types import DocumentRecord, Encoder, Passage, Vectors

_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for each line
_RECORD = tuple(field.name for field in fields(DocumentRecord))
EXACT_PASSAGES = 100_000
_KEY_BYTES = 16  # of the hash of a text whose vector is pending
_LINKS, _BUILD_BREADTH = 32, 200  # of the HNSW graph: M and efConstruction


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
        index.hnsw.efSearch = SEARCH_BREADTH
    index.add(vectors)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # faiss raises this for any failed write
        raise OSError(str(error)) from error
    return "flat" if is_exact else "hnsw"


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


def load_sentences(folder: Path) -> SentenceVectors:
    """Open what `write_sentences` wrote, memory-mapped."""
    return SentenceVectors(load_array(folder / "vectors.npy", mapped=True), load_array(folder / "offsets.npy"))


def write_lines(path: Path, records: Iterable[Any]) -> None:
    """Write `records` to `path`, and the offsets of their lines beside it."""
    write_raw_lines(path, map(to_line, records))


def write_raw_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write lines made by `to_line` to `path`, and their offsets beside it."""
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


def passage_to_json(passage: Passage) -> dict[str, Any]:
    """A passage as a JSON object, without the fields that are empty."""
    empty = ("", None, ())
    return {key: value for key, value in asdict(passage).items() if value not in empty}


class PendingVectors:
    """An append-only file of (hash of the text, vector) records, after a line that names their encoder."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        """Open the file at `path`; a file of another encoder, or with a damaged head, is emptied first."""
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


# The open files of all segments in use, so that the next snapshot, which shares most of them, need not open them
# again. The key has the manifest's identity: a folder that took another's place is not mistaken for it.
_in_use: "WeakValueDictionary[tuple[Path, int, int], SegmentFiles]" = WeakValueDictionary()


def _files_of(path: Path) -> SegmentFiles:
    """The files in the folder of a segment, opened unless an open index uses them; they never change."""
    written = (path / MANIFEST).stat()
    key = path, written.st_ino, written.st_mtime_ns
    files = _in_use.get(key)
    if files is None:
        files = SegmentFiles(
            open_lines(path / "passages.jsonl"),
            load_vectors(path / "vectors.faiss"),
            load_sentences(path / "sentences"),
            {name: open_postings(path / name) for name in LEXICAL},
        )
        _in_use[key] = files
    return files


class FaissStore:
    """Rows in files beside the snapshots of their index; implements Store."""

    address = FAISS

    def write(self, folder: Path, name: str, rows: NewRows) -> None:
        """Write a segment into the folder of the snapshot that adds it."""
        target = snapshot_path(folder, name)
        write_lines(target / "passages.jsonl", map(passage_to_json, rows.passages))
        for lexical, of_rows in rows.tokens.items():
            write_postings(target / lexical, of_rows, LEXICAL[lexical].usual_length)
        write_sentences(target / "sentences", rows.sentences, rows.vectors.shape[1])
        write_vectors(target / "vectors.faiss", rows.vectors)

    def open(self, folder: Path, segments: Sequence[Segment], live: NDArray[np.bool_]) -> "FileRows":
        """Open the files of these segments, memory-mapped."""
        firsts = np.cumsum([0, *(segment.rows for segment in segments)]).astype(np.int64)
        files = [_files_of(snapshot_path(folder, segment.name)) for segment in segments]
        chain = Chain(firsts, live)
        return FileRows(
            chain,
            files,
            {name: ChainedPostings(chain, [of_segment.postings[name] for of_segment in files]) for name in LEXICAL},
        )

    def sweep(self, folder: Path, keep: Collection[str]) -> None:
        """Do nothing: the files of a segment are deleted with the folder of its snapshot."""
