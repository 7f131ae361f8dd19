"""Whether an index is whole: files as its manifest says, a vector and tokens for every passage and sentence."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from retriever.index.open import Index, open_index
from retriever.index.snapshots import open_snapshot
from retriever.types import Vectors

_BLOCK = 4096  # rows of vectors read at a time
_TOLERANCE = 1e-2  # of a vector's length; those of sentences are stored as float16


def verify(folder: Path) -> list[str]:
    """The faults of the index in `folder`, one line each; empty where it is whole.

    Raises IndexMissingError where there is no index, IndexFolderError where it cannot be opened at all or a file
    differs from its checksum.
    """
    return faults_of(open_index(folder))


def faults_of(index: Index) -> list[str]:
    """The faults of an open index, all of whose files are read; raises IndexFolderError like `verify`."""
    open_snapshot(index.folder, index.snapshot_name, all_checksums=True)
    return [*_document_faults(index), *_vector_faults(index), *_term_faults(index)]


def _document_faults(index: Index) -> Iterator[str]:
    if len(index.bodies) != len(index.documents):
        yield f"{len(index.documents):,} documents, but the texts of {len(index.bodies):,}"
    row = 0
    for record in index.documents.values():
        if record.first != row:
            yield f"the passages of {record.id} begin at row {record.first}, not {row}"
        row = record.first + record.count
    if row != len(index.passages):
        yield f"the documents have {row:,} passages, the index {len(index.passages):,}"


def _vector_faults(index: Index) -> Iterator[str]:
    """Vectors that are missing, not finite or not of length 1: of passages, then of sentences."""
    count = len(index.passages)
    if index.dense is not None:
        if index.dense.index.ntotal != count:
            yield f"{count:,} passages, but the vectors of {index.dense.index.ntotal:,}"
        bad = 0
        for start in range(0, min(count, index.dense.index.ntotal), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, count, index.dense.index.ntotal), dtype=np.int64)
            bad += _not_unit(index.dense.vectors(rows))
        if bad:
            yield f"the vectors of {bad:,} passages are missing"
    if len(index.sentences.offsets) != count + 1:
        yield f"{count:,} passages, but sentence vectors of {len(index.sentences.offsets) - 1:,}"
        return
    yield from _sentence_faults(index)


def _sentence_faults(index: Index) -> Iterator[str]:
    offsets, vectors = index.sentences.offsets, index.sentences.vectors
    bad = sum(_not_unit(vectors[start : start + _BLOCK].astype(np.float32)) for start in range(0, len(vectors), _BLOCK))
    if bad:
        yield f"the vectors of {bad:,} sentences are missing"
    short = sum(
        len(index.passage(row).quotable) != int(offsets[row + 1] - offsets[row]) for row in range(len(index.passages))
    )
    if short:
        yield f"{short:,} passages lack the vectors of some of their sentences"


def _not_unit(vectors: Vectors) -> int:
    """How many of `vectors`, shape (rows, dimension), are not of length 1."""
    lengths = np.linalg.norm(vectors, axis=1)
    return int(np.count_nonzero(~(np.abs(lengths - 1) <= _TOLERANCE)))


def _term_faults(index: Index) -> Iterator[str]:
    count = len(index.passages)
    for lexical, what in ((index.words, "words"), (index.pairs, "pairs"), (index.cross_lingual, "cross-lingual terms")):
        if len(lexical.token_offsets) - 1 != count:
            yield f"{count:,} passages, but the {what} of {len(lexical.token_offsets) - 1:,}"
