"""The bibliographies of the documents, as records."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ingest.bibliography import references
from ingest.document import Document


def listed(documents: Iterable[Document]) -> list[dict[str, Any]]:
    """The references of all documents in their order, each with the `document_id` of the one that lists it.

    Those of the bundled corpus come as its records hold them, those of other documents as their entries parse.
    """
    return [
        {"document_id": document.id, **record}
        for document in documents
        for record in document.metadata.get("references") or [asdict(one) for one in references(document)]
    ]


def reference_line(record: dict[str, Any]) -> str:
    """A record for people: its key, authors, title, date and address, those that it has."""
    named = [", ".join(record["authors"]), record["title"], record["date"]]
    address = f"\n    {record['url']}" if record["url"] else ""
    return f"{record['number']:>3}  {' · '.join(part for part in named if part)}{address}"
