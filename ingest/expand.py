"""From what a user named to the files to read: files as they are, folders with all that lies in them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from retriever.types import TenkyoError


def expand(sources: Iterable[str]) -> list[Path]:
    """The absolute paths of the files in `sources`, folders walked in the order of names, each file once.

    Hidden files and folders inside a named folder are passed over. Raises TenkyoError for a path that is not there.
    """
    found: dict[Path, None] = {}
    for source in sources:
        path = Path(source).expanduser()
        if not path.exists():
            raise TenkyoError(f"source {source!r}: no such file or folder; check the path")
        for file in _walk(path) if path.is_dir() else [path]:
            found[file.resolve()] = None
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(root) / name
