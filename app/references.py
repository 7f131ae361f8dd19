"""The bibliographies of the documents, as records."""

from typing import Any

from ingest.references.listing import listed

__all__ = ["listed", "reference_line"]


def reference_line(record: dict[str, Any]) -> str:
    """A record for people: its key, authors, title, date and address, those that it has."""
    named = [", ".join(record["authors"]), record["title"], record["date"]]
    address = f"\n    {record['url']}" if record["url"] else ""
    return f"{record['number']:>3}  {' · '.join(part for part in named if part)}{address}"
