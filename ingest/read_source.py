"""One file → documents of the run's plan. Whatever a file is or holds, it costs at most itself."""

import json
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import Document
from ingest.ingest_plan import IngestPlan, Outcome, hash_bytes, hash_document
from ingest.loaders import SUFFIXES, Limits, Loaded, SourceError, load
from ingest.loaders.ocr import Ocr, load_scanned
from ingest.normalise import shown_name
from ingest.sources import Source

_MANY = ".jsonl"  # the format whose files hold many documents
_PARTS = {".pdf": "page", ".jsonl": "line", ".xlsx": "sheet", ".pptx": "slide", ".epub": "chapter"}


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are read: the password of PDFs, the limits, and what recognises scanned pages (None: nothing)."""

    password: str | None
    limits: Limits
    ocr: Ocr | None


def read_source(source: Source, plan: IngestPlan, options: ReadOptions) -> list[Outcome]:
    """Read one file into `plan`, unless it is unchanged since it was indexed. Raises nothing that a file causes."""
    # os.path's, because pathlib's raises where it may not look
    kind = "link" if os.path.islink(source.path) else source.path.suffix.lower() or "file"  # noqa: PTH114
    try:
        return _read(source, plan, options)
    except SourceError as error:
        return [Outcome("skipped", source.name, str(error), error.reason, kind)]
    except Exception as error:  # a fault in a reader costs the file that reveals it, not the run
        said = shown_name(f"{type(error).__name__}: {error}"[:200])
        remedy = "convert it to another type, and report this with the file"
        return [Outcome("skipped", source.name, f"a fault in Tenkyo ({said}); {remedy}", "fault", kind)]


def _read(source: Source, plan: IngestPlan, options: ReadOptions) -> list[Outcome]:
    name, path = source.name, source.path
    content_hash = plan.hashes[name]
    known = [
        record for record in plan.of_source(name) if record.content_hash in hashes_of_unchanged(content_hash, options)
    ]
    if known:
        return [Outcome("unchanged", record.id) for record in known]
    _check_regular(path)
    loaded = _load(path, options)
    suffix = path.suffix.lower()
    part_kind = _PARTS.get(suffix, "part")
    outcomes = [
        Outcome("skipped", f"{name}, {part.place}", part.detail, part.reason, part_kind) for part in loaded.skipped
    ]
    for document in loaded.documents:
        named = _sound(replace(document, source=name, url=source.url or document.url), path)
        outcomes.append(plan.take(named, content_hash or hash_document(document), own_id=suffix == _MANY))
    return outcomes + [Outcome("removed", gone, f"no longer in {shown_name(name)}") for gone in plan.vanished(name)]


def _load(path: Path, options: ReadOptions) -> Loaded:
    if options.ocr is not None and path.suffix.lower() == ".pdf":
        return load_scanned(path, options.limits, options.password, options.ocr)
    return load(path, limits=options.limits, password=options.password)


def _sound(document: Document, path: Path) -> Document:
    """The document with names and texts that can be encoded: file names may be of any bytes, texts may be damaged."""
    title = shown_name(document.title) if document.title == path.stem else document.title
    document = replace(document, id=shown_name(document.id), title=title)
    try:
        f"{title}{document.text}".encode()
    except UnicodeEncodeError:
        body = json.dumps(document.to_json(), ensure_ascii=False).encode("utf-8", "replace")
        return replace(Document.from_json(json.loads(body)), source=document.source)
    return document


def file_hash(path: Path, options: ReadOptions) -> str:
    """The hash of a file's bytes, by which an unchanged file is recognised.

    It is "" for files of many documents, each of which has its own hash, and for files that `read_source` will refuse.
    A PDF that is read with text recognition has another hash: what was read without is read again.
    """
    suffix = path.suffix.lower()
    try:
        is_read = suffix != _MANY and suffix in SUFFIXES and path.is_file()
        if not is_read or path.stat().st_size > options.limits.max_bytes:
            return ""
        content_hash = hash_bytes(path.read_bytes())
    except OSError:
        return ""
    return content_hash if options.ocr is None or suffix != ".pdf" else _with_ocr(content_hash)


def hashes_of_unchanged(content_hash: str, options: ReadOptions) -> set[str]:
    """The hashes that an unchanged document may have: recognised text is not given up when --ocr is left out."""
    return {content_hash} if options.ocr is not None else {content_hash, _with_ocr(content_hash)}


def _with_ocr(content_hash: str) -> str:
    return hash_bytes(f"{content_hash} ocr".encode())


def _check_regular(path: Path) -> None:
    """Raise SourceError for pipes and devices, links to folders or to nothing, and folders that cannot be listed."""
    target = ""
    try:
        if path.is_symlink():
            target = f"{path.name} is a link to {path.readlink()}"
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise SourceError("unreadable", f"{target or path}, which is not there; correct or delete it") from error
    except OSError as error:
        raise SourceError("unreadable", f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if target and stat.S_ISDIR(mode):
        raise SourceError("unreadable", f"{target}, a folder, which is not followed; name that folder to read it")
    if not stat.S_ISREG(mode):
        raise SourceError(
            "unreadable", f"{path}: is neither a regular file nor a folder that can be listed; check what it is"
        )
