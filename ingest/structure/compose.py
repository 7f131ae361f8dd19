"""Paragraphs as a loader read them → Document: the steps that all formats share, in order.

Headings are found, footnotes and bibliography entries marked, sentences that a page break cut made whole, list items
marked, bibliographic data gathered at the front.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.document import Block, Document, PageStarts
from ingest.normalise import is_wide, join_texts
from ingest.structure.front_matter import gather_front_matter, is_author_note
from ingest.structure.headings import (
    LIST_MARK,
    NUMBERED_ITEM,
    is_named,
    is_notes,
    is_references,
    is_short_line,
    mark_headings,
    numbering,
    without_start,
)
from ingest.structure.sentences import ends_sentence

_OPEN_ENDINGS = "、，,・「『（(〈《【-–—"
_CONTINUATION = re.compile(
    r"^\s*(?:<?https?://\S+|(?:doi|DOI)\s*:|[（(][^（()）]*(?:閲覧|アクセス|参照|accessed|retrieved)|[a-z])"
)
_LABEL = re.compile(r"^\s*(?:[\[［〔(（]\s*[\w+\-]{1,12}\s*[\]］〕)）]|\d{1,3}\s*[.．)）、:])\s*")


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


def mark_notes(blocks: Sequence[Block]) -> list[Block]:
    """The paragraphs under a heading such as 注 or Notes as footnotes, one for each label; unlabelled ones carry on."""
    marked: list[Block] = []
    inside = False
    for block in blocks:
        if block.kind == "heading":
            inside = is_notes(block.text)
        if inside and block.kind in ("paragraph", "list_item"):
            block = replace(block, kind="footnote")  # noqa: PLW2901
        marked.append(block)
    return marked


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


def references_zone(blocks: Sequence[Block]) -> tuple[int, int] | None:
    """(start, end) of the blocks under the bibliography's heading, if there is one."""
    starts = [index for index, block in enumerate(blocks) if block.kind == "heading" and is_references(block.text)]
    if not starts:
        return None
    start = starts[-1] + 1
    level = blocks[start - 1].level
    for end in range(start, len(blocks)):
        if blocks[end].kind == "heading" and blocks[end].level <= level:
            return start, end
    return start, len(blocks)


def mend(blocks: Sequence[Block]) -> list[Block]:
    """Sentences that a page, table or figure cut are whole again; the table follows the paragraph it interrupted."""
    mended: list[Block] = []
    for block in blocks:
        index = _interrupted(mended)
        if block.kind == "paragraph" and index is not None and _continues(mended[index], block):
            mended[index] = join_blocks(mended[index], block)
        else:
            mended.append(block)
    return mended


def _interrupted(blocks: list[Block]) -> int | None:
    """Where the last paragraph stands, looking past tables, captions and footnotes."""
    for index in range(len(blocks) - 1, -1, -1):
        if blocks[index].kind in ("paragraph", "list_item"):
            return index
        if blocks[index].kind not in ("table_row", "caption", "footnote"):
            return None
    return None


def _continues(left: Block, right: Block) -> bool:
    """Whether `left` breaks off inside a sentence that `right` carries on."""
    text, following = left.text.rstrip(), right.text.lstrip()
    if not text or not following or ends_sentence(text) or LIST_MARK.match(following) or NUMBERED_ITEM.match(following):
        return False
    if text[-1] in _OPEN_ENDINGS or following[0] in "、。，．)）」』":
        return True
    if is_wide(text[-1]):
        return len(text) >= 30 or following[0] in "ぁぃぅぇぉっゃゅょー"
    return following[0].islower() or (len(text) >= 60 and (is_wide(following[0]) or following[0].isdigit()))


def join_blocks(left: Block, right: Block) -> Block:
    """One block of two, with the pages of both."""
    text = join_texts(left.text, right.text)
    offset = len(text) - len(right.text.lstrip())
    return replace(left, text=text, page_starts=merge_pages(left.page_starts, right.page_starts, offset))


def merge_pages(left: PageStarts, right: PageStarts, offset: int) -> PageStarts:
    """The pages of two joined texts, the second beginning at `offset`."""
    pages = list(left)
    for start, page in right:
        if not pages or pages[-1][1] != page:
            pages.append((start + offset, page))
    return tuple(pages)


def mark_lists(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs that open with a list mark as list items; the mark is dropped where it is no number."""
    found = []
    for block in blocks:
        match = LIST_MARK.match(block.text) if block.kind == "paragraph" else None
        if match:
            found.append(without_start(replace(block, kind="list_item"), match.end()))
        elif block.kind == "paragraph" and NUMBERED_ITEM.match(block.text) and len(block.text) <= 200:
            found.append(replace(block, kind="list_item"))
        else:
            found.append(block)
    return found
