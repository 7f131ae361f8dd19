"""Build and update an index; unchanged passages are neither encoded nor tokenised again."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, chain, groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retriever import text
from retriever.index.open import DEFINITIONS, Index, check_encoder, live_rows, store_at
from retriever.index.snapshots import IndexFolderError, Manifest, SegmentEntry, kept_names, new_snapshot
from retriever.index.stored_rows import PendingVectors, write_lines
from retriever.lexical.abbreviations import definitions
from retriever.lexical.bm25 import Tokens, hash_tokens, split_rows
from retriever.store import FAISS, LEXICAL, NewRows, Store
from retriever.types import DocumentRecord, Encoder, Group, Passage, Vectors, group_of

# Passages encoded and stored as pending between two reports of progress. Larger batches are no faster, and Ctrl-C
# waits for a whole batch (16 took 7 s on a busy machine).
_BATCH = 4
# Up to this size, an index is always written as one segment: that takes a few tenths of a second.
_SMALL = 1000


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
    store: str = FAISS,
) -> None:
    """Write the snapshot that follows `old`: without the documents `removed`, with `entries` added or replaced.

    The caller holds the writer's lock. Costs what has changed: other documents stay in the segments where they are,
    until a segment is merged with later ones (`kept_segments`). `progress` counts encoded characters; the vectors of
    an interrupted run are kept for the next one. `store` is where a new index keeps its rows.
    """
    if old is not None:
        check_encoder(old, encoder.name)
        check_rules(old, passage_rules)
    engine = old.store if old else store_at(store)
    changes = _changes(old, entries, removed)
    rows = [row for document in changes.written for row in document.rows]
    pending = PendingVectors(folder / "encoded.spool", encoder)
    fresh = [row.passage for row in rows if row.old_row is None]
    progress.start("encoding", sum(len(text) for passage in fresh for text in _encoded_texts(passage)), "characters")
    try:
        vectors, single = _vectors(rows, old, encoder, pending, progress)
    finally:
        progress.finish()
    groups, codes = _groups(old, changes, rows)
    manifest = _manifest(encoder, passage_rules, changes, groups, engine)
    with new_snapshot(folder, manifest) as target:
        if changes.written:
            added = SegmentEntry(name=target.name, rows=len(rows), documents=len(changes.written))
            manifest["segments"] = [*changes.kept, added]
            write_lines(target / "bodies.jsonl", (document.body for document in changes.written))
            if defined := list(_definitions(rows)):
                write_lines(target / DEFINITIONS, defined)
        if rows:
            passages = [row.passage for row in rows]
            engine.write(folder, target.name, NewRows(passages, vectors, single, _tokens(rows, old)))
        write_lines(target / "documents.jsonl", (asdict(record) for record, _ in changes.order))
        np.save(target / "bodies.npy", np.array([body for _, body in changes.order], dtype=np.int64))
        np.save(target / "groups.npy", codes)
    pending.discard()
    engine.sweep(folder, kept_names(folder, target.name, old.snapshot_name if old else None))


def _manifest(
    encoder: Encoder, passage_rules: str, changes: "_Changes", groups: Sequence[Group], engine: Store
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


@dataclass(frozen=True, slots=True)
class _Written:
    """A document of the new segment: one that was added or changed, or one of a segment that is merged into it."""

    rows: list[_Row]
    body: Any


@dataclass(frozen=True, slots=True)
class _Changes:
    """The documents of the next snapshot: `order` has each record, with the row of its body."""

    kept: Sequence[SegmentEntry]
    written: list[_Written]
    order: list[tuple[DocumentRecord, int]]


def _changes(old: Index | None, entries: Sequence[Entry], removed: Collection[str]) -> _Changes:
    """Which documents stay where they are and which are written; new ones come at the end of the order."""
    incoming = {entry.record.id: entry for entry in entries}
    leaving = {*removed, *incoming}
    kept = _kept(old, leaving, sum(len(entry.passages) for entry in entries)) if old else []
    first, body = (sum(entry[count] for entry in kept) for count in ("rows", "documents"))
    stays_below = body
    written: list[_Written] = []
    order: list[tuple[DocumentRecord, int]] = []

    def write(record: DocumentRecord, document: _Written) -> None:
        nonlocal first, body
        written.append(document)
        order.append((replace(record, first=first, count=len(document.rows)), body))
        first, body = first + len(document.rows), body + 1

    for record in old.documents.values() if old else ():
        if record.id in incoming:
            write(incoming[record.id].record, _incoming(incoming.pop(record.id), old))
        elif old and record.id not in leaving:
            if (of_record := old.body_rows[record.id]) < stays_below:
                order.append((record, of_record))
            else:
                write(record, _moved(record, old))
    for entry in incoming.values():
        write(entry.record, _incoming(entry, old))
    return _Changes(kept, written, order)


def _kept(old: Index, leaving: Collection[str], added: int) -> Sequence[SegmentEntry]:
    """The first segments of `old`, which the next snapshot keeps as they are."""
    segments = old.manifest["segments"]
    ends = list(accumulate(segment["documents"] for segment in segments))
    live = [0] * len(segments)
    for record in old.documents.values():
        if record.id not in leaving:
            live[bisect_right(ends, old.body_rows[record.id])] += record.count
    return segments[: kept_segments([segment["rows"] for segment in segments], live, added)]


def kept_segments(rows: Sequence[int], live: Sequence[int], added: int) -> int:
    """How many of the first segments are kept, by the numbers of their rows and of those that are still live.

    The others are merged with the `added` rows into one. The last kept segment holds at least twice what comes after it
    (a row is then written again about as often as its index doubles), and at most half of each one's rows are dead.
    """
    total, kept = sum(live) + added, len(rows)
    while kept and live[kept - 1] < 2 * added:
        kept -= 1
        added += live[kept]
    kept = next((place for place in range(kept) if 2 * live[place] < rows[place]), kept)
    return kept if total > _SMALL else 0


def _moved(record: DocumentRecord, old: Index) -> _Written:
    passages = enumerate(old.passages_of(record.id), record.first)
    return _Written([_Row(passage, row) for row, passage in passages], old.body_of(record.id))


def _incoming(entry: Entry, old: Index | None) -> _Written:
    known: dict[tuple[Any, ...], int] = {}
    if old is not None and (record := old.documents.get(entry.record.id)):
        for row, passage in enumerate(old.passages_of(record.id), record.first):
            known[_content(passage)] = row
    return _Written([_Row(passage, known.get(_content(passage))) for passage in entry.passages], entry.body)


def _content(passage: Passage) -> tuple[Any, ...]:
    """What a passage's vectors and tokens depend on (its place in the document is not part of it)."""
    return passage.searchable, passage.sentences


def _groups(old: Index | None, changes: _Changes, rows: Sequence[_Row]) -> tuple[list[Group], NDArray[np.uint8]]:
    """The groups of the live rows, sorted, and the place of each row's group among them, shape (rows,)."""
    kept = sum(segment["rows"] for segment in changes.kept)
    names: tuple[Group, ...] = old.fusion.background.names if old else ()
    codes = old.fusion.background.groups[:kept] if old else np.zeros(0, np.uint8)
    live = live_rows((record for record, _ in changes.order if record.first < kept), kept)
    own = [group_of(row.passage) for row in rows]
    groups = sorted({*own, *(names[code] for code in np.unique(codes[live]))})
    anew = np.array([groups.index(name) if name in groups else 0 for name in names], dtype=np.uint8)
    added = np.array([groups.index(name) for name in own], dtype=np.uint8)
    return groups, np.concatenate([anew[codes], added])


def _vectors(
    rows: Sequence[_Row], old: Index | None, encoder: Encoder, pending: PendingVectors, progress: Progress
) -> tuple[Vectors, list[Vectors]]:
    """Vectors of the passages, shape (rows, dimension), and of the sentences of each row."""
    vectors = np.zeros((len(rows), encoder.dimension), dtype=np.float32)
    single: list[Vectors] = [vectors[:0]] * len(rows)
    kept = [(i, row.old_row) for i, row in enumerate(rows) if row.old_row is not None]
    if old is not None and kept:
        old_rows = np.array([old_row for _, old_row in kept], dtype=np.int64)
        vectors[[i for i, _ in kept]] = old.stored.vectors(old_rows)
        for (i, _), of_row in zip(kept, split_rows(*old.stored.sentences(old_rows)), strict=True):
            single[i] = of_row
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


def _tokens(rows: Sequence[_Row], old: Index | None) -> dict[str, list[Tokens]]:
    """The token hashes of each row, by the names in LEXICAL."""
    old_rows = np.array([row.old_row for row in rows if row.old_row is not None], dtype=np.int64)
    tokens = {}
    for name, lexical in LEXICAL.items():
        kept = iter(
            split_rows(*old.stored.postings[name].tokens(old_rows)) if old is not None and len(old_rows) else ()
        )
        tokens[name] = [
            hash_tokens(lexical.tokenizer(row.passage.searchable)) if row.old_row is None else next(kept)
            for row in rows
        ]
    return tokens
