"""The works that documents cite: their entries, what is held of them, and whose words a passage holds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.answering.types import CitedWork, Origin, SourcePassage
from ingest.document import Document
from ingest.references.listing import KIND, Record, listed
from ingest.references.state import READABLE, Holding, State
from retriever.index.open import Index
from retriever.types import DocumentRecord, Hit, Passage

HoldingsOf = Callable[[Sequence[Record]], Sequence[Holding]]  # what is held of each of these works
RECORDS = "references"  # the kind of a document that holds nothing but records of works


@dataclass(frozen=True, slots=True)
class Work:
    """Entry `number` of the bibliography of the document `listed_in`, with what is held of the work.

    `hit` is the passage of the entry (score and rank 0), `description` that of a record made by hand, where there is
    one beside the entry; `record` has the entry's fields (ingest.references.listing).
    """

    listed_in: str
    number: int
    key: str
    entry: str
    url: str | None
    hit: Hit | None
    description: Hit | None
    state: State
    document_id: str | None
    record: Record

    def cited(self, *, certain: bool = True, passage: SourcePassage | None = None) -> CitedWork:
        """The work as a citation gives it."""
        return CitedWork(
            number=self.number,
            key=self.key,
            entry=self.entry,
            url=self.url,
            state=self.state,
            listed_in=self.listed_in,
            entry_document_id=self.hit.passage.document_id if self.hit else self.listed_in,
            entry_passage_id=self.hit.passage.id if self.hit else None,
            document_id=self.document_id,
            passage=passage,
            certain=certain,
        )


class Sources:
    """The bibliographies of one generation of the index, read when first asked for. Safe to use from several threads.

    A document whose bibliography is found twice, by two threads at once, is found alike.
    """

    def __init__(self, index: Index, holdings_of: HoldingsOf) -> None:
        self.index = index
        self._holdings_of = holdings_of
        self._works: dict[str, dict[int, Work]] = {}
        self._entry_of: dict[str, Work] = {}  # by the passages of the works' entries and records
        self._rows: dict[str, dict[str, int]] = {}
        self._held: dict[str, list[Work]] | None = None

    def bibliographies(self) -> list[str]:
        """The documents that list works, without those whose records are another one's bibliography."""
        return self._papers() + [one.id for one in self._records() if self.works(one.id)]

    def works(self, document_id: str) -> dict[int, Work]:
        """The works that a document lists, by number; for a digest, those that the records of its paper list."""
        listing = self._listing(document_id)
        if listing is None:
            return {}
        if listing not in self._works:
            self._works[listing] = {work.number: work for work in self._read(listing)}
        return self._works[listing]

    def origin(self, passage: Passage) -> Origin:
        """Whose words a passage holds."""
        record = self.index.documents[passage.document_id]
        if record.kind == KIND:
            return "reference"
        if passage.kind == "entry":
            return "record"
        if record.digest_of:
            return "digest"
        return "paper" if record.listed else "document"

    def works_of(self, passage: Passage) -> tuple[Work, ...]:
        """The works whose text, entry or record a passage is: several where they share a text."""
        if self.index.documents[passage.document_id].kind == KIND:
            return tuple(self._by_text().get(passage.document_id, ()))
        for name in self.bibliographies() if passage.kind == "entry" else ():
            if self.works(name) and passage.id in self._entry_of:
                return (self._entry_of[passage.id],)
        return ()

    def row(self, document_id: str, passage_id: str) -> int | None:
        """The row of a passage."""
        return self._rows_of(document_id).get(passage_id)

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that a document cites has its entry: (document id, passage id) by number."""
        return {
            number: (work.hit.passage.document_id, work.hit.passage.id)
            for number, work in self.works(document_id).items()
            if work.hit
        }

    def texts(self, document_id: str) -> dict[str, str]:
        """The documents that hold the texts of the works whose entries stand in a document, by the entry's passage."""
        listings = {document_id, *self.bibliographies()}
        return {
            work.hit.passage.id: work.document_id
            for listing in listings
            for work in self.works(listing).values()
            if work.hit and work.document_id and work.hit.passage.document_id == document_id
        }

    def _listing(self, document_id: str) -> str | None:
        record = self.index.documents.get(document_id)
        if record is None:
            return None
        if record.listed or record.kind == RECORDS:
            return document_id
        return next((one.id for one in self._records() if record.digest_of), None)

    def _papers(self) -> list[str]:
        """The documents that list works of their own."""
        return [one.id for one in self.index.documents.values() if one.listed and one.kind not in {KIND, RECORDS}]

    def _records(self) -> list[DocumentRecord]:
        return [one for one in self.index.documents.values() if one.kind == RECORDS]

    def _read(self, listing: str) -> Iterator[Work]:
        names = [listing, *(one.id for one in self._records() if one.id != listing)]
        names += self._papers() if self.index.documents[listing].kind == RECORDS else []
        documents = [Document.from_json(self.index.body_of(name)) for name in names]
        made = {one.id: [record["key"] for record in one.references] for one in documents}
        entries = {name: self._entries(name) for name in names}
        records = [one for one in listed(documents, with_mentions=False) if one["document_id"] == listing]
        for record, holding in zip(records, self._holdings_of(records), strict=True):
            yield self._work(listing, record, holding, made, entries)

    def _work(
        self,
        listing: str,
        record: Record,
        holding: Holding,
        made: Mapping[str, Sequence[str]],
        entries: Mapping[str, Sequence[Hit]],
    ) -> Work:
        own, place = entries[listing], record["number"] - 1
        recorded = [
            entries[name][made[name].index(key)]
            for name, key in record["also"]
            if key in made.get(name, ()) and made[name].index(key) < len(entries[name])
        ]
        hits = [*own[place : place + 1], *recorded]
        hit = hits[0] if hits else None
        lines = hit.passage.text.split("\n") if hit else [str(record.get("raw", record["title"]))]
        # a record made by hand describes the work below its first line
        entry = lines[0] if hit and made.get(hit.passage.document_id) else " ".join(lines)
        url = record["url"] if str(record["url"]).startswith(("http://", "https://")) else None
        text = holding.document_id if holding.document_id in self.index.documents else None
        waits = text is None and holding.state in READABLE  # read, and not in this generation of the index
        work = Work(
            listed_in=listing,
            number=record["number"],
            key=record["key"],
            entry=" ".join(entry.split()),
            url=url,
            hit=hit,
            description=recorded[0] if recorded and recorded[0] is not hit else None,
            state="not-tried" if waits else holding.state,
            document_id=text,
            record=record,
        )
        self._entry_of |= {one.passage.id: work for one in hits}
        return work

    def _entries(self, document_id: str) -> list[Hit]:
        return [
            Hit(passage, 0.0, 0, row)
            for row in self._rows_of(document_id).values()
            if (passage := self.index.passage(row)).kind == "entry"
        ]

    def _rows_of(self, document_id: str) -> dict[str, int]:
        if document_id not in self._rows:
            record = self.index.documents[document_id]
            rows = range(record.first, record.first + record.count)
            self._rows[document_id] = {self.index.passages[row]["id"]: row for row in rows}
        return self._rows[document_id]

    def _by_text(self) -> dict[str, list[Work]]:
        if self._held is None:
            held: dict[str, list[Work]] = {}
            for work in (work for name in self.bibliographies() for work in self.works(name).values()):
                if work.document_id:
                    held.setdefault(work.document_id, []).append(work)
            self._held = held
        return self._held
