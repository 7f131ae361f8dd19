"""Bibliographic data of the cited documents and works."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.web.export.conversation import ExportedConversation, Quoted
from app.web.service.service import AnswerSource
from ingest.document import Document, Reference


@dataclass(frozen=True, slots=True)
class Work:
    """A work in a bibliography; unknown fields are "". `date` is ISO 8601, as precise as known.

    `kind` is as in `Reference`, but "government" becomes "report" and "" becomes "other".
    """

    title: str
    authors: tuple[str, ...] = ()
    container: str = ""
    publisher: str = ""
    date: str = ""
    url: str = ""
    language: str = ""
    kind: str = "other"

    @property
    def year(self) -> str:
        """The year of its date."""
        return self.date[:4]

    @property
    def personal(self) -> bool:
        """Whether the authors are taken for persons: authors of web pages and reports are taken for organisations."""
        return self.kind in {"book", "article", "chapter", "conference", "thesis"}


class Works:
    """Finds the works that a conversation cites; reads each document from the library once."""

    def __init__(self, library: AnswerSource) -> None:
        self._library = library
        self._documents: dict[str, Document | None] = {}

    def of(self, quoted: Quoted) -> Work:
        """The quoted work; if its document was removed, only the title is known."""
        document = self._document(quoted.document_id)
        if document is None:
            return Work(quoted.document_title or quoted.document_id)
        if document.kind == "references" and quoted.reference is not None:
            return self.listed(document.id, quoted.reference) or _of_document(document)
        for place in document.cited_in:
            listing = self._document(place.document_id)
            for reference in listing.references if listing else ():
                if reference.key == place.key:
                    return _of_reference(reference)
        return _of_document(document)

    def listed(self, document_id: str, number: int) -> Work | None:
        """The work with this number in a document's bibliography; None if there is none."""
        document = self._document(document_id)
        references = document.references if document else ()
        return next((_of_reference(reference) for reference in references if reference.number == number), None)

    def is_digest(self, quoted: Quoted) -> bool:
        """Whether the quote is from a digest of the work, which is not in the work's own words."""
        document = self._document(quoted.document_id)
        return document is not None and bool(document.digest_of)

    def all_of(self, conversation: ExportedConversation) -> list[Work]:
        """The quoted works and the works that the quotes cite, each once, in the order of the conversation."""
        works: dict[Work, None] = {}
        for exchange in conversation.exchanges:
            for quoted in exchange.citations:
                works[self.of(quoted)] = None
                works.update(dict.fromkeys(self._cited(quoted.cites)))
        return list(works)

    def _cited(self, cites: Iterable[tuple[str, int]]) -> list[Work]:
        return [work for document_id, number in cites if (work := self.listed(document_id, number)) is not None]

    def _document(self, document_id: str) -> Document | None:
        if document_id not in self._documents:
            self._documents[document_id] = self._library.document(document_id)
        return self._documents[document_id]


def _of_document(document: Document) -> Work:
    front, published = document.front_matter, document.publication
    dates = [date for _, date in front.dates]
    return Work(
        title=document.digest_of or document.title,
        authors=tuple(author.name for author in front.authors) or published.authors,
        container=published.site,
        date=published.date or (dates[-1] if dates else ""),
        url=document.url or "",
        language=document.language,
        kind="article" if front.authors else "web" if document.url else "other",
    )


def _of_reference(reference: Reference) -> Work:
    title = reference.title or reference.raw
    kind = "report" if reference.kind == "government" else reference.kind or "other"
    return Work(
        title,
        reference.authors,
        reference.container,
        reference.publisher,
        reference.date,
        reference.url,
        reference.language,
        kind,
    )
