"""Headings of a PDF: their levels by size and by the file's bookmarks, and the document's title."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block
from ingest.pdf.kinds import SizedBlock
from ingest.pdf.page import Bookmark
from ingest.structure.front_matter import is_front_line
from ingest.structure.headings import has_letters, is_abstract, is_letterhead, is_named, normalised_heading, numbering

_FIRST = 10  # blocks that may come before the title, and this
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|tex|dvi|indd|html?|pptx?|xlsx?|jtd)$|^Microsoft|^untitled|^無題|^スライド", re.IGNORECASE
)


def with_levels(blocks: Sequence[SizedBlock]) -> list[SizedBlock]:
    """The blocks, with the levels of headings by their size. A title, which is larger than all, takes up no level."""
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


def with_outline(blocks: Sequence[SizedBlock], outline: Sequence[Bookmark], title: str) -> list[SizedBlock]:
    """The blocks; each block that a bookmark names becomes a heading of the level of the bookmark.

    Bookmarks that no block confirms are ignored, and so are all of them where fewer than two are confirmed.
    """
    named = {(words, page): level for level, name, page in outline if (words := normalised_heading(name))}
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


def _bookmark(block: Block, named: dict[tuple[str, int | None], int]) -> int:
    """The level of the bookmark that names a block, 0 without one."""
    if block.kind not in ("heading", "paragraph") or len(block.text) > 150 or not block.page_starts:
        return 0
    return named.get((normalised_heading(block.text), block.page_starts[0][1]), 0)


def title_of(blocks: Sequence[SizedBlock], stated: str) -> str:
    """The title as the first pages show it in their largest letters, else as the file states it; "" without either."""
    first = [(block, size) for block, size in blocks[:_FIRST] if not block.page_starts or block.page_starts[0][1] <= 2]
    headings = [(block, size) for block, size in first if block.kind == "heading" and is_title(block.text)]
    if headings:
        return max(headings, key=lambda pair: pair[1])[0].text
    return "" if _FILE_NAME.search(stated) else stated


def without_name_headings(blocks: Sequence[SizedBlock], title: str) -> list[Block]:
    """The blocks; the names and addresses of authors on the first page are no headings, whatever their size."""
    found: list[Block] = []
    is_front = True
    for block, _ in blocks:
        is_first = not block.page_starts or block.page_starts[0][1] == 1
        is_part = is_named(block.text) or is_abstract(block.text) or bool(numbering(block.text))
        is_front = is_front and is_first and not (block.kind == "heading" and is_part)
        is_name = is_front and block.kind == "heading" and block.text != title and is_front_line(block.text)
        found.append(replace(block, kind="paragraph", level=0) if is_name else block)
    return found


def is_title(text: str) -> bool:
    """Whether a heading could be a document's title: words enough, no usual name of a part, no number or date."""
    return has_letters(text) and not (is_named(text) or numbering(text) or is_letterhead(text))
