"""Build and update an index; unchanged passages are neither encoded nor tokenised again."""

import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retriever import text
from retriever.index.changes import Changes, Entry, Row, changes_of, groups_of
from retriever.index.open import (
    DEFINITIONS,
    DOCUMENTS,
    check_encoder,
    check_rules,
    check_store,
    open_if_there,
    open_index,
    open_staged,
    store_at,
)
from retriever.index.search import Index
from retriever.index.segment_files import (
    PendingVectors,
    open_lines,
    record_to_json,
    to_line,
    write_lines,
    write_raw_lines,
)
from retriever.index.snapshots import (
    IndexFolderError,
    Manifest,
    SegmentEntry,
    current_snapshot,
    kept_names,
    new_snapshot,
    put_staged_in_force,
    snapshot_path,
    store_address,
    writing,
)
from retriever.lexical.abbreviations import definitions
from retriever.lexical.bm25 import Tokens, hash_tokens, split_rows
from retriever.store import FAISS, LEXICAL, NewRows, Store, StoredRows
from retriever.types import DocumentRecord, Encoder, Group, Passage, Vectors

PENDING = "encoded.spool"  # the file of vectors of an update that has not finished
# Passages encoded and stored as pending between two reports of progress. Larger batches are no faster, and Ctrl-C
# waits for a whole batch (16 took 7 s on a busy machine).
_BATCH = 4


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


def update(
    folder: Path,
    old: Index | None,
    encoder: Encoder,
    *,
    entries: Sequence[Entry],
    removed: Collection[str],
    passage_rules: str,
    progress: Progress,
    store: str = FAISS,
    run: str | None = None,
    at_once: int | None = None,
) -> dict[str, DocumentRecord]:
    """Write the snapshot that follows `old`: without the documents `removed`, with `entries` added or replaced.

    The caller holds the writer's lock. The cost depends on what has changed: other documents stay in their segments,
    until a segment is merged with others (`kept_segments`). `progress` counts encoded characters; the vectors of
    an interrupted run are kept for the next one. `store` is where a new index keeps its rows. With `run`, the snapshot
    is not put in force, but staged (retriever.index.snapshots). `at_once` passages go to the encoder together.
    Returns the documents of the new snapshot, by id.
    """
    if old is not None:
        check_encoder(old, encoder.name)
        check_rules(old, passage_rules)
    engine = old.store if old else store_at(store, encoder.dimension)
    changes = changes_of(old, entries, removed)
    rows = [row for document in changes.written for row in document.rows]
    pending = PendingVectors(folder / PENDING, encoder)
    fresh = [row.passage for row in rows if row.stored is None]
    letters = sum(len(text) for passage in fresh for text in _encoded_texts(passage))
    progress.start("encoding", letters, "characters with headings")
    try:
        vectors, single = _vectors(rows, encoder, pending, progress, at_once or _BATCH)
    finally:
        progress.finish()
    groups, codes = groups_of(old, changes, rows)
    manifest = _manifest(encoder, passage_rules, changes, groups, engine)
    previous = current_snapshot(folder)
    with new_snapshot(folder, manifest, run) as target:
        if changes.written:
            added = SegmentEntry(name=target.name, rows=len(rows), documents=len(changes.written))
            manifest["segments"] = [*changes.kept, added]
        if rows:
            passages = [row.passage for row in rows]
            engine.write(folder, target.name, NewRows(passages, vectors, single, _tokens(rows)))
        _write_files(target, old, changes, rows, codes)
    pending.discard()
    engine.sweep(folder, kept_names(folder, target.name, previous))
    return {record.id: record for record, _ in changes.order}


def _write_files(
    target: Path, old: Index | None, changes: Changes, rows: Sequence[Row], codes: NDArray[np.uint8]
) -> None:
    """The files of a snapshot, beside its rows and its manifest; `codes` has the group of each row."""
    if changes.written:
        write_lines(target / "bodies.jsonl", (document.body for document in changes.written))
        if defined := list(_definitions(rows)):
            write_lines(target / DEFINITIONS, defined)
    write_raw_lines(target / DOCUMENTS, _document_lines(old, [record for record, _ in changes.order]))
    np.save(target / "bodies.npy", np.array([body for _, body in changes.order], dtype=np.int64))
    np.save(target / "groups.npy", codes)


def _document_lines(old: Index | None, records: Sequence[DocumentRecord]) -> Iterator[bytes]:
    """The lines of the documents; those of unchanged ones are copied."""
    known = old.documents if old else {}
    lines = open_lines(snapshot_path(old.folder, old.snapshot_name) / DOCUMENTS) if old else None
    places = dict(zip(known, range(len(known)), strict=True))
    for record in records:
        if lines is not None and known.get(record.id) is record:
            yield lines.raw(places[record.id])
        else:
            yield to_line(record_to_json(record))


def move_store(folder: Path, address: str) -> None:
    """Record that the rows of the index in `folder`, if there is one, are stored at `address` now.

    Raises IndexFolderError for a store of another kind, StoreAwayError if the rows are not there.
    """
    own = store_address(folder)
    if own is None or own.partition("#")[0] == address.partition("#")[0]:
        return
    open_index(folder, address)
    with writing(folder):
        moved = open_index(folder, address)  # another process may have written meanwhile
        manifest = {key: moved.manifest[key] for key in Manifest.__annotations__}  # type: ignore[literal-required]
        with new_snapshot(folder, manifest | {"store": moved.store.address}) as target:
            for name in (DOCUMENTS, "documents.offsets.npy", "bodies.npy", "groups.npy"):
                shutil.copyfile(snapshot_path(folder, moved.snapshot_name) / name, target / name)


class StagedRun:
    """The updates of one run, staged one after the other. The caller holds the writer's lock as long as it uses this.

    `base` is the index in force; `documents` are those after the updates so far, by id. A run with the same `key` goes
    on where an interrupted one stopped (`is_resumed`), unless `base` was replaced meanwhile.
    """

    def __init__(self, folder: Path, key: str, passage_rules: str, store: str | None) -> None:
        """Begin a run, or go on with one. `store` is where a new index keeps its rows (None: in its files).

        Raises TenkyoError for an address that names no store, StoreAwayError where the store does not answer.
        """
        self.folder, self._key, self._passage_rules, self._store = folder, key, passage_rules, store or FAISS
        self.base = open_if_there(folder)
        staged = open_staged(folder, key)
        self.is_resumed = staged is not None
        self._index: Index | None = staged or self.base
        if self._index is None:
            check_store(self._store)
        self._is_stale = False
        self.documents: dict[str, DocumentRecord] = self._index.documents if self._index else {}

    @property
    def index(self) -> Index | None:
        """What is written so far, opened; None before the first update of a new index."""
        if self._is_stale:
            self._index = open_staged(self.folder, self._key)
            if self._index is None:
                raise IndexFolderError(f"index {self.folder}: what was just written cannot be read; check the disk")
            self._is_stale = False
        return self._index

    def write(
        self,
        encoder: Encoder,
        entries: Sequence[Entry],
        removed: Collection[str],
        progress: Progress,
        *,
        at_once: int | None = None,
    ) -> None:
        """Stage the next update; see `update`."""
        self.documents = update(
            self.folder,
            self.index,
            encoder,
            entries=entries,
            removed=removed,
            passage_rules=self._passage_rules,
            progress=progress,
            store=self._store,
            run=self._key,
            at_once=at_once,
        )
        self._is_stale = True

    def make_if_missing(self, encoder: Encoder, progress: Progress) -> None:
        """Make an index without documents if the run has ended and made none."""
        if current_snapshot(self.folder) is None:
            self.write(encoder, (), (), progress)
            self.finish()

    def finish(self) -> None:
        """Put what was written in force, in one step. What another run has staged is dropped."""
        put_staged_in_force(self.folder, self._key)
        if self.is_resumed:  # the interrupted run may have ended before it deleted its vectors
            (self.folder / PENDING).unlink(missing_ok=True)


def _manifest(
    encoder: Encoder, passage_rules: str, changes: Changes, groups: Sequence[Group], engine: Store
) -> Manifest:
    return {
        "encoder": encoder.name,
        "dimension": encoder.dimension,
        "passage_rules": passage_rules,
        "text_rules": text.RULES,
        "documents": len(changes.order),
        "passages": sum(record.count for record, _ in changes.order),
        "groups": groups,
        "store": engine.address,
        "segments": changes.kept,
    }


def _vectors(
    rows: Sequence[Row], encoder: Encoder, pending: PendingVectors, progress: Progress, at_once: int
) -> tuple[Vectors, list[Vectors]]:
    """Vectors of the passages, shape (rows, dimension), and of the sentences of each row."""
    vectors = np.zeros((len(rows), encoder.dimension), dtype=np.float32)
    single: list[Vectors] = [vectors[:0]] * len(rows)
    for stored, places, numbers in _reused(rows):
        vectors[places] = stored.vectors(numbers)
        for place, of_row in zip(places, split_rows(*stored.sentences(numbers)), strict=True):
            single[place] = of_row
    fresh = [i for i, row in enumerate(rows) if row.stored is None]
    for start in range(0, len(fresh), at_once):
        batch = fresh[start : start + at_once]
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


def _definitions(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Definitions of names in each document, without duplicates."""
    for document_id, group in groupby((row.passage for row in rows), key=lambda passage: passage.document_id):
        defined = chain.from_iterable(definitions(passage.text, passage.language) for passage in group)
        for definition in dict.fromkeys(defined):
            yield {"document_id": document_id, **asdict(definition)}


def _tokens(rows: Sequence[Row]) -> dict[str, list[Tokens]]:
    """The token hashes of each row, by the names in LEXICAL."""
    tokens = {}
    for name, lexical in LEXICAL.items():
        known = {
            place: of_row
            for stored, places, numbers in _reused(rows)
            for place, of_row in zip(places, split_rows(*stored.postings[name].tokens(numbers)), strict=True)
        }
        tokens[name] = [
            hash_tokens(lexical.tokenizer(row.passage.searchable)) if row.stored is None else known[place]
            for place, row in enumerate(rows)
        ]
    return tokens


def _reused(rows: Sequence[Row]) -> Iterator[tuple[StoredRows, list[int], NDArray[np.int64]]]:
    """For each index with reused rows: its stored rows, the positions in `rows` that reuse one, the numbers reused."""
    places: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        if row.stored is not None:
            places.setdefault(id(row.stored.rows), []).append(place)
    for of_index in places.values():
        used = [stored for place in of_index if (stored := rows[place].stored)]
        yield used[0].rows, of_index, np.array([stored.number for stored in used], dtype=np.int64)
