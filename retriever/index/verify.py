"""Whether an index is whole: files as its manifest says, a vector and tokens for every passage and sentence."""

from collections.abc import Iterator
from pathlib import Path

from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.snapshots import (
    MANIFEST,
    IndexFolderError,
    current_snapshot,
    damage_of,
    kept_names,
    open_snapshot,
    read_manifest,
    snapshot_path,
)


def verify(folder: Path) -> list[str]:
    """The faults of the index in `folder`, one line each; empty where it is whole.

    Raises IndexMissingError where there is no index, IndexFolderError where it cannot be opened at all or a file
    differs from its checksum.
    """
    index = open_index(folder)
    return [*faults_of(index), *_faults_before(folder, index.snapshot_name)]


def faults_of(index: Index) -> list[str]:
    """The faults of an open index; reads all of its files. Raises IndexFolderError like `verify`."""
    open_snapshot(index.folder, index.snapshot_name, all_checksums=True)
    return [*_document_faults(index), *index.stored.faults()]


def _document_faults(index: Index) -> Iterator[str]:
    if len(index.body_rows) != len(index.documents) or max(index.body_rows.values(), default=-1) >= len(index.bodies):
        yield f"{len(index.documents):,} documents, but the texts of {len(index.bodies):,}"
    end = 0
    for record in sorted(index.documents.values(), key=lambda record: record.first):
        if record.first < end and record.count:
            yield f"the passages of {record.id} begin at row {record.first}, within those of another document"
        end = max(end, record.first + record.count)
    rows = sum(segment["rows"] for segment in index.manifest["segments"])
    if end > rows:
        yield f"the documents have passages up to row {end:,}, the index {rows:,}"
    live = sum(record.count for record in index.documents.values())
    if live != index.manifest["passages"]:
        yield f"the documents have {live:,} passages, the index {index.manifest['passages']:,}"


def _faults_before(folder: Path, name: str) -> list[str]:
    """The damaged and missing files of snapshots that the current one, `name`, does not use, one line each.

    The previous snapshot stays for readers that have it open.
    """
    kept, faults = kept_names(folder, name), list[str]()
    snapshots = snapshot_path(folder, name).parent
    for path in sorted(path for path in snapshots.iterdir() if path.name not in kept and (path / MANIFEST).exists()):
        try:
            for file, entry in read_manifest(folder, path.name)["files"].items():
                if not (path / file).exists():
                    faults.append(f"{path / file} is missing")
                elif damage := damage_of(path / file, entry, checksum=True):
                    faults.append(f"{path / file} is damaged ({damage})")
        except IndexFolderError:
            faults.append(f"{path / MANIFEST} is damaged")
        except FileNotFoundError:  # a writer deletes it at this moment
            continue
    is_current = current_snapshot(folder) == name  # otherwise the writer of a newer one has deleted these files
    return [f"{fault}; no question reads it, and the next update deletes it" for fault in faults if is_current]
