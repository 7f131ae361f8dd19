"""Which blocks are entries of the bibliography, and where one ends."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block
from ingest.structure.blocks import LIST_MARK, join_blocks, references_zone, without_start
from ingest.structure.front_matter import is_author_note

_CONTINUATION = re.compile(
    r"^\s*(?:<?https?://\S+|(?:doi|DOI)\s*:|[（(][^（()）]*(?:閲覧|アクセス|参照|accessed|retrieved)|[a-z])"
)
_LABEL = re.compile(r"^\s*(?:[\[［〔(（]\s*[\w+\-]{1,12}\s*[\]］〕)）]|\d{1,3}\s*[.．)）、:])\s*")


def mark_entries(blocks: Sequence[Block]) -> list[Block]:
    """The paragraphs under the bibliography's heading as entries, one each; an author's note at the end stays apart."""
    zone = references_zone(blocks)
    if zone is None:
        return list(blocks)
    start, end = zone
    marked = list(blocks[:start])
    numbered = sum(1 for block in blocks[start:end] if _LABEL.match(block.text)) * 2 > end - start
    listed = sum(1 for block in blocks[start:end] if LIST_MARK.match(block.text)) * 2 > end - start
    for block in blocks[start:end]:
        if block.kind not in ("paragraph", "list_item", "entry") or is_author_note(block.text):
            marked.append(block)
            continue
        mark = LIST_MARK.match(block.text)
        previous = marked[-1] if marked[-1].kind == "entry" else None
        unmarked = (numbered and not _LABEL.match(block.text)) or (listed and not mark)
        if (
            previous
            and block.kind != "entry"
            and (_CONTINUATION.match(block.text) or (unmarked and len(block.text) < 400))
        ):
            marked[-1] = join_blocks(previous, block)
            continue
        bare = without_start(block, mark.end()) if mark else block
        marked.append(replace(bare, kind="entry"))
    return [*marked, *blocks[end:]]
