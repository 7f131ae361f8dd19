"""The bibliographies of the documents, as records."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ingest.bibliography import references
from ingest.document import Document
from ingest.mentions import mentions


def listed(documents: Iterable[Document]) -> list[dict[str, Any]]:
    """The references of all documents in their order, each with the `document_id` of the one that lists it.

    Those of the bundled corpus come as its records hold them. Those of other documents come as their entries parse,
    with the places where the text mentions them (`mentions`: start, end and the words, in the document's text).
    """
    return [
        {"document_id": document.id, **record}
        for document in documents
        for record in document.metadata.get("references") or _parsed(document)
    ]


def _parsed(document: Document) -> list[dict[str, Any]]:
    found = references(document)
    places: dict[int, list[dict[str, Any]]] = {one.number: [] for one in found}
    text = document.text
    for mention in mentions(document, found):
        for number in mention.numbers:
            words = text[mention.start : mention.end]
            places[number].append({"start": mention.start, "end": mention.end, "text": words})
    return [{**asdict(one), "mentions": places[one.number]} for one in found]


def reference_line(record: dict[str, Any]) -> str:
    """A record for people: its key, authors, title, date and address, those that it has."""
    named = [", ".join(record["authors"]), record["title"], record["date"]]
    address = f"\n    {record['url']}" if record["url"] else ""
    return f"{record['number']:>3}  {' · '.join(part for part in named if part)}{address}"
