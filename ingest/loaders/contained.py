"""Formats based on ZIP (.xlsx, .pptx, .epub): check the archive, then read it in a separate process under limits.

Their readers are large libraries, and a small hostile file can keep them busy for hours; a process can be stopped.
"""

import importlib.util
import json
import os
import re
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ingest.document import Document
from ingest.loaders.source import Limits, Loaded, Skipped, SourceError, unreadable
from ingest.pdf.reading_process import begin, end, run_reader

_OLE = b"\xd0\xcf\x11\xe0"  # Office puts an encrypted file into an OLE container
_ENCRYPTED_PART = 1  # the bit in the flags of a ZIP entry that marks it as encrypted
_MOST_SAID = 120  # characters of a parser's message
_BYTES = re.compile(r"\\x|\n")  # a parser's message is cut at quoted bytes of the file and at a line break


def check_archive(path: Path, limits: Limits, part: str, kind: str) -> None:
    """Raises SourceError if the file is encrypted, lacks `part` (another format), or decompresses beyond the limit."""
    try:
        with path.open("rb") as file:
            is_encrypted = file.read(len(_OLE)) == _OLE
        parts = [] if is_encrypted else _parts(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if is_encrypted or any(info.flag_bits & _ENCRYPTED_PART for info in parts):
        said = f"{path.name} is encrypted; save it without a password (--password is only for PDFs)"
        raise SourceError("encrypted", said)
    # safe to trust: zipfile stops reading an entry at its declared size
    if sum(info.file_size for info in parts) > limits.max_decompressed_bytes:
        most = f"{limits.max_decompressed_bytes:,} bytes"
        raise SourceError("too-large", f"{path.name} decompresses to over {most}; it may be a decompression bomb")
    if not any(info.filename == part for info in parts):
        raise SourceError("damaged", f"{path.name} is not a valid {kind} file (it lacks {part}); save it again")


def _parts(path: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SourceError("damaged", f"{path.name} is damaged ({error}); save it again") from error


def check_installed(path: Path, package: str) -> None:
    """Raises SourceError, with the install command, if the package required for a file is missing."""
    if importlib.util.find_spec(package) is None:
        missing = f"{path.name} needs the package {package}, which is not installed"
        raise SourceError("not-installed", f"{missing}; run: pip install 'tenkyo[office]'")


def load_contained(path: Path, limits: Limits, loader: str, package: str) -> Loaded:
    """Run the loader module `loader`, which requires `package`, on a file in a separate process.

    Raises SourceError if the file cannot be read or the package is not installed.
    """
    check_installed(path, package)
    task = {"path": os.fspath(path.resolve()), "loader": loader, **asdict(limits)}
    try:
        run = run_reader(__name__, task, limits.max_seconds)
    except TimeoutError as error:
        raise SourceError(
            "too-slow", f"{path.name} takes over {limits.max_seconds:g} seconds to read; split it"
        ) from error
    except OSError as error:
        said = f"{path.name}: its reader cannot be started ({error.strerror}); free some memory and run this again"
        raise SourceError("unreadable", said) from error
    if run.returncode or not run.stdout:
        said = f"{path.name} stops its reader (exit {run.returncode}): it is damaged or needs too much memory"
        raise SourceError("damaged", f"{said}; save it again, or split it")
    answer = json.loads(run.stdout)
    if "error" in answer:
        raise SourceError(*answer["error"])
    skipped = tuple(Skipped(**part) for part in answer["skipped"])
    return Loaded(tuple(map(Document.from_json, answer["documents"])), skipped)


def main() -> None:
    """Run in the separate process: task {"path", "loader", limits…} on stdin, result or {"error": […]} on stdout."""
    task, out = begin()
    limits = Limits(**{field.name: task[field.name] for field in fields(Limits)})
    out.write(json.dumps(_answer(Path(task["path"]), limits, task["loader"])))
    end(out)


def _answer(path: Path, limits: Limits, loader: str) -> dict[str, Any]:
    try:
        loaded: Loaded = importlib.import_module(f"ingest.loaders.{loader}").load(path, limits)
    except SourceError as error:
        return {"error": [error.reason, str(error)]}
    except (MemoryError, RecursionError):
        most = f"{limits.max_memory_bytes:,} bytes"
        return {"error": ["too-large", f"{path.name} needs more memory than the limit of {most}; split it"]}
    except Exception as error:  # parsers may raise anything on hostile input; it is reported, not hidden
        said = _BYTES.split(f"{type(error).__name__}: {error}", maxsplit=1)[0][:_MOST_SAID]
        kind = path.suffix[1:].upper()
        return {"error": ["damaged", f"{path.name} cannot be read as {kind} ({said}); save it again"]}
    return {
        "documents": [document.to_json() for document in loaded.documents],
        "skipped": [asdict(part) for part in loaded.skipped],
    }
