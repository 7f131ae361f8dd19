"""Blocks from a loader → Document: the steps shared by all formats.

In this order: mark headings, bibliography entries and notes; join sentences cut by a page or table; mark list items;
gather the front matter.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

from ingest.document import Block, Document, PageStarts
from ingest.structure.front_matter import gather_front_matter, is_author_note, without_note_marks
from ingest.structure.headings import (
    LIST_MARK,
    NUMBERED_ITEM,
    has_letters,
    is_letterhead,
    is_named,
    is_notes,
    is_references,
    is_short_line,
    mark_headings,
    may_be_entry,
    numbering,
    opens_appendix,
    without_start,
)
from ingest.text import ends_sentence, is_wide, join_texts

_OPEN_ENDINGS = "、，,・「『（(〈《【-–—"
_CONTINUATION = re.compile(
    r"^\s*(?:<?https?://\S+|(?:doi|DOI)\s*:|[（(][^（()）]*(?:閲覧|アクセス|参照|accessed|retrieved)|[a-z])"
)
_LABEL = re.compile(r"^\s*(?:[\[［〔(（]\s*[\w+\-]{1,12}\s*[\]］〕)）]|\d{1,3}\s*[.．)）、:])\s*")
_LETTERED = re.compile(r"[A-Z](?:\.\d+)*[.\s]\s*[A-Z]")  # A Research Methods, A.1 Part One
_ENTRY_NUMBER = re.compile(r"^\s*+([\[［(（]?)\s*+(\d{1,3})\s*+([\]］)）.．]?)")
_PART = r"(?<=[;.,)\d] )\({letter}\) (?=\S)"
_FIRST_PART = re.compile(r"^\s*+(?:[\[［(（]?\s*+\d{1,3}\s*+[\]］)）.．]?|[\[［][\w+\-]{1,12}[\]］])?\s*+\(a\) ")
# "…, pp. 3859–3862; Ada Reed. “…": after the pages or year of one work, the name of the next work's author
_NEXT_WORK = re.compile(
    r"(?<=[\d)]); (?=(?:[A-ZÀ-ÞŠŽ](?:\.|[\w’'-]{1,30})[ -]){1,4}[A-ZÀ-Þ][\w’'-]{1,30}(?:,| and| et al|\. [“\"A-Z]))"
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_LEAST_WORK = 30  # characters
_FIRST_ENTRIES = 6
_FEW_WORDS = 4
_CLOSED = re.compile(r"[.!?)\]”’\"/\d。．]$")  # the end of an entry
LETTERHEAD = 14  # the subject line of a letter is among this many first blocks


def compose(
    path: Path,
    blocks: Sequence[Block],
    language: str,
    title: str = "",
    page_count: int | None = None,
    by_typography: bool = False,
    lists_works: bool = True,
) -> Document:
    """Compose a document from blocks. `title` is the title stated in the file.

    `by_typography`: the loader has already marked headings by typography. `lists_works`: look for a bibliography.
    """
    marked = mark_headings(blocks, by_typography)
    marked = mark_entries(marked) if lists_works else marked
    marked = [replace(block, italics=()) if block.kind != "entry" and block.italics else block for block in marked]
    marked = mark_lists(join_cut_sentences(mark_notes(marked), title))
    marked, front_matter = gather_front_matter(marked, title)
    return Document(
        id=unicodedata.normalize("NFC", path.name),
        title=without_note_marks(front_matter.title or title or first_title(marked)) or path.stem,
        source=str(path.resolve()),
        blocks=tuple(marked),
        language=language,
        page_count=page_count,
        front_matter=front_matter,
    )


def first_title(blocks: Sequence[Block]) -> str:
    """The first line or heading that can be a title: short, not a sentence, not a usual section name; else "".

    A letter begins with its number, date, addressee and sender; its subject line comes after these.
    """
    lines = blocks[:LETTERHEAD] if any(is_letterhead(block.text) for block in blocks[:3]) else blocks[:3]
    for block in lines:
        is_titled = block.kind == "heading" or (is_short_line(block.text) and len(blocks) > 1)
        is_other = is_named(block.text) or numbering(block.text) or is_letterhead(block.text)
        if is_titled and has_letters(block.text) and not is_other:
            return block.text
    return ""


def mark_notes(blocks: Sequence[Block]) -> list[Block]:
    """Mark the paragraphs under a heading such as 注 or Notes as footnotes."""
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
    """Mark the paragraphs under the bibliography's heading as entries.

    Lines of one entry are joined. A note about the author at the end is not an entry.
    """
    zone = references_zone(blocks)
    if zone is None:
        return list(blocks)
    start, end = zone
    marked = list(blocks[:start])
    numbered = sum(1 for block in blocks[start:end] if _LABEL.match(block.text)) * 2 > end - start
    listed = sum(1 for block in blocks[start:end] if LIST_MARK.match(block.text)) * 2 > end - start
    form = _usual_form(blocks[start:end])
    has_figures = any(block.kind == "caption" for block in blocks[start:end])
    for block in blocks[start:end]:
        if _continues_caption(marked[-1], block):
            marked[-1] = join_blocks(marked[-1], block)
            continue
        if block.kind not in ("paragraph", "list_item", "entry") or is_author_note(block.text):
            marked.append(block)
            continue
        mark = LIST_MARK.match(block.text)
        is_labelled = _form_of_label(block.text) == form
        unmarked = (numbered and not is_labelled) or (listed and not mark)
        previous = marked[-1] if marked[-1].kind == "entry" else None
        continues = block.kind != "entry" and bool(_CONTINUATION.match(block.text))
        cut = _cut_entry(marked, start) if block.text[:1].islower() else None
        if has_figures and not is_labelled and _is_label_of_figure(block.text):
            marked.append(replace(block, kind="paragraph"))
        elif cut is not None:
            marked[cut] = join_blocks(marked[cut], block)
        elif previous and (continues or (unmarked and len(block.text) < 400)):
            marked[-1] = join_blocks(previous, block)
        else:
            bare = without_start(block, mark.end()) if mark else block
            marked.append(replace(bare, kind="entry"))
    listed_works = [
        part
        for is_entry, run in groupby(marked[start:], key=lambda block: block.kind == "entry")
        for part in (with_works_apart(list(run)) if is_entry else run)
    ]
    return [*marked[:start], *listed_works, *blocks[end:]]


def _usual_form(blocks: Sequence[Block]) -> tuple[str, str]:
    """The form of most labels of a list."""
    forms = Counter(form for block in blocks if (form := _form_of_label(block.text)))
    return forms.most_common(1)[0][0] if forms else ("", "")


def _form_of_label(text: str) -> tuple[str, str] | None:
    """The marks around the label of an entry; None without a label."""
    match = _LABEL.match(text)
    label = match.group().strip() if match else ""
    return ("" if label[0].isalnum() else label[0], label[-1]) if label else None


def _continues_caption(caption: Block, block: Block) -> bool:
    """Whether a block of a list is a further line of a caption between the entries."""
    return (
        caption.kind == "caption"
        and not ends_sentence(caption.text)
        and block.kind in ("paragraph", "entry")
        and not _LABEL.match(block.text)
        and (block.text[:1].islower() or not may_be_entry(block.text))
    )


def _cut_entry(blocks: Sequence[Block], start: int) -> int | None:
    """Index of the last entry from `start` if it is cut inside a sentence by a figure after it; else None."""
    for index in range(len(blocks) - 1, start - 1, -1):
        if blocks[index].kind == "entry":
            return None if index == len(blocks) - 1 or _CLOSED.search(blocks[index].text) else index
    return None


def _is_label_of_figure(text: str) -> bool:
    """Whether a block of a list is a label of a figure or a row of a table: a few words without a year or address."""
    is_short = len(text.split()) <= _FEW_WORDS and not text.endswith(".")
    return is_short and not may_be_entry(text) and not any(map(is_wide, text))


def references_zone(blocks: Sequence[Block]) -> tuple[int, int] | None:
    """(start, end) of the blocks under the bibliography's heading, None without a bibliography."""
    starts = [index + 1 for index, block in enumerate(blocks) if block.kind == "heading" and is_references(block.text)]
    starts = [start for start in starts if len(starts) == 1 or _lists_works(blocks[start : start + _FIRST_ENTRIES])]
    if not starts or (
        numbering(blocks[starts[-1] - 1].text) and not _lists_works(blocks[starts[-1] :][:_FIRST_ENTRIES])
    ):
        return None
    start = starts[-1]
    level = blocks[start - 1].level
    for end in range(start, len(blocks)):
        if blocks[end].kind == "heading" and (blocks[end].level <= level or not _is_part_of_list(blocks, end)):
            break
    else:
        end = len(blocks)
    by_loader = [index for index in range(start, end) if blocks[index].kind == "entry"]
    return start, by_loader[-1] + 1 if by_loader else end


def _lists_works(blocks: Sequence[Block]) -> bool:
    """Whether blocks are bibliography entries: at least half have a year, an address or a label."""
    entries = sum(may_be_entry(block.text) or bool(_LABEL.match(block.text)) for block in blocks)
    return entries * 2 >= len(blocks) > 0


def _is_part_of_list(blocks: Sequence[Block], index: int) -> bool:
    """Whether a deeper heading subdivides the bibliography (日本語文献), rather than opening an appendix after it."""
    heading, following = blocks[index], blocks[index + 1 : index + 4]
    is_other = is_named(heading.text) or opens_appendix(heading.text) or _LETTERED.match(heading.text)
    return not is_other and _lists_works([block for block in following if block.kind != "heading"])


def join_cut_sentences(blocks: Sequence[Block], title: str = "") -> list[Block]:
    """Join paragraphs interrupted by a page, table or figure; the whole paragraph comes before the interruption.

    Nothing is joined to the document's `title`, which may be a line of the usual size above the text.
    """
    joined: list[Block] = []
    for block in blocks:
        index = _interrupted(joined) if block.kind == "paragraph" else None
        if index is not None and joined[index].text != title and _continues(joined[index], block):
            joined[index] = join_blocks(joined[index], block)
        else:
            joined.append(block)
    return joined


def _interrupted(blocks: list[Block]) -> int | None:
    """Index of the last paragraph, skipping tables, captions and footnotes at the end; None without one."""
    for index in range(len(blocks) - 1, -1, -1):
        if blocks[index].kind in ("paragraph", "list_item"):
            return index
        if blocks[index].kind not in ("table_row", "caption", "footnote"):
            return None
    return None


def _continues(left: Block, right: Block) -> bool:
    """Whether `left` ends inside a sentence that `right` continues."""
    text, following = left.text.rstrip(), right.text.lstrip()
    if not text or not following or ends_sentence(text) or LIST_MARK.match(following) or NUMBERED_ITEM.match(following):
        return False
    if text[-1] in _OPEN_ENDINGS or following[0] in "、。，．)）」』":
        return True
    if is_wide(text[-1]):
        return len(text) >= 30 or following[0] in "ぁぃぅぇぉっゃゅょー"
    return following[0].islower() or (len(text) >= 60 and (is_wide(following[0]) or following[0].isdigit()))


def join_blocks(left: Block, right: Block) -> Block:
    """Join two blocks, with the pages of both."""
    text = join_texts(left.text, right.text)
    offset = len(text) - len(right.text.lstrip())
    pages = _merge_pages(left.page_starts, right.page_starts, offset)
    return replace(left, text=text, page_starts=pages, italics=left.italics + right.italics)


def _merge_pages(left: PageStarts, right: PageStarts, offset: int) -> PageStarts:
    """The page starts of two joined texts; the second begins at `offset`."""
    pages = list(left)
    for start, page in right:
        if not pages or pages[-1][1] != page:
            pages.append((start + offset, page))
    return tuple(pages)


def mark_lists(blocks: Sequence[Block]) -> list[Block]:
    """Mark paragraphs that begin with a list mark as list items; a mark that is not a number is removed."""
    marked = []
    for block in blocks:
        match = LIST_MARK.match(block.text) if block.kind == "paragraph" else None
        if match:
            marked.append(without_start(replace(block, kind="list_item"), match.end()))
        elif block.kind == "paragraph" and NUMBERED_ITEM.match(block.text) and len(block.text) <= 200:
            marked.append(replace(block, kind="list_item"))
        else:
            marked.append(block)
    return marked


def with_works_apart(entries: Sequence[Block]) -> list[Block]:
    """The entries of one list, with a block for each work."""
    divided = [part for entry in entries for part in _parts_at(entry, _starts_of_parts(entry.text))]
    numbers = [_entry_number(entry.text) for entry in divided]
    apart: list[Block] = []
    for entry, here, following in zip(divided, numbers, [*numbers[1:], None], strict=True):
        has_gap = here and following and here[0] == following[0] and following[1] == here[1] + 2
        apart += _parts_at(entry, _starts_of_number(entry.text, here[0], here[1] + 1)) if here and has_gap else [entry]
    return apart


def _starts_of_parts(text: str) -> list[int]:
    """Where each work after the first begins: at (b), (c), … if the first is (a); else after semicolons."""
    starts: list[int] = []
    if match := _FIRST_PART.match(text):
        end = match.end()
        for letter in "bcdefghij":
            part = re.compile(_PART.format(letter=letter)).search(text, end)
            if not part:
                break
            starts.append(part.start())
            end = part.end()
        return starts
    starts = [match.end() for match in _NEXT_WORK.finditer(text) if _is_outside(text, match.start())]
    bounds = [0, *starts, len(text)]
    is_whole = all(len(text[a:b]) >= _LEAST_WORK and _YEAR.search(text[a:b]) for a, b in pairwise(bounds))
    return starts if is_whole else []


def _is_outside(text: str, place: int) -> bool:
    """Whether a place is outside of brackets."""
    return text.count("(", 0, place) <= text.count(")", 0, place)


def _starts_of_number(text: str, brackets: tuple[str, str], number: int) -> list[int]:
    """Offset at which the entry `number` begins in the text of another one: "… 2003). 5. Augustine, R. …"; or empty."""
    opening, closing = brackets
    mark = rf"(?<=[.)\]”] ){re.escape(opening)}{number}{re.escape(closing)} ?(?=[A-ZÀ-Þ“‘\"])"
    match = re.search(mark, text)
    return [match.start()] if match else []


def _entry_number(text: str) -> tuple[tuple[str, str], int] | None:
    """The marks around the number of an entry, and the number; None without one."""
    match = _ENTRY_NUMBER.match(text)
    if not match or not (match.group(1) or match.group(3)):
        return None
    return (match.group(1), match.group(3)), int(match.group(2))


def _parts_at(entry: Block, starts: Sequence[int]) -> Iterator[Block]:
    """The parts of an entry, cut at the offsets `starts`."""
    for start, end in pairwise([0, *starts, len(entry.text)]):
        part = without_start(entry, start) if start else entry
        text = part.text[: end - start].rstrip()
        pages = tuple(place for place in part.page_starts if place[0] < len(text))
        italics = tuple(phrase for phrase in part.italics if phrase in text)
        yield replace(part, text=text, page_starts=pages, italics=italics)
