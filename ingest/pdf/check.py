"""Opens a PDF with pypdf before anything else reads it: encryption, pages, sizes of streams, metadata, outline."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.pdf.refused import RefusedError

_FIELDS = {
    "/Title": "title",
    "/Author": "author",
    "/Subject": "subject",
    "/Keywords": "keywords",
    "/CreationDate": "created",
}
_NAMED_PARTS = ("/XObject", "/Font", "/CharProcs")  # dictionaries of parts by name
_TEXT_PARTS = (
    *_NAMED_PARTS,
    *"/Resources /DescendantFonts /Encoding /ToUnicode /FontDescriptor /FontFile /FontFile2 /FontFile3".split(),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A PDF that may be read: its `password` opens it; `reader` is pypdf's, for a second look at pages."""

    page_count: int
    password: str | None
    reader: Any
    metadata: dict[str, Any] = field(default_factory=dict)


def check(task: dict[str, Any]) -> Checked:
    """Opens the file; raises RefusedError where it is encrypted, has too many pages or too large streams."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import LimitReachedError, PdfReadError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    name = task["name"]
    _lower_limits(task["max_decompressed_bytes"])
    try:
        reader = PdfReader(task["path"], strict=False)
        password = _password(reader, task)
        pages = len(reader.pages)
    except LimitReachedError as error:
        raise RefusedError("too-large", f"{name} exceeds a limit on its parts ({error}); it may be a bomb") from error
    except PdfReadError as error:
        raise RefusedError("damaged", f"{name} is damaged ({error}); save or print it anew") from error
    if pages > task["max_pages"]:
        raise RefusedError(
            "too-large", f"{name} has {pages:,} pages, over the limit of {task['max_pages']:,}; split it"
        )
    if pages == 0:
        raise RefusedError("damaged", f"{name} has no pages; save or print it anew")
    _weigh(reader, name, task["max_decompressed_bytes"])
    return Checked(pages, password, reader, {**_metadata(reader), "outline": _outline(reader)})


def _lower_limits(most: int) -> None:
    """No single stream may decompress to more than the document may."""
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


def _password(reader: Any, task: dict[str, Any]) -> str | None:
    """The password that opens the file, None where it needs none."""
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


def _weigh(reader: Any, name: str, most: int) -> None:
    """Decompresses what PDFium reads for text once, counting: a bomb is refused before PDFium meets it."""
    from pypdf.errors import LimitReachedError, PyPdfError

    total = 0
    seen: set[int] = set()
    for page in reader.pages:
        try:
            contents = page.get_contents()
            total += len(contents.get_data()) if contents is not None else 0
            for stream in _streams(page.get("/Resources"), seen):
                total += len(stream.get_data())
        except LimitReachedError as error:
            raise RefusedError("too-large", f"{name} decompresses to over {most:,} bytes; it may be a bomb") from error
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, NotImplementedError):
            continue  # a broken page: PDFium may still read it, and a page without text is reported as such
        if total > most:
            raise RefusedError("too-large", f"{name} decompresses to over {most:,} bytes; it may be a bomb")


def _streams(resources: Any, seen: set[int]) -> Iterator[Any]:
    """The streams of the forms and fonts among a page's resources, each once; pictures are no text."""
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


def _metadata(reader: Any) -> dict[str, Any]:
    """Title, author … as the file's information dictionary gives them."""
    from pypdf.errors import PyPdfError

    try:
        information = reader.metadata or {}
        pairs = {name: information.get(key) for key, name in _FIELDS.items()}
        language = reader.trailer["/Root"].get("/Lang")
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    found = {name: " ".join(value.split()) for name, value in pairs.items() if isinstance(value, str) and value.strip()}
    return {**found, "lang": str(language)} if isinstance(language, str) else found


def _outline(reader: Any) -> list[list[Any]]:
    """[level, title, page] of each bookmark; empty where there are none or they are broken."""
    from pypdf.errors import PyPdfError

    def walk(items: list[Any], level: int) -> Iterator[list[Any]]:
        for item in items:
            if isinstance(item, list):
                yield from walk(item, level + 1)
            else:
                number = reader.get_destination_page_number(item)
                yield [level, str(item.title), None if number is None else number + 1]

    try:
        return list(walk(reader.outline, 1))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return []
