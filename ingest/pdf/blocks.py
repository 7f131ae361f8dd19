"""The pages of a PDF → Document: headers dropped, lines joined, headings by their size, tables with their captions."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.document import Block, BlockKind, Document
from ingest.pdf.headers import without_headers
from ingest.pdf.page import Bookmark, Line, Page, Table
from ingest.pdf.paragraphs import (
    BodyStyle,
    EntryStyle,
    PlacedLine,
    begins_paragraph,
    body_style,
    entry_style,
    join_lines,
    placed_lines,
    starts_entry,
    words_of,
)
from ingest.structure.compose import compose
from ingest.structure.headings import (
    is_contents_line,
    is_named,
    is_references,
    is_short_line,
    normalised_heading,
    numbering,
)
from ingest.structure.sentences import ends_sentence
from ingest.structure.tables import is_caption, is_source_note, is_table_caption, table_blocks
from retriever.text import language_of

_FOOTNOTE = re.compile(
    r"^\s*(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[0-9]{1,3}[)）.．\s]|[*＊†‡※]|[(（]?(?:注|註)\s*[0-9０-９]*[)）]?|\([0-9]{1,3}\))"
)
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|tex|dvi|indd|html?|pptx?|xlsx?|jtd)$|^Microsoft|^untitled|^無題|^スライド", re.IGNORECASE
)
SizedBlock = tuple[Block, float]  # a block and the size of its letters in points, 0 for tables


@dataclass(slots=True)
class _Builder:
    """The blocks made so far, and the lines that wait to become the next one."""

    style: BodyStyle
    words: frozenset[str]
    language: str
    entry_style: EntryStyle
    blocks: list[SizedBlock] = field(default_factory=list)
    waiting: list[PlacedLine] = field(default_factory=list)
    kind: BlockKind = "paragraph"
    in_references: bool = False


def document(path: Path, pages: Sequence[Page], title: str, outline: Sequence[Bookmark], page_count: int) -> Document:
    """The document that the pages hold; `title` and `outline` are as the file states them."""
    pages = without_headers(pages)
    items = [item for page in pages for item in page.items]
    lines = [item for item in items if isinstance(item, Line)]
    style = body_style(lines)
    placed = placed_lines(lines)
    language = language_of("".join(line.text for line in lines), "ja")
    builder = _Builder(style, words_of(lines), language, entry_style(placed))
    _build(builder, items, placed, _footnote_lines(pages, style))
    blocks = with_levels(builder.blocks)
    title = title_of(blocks, title)
    blocks = with_outline(blocks, outline, title)
    return compose(path, [block for block, _ in blocks], language, title, page_count, by_typography=True)


def _footnote_lines(pages: Sequence[Page], style: BodyStyle) -> set[int]:
    """The id() of each footnote line: small print at the foot of a column, from the first line with a mark on."""
    found: set[int] = set()
    for page in pages:
        for column in sorted({item.column for item in page.items if isinstance(item, Line)}):
            lines = [item for item in page.items if isinstance(item, Line) and item.column == column]
            small: list[Line] = []
            for line in sorted(lines, key=lambda line: -line.y):
                if line.size > 0.93 * style.size or line.y < 0.4 * page.height:
                    break
                small.append(line)
            while small and not _FOOTNOTE.match(small[-1].text):
                small.pop()
            if small and len(small) * 2 < len(lines):
                found.update(id(line) for line in small)
    return found


def _build(builder: _Builder, items: Sequence[Line | Table], placed: Sequence[PlacedLine], footnotes: set[int]) -> None:
    """Turns lines and tables, in reading order, into blocks. `placed` has the lines among `items`, in that order."""
    places = iter(placed)
    for item in items:
        if isinstance(item, Table):
            _flush(builder)
            _add_table(builder, item)
            continue
        here = next(places)
        kind = "footnote" if id(item) in footnotes else _kind(here, builder)
        if builder.waiting and (kind != builder.kind or _starts_block(builder, here, kind)):
            _flush(builder)
        if kind == "heading" or (not builder.waiting and is_references(item.text)):
            builder.in_references = is_references(item.text)
        builder.kind = kind
        builder.waiting.append(here)
    _flush(builder)


def _kind(here: PlacedLine, builder: _Builder) -> BlockKind:
    """The kind of block that a line belongs to, by its size, weight and words."""
    line = here.line
    large = line.size >= 1.08 * builder.style.size
    bold = line.bold and here.room > 2 * line.size
    short = is_short_line(line.text) and not is_caption(line.text) and not line.bullet
    long = large and len(line.text) <= 110 and not builder.in_references and not is_contents_line(line.text)
    if ((large or bold) and short) or long:
        return "heading"
    if is_caption(line.text) or is_source_note(line.text) or _continues_caption(builder, here):
        return "caption"
    return "paragraph"


def _continues_caption(builder: _Builder, here: PlacedLine) -> bool:
    """Whether a line carries on the caption before it: in the same size, right below a full line."""
    if builder.kind != "caption" or not builder.waiting or is_source_note(builder.waiting[-1].line.text):
        return False
    before = builder.waiting[-1]
    near = here.line.page == before.line.page and 0 < here.line.y - before.line.y <= 1.6 * here.em
    same = abs(here.line.size - before.line.size) < 0.3 and here.line.size < 0.97 * builder.style.size
    return near and same and before.room < 3 * here.em and not ends_sentence(before.line.text)


def _starts_block(builder: _Builder, here: PlacedLine, kind: BlockKind) -> bool:
    """Whether the line begins a new block, although the waiting lines are of its kind."""
    waiting, line = builder.waiting, here.line
    before = waiting[-1].line
    if kind == "heading":
        near = line.page == before.page and 0 < line.y - before.y <= 2.0 * line.size
        return not (near and abs(line.size - before.size) < 0.5 and line.bold == before.bold)
    if kind == "caption":
        return is_caption(line.text) or is_source_note(line.text)
    lines = (line, before) if len(waiting) == 1 else (line,)
    if any(len(other.text) <= 20 and is_named(other.text) for other in lines):
        return True
    if kind == "footnote" and _FOOTNOTE.match(line.text):
        return True
    if builder.in_references and kind == "paragraph":
        leading = builder.style.leading * here.em / builder.style.size
        return starts_entry(waiting, here, builder.entry_style, leading)
    return begins_paragraph(waiting[0], waiting[-1], here, builder.style)


def _flush(builder: _Builder) -> None:
    """Makes the waiting lines a block."""
    waiting, builder.waiting = builder.waiting, []
    if not waiting:
        return
    text = ""
    pages: list[tuple[int, int]] = []
    for before, here in zip([None, *waiting], waiting, strict=False):
        full = before is not None and before.room < 1.2 * here.em
        text = join_lines(text, here.line.text, full, builder.words)
        if not pages or pages[-1][1] != here.line.page:
            pages.append((max(0, len(text) - len(here.line.text)), here.line.page))
    first, kind = waiting[0].line, builder.kind
    if kind == "paragraph" and first.bullet:
        kind = "entry" if builder.in_references else "list_item"
    if kind == "heading" and (len(text) > 150 or (len(waiting) > 1 and text.endswith(("。", "．", ".")))):
        kind = "paragraph"  # large print, but running text
    if kind == "caption" and is_source_note(text) and _add_note(builder.blocks, text):
        return
    level = 1 if kind == "heading" else 0
    builder.blocks.append((Block(kind, text, level=level, page_starts=tuple(pages)), first.size))


def _add_note(found: list[SizedBlock], note: str) -> bool:
    """Adds a table's source note to its caption; False if the last blocks are no table."""
    for index in range(len(found) - 1, -1, -1):
        block, size = found[index]
        if block.kind == "caption":
            found[index] = (replace(block, text=f"{block.text}\n{note}"), size)
            return True
        if block.kind != "table_row":
            return False
    return False


def _add_table(builder: _Builder, table: Table) -> None:
    """Adds a table's blocks, with the caption before it. The next part of a divided table keeps its column names."""
    found, caption = builder.blocks, ""
    above = found[-1][0] if found else None
    rows: Sequence[Sequence[str]] = table.rows
    if above and above.kind == "caption" and is_table_caption(above.text):
        caption = found.pop()[0].text
    header, starts, language = table.header, ((0, table.page),), builder.language
    if above and above.kind == "table_row" and len(above.cells) == len(rows[0]):
        names = [name for name, _ in above.cells]
        rows = rows if names == list(rows[0]) else [names, *rows]  # the head may be repeated on the new page
        caption, header = above.caption, any(names)
    blocks = table_blocks(rows, caption, header=header, language=language, starts=starts)
    carries_on = above is not None and above.kind == "table_row" and caption == above.caption
    found.extend((block, 0.0) for block in (blocks[1:] if carries_on and blocks[0].kind == "caption" else blocks))


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
    first = [(block, size) for block, size in blocks[:6] if not block.page_starts or block.page_starts[0][1] <= 2]
    headings = [
        (block, size)
        for block, size in first
        if block.kind == "heading" and not is_named(block.text) and not numbering(block.text)
    ]
    if headings:
        return max(headings, key=lambda pair: pair[1])[0].text
    return "" if _FILE_NAME.search(stated) else stated
