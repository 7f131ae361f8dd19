"""DOCX → Document: headings by style, lists, tables, footnotes."""

import errno
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from ingest.document import Block, BlockKind
from ingest.loaders.contained import check_archive
from ingest.loaders.source import Limits, Loaded, SourceError, unreadable
from ingest.structure.compose import compose
from ingest.structure.tables import is_caption, is_source_note, table_blocks
from retriever.text import language_of

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# what zipfile and python-docx raise for a damaged archive, beside errors of their own
_DAMAGED = (LookupError, ValueError, AttributeError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
_MOST_SAID = 150  # characters of an error's message: some hold what was found in the file
_HEADING = re.compile(r"^(?:heading|見出し|标题|標題|제목)\s*([1-9])$", re.IGNORECASE)


def load(path: Path, limits: Limits) -> Loaded:
    """Reads a DOCX; raises SourceError where it is damaged, encrypted, empty, or decompresses beyond the limit."""
    check_archive(path, limits, "word/document.xml", "DOCX")
    import docx
    from docx.opc.exceptions import OpcError
    from lxml import etree

    try:
        source = docx.Document(str(path))
        language = language_of("".join(paragraph.text for paragraph in source.paragraphs[:200]), "ja")
        blocks = [*_blocks(source, language), *_footnotes(source)]
        title = (source.core_properties.title or "").strip()
    except (*_DAMAGED, OpcError, etree.LxmlError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # that is a place before the file's beginning
            raise unreadable(path, error) from error
        said = str(error)[:_MOST_SAID]
        raise SourceError("damaged", f"{path.name} cannot be read as DOCX ({said}); save it anew") from error
    if not blocks:
        raise SourceError("empty", f"{path.name} holds no text; there is nothing to ingest")
    named = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), "")
    document = compose(
        path, blocks, language, title or named, by_typography=any(block.kind == "heading" for block in blocks)
    )
    return Loaded((document,))


def _blocks(source: Any, language: str) -> Iterator[Block]:
    """Paragraphs and tables in the order of the body."""
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    caption = ""
    for item in source.iter_inner_content():
        if isinstance(item, Table):
            yield from table_blocks(_rows(item), caption, language=language)
            caption = ""
            continue
        if caption:
            yield Block("caption", caption)
            caption = ""
        if isinstance(item, Paragraph):
            block = _paragraph(item)
            if block and block.kind == "caption":
                caption = block.text
            elif block:
                yield block
    if caption:
        yield Block("caption", caption)


def _paragraph(paragraph: Any) -> Block | None:
    """A paragraph as a heading, caption, list item or text, by its style and words; None if it is blank."""
    text = _words(paragraph).strip()
    if not text:
        return None
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    if match := _HEADING.match(style):
        return Block("heading", text, level=min(int(match.group(1)), 6))
    if style.lower() in ("title", "表題"):
        return Block("heading", text, level=1)
    if is_caption(text) or is_source_note(text) or style.lower() in ("caption", "図表番号"):
        return Block("caption", text)
    numbered = paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None
    kind: BlockKind = "list_item" if numbered or style.lower().startswith("list") else "paragraph"
    return Block(kind, text, italics=tuple(_italics(paragraph)))


def _words(paragraph: Any) -> str:
    """The paragraph's characters, with links, without ruby and deletions."""
    pieces: list[str] = []
    for node in paragraph._p.iter(f"{_W}t", f"{_W}tab", f"{_W}br"):
        if any(ancestor.tag in (f"{_W}rt", f"{_W}del") for ancestor in node.iterancestors()):
            continue
        pieces.append((node.text or "") if node.tag == f"{_W}t" else " " if node.tag == f"{_W}tab" else "\n")
    return "".join(pieces)


def _italics(paragraph: Any) -> Iterator[str]:
    """The words in italics, one string for each stretch of runs."""
    runs = (
        (_is_italic(run), "".join(node.text or "" for node in run.iter(f"{_W}t")))
        for run in paragraph._p.iter(f"{_W}r")
    )
    for is_italic, stretch in groupby(runs, key=itemgetter(0)):
        words = "".join(text for _, text in stretch).strip()
        if is_italic and words:
            yield words


def _is_italic(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}i")
    return mark is not None and mark.get(f"{_W}val", "1") not in ("0", "false", "off")


def _rows(table: Any) -> list[list[str]]:
    """The table's cells; a merged cell is repeated in each place that it covers."""
    return [[" ".join(cell.text.split()) for cell in row.cells] for row in table.rows]


def _footnotes(source: Any) -> Iterator[Block]:
    """Footnotes and endnotes, after the text."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    for part in source.part.package.iter_parts():
        if str(part.partname) not in ("/word/footnotes.xml", "/word/endnotes.xml"):
            continue
        for note in etree.fromstring(part.blob, parser):
            text = "".join(node.text or "" for node in note.iter(f"{_W}t")).strip()
            if text and note.get(f"{_W}type") is None:
                yield Block("footnote", text)
