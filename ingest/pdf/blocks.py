"""The pages of a PDF → Document: headers dropped, lines joined, headings by their look, tables with their captions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.compose import compose
from ingest.document import Block, BlockKind, Document
from ingest.normalise import language_of
from ingest.pdf.entries import Manner, manner_of, starts_entry
from ingest.pdf.headers import without_headers
from ingest.pdf.joining import join_lines, words_of
from ingest.pdf.page import Line, Page, Table
from ingest.pdf.paragraphs import Spot, Style, begins, spots, style_of
from ingest.pdf.titles import ranked, title_of, with_outline
from ingest.structure.headings import is_contents_line, is_named, is_references, is_short_line
from ingest.structure.sentences import ends_sentence
from ingest.structure.tables import is_caption, is_source_note, is_table_caption, table_blocks

_FOOTNOTE = re.compile(
    r"^\s*(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[0-9]{1,3}[)）.．\s]|[*＊†‡※]|[(（]?(?:注|註)\s*[0-9０-９]*[)）]?|\([0-9]{1,3}\))"
)
Sized = tuple[Block, float]  # a block and the size of its letters, 0 for tables


@dataclass(slots=True)
class _Gathering:
    """The blocks found so far, and the lines that wait to become the next one."""

    style: Style
    words: frozenset[str]
    language: str
    found: list[Sized] = field(default_factory=list)
    waiting: list[Spot] = field(default_factory=list)
    kind: BlockKind = "paragraph"
    in_references: bool = False
    manner: Manner = "words"


def document(path: Path, pages: Sequence[Page], metadata: dict[str, Any], page_count: int) -> Document:
    """The document that the pages hold."""
    clean = without_headers(pages)
    lines = [item for page in clean for item in page.items if isinstance(item, Line)]
    style = style_of(lines)
    language = language_of("".join(line.text for line in lines), "ja")
    gathering = _Gathering(style, words_of(lines), language)
    _gather(gathering, [item for page in clean for item in page.items], _footnote_lines(clean, style))
    found = ranked(gathering.found)
    title = title_of(found, metadata)
    found = with_outline(found, metadata.get("outline", []), title)
    blocks = [block for block, _ in found]
    return compose(path, blocks, language, title, page_count, by_typography=True)


def _footnote_lines(pages: Sequence[Page], style: Style) -> set[int]:
    """The ids of lines that are footnotes: small print at the foot of a page, from its first mark on."""
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


def _gather(gathering: _Gathering, items: Sequence[Line | Table], notes: set[int]) -> None:
    """Turns lines and tables, in reading order, into blocks."""
    in_order = spots([item for item in items if isinstance(item, Line)])
    gathering.manner = manner_of(in_order)
    places = iter(in_order)
    for item in items:
        if isinstance(item, Table):
            _flush(gathering)
            _add_table(gathering, item)
            continue
        here = next(places)
        kind = "footnote" if id(item) in notes else _kind(here, gathering)
        if gathering.waiting and (kind != gathering.kind or _starts(gathering, here, kind)):
            _flush(gathering)
        if kind == "heading" or (not gathering.waiting and is_references(item.text)):
            gathering.in_references = is_references(item.text)
        gathering.kind = kind
        gathering.waiting.append(here)
    _flush(gathering)


def _kind(here: Spot, gathering: _Gathering) -> BlockKind:
    """What a line's look says it belongs to."""
    line = here.line
    large = line.size >= 1.08 * gathering.style.size
    bold = line.bold and here.room > 2 * line.size
    short = is_short_line(line.text) and not is_caption(line.text) and not line.bullet
    long = large and len(line.text) <= 110 and not gathering.in_references and not is_contents_line(line.text)
    if ((large or bold) and short) or long:
        return "heading"
    if is_caption(line.text) or is_source_note(line.text) or _continues_caption(gathering, here):
        return "caption"
    return "paragraph"


def _continues_caption(gathering: _Gathering, here: Spot) -> bool:
    """Whether a line is the next line of the caption before it: set alike, right below a full line."""
    if gathering.kind != "caption" or not gathering.waiting or is_source_note(gathering.waiting[-1].line.text):
        return False
    before = gathering.waiting[-1]
    near = here.line.page == before.line.page and 0 < here.line.y - before.line.y <= 1.6 * here.em
    same = abs(here.line.size - before.line.size) < 0.3 and here.line.size < 0.97 * gathering.style.size
    return near and same and before.room < 3 * here.em and not ends_sentence(before.line.text)


def _starts(gathering: _Gathering, here: Spot, kind: BlockKind) -> bool:
    """Whether the line begins a block of its own after the waiting ones, which are of its kind."""
    waiting, line = gathering.waiting, here.line
    before = waiting[-1].line
    if kind == "heading":
        near = line.page == before.page and 0 < line.y - before.y <= 2.0 * line.size
        return not (near and abs(line.size - before.size) < 0.5 and line.bold == before.bold)
    if kind == "caption":
        return is_caption(line.text) or is_source_note(line.text)
    named = [one for one in (line, before if len(waiting) == 1 else line) if len(one.text) <= 20 and is_named(one.text)]
    if named or (kind == "footnote" and _FOOTNOTE.match(line.text)):
        return True
    if gathering.in_references and kind == "paragraph":
        leading = gathering.style.leading * here.em / gathering.style.size
        return starts_entry(waiting, here, gathering.manner, leading)
    return begins(waiting[0], waiting[-1], here, gathering.style)


def _flush(gathering: _Gathering) -> None:
    """Makes a block of the waiting lines."""
    waiting, gathering.waiting = gathering.waiting, []
    if not waiting:
        return
    text = ""
    pages: list[tuple[int, int]] = []
    for before, here in zip([None, *waiting], waiting, strict=False):
        full = before is not None and before.room < 1.2 * here.em
        text = join_lines(text, here.line.text, full, gathering.words)
        if not pages or pages[-1][1] != here.line.page:
            pages.append((max(0, len(text) - len(here.line.text)), here.line.page))
    first, kind = waiting[0].line, gathering.kind
    if kind == "paragraph" and first.bullet:
        kind = "entry" if gathering.in_references else "list_item"
    if kind == "heading" and (len(text) > 150 or (len(waiting) > 1 and text.endswith(("。", "．", ".")))):
        kind = "paragraph"  # large print, but running text
    if kind == "caption" and is_source_note(text) and _add_note(gathering.found, text):
        return
    level = 1 if kind == "heading" else 0
    gathering.found.append((Block(kind, text, level=level, page_starts=tuple(pages)), first.size))


def _add_note(found: list[Sized], note: str) -> bool:
    """Puts a table's source note with its caption; False where no table is near."""
    for index in range(len(found) - 1, -1, -1):
        block, size = found[index]
        if block.kind == "caption":
            found[index] = (replace(block, text=f"{block.text}\n{note}"), size)
            return True
        if block.kind != "table_row":
            return False
    return False


def _add_table(gathering: _Gathering, table: Table) -> None:
    """Adds a table's blocks, with the caption before it; a table that carries on another keeps its columns' names."""
    found, caption = gathering.found, ""
    above = found[-1][0] if found else None
    rows: Sequence[Sequence[str]] = table.rows
    if above and above.kind == "caption" and is_table_caption(above.text):
        caption = found.pop()[0].text
    header, starts, language = table.header, ((0, table.page),), gathering.language
    if above and above.kind == "table_row" and len(above.cells) == len(rows[0]):
        names = [name for name, _ in above.cells]
        rows = rows if names == list(rows[0]) else [names, *rows]  # its head may be set again on the new page
        caption, header = above.caption, any(names)
    blocks = table_blocks(rows, caption, header=header, language=language, starts=starts)
    carries_on = above is not None and above.kind == "table_row" and caption == above.caption
    found.extend((block, 0.0) for block in (blocks[1:] if carries_on and blocks[0].kind == "caption" else blocks))
