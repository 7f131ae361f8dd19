"""The rows of an index in Milvus, or in Milvus Lite embedded in this process.

Milvus finds candidates (dense vectors by FLAT in Lite and HNSW on a server, postings as sparse vectors by inner
product, exact), Tenkyo scores them. IDF and saturation are Tenkyo's own, as Milvus's BM25 counts only within one of
its segments, and Lite's finds no Japanese. A row is inserted once and never changed, so rows that were read are cached.

All indexes in a database whose vectors have the same dimension share a collection, and several machines may write to it
at once. The partition key (`course`) separates the rows of an index from those of others. The place of a row is a
number: the snapshot that added the row in the high bits, its position there in the low 32. A search is limited to the
places of its snapshot, so it does not see what others insert or delete meanwhile. The id of a row is a hash of its
course, snapshot number and passage, so writing a segment again replaces its rows.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.files import load_array
from retriever.index.milvus_client import LONGEST_TEXT, MOST, Client, connect
from retriever.index.segment_files import passage_to_json
from retriever.index.segments import Chain, passage_from_json
from retriever.index.snapshots import snapshot_path
from retriever.lexical.bm25 import Rows, Scores, Tokens, count_tokens, hash_tokens
from retriever.store import LEXICAL, NewRows, Segment, SnapshotGoneError
from retriever.types import Passage, TenkyoError, Vectors

_ROW_BITS = 32
_BATCH = 200  # rows inserted at a time: a few megabytes
_READ = 1000  # rows read at a time
_KEPT = 8192  # rows whose passages, tokens and vectors are kept in memory, about 120 MB: a merge reads so many at most
_DIMENSIONS = 2**32 - 3  # of sparse vectors; every row has dimension 0, as an empty vector is refused
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIELDS = ["place", "passage", "words_in_order", "sentences", "vector"]


def _base(name: str) -> int:
    """The place of the first row that a snapshot adds."""
    return int(name.partition("-")[0]) << _ROW_BITS


def _sparse(hashes: Tokens, weights: Scores) -> dict[int, float]:
    """A sparse vector; the weights of hashes that share a dimension (one pair in 2³²) add up."""
    vector: dict[int, float] = {}
    for dimension, weight in zip((1 + hashes % np.uint64(_DIMENSIONS)).tolist(), weights.tolist(), strict=True):
        vector[dimension] = vector.get(dimension, 0.0) + weight
    return vector


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _unpacked(text: str, dtype: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


@dataclass(frozen=True, slots=True)
class MilvusStore:
    """The rows of one index in an engine; implements Store. Its address ends with #COLLECTION/COURSE."""

    address: str

    def write(self, folder: Path, name: str, rows: NewRows) -> None:
        """Insert the rows of a segment, and write into its folder how many of them hold each token."""
        client = connect(self.address)
        client.make(rows.vectors.shape[1])
        first = _base(name)
        client.delete(f"place >= {first} and place < {first + (1 << _ROW_BITS)}")  # what an interrupted writer left
        postings: dict[str, list[dict[int, float]]] = {}
        for lexical, of_rows in rows.tokens.items():
            counted = count_tokens(of_rows, LEXICAL[lexical].usual_length)
            np.save(snapshot_path(folder, name) / f"{lexical}.vocabulary.npy", counted.vocabulary)
            np.save(snapshot_path(folder, name) / f"{lexical}.counts.npy", np.diff(counted.starts))
            owners = np.argsort(counted.rows, kind="stable")
            hashes = np.repeat(counted.vocabulary, np.diff(counted.starts))[owners]
            ends = np.cumsum(np.bincount(counted.rows, minlength=len(of_rows)))[:-1]
            pairs = zip(np.split(hashes, ends), np.split(counted.saturation[owners], ends), strict=True)
            postings[lexical] = [{0: 1.0} | _sparse(*pair) for pair in pairs]
        for start in range(0, len(rows.passages), _BATCH):
            places = range(start, min(start + _BATCH, len(rows.passages)))
            client.insert([_entity(client.course, first, row, rows, postings) for row in places])
        client.settle()

    def open(self, folder: Path, segments: Sequence[Segment], live: NDArray[np.bool_]) -> "MilvusRows":
        """The rows of these segments."""
        chain = Chain(np.cumsum([0, *(segment.rows for segment in segments)]).astype(np.int64), live)
        bases = np.array([_base(segment.name) for segment in segments], dtype=np.int64)
        reading = _Reading(connect(self.address), chain, bases)
        postings = {}
        for name in LEXICAL:
            paths = [snapshot_path(folder, segment.name) / name for segment in segments]
            vocabularies = [load_array(path.with_suffix(".vocabulary.npy")) for path in paths]
            counts = [load_array(path.with_suffix(".counts.npy")) for path in paths]
            flat = np.concatenate(vocabularies) if paths else np.zeros(0, np.uint64)
            vocabulary, ids = np.unique(flat, return_inverse=True)
            summed = np.bincount(ids, np.concatenate(counts) if paths else None, len(vocabulary)).astype(np.int64)
            postings[name] = SparsePostings(name, reading, vocabulary, summed)
        return MilvusRows(reading, postings)

    def sweep(self, folder: Path, keep: Collection[str]) -> None:  # noqa: ARG002
        """Delete the rows of segments that no snapshot in force names."""
        client = connect(self.address)
        if client.exists():
            kept = " or ".join(
                f"(place >= {_base(name)} and place < {_base(name) + (1 << _ROW_BITS)})" for name in keep
            )
            client.delete(f"not ({kept})" if kept else "place >= 0")


def new_course(dimension: int) -> str:
    """COLLECTION/COURSE of a new index: the collection that it shares with others, and its own partition key."""
    return f"tenkyo_{dimension}/{secrets.token_hex(6)}"


def _entity(
    course: str, first: int, row: int, rows: NewRows, postings: dict[str, list[dict[int, float]]]
) -> dict[str, Any]:
    passage = _passage_text(rows.passages[row])
    return {
        "id": hashlib.sha256(f"{course} {first} {passage}".encode()).hexdigest()[:32],
        "course": course,
        "place": first + row,
        "passage": passage,
        "words_in_order": _packed(rows.tokens["words"][row]),
        "sentences": [_packed(vector.astype("<f2")) for vector in rows.sentences[row]],
        "vector": rows.vectors[row].tolist(),
        **{name: of_rows[row] for name, of_rows in postings.items()},
    }


def _passage_text(passage: Passage) -> str:
    """A passage as JSON; raises TenkyoError for one that is longer than Milvus takes."""
    record = passage_to_json(passage)
    text = json.dumps(record, ensure_ascii=False)
    if _SURROGATE.search(text):  # names of files may contain bytes that are not UTF-8
        text = json.dumps(record)
    if len(text.encode()) > LONGEST_TEXT:
        raise TenkyoError(
            f"passage {passage.id} takes {len(text.encode()):,} bytes, a Milvus store at most {LONGEST_TEXT:,}; "
            "keep this index in faiss"
        )
    return text


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as read from the collection."""

    passage: str
    words: Tokens
    sentences: Vectors
    vector: Vectors


@dataclass(frozen=True, slots=True)
class _Reading:
    """Maps the rows of a snapshot to their places in the collection; `kept` caches rows by place."""

    client: Client
    chain: Chain
    bases: NDArray[np.int64]
    kept: dict[int, _Row] = field(default_factory=dict)

    def places(self, rows: Rows) -> list[int]:
        """The places of rows."""
        part = np.searchsorted(self.chain.firsts, rows, side="right") - 1
        return (np.asarray(rows) - self.chain.firsts[part] + self.bases[part]).tolist() if len(rows) else []

    def rows(self, places: Sequence[int]) -> Rows:
        """The rows at these places."""
        numbers = np.array(places, dtype=np.int64)
        order = np.argsort(self.bases)
        part = order[np.searchsorted(self.bases[order], numbers, side="right") - 1] if len(places) else order[:0]
        return numbers - self.bases[part] + self.chain.firsts[part]

    def filter(self, wanted: NDArray[np.bool_]) -> str:
        """The filter expression of Milvus for the rows that are `wanted`, shape (rows,)."""
        return (
            " or ".join(f"(place >= {first} and place <= {last})" for first, last in self._runs(wanted)) or "place < 0"
        )

    def _runs(self, wanted: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
        """The first and last place of each run of wanted rows, within segments."""
        for part in range(len(self.bases)):
            of_part = wanted[self.chain.firsts[part] : self.chain.firsts[part + 1]]
            changes = np.flatnonzero(np.diff(np.concatenate([[False], of_part, [False]]).astype(np.int8)))
            for first, end in changes.reshape(-1, 2).tolist():
                yield int(self.bases[part]) + first, int(self.bases[part]) + end - 1

    def read(self, rows: Rows) -> list[_Row]:
        """Read `rows`, from the cache if they are there."""
        places = self.places(rows)
        read = {place: kept for place in places if (kept := self.kept.get(place))}
        missing = [place for place in dict.fromkeys(places) if place not in read]
        for start in range(0, len(missing), _READ):
            for record in self.client.query(missing[start : start + _READ], _FIELDS):
                read[record["place"]] = _Row(
                    record["passage"],
                    _unpacked(record["words_in_order"], "<u8"),
                    np.stack([_unpacked(packed, "<f2") for packed in record["sentences"]]).astype(np.float32),
                    np.array(record["vector"], dtype=np.float32),
                )
        if lacking := set(places) - read.keys():
            raise self._gone(f"{len(lacking):,} passages")
        if len(self.kept) + len(missing) > _KEPT:
            self.kept.clear()
        self.kept.update({place: read[place] for place in missing[:_KEPT]})
        return [read[place] for place in places]

    def check(self) -> None:
        """Raise SnapshotGoneError where segments were deleted: they go as a whole, so the first row of each tells."""
        firsts = self.bases.tolist()
        held = sum(len(self.client.query(firsts[at : at + _READ], ["place"])) for at in range(0, len(firsts), _READ))
        if held < len(firsts):
            raise self._gone(f"{len(firsts) - held:,} segments")

    def _gone(self, lacking: str) -> SnapshotGoneError:
        return SnapshotGoneError(
            f"store {self.client.shown} lacks {lacking} of this snapshot; ask again, and if this stays, ingest the "
            "sources into a new folder"
        )


@dataclass(frozen=True, slots=True)
class SparsePostings:
    """Postings of one tokenizer in a sparse field; implements Postings. `counts`: rows, live or not, by token."""

    name: str
    reading: _Reading
    vocabulary: Tokens
    counts: NDArray[np.int64]
    live_counts: dict[int, int] = field(default_factory=dict)  # live rows by token, where some rows are dead

    def frequencies(self, hashes: Tokens) -> NDArray[np.int64]:
        """How many live rows hold each token."""
        places, known = self._find(hashes)
        total = np.zeros(len(hashes), np.int64)
        total[known] = self.counts[places[known]]
        live = self.reading.chain.live
        if live.all() or not known.any():
            return total
        uncounted = [token for token in hashes[known].tolist() if token not in self.live_counts]
        counted = dict(zip(hashes[known].tolist(), total[known].tolist(), strict=True))
        dead = self._holding(np.array(uncounted, dtype=np.uint64), self.reading.filter(~live))
        self.live_counts.update(
            {token: counted[token] - len(places) for token, places in zip(uncounted, dead, strict=True)}
        )
        total[known] = [self.live_counts[token] for token in hashes[known].tolist()]
        return total

    def _find(self, hashes: Tokens) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The place of each token in the vocabulary, and whether it is there."""
        places = np.searchsorted(self.vocabulary, hashes)
        known = places < len(self.vocabulary)
        known[known] = self.vocabulary[places[known]] == hashes[known]
        return places, known

    def first(self, hashes: Tokens, weights: Scores, k: int) -> Rows:
        """The `k` live rows with the highest sums above 0; Milvus chooses among rows that tie for the last place."""
        if not len(hashes):
            return np.zeros(0, np.int64)
        live = self.reading.filter(self.reading.chain.live)
        (hits,) = self.reading.client.search(self.name, [_sparse(hashes, weights)], min(k, MOST), live)
        return self.reading.rows([place for place, score in hits if score > 0])

    def scores(self, hashes: Tokens, weights: Scores, rows: Rows) -> Scores:
        """The sums of weight × saturated frequency for `rows`."""
        places, sums = self.reading.places(rows), dict[int, float]()
        for start in range(0, len(places) if len(hashes) else 0, _READ):
            wanted = places[start : start + _READ]
            vector = [_sparse(hashes, weights)]
            (hits,) = self.reading.client.search(self.name, vector, len(wanted), f"place in {wanted}")
            sums |= dict(hits)
        return np.array([sums.get(place, 0.0) for place in places], dtype=np.float32)

    def holding(self, hashes: Tokens) -> list[Rows]:
        """The live rows that hold each token, ascending; at most 16,384 of them."""
        of_tokens = self._holding(hashes, self.reading.filter(self.reading.chain.live))
        return [np.sort(self.reading.rows(places)) for places in of_tokens]

    def _holding(self, hashes: Tokens, rows: str) -> list[list[int]]:
        _, known = self._find(hashes)
        vectors = [_sparse(hashes[token : token + 1], np.ones(1, np.float32)) for token in np.flatnonzero(known)]
        hits = iter(self.reading.client.search(self.name, vectors, MOST, rows) if vectors else ())
        return [[place for place, score in next(hits) if score > 0] if is_known else [] for is_known in known]

    def tokens(self, rows: Rows) -> tuple[Tokens, NDArray[np.int64]]:
        """The tokens of `rows` in their order, and how many each row has."""
        read = self.reading.read(rows)
        if self.name == "words":
            of_rows = [row.words for row in read]
        else:
            tokenizer = LEXICAL[self.name].tokenizer
            passages = (passage_from_json(json.loads(row.passage)) for row in read)
            of_rows = [hash_tokens(tokenizer(passage.searchable)) for passage in passages]
        flat = np.concatenate(of_rows) if of_rows else np.zeros(0, np.uint64)
        return flat, np.array([len(row) for row in of_rows], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class MilvusRows:
    """The rows of a snapshot; implements StoredRows."""

    reading: _Reading
    postings: dict[str, SparsePostings]

    def nearest(self, vector: Vectors, k: int) -> Rows:
        """The `k` live rows with the highest cosines, nearly."""
        live = self.reading.filter(self.reading.chain.live)
        (hits,) = self.reading.client.search("vector", [vector.tolist()], min(k, MOST), live)
        return self.reading.rows([place for place, _ in hits])

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`."""
        read = self.reading.read(rows)
        return np.stack([row.vector for row in read]) if read else np.zeros((0, 0), np.float32)

    def sentences(self, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
        """The vectors of the sentences of `rows`, and how many each row has."""
        read = self.reading.read(rows)
        flat = np.concatenate([row.sentences for row in read]) if read else np.zeros((0, 0), np.float32)
        return flat, np.array([len(row.sentences) for row in read], dtype=np.int64)

    def passages(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """The passages of `rows` as JSON objects."""
        return [json.loads(row.passage) for row in self.reading.read(np.array(rows, dtype=np.int64))]

    def check(self) -> None:
        """Raise SnapshotGoneError where rows were deleted."""
        self.reading.check()

    def faults(self) -> list[str]:
        """Passages that the collection lacks, and vectors that are missing."""
        live = np.flatnonzero(self.reading.chain.live)
        places = self.reading.places(live)
        held = [
            record
            for start in range(0, len(places), _READ)
            for record in self.reading.client.query(places[start : start + _READ], _FIELDS)
        ]
        lengths = np.array([np.linalg.norm(record["vector"]) for record in held])
        bad = int(np.count_nonzero(~(np.abs(lengths - 1) <= 1e-2)))
        faults = [f"{len(places):,} passages, but the store holds {len(held):,}"] if len(held) < len(places) else []
        return [*faults, f"the vectors of {bad:,} passages are missing"] if bad else faults
