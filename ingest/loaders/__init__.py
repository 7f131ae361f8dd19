"""Loaders, one module for each file format: file → Document."""

from importlib import import_module
from pathlib import Path

from ingest.loaders.source import Limits, Loaded, Reason, Skipped, SourceError, unreadable

__all__ = ["SUFFIXES", "Limits", "Loaded", "Reason", "Skipped", "SourceError", "check_size", "load"]

# Loader module by suffix; each has `load(path, limits)`. PDF is separate: it also takes a password.
_MODULES = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".pptx": "pptx",
    ".xlsx": "sheets",
    ".csv": "sheets",
    ".tsv": "sheets",
    ".epub": "epub",
    ".jsonl": "jsonl",
}
SUFFIXES = (".pdf", *_MODULES)
# Formats that are read in a separate process, with the package that each requires.
_CONTAINED = {".xlsx": "openpyxl", ".pptx": "pptx", ".epub": "lxml"}


def load(path: Path, *, limits: Limits, password: str | None = None) -> Loaded:
    """Load the document of a file, or all documents of a .jsonl file. Raises only SourceError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = " ".join(SUFFIXES)
        raise SourceError("unknown-type", f"{path.name} is not of a known type ({known}); convert it to one of these")
    check_size(path, limits)
    if suffix == ".pdf":
        from ingest.loaders import pdf

        return pdf.load(path, limits, password)
    if suffix in _CONTAINED:
        from ingest.loaders.contained import load_contained

        return load_contained(path, limits, _MODULES[suffix], _CONTAINED[suffix])
    loaded: Loaded = import_module(f"ingest.loaders.{_MODULES[suffix]}").load(path, limits)
    return loaded


def check_size(path: Path, limits: Limits) -> None:
    """Raises SourceError if the file cannot be opened, is empty or is over the size limit."""
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise unreadable(path, error) from error
    if size == 0:
        raise SourceError("empty", f"{path.name} is empty; there is nothing to ingest")
    if size > limits.max_bytes:
        most = f"{limits.max_bytes:,}"
        raise SourceError("too-large", f"{path.name} has {size:,} bytes, over the limit of {most}; split it")
