"""The process that reads one PDF under limits: pypdf checks it, PDFium gives each glyph and its position.

This module must not import numpy, directly or indirectly: the process starts once for each PDF.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO, Any

from ingest.pdf.layout.check import Checked, PdfRefusedError, PdfTask, check
from ingest.pdf.layout.glyphs import drawings, read_glyphs
from ingest.pdf.layout.reading_order import arrange
from ingest.pdf.page import GARBLED, Head, Page, TextLine, to_json
from ingest.pdf.reading_process import begin, end
from ingest.text import repair, without_letterspacing

_CHARSETS = ("euc_jp", "gb2312", "big5", "euc_kr")
# names that PDF readers print for glyphs without a known character: /g5A4E, /cid123, (cid:123)
_GLYPH_NAMES = re.compile(
    r"(?:(?:(?<!\s)\s++)?(?:/(?:g|gid|glyph|cid|uni|index|[A-Z])[0-9A-F]{1,6}(?![0-9A-Za-z])|\(cid:\d+\))){3,}"
)
_ODD_BLOCKS = 5  # Unicode blocks with at least 2 % each: so many occur only if glyph numbers were taken for code points


def main() -> None:
    """Read {"path", "password", limits…} from stdin; write one JSON object on each line: the document, then its pages.

    If the PDF is refused, the last line is {"error": [reason, message]}.
    """
    task: PdfTask
    task, out = begin()
    name = task["name"]
    try:
        _read(task, out)
    except PdfRefusedError as error:
        _write(out, {"error": [error.reason, str(error)]})
    except (MemoryError, RecursionError):
        most = f"{task['max_memory_bytes']:,} bytes"
        said = f"{name} needs more memory than the limit of {most}; it may be a decompression bomb"
        _write(out, {"error": ["too-large", said]})
    except Exception as error:  # parsers may raise anything on hostile input; it is reported, not hidden
        said = f"{type(error).__name__}: {error}"
        _write(out, {"error": ["damaged", f"{name} cannot be read as a PDF ({said}); save or print it again"]})
    end(out)


def _write(out: IO[str], row: Mapping[str, object]) -> None:
    out.write(json.dumps(row, ensure_ascii=True) + "\n")


def _read(task: PdfTask, out: IO[str]) -> None:
    checked = check(task)
    _write(out, Head(title=checked.title, outline=checked.outline, page_count=checked.page_count))
    characters = 0
    for page in _pages(task, checked):
        characters += sum(len(item.text) for item in page.items if isinstance(item, TextLine))
        if characters > task["max_characters"]:
            most = f"{task['max_characters']:,} characters"
            raise PdfRefusedError("too-large", f"{task['name']} has over {most}; split it")
        _write(out, to_json(page))


def _pages(task: PdfTask, checked: Checked) -> Iterator[Page]:
    """All pages in order, each as lines and tables in reading order."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(task["path"], password=checked.password or None)
    except pdfium.PdfiumError as error:
        raise PdfRefusedError("damaged", f"{task['name']} is damaged ({error}); save or print it again") from error
    if len(document) != checked.page_count:  # pypdf skips missing pages, so its page numbers differ
        checked = replace(checked, reader=None, broken_pages=frozenset())
    gutters: list[float] = []
    missing: list[int] = []
    for number in range(1, max(checked.page_count, min(len(document), task["max_pages"])) + 1):
        try:
            page = document[number - 1]
        except (pdfium.PdfiumError, IndexError):
            missing.append(number)
            continue
        yield from _damaged(missing)
        missing = []
        read, gutters = _page(page, number, checked, gutters)
        yield read
        page.close()
    # PDFium trusts the page count stated in the file: later pages that pypdf does not count either do not exist
    yield from _damaged([number for number in missing if number <= checked.page_count])


def _damaged(numbers: list[int]) -> Iterator[Page]:
    return (Page(number, 0.0, 0.0, (), fault="damaged") for number in numbers)


def _page(page: Any, number: int, checked: Checked, gutters: list[float]) -> tuple[Page, list[float]]:
    """One page and the gaps between its columns; `gutters` are the gaps of the previous page.

    If PDFium's text is garbled or missing, pypdf's text is used, provided that it is readable.
    """
    left, bottom, right, top = page.get_bbox()
    glyphs, unmapped, is_whole = read_glyphs(page, left, top)
    drawn = drawings(page, left, top, (right - left) * (top - bottom))
    garbled = max(unlikely_share("".join(glyph.text for glyph in glyphs)), unmapped / max(1, len(glyphs)))
    arranged, gutters = arrange(glyphs, drawn, number, right - left, top - bottom, gutters)
    if garbled > GARBLED or (not arranged.items and drawn.pictured < 0.5):
        lines = _pypdf_lines(checked.reader, number)
        share = unlikely_share("".join(line.text for line in lines))
        if lines and share <= GARBLED:
            return Page(number, right - left, top - bottom, tuple(lines), drawn.pictured, share), gutters
    if not is_whole:
        return replace(arranged, images=drawn.pictured, garbled=garbled, fault="too-large"), gutters
    is_damaged = not arranged.items and number in checked.broken_pages
    return replace(arranged, images=drawn.pictured, garbled=garbled, fault="damaged" if is_damaged else ""), gutters


def _pypdf_lines(reader: Any, number: int) -> list[TextLine]:
    """The page's lines from pypdf, without positions; empty if it cannot read them or there is no `reader`."""
    from pypdf.errors import PyPdfError

    if reader is None:
        return []
    try:
        text = reader.pages[number - 1].extract_text()
    except (PyPdfError, ValueError, TypeError, AttributeError, LookupError, OverflowError, NotImplementedError):
        return []
    lines = [without_letterspacing(repair(line)).strip() for line in text.split("\n")]
    return [TextLine(line, number, 0.0, 0.0, float(index), 0.0) for index, line in enumerate(lines) if line]


def unlikely_share(text: str) -> float:
    """The share (0–1) of characters that do not occur in correctly decoded text.

    These are replacement and private-use characters, controls, unassigned code points, ideographs outside all common
    character sets, masses of accented letters, letters of many scripts at once, and names of glyphs.
    """
    named = sum(len("".join(names.split())) for names in _GLYPH_NAMES.findall(text))
    characters = Counter(character for character in repair(text) if not character.isspace())
    total = sum(characters.values())
    if total == 0:
        return 0.0
    broken = named + sum(count for character, count in characters.items() if _is_broken(character))
    accented = sum(count for character, count in characters.items() if "\u0080" <= character <= "\u00ff")
    if accented > 0.3 * total:  # even heavily accented European languages stay below 20 %
        broken += accented
    blocks = Counter[int]()
    for character, count in characters.items():
        if character.isalpha() and ord(character) < 0x2E80:
            blocks[ord(character) >> 7] += count
    if sum(1 for count in blocks.values() if count >= 0.02 * total) >= _ODD_BLOCKS:
        broken += sum(count for block, count in blocks.items() if block > 0)
    return min(1.0, broken / total)


def _is_broken(character: str) -> bool:
    category = unicodedata.category(character)
    if character == "\ufffd" or category in ("Cn", "Co", "Cs", "Cc"):
        return True
    return "\u3400" <= character <= "\u9fff" and not any(_encodes(character, charset) for charset in _CHARSETS)


def _encodes(character: str, charset: str) -> bool:
    return bool(character.encode(charset, "ignore"))
