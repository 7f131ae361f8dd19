"""Paragraphs as extracted → blocks as written: headings, list items, whole sentences, entries, bibliographic data."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block, PageStarts
from ingest.normalise import is_wide, join_texts
from ingest.structure.headings import (
    Open,
    is_named,
    is_references,
    is_short_line,
    is_unlike_siblings,
    numbering,
    opened,
    place,
    run_in,
)
from ingest.structure.sentences import ends_sentence

LIST_MARK = re.compile(r"^\s*(?:[-–*•‣▪◦●○・■□◆◇▶▷✓]\s+|[•‣▪◦・]\s*)(?=\S)")
NUMBERED_ITEM = re.compile(
    r"^\s*(?:[①-⑳㋐-㋾]|[(（][0-9０-９一-十a-zA-Zア-ン]{1,3}[)）]|[0-9]{1,2}[)）]|[a-z][)）])\s*(?=\S)"
)
_OPEN_ENDINGS = "、，,・「『（(〈《【-–—"


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


def mark_headings(blocks: Sequence[Block], by_typography: bool = False) -> list[Block]:
    """Blocks with their headings found: by name, by number in sequence, and by standing alone between paragraphs.

    Headings that come marked keep their level. With `by_typography`, the reader of the format has judged the look
    of lines already: standing alone makes no heading, and a number may put a heading below one set alike.
    """
    found: list[Block] = []
    open_headings: tuple[Open, ...] = ()
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if block.kind == "heading" and by_typography:
            block, open_headings = _placed(block, open_headings)  # noqa: PLW2901
        if block.kind != "paragraph" or not is_short_line(block.text):
            found.extend(_divided_run_in(block))
            continue
        number = numbering(block.text)
        bracketed = number is not None and number.style == "bracket"  # rather an item of a list: (1) …, (2) …
        heads = following is not None and following.kind == "paragraph" and len(following.text) >= 80
        countable = number and (not bracketed or heads) and not is_unlike_siblings(number, open_headings)
        level = place(number, open_headings) if number and countable else None
        if is_named(block.text):
            level = level or 1
            open_headings = tuple(one for one in open_headings if one.level < level)
        elif number and level and not _is_list(blocks, index):
            pass
        elif not by_typography and not number and _stands_alone(found, block, following):
            level = (open_headings[-1].level + 1) if open_headings else 1
        else:
            level = None
        if level and number:
            open_headings = opened(number, level, open_headings)
        found.append(replace(block, kind="heading", level=level) if level else block)
    return found


def _placed(block: Block, open_headings: tuple[Open, ...]) -> tuple[Block, tuple[Open, ...]]:
    """A heading known by its look, under its parent where its number has one (1.1 after 1), though set alike."""
    number = numbering(block.text)
    if number is None:
        return block, tuple(one for one in open_headings if one.level < block.level)
    if number.style == "bracket":  # (1) stands under 1, 1.1, 第1節
        parents = [one for one in open_headings if one.number.style != "bracket"]
    else:
        parents = [one for one in open_headings if one.number.numbers == number.numbers[:-1]]
    level = max(block.level, parents[-1].level + 1) if parents else block.level
    return replace(block, level=min(level, 6)), opened(number, level, open_headings, marked=True)


def _divided_run_in(block: Block) -> list[Block]:
    """A paragraph that opens with its heading ("Abstract—…") as the two blocks it is."""
    parts = run_in(block.text) if block.kind == "paragraph" else None
    if not parts:
        return [block]
    name, rest = parts
    heading = replace(block, kind="heading", text=name, level=1, page_starts=block.page_starts[:1])
    return [heading, without_start(block, len(block.text) - len(rest))]


def _is_list(blocks: Sequence[Block], index: int) -> bool:
    """Whether the next block is numbered alike, with no text between: items of a list, not headings."""
    here = numbering(blocks[index].text)
    if index + 1 >= len(blocks) or here is None or blocks[index + 1].kind != "paragraph":
        return False
    after = numbering(blocks[index + 1].text)
    return bool(after and after.style == here.style and after.numbers[-1] == here.numbers[-1] + 1)


def _stands_alone(before: Sequence[Block], block: Block, following: Block | None) -> bool:
    """Whether an unnumbered short line heads what follows: after a whole paragraph, before a longer one."""
    if following is None or following.kind != "paragraph" or not before or len(block.text) > 60:
        return False
    previous = before[-1]
    complete = previous.kind in ("heading", "table_row", "caption") or ends_sentence(previous.text)
    longer = len(following.text) >= 80 and len(following.text) > 2 * len(block.text)
    japanese = is_wide(block.text[-1])
    nominal = not re.search(r"[ぁ-ん]$", block.text) if japanese else block.text[:1].isupper()
    return complete and longer and nominal and not LIST_MARK.match(block.text)


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


def without_start(block: Block, length: int) -> Block:
    """The block without its first `length` characters."""
    pages: list[tuple[int, int]] = []
    for start, page in block.page_starts:
        if pages and start <= length:
            pages.clear()
        pages.append((max(0, start - length), page))
    return replace(block, text=block.text[length:], page_starts=tuple(pages))


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
