"""Scanned PDF → PDF with text, using ocrmypdf and Tesseract if they are installed; then read like any other PDF."""

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.loaders import pdf
from ingest.loaders.source import Limits, Loaded, Reason, SourceError
from retriever.types import TenkyoError

# Japanese, vertical Japanese and English: with both Japanese models, Tesseract detects the writing direction.
_LANGUAGES = ("jpn", "jpn_vert", "eng")
# Time limits for a program that hangs. On a busy machine, a single page has taken over three minutes.
_SECONDS, _SECONDS_PER_PAGE = 480.0, 60.0
# Options for pages that already have text: keep it, or replace it because it is garbled.
_MODES: dict[Reason, str] = {"scanned": "--skip-text", "garbled": "--force-ocr"}
_INSTALL = "apt install ocrmypdf tesseract-ocr-jpn tesseract-ocr-jpn-vert (macOS: brew install ocrmypdf tesseract-lang)"


@dataclass(frozen=True, slots=True)
class Ocr:
    """The installed text recognition: the program, and its languages by their Tesseract names."""

    program: str
    languages: tuple[str, ...]


def find_ocr() -> Ocr:
    """Find the installed text recognition. Raises TenkyoError, with the install command, if there is none."""
    program, tesseract = shutil.which("ocrmypdf"), shutil.which("tesseract")
    if program is None or tesseract is None:
        missing = "ocrmypdf" if program is None else "Tesseract"
        raise TenkyoError(f"--ocr needs {missing}, which is not installed; run: {_INSTALL}")
    try:
        listed = subprocess.run(
            [tesseract, "--list-langs"], capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TenkyoError(f"--ocr: {tesseract} does not run ({error}); install it again: {_INSTALL}") from error
    installed = set(listed.stdout.split())
    if "jpn" not in installed:
        raise TenkyoError(f"--ocr: Tesseract lacks its Japanese data and would misread Japanese pages; run: {_INSTALL}")
    return Ocr(program, tuple(language for language in _LANGUAGES if language in installed))


def load_scanned(path: Path, limits: Limits, password: str | None, ocr: Ocr) -> Loaded:
    """Load a PDF; if some of its pages are scanned or garbled, recognise their text first.

    Raises SourceError if no text can be obtained. Pages that remain unreadable are listed in `skipped`.
    """
    try:
        loaded = pdf.load(path, limits, password)
    except SourceError as error:
        if error.reason not in _MODES:
            raise
        return _recognised(path, limits, error.reason, ocr, password)
    if not any(part.reason == "scanned" for part in loaded.skipped):  # their OCR keeps the text of other pages
        return loaded
    try:
        return _recognised(path, limits, "scanned", ocr, password)
    except SourceError as error:
        parts = (replace(part, detail=str(error)) if part.reason == "scanned" else part for part in loaded.skipped)
        return replace(loaded, skipped=tuple(parts))


def _recognised(path: Path, limits: Limits, reason: Reason, ocr: Ocr, password: str | None) -> Loaded:
    """Recognise the pages of a PDF into a temporary file of the same name, and load that."""
    with tempfile.TemporaryDirectory(prefix="tenkyo-ocr-") as scratch:
        target = Path(scratch) / path.name
        source, pages = _without_password(path, password, Path(scratch) / "decrypted.pdf")
        options = [_MODES[reason], "--language", "+".join(ocr.languages), "--output-type", "pdf", "--quiet"]
        seconds = limits.max_seconds + _SECONDS + _SECONDS_PER_PAGE * pages
        said = _run([ocr.program, *options, str(source.resolve()), str(target)], seconds)
        if said is None:
            raise SourceError("too-slow", f"{path.name}: ocrmypdf takes over {seconds:,.0f} seconds; split the file")
        if not target.is_file():
            why = said.splitlines()[-1][:200] if said.strip() else "it does not say why"
            raise SourceError(reason, f"{path.name}: ocrmypdf cannot recognise its text ({why}); scan it again")
        return pdf.load(target, limits)


def _without_password(path: Path, password: str | None, copy: Path) -> tuple[Path, int]:
    """What ocrmypdf, which takes no password, is given: the PDF, or its decrypted `copy` if it is encrypted.

    Returned with the number of pages, for the time limit: 1 if the PDF cannot be read.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path, password=password)
        if reader.is_encrypted:
            PdfWriter(clone_from=reader).write(copy)
        return copy if reader.is_encrypted else path, len(reader.pages)
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return path, 1


def _run(command: list[str], seconds: float) -> str | None:
    """Run a program and return its stderr; None if it, with its child processes, was stopped after `seconds`."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        return str(error)
    try:
        return process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
