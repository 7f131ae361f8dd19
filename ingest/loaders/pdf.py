"""PDF → Document: read by a process of its own, under limits; then lines become paragraphs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import ingest
from ingest.document import Document
from ingest.loaders.source import Limits, Loaded, SourceError
from ingest.loaders.text import check_size
from ingest.pdf.blocks import document
from ingest.pdf.garbled import GARBLED
from ingest.pdf.page import Page, from_json

_ROOT = str(Path(ingest.__file__).resolve().parent.parent)
_START = f"import sys; sys.path.insert(0, {_ROOT!r}); from ingest.pdf.worker import main; main()"
_PICTURED = 0.3  # share of a page that pictures take: more, without text, is a scan


def load(path: Path, limits: Limits, password: str | None = None) -> Loaded:
    """Reads a PDF; pages that cannot be read are left out and named in `skipped`, all of them raise SourceError."""
    check_size(path, limits)
    head, pages = _read(path, limits, password)
    usable, skipped = _usable(path, pages)
    read: Document = document(path, usable, head["metadata"], head["page_count"])
    if not read.text.strip():
        raise SourceError("empty", f"{path.name} holds no text; there is nothing to ingest")
    return Loaded((read,), tuple(skipped))


def _read(path: Path, limits: Limits, password: str | None) -> tuple[dict[str, Any], list[Page]]:
    """The answer of the reading process: the document's data, and its pages."""
    task = {
        "path": str(path.resolve()),
        "name": path.name,
        "password": password,
        "max_pages": limits.max_pages,
        "max_seconds": limits.max_seconds,
        "max_memory_bytes": limits.max_memory_bytes,
        "max_decompressed_bytes": limits.max_decompressed_bytes,
        "max_characters": limits.max_characters,
    }
    slow = f"{path.name} takes over {limits.max_seconds:g} seconds to read; split it, or print it anew"
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-c", _START],
            input=json.dumps(task).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.max_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError("too-slow", slow) from error
    rows = [json.loads(line) for line in run.stdout.splitlines()] if run.returncode == 0 else []
    if run.returncode in (-24, -9):  # SIGXCPU, SIGKILL: the limit on processor time
        raise SourceError("too-slow", slow)
    if not rows:
        code = run.returncode
        most = f"{limits.max_memory_bytes:,} bytes"
        told = f"{path.name} stops the PDF reader (exit {code}): it is damaged, or a bomb that needs over {most}"
        raise SourceError("damaged", f"{told}; save or print it anew")
    if "error" in rows[-1]:
        reason, message = rows[-1]["error"]
        raise SourceError(reason, message)
    return rows[0], [from_json(row) for row in rows[1:]]


def _usable(path: Path, pages: list[Page]) -> tuple[list[Page], list[tuple[str, str]]]:
    """The pages with sound text, and (place, reason) for the others; raises where the others prevail."""
    scanned = [page.number for page in pages if not page.items and page.images > _PICTURED]
    garbled = [page.number for page in pages if page.garbled > GARBLED]
    usable = [page for page in pages if page.number not in {*scanned, *garbled}]
    told = [page for page in usable if page.items]
    if scanned and len(scanned) >= len(told):
        raise SourceError(
            "scanned",
            f"{path.name} has pages that are pictures without text ({ranges(scanned)}); "
            f"run an OCR tool first, such as: ocrmypdf -l jpn {path.name} out.pdf",
        )
    if garbled and len(garbled) >= len(told):
        raise SourceError(
            "garbled",
            f"{path.name} gives garbled text ({ranges(garbled)}): its fonts do not say which characters they show; "
            f"print it anew, or run: ocrmypdf --force-ocr -l jpn {path.name} out.pdf",
        )
    if not told:
        raise SourceError("empty", f"{path.name} holds no text; there is nothing to ingest")
    remedy = {"scanned": "a picture without text, needs an OCR tool such as ocrmypdf", "garbled": "garbled text"}
    skipped = [(number, "scanned") for number in scanned] + [(number, "garbled") for number in garbled]
    return usable, [(f"{path.name} page {number}", f"{reason}: {remedy[reason]}") for number, reason in sorted(skipped)]


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
