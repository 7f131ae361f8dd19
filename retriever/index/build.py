"""Build and update an index; unchanged passages are neither encoded nor tokenised again."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from retriever import text
from retriever.fusion import group_of, write_sentences, write_vectors
from retriever.index.open import (
    CROSS_LINGUAL,
    DEFINITIONS,
    TOKENIZERS,
    Index,
    check_encoder,
    passage_to_json,
    write_lines,
)
from retriever.index.snapshots import IndexFolderError, Manifest, new_snapshot
from retriever.lexical import bm25
from retriever.lexical.abbreviations import definitions
from retriever.types import DocumentRecord, Encoder, Passage, Vectors

# Passages encoded and stored as pending between two reports of progress. Larger batches are no faster, and Ctrl-C
# waits for a whole batch (16 took 7 s on a busy machine).
_BATCH = 4
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be indexed: its record, its passages, and a JSON-serialisable body stored with it."""

    record: DocumentRecord
    passages: tuple[Passage, ...]
    body: Any


class RulesChangedError(IndexFolderError):
    """An index whose passages were cut or tokenised by another version's rules."""


class Progress(Protocol):
    """Receives the progress of a long task."""

    def start(self, label: str, total: int, unit: str) -> None:
        """A task of `total` units begins."""
        ...

    def advance(self, count: int) -> None:
        """`count` more units are done."""
        ...

    def finish(self) -> None:
        """The task has ended."""
        ...


@dataclass(frozen=True, slots=True)
class _Row:
    """A passage of the next snapshot, and the row of the old one whose vectors and tokens it can reuse."""

    passage: Passage
    old_row: int | None


def check_rules(index: Index, passage_rules: str) -> None:
    """Raise RulesChangedError unless the index was made with this version's rules."""
    if not has_rules(index, passage_rules):
        rules = f"{index.manifest['passage_rules']}, text {index.manifest['text_rules']}"
        raise RulesChangedError(
            f"index {index.folder} was made by another version, with the rules {rules!r}, "
            f"not {f'{passage_rules}, text {text.RULES}'!r}; ingest all its sources into a new folder with --index"
        )


def has_rules(index: Index, passage_rules: str) -> bool:
    """Whether the index was made with this version's rules for passages and tokens."""
    return (index.manifest["passage_rules"], index.manifest["text_rules"]) == (passage_rules, text.RULES)


def update(
    folder: Path,
    old: Index | None,
    encoder: Encoder,
    *,
    entries: Sequence[Entry],
    removed: Collection[str],
    passage_rules: str,
    progress: Progress,
) -> None:
    """Write the snapshot that follows `old`: without the documents `removed`, with `entries` added or replaced.

    The caller holds the writer's lock. `progress` counts encoded characters; the vectors of an interrupted run are
    kept for the next one.
    """
    if old is not None:
        check_encoder(old, encoder.name)
        check_rules(old, passage_rules)
    documents = _documents(old, entries, removed)
    rows = [row for entry in documents for row in entry[1]]
    pending = PendingVectors(folder / "encoded.spool", encoder)
    fresh = [row.passage for row in rows if row.old_row is None]
    progress.start("encoding", sum(len(text) for passage in fresh for text in _encoded_texts(passage)), "characters")
    try:
        vectors, single = _vectors(rows, old, encoder, pending, progress)
    finally:
        progress.finish()
    manifest = _manifest(encoder, passage_rules, len(documents), rows)
    with new_snapshot(folder, manifest) as target:
        _write_documents(target, documents)
        _write_passages(target, rows, manifest["groups"], old)
        write_sentences(target / "sentences", single, encoder.dimension)
        if rows:
            manifest["dense"] = write_vectors(target / "vectors.faiss", vectors)
    pending.discard()


def _manifest(encoder: Encoder, passage_rules: str, documents: int, rows: Sequence[_Row]) -> Manifest:
    return {
        "encoder": encoder.name,
        "dimension": encoder.dimension,
        "passage_rules": passage_rules,
        "text_rules": text.RULES,
        "documents": documents,
        "passages": len(rows),
        "groups": sorted({group_of(row.passage) for row in rows}),
        "dense": "none",
    }


def _write_passages(target: Path, rows: Sequence[_Row], groups: Sequence[Sequence[str]], old: Index | None) -> None:
    """The passages with their definitions, lexical indexes and groups: all but their vectors."""
    write_lines(target / "passages.jsonl", (passage_to_json(row.passage) for row in rows))
    if defined := list(_definitions(rows)):
        write_lines(target / DEFINITIONS, defined)
    for name, tokenizer in TOKENIZERS.items():
        bm25.write(target / name, _tokens(rows, name, tokenizer, old))
    codes = [groups.index(group_of(row.passage)) for row in rows]
    np.save(target / "groups.npy", np.array(codes, dtype=np.uint8))


def _documents(
    old: Index | None, entries: Sequence[Entry], removed: Collection[str]
) -> list[tuple[DocumentRecord, list[_Row], Any]]:
    """Documents of the next snapshot in order: old ones in their places, new ones at the end."""
    incoming = {entry.record.id: entry for entry in entries}
    documents = []
    for position, record in enumerate(old.documents.values() if old else ()):
        if record.id in incoming:
            documents.append(_incoming(incoming.pop(record.id), old))
        elif old and record.id not in removed:
            documents.append((record, _kept(record, old), old.bodies[position]))
    documents += [_incoming(entry, old) for entry in incoming.values()]
    first = 0
    placed = []
    for record, rows, body in documents:
        placed.append((replace(record, first=first, count=len(rows)), rows, body))
        first += len(rows)
    return placed


def _kept(record: DocumentRecord, old: Index) -> list[_Row]:
    return [_Row(old.passage(row), row) for row in range(record.first, record.first + record.count)]


def _incoming(entry: Entry, old: Index | None) -> tuple[DocumentRecord, list[_Row], Any]:
    known: dict[tuple[Any, ...], int] = {}
    if old is not None and (record := old.documents.get(entry.record.id)):
        for row in range(record.first, record.first + record.count):
            known[_content(old.passage(row))] = row
    rows = [_Row(passage, known.get(_content(passage))) for passage in entry.passages]
    return entry.record, rows, entry.body


def _content(passage: Passage) -> tuple[Any, ...]:
    """What a passage's vectors and tokens depend on (its place in the document is not part of it)."""
    return passage.searchable, passage.sentences


def _vectors(
    rows: Sequence[_Row], old: Index | None, encoder: Encoder, pending: PendingVectors, progress: Progress
) -> tuple[Vectors, list[Vectors]]:
    """Vectors of the passages, shape (rows, dimension), and of the sentences of each row."""
    vectors = np.zeros((len(rows), encoder.dimension), dtype=np.float32)
    single: list[Vectors] = [vectors[:0]] * len(rows)
    kept = [(i, row.old_row) for i, row in enumerate(rows) if row.old_row is not None]
    if old is not None and old.dense is not None and kept:
        vectors[[i for i, _ in kept]] = old.dense.vectors(np.array([old_row for _, old_row in kept], dtype=np.int64))
        for i, old_row in kept:
            single[i] = old.sentences.of(old_row)
    fresh = [i for i, row in enumerate(rows) if row.old_row is None]
    for start in range(0, len(fresh), _BATCH):
        batch = fresh[start : start + _BATCH]
        texts = [_encoded_texts(rows[i].passage) for i in batch]
        encoded = _encode([text for group in texts for text in group], encoder, pending)
        for i, group in zip(batch, texts, strict=True):
            vectors[i], single[i] = encoded[0], encoded[1 : len(group)]
            encoded = encoded[len(group) :]
            progress.advance(sum(len(text) for text in group))
    return vectors, single


def _encoded_texts(passage: Passage) -> list[str]:
    """Texts of a passage to encode: the whole with its context, then each sentence alone."""
    return [passage.searchable, *(passage.text[start:end] for start, end in passage.quotable)]


def _encode(texts: list[str], encoder: Encoder, pending: PendingVectors) -> Vectors:
    """Vectors of `texts`, shape (len(texts), dimension); each is encoded once, pending ones not at all."""
    vectors = {text: pending.find(text) for text in texts}
    missing = [text for text, vector in vectors.items() if vector is None]
    if missing:
        fresh = encoder.encode_passages(missing)
        pending.add(missing, fresh)
        vectors.update(zip(missing, fresh, strict=True))
    return np.stack([vector for text in texts if (vector := vectors[text]) is not None])


def _definitions(rows: Sequence[_Row]) -> Iterator[dict[str, Any]]:
    """Definitions of names in each document, without duplicates."""
    for document_id, group in groupby((row.passage for row in rows), key=lambda passage: passage.document_id):
        defined = chain.from_iterable(definitions(passage.text, passage.language) for passage in group)
        for definition in dict.fromkeys(defined):
            yield {"document_id": document_id, **asdict(definition)}


def _tokens(
    rows: Sequence[_Row], name: str, tokenizer: Callable[[str], list[str]], old: Index | None
) -> list[bm25.Tokens]:
    lexical = {"words": old.words, "pairs": old.pairs, CROSS_LINGUAL: old.cross_lingual}[name] if old else None
    return [
        lexical.row_tokens(row.old_row)
        if lexical is not None and row.old_row is not None
        else bm25.hash_tokens(tokenizer(row.passage.searchable))
        for row in rows
    ]


def _write_documents(target: Path, documents: Sequence[tuple[DocumentRecord, list[_Row], Any]]) -> None:
    write_lines(target / "documents.jsonl", (asdict(record) for record, _, _ in documents))
    write_lines(target / "bodies.jsonl", (body for _, _, body in documents))
