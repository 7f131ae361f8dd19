"""Opens a PDF with pypdf before anything else reads it: encryption, pages, sizes of streams, title, outline."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from ingest.pdf.page import Bookmark

_NAMED_PARTS = ("/XObject", "/Font", "/CharProcs")  # dictionaries of parts by name
_TEXT_PARTS = (
    *_NAMED_PARTS,
    *"/Resources /DescendantFonts /Encoding /ToUnicode /FontDescriptor /FontFile /FontFile2 /FontFile3".split(),
)

_EMPTY_BYTES = 20  # a stream of no more bytes may be an empty one, compressed and encoded


class PdfTask(TypedDict):
    """What the reading process is given: a file, called `name` in messages, and the limits of loaders.source.Limits."""

    path: str
    name: str
    password: str | None
    max_pages: int
    max_seconds: float
    max_memory_bytes: int
    max_decompressed_bytes: int
    max_characters: int


class RefusedError(Exception):
    """Why a PDF is not read: `reason` is one of SourceError's, which the parent process raises with this message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Checked:
    """A PDF that may be read. `password` opens it (None: it needs none); `reader` is pypdf's, for a second opinion.

    `title` and `outline` (its bookmarks) are as the file states them; `broken_pages` are those that pypdf cannot read.
    """

    page_count: int
    password: str | None
    reader: Any
    title: str
    outline: list[Bookmark]
    broken_pages: frozenset[int]


def check(task: PdfTask) -> Checked:
    """Opens the file; raises RefusedError where it is encrypted, has too many pages or too large streams."""
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
        raise RefusedError(
            "too-large", f"{name} exceeds a limit on its parts ({error}); it may be a decompression bomb"
        ) from error
    except (NotImplementedError, DependencyError) as error:
        if b"/Encrypt" not in Path(task["path"]).read_bytes():
            raise
        said = f"{name} is encrypted by a method that cannot be read here ({error}); save it without encryption"
        raise RefusedError("encrypted", said) from error
    except PdfReadError as error:
        raise RefusedError("damaged", f"{name} is damaged ({error}); save or print it anew") from error
    if pages > task["max_pages"]:
        raise RefusedError(
            "too-large", f"{name} has {pages:,} pages, over the limit of {task['max_pages']:,}; split it"
        )
    if pages == 0:
        raise RefusedError("damaged", f"{name} has no pages; save or print it anew")
    broken = _check_sizes(reader, name, task["max_decompressed_bytes"])
    return Checked(pages, password, reader, _title(reader), _outline(reader), broken)


def _lower_limits(most: int) -> None:
    """Limits each stream to the size that the whole document may decompress to."""
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
    """The password that opens the file, None if it needs none; raises RefusedError if none opens it."""
    if not reader.is_encrypted:
        return None
    given = task["password"]
    for password in ("",) if given is None else (given, ""):
        if reader.decrypt(password):
            return str(password)
    if given is None:
        raise RefusedError("encrypted", f"{task['name']} is encrypted; give its password with --password")
    raise RefusedError(
        "encrypted", f"{task['name']} does not open with this password; give the right one with --password"
    )


def _check_sizes(reader: Any, name: str, most: int) -> frozenset[int]:
    """Decompresses once what PDFium reads for text, and refuses a decompression bomb before PDFium opens it.

    Returns the 1-based numbers of pages that pypdf cannot read; PDFium may still read them.
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
            raise RefusedError("too-large", too_large) from error
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, NotImplementedError):
            broken.add(number)
        if total > most:
            raise RefusedError("too-large", too_large)
    return frozenset(broken)


def _has_content(page: Any) -> bool:
    """Whether the file has bytes for what a page shows, readable or not."""
    contents = page["/Contents"].get_object() if "/Contents" in page else []
    parts = contents if isinstance(contents, list) else [contents]
    return any(len(part.get_object()._data) > _EMPTY_BYTES for part in parts)


def _streams(resources: Any, seen: set[int]) -> Iterator[Any]:
    """The streams of the forms and fonts among a page's resources, each once, without pictures."""
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
    """The title that the file's information dictionary gives; "" without one, or where it is broken."""
    from pypdf.errors import PyPdfError

    try:
        title = (reader.metadata or {}).get("/Title")
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return " ".join(title.split()) if isinstance(title, str) else ""


def _outline(reader: Any) -> list[Bookmark]:
    """The file's bookmarks; empty where there are none or they are broken."""
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
