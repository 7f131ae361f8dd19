"""Whether an index is whole: files as its manifest says, a vector and tokens for every passage and sentence."""

from collections.abc import Iterator
from pathlib import Path

from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.snapshots import open_snapshot


def verify(folder: Path) -> list[str]:
    """The faults of the index in `folder`, one line each; empty where it is whole.

    Raises IndexMissingError where there is no index, IndexFolderError where it cannot be opened at all or a file
    differs from its checksum.
    """
    return faults_of(open_index(folder))


def faults_of(index: Index) -> list[str]:
    """The faults of an open index, all of whose files are read; raises IndexFolderError like `verify`."""
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
