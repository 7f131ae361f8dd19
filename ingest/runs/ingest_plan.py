"""Plan the changes of one run: for each loaded document decide whether it is added, updated, unchanged or skipped."""

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
from ingest.text import counted, shown_name
from retriever.index.changes import Entry
from retriever.text import squeeze
from retriever.types import DocumentRecord, Passage

State = Literal["added", "updated", "unchanged", "skipped", "removed", "missing"]
_STATES: tuple[State, ...] = get_args(State)
# A paper is recognised by its title: the title that the file states, or one of this many first blocks.
_TITLE_WITHIN = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for a document or source. `name` is a document id; without one, a path or address.

    `detail` is for people. For skipped items, `reason` is a machine-readable word and `kind` the type of item: a file's
    suffix, "page", "line", "link", "address". A document is missing if its file is no longer in its folder.
    """

    state: State
    name: str
    detail: str = ""
    reason: str = ""
    kind: str = ""


@dataclass(slots=True)
class IngestPlan:
    """The documents that one run adds to an index (`incoming`); `records` are those that the index has, by id.

    `hashes` holds the current content hash of each source of the run, "" if unknown. `seen` holds the ids that the run
    has met.
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
        """The documents in the index that were read from a source."""
        return self._of_source.get(source, [])

    def take(self, document: Document, content_hash: str, *, own_id: bool) -> Outcome:
        """Decide what happens to a document. `own_id`: its id comes from the source and must not be changed."""
        twin, holder = self._holders.get(content_hash, ("", document.source))
        if holder != document.source:
            return self._skipped(document, document.source, f"the same content as {twin}", "duplicate")
        document_id = document.id if own_id else self._free_id(document)
        taken = self._source_of(document_id)
        if taken not in {None, document.source}:
            said = f"{shown_name(document.source)}: another document has this id ({shown_name(taken or '')}); change it"
            return self._skipped(document, document_id, said, "id")
        if document_id in self.seen:
            said = f"{shown_name(document.source)}: this id occurs twice; only the first document is read"
            return self._skipped(document, document_id, said, "id")
        record = self.records.get(document_id)
        if record and record.content_hash == content_hash:
            self.seen.add(document_id)
            return Outcome("unchanged", document_id)
        whole = with_references(document if document.id == document_id else replace(document, id=document_id))
        self.incoming[document_id] = whole, _entry(whole, content_hash)
        self.seen.add(document_id)
        self._holders[content_hash] = document_id, document.source
        return Outcome("updated" if record else "added", document_id, size_of(document))

    def holds(self, content_hash: str) -> bool:
        """Whether a document in the index or in this run has this content hash."""
        return content_hash in self._holders

    @staticmethod
    def _skipped(document: Document, name: str, detail: str, reason: str) -> Outcome:
        return Outcome("skipped", name, detail, reason, PurePath(document.source).suffix.lower())

    def vanished(self, source: str) -> list[str]:
        """Remove the documents that a source no longer contains; returns their ids."""
        gone = [record.id for record in self.of_source(source) if record.id not in self.seen]
        for document_id in gone:
            del self.records[document_id]
        return gone

    def move(self, record: DocumentRecord, document: Document, passages: Sequence[Passage], source: str) -> Outcome:
        """Keep the id and passages of a document whose file is now `source`; a title made from its name changes."""
        title = _stem(source) if record.title == _stem(record.source) else record.title
        moved = replace(document, source=source, title=title)
        entry = Entry(replace(record, source=source, title=title), tuple(passages), moved.to_json())
        self.incoming[record.id] = moved, entry
        self.seen.add(record.id)
        self._holders[record.content_hash] = record.id, source
        return Outcome("updated", record.id, f"its file is now {shown_name(source)}; nothing was encoded")

    @property
    def characters(self) -> int:
        """The size of the incoming documents."""
        return sum(entry.record.characters for _, entry in self.incoming.values())

    def entries(self) -> list[Entry]:
        """The index entries of the incoming documents: bibliographies parsed, text cut into passages."""
        return [entry for _, entry in self.incoming.values()]

    def written(self, records: Mapping[str, DocumentRecord]) -> None:
        """Move the incoming documents to those in the index, after they were written as these `records`."""
        self.records.update((document_id, records[document_id]) for document_id in self.incoming)
        self.incoming.clear()

    def _free_id(self, document: Document) -> str:
        """The id that the source's document has in the index, else the document's own id, made unique if taken."""
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


def stepping_aside(
    records: Iterable[DocumentRecord], own: Iterable[Document], listings: Sequence[Document]
) -> dict[str, str]:
    """The bundled documents among `records` to remove because of the user's `own` new ones: document id → reason.

    A digest is removed when its paper comes in: a document with its title, or one that lists the works in the
    hand-made records (`listings`). Any other document of the user removes the digests and these records, so that
    bundled texts are not mistaken for the user's paper.
    """
    bundled = [record for record in records if record.kind in {"digest", "references"} or record.digest_of]
    digests = [record for record in bundled if record.digest_of]
    replaced: dict[str, str] = {}
    has_own = False
    for paper in own if digests else ():
        has_own = True
        listed = any(lists_half(listing.references, paper.references) for listing in listings)
        for record in digests:
            if listed or _is_paper(paper, record.digest_of):
                replaced[record.id] = "replaced by the paper itself"
    why = "the bundled paper was removed, because you added documents of your own"
    return replaced or ({record.id: why for record in bundled} if has_own else {})


def size_of(document: Document) -> str:
    """The size of a document in words for people."""
    pages = f"{counted(document.page_count, 'page')}, " if document.page_count else ""
    return f"{pages}{counted(len(document.text), 'character')}"


def summary(outcomes: Iterable[Outcome]) -> str:
    """One line with the number of outcomes by state, and of skipped items by kind and reason."""
    outcomes = list(outcomes)
    counts = Counter(outcome.state for outcome in outcomes)
    shown = [
        state for state in (*_STATES[:3], "removed", "missing", "skipped") if counts[state] or state in _STATES[:2]
    ]
    line = ", ".join(f"{counts[state]} {state}" for state in shown)
    skips = Counter((outcome.kind, outcome.reason) for outcome in outcomes if outcome.state == "skipped")
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
