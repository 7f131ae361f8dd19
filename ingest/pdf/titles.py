"""The title of a PDF and the levels of its headings, by the size of their letters."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ingest.document import Block
from ingest.headings import is_named, numbering

_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|tex|dvi|indd|html?|pptx?|xlsx?|jtd)$|^Microsoft|^untitled|^無題|^スライド", re.IGNORECASE
)


def ranked(blocks: Sequence[tuple[Block, float]]) -> list[tuple[Block, float]]:
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


def title_of(blocks: Sequence[tuple[Block, float]], metadata: dict[str, Any]) -> str:
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
