"""The start of the chat page: a card for each document, suggested questions, and filters of the search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.pages.labels.texts import NAMES, counted, html_language, labels_for
from app.pages.source.view import heading_words, source_address
from app.pages.templates import message
from app.web.courses.course import Course, CourseSettings
from ingest.document import Document
from retriever.types import Passage

_CARDS, _SECTIONS, _AUTHORS, _NAMED = 6, 14, 6, 100  # most shown of each; the last: the most ids in a filter
_SOURCES = frozenset({"reference", "references"})  # texts and records of cited works


class Shelf(Protocol):
    """The part of the library that the start page uses."""

    def documents(self) -> Iterator[Document]:
        """The documents with their texts."""
        ...

    def passages(self, document_id: str) -> list[Passage]:
        """The document's passages in order."""
        ...

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that the document cites has its entry: number → (document id, passage id)."""
        ...

    def texts_of_entries(self, document_id: str) -> dict[str, str]:
        """The texts of the works in the document's bibliography: the entry's passage id → the text's document id."""
        ...


@dataclass(frozen=True, slots=True)
class Card:
    """A document; `sections`: (heading, id of its first passage), `works`: how many it cites, `read`: with texts."""

    document_id: str
    title: str
    authors: tuple[str, ...]
    date: str
    sections: tuple[tuple[str, str], ...]
    works: int
    read: int


@dataclass(frozen=True, slots=True)
class Contents:
    """The documents of an index as cards, and the ids of cited works' texts and records."""

    cards: tuple[Card, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[str, ...]:
        """The ids of the documents that have cards."""
        return tuple(card.document_id for card in self.cards)


def contents_of(shelf: Shelf) -> Contents:
    """The contents of the shelf; reads every document once."""
    cards, sources = [], []
    for document in shelf.documents():
        if document.kind in _SOURCES:
            sources.append(document.id)
        else:
            cards.append(_card(document, shelf))
    return Contents(tuple(cards), tuple(sources))


def _card(document: Document, shelf: Shelf) -> Card:
    front = document.front_matter
    sections: dict[str, str] = {}
    for passage in shelf.passages(document.id):
        if passage.section:
            sections.setdefault(heading_words(passage.section), passage.id)
    entries = shelf.entry_targets(document.id).values()
    texts = {holder: shelf.texts_of_entries(holder) for holder in {holder for holder, _ in entries}}
    return Card(
        document_id=document.id,
        title=document.title,
        authors=tuple(author.name for author in front.authors) or document.publication.authors,
        date=front.dates[-1][1] if front.dates else document.publication.date,
        sections=tuple(sections.items())[:_SECTIONS],
        works=len(entries),
        read=sum(passage in texts[holder] for holder, passage in entries),
    )


def tagline(settings: CourseSettings, language: str) -> str:
    """The first line of the start: the course's greeting, or else what Tenkyo does."""
    return settings.greeting or labels_for(language)["tagline"]


def shell_html(
    language: str,
    contents: Contents,
    questions: Sequence[str],
    limit: int,
    exchange: tuple[str, str] = ("", ""),
    course: Course | None = None,
) -> str:
    """The HTML around Gradio's question box: head, conversation, start.

    `limit` is the most characters of a question. For a browser without scripts, `exchange` holds the question in the
    address and its answer as HTML. `course` gives the title, the greeting and the languages.
    """
    course = course or Course()
    settings = course.now
    return message(
        "chat/shell",
        counted=counted,
        labels=labels_for(language) | {"tagline": tagline(settings, language)},
        language=language,
        title=course.title,
        languages={code: name for code, name in NAMES.items() if code in settings.languages},
        tag=html_language("", language),
        cards=contents.cards[:_CARDS],
        more=len(contents.cards) - _CARDS,
        most_authors=_AUTHORS,
        questions=questions,
        limit=limit,
        filters=list(_filters(contents, language)),
        question=exchange[0],
        answer=exchange[1],
        address=source_address,
        language_of=html_language,
    )


def _filters(contents: Contents, language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The filters as (name, document ids), the first for all documents; none if there is only one document."""
    labels = labels_for(language)
    if len(contents.cards) + len(contents.sources) < 2:
        return
    yield labels["filter_all"], ()
    if len(contents.cards) == 1:
        yield labels["filter_paper"], contents.own
    else:
        yield from ((card.title, (card.document_id,)) for card in contents.cards[:_NAMED])
    if contents.sources and len(contents.sources) <= _NAMED:
        yield labels["filter_references"], contents.sources
