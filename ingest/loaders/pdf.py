"""PDF → Document: pages are read in a separate process under limits, then lines become paragraphs.

What is not running text is left out: page headers and footers, page numbers, tables of contents, a book's index.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from subprocess import CompletedProcess

from ingest.loaders.source import Limits, Loaded, Reason, Skipped, SourceError
from ingest.pdf.blocks import document
from ingest.pdf.page import GARBLED, Head, Page
from ingest.pdf.page_matter import without_headers
from ingest.pdf.reading_process import page_from_json, run_reader

_PICTURED = 0.3  # area share of pictures above which a page without text counts as scanned
_KILLED = -9  # exit code: SIGKILL
_FAULTS: dict[Reason, str] = {  # messages for pages that are left out
    "scanned": "the page is a picture without text; ingest the file with --ocr, or run an OCR tool such as ocrmypdf",
    "garbled": "its fonts do not map to characters; print the file again, or run an OCR tool such as ocrmypdf",
    "damaged": "the page is damaged and cannot be read; save or print the file again",
    "too-large": "the page has too much text; only its beginning is read",
}


def load(path: Path, limits: Limits, password: str | None = None) -> Loaded:
    """Read a PDF. Unreadable pages are left out and listed in `skipped`; raises SourceError if most are unreadable."""
    head, pages = _read(path, limits, password)
    skipped = _faults(pages)
    _check_readable(path, pages, skipped)
    left_out = {number for number, reason in skipped.items() if reason != "too-large"}
    usable = [page for page in pages if page.number not in left_out]
    page_count = max([head["page_count"], *(page.number for page in pages)])
    read = document(path, without_headers(usable), head["title"], head["outline"], page_count)
    if not read.text.strip():
        raise SourceError("empty", f"{path.name} has no text; there is nothing to ingest")
    places = (
        Skipped(f"{path.name} page {number}", reason, _FAULTS[reason]) for number, reason in sorted(skipped.items())
    )
    return Loaded((read,), tuple(places))


def _read(path: Path, limits: Limits, password: str | None) -> tuple[Head, list[Page]]:
    """The reading process's output: the file's own data (title, outline, page count), and its pages."""
    task = {"path": str(path.resolve()), "name": path.name, "password": password, **asdict(limits)}
    run = _run(task, path.name, limits.max_seconds)
    rows = [json.loads(line) for line in run.stdout.splitlines()] if run.returncode == 0 else []
    if not rows:
        most = f"{limits.max_memory_bytes:,} bytes"
        why = f"it is damaged, or a decompression bomb that needs over {most}"
        said = f"{path.name} stops the PDF reader (exit {run.returncode}): {why}"
        raise SourceError("damaged", f"{said}; save or print it anew")
    if "error" in rows[-1]:
        reason, message = rows[-1]["error"]
        raise SourceError(reason, message)
    return rows[0], [page_from_json(row) for row in rows[1:]]


def _run(task: Mapping[str, object], name: str, max_seconds: float) -> CompletedProcess[bytes]:
    """Run the reading process. Raises SourceError if it cannot start, takes too long or is killed."""
    try:
        run = run_reader("ingest.pdf.layout.worker", task, max_seconds)
    except TimeoutError as error:
        slow = f"{name} takes over {max_seconds:g} seconds to read; split it, or print it again"
        raise SourceError("too-slow", slow) from error
    except OSError as error:
        said = f"{name}: the PDF reader cannot be started ({error.strerror}); free some memory and run this again"
        raise SourceError("unreadable", said) from error
    if run.returncode == _KILLED:
        said = f"{name}: the system stopped the PDF reader, usually for lack of memory; free some, or split the file"
        raise SourceError("too-large", said)
    return run


def _faults(pages: list[Page]) -> dict[int, Reason]:
    """Reasons why pages lack text that they should have, by page number."""
    faults: dict[int, Reason] = {}
    for page in pages:
        if page.fault:
            faults[page.number] = page.fault
        elif not page.items and page.images > _PICTURED:
            faults[page.number] = "scanned"
        elif page.garbled > GARBLED:
            faults[page.number] = "garbled"
    return faults


def _check_readable(path: Path, pages: list[Page], faults: dict[int, Reason]) -> None:
    """Raises SourceError if one kind of fault affects at least as many pages as are readable, or none is readable."""
    sound = sum(1 for page in pages if page.items and faults.get(page.number) in (None, "too-large"))
    remedies: dict[Reason, str] = {
        "scanned": "has pages that are pictures without text ({pages}); "
        "ingest it with --ocr, or run an OCR tool first, such as: ocrmypdf -l jpn {name} out.pdf",
        "garbled": "gives garbled text ({pages}): its fonts do not say which characters they show; "
        "print it anew, or run: ocrmypdf --force-ocr -l jpn {name} out.pdf",
        "damaged": "has pages that are damaged and cannot be read ({pages}); save or print it anew",
    }
    for reason, remedy in remedies.items():
        numbers = [number for number, other in faults.items() if other == reason]
        if numbers and len(numbers) >= sound:
            raise SourceError(reason, f"{path.name} {remedy.format(pages=ranges(numbers), name=path.name)}")
    if not sound:
        raise SourceError("empty", f"{path.name} has no text; there is nothing to ingest")


def ranges(numbers: list[int]) -> str:
    """[1, 2, 3, 7] → "pages 1-3, 7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    words = [str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts]
    return ("page " if len(numbers) == 1 else "pages ") + ", ".join(words)
