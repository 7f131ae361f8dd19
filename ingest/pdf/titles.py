"""The title of a PDF and the levels of its headings, by the size of their letters."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ingest.document import Block
from ingest.structure.headings import is_named, numbering, squeezed

Sized = tuple[Block, float]  # a block and the size of its letters
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|tex|dvi|indd|html?|pptx?|xlsx?|jtd)$|^Microsoft|^untitled|^無題|^スライド", re.IGNORECASE
)


def ranked(blocks: Sequence[Sized]) -> list[Sized]:
    """The blocks, headings with the level that their size gives them; a title, larger than all, takes no level up."""
    sizes = Counter(round(size, 1) for block, size in blocks if block.kind == "heading")
    first = next((round(size, 1) for block, size in blocks if block.kind == "heading"), 0.0)
    is_title = bool(sizes) and first == max(sizes) and sizes[first] == 1
    ranks = sorted((size for size in sizes if not (is_title and size == first)), reverse=True)
    return [
        (replace(block, level=min(ranks.index(round(size, 1)) + 1 if round(size, 1) in ranks else 1, 6)), size)
        if block.kind == "heading"
        else (block, size)
        for block, size in blocks
    ]


def with_outline(blocks: Sequence[Sized], outline: Sequence[Sequence[Any]], title: str) -> list[Sized]:
    """The blocks, those that the file's bookmarks name as headings of the bookmarks' levels.

    `outline` holds (level, title, page). Bookmarks that no block bears out are left alone.
    """
    named = {(squeezed(str(name)), page): int(level) for level, name, page in outline if squeezed(str(name))}
    levels = [_bookmark(block, named) for block, _ in blocks]
    known = [level for level, (block, _) in zip(levels, blocks, strict=True) if level and block.text != title]
    if len(known) < 2:
        return list(blocks)
    found = []
    for level, (block, size) in zip(levels, blocks, strict=True):
        marked = level and block.text != title
        deep = replace(block, kind="heading", level=min(max(level - min(known) + 1, 1), 6)) if marked else block
        found.append((deep, size))
    return found


def _bookmark(block: Block, named: dict[tuple[str, Any], int]) -> int:
    """The level of the bookmark that names a block, 0 without one."""
    if block.kind not in ("heading", "paragraph") or len(block.text) > 150 or not block.page_starts:
        return 0
    return named.get((squeezed(block.text), block.page_starts[0][1]), 0)


def title_of(blocks: Sequence[Sized], metadata: dict[str, Any]) -> str:
    """The title as the first page shows it in its largest letters, else as the metadata give it; "" without either."""
    first = [(block, size) for block, size in blocks[:6] if not block.page_starts or block.page_starts[0][1] <= 2]
    headings = [
        (block, size)
        for block, size in first
        if block.kind == "heading" and not is_named(block.text) and not numbering(block.text)
    ]
    if headings:
        return max(headings, key=lambda pair: pair[1])[0].text
    title = str(metadata.get("title", ""))
    return "" if _FILE_NAME.search(title) else title
