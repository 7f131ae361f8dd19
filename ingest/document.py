"""A document as read: blocks of text in reading order, whatever the format it came in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ingest.bibliography.reference import Reference

BlockKind = Literal["heading", "paragraph", "list_item", "caption", "table_row", "entry", "footnote"]
PageStarts = tuple[tuple[int, int], ...]
SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item, caption, table row, bibliography entry or footnote.

    `text` is as the author wrote it, repaired only of what extraction did to it (line breaks inside
    sentences, radicals in place of ideographs, ligatures). `level` is 1–6 for headings, else 0.
    `page_starts` holds (offset in `text`, 1-based page), ascending, first offset 0; empty without pages.
    A table row carries its `cells` as (column name, value) and its table's `caption`.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page_starts: PageStarts = ()
    cells: tuple[tuple[str, str], ...] = ()
    caption: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a loader returns. `source` is the absolute path or address it was read from.

    `references` are the works of its bibliography, one for each block of the kind "entry", in their order: parsed when
    the document is ingested (`with_references`), unless they come with it as records made by hand.
    """

    id: str
    title: str
    source: str
    blocks: tuple[Block, ...]
    language: str = "ja"
    page_count: int | None = None
    url: str | None = None
    references: tuple[Reference, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole text: the blocks joined by `SEPARATOR`. Passages are spans of it."""
        return SEPARATOR.join(block.text for block in self.blocks)

    def spans(self) -> Iterator[tuple[Block, int, int]]:
        """Each block with its start and end in `text`."""
        start = 0
        for block in self.blocks:
            yield block, start, start + len(block.text)
            start += len(block.text) + len(SEPARATOR)
