"""The works that documents cite: entries, fetched texts, the origin of a passage; and what a document may be called."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache

from app.answering.types import Citation, Origin
from ingest.document import Document
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import READABLE
from ingest.references.listing import KIND, cited_works
from retriever.index.search import Index
from retriever.text import fold, is_named, language_of, name_pattern
from retriever.types import DocumentRecord, Hit, Passage

Fetched = Callable[[list[CitedWork]], list[CitedWork]]  # the works with what was fetched of each
MOST_WORKS = 4  # that an answer gives
_LONGEST_AFTER = 3000  # characters
RECORDS = "references"  # the kind of a document that contains only records of works
_THIS_PAPER = {"ja": "この論文", "en": "this paper", "zh": "这篇论文", "ko": "이 논문"}
_PAPERS = r"(?:論文|文書|資料|论文|文章|논문|글|(?:paper|article|study|document|text)\b)"


class Sources:
    """The bibliographies of one snapshot of the index, read when first asked for. Safe to use from several threads.

    If two threads read the same bibliography at once, both get equal results.
    """

    def __init__(self, index: Index, fetched: Fetched) -> None:
        self.index = index
        self._fetched = fetched
        self._works: dict[str, dict[int, CitedWork]] = {}
        self._entry_of: dict[str, CitedWork] = {}  # by the passages of the works' entries and records
        self._rows: dict[str, dict[str, int]] = {}
        self._works_by_text: dict[str, list[CitedWork]] | None = None
        self._bibliographies: list[str] | None = None
        self._own_titles: list[str] | None = None

    def bibliographies(self) -> list[str]:
        """The documents that list works, but not records that belong to another document's bibliography."""
        if self._bibliographies is None:
            self._bibliographies = self._papers() + [record.id for record in self._records() if self.works(record.id)]
        return self._bibliographies

    def own_titles(self) -> list[str]:
        """The titles of all documents except records and texts of cited works; with those of digested papers."""
        if self._own_titles is None:
            cited = {work.document_id for name in self.bibliographies() for work in self.works(name).values()}
            own = [
                document
                for document in self.index.documents.values()
                if document.kind != RECORDS and document.id not in cited
            ]
            self._own_titles = [title for document in own for title in (document.title, document.digest_of) if title]
        return self._own_titles

    def searched_titles(self, document_ids: Sequence[str] = ()) -> list[str]:
        """The titles of the searched ones among `document_ids`; by default, of all but records and cited works."""
        searched = {record.id: record for record in self.index.searched_documents()}
        own = [record.id for record in searched.values() if record.kind not in {RECORDS, KIND}]
        return [searched[name].title.lstrip("# ") for name in document_ids or own if name in searched]

    def listings_meant(self, question: str) -> list[str]:
        """The ids of the documents whose bibliographies a question means: those that it names by title, else all."""
        listings, folded = self.bibliographies(), fold(question)
        return [name for name in listings if any(is_named(title, folded) for title in self._names(name))] or listings

    def _names(self, document_id: str) -> list[str]:
        """What a document may be called by, with and without its subtitle."""
        record = self.index.documents[document_id]
        return [name for title in (record.title, record.digest_of) if title for name in names_of(title)]

    def within(self, document_ids: Collection[str]) -> "Sources":
        """A view for questions about these documents only: their passages and their bibliographies."""
        listings = {self._listing(document_id) for document_id in document_ids}
        narrowed = copy(self)
        narrowed.index = self.index.within(document_ids)
        # These two caches cover all documents, so that a question that names one outside of the view is understood.
        narrowed._own_titles, narrowed._works_by_text = self.own_titles(), self._by_text()
        narrowed._bibliographies = [name for name in self.bibliographies() if name in listings]
        return narrowed

    def works(self, document_id: str) -> dict[int, CitedWork]:
        """The works that a document lists, by number; for a digest, those that the records of its paper list."""
        listing = self._listing(document_id)
        if listing is None:
            return {}
        if listing not in self._works:
            self._works[listing] = {work.number: work for work in self._read(listing)}
        return self._works[listing]

    def origin(self, passage: Passage) -> Origin:
        """The origin of a passage: the paper, its digest, a cited work, a record, or another document."""
        record = self.index.documents[passage.document_id]
        if record.kind == KIND:
            return "reference"
        if passage.kind == "entry":
            return "record"
        if record.digest_of:
            return "digest"
        return "paper" if record.listed else "document"

    def works_of(self, passage: Passage) -> tuple[CitedWork, ...]:
        """The works whose text, entry or record a passage is: several where they share a text."""
        if self.index.documents[passage.document_id].kind == KIND:
            works = self._by_text().get(passage.document_id, [])
            return tuple(work for work in works if work.listed_in in self.bibliographies()) or tuple(works)
        for name in self.bibliographies() if passage.kind == "entry" else ():
            if self.works(name) and passage.id in self._entry_of:
                return (self._entry_of[passage.id],)
        return ()

    def row(self, document_id: str, passage_id: str) -> int | None:
        """The row of a passage in the index; None if the document has no such passage."""
        return self._rows_of(document_id).get(passage_id)

    def text_after(self, citation: Citation) -> str:
        """The text from a citation's quote to the end of its section, at most `_LONGEST_AFTER` characters."""
        row = self.row(citation.document_id, citation.passage_id)
        if row is None:
            return ""
        record = self.index.documents[citation.document_id]
        text = citation.text[citation.quote_start :]
        for following in range(row + 1, record.first + record.count):
            passage = self.index.passage(following)
            if passage.section != citation.section or len(text) > _LONGEST_AFTER:
                break
            text += f"\n{passage.text}"
        return text[:_LONGEST_AFTER]

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that a document cites has its entry: (document id, passage id) by number."""
        return {
            number: (work.hit.passage.document_id, work.hit.passage.id)
            for number, work in self.works(document_id).items()
            if work.hit
        }

    def texts(self, document_id: str) -> dict[str, str]:
        """Id of the document that holds each work's text, by the passage id of the work's entry in this document."""
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
        return next((listing.id for listing in self._records() if record.digest_of), None)

    def _papers(self) -> list[str]:
        """The documents that list works of their own."""
        return [
            record.id
            for record in self.index.documents.values()
            if record.listed and record.kind not in {KIND, RECORDS}
        ]

    def _records(self) -> list[DocumentRecord]:
        return [record for record in self.index.documents.values() if record.kind == RECORDS]

    def _read(self, listing: str) -> Iterator[CitedWork]:
        names = [listing, *(record.id for record in self._records() if record.id != listing)]
        names += self._papers() if self.index.documents[listing].kind == RECORDS else []
        documents = [Document.from_json(self.index.body_of(name)) for name in names]
        records = {document.id: [entry.key for entry in document.references if entry.by_hand] for document in documents}
        hits = {name: self._entries(name) for name in names}
        works = [work for work in cited_works(documents, with_mentions=False) if work.listed_in == listing]
        for work in self._fetched(works):
            described = [
                hits[name][records[name].index(key)] for name, key in work.also if key in records.get(name, ())
            ]
            own = [*hits[listing][work.number - 1 : work.number], *described]
            placed = self._placed(work, own, described)
            self._entry_of |= {hit.passage.id: placed for hit in own}
            yield placed

    def _placed(self, work: CitedWork, own: Sequence[Hit], described: Sequence[Hit]) -> CitedWork:
        """The work with the passages of its entry and its record, and the text that this snapshot of the index has."""
        hit = own[0] if own else None
        fetched = work.fetched
        if fetched.document_id not in self.index.documents:
            is_pending = fetched.state in READABLE  # read, and not in this snapshot of the index
            fetched = replace(fetched, document_id="", state="not-tried" if is_pending else fetched.state)
        description = described[0] if described and described[0] is not hit else None
        return replace(work, fetched=fetched, hit=hit, description=description)

    def _entries(self, document_id: str) -> list[Hit]:
        return [
            Hit(passage, 0.0, 0, row)
            for row in self._rows_of(document_id).values()
            if (passage := self.index.passage(row)).kind == "entry"
        ]

    def _rows_of(self, document_id: str) -> dict[str, int]:
        if document_id not in self._rows:
            record = self.index.documents[document_id]
            passages = self.index.passages_of(document_id)
            self._rows[document_id] = {passage.id: row for row, passage in enumerate(passages, record.first)}
        return self._rows[document_id]

    def _by_text(self) -> dict[str, list[CitedWork]]:
        if self._works_by_text is None:
            by_text: dict[str, list[CitedWork]] = {}
            for work in (work for name in self.bibliographies() for work in self.works(name).values()):
                if work.document_id:
                    by_text.setdefault(work.document_id, []).append(work)
            self._works_by_text = by_text
        return self._works_by_text


def likeliest(works: Sequence[CitedWork], number: int | None, known: Sequence[CitedWork]) -> CitedWork | None:
    """Of works that share a text: the one with this number, else one that the answer also names, else the first."""
    names = {(work.listed_in, work.entry.number) for work in known}
    return min(
        works,
        key=lambda work: (work.entry.number != number, (work.listed_in, work.entry.number) not in names),
        default=None,
    )


def texts_of(works: Sequence[CitedWork]) -> list[str]:
    """Ids of the documents that hold the works' own texts, each once."""
    return list(dict.fromkeys(work.document_id for work in works if work.document_id))


def without_titles(text: str, titles: Iterable[str]) -> str:
    """A question without document names: whole titles, and single names from titles such as SAMSum."""
    folded = fold(text)
    for name in (name for title in titles for name in names_of(title) if is_named(name, folded)):
        text = re.sub(rf"[「『“\"《]?{name_pattern(name)}[」』”\"》]?", " ", text, flags=re.IGNORECASE)
    return text


def on_this_paper(text: str, titles: Iterable[str]) -> str:
    """The question with "this paper" in place of document titles, whose words are not part of what is asked.

    A name or abbreviation inside a title (SAMSum, NATO) is replaced only before a word such as "paper".
    """
    this = _THIS_PAPER[language_of(text)]
    folded = fold(text)
    for title, name in ((named, name) for named in titles for name in names_of(named) if is_named(name, folded)):
        quoted = rf"(?:the )?[「『“‘\"《]?{name_pattern(name)}[」』”’\"》]?"
        of_paper = rf"{quoted}(?:という|の|的|这篇)?\s?{_PAPERS}"
        pattern = of_paper if name in _marked_names(title) else rf"{of_paper}|{quoted}"
        text = re.sub(pattern, this, text, flags=re.IGNORECASE)
    return text


@lru_cache(maxsize=4096)
def names_of(title: str) -> tuple[str, ...]:
    """What a document may be called by: its title, the title before its subtitle, names in it such as SAMSum, NATO."""
    bare = title.lstrip("# ").strip()
    main = re.split(r"\s{0,3}(?:[:：]|――|—|–| - )\s{0,3}", bare)[0]
    inner = re.findall(r"「([^」]+)」", bare)
    names = {name for name in (bare, main, *inner, *_marked_names(bare)) if len(name) > 2}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _marked_names(title: str) -> list[str]:
    """The names in a title that their capitals mark: SAMSum, NATO."""
    return re.findall(r"\b[A-Za-z]*[a-z][A-Z][A-Za-z0-9-]*\b|\b[A-Z]{2}[A-Za-z0-9-]*\b", title)
