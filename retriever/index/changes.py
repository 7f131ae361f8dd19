"""What an update writes: which segments stay, and which rows the new one gets."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.index.open import live_rows
from retriever.index.search import Index
from retriever.index.segments import passage_from_json
from retriever.index.snapshots import SegmentEntry
from retriever.store import StoredRows
from retriever.types import DocumentRecord, Group, Passage, group_of

# Up to this size, an index is always written as one segment: that takes a few tenths of a second.
_SMALL = 1000
# Segments are merged up to this many rows: an update keeps all rows that it writes in memory, about 20 KB each.
_MOST_MERGED = 8192


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of an open index, whose vectors and tokens another passage can reuse."""

    rows: StoredRows
    number: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be indexed: its record, its passages, and a JSON-serialisable body stored with it.

    `stored` names the rows of another index whose vectors and tokens the passages reuse. If it is empty, passages that
    the old snapshot lacks are encoded.
    """

    record: DocumentRecord
    passages: tuple[Passage, ...]
    body: Any
    stored: "tuple[StoredRow, ...]" = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A passage of the next snapshot, and the stored row whose vectors and tokens it can reuse."""

    passage: Passage
    stored: StoredRow | None


@dataclass(frozen=True, slots=True)
class Written:
    """A document of the new segment: one that was added or changed, or one of a segment that is merged into it."""

    rows: list[Row]
    body: Any


@dataclass(frozen=True, slots=True)
class Changes:
    """The documents of the next snapshot: `order` has each record, with the row of its body.

    `kept_rows` are the rows of the `kept` segments in the old snapshot, one slice each.
    """

    kept: Sequence[SegmentEntry]
    kept_rows: Sequence[slice]
    written: list[Written]
    order: list[tuple[DocumentRecord, int]]


def changes_of(old: Index | None, entries: Sequence[Entry], removed: Collection[str]) -> Changes:
    """Which documents stay where they are and which are written; new ones come at the end of the order."""
    incoming = {entry.record.id: entry for entry in entries}
    leaving = {*removed, *incoming}
    kept = _kept(old, leaving, sum(len(entry.passages) for entry in entries)) if old else _Kept([], [], {})
    first, body = (sum(entry[count] for entry in kept.segments) for count in ("rows", "documents"))
    written: list[Written] = []
    order: list[tuple[DocumentRecord, int]] = []

    def write(record: DocumentRecord, document: Written) -> None:
        nonlocal first, body
        written.append(document)
        order.append((replace(record, first=first, count=len(document.rows)), body))
        first, body = first + len(document.rows), body + 1

    moved = _moved(old, leaving, kept) if old else {}
    for record in old.documents.values() if old else ():
        if record.id in incoming:
            write(incoming[record.id].record, _incoming(incoming.pop(record.id), old))
        elif record.id in moved:
            write(record, moved[record.id])
        elif place := kept.places.get(record.id):
            order.append((record if record.first == place[0] else replace(record, first=place[0]), place[1]))
    for entry in incoming.values():
        write(entry.record, _incoming(entry, old))
    return Changes(kept.segments, kept.rows, written, order)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The segments of the old snapshot that the next one keeps as they are.

    `rows` are their rows in the old snapshot, one slice a segment; `places` has the first row and the row of the body
    that each of their documents gets in the next one.
    """

    segments: Sequence[SegmentEntry]
    rows: Sequence[slice]
    places: dict[str, tuple[int, int]]


def _kept(old: Index, leaving: Collection[str], added: int) -> _Kept:
    segments = old.manifest["segments"]
    first_rows, first_bodies = (
        [0, *accumulate(segment[count] for segment in segments)] for count in ("rows", "documents")
    )
    staying = {
        record.id: bisect_right(first_bodies, old.body_rows[record.id]) - 1
        for record in old.documents.values()
        if record.id not in leaving
    }
    live = [0] * len(segments)
    for document_id, place in staying.items():
        live[place] += old.documents[document_id].count
    numbers = kept_segments([segment["rows"] for segment in segments], live, added)
    kept = [segments[number] for number in numbers]
    new_rows, new_bodies = ([0, *accumulate(segment[count] for segment in kept)] for count in ("rows", "documents"))
    moves = {
        number: (new_rows[place] - first_rows[number], new_bodies[place] - first_bodies[number])
        for place, number in enumerate(numbers)
    }
    places = {
        document_id: (old.documents[document_id].first + moves[of][0], old.body_rows[document_id] + moves[of][1])
        for document_id, of in staying.items()
        if of in moves
    }
    return _Kept(kept, [slice(first_rows[number], first_rows[number + 1]) for number in numbers], places)


def kept_segments(rows: Sequence[int], live: Sequence[int], added: int) -> list[int]:
    """The positions of the segments to keep; all others are merged with the `added` rows into one new segment.

    `rows` and `live` hold the numbers of all rows and of live rows of each segment, in order. Segments of which less
    than half is live are merged. So are those at the end, from the last one back, while a segment has less than twice
    the rows merged so far (so a row is rewritten about once for each doubling of the index) and the new segment gets at
    most `_MOST_MERGED` rows. An index of at most `_SMALL` rows keeps none.
    """
    if sum(live) + added <= _SMALL:
        return []
    kept = [place for place in range(len(rows)) if 2 * live[place] >= rows[place]]
    added += sum(live) - sum(live[place] for place in kept)
    while kept and live[kept[-1]] < 2 * added and live[kept[-1]] + added <= _MOST_MERGED:
        added += live[kept.pop()]
    return kept


def _moved(old: Index, leaving: Collection[str], kept: _Kept) -> dict[str, Written]:
    """The documents that move to the new segment, by id. All their rows are read at once: a store may be far away."""
    moving = [record for record in old.documents.values() if record.id not in leaving and record.id not in kept.places]
    rows = [row for record in moving for row in range(record.first, record.first + record.count)]
    passages = map(passage_from_json, old.stored.passages(rows))
    read = (Row(passage, StoredRow(old.stored, row)) for row, passage in zip(rows, passages, strict=True))
    return {record.id: Written(list(islice(read, record.count)), old.body_of(record.id)) for record in moving}


def _incoming(entry: Entry, old: Index | None) -> Written:
    if entry.stored:
        return Written([Row(*pair) for pair in zip(entry.passages, entry.stored, strict=True)], entry.body)
    known: dict[tuple[Any, ...], StoredRow] = {}
    if old is not None and (record := old.documents.get(entry.record.id)):
        for row, passage in enumerate(old.passages_of(record.id), record.first):
            known[_content(passage)] = StoredRow(old.stored, row)
    return Written([Row(passage, known.get(_content(passage))) for passage in entry.passages], entry.body)


def _content(passage: Passage) -> tuple[Any, ...]:
    """What a passage's vectors and tokens depend on (its place in the document is not part of it)."""
    return passage.searchable, passage.sentences


def groups_of(old: Index | None, changes: Changes, rows: Sequence[Row]) -> tuple[list[Group], NDArray[np.uint8]]:
    """The groups of the live rows, sorted, and the place of each row's group among them, shape (rows,)."""
    kept = sum(segment["rows"] for segment in changes.kept)
    names: tuple[Group, ...] = old.fusion.background.names if old else ()
    of_old = old.fusion.background.groups if old else np.zeros(0, np.uint8)
    codes = np.concatenate([of_old[:0], *(of_old[rows] for rows in changes.kept_rows)])
    live = live_rows((record for record, _ in changes.order if record.first < kept), kept)
    own = [group_of(row.passage) for row in rows]
    groups = sorted({*own, *(names[code] for code in np.unique(codes[live]))})
    anew = np.array([groups.index(name) if name in groups else 0 for name in names], dtype=np.uint8)
    added = np.array([groups.index(name) for name in own], dtype=np.uint8)
    return groups, np.concatenate([anew[codes], added])
