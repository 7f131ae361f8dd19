"""The process that reads one PDF under limits: pypdf checks it, PDFium gives each glyph and its position.

This module must not import numpy, directly or indirectly: the process starts once for each PDF.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, TypedDict

from ingest.pdf.layout.glyphs import drawings, read_glyphs
from ingest.pdf.layout.reading_order import arrange
from ingest.pdf.page import GARBLED, Bookmark, Head, Page, TextLine
from ingest.pdf.reading_process import begin, end, page_to_json
from ingest.text import repair, without_letterspacing

_CHARSETS = ("euc_jp", "gb2312", "big5", "euc_kr")
# names that PDF readers print for glyphs without a known character: /g5A4E, /cid123, (cid:123)
_GLYPH_NAMES = re.compile(
    r"(?:(?:(?<!\s)\s++)?(?:/(?:g|gid|glyph|cid|uni|index|[A-Z])[0-9A-F]{1,6}(?![0-9A-Za-z])|\(cid:\d+\))){3,}"
)
_ODD_BLOCKS = 5  # Unicode blocks with at least 2 % each: so many occur only if glyph numbers were taken for code points
_NAMED_PARTS = ("/XObject", "/Font", "/CharProcs")  # resource dictionaries with entries by name
_TEXT_PARTS = (
    *_NAMED_PARTS,
    *"/Resources /DescendantFonts /Encoding /ToUnicode /FontDescriptor /FontFile /FontFile2 /FontFile3".split(),
)
_EMPTY_BYTES = 20  # maximum size of an empty stream after compression and encoding


class PdfTask(TypedDict):
    """The task of the reading process: a file, its `name` for messages, and the limits of loaders.source.Limits."""

    path: str
    name: str
    password: str | None
    max_pages: int
    max_seconds: float
    max_memory_bytes: int
    max_decompressed_bytes: int
    max_characters: int


class PdfRefusedError(Exception):
    """A PDF is not read. The parent process raises a SourceError with this `reason` and message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Checked:
    """A PDF that passed the check. `password` opens it (None: not needed); `reader` is pypdf's, as a fallback.

    `title` and `outline` (bookmarks) are as stated in the file; `broken_pages` are the pages that pypdf cannot read.
    """

    page_count: int
    password: str | None
    reader: Any
    title: str
    outline: list[Bookmark]
    broken_pages: frozenset[int]


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
        _write(out, page_to_json(page))


def check(task: PdfTask) -> Checked:
    """Open and check the file. Raises PdfRefusedError if it is encrypted, too long or decompresses to too much."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import DependencyError, LimitReachedError, PdfReadError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    name = task["name"]
    _lower_limits(task["max_decompressed_bytes"])
    try:
        reader = PdfReader(task["path"], strict=False)
        password = _password(reader, task)
        pages = len(reader.pages)
    except LimitReachedError as error:
        raise PdfRefusedError(
            "too-large", f"{name} exceeds a limit on its parts ({error}); it may be a decompression bomb"
        ) from error
    except (NotImplementedError, DependencyError) as error:
        if b"/Encrypt" not in Path(task["path"]).read_bytes():
            raise
        said = f"{name} is encrypted with an unsupported method ({error}); save it without encryption"
        raise PdfRefusedError("encrypted", said) from error
    except PdfReadError as error:
        raise PdfRefusedError("damaged", f"{name} is damaged ({error}); save or print it again") from error
    if pages > task["max_pages"]:
        raise PdfRefusedError(
            "too-large", f"{name} has {pages:,} pages, over the limit of {task['max_pages']:,}; split it"
        )
    if pages == 0:
        raise PdfRefusedError("damaged", f"{name} has no pages; save or print it again")
    broken = _check_sizes(reader, name, task["max_decompressed_bytes"])
    return Checked(pages, password, reader, _title(reader), _outline(reader), broken)


def _lower_limits(most: int) -> None:
    """Set pypdf's limit for each stream to the decompressed size allowed for the whole document."""
    from pypdf import overwrite_configuration

    overwrite_configuration(
        zlib_maximum_output_length=most,
        lzw_maximum_output_length=most,
        run_length_maximum_output_length=most,
        array_based_stream_maximum_output_length=most,
        maximum_declared_stream_length=most,
        outline_maximum_entries=5_000,
        disable_legacy_handling=True,
    )


def _password(reader: Any, task: PdfTask) -> str | None:
    """The password that opens the file, None if none is needed. Raises PdfRefusedError if no password opens it."""
    if not reader.is_encrypted:
        return None
    stated = task["password"]
    for password in ("",) if stated is None else (stated, ""):
        if reader.decrypt(password):
            return str(password)
    if stated is None:
        raise PdfRefusedError("encrypted", f"{task['name']} is encrypted; give its password with --password")
    raise PdfRefusedError(
        "encrypted", f"{task['name']} does not open with this password; give the right one with --password"
    )


def _check_sizes(reader: Any, name: str, most: int) -> frozenset[int]:
    """Decompress everything that PDFium will read for text, to refuse decompression bombs before PDFium opens them.

    Returns the 1-based numbers of pages that pypdf cannot read; PDFium may still be able to.
    """
    from pypdf.errors import LimitReachedError, PyPdfError

    too_large = f"{name} decompresses to over {most:,} bytes; it may be a decompression bomb"
    total = 0
    seen: set[int] = set()
    broken: set[int] = set()
    for number, page in enumerate(reader.pages, 1):
        try:
            contents = page.get_contents()
            data = contents.get_data() if contents is not None else b""
            total += len(data)
            if not data and _has_content(page):
                broken.add(number)
            for stream in _streams(page.get("/Resources"), seen):
                total += len(stream.get_data())
        except LimitReachedError as error:
            raise PdfRefusedError("too-large", too_large) from error
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, NotImplementedError):
            broken.add(number)
        if total > most:
            raise PdfRefusedError("too-large", too_large)
    return frozenset(broken)


def _has_content(page: Any) -> bool:
    """Whether the file contains data for the page's contents, readable or not."""
    contents = page["/Contents"].get_object() if "/Contents" in page else []
    parts = contents if isinstance(contents, list) else [contents]
    return any(len(part.get_object()._data) > _EMPTY_BYTES for part in parts)


def _streams(resources: Any, seen: set[int]) -> Iterator[Any]:
    """The form and font streams in a page's resources, each once, without pictures."""
    waiting = [resources]
    while waiting:
        item = waiting.pop()
        item = item.get_object() if item is not None else None
        if not isinstance(item, dict | list) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, list):
            waiting.extend(item)
            continue
        if hasattr(item, "get_data"):
            if item.get("/Subtype") == "/Image":
                continue
            yield item
        for key in _TEXT_PARTS:
            part = item.get(key)
            part = part.get_object() if part is not None else None
            waiting.extend(part.values() if key in _NAMED_PARTS and isinstance(part, dict) else [part])


def _title(reader: Any) -> str:
    """The title in the file's information dictionary; "" if it is missing or broken."""
    from pypdf.errors import PyPdfError

    try:
        title = (reader.metadata or {}).get("/Title")
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return " ".join(title.split()) if isinstance(title, str) else ""


def _outline(reader: Any) -> list[Bookmark]:
    """The file's bookmarks; empty if there are none or they are broken."""
    from pypdf.errors import PyPdfError

    def walk(items: list[Any], level: int) -> Iterator[Bookmark]:
        for item in items:
            if isinstance(item, list):
                yield from walk(item, level + 1)
            else:
                number = reader.get_destination_page_number(item)
                yield level, str(item.title), None if number is None else number + 1

    try:
        return list(walk(reader.outline, 1))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return []


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
