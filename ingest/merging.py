"""Several indexes → one: what machines made of their shards of a folder is united; nothing is encoded again."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import hash_bytes
from ingest.passages import RULES
from ingest.pdf.facsimile.originals import Originals
from ingest.sources.ingest_plan import Outcome
from retriever.encoder import DeferredEncoder
from retriever.index.build import Progress, check_rules
from retriever.index.changes import Entry, StoredRow
from retriever.index.open import Index, check_encoder, open_index
from retriever.index.snapshots import writing
from retriever.index.staged_run import StagedRun
from retriever.types import DocumentRecord, TenkyoError

_PASSAGES = 4000  # written at a time


@dataclass(frozen=True, slots=True)
class _Move:
    """A document of another index, and the id that it gets."""

    index: Index
    record: DocumentRecord
    document_id: str


def merge(folder: Path, sources: Sequence[Path], *, store: str | None = None, progress: Progress) -> list[Outcome]:
    """Put the documents of the indexes in `sources`, in order, into the index in `folder`; returns what became of each.

    A document replaces one of the same source. One whose content is there already is left out; one whose id another
    document has gets a longer id. `store` is where a new index keeps its rows. Readers see the result in one step, and
    an interrupted merge goes on where it stopped. Raises TenkyoError for indexes of different encoders or rules.
    """
    if folder.resolve() in {source.resolve() for source in sources}:
        raise TenkyoError(f"index {folder} cannot be merged into itself; name other indexes")
    indexes = [open_index(source) for source in sources]
    first = indexes[0]
    for index in indexes:
        check_rules(index, RULES)
        check_encoder(index, first.manifest["encoder"])
    with writing(folder):
        key = hash_bytes(
            repr(["merge", *(str(index.folder.resolve()) for index in indexes)]).encode("utf-8", "replace")
        )
        run = StagedRun(folder, key, RULES, store)
        if run.index is not None:
            check_encoder(run.index, first.manifest["encoder"])
        moves, outcomes = _planned(run, indexes)
        progress.start("merging", len(moves), "documents")
        encoder = DeferredEncoder(first.manifest["encoder"], first.manifest["dimension"])
        for batch in _batches(moves):
            run.write(encoder, [_entry(move, moves) for move in batch], (), _Quiet())
            for move in batch:
                if original := Originals(move.index.folder).find(move.record.content_hash):
                    Originals(folder).keep(original, move.record.content_hash)
            progress.advance(len(batch))
        progress.finish()
        run.finish()
    return outcomes


def _planned(run: StagedRun, indexes: Sequence[Index]) -> tuple[list[_Move], list[Outcome]]:
    """The documents to be written, and what becomes of each document of the indexes."""
    taken = dict(run.documents)
    holders = {record.content_hash: record for record in taken.values()}
    moves: list[_Move] = []
    outcomes: list[Outcome] = []
    for index in indexes:
        for record in index.documents.values():
            twin = holders.get(record.content_hash)
            if twin is not None:
                is_same = twin.source == record.source
                said = "" if is_same else f"{index.folder}: the same content as {twin.id}"
                state = Outcome("unchanged", twin.id) if is_same else Outcome("skipped", record.id, said, "duplicate")
                outcomes.append(state)
                continue
            document_id = _id_of(record, taken)
            outcomes.append(Outcome("updated" if document_id in taken else "added", document_id))
            moved = replace(record, id=document_id)
            taken[document_id] = holders[record.content_hash] = moved
            moves.append(_Move(index, record, document_id))
    return moves, outcomes


def _id_of(record: DocumentRecord, taken: dict[str, DocumentRecord]) -> str:
    """The document's own id, or a longer one where a document of another source has it."""
    if record.id not in taken or taken[record.id].source == record.source:
        return record.id
    return f"{record.id}-{hash_bytes(os.fsencode(record.source))[:6]}"


def _batches(moves: Sequence[_Move]) -> Iterator[list[_Move]]:
    batch: list[_Move] = []
    for move in moves:
        batch.append(move)
        if sum(waiting.record.count for waiting in batch) >= _PASSAGES:
            yield batch
            batch = []
    if batch:
        yield batch


def _entry(move: _Move, moves: Sequence[_Move]) -> Entry:
    """The entry of a document, with the rows of the other index."""
    index, record, document_id = move.index, move.record, move.document_id
    passages = index.passages_of(record.id)
    body = index.body_of(record.id)
    if body.get("cited_in"):
        ids = {other.record.id: other.document_id for other in moves if other.index is index}
        places = [
            {**place, "document_id": ids.get(place["document_id"], place["document_id"])} for place in body["cited_in"]
        ]
        body = body | {"cited_in": places}
    if document_id != record.id:
        body = body | {"id": document_id}
        passages = [
            replace(passage, id=document_id + passage.id.removeprefix(record.id), document_id=document_id)
            for passage in passages
        ]
    rows = tuple(StoredRow(index.stored, record.first + place) for place in range(record.count))
    return Entry(replace(record, id=document_id), tuple(passages), body, rows)


class _Quiet:
    """Progress that is not shown: nothing is encoded."""

    def start(self, label: str, total: int, unit: str) -> None:
        """Nothing."""

    def advance(self, count: int) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""
