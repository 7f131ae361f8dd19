"""The pages of a PDF → Document: headers dropped, lines joined, headings by their look, tables with their captions."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.compose import compose
from ingest.document import Block, Document
from ingest.headings import is_named, is_references, is_short_line
from ingest.normalise import language_of
from ingest.pdf.headers import without_headers
from ingest.pdf.page import Line, Page, Table
from ingest.pdf.paragraphs import Flow, Style, begins, flows, join_lines, style_of
from ingest.tables import is_caption, is_source_note, is_table_caption, table_blocks

_FOOTNOTE = re.compile(
    r"^\s*(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[0-9]{1,3}[)）.．\s]|[*＊†‡※]|[(（]?(?:注|註)\s*[0-9０-９]*[)）]?|\([0-9]{1,3}\))"
)
_ENTRY_NUMBER = re.compile(r"^\s*[\[［(（〔]?\s*(\d{1,3})\s*[\]］)）〕.．]?(?=\s|[^\d.．年])")


@dataclass(slots=True)
class _Paragraph:
    """Lines that form one block, while they are gathered."""

    lines: list[Line] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    kind: str = ""


def document(path: Path, pages: Sequence[Page], metadata: dict[str, Any], page_count: int) -> Document:
    """The document that the pages hold."""
    clean = without_headers(pages)
    items = [item for page in clean for item in page.items]
    lines = [item for item in items if isinstance(item, Line)]
    style = style_of(lines)
    language = language_of("".join(line.text for line in lines), "ja")
    notes = _footnote_lines(clean, style)
    blocks = _blocks(items, style, notes, language)
    blocks = _ranked(blocks, style)
    title = _title(blocks, metadata)
    kept = {key: value for key, value in metadata.items() if key != "outline"}
    finished = [replace(block, level=block.level) for block, _ in blocks]
    return compose(path, finished, language, title, page_count, by_typography=True, metadata={"pdf": kept})


def _footnote_lines(pages: Sequence[Page], style: Style) -> set[int]:
    """The ids of lines that are footnotes: small print at the foot of a page, from its first mark on."""
    found: set[int] = set()
    for page in pages:
        lines = sorted((item for item in page.items if isinstance(item, Line)), key=lambda line: -line.y)
        small: list[Line] = []
        for line in lines:
            if line.size > 0.93 * style.size or line.y < 0.4 * page.height:
                break
            small.append(line)
        while small and not _FOOTNOTE.match(small[-1].text):
            small.pop()
        if small and len(small) < len(lines):
            found.update(id(line) for line in small)
    return found


def _blocks(items: Sequence[Line | Table], style: Style, notes: set[int], language: str) -> list[tuple[Block, float]]:
    """Blocks in order, each with the size of its letters (0 for tables)."""
    lines = [item for item in items if isinstance(item, Line)]
    columns = dict(zip((id(line) for line in lines), flows(lines), strict=True))
    found: list[tuple[Block, float]] = []
    waiting = _Paragraph()
    in_references = False
    following = dict(zip((id(line) for line in lines), [*lines[1:], None], strict=True))
    for item in items:
        if isinstance(item, Table):
            waiting = _flush(waiting, found, style, in_references)
            _add_table(found, item, language)
            continue
        flow = columns[id(item)]
        kind = "footnote" if id(item) in notes else _kind(item, flow, style, in_references)
        if waiting.lines and (
            kind != waiting.kind or _starts(waiting, item, following[id(item)], flow, style, kind, in_references)
        ):
            waiting = _flush(waiting, found, style, in_references)
        if kind == "heading":
            in_references = is_references(item.text)
        elif not waiting.lines and is_references(item.text):
            in_references = True
        waiting.kind = kind
        waiting.lines.append(item)
        waiting.flows.append(flow)
    _flush(waiting, found, style, in_references)
    return found


def _kind(line: Line, flow: Flow, style: Style, in_references: bool) -> str:
    """What a line's look says it belongs to."""
    large = line.size >= 1.08 * style.size
    bold = line.bold and line.x1 < flow.right - 2 * line.size
    if (large or bold) and is_short_line(line.text) and not is_caption(line.text) and not line.bullet:
        return "heading"
    if large and len(line.text) <= 110 and not in_references:
        return "heading"
    return "caption" if is_caption(line.text) or is_source_note(line.text) else "paragraph"


def _starts(
    waiting: _Paragraph, line: Line, after: Line | None, flow: Flow, style: Style, kind: str, in_references: bool
) -> bool:
    """Whether the line begins a block of its own after the waiting ones."""
    before = waiting.lines[-1]
    if kind == "heading":
        near = line.page == before.page and 0 < line.y - before.y <= 2.0 * line.size
        return not (near and abs(line.size - before.size) < 0.5 and line.bold == before.bold)
    if kind == "caption":
        return True
    if is_named(line.text) and len(line.text) <= 20:
        return True
    if is_named(before.text) and len(waiting.lines) == 1 and len(before.text) <= 20:
        return True
    if kind == "footnote" and _FOOTNOTE.match(line.text):
        return True
    if in_references and kind == "paragraph":
        return _starts_entry(waiting, line, flow, style)
    return begins(before, line, after, waiting.flows[-1], flow, style, fresh=len(waiting.lines) == 1)


def _starts_entry(waiting: _Paragraph, line: Line, flow: Flow, style: Style) -> bool:
    """Whether the line begins an entry of the bibliography: by its mark or number, else by the hanging indent."""
    before, first = waiting.lines[-1], waiting.lines[0]
    if abs(line.size - before.size) > 0.12 * line.size:
        return True
    if first.bullet or line.bullet:
        return line.bullet or line.x0 < first.x0 - 1.5 * line.size
    number, previous = _ENTRY_NUMBER.match(line.text), _ENTRY_NUMBER.match(first.text)
    if previous:
        return bool(number and int(number.group(1)) == int(previous.group(1)) + 1)
    if (
        line.page == before.page
        and line.y > before.y
        and line.y - before.y > 1.35 * style.leading * line.size / style.size
    ):
        return True
    indent, first_indent = line.x0 - flow.left, first.x0 - waiting.flows[0].left
    if abs(indent - first_indent) > 0.6 * line.size:
        return indent < first_indent
    if len(waiting.lines) > 1 and abs(waiting.lines[1].x0 - waiting.flows[1].left - first_indent) > 0.6 * line.size:
        return True
    return waiting.flows[-1].right - before.x1 > 2 * line.size


def _flush(waiting: _Paragraph, found: list[tuple[Block, float]], style: Style, in_references: bool) -> _Paragraph:
    """Adds the waiting lines as a block; returns an empty successor."""
    if not waiting.lines:
        return waiting
    text = ""
    pages: list[tuple[int, int]] = []
    for index, line in enumerate(waiting.lines):
        flow = waiting.flows[index - 1]
        full = index > 0 and flow.right - waiting.lines[index - 1].x1 < 1.2 * line.size
        text = join_lines(text, line.text, full, style.words)
        if not pages or pages[-1][1] != line.page:
            pages.append((max(0, len(text) - len(line.text)), line.page))
    first = waiting.lines[0]
    kind: Any = waiting.kind
    if kind == "paragraph" and first.bullet:
        kind = "entry" if in_references else "list_item"
    if kind == "caption" and is_source_note(text) and _add_note(found, text):
        return _Paragraph()
    found.append((Block(kind, text, level=1 if kind == "heading" else 0, page_starts=tuple(pages)), first.size))
    return _Paragraph()


def _add_note(found: list[tuple[Block, float]], note: str) -> bool:
    """Puts a table's source note with its caption; False where no table is near."""
    for index in range(len(found) - 1, -1, -1):
        block, size = found[index]
        if block.kind == "caption":
            found[index] = (replace(block, text=f"{block.text}\n{note}"), size)
            return True
        if block.kind != "table_row":
            return False
    return False


def _add_table(found: list[tuple[Block, float]], table: Table, language: str) -> None:
    """Adds a table's blocks, with the caption that stands before it."""
    caption = ""
    if found and found[-1][0].kind == "caption" and is_table_caption(found[-1][0].text):
        caption = found.pop()[0].text
    blocks = table_blocks(table.rows, caption, header=table.header, language=language, starts=((0, table.page),))
    found.extend((block, 0.0) for block in blocks)


def _ranked(blocks: list[tuple[Block, float]], style: Style) -> list[tuple[Block, float]]:
    """Headings with the level that their size gives them: the largest above the title's is 1."""
    sizes = Counter(round(size, 1) for block, size in blocks if block.kind == "heading")
    first = next((round(size, 1) for block, size in blocks if block.kind == "heading"), None)
    ranks = sorted(
        (size for size in sizes if not (size == first and sizes[size] == 1 and size == max(sizes))), reverse=True
    )
    ranked = []
    for block, size in blocks:
        if block.kind == "heading":
            level = ranks.index(round(size, 1)) + 1 if round(size, 1) in ranks else 1
            block = replace(block, level=min(level, 6))
        ranked.append((block, size))
    return ranked


def _title(blocks: list[tuple[Block, float]], metadata: dict[str, Any]) -> str:
    """The title as the first page shows it in its largest letters, else as the metadata give it."""
    first_page = [(block, size) for block, size in blocks if block.page_starts and block.page_starts[0][1] <= 2]
    headings = [(block, size) for block, size in first_page[:6] if block.kind == "heading" and not is_named(block.text)]
    if headings:
        return max(headings, key=lambda pair: pair[1])[0].text
    title = str(metadata.get("title", ""))
    return (
        title
        if title and not re.search(r"\.(docx?|pdf|tex|indd)$|^Microsoft|^untitled|^無題", title, re.IGNORECASE)
        else ""
    )
