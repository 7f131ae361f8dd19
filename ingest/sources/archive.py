"""An index as one file to carry away and back: a ZIP archive of its current snapshot and of what was fetched for it.

    tenkyo-index.json           the archive's format and the name of the snapshot
    generations/NAME/...        the files of the snapshot and of its segments
    references/KIND/...         pages, records and waiting texts of cited works
    originals/HASH.pdf          the PDFs that documents were read from

The names in an archive are checked one by one, its size is bounded by the free space, and what it unpacks to must be a
whole index of this version's rules before it takes its place. FAISS reads its vectors, and its reader is not made for
hostile files: import what comes from people you trust.
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
from retriever.index.build import check_rules
from retriever.index.open import open_index
from retriever.index.snapshots import current_snapshot, kept_names, put_in_force, snapshot_path, write_error
from retriever.index.verify import faults_of
from retriever.store import FAISS
from retriever.types import TenkyoError
from retriever.whole_files import PART, whole_file

FORMAT = 1
_HEAD, _LOCK = "tenkyo-index.json", "writer.lock"
_HEAD_BYTES = 4096
_MOST_FILES = 1_000_000
_BLOCK = 1 << 20  # bytes copied at a time
_COMPRESSION = 1  # of 9: vectors hardly shrink, and texts shrink well at once
_SNAPSHOT = re.compile(r"\d{6,12}-[0-9a-f]{6}")
_PART = r"[A-Za-z0-9_\-]{1,200}(?:\.[A-Za-z0-9_\-]{1,100}){0,4}"
_FILE = re.compile(
    rf"generations/{_SNAPSHOT.pattern}/(?:{_PART}/)?{_PART}|references/(?:pages|holdings|texts)/{_PART}"
    rf"|{FOLDER}/[0-9a-f]{{32}}\.pdf"
)


class ArchiveError(TenkyoError):
    """An archive that cannot be written or read; the message names the remedy."""


def export_index(folder: Path, target: Path) -> tuple[int, int]:
    """Write the index in `folder` to the new file `target`; returns the number of its files and the bytes written.

    Raises IndexMissingError where there is no index, ArchiveError where `target` exists or cannot be written.
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
    """Write the archive of the snapshot in force, anew if a writer replaces that snapshot; returns its file count."""
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
                raise  # no writer has put a newer snapshot in force meanwhile


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
    """Unpack the archive `source` into `folder`, which must hold no index yet, in one step.

    Raises ArchiveError for a file that is no archive of an index, or where `folder` is not free; RulesChangedError for
    an index of another version. Then `folder` is as it was.
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
        raise ArchiveError(f"{source} is damaged or no archive that `tenkyo index export` wrote ({error})") from error
    except FileNotFoundError as error:
        raise ArchiveError(f"{error.filename} does not exist; name a file that `tenkyo index export` wrote") from error
    except OSError as error:
        raise write_error(folder, error) from error


def _check_free(folder: Path) -> None:
    if folder.is_dir() and any(path.name != _LOCK for path in folder.iterdir()):
        raise ArchiveError(f"{folder} is not empty; move it away, or name another folder with --index")


@contextmanager
def _unpacking(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` that is deleted when the block ends, if it still stands there."""
    beside = folder.with_name(f".{folder.name}-import-{secrets.token_hex(4)}")
    beside.mkdir()
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, source: Path, target: Path) -> str:
    """Unpack all files of the archive; returns the name of its snapshot."""
    files = archive.infolist()
    name = _snapshot_of(archive, source)
    total = sum(info.file_size for info in files)
    if len({info.filename for info in files}) != len(files):
        raise ArchiveError(f"{source} holds a file twice; export it again")
    if len(files) > _MOST_FILES or total > shutil.disk_usage(target).free:
        raise ArchiveError(f"{source} would unpack to {total:,} bytes, more than the disk has free; free some")
    for info in files:
        if info.filename == _HEAD:
            continue
        if not _FILE.fullmatch(info.filename):
            raise _no_part(source, info.filename)
        _unpack_file(archive, info, target / info.filename)
    return name


def _no_part(source: Path, name: str) -> ArchiveError:
    return ArchiveError(f"{source} holds {name[:200]!r}, which belongs to no index; export it again")


def _snapshot_of(archive: zipfile.ZipFile, source: Path) -> str:
    try:
        with archive.open(_HEAD) as file:
            head = json.loads(file.read(_HEAD_BYTES))
        name, found_format = head["snapshot"], head["format"]
    except (KeyError, ValueError, TypeError) as error:
        raise ArchiveError(f"{source} is no archive that `tenkyo index export` wrote") from error
    if found_format != FORMAT:
        raise ArchiveError(f"{source} has the format {found_format!r}, this tenkyo reads {FORMAT}; update tenkyo")
    if not isinstance(name, str) or not _SNAPSHOT.fullmatch(name):
        raise ArchiveError(f"{source} names the snapshot {name!r}, which is none; export it again")
    return name


def _unpack_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Unpack one file, no more of it than the archive says that it holds; zipfile checks its CRC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = info.file_size
    with archive.open(info) as packed, path.open("xb") as file:
        while block := packed.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise ArchiveError(f"{info.filename[:200]!r} is larger than its archive says; export it again")
            file.write(block)
