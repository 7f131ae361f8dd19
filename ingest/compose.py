"""Blocks → Document: the steps that all formats share, in order, and the document's title and language."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.document import Block, Document
from ingest.entries import mark_entries
from ingest.front import gather_front
from ingest.notes import mark_notes
from ingest.structure import mark_headings, mark_lists, mend


def compose(
    path: Path,
    blocks: Sequence[Block],
    language: str,
    title: str = "",
    page_count: int | None = None,
    by_typography: bool = False,
    metadata: dict[str, Any] | None = None,
) -> Document:
    """A document of paragraphs as read: headings found, sentences mended, entries and bibliographic data marked."""
    found = mark_headings(blocks, by_typography)
    found = mark_lists(mend(mark_notes(mark_entries(found))))
    found, extra = gather_front(found, title)
    return Document(
        id=unicodedata.normalize("NFC", path.name),
        title=extra.get("bibliographic", {}).get("title") or title or first_words(found) or path.stem,
        source=str(path.resolve()),
        blocks=tuple(found),
        language=language,
        page_count=page_count,
        metadata={**(metadata or {}), **extra},
    )


def first_words(blocks: Sequence[Block]) -> str:
    """The first heading, or a first line short enough to be a title."""
    for block in blocks[:3]:
        if block.kind == "heading":
            return block.text
    return blocks[0].text if blocks and len(blocks[0].text) <= 80 and "\n" not in blocks[0].text else ""
