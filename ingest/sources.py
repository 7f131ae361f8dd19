"""What a user named → files to read: files, folders with everything in them, addresses fetched."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.fetching import FetchError, FetchLimits, fetch, save, user_agent
from ingest.ingest_plan import Outcome
from retriever.index.build import Progress
from retriever.types import TenkyoError


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
