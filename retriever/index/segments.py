"""The rows of a snapshot, open for reading: memory-mapped segments, one after the other, searched as one.

`retriever.index.segment_files` writes and opens the files of a segment.
"""

import json
import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from retriever.lexical.bm25 import (
    FilePostings,
    Rows,
    Scores,
    Tokens,
    best_rows,
    spans,
)
from retriever.store import CROSS_LINGUAL
from retriever.types import Cell, Cites, Passage, Vectors

SEARCH_BREADTH = 256  # efSearch of the HNSW graph; Malkov & Yashunin (2016)
_BLOCK = 4096  # rows checked at a time
_TOLERANCE = 1e-2  # of a vector's length; those of sentences are stored as float16

_SHOWN = {"words": "words", "pairs": "pairs", CROSS_LINGUAL: "cross-lingual terms"}

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Dense:
    """Vectors of the rows of one segment; a score is the cosine of two vectors."""

    index: Any  # a faiss index

    def nearest(self, vector: Vectors, k: int, live: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """At most `k` of the `live` rows (None: of all), by descending cosine, then by row number; and the cosines."""
        parameters = None if live is None else self._only(live)
        count = max(1, min(k, self.index.ntotal))
        scores, rows = self.index.search(vector.reshape(1, -1), count, params=parameters)
        valid = rows[0] >= 0
        order = np.lexsort((rows[0][valid], -scores[0][valid]))
        return rows[0][valid][order].astype(np.int64), scores[0][valid][order].astype(np.float32)

    def _only(self, live: NDArray[np.bool_]) -> Any:
        """FAISS search parameters that limit a search to the live rows."""
        import faiss

        engine: Any = faiss  # its type stubs lack these
        selector = engine.IDSelectorBatch(np.flatnonzero(live))
        if isinstance(self.index, engine.IndexHNSW):
            return engine.SearchParametersHNSW(sel=selector, efSearch=SEARCH_BREADTH)
        return engine.SearchParameters(sel=selector)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`, shape (len(rows), dimension)."""
        if not len(rows):
            return np.zeros((0, self.index.d), np.float32)
        return np.asarray(self.index.reconstruct_batch(rows), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Vectors of all sentences of a segment, shape (sentences, dimension); row r has `offsets[r]` to `offsets[r + 1]`.

    They are stored as float16 and returned as float32.
    """

    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]

    def read(self, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors of all sentences of `rows`, one row after the other, and how many each row has."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        return self.vectors[spans(starts, lengths)].astype(np.float32), lengths


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Records of a memory-mapped JSON Lines file, parsed on access: a file of any length opens in constant time."""

    data: mmap.mmap | bytes
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Any:
        """The record at 0-based line `row`."""
        return json.loads(self.data[int(self.offsets[row]) : int(self.offsets[row + 1])])

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def all(self) -> list[Any]:
        """All records, parsed in one call, which takes half the time."""
        return list(json.loads(b"[" + self.data[:].rstrip(b"\n").replace(b"\n", b",") + b"]"))

    def raw(self, row: int) -> bytes:
        """The line of a record, with its end."""
        return self.data[int(self.offsets[row]) : int(self.offsets[row + 1])]


def passage_from_json(record: dict[str, Any]) -> Passage:
    """A passage from what `passage_to_json` made."""
    for name in ("page_starts", "sentences"):
        record[name] = tuple((int(first), int(second)) for first, second in record.get(name, ()))
    if "cites" in record:
        record["cites"] = tuple(Cites(**{**cite, "numbers": tuple(cite["numbers"])}) for cite in record["cites"])
    record["cells"] = tuple(Cell(**cell) for cell in record.get("cells", ()))
    return Passage(**record)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SegmentFiles:
    """The files of one segment, open."""

    lines: JsonLines
    dense: Dense
    single: SentenceVectors
    postings: Mapping[str, FilePostings]


@dataclass(frozen=True, slots=True)
class Chain:
    """Segments one after the other: `firsts` holds the first row of each, and the number of all rows at the end."""

    firsts: NDArray[np.int64]
    live: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        """The number of all rows, live or not."""
        return int(self.firsts[-1])

    def live_in(self, part: int) -> NDArray[np.bool_] | None:
        """Which rows of a segment are live; None: all."""
        live = self.live[self.firsts[part] : self.firsts[part + 1]]
        return None if live.all() else live

    def split(self, rows: Rows, parts: Sequence[Part]) -> Iterator[tuple[Part, NDArray[np.int64], Rows]]:
        """For each segment with some of `rows`: its part, their positions in `rows`, their numbers in the segment."""
        which = np.searchsorted(self.firsts, rows, side="right") - 1
        for number in np.unique(which):
            places = np.flatnonzero(which == number)
            yield parts[number], places, rows[places] - self.firsts[number]

    def read(
        self, rows: Rows, parts: Sequence[Part], read: Callable[[Part, Rows], tuple[NDArray[Any], NDArray[np.int64]]]
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """What `read` returns for each segment (a flat array, and each row's length in it), in the order of `rows`."""
        pieces = [(places, *read(part, within)) for part, places, within in self.split(rows, parts)]
        if len(pieces) == 1:
            return pieces[0][1], pieces[0][2]
        if not pieces:
            return read(parts[0], rows)
        lengths = np.zeros(len(rows), np.int64)
        for places, _, of_piece in pieces:
            lengths[places] = of_piece
        starts = np.cumsum(lengths) - lengths
        flat = np.empty((int(lengths.sum()), *pieces[0][1].shape[1:]), pieces[0][1].dtype)
        for places, piece, of_piece in pieces:
            flat[spans(starts[places], of_piece)] = piece
        return flat, lengths


@dataclass(frozen=True, slots=True)
class ChainedPostings:
    """The postings of all segments; implements Postings."""

    chain: Chain
    parts: Sequence[FilePostings]

    def frequencies(self, hashes: Tokens) -> NDArray[np.int64]:
        """How many live rows contain each token."""
        total = np.zeros(len(hashes), np.int64)
        for place, _, rows, _ in self._columns(hashes):
            total[place] += len(rows)
        return total

    def first(self, hashes: Tokens, weights: Scores, k: int) -> Rows:
        """The `k` live rows with the highest sums above 0; of equal ones those with the lowest numbers."""
        sums = np.zeros(self.chain.rows, np.float32)
        for place, first, rows, saturation in self._columns(hashes):
            sums[first + rows] += weights[place] * saturation  # a column has each row once
        return best_rows(sums, k)

    def scores(self, hashes: Tokens, weights: Scores, rows: Rows) -> Scores:
        """The sums of weight × saturated frequency for `rows`."""
        sums = np.zeros(len(rows), np.float32)
        for part, places, within in self.chain.split(rows, self.parts):
            ids, known = part.find(hashes)
            for token, weight in zip(ids[known], weights[known], strict=True):
                holding, saturation = part.column(token)
                at = np.minimum(np.searchsorted(holding, within), len(holding) - 1)
                sums[places] += np.where(holding[at] == within, weight * saturation[at], np.float32(0))
        return sums

    def holding(self, hashes: Tokens) -> list[Rows]:
        """The live rows that contain each token, ascending."""
        matches: list[list[Rows]] = [[] for _ in hashes]
        for place, first, rows, _ in self._columns(hashes):
            matches[place].append(first + rows.astype(np.int64))
        return [np.concatenate(rows) if rows else np.zeros(0, np.int64) for rows in matches]

    def tokens(self, rows: Rows) -> tuple[Tokens, NDArray[np.int64]]:
        """The tokens of `rows` in their order, and how many each row has."""
        if not self.parts:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        return self.chain.read(rows, self.parts, FilePostings.read)

    def _columns(self, hashes: Tokens) -> Iterator[tuple[int, int, NDArray[np.int32], Scores]]:
        """For each token and segment: place in `hashes`, the segment's first row, live rows, saturated frequencies."""
        for number, part in enumerate(self.parts):
            first, live = int(self.chain.firsts[number]), self.chain.live_in(number)
            ids, known = part.find(hashes)
            for place in np.flatnonzero(known):
                rows, saturation = part.column(ids[place])
                if live is not None:
                    kept = live[rows]
                    rows, saturation = rows[kept], saturation[kept]
                yield int(place), first, rows, saturation


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of some segments; implements StoredRows."""

    chain: Chain
    files: Sequence[SegmentFiles]
    postings: dict[str, ChainedPostings]

    def nearest(self, vector: Vectors, k: int) -> Rows:
        """The `k` live rows with the highest cosines; of equal ones those with the lowest numbers."""
        nearest = [files.dense.nearest(vector, k, self.chain.live_in(part)) for part, files in enumerate(self.files)]
        rows = np.concatenate([of_part + self.chain.firsts[part] for part, (of_part, _) in enumerate(nearest)])
        cosines = np.concatenate([scores for _, scores in nearest])
        return np.asarray(rows[np.lexsort((rows, -cosines))[:k]], dtype=np.int64)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`."""

        def read(files: SegmentFiles, within: Rows) -> tuple[Vectors, NDArray[np.int64]]:
            return files.dense.vectors(within), np.ones(len(within), np.int64)

        return self.chain.read(rows, self.files, read)[0]

    def sentences(self, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
        """The vectors of the sentences of `rows`, and how many each row has."""
        return self.chain.read(rows, self.files, lambda files, within: files.single.read(within))

    def passages(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """The passages of `rows` as JSON objects."""
        records: list[dict[str, Any]] = []
        for row in rows:
            part = int(np.searchsorted(self.chain.firsts, row, side="right")) - 1
            records.append(self.files[part].lines[row - int(self.chain.firsts[part])])
        return records

    def check(self) -> None:
        """Do nothing: files stay mapped when their folder is deleted."""

    def faults(self) -> list[str]:
        """Vectors and tokens that are missing, of passages and of sentences."""
        faults = []
        for files in self.files:
            faults += [*_vector_faults(files.lines, files.dense), *_sentence_faults(files.lines, files.single)]
        for name, postings in self.postings.items():
            lengths = [(len(files.lines), len(part)) for files, part in zip(self.files, postings.parts, strict=True)]
            faults += [
                f"{rows:,} passages, but the {_SHOWN[name]} of {held:,}" for rows, held in lengths if rows != held
            ]
        return faults


def _vector_faults(lines: JsonLines, dense: Dense) -> Iterator[str]:
    count, held = len(lines), dense.index.ntotal
    if held != count:
        yield f"{count:,} passages, but the vectors of {held:,}"
    rows = np.arange(min(count, held))
    bad = sum(_not_unit(dense.vectors(rows[start : start + _BLOCK])) for start in range(0, len(rows), _BLOCK))
    if bad:
        yield f"the vectors of {bad:,} passages are missing"


def _sentence_faults(lines: JsonLines, single: SentenceVectors) -> Iterator[str]:
    offsets, vectors = single.offsets, single.vectors
    if len(offsets) != len(lines) + 1:
        yield f"{len(lines):,} passages, but sentence vectors of {len(offsets) - 1:,}"
        return
    bad = sum(_not_unit(vectors[start : start + _BLOCK].astype(np.float32)) for start in range(0, len(vectors), _BLOCK))
    if bad:
        yield f"the vectors of {bad:,} sentences are missing"
    held = np.diff(offsets).tolist()
    short = sum(len(passage_from_json(line).quotable) != of_row for line, of_row in zip(lines, held, strict=True))
    if short:
        yield f"{short:,} passages lack the vectors of some of their sentences"


def _not_unit(vectors: Vectors) -> int:
    """How many of `vectors`, shape (rows, dimension), are not of length 1."""
    lengths = np.linalg.norm(vectors, axis=1)
    return int(np.count_nonzero(~(np.abs(lengths - 1) <= _TOLERANCE)))
