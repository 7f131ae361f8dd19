"""Merge indexes, such as those that machines made of their shards of one folder; nothing is encoded again."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ingest.document import hash_bytes
from ingest.indexes.merge_plan import MergePlan, Move
from ingest.passages import RULES
from ingest.pdf.facsimile.originals import Originals
from ingest.references.fetch_record import READABLE, FetchRecord
from ingest.references.store import ReferenceStore
from ingest.runs.batches import make_room
from ingest.runs.ingest_plan import Outcome
from retriever.index.build import Progress, StagedRun
from retriever.index.changes import Entry, StoredRow
from retriever.index.open import check_encoder, check_rules, open_index
from retriever.index.search import Index, encoder_of
from retriever.index.snapshots import writing
from retriever.types import TenkyoError

_PASSAGES = 4000  # written at a time


def merge(folder: Path, sources: Sequence[Path], *, store: str | None = None, progress: Progress) -> list[Outcome]:
    """Put the documents of the indexes in `sources`, in order, into the index in `folder`; returns what became of each.

    A document replaces the one from the same source; if several indexes have it, the last one wins. A document with the
    content of another source is left out; one whose id is taken gets a longer id. Texts of cited works stay linked to
    the documents that cite them; the records and pages of fetched works are copied. The bundled paper is removed as in
    an ingest. `store` is where a new index keeps its rows. Readers see the result in one step, and an interrupted merge
    goes on where it stopped. Raises TenkyoError for indexes of different encoders or rules.
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
        plan = MergePlan(run.index, indexes)
        moves = plan.moves()
        progress.start("merging", len(moves), "documents")
        encoder = encoder_of(first)
        for batch in _batches(moves):
            _keep_originals(folder, batch)
            run.write(encoder, [_entry(move, run) for move in batch], (), _Quiet())
            progress.advance(len(batch))
        progress.finish()
        outcomes = plan.outcomes() + make_room(run, encoder, _Quiet())
        run.finish()
        run.make_if_missing(encoder, _Quiet())
        Originals(folder).sweep({record.content_hash for record in run.documents.values()})
        return outcomes + _merge_records(folder, indexes, plan)


def _merge_records(folder: Path, indexes: Sequence[Index], plan: MergePlan) -> list[Outcome]:
    """Copy the records of fetched works, with pages and texts that wait to be indexed; returns the damaged records.

    Of two records of a work, the readable one is kept; if both or neither are readable, the later one.
    """
    target, damaged = ReferenceStore(folder), list[Outcome]()
    stores = [ReferenceStore(index.folder) for index in indexes]
    if not any(store.records() or store.damaged() for store in stores):
        return []
    with target.fetching():
        known = {_work(record): record for record in target.records()}
        for number, store in enumerate(stores):
            damaged += [Outcome("skipped", str(path), reason, "damaged") for path, reason in store.damaged()]
            for record in store.records():
                listed_in = plan.id_of(number, record.listed_in)
                moved = replace(
                    record, listed_in=listed_in, document_id=plan.id_of(number, record.document_id), place=""
                )
                old = known.get(_work(moved))
                if not listed_in or (old is not None and _rank(old) >= _rank(moved)):
                    continue
                moved = replace(moved, place=old.place if old else "")
                if page := store.page(record.url):
                    target.keep_page(page[0], record.fetched_at)
                target.keep(moved, store.waiting_text(record))
                known[_work(moved)] = moved
    return damaged


def _work(record: FetchRecord) -> tuple[str, ...]:
    """The key that identifies the work of a record."""
    return record.listed_in, record.key, record.url, record.cited_title, record.cited_date


def _rank(record: FetchRecord) -> tuple[bool, str]:
    return record.state in READABLE, record.fetched_at


def _batches(moves: Sequence[Move]) -> Iterator[list[Move]]:
    batch: list[Move] = []
    for move in moves:
        batch.append(move)
        if sum(waiting.record.count for waiting in batch) >= _PASSAGES:
            yield batch
            batch = []
    if batch:
        yield batch


def _keep_originals(folder: Path, moves: Sequence[Move]) -> None:
    """Copy the PDFs of these documents, before a snapshot refers to them."""
    for move in moves:
        if move.index and (original := Originals(move.index.folder).find(move.record.content_hash)):
            Originals(folder).keep(original, move.record.content_hash)


def _entry(move: Move, run: StagedRun) -> Entry:
    """The entry of a document, with the rows of the other index; one that is in place keeps its own rows."""
    index, record, document_id = move.index or run.index, move.record, move.document_id
    assert index is not None  # noqa: S101 - a document that is in place has an index
    passages = index.passages_of(record.id)
    body: dict[str, Any] = index.body_of(record.id)
    if move.cited_in or body.get("cited_in"):
        body = body | {"cited_in": [asdict(place) for place in move.cited_in]}
    if document_id != record.id:
        body = body | {"id": document_id}
        passages = [
            replace(passage, id=document_id + passage.id.removeprefix(record.id), document_id=document_id)
            for passage in passages
        ]
    rows = tuple(StoredRow(index.stored, record.first + place) for place in range(record.count)) if move.index else ()
    return Entry(replace(record, id=document_id), tuple(passages), body, rows)


class _Quiet:
    """Progress that is not shown: nothing is encoded."""

    def start(self, label: str, total: int, unit: str) -> None:
        """Do nothing."""

    def advance(self, count: int) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""
