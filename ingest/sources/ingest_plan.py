"""Decides for each document that was read: added, updated, unchanged, or skipped and why."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal, get_args

from ingest.bibliography.mentions import with_cites
from ingest.bibliography.parser import with_references
from ingest.bibliography.same_work import lists_half
from ingest.document import Document, hash_bytes
from ingest.passages import cut
from ingest.text import shown_name
from retriever.index.build import Entry
from retriever.text import squeeze
from retriever.types import DocumentRecord, Passage

State = Literal["added", "updated", "unchanged", "skipped", "removed", "missing"]
_STATES: tuple[State, ...] = get_args(State)
# A paper is recognised by its title: one of this many first blocks must be the title, whatever title the file states.
_TITLE_WITHIN = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document or source. `name` is a document id, or a path or address where there is none.

    `detail` is for people; `reason`, a word for programs, says why something was skipped, and `kind` what it is: a
    file's ending, "page", "line", "link", "address". Missing is a document whose file is no longer in its folder.
    """

    state: State
    name: str
    detail: str = ""
    reason: str = ""
    kind: str = ""


@dataclass(slots=True)
class IngestPlan:
    """The documents that one run adds to those of the index (`records`, by id).

    `hashes` has the sources of the run with the hashes of their present content, "" where that is not known.
    """

    records: dict[str, DocumentRecord]
    hashes: Mapping[str, str] = field(default_factory=dict)
    incoming: dict[str, tuple[Document, Entry]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    _of_source: dict[str, list[DocumentRecord]] = field(default_factory=dict)
    _holders: dict[str, tuple[str, str]] = field(default_factory=dict)  # content hash → id and source

    def __post_init__(self) -> None:
        for record in self.records.values():
            self._of_source.setdefault(record.source, []).append(record)
            if self.hashes.get(record.source, record.content_hash) == record.content_hash:
                self._holders[record.content_hash] = record.id, record.source

    def of_source(self, source: str) -> list[DocumentRecord]:
        """The documents of the index that were read from a source."""
        return self._of_source.get(source, [])

    def take(self, document: Document, content_hash: str, *, own_id: bool) -> Outcome:
        """Decide on a document. `own_id`: its source gives it its id, so it cannot get another one."""
        twin, holder = self._holders.get(content_hash, ("", document.source))
        if holder != document.source:
            return self._skipped(document, document.source, f"the same content as {twin}", "duplicate")
        document_id = document.id if own_id else self._free_id(document)
        taken = self._source_of(document_id)
        if taken not in {None, document.source}:
            said = f"{shown_name(document.source)}: another document has this id ({shown_name(taken or '')}); change it"
            return self._skipped(document, document_id, said, "id")
        if document_id in self.seen:
            said = f"{shown_name(document.source)}: this id is given twice; only the first document is read"
            return self._skipped(document, document_id, said, "id")
        record = self.records.get(document_id)
        if record and record.content_hash == content_hash:
            self.seen.add(document_id)
            return Outcome("unchanged", document_id)
        whole = with_references(replace(document, id=document_id))
        self.incoming[document_id] = whole, _entry(whole, content_hash)
        self.seen.add(document_id)
        self._holders[content_hash] = document_id, document.source
        return Outcome("updated" if record else "added", document_id, size_of(document))

    def holds(self, content_hash: str) -> bool:
        """Whether a document of the index or of this run has this content."""
        return content_hash in self._holders

    @staticmethod
    def _skipped(document: Document, name: str, detail: str, reason: str) -> Outcome:
        return Outcome("skipped", name, detail, reason, PurePath(document.source).suffix.lower())

    def vanished(self, source: str) -> list[str]:
        """Takes out the documents that are no longer in a source; returns their ids."""
        gone = [record.id for record in self.of_source(source) if record.id not in self.seen]
        for document_id in gone:
            del self.records[document_id]
        return gone

    def move(self, record: DocumentRecord, document: Document, passages: Sequence[Passage], source: str) -> Outcome:
        """Keep a document, its id and its passages, whose file is now `source`; a title that was its name follows."""
        title = _stem(source) if record.title == _stem(record.source) else record.title
        moved = replace(document, source=source, title=title)
        entry = Entry(replace(record, source=source, title=title), tuple(passages), moved.to_json())
        self.incoming[record.id] = moved, entry
        self.seen.add(record.id)
        self._holders[record.content_hash] = record.id, source
        return Outcome("updated", record.id, f"its file is now {shown_name(source)}; nothing was encoded")

    def stepping_aside(self, listings: Sequence[Document]) -> dict[str, str]:
        """The documents that make room for the incoming ones, by their ids, each with the reason.

        A digest steps aside for its paper: a document of its title, or one that lists the works of the records that
        come with it (`listings`). For any other document of the user's own, the digests and these records do: what came
        with Tenkyo must not be taken for the user's paper.
        """
        own = [document for document, _ in self.incoming.values() if document.kind == "document"]
        digests = [record for record in self.records.values() if record.digest_of]
        if not digests or not own:
            return {}
        listed = any(lists_half(listing.references, document.references) for document in own for listing in listings)
        replaced = [one for one in digests if listed or any(_is_paper(document, one.digest_of) for document in own)]
        if replaced:
            return {record.id: "replaced by the paper itself" for record in replaced}
        bundled = [record for record in self.records.values() if record.kind in {"digest", "references"}]
        return {record.id: "the bundled paper makes room for your own documents" for record in bundled}

    def entries(self) -> list[Entry]:
        """The incoming documents, their bibliographies parsed and cut into passages, for the index."""
        return [entry for _, entry in self.incoming.values()]

    def _free_id(self, document: Document) -> str:
        """The id of the source's document in the index, or the document's own, made unique if another source has it."""
        for record in self.of_source(document.source):
            return record.id
        if self._source_of(document.id) in {None, document.source}:
            return document.id
        return f"{document.id}-{hash_bytes(os.fsencode(document.source))[:6]}"

    def _source_of(self, document_id: str) -> str | None:
        if document_id in self.incoming:
            return self.incoming[document_id][0].source
        record = self.records.get(document_id)
        return record.source if record else None


def size_of(document: Document) -> str:
    """The size of a document, for people."""
    pages = f"{document.page_count} pages, " if document.page_count else ""
    return f"{pages}{len(document.text):,} characters"


def summary(outcomes: Iterable[Outcome]) -> str:
    """One line that counts the outcomes by state, and what was skipped by kind and reason."""
    outcomes = list(outcomes)
    counts = Counter(outcome.state for outcome in outcomes)
    shown = [
        state for state in (*_STATES[:3], "removed", "missing", "skipped") if counts[state] or state in _STATES[:2]
    ]
    line = ", ".join(f"{counts[state]} {state}" for state in shown)
    skips = Counter((one.kind, one.reason) for one in outcomes if one.state == "skipped")
    if skips.total() < 2:
        return line
    return f"{line}: " + ", ".join(f"{count} {kind} {reason}" for (kind, reason), count in skips.most_common())


def _stem(source: str) -> str:
    return shown_name(PurePath(source).stem)


def _is_paper(document: Document, title: str) -> bool:
    wanted = squeeze(title)
    lines = [document.title, *(block.text for block in document.blocks[:_TITLE_WITHIN])]
    return not document.digest_of and any(squeeze(line) == wanted for line in lines)


def _entry(document: Document, content_hash: str) -> Entry:
    passages = tuple(with_cites(document, cut(document)))
    return Entry(_record(document, content_hash), passages, document.to_json())


def _record(document: Document, content_hash: str) -> DocumentRecord:
    return DocumentRecord(
        id=document.id,
        title=document.title,
        source=document.source,
        content_hash=content_hash,
        language=document.language,
        kind=document.kind,
        digest_of=document.digest_of,
        page_count=document.page_count,
        url=document.url,
        characters=len(document.text),
        listed=sum(block.kind == "entry" for block in document.blocks),
    )
