"""The index of passages on disk, opened for reading: vectors, lexical indexes, passages and documents."""

import json
import mmap
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever import text
from retriever.cross_lingual import terms
from retriever.fusion import Dense, Fusion, SentenceVectors, background_of, load_sentences, load_vectors
from retriever.index.snapshots import (
    START_AGAIN,
    IndexFolderError,
    IndexMissingError,
    StoredManifest,
    current_snapshot,
    open_snapshot,
)
from retriever.lexical import bm25
from retriever.lexical.abbreviations import Definition
from retriever.lexical.aliases import Aliases, aliases_of
from retriever.reranker import DEPTH, Reranker
from retriever.types import Cell, Cites, DocumentRecord, Encoder, Hit, Passage, Query, Run, Vectors

DEFINITIONS = "definitions.jsonl"
CROSS_LINGUAL = "abroad"  # directory name on disk, kept from before the rename
TOKENIZERS: dict[str, Callable[[str], list[str]]] = {
    "words": text.words,
    "pairs": text.character_pairs,
    CROSS_LINGUAL: terms.tokens,
}


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


@dataclass(frozen=True, slots=True)
class Index:
    """One snapshot of an index. Safe to use from several threads; stays whole while a newer one is written."""

    folder: Path
    snapshot_name: str
    manifest: StoredManifest
    documents: dict[str, DocumentRecord]
    passages: JsonLines
    bodies: JsonLines
    body_rows: dict[str, int]  # by document id
    dense: Dense | None  # None for an index without passages
    words: bm25.Bm25
    pairs: bm25.Bm25
    cross_lingual: bm25.Bm25  # terms of the passages in other languages
    sentences: SentenceVectors
    fusion: Fusion | None
    aliases: Aliases
    only: NDArray[np.bool_] | None = None  # the rows that are searched, shape (passages,); None: all

    def within(self, document_ids: Collection[str]) -> "Index":
        """A view that searches only these documents (and only rows in `only`); IDF stays that of the whole index."""
        only = np.zeros(len(self.passages), dtype=bool)
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
        if self.fusion is None:
            return []
        if reranker is None:
            return self.hits(self._run(self.fusion, query, k))
        return reranker.rerank(query.text, self.hits(self._run(self.fusion, query, max(k, DEPTH))))[:k]

    def _run(self, fusion: Fusion, query: Query, k: int) -> Run:
        if self.only is None:
            return fusion.retrieve(query, k)
        run = fusion.retrieve(query, len(self.only))
        kept = self.only[run.rows]
        return Run(run.rows[kept][:k], run.scores[kept][:k], None if run.parts is None else run.parts[kept][:k])

    def hits(self, run: Run) -> list[Hit]:
        """The hits of a run."""
        parts = ((),) * len(run.rows) if run.parts is None else map(tuple, run.parts.tolist())
        hits = [
            Hit(self.passage(int(row)), float(score), 0, int(row), parts=summands)
            for row, score, summands in zip(run.rows, run.scores, parts, strict=True)
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.id))
        return [replace(hit, rank=rank) for rank, hit in enumerate(hits, 1)]

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        return passage_from_json(self.passages[row])

    def passages_of(self, document_id: str) -> list[Passage]:
        """The passages of a document in their order; empty for an unknown id."""
        record = self.documents.get(document_id)
        return [self.passage(row) for row in range(record.first, record.first + record.count)] if record else []

    def sentences_near(
        self, document_id: str, vector: Vectors, count: int
    ) -> Iterator[tuple[Passage, int, int, float]]:
        """The `count` sentences of a document nearest to a vector: passage, start and end in it, cosine."""
        record, (vectors, offsets) = self.documents[document_id], (self.sentences.vectors, self.sentences.offsets)
        first, last = int(offsets[record.first]), int(offsets[record.first + record.count])
        cosines = vectors[first:last].astype(np.float32) @ vector
        for place in np.argsort(-cosines, kind="stable")[:count]:
            row = int(np.searchsorted(offsets, first + place, side="right")) - 1
            passage = self.passage(row)
            yield passage, *passage.quotable[first + int(place) - int(offsets[row])], float(cosines[place])

    def body_of(self, document_id: str) -> Any:
        """What was stored with a document when it was added; KeyError for an unknown id."""
        return self.bodies[self.body_rows[document_id]]


def open_index(folder: Path) -> Index:
    """Open the current snapshot of the index in `folder`.

    Raises IndexMissingError where there is none, IndexFolderError where it is damaged or of another format.
    """
    while True:
        name = current_snapshot(folder)
        if name is None:
            raise IndexMissingError(f"no index in {folder}; make one with: tenkyo ingest SOURCE --index {folder}")
        try:
            return _open(folder, name)
        except (FileNotFoundError, IndexFolderError) as error:
            if current_snapshot(folder) != name:
                continue  # a writer has put a newer snapshot in force and swept this one away
            if isinstance(error, IndexFolderError):
                raise
            raise IndexFolderError(f"index {folder}: {error.filename} is missing; {START_AGAIN}") from error


def _open(folder: Path, name: str) -> Index:
    path, manifest = open_snapshot(folder, name)
    try:
        documents = [DocumentRecord(**record) for record in _all(open_lines(path / "documents.jsonl"))]
        passages = open_lines(path / "passages.jsonl")
        lexical = {key: bm25.load(path / key, tokenizer) for key, tokenizer in TOKENIZERS.items()}
        vectors = load_vectors(path / "vectors.faiss") if len(passages) else None
        bodies = open_lines(path / "bodies.jsonl")
        groups = np.load(path / "groups.npy")
        aliases = aliases_of(_definitions(path, manifest), {record.id: record for record in documents})
        single = load_sentences(path / "sentences")
        fusion = None
        if vectors:
            background = background_of(vectors, single, [(of, kind) for of, kind in manifest["groups"]], groups)
            fusion = Fusion(vectors, single, lexical["words"], lexical["pairs"], lexical[CROSS_LINGUAL], background)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise IndexFolderError(f"index {folder}: {path} is damaged ({type(error).__name__}); {START_AGAIN}") from error
    return Index(
        folder=folder,
        snapshot_name=name,
        manifest=manifest,
        documents={record.id: record for record in documents},
        passages=passages,
        bodies=bodies,
        body_rows={record.id: row for row, record in enumerate(documents)},
        dense=vectors,
        words=lexical["words"],
        pairs=lexical["pairs"],
        cross_lingual=lexical[CROSS_LINGUAL],
        sentences=single,
        fusion=fusion,
        aliases=aliases,
    )


def _definitions(path: Path, manifest: StoredManifest) -> list[tuple[str, Definition]]:
    """What the documents define, each with its document's id; none where nothing was kept."""
    if DEFINITIONS not in manifest["files"]:
        return []
    kept = _all(open_lines(path / DEFINITIONS))
    return [(stored["document_id"], Definition(tuple(stored["forms"]), stored["local"])) for stored in kept]


def _all(lines: JsonLines) -> Iterator[Any]:
    return (lines[row] for row in range(len(lines)))


def check_encoder(index: Index, encoder_name: str) -> None:
    """Raise IndexFolderError unless the index was built with the encoder called `encoder_name`."""
    built_with = index.manifest["encoder"]
    if built_with != encoder_name:
        raise IndexFolderError(
            f"index {index.folder} was built with the encoder {built_with!r}, not {encoder_name!r}; "
            f"use --encoder {built_with}, or another folder with --index"
        )


def passage_from_json(record: dict[str, Any]) -> Passage:
    """A passage from what `passage_to_json` made."""
    for name in ("page_starts", "sentences"):
        record[name] = tuple((int(first), int(second)) for first, second in record.get(name, ()))
    if "cites" in record:
        record["cites"] = tuple(Cites(**{**cite, "numbers": tuple(cite["numbers"])}) for cite in record["cites"])
    record["cells"] = tuple(Cell(**cell) for cell in record.get("cells", ()))
    return Passage(**record)


def passage_to_json(passage: Passage) -> dict[str, Any]:
    """A passage as a JSON object, without the fields that are empty."""
    empty = ("", None, ())
    return {key: value for key, value in asdict(passage).items() if value not in empty}


def write_lines(path: Path, records: Iterable[Any]) -> None:
    """Write `records` to `path`, and the offsets of their lines beside it."""
    offsets = [0]
    with path.open("wb") as file:
        for record in records:
            # file names may contain surrogates: bytes that are not UTF-8
            line = json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
            offsets.append(offsets[-1] + file.write(line))
    np.save(path.with_suffix(".offsets.npy"), np.array(offsets, dtype=np.int64))


def open_lines(path: Path) -> JsonLines:
    """Open what `write_lines` wrote."""
    with path.open("rb") as file:
        empty = path.stat().st_size == 0  # an empty file cannot be mapped
        data = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return JsonLines(data, np.load(path.with_suffix(".offsets.npy")))
