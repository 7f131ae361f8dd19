"""From what a user named to the files to read: files as they are, folders with all that lies in them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from retriever.types import TenkyoError


def expand(sources: Iterable[str]) -> list[Path]:
    """The absolute paths of the files in `sources`, folders walked in the order of names, each file once.

    Hidden files and folders inside a named folder are passed over. Folders that cannot be listed and links to folders
    stand for themselves, so that they are reported. Raises TenkyoError for a path that is not there.
    """
    found: dict[Path, None] = {}
    for source in sources:
        path = _existing(source)
        for file in _walk(path) if path.is_dir() else [path]:
            found[Path(os.path.realpath(file))] = None
    return list(found)


def _existing(source: str) -> Path:
    """The path of a source; `~` is the user's folder unless a file is called so."""
    for path in (source, os.path.expanduser(source)):  # noqa: PTH111 (pathlib's raises for an unknown user)
        if os.path.lexists(path):
            return Path(path)
    raise TenkyoError(f"source {source!r}: no such file or folder; check the path")


def _walk(folder: Path) -> Iterator[Path]:
    closed: list[str] = []
    for root, folders, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        kept = [name for name in sorted(folders) if not name.startswith(".")]
        inside = [Path(root) / name for name in kept]
        folders[:] = [path.name for path in inside if not path.is_symlink()]
        yield from (Path(root) / name for name in sorted(files) if not name.startswith("."))
        yield from (path for path in inside if path.is_symlink())
    yield from map(Path, closed)
