"""What a user named → files → documents of the run's plan.

Files, folders with everything in them and addresses become files to read. Whatever a file is or holds, it costs at most
itself.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import Document, hash_bytes, hash_document, hash_with_ocr
from ingest.fetching import FetchError, FetchLimits, fetch, save, user_agent
from ingest.loaders import SUFFIXES, Limits, Loaded, SourceError, load
from ingest.loaders.ocr import Ocr, load_scanned
from ingest.sources.ingest_plan import IngestPlan, Outcome
from ingest.text import shown_name
from retriever.index.build import Progress
from retriever.types import TenkyoError

_MANY = ".jsonl"  # the format whose files hold many documents
_PARTS = {".pdf": "page", ".jsonl": "line", ".xlsx": "sheet", ".pptx": "slide", ".epub": "chapter"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read. The index knows it by `name`, its absolute path or address; `url` is where redirects ended."""

    path: Path
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Fetching:
    """How addresses are fetched: the private hosts that are allowed, and the contact that is sent to sites."""

    allow_hosts: frozenset[str] = frozenset()
    contact: str = ""


def is_address(source: str) -> bool:
    """Whether a source is a web address and not a path."""
    return source.strip().lower().startswith(("http://", "https://"))


def gather(
    names: Sequence[str], scratch: Path, fetching: Fetching, progress: Progress
) -> tuple[list[Source], list[Outcome]]:
    """The files that `names` lead to, in order and each once, and an outcome for each address that was not fetched.

    Pages that are fetched are written into `scratch`. Raises TenkyoError for a path that does not exist.
    """
    addresses = [name for name in names if is_address(name)]
    files = {name: [Source(path, str(path)) for path in expand([name])] for name in names if not is_address(name)}
    skipped: list[Outcome] = []
    if addresses:
        progress.start("fetching", len(addresses), "addresses")
        for address in addresses:
            try:
                files[address] = [_fetched(address, scratch, fetching)]
            except FetchError as error:
                skipped.append(Outcome("skipped", address, str(error), error.reason, "address"))
            progress.advance(1)
        progress.finish()
    sources = (source for name in names for source in files.get(name, []))
    return list(dict.fromkeys(sources)), skipped


def _fetched(address: str, scratch: Path, fetching: Fetching) -> Source:
    agent = user_agent(fetching.contact)
    page = fetch(address, limits=FetchLimits(), allow_hosts=fetching.allow_hosts, user_agent=agent)
    try:
        return Source(save(page, scratch), address, page.url)
    except OSError as error:
        said = f"the temporary folder {scratch} cannot be written ({error.strerror})"
        raise TenkyoError(f"{said}; free some space, or set TMPDIR to another folder") from error


def expand(names: Iterable[str]) -> list[Path]:
    """The absolute paths of the files that `names` lead to, each once; folders are walked in alphabetical order.

    Hidden files and folders inside a named folder are left out. A link to a file is that file. Folders that cannot be
    listed, links to folders and links to nothing are returned themselves, so that they are reported. Raises TenkyoError
    for a path that does not exist.
    """
    files: dict[Path, None] = {}
    for name in names:
        path = _existing(name)
        for file in _walk(path) if path.is_dir() else [path]:
            files[Path(os.path.realpath(file) if _is_file(file) else os.path.abspath(file))] = None  # noqa: PTH100
    return list(files)


def folders_of(names: Iterable[str]) -> list[Path]:
    """The folders among the sources that a user named, without links in their paths."""
    return [path.resolve() for name in names if not is_address(name) and (path := _existing(name)).is_dir()]


def is_gone(source: str, folders: Iterable[Path]) -> bool:
    """Whether a file that was read from one of these folders is no longer there; False where that cannot be told."""
    path = Path(source)
    if not any(path.is_relative_to(folder) for folder in folders):
        return False
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _existing(name: str) -> Path:
    """The path of a source; `~` is the user's folder unless a file is called so."""
    for path in (name, os.path.expanduser(name)):  # noqa: PTH111 (pathlib's raises for an unknown user)
        if os.path.lexists(path):
            return Path(path)
    raise TenkyoError(f"source {name!r}: no such file or folder; check the path")


def _walk(folder: Path) -> Iterator[Path]:
    closed: list[str] = []
    for root, folders, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        kept = [name for name in sorted(folders) if not name.startswith(".")]
        inside = [Path(root) / name for name in kept]
        folders[:] = [path.name for path in inside if not path.is_symlink()]
        yield from (Path(root) / name for name in sorted(files) if not name.startswith("."))
        yield from (path for path in inside if path.is_symlink())
    yield from map(Path, closed)


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
    return content_hash if options.ocr is None or suffix != ".pdf" else hash_with_ocr(content_hash)


def hashes_of_unchanged(content_hash: str, options: ReadOptions) -> set[str]:
    """The hashes that an unchanged document may have: recognised text is not given up when --ocr is left out."""
    return {content_hash} if options.ocr is not None else {content_hash, hash_with_ocr(content_hash)}


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
