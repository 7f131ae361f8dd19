"""An index folder on disk: immutable snapshots, a pointer to the current one, one writer at a time.

    INDEX/CURRENT                      the name of the current snapshot; replaced by one rename
    INDEX/STAGED                       the snapshot that a run of several updates has written so far
    INDEX/generations/000012-8c41f0/   its files, and manifest.json with the size and checksum of each
    INDEX/encoded.spool                vectors of an update that has not finished
    INDEX/writer.lock                  held while somebody writes

A snapshot is made of segments: one of the documents that it added itself, and those of earlier snapshots, whose folders
stay as long as a snapshot names them. So an update writes only what has changed, and the list of all documents.

A run of several updates stages its snapshots: each follows the one before, and the last is put in force at the end. An
interrupted run goes on from the staged snapshot, unless the current one was replaced meanwhile.

A writer that dies at any moment leaves the old snapshot in force; readers keep what they have open. The second
half of a name is random, so that a reader can tell a new index in the same folder from the one that it has open.
"""

import errno
import json
import os
import re
import secrets
import shutil
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict, cast

from retriever.files import sync, write_whole
from retriever.types import TenkyoError

FORMAT = 2
START_AGAIN = "move the folder away and ingest its sources again"
POINTER, _STAGED, MANIFEST = "CURRENT", "STAGED", "manifest.json"
_SNAPSHOTS = "generations"  # directory name on disk, kept from before the rename
_NAME = re.compile(r"(\d{6,})(?:-[0-9a-f]+)?")
# Above this size, only the sizes of files are checked on opening: reading them would take seconds.
_CHECKED_BYTES = 512 << 20
# numpy and faiss do not say why a write failed; with less than this left, the disk was full.
_FULL_BYTES = 64 << 10


class SegmentEntry(TypedDict):
    """A segment of a snapshot: the name of the snapshot that added it, and how many passages and documents it added."""

    name: str
    rows: int
    documents: int


class Manifest(TypedDict):
    """What a snapshot was made with, and what it contains.

    `groups` are those of retriever.fusion; `store` is the address of the store (retriever.store).
    """

    encoder: str
    dimension: int
    passage_rules: str
    text_rules: str
    documents: int
    passages: int
    groups: Sequence[Sequence[str]]
    store: str
    segments: Sequence[SegmentEntry]


class StoredManifest(Manifest):
    """A manifest as written: the name of the snapshot in `generation`, `bytes` and `crc32` of each file by its path."""

    format: int
    generation: str
    files: dict[str, dict[str, int]]


class IndexFolderError(TenkyoError):
    """An index that cannot be read or written; the message names the remedy."""


class IndexMissingError(IndexFolderError):
    """There is no index in the folder."""


def current_snapshot(folder: Path) -> str | None:
    """The name of the snapshot in force, or None where there is no index."""
    try:
        name = (folder / POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        if not _has_later_snapshots(folder) or _is_first_run(folder):
            return None
        raise IndexFolderError(f"index {folder}: {folder / POINTER} is missing; {START_AGAIN}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexFolderError(f"index {folder} cannot be read ({_reason(error)}); {START_AGAIN}") from error
    if not _NAME.fullmatch(name):
        raise IndexFolderError(f"index {folder}: {folder / POINTER} is damaged; {START_AGAIN}")
    return name


def _has_later_snapshots(folder: Path) -> bool:
    """Whether any snapshot but a first one exists. (A writer that died early leaves a first one without a pointer.)"""
    snapshots = folder / _SNAPSHOTS
    names = [path.name for path in snapshots.iterdir()] if snapshots.is_dir() else []
    return any(_number(name) > 1 for name in names if _NAME.fullmatch(name))


def _is_first_run(folder: Path) -> bool:
    """Whether the snapshots belong to an unfinished run that makes the index."""
    staged = _read_staged(folder)
    return staged is not None and not staged["base"]


class _Staged(TypedDict):
    """The content of STAGED: the staged snapshot, the one current when its run began ("": none), the run's key."""

    snapshot: str
    base: str
    run: str


def _read_staged(folder: Path) -> _Staged | None:
    """The content of STAGED; None if it is missing or damaged, and then the run begins anew."""
    try:
        staged = json.loads((folder / _STAGED).read_text(encoding="ascii"))
        is_whole = staged.keys() == _Staged.__annotations__.keys() and _NAME.fullmatch(staged["snapshot"])
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return cast("_Staged", staged) if is_whole else None


def staged_snapshot(folder: Path, run: str | None = None) -> str | None:
    """The staged snapshot (of `run`, if it is given) that follows the current one, or None."""
    staged = _read_staged(folder)
    if staged is None or staged["base"] != (current_snapshot(folder) or "") or run not in {None, staged["run"]}:
        return None
    return staged["snapshot"] if (snapshot_path(folder, staged["snapshot"]) / MANIFEST).exists() else None


def put_staged_in_force(folder: Path, run: str) -> None:
    """Make the staged snapshot of `run`, if there is one, the current one; drop that of another run.

    The lock must be held.
    """
    name, previous = staged_snapshot(folder, run), current_snapshot(folder)
    if name is not None:
        write_whole(folder / POINTER, f"{name}\n".encode(), durable=True)
    elif (folder / _STAGED).exists():
        # STAGED goes last: without it, the snapshots of a first run look like an index that has lost its pointer
        _sweep(folder, keep=kept_names(folder, previous))
    (folder / _STAGED).unlink(missing_ok=True)
    if name is not None:
        _sweep(folder, keep=kept_names(folder, name, previous))


def discard_staged(folder: Path, run: str) -> None:
    """Delete what `run` has staged, if anything, but nothing of other runs. The caller holds the writer's lock."""
    if staged_snapshot(folder, run) is None:
        return
    _sweep(folder, keep=kept_names(folder, current_snapshot(folder)))
    (folder / _STAGED).unlink(missing_ok=True)


def _number(name: str) -> int:
    return int(name.partition("-")[0])


def snapshot_path(folder: Path, name: str) -> Path:
    """The folder of a snapshot's files."""
    return folder / _SNAPSHOTS / name


def put_in_force(folder: Path, name: str) -> None:
    """Make `name` the current snapshot in a folder that nobody else reads or writes yet."""
    _sync_tree(folder)
    write_whole(folder / POINTER, f"{name}\n".encode(), durable=True)


def open_snapshot(folder: Path, name: str, *, all_checksums: bool = False) -> StoredManifest:
    """The manifest of a snapshot, after checking that every file of it and of its segments is whole.

    Of an index above half a gigabyte only the files' sizes are checked, unless `all_checksums` is set.
    """
    manifest = read_manifest(folder, name)
    paths = {name: manifest["files"]}
    for segment in manifest["segments"]:
        if segment["name"] not in paths:
            paths[segment["name"]] = read_manifest(folder, segment["name"])["files"]
    total = sum(entry["bytes"] for files in paths.values() for entry in files.values())
    for of_snapshot, files in paths.items():
        for file, entry in files.items():
            path = snapshot_path(folder, of_snapshot) / file
            _check_file(folder, path, entry, checksum=all_checksums or total <= _CHECKED_BYTES)
    return manifest


def store_address(folder: Path) -> str | None:
    """The address of the store of the current snapshot's rows; None where there is no index."""
    name = current_snapshot(folder)
    return None if name is None else read_manifest(folder, name)["store"]


def read_manifest(folder: Path, name: str) -> StoredManifest:
    """The manifest of a snapshot; raises IndexFolderError where it is damaged or of another format."""
    path = snapshot_path(folder, name)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        found_format, checksum = manifest["format"], manifest.pop("crc32")
        is_whole = found_format != FORMAT or checksum == _manifest_crc32(manifest)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexFolderError(f"index {folder}: {path / MANIFEST} is damaged; {START_AGAIN}") from error
    if not is_whole:
        raise IndexFolderError(f"index {folder}: {path / MANIFEST} is damaged (its checksum differs); {START_AGAIN}")
    if found_format != FORMAT:
        raise IndexFolderError(
            f"index {folder} has format {found_format}, this tenkyo reads format {FORMAT}; {START_AGAIN}"
        )
    return cast("StoredManifest", manifest)


def _manifest_crc32(manifest: dict[str, Any]) -> int:
    """The checksum of a manifest's content, however it is laid out."""
    return zlib.crc32(json.dumps(manifest, sort_keys=True).encode())


def _check_file(folder: Path, path: Path, entry: dict[str, int], *, checksum: bool) -> None:
    if damage := damage_of(path, entry, checksum=checksum):
        raise IndexFolderError(f"index {folder}: {path} is damaged ({damage}); {START_AGAIN}")


def damage_of(path: Path, entry: dict[str, int], *, checksum: bool) -> str:
    """How a file differs from its entry in the manifest; "" if it does not. Raises FileNotFoundError."""
    size = path.stat().st_size
    if size != entry["bytes"]:
        return f"{size} bytes, not {entry['bytes']}"
    return "its checksum differs" if checksum and _crc32(path) != entry["crc32"] else ""


def _crc32(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


@contextmanager
def writing(folder: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the writer's lock of the index, creating the folder; raises TenkyoError when somebody else writes."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "writer.lock", timeout=wait_seconds)
        with lock:
            yield
    except Timeout as error:
        raise IndexFolderError(
            f"index {folder} is being written by another tenkyo; wait until it has finished, then run this again"
        ) from error
    except OSError as error:
        raise write_error(folder, error) from error


def write_error(folder: Path, error: OSError) -> IndexFolderError:
    """The error for a failed write: what failed, where, and the remedy."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return IndexFolderError(f"index {folder}: no space left on the disk; free some and run this again")
    return IndexFolderError(
        f"index {folder} cannot be written ({_reason(error)}); name a folder of yours with --index or TENKYO_INDEX"
    )


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else type(error).__name__


@contextmanager
def new_snapshot(folder: Path, manifest: Mapping[str, object], run: str | None = None) -> Iterator[Path]:
    """A folder to write the next snapshot's files into; put in force, with its manifest, when the block ends.

    The lock must be held. With `run`, the snapshot is staged for this run instead. An exception inside the block leaves
    the old snapshot in force. The snapshot before the new one stays for the readers that are opening it.
    """
    previous, staged = current_snapshot(folder), staged_snapshot(folder)
    number = 1 + max((_number(name) for name in (previous, staged) if name), default=0)
    name = f"{number:06d}-{secrets.token_hex(3)}"
    _sweep(folder, keep=kept_names(folder, previous, staged))  # left by writers that died
    target = snapshot_path(folder, name)
    target.mkdir(parents=True)
    try:
        yield target
        _write_manifest(target, manifest, name)
        _sync_tree(target)
        if run is None:
            write_whole(folder / POINTER, f"{name}\n".encode(), durable=True)
            (folder / _STAGED).unlink(missing_ok=True)
        else:
            pointer = _Staged(snapshot=name, base=previous or "", run=run)
            write_whole(folder / _STAGED, json.dumps(pointer).encode(), durable=True)
    except BaseException as error:
        is_full = shutil.disk_usage(target).free < _FULL_BYTES
        if name not in {current_snapshot(folder), staged_snapshot(folder)}:
            shutil.rmtree(target, ignore_errors=True)
        if is_full and isinstance(error, OSError):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
    _sweep(folder, keep=kept_names(folder, name, previous))


def kept_names(folder: Path, *names: str | None) -> set[str]:
    """The names of these snapshots, and of the snapshots that added their segments."""
    manifests = [read_manifest(folder, name) for name in names if name is not None]
    return {*filter(None, names), *(segment["name"] for manifest in manifests for segment in manifest["segments"])}


def _write_manifest(target: Path, manifest: Mapping[str, object], name: str) -> None:
    files = {
        path.relative_to(target).as_posix(): {"bytes": path.stat().st_size, "crc32": _crc32(path)}
        for path in sorted(target.rglob("*"))
        if path.is_file()
    }
    record: dict[str, Any] = {"format": FORMAT, "generation": name, **manifest, "files": files}
    record["crc32"] = _manifest_crc32(record)
    (target / MANIFEST).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _sync_tree(target: Path) -> None:
    for path in [*target.rglob("*"), target, target.parent]:
        sync(path)


def _sweep(folder: Path, keep: Collection[str]) -> None:
    """Delete the snapshots that are not in `keep`."""
    snapshots = folder / _SNAPSHOTS
    for path in snapshots.iterdir() if snapshots.is_dir() else ():
        if path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)
