"""Export and import of an index as one file: a ZIP archive of its current snapshot and its fetched texts.

    tenkyo-index.json           the archive's format and the name of the snapshot
    generations/NAME/...        the files of the snapshot and of its segments
    references/KIND/...         pages, records and waiting texts of cited works
    originals/HASH.pdf          the PDFs that documents were read from

An import checks every file name in the archive, limits its size to the free disk space, and verifies that it unpacks to
a complete index of this version before it takes the place of the folder. The vectors are read by FAISS, which is not
safe against hostile files: import only archives from people you trust.
"""

import json
import re
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ingest.passages import RULES
from ingest.pdf.facsimile.originals import FOLDER, Originals
from retriever.files import PART, whole_file
from retriever.index.open import check_rules, open_index
from retriever.index.snapshots import current_snapshot, kept_names, put_in_force, snapshot_path, write_error
from retriever.index.verify import faults_of
from retriever.store import FAISS
from retriever.types import TenkyoError

FORMAT = 1
_HEAD, _LOCK = "tenkyo-index.json", "writer.lock"
_HEAD_BYTES = 4096
_MOST_FILES = 1_000_000
_BLOCK = 1 << 20  # bytes per copy step
_COMPRESSION = 1  # of 9: vectors hardly shrink at any level, and texts shrink well at level 1
_SNAPSHOT = re.compile(r"\d{6,12}-[0-9a-f]{6}")
_PART = r"[A-Za-z0-9_\-]{1,200}(?:\.[A-Za-z0-9_\-]{1,100}){0,4}"
_FILE = re.compile(
    rf"generations/{_SNAPSHOT.pattern}/(?:{_PART}/)?{_PART}|references/(?:pages|holdings|texts)/{_PART}"
    rf"|{FOLDER}/[0-9a-f]{{32}}\.pdf"
)


class ArchiveError(TenkyoError):
    """An archive cannot be written or read; the message names the remedy."""


def export_index(folder: Path, target: Path) -> tuple[int, int]:
    """Write the index in `folder` to the new file `target`; returns (number of files, bytes written).

    Raises IndexMissingError if there is no index, ArchiveError if `target` exists or cannot be written.
    """
    if target.exists():
        raise ArchiveError(f"{target} exists; name another file, or delete that one first")
    try:
        with whole_file(target) as file:
            count = _write(folder, file)
    except OSError as error:
        raise ArchiveError(f"{target} cannot be written ({error.strerror or error}); name another place") from error
    return count, target.stat().st_size


def _write(folder: Path, file: BinaryIO) -> int:
    """Write the archive of the current snapshot; start again if a writer replaces that. Returns the number of files."""
    while True:
        file.seek(0)
        file.truncate()
        index = open_index(folder)
        name = index.snapshot_name
        if index.store.address != FAISS:
            store = index.store.address.partition("#")[0]
            raise ArchiveError(f"index {folder} keeps its passages in {store}; back that up with its own tools")
        try:
            return _write_snapshot(folder, name, file)
        except FileNotFoundError:
            if current_snapshot(folder) == name and snapshot_path(folder, name).is_dir():
                raise  # the snapshot is still current, so a file is really missing


def _write_snapshot(folder: Path, name: str, file: BinaryIO) -> int:
    folders = [snapshot_path(folder, kept) for kept in sorted(kept_names(folder, name))]
    files = [path for of_snapshot in folders for path in sorted(of_snapshot.rglob("*")) if path.is_file()]
    for kind in ("pages", "holdings", "texts"):
        stored = sorted((folder / "references" / kind).glob("*"))
        files += [path for path in stored if path.is_file() and path.suffix != PART]
    files += [path for path in Originals(folder).files() if _FILE.fullmatch(path.relative_to(folder).as_posix())]
    with zipfile.ZipFile(
        file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION, strict_timestamps=False
    ) as archive:
        archive.writestr(_HEAD, json.dumps({"format": FORMAT, "snapshot": name}))
        for path in files:
            archive.write(path, path.relative_to(folder).as_posix())
    return len(files)


def import_index(source: Path, folder: Path) -> None:
    """Unpack the archive `source` into `folder`, which must be empty or new, in one step.

    Raises ArchiveError if the file is not an index archive or `folder` is not free, RulesChangedError for an index of
    another version. In case of an error, `folder` is unchanged.
    """
    _check_free(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(source) as archive, _unpacking(folder) as unpacked:
            name = _unpack(archive, source, unpacked)
            put_in_force(unpacked, name)
            index = open_index(unpacked)
            for path in snapshot_path(unpacked, name).parent.iterdir():
                if path.name not in kept_names(unpacked, name):
                    raise _no_part(source, path.name)
            if faults := faults_of(index):
                raise ArchiveError(f"{source} holds a damaged index: {faults[0]}; export it again")
            check_rules(index, RULES)
            (folder / _LOCK).unlink(missing_ok=True)
            if folder.is_dir():
                folder.rmdir()
            unpacked.replace(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveError(
            f"{source} is damaged, or was not written by `tenkyo index export` ({error}); export it again"
        ) from error
    except FileNotFoundError as error:
        raise ArchiveError(f"{error.filename} does not exist; name a file that `tenkyo index export` wrote") from error
    except OSError as error:
        raise write_error(folder, error) from error


def _check_free(folder: Path) -> None:
    if folder.is_dir() and any(path.name != _LOCK for path in folder.iterdir()):
        raise ArchiveError(f"{folder} is not empty; move it away, or name another folder with --index")


@contextmanager
def _unpacking(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder`, deleted at the end of the block unless it was renamed."""
    beside = folder.with_name(f".{folder.name}-import-{secrets.token_hex(4)}")
    beside.mkdir()
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, source: Path, target: Path) -> str:
    """Unpack all files of the archive; returns the name of its snapshot. Raises ArchiveError."""
    files = archive.infolist()
    name = _snapshot_of(archive, source)
    total = sum(info.file_size for info in files)
    if len({info.filename for info in files}) != len(files):
        raise ArchiveError(f"{source} contains a file twice; export it again")
    if len(files) > _MOST_FILES or total > shutil.disk_usage(target).free:
        raise ArchiveError(f"{source} would unpack to {total:,} bytes, more than the free space on the disk; free some")
    for info in files:
        if info.filename == _HEAD:
            continue
        if not _FILE.fullmatch(info.filename):
            raise _no_part(source, info.filename)
        _unpack_file(archive, info, target / info.filename)
    return name


def _no_part(source: Path, name: str) -> ArchiveError:
    return ArchiveError(f"{source} holds {name[:200]!r}, which does not belong to an index; export it again")


def _snapshot_of(archive: zipfile.ZipFile, source: Path) -> str:
    try:
        with archive.open(_HEAD) as file:
            head = json.loads(file.read(_HEAD_BYTES))
        name, found_format = head["snapshot"], head["format"]
    except (KeyError, ValueError, TypeError) as error:
        raise ArchiveError(f"{source} was not written by `tenkyo index export`; name an exported file") from error
    if found_format != FORMAT:
        raise ArchiveError(f"{source} has the format {found_format!r}, this tenkyo reads {FORMAT}; update tenkyo")
    if not isinstance(name, str) or not _SNAPSHOT.fullmatch(name):
        raise ArchiveError(f"{source} names the snapshot {name!r}, which is not a snapshot name; export it again")
    return name


def _unpack_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Unpack one file, up to its declared size; zipfile checks the CRC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = info.file_size
    with archive.open(info) as packed, path.open("xb") as file:
        while block := packed.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise ArchiveError(f"{info.filename[:200]!r} is larger than declared in its archive; export it again")
            file.write(block)
