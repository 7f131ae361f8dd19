"""The process that reads one PDF under limits: pypdf opens and checks it, PDFium gives each glyph and its place.

Nothing that it imports may import numpy: each PDF pays for the start of this process.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO, Any

from ingest.pdf.layout.check import Checked, PdfTask, RefusedError, check
from ingest.pdf.layout.glyphs import drawings, read_glyphs
from ingest.pdf.layout.reading_order import arrange
from ingest.pdf.page import GARBLED, Head, Line, Page, to_json
from ingest.reading_process import begin, end
from ingest.text import repair, without_letterspacing

_CHARSETS = ("euc_jp", "gb2312", "big5", "euc_kr")
# what PDF readers write for a glyph whose character they do not know: /g5A4E, /cid123, (cid:123)
_GLYPH_NAMES = re.compile(
    r"(?:(?:(?<!\s)\s++)?(?:/(?:g|gid|glyph|cid|uni|index|[A-Z])[0-9A-F]{1,6}(?![0-9A-Za-z])|\(cid:\d+\))){3,}"
)
_ODD_BLOCKS = 5  # blocks of Unicode with a fair share each: only glyph numbers taken for code points have so many


def main() -> None:
    """Reads {"path", "password", limits…} from stdin; writes one JSON object a line: the document, then its pages.

    The last line is {"error": [reason, message]} where the PDF is refused.
    """
    task: PdfTask
    task, out = begin()
    name = task["name"]
    try:
        _read(task, out)
    except RefusedError as error:
        _write(out, {"error": [error.reason, str(error)]})
    except (MemoryError, RecursionError):
        most = f"{task['max_memory_bytes']:,} bytes"
        said = f"{name} needs more memory than the limit of {most}; it may be a decompression bomb"
        _write(out, {"error": ["too-large", said]})
    except Exception as error:  # the process exists to contain what parsers raise on hostile input: it is reported
        said = f"{type(error).__name__}: {error}"
        _write(out, {"error": ["damaged", f"{name} cannot be read as a PDF ({said}); save or print it anew"]})
    end(out)


def _write(out: IO[str], row: Mapping[str, object]) -> None:
    out.write(json.dumps(row, ensure_ascii=True) + "\n")


def _read(task: PdfTask, out: IO[str]) -> None:
    checked = check(task)
    _write(out, Head(title=checked.title, outline=checked.outline, page_count=checked.page_count))
    characters = 0
    for page in _pages(task, checked):
        characters += sum(len(item.text) for item in page.items if isinstance(item, Line))
        if characters > task["max_characters"]:
            most = f"{task['max_characters']:,} characters"
            raise RefusedError("too-large", f"{task['name']} holds over {most}; split it")
        _write(out, to_json(page))


def _pages(task: PdfTask, checked: Checked) -> Iterator[Page]:
    """Every page of the document in order, each as lines and tables in reading order."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(task["path"], password=checked.password or None)
    except pdfium.PdfiumError as error:
        raise RefusedError("damaged", f"{task['name']} is damaged ({error}); save or print it anew") from error
    if len(document) != checked.page_count:  # pypdf leaves out pages that it cannot find: its numbers mean others
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
        found, gutters = _page(page, number, checked, gutters)
        yield found
        page.close()
    # PDFium believes the file's count of pages: what pypdf does not count either, after the last page, is not there
    yield from _damaged([number for number in missing if number <= checked.page_count])


def _damaged(numbers: list[int]) -> Iterator[Page]:
    return (Page(number, 0.0, 0.0, (), fault="damaged") for number in numbers)


def _page(page: Any, number: int, checked: Checked, gutters: list[float]) -> tuple[Page, list[float]]:
    """One page and the gaps between its columns, given those of the page before.

    Where PDFium's text is garbled or missing, pypdf's is taken if it is sound.
    """
    left, bottom, right, top = page.get_bbox()
    glyphs, unmapped, is_whole = read_glyphs(page, left, top)
    rules, bullets, images = drawings(page, left, top, (right - left) * (top - bottom))
    garbled = max(unlikely_share("".join(glyph.text for glyph in glyphs)), unmapped / max(1, len(glyphs)))
    found, gutters = arrange(glyphs, rules, bullets, number, right - left, top - bottom, gutters)
    if garbled > GARBLED or (not found.items and images < 0.5):
        lines = _pypdf_lines(checked.reader, number)
        share = unlikely_share("".join(line.text for line in lines))
        if lines and share <= GARBLED:
            return Page(number, right - left, top - bottom, tuple(lines), images, share), gutters
    if not is_whole:
        return replace(found, images=images, garbled=garbled, fault="too-large"), gutters
    is_damaged = not found.items and number in checked.broken_pages
    return replace(found, images=images, garbled=garbled, fault="damaged" if is_damaged else ""), gutters


def _pypdf_lines(reader: Any, number: int) -> list[Line]:
    """The page's lines as pypdf reads them, without places; empty where it cannot, or there is no `reader`."""
    from pypdf.errors import PyPdfError

    if reader is None:
        return []
    try:
        text = reader.pages[number - 1].extract_text()
    except (PyPdfError, ValueError, TypeError, AttributeError, LookupError, OverflowError, NotImplementedError):
        return []
    lines = [without_letterspacing(repair(line)).strip() for line in text.split("\n")]
    return [Line(line, number, 0.0, 0.0, float(index), 0.0) for index, line in enumerate(lines) if line]


def unlikely_share(text: str) -> float:
    """The share (0–1) of characters that no correct page shows.

    These are replacement and private-use characters, controls, unassigned code points, ideographs of no common
    character set, accented letters in a mass, letters of many scripts at once, and the names of glyphs.
    """
    named = sum(len("".join(names.split())) for names in _GLYPH_NAMES.findall(text))
    characters = Counter(character for character in repair(text) if not character.isspace())
    total = sum(characters.values())
    if total == 0:
        return 0.0
    broken = named + sum(count for character, count in characters.items() if _is_broken(character))
    accented = sum(count for character, count in characters.items() if "\u0080" <= character <= "\u00ff")
    if accented > 0.3 * total:  # the most accented European languages stay under a fifth
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
