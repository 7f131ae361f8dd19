"""Blocks → Document: the steps that all formats share, in order, and the document's title and language."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from ingest.bibliography.entries import mark_entries
from ingest.document import Block, Document
from ingest.structure.blocks import mark_headings, mark_lists, mend
from ingest.structure.front_matter import gather_front_matter
from ingest.structure.headings import is_named, is_short_line, numbering
from ingest.structure.notes import mark_notes


def compose(
    path: Path,
    blocks: Sequence[Block],
    language: str,
    title: str = "",
    page_count: int | None = None,
    by_typography: bool = False,
) -> Document:
    """A document of paragraphs as read: headings found, sentences mended, entries and bibliographic data marked."""
    found = mark_headings(blocks, by_typography)
    found = mark_lists(mend(mark_notes(mark_entries(found))))
    found, front_matter = gather_front_matter(found, title)
    return Document(
        id=unicodedata.normalize("NFC", path.name),
        title=front_matter.title or title or first_words(found) or path.stem,
        source=str(path.resolve()),
        blocks=tuple(found),
        language=language,
        page_count=page_count,
        front_matter=front_matter,
    )


def first_words(blocks: Sequence[Block]) -> str:
    """The first line or heading that could be a title: short, no sentence, not the name of a part."""
    for block in blocks[:3]:
        titled = block.kind == "heading" or (is_short_line(block.text) and len(blocks) > 1)
        if titled and not is_named(block.text) and not numbering(block.text):
            return block.text
    return ""
