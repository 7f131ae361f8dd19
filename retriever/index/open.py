"""The index of passages on disk, opened for reading: vectors, lexical indexes, passages and documents."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever import text
from retriever.arrays import load_array
from retriever.fusion import Fusion, background_of, sentences_of
from retriever.index.snapshots import (
    START_AGAIN,
    IndexFolderError,
    IndexMissingError,
    StoredManifest,
    current_snapshot,
    open_snapshot,
    snapshot_path,
    staged_snapshot,
)
from retriever.index.stored_rows import ChainedLines, open_lines, passage_from_json
from retriever.lexical.abbreviations import Definition
from retriever.lexical.aliases import Aliases, aliases_of
from retriever.lexical.bm25 import Bm25
from retriever.reranker import DEPTH, Reranker
from retriever.store import FAISS, LEXICAL, Segment, Store, StoredRows
from retriever.types import DocumentRecord, Encoder, Hit, Passage, Query, Run, TenkyoError, Vectors

DOCUMENTS, DEFINITIONS = "documents.jsonl", "definitions.jsonl"
_MILVUS = re.compile(r"milvus://[A-Za-z0-9.\-]+:[0-9]{1,5}/[A-Za-z0-9_]+|milvus-lite:///[^#\x00]+\.db")


@dataclass(frozen=True, slots=True)
class Index:
    """One snapshot of an index. Safe to use from several threads; stays whole while a newer one is written."""

    folder: Path
    snapshot_name: str
    manifest: StoredManifest
    documents: dict[str, DocumentRecord]
    bodies: ChainedLines
    body_rows: dict[str, int]  # by document id
    store: Store
    stored: StoredRows  # the passages with their vectors, sentences and tokens
    words: Bm25
    pairs: Bm25
    cross_lingual: Bm25  # terms of the passages in other languages
    fusion: Fusion
    aliases: Aliases
    only: NDArray[np.bool_] | None = None  # the rows that are searched, shape (rows,); None: all

    @property
    def row_count(self) -> int:
        """The number of rows, those of removed passages included."""
        return len(self.fusion.background.groups)

    def within(self, document_ids: Collection[str]) -> "Index":
        """A view that searches only these documents (and only rows in `only`); IDF stays that of the whole index."""
        only = np.zeros(self.row_count, dtype=bool)
        for record in (self.documents[document_id] for document_id in document_ids):
            only[record.first : record.first + record.count] = True
        if self.only is not None:
            only &= self.only
        return replace(self, only=only)

    def query(self, question: str, encoder: Encoder) -> Query:
        """The query of a question: its text, its language and its vector.

        A Chinese question is encoded in Japanese characters unless there are Chinese passages: the names that it
        shares with Japanese text are then the same words to the encoder too (measured: tests/benchmarks/LOG.md).
        """
        language = text.language_of(question)
        chinese_only_in_question = language == "zh" and not any(of == "zh" for of, _ in self.manifest["groups"])
        encoded = text.japanese_forms(question) if chinese_only_in_question else question
        return Query(question, language, encoder.encode_queries([encoded])[0], self.aliases.of(question))

    def part_of(self, query: Query, text: str) -> Query:
        """The query of a part of a question, with the vector of the whole one."""
        return query if text == query.text else replace(query, text=text, aliases=self.aliases.of(text))

    def search(self, query: Query, k: int, reranker: Reranker | None = None) -> list[Hit]:
        """At most `k` hits, best first; equal scores by passage id. A reranker orders the first ones anew."""
        if not self.manifest["passages"]:
            return []
        only = None if self.only is None else np.flatnonzero(self.only)
        if reranker is None:
            return self.hits(self.fusion.retrieve(query, k, only))
        return reranker.rerank(query.text, self.hits(self.fusion.retrieve(query, max(k, DEPTH), only)))[:k]

    def hits(self, run: Run) -> list[Hit]:
        """The hits of a run."""
        rows = run.rows.tolist()
        parts = ((),) * len(rows) if run.parts is None else map(tuple, run.parts.tolist())
        hits = [
            Hit(passage_from_json(record), float(score), 0, row, parts=summands)
            for record, row, score, summands in zip(self.stored.passages(rows), rows, run.scores, parts, strict=True)
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.id))
        return [replace(hit, rank=rank) for rank, hit in enumerate(hits, 1)]

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        return passage_from_json(self.stored.passages([row])[0])

    def sentences_of(self, row: int) -> Vectors:
        """The vectors of the sentences of a row, in order, shape (sentences, dimension)."""
        return self.stored.sentences(np.array([row]))[0]

    def passages_of(self, document_id: str) -> list[Passage]:
        """The passages of a document in their order; empty for an unknown id."""
        record = self.documents.get(document_id)
        rows = range(record.first, record.first + record.count) if record else ()
        return [passage_from_json(record) for record in self.stored.passages(rows)]

    def sentences_near(
        self, document_id: str, vector: Vectors, count: int
    ) -> Iterator[tuple[Passage, int, int, float]]:
        """The `count` sentences of a document nearest to a vector: passage, start and end in it, cosine."""
        record = self.documents[document_id]
        vectors, starts = sentences_of(self.stored, np.arange(record.first, record.first + record.count))
        cosines = vectors @ vector
        for place in np.argsort(-cosines, kind="stable")[:count].tolist():
            of_row = int(np.searchsorted(starts, place, side="right")) - 1
            passage = self.passage(record.first + of_row)
            yield passage, *passage.quotable[place - int(starts[of_row])], float(cosines[place])

    def body_of(self, document_id: str) -> Any:
        """What was stored with a document when it was added; KeyError for an unknown id."""
        return self.bodies[self.body_rows[document_id]]


def open_index(folder: Path, store: str | None = None) -> Index:
    """Open the current snapshot of the index in `folder`, whose rows are in its own store or at the address `store`.

    Raises IndexMissingError where there is none, IndexFolderError where it is damaged or of another format,
    StoreAwayError where its store does not answer.
    """
    while True:
        name = current_snapshot(folder)
        if name is None:
            raise IndexMissingError(f"no index in {folder}; make one with: tenkyo ingest SOURCE --index {folder}")
        try:
            return _open(folder, name, store)
        except (FileNotFoundError, IndexFolderError) as error:
            if current_snapshot(folder) != name:
                continue  # a writer has put a newer snapshot in force and swept this one away
            if isinstance(error, IndexFolderError):
                raise
            raise IndexFolderError(f"index {folder}: {error.filename} is missing; {START_AGAIN}") from error
        except OSError as error:
            place, why = error.filename or "a file", error.strerror or error
            raise IndexFolderError(f"index {folder}: {place} cannot be read ({why})") from error


def open_if_there(folder: Path) -> Index | None:
    """Open the index in `folder`; None where there is none. Raises as `open_index` does."""
    try:
        return open_index(folder)
    except IndexMissingError:
        return None


def open_staged(folder: Path, run: str) -> Index | None:
    """Open what `run` has written so far; None where it must begin anew."""
    name = staged_snapshot(folder, run)
    try:
        return _open(folder, name, None) if name else None
    except (FileNotFoundError, IndexFolderError):
        return None


def _open(folder: Path, name: str, address: str | None) -> Index:
    manifest = open_snapshot(folder, name)
    path = snapshot_path(folder, name)
    store = store_of(folder, manifest, address)
    try:
        records = {record["id"]: DocumentRecord(**record) for record in open_lines(path / DOCUMENTS).all()}
        live = live_rows(records.values(), sum(segment["rows"] for segment in manifest["segments"]))
        segments = [snapshot_path(folder, segment["name"]) for segment in manifest["segments"]]
        bodies = ChainedLines([open_lines(segment / "bodies.jsonl") for segment in segments])
        body_rows = dict(zip(records, load_array(path / "bodies.npy").tolist(), strict=True))
        groups = load_array(path / "groups.npy")
        aliases = aliases_of(_definitions(folder, manifest, records), records)
        with_rows = [Segment(entry["name"], entry["rows"]) for entry in manifest["segments"] if entry["rows"]]
        stored = store.open(folder, with_rows, live)
        names = [(of, kind) for of, kind in manifest["groups"]]
        background = background_of(stored, names, groups, live)
    except (FileNotFoundError, TenkyoError):
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise IndexFolderError(f"index {folder}: {path} is damaged ({type(error).__name__}); {START_AGAIN}") from error
    words, pairs, cross_lingual = (
        Bm25(lexical.tokenizer, stored.postings[key], manifest["passages"]) for key, lexical in LEXICAL.items()
    )
    return Index(
        folder=folder,
        snapshot_name=name,
        manifest=manifest,
        documents=records,
        bodies=bodies,
        body_rows=body_rows,
        store=store,
        stored=stored,
        words=words,
        pairs=pairs,
        cross_lingual=cross_lingual,
        fusion=Fusion(stored, words, pairs, cross_lingual, background),
        aliases=aliases,
    )


def store_of(folder: Path, manifest: StoredManifest, address: str | None) -> Store:
    """The store of an index, or the one at `address`, which must be of the same kind (the same rows, moved).

    Raises IndexFolderError where it is of another kind.
    """
    own, _, collection = manifest["store"].partition("#")
    address = address and address.partition("#")[0]
    if not address:
        return store_at(manifest["store"])
    if address.partition(":")[0] != own.partition(":")[0]:
        raise IndexFolderError(
            f"index {folder} keeps its passages in {own}, not in {address}; leave --store out, or name another folder "
            "with --index"
        )
    return store_at(f"{address}#{collection}" if collection else address)


def live_rows(records: Iterable[DocumentRecord], rows: int) -> NDArray[np.bool_]:
    """Which of `rows` belong to one of the documents, shape (rows,)."""
    live = np.zeros(rows, dtype=bool)
    for record in records:
        live[record.first : record.first + record.count] = True
    return live


def _definitions(
    folder: Path, manifest: StoredManifest, records: Mapping[str, DocumentRecord]
) -> Iterator[tuple[str, Definition]]:
    """What the documents define, each with its document's id; not what earlier texts of a document defined."""
    first = 0
    for segment in manifest["segments"]:
        last = first + segment["rows"]
        path = snapshot_path(folder, segment["name"]) / DEFINITIONS
        for stored in open_lines(path).all() if path.exists() else ():
            record = records.get(stored["document_id"])
            if record is not None and first <= record.first < last:
                yield record.id, Definition(tuple(stored["forms"]), stored["local"])
        first = last


def store_at(address: str) -> Store:
    """The store that `address` names: "faiss", milvus://HOST:PORT/DATABASE or milvus-lite:///PATH.db.

    An address of Milvus may end with #COLLECTION; without one, it is for a new index. Raises TenkyoError for another
    address, and where the client library is not installed.
    """
    if address == FAISS:
        from retriever.index.segments import FaissStore

        return FaissStore()
    shown, _, collection = address.partition("#")
    if not _MILVUS.fullmatch(shown):
        raise TenkyoError(
            f"store {shown!r} is not faiss, milvus://HOST:PORT/DATABASE or milvus-lite:///PATH.db; "
            "name one of these with --store"
        )
    from retriever.index.milvus import MilvusStore, new_collection
    from retriever.index.milvus_client import check_installed

    check_installed()
    return MilvusStore(f"{shown}#{collection or new_collection()}")


def check_encoder(index: Index, encoder_name: str) -> None:
    """Raise IndexFolderError unless the index was built with the encoder called `encoder_name`."""
    built_with = index.manifest["encoder"]
    if built_with != encoder_name:
        raise IndexFolderError(
            f"index {index.folder} was built with the encoder {built_with!r}, not {encoder_name!r}; "
            f"use --encoder {built_with}, or another folder with --index"
        )
