"""One file a format: bytes → Document."""

from pathlib import Path

from ingest.loaders.source import Limits, Loaded, Reason, Skipped, SourceError, unreadable

__all__ = ["SUFFIXES", "Limits", "Loaded", "Reason", "Skipped", "SourceError", "check_size", "load"]

SUFFIXES = (".pdf", ".txt", ".md", ".markdown", ".html", ".htm", ".docx", ".jsonl")


def load(path: Path, *, limits: Limits, password: str | None = None) -> Loaded:
    """The document of a file, or the documents of a .jsonl; raises SourceError, and nothing else, where it cannot."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = " ".join(SUFFIXES)
        raise SourceError("unknown-type", f"{path.name} is of no known type ({known}); convert it to one of these")
    check_size(path, limits)
    if suffix == ".pdf":
        from ingest.loaders import pdf

        return pdf.load(path, limits, password)
    if suffix == ".jsonl":
        from ingest.loaders import jsonl

        return jsonl.load(path)
    if suffix == ".docx":
        from ingest.loaders import docx

        return Loaded((docx.load(path, limits),))
    if suffix in (".md", ".markdown"):
        from ingest.loaders import markdown

        return Loaded((markdown.load(path),))
    if suffix in (".html", ".htm"):
        from ingest.loaders import html

        return html.load(path, limits)
    from ingest.loaders import text

    return Loaded((text.load(path),))


def check_size(path: Path, limits: Limits) -> None:
    """Raises SourceError where the file cannot be opened, is empty or over the limit on size."""
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
