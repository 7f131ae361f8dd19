"""Plan a merge of indexes: which documents are copied, under which ids, and where the works among them are cited."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from ingest.document import CitedIn, hash_bytes
from ingest.runs.gather import MANY
from ingest.runs.ingest_plan import Outcome
from retriever.index.search import Index
from retriever.types import DocumentRecord


@dataclass(frozen=True, slots=True)
class Move:
    """A document to be written, the id that it gets, and where it is cited, by ids of the result.

    `index` is the one that it comes from; None for a document that is in place and is cited by more documents now.
    """

    index: Index | None
    record: DocumentRecord
    document_id: str
    cited_in: tuple[CitedIn, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A document of the index with this number."""

    number: int
    index: Index
    record: DocumentRecord


class MergePlan:
    """Decides what becomes of each document when `indexes`, in order, are merged into `target` (None: a new index)."""

    def __init__(self, target: Index | None, indexes: Sequence[Index]) -> None:
        self._target, self._indexes = target, indexes
        self._before = target.documents if target else {}
        self._result: dict[str, DocumentRecord] = {}  # by id
        self._of_source: dict[str, list[str]] = {}  # the ids of each source
        self._last: dict[str, _Candidate] = {}  # of several versions of a document, the one that counts, by id
        self._ids: dict[tuple[int, str], str] = {}  # (number of the index, id there) → id in the result
        for record in self._before.values():
            self._take(record.id, record)
        for candidate in self._candidates():
            document_id = self._id_of(candidate.record)
            self._take(document_id, candidate.record)
            last = self._last.get(document_id)
            if last is None or not _is_same(last.record, candidate.record):
                self._last[document_id] = candidate
            self._ids[candidate.number, candidate.record.id] = document_id
        self._twins = self._find_twins()
        self._ids = {place: self._twins.get(name, name) for place, name in self._ids.items()}
        self._cited_in = self._find_citing()

    def id_of(self, number: int, document_id: str) -> str:
        """The id in the result of a document of the index with this number; "" where there is none."""
        return self._ids.get((number, document_id), "")

    def moves(self) -> list[Move]:
        """The documents to be written."""
        moves: list[Move] = []
        for name, last in self._last.items():
            cited_in = tuple(self._cited_in.get(name, ()))
            if name not in self._twins and not _is_same(self._before.get(name), last.record):
                moves.append(Move(last.index, last.record, name, cited_in))
        for name in self._cited_in:
            if self._is_cited_anew(name):
                moves.append(Move(None, self._before[name], name, tuple(self._cited_in[name])))
        return moves

    def outcomes(self) -> list[Outcome]:
        """What becomes of each document, in the order of the indexes."""
        return [self._outcome(candidate) for candidate in self._candidates()]

    def _candidates(self) -> Iterator[_Candidate]:
        for number, index in enumerate(self._indexes):
            yield from (_Candidate(number, index, record) for record in index.documents.values())

    def _take(self, document_id: str, record: DocumentRecord) -> None:
        if document_id not in self._result:
            self._of_source.setdefault(record.source, []).append(document_id)
        self._result[document_id] = replace(record, id=document_id)

    def _id_of(self, record: DocumentRecord) -> str:
        """The id of the document from the same source; else the document's own id, made longer while it is taken."""
        of_source = self._of_source.get(record.source, [])
        suffix = f"-{hash_bytes(os.fsencode(record.source))[:6]}"
        for document_id in (record.id, record.id + suffix):
            if document_id in of_source:
                return document_id
        if of_source and PurePath(record.source).suffix.lower() != MANY:
            return of_source[0]
        document_id = record.id
        while document_id in self._result:
            document_id += suffix
        return document_id

    def _find_twins(self) -> dict[str, str]:
        """The new documents whose content another source has, each with the id of the document that has it."""
        holders = {record.content_hash: name for name, record in self._result.items() if name in self._before}
        twins: dict[str, str] = {}
        for name in self._last:
            record = self._result[name]
            holder = holders.setdefault(record.content_hash, name) if name not in self._before else name
            if self._result[holder].source != record.source:
                twins[name] = holder
        return twins

    def _find_citing(self) -> dict[str, dict[CitedIn, None]]:
        """Where each work is cited: in the target, and in all indexes that have its text."""
        places = {
            record.id: dict.fromkeys(_places(self._target, record.id))
            for record in self._before.values()
            if record.kind == "reference"
        }
        for candidate in self._candidates():
            if candidate.record.kind == "reference":
                of_work = places.setdefault(self._ids[candidate.number, candidate.record.id], {})
                for place in _places(candidate.index, candidate.record.id):
                    if document_id := self._ids.get((candidate.number, place.document_id)):
                        of_work[CitedIn(document_id, place.key)] = None
        return places

    def _is_cited_anew(self, document_id: str) -> bool:
        """Whether a document that stays in place is cited by more documents now."""
        last = self._last.get(document_id)
        stays = document_id in self._before and (not last or _is_same(self._before[document_id], last.record))
        cited_in = self._cited_in.get(document_id, {})
        return stays and cited_in.keys() != set(_places(self._target, document_id))

    def _outcome(self, candidate: _Candidate) -> Outcome:
        record, folder = candidate.record, candidate.index.folder
        document_id = self._ids[candidate.number, record.id]
        if self._result[document_id].source != record.source:
            return Outcome("skipped", record.id, f"{folder}: the same content as {document_id}", "duplicate")
        last = self._last[document_id]
        if not _is_same(last.record, record):
            said = f"{folder}: a later index, {last.index.folder}, has another version"
            return Outcome("skipped", record.id, said, "replaced")
        if last.number != candidate.number:
            return Outcome("unchanged", document_id)
        if not _is_same(self._before.get(document_id), record):
            return Outcome("updated" if document_id in self._before else "added", document_id)
        if document_id in self._cited_in and self._is_cited_anew(document_id):
            return Outcome("updated", document_id, "more documents cite it now")
        return Outcome("unchanged", document_id)


def _is_same(record: DocumentRecord | None, other: DocumentRecord) -> bool:
    return record is not None and (record.source, record.content_hash) == (other.source, other.content_hash)


def _places(index: Index | None, document_id: str) -> list[CitedIn]:
    """Where a work is cited, by ids of the index."""
    body = index.body_of(document_id) if index else {}
    return [CitedIn(**place) for place in body.get("cited_in", ())]
