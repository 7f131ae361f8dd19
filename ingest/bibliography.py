"""The bibliography: entries → Reference records."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.document import Block, Document
from ingest.structure import references_zone


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a bibliography, as parsed."""

    number: int
    key: str
    authors: tuple[str, ...]
    title: str
    container: str
    publisher: str
    date: str
    date_text: str
    url: str | None
    language: str
    kind: str
    raw: str


def parse_entry(text: str) -> Reference:
    """The record that an entry's text describes."""
    return Reference(0, "", (), text, "", "", "", "", None, "ja", "", text)


def references(document: Document) -> list[Reference]:
    """The records of a document's bibliography, numbered from 1 in their order."""
    entries = [block.text for block in document.blocks if block.kind == "entry"]
    return [replace(parse_entry(text), number=number) for number, text in enumerate(entries, 1)]


def mark_entries(blocks: Sequence[Block]) -> list[Block]:
    """The paragraphs under the bibliography's heading as entries."""
    zone = references_zone(blocks)
    if zone is None:
        return list(blocks)
    start, end = zone
    return [
        replace(block, kind="entry") if start <= index < end and block.kind == "paragraph" else block
        for index, block in enumerate(blocks)
    ]
