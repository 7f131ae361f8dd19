"""Sources named by the user (files, folders, web addresses) → files → documents in the run's plan.

A file that cannot be read is skipped; it never stops the run.
"""

import hashlib
import json
import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import Document, hash_bytes, hash_document, hash_with_ocr
from ingest.fetching import FetchError, FetchLimits, fetch, save, user_agent
from ingest.loaders import SUFFIXES, Limits, Loaded, SourceError, load
from ingest.loaders.ocr import Ocr, load_scanned
from ingest.runs.ingest_plan import IngestPlan, Outcome
from ingest.text import shown_name
from retriever.index.build import Progress
from retriever.types import TenkyoError

MANY = ".jsonl"  # the format with many documents in one file
_PARTS = {".pdf": "page", ".jsonl": "line", ".xlsx": "sheet", ".pptx": "slide", ".epub": "chapter"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read. `name` identifies it in the index: its absolute path or address; `url` is the final address."""

    path: Path
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """The share of one of `count` machines that ingest a folder together; `number` counts from 1.

    A file belongs to a shard by its path within the folder, so that machines need not talk to each other, whatever the
    folder is called on each.
    """

    number: int
    count: int

    def takes(self, name: str) -> bool:
        """Whether the file with this path within its folder, or this address, belongs to the shard."""
        composed = unicodedata.normalize("NFC", name)  # macOS decomposes names
        digest = hashlib.blake2b(composed.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1


@dataclass(frozen=True, slots=True)
class Fetching:
    """Options for fetching web addresses: allowed private hosts, and the contact sent to sites."""

    allow_hosts: frozenset[str] = frozenset()
    contact: str = ""


def is_address(source: str) -> bool:
    """Whether a source is a web address rather than a path."""
    return source.strip().lower().startswith(("http://", "https://"))


def gather(
    names: Sequence[str], scratch: Path, fetching: Fetching, progress: Progress, shard: Shard | None = None
) -> tuple[list[Source], list[Outcome]]:
    """The distinct files for the given names, in order, and an outcome for each address that could not be fetched.

    Fetched pages are written to the folder `scratch`. With `shard`, other files and addresses are left out. Raises
    TenkyoError for a path that does not exist.
    """
    addresses = [name for name in names if is_address(name) and (shard is None or shard.takes(name))]
    files = {
        name: [Source(path, str(path)) for path in expand([name]) if shard is None or shard.takes(_within(path, name))]
        for name in names
        if not is_address(name)
    }
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


def _within(path: Path, name: str) -> str:
    """The path of a file within the folder `name`; just the file's name if it is not in that folder."""
    folder = _existing(name).resolve()
    return path.relative_to(folder).as_posix() if path != folder and path.is_relative_to(folder) else path.name


def _fetched(address: str, scratch: Path, fetching: Fetching) -> Source:
    agent = user_agent(fetching.contact)
    page = fetch(address, limits=FetchLimits(), allow_hosts=fetching.allow_hosts, user_agent=agent)
    try:
        return Source(save(page, scratch), address, page.url)
    except OSError as error:
        said = f"the temporary folder {scratch} cannot be written ({error.strerror})"
        raise TenkyoError(f"{said}; free some space, or set TMPDIR to another folder") from error


def expand(names: Iterable[str]) -> list[Path]:
    """The distinct absolute paths of all files in the named files and folders; folders in alphabetical order.

    Hidden files and folders inside a named folder are left out. A link to a file gives that file. Folders that cannot
    be listed, links to folders and broken links are returned as they are, so that they are reported. Raises TenkyoError
    for a path that does not exist.
    """
    files: dict[Path, None] = {}
    for name in names:
        path = _existing(name)
        for file in _walk(path) if path.is_dir() else [path]:
            files[Path(os.path.realpath(file) if _is_file(file) else os.path.abspath(file))] = None  # noqa: PTH100
    return list(files)


def has_files(names: Iterable[str]) -> bool:
    """Whether a source is an address, a file, or a folder with a file in it."""
    return any(is_address(name) or expand([name]) for name in names)


def folders_of(names: Iterable[str]) -> list[Path]:
    """The folders among the sources, with links resolved."""
    return [path.resolve() for name in names if not is_address(name) and (path := _existing(name)).is_dir()]


def is_gone(source: str, folders: Iterable[Path]) -> bool:
    """Whether a file in one of these folders no longer exists; False if that cannot be determined."""
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
    """The existing path of a source; `~` means the home folder, unless a file has that name."""
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
    """Options for reading files: password of PDFs, limits, and text recognition for scanned pages (None: off)."""

    password: str | None
    limits: Limits
    ocr: Ocr | None


def unchanged(source: Source, plan: IngestPlan, options: ReadOptions) -> list[Outcome]:
    """An outcome for each document of a file that is unchanged in the index; empty if the file must be read."""
    hashes = hashes_of_unchanged(plan.hashes[source.name], options)
    return [Outcome("unchanged", record.id) for record in plan.of_source(source.name) if record.content_hash in hashes]


def load_source(source: Source, options: ReadOptions) -> Loaded | Outcome:
    """Read one file; "skipped" with the reason if it cannot be read. Never raises because of the file."""
    try:
        _check_regular(source.path)
        loaded = _load(source.path, options)
        documents = (
            _sound(replace(document, source=source.name, url=source.url or document.url), source.path)
            for document in loaded.documents
        )
        return replace(loaded, documents=tuple(documents))
    except SourceError as error:
        return Outcome("skipped", source.name, str(error), error.reason, _kind(source))
    except Exception as error:  # a bug in a loader skips this file, not the run
        return _fault(source, error)


def take_source(source: Source, loaded: Loaded | Outcome, plan: IngestPlan) -> Iterator[Outcome]:
    """Take the documents of a file into `plan`, one at a time, each when its outcome is consumed.

    The plan may be written between two documents. Never raises because of the file.
    """
    if isinstance(loaded, Outcome):
        yield loaded
        return
    name, suffix = source.name, source.path.suffix.lower()
    part_kind = _PARTS.get(suffix, "part")
    for part in loaded.skipped:
        yield Outcome("skipped", f"{name}, {part.place}", part.detail, part.reason, part_kind)
    for document in loaded.documents:
        try:
            content_hash = plan.hashes[name] or hash_document(document)
            outcome = plan.take(document, content_hash, own_id=suffix == MANY)
        except Exception as error:  # a bug in cutting passages skips the rest of this file, not the run
            yield _fault(source, error)
            return
        yield outcome
    yield from (Outcome("removed", gone, f"no longer in {shown_name(name)}") for gone in plan.vanished(name))


def _kind(source: Source) -> str:
    # os.path.islink, because Path.is_symlink raises without permission
    return "link" if os.path.islink(source.path) else source.path.suffix.lower() or "file"  # noqa: PTH114


def _fault(source: Source, error: Exception) -> Outcome:
    said = shown_name(f"{type(error).__name__}: {error}"[:200])
    remedy = "convert the file to another type, and report this error with the file"
    return Outcome("skipped", source.name, f"an error in Tenkyo ({said}); {remedy}", "fault", _kind(source))


def _load(path: Path, options: ReadOptions) -> Loaded:
    if options.ocr is not None and path.suffix.lower() == ".pdf":
        return load_scanned(path, options.limits, options.password, options.ocr)
    return load(path, limits=options.limits, password=options.password)


def _sound(document: Document, path: Path) -> Document:
    """The document with valid Unicode: file names may have any bytes, and texts may be damaged."""
    title = shown_name(document.title) if document.title == path.stem else document.title
    document = replace(document, id=shown_name(document.id), title=title)
    try:
        f"{title}{document.text}".encode()
    except UnicodeEncodeError:
        body = json.dumps(document.to_json(), ensure_ascii=False).encode("utf-8", "replace")
        return replace(Document.from_json(json.loads(body)), source=document.source)
    return document


def file_hash(path: Path, options: ReadOptions) -> str:
    """Hash of a file's bytes, to recognise unchanged files.

    It is "" for files with many documents, which have their own hashes, and for files that `load_source` will refuse. A
    PDF has another hash with text recognition, so it is read again if it was read without.
    """
    suffix = path.suffix.lower()
    try:
        is_read = suffix != MANY and suffix in SUFFIXES and path.is_file()
        if not is_read or path.stat().st_size > options.limits.max_bytes:
            return ""
        content_hash = hash_bytes(path.read_bytes())
    except OSError:
        return ""
    return content_hash if options.ocr is None or suffix != ".pdf" else hash_with_ocr(content_hash)


def hashes_of_unchanged(content_hash: str, options: ReadOptions) -> set[str]:
    """The hashes of an unchanged document: without --ocr, a document read with text recognition is kept."""
    return {content_hash} if options.ocr is not None else {content_hash, hash_with_ocr(content_hash)}


def _check_regular(path: Path) -> None:
    """Raises SourceError for pipes, devices, links to folders, broken links, and folders that cannot be listed."""
    target = ""
    try:
        if path.is_symlink():
            target = f"{path.name} is a link to {path.readlink()}"
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise SourceError("unreadable", f"{target or path}, which does not exist; correct or delete it") from error
    except OSError as error:
        raise SourceError("unreadable", f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if target and stat.S_ISDIR(mode):
        raise SourceError(
            "unreadable", f"{target}, a folder; links to folders are not followed, so name that folder itself"
        )
    if not stat.S_ISREG(mode):
        raise SourceError(
            "unreadable", f"{path}: is neither a regular file nor a folder that can be listed; check what it is"
        )
