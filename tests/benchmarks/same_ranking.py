"""Whether Milvus Lite ranks like FAISS files over Japanese text: JSQuAD's paragraphs, JaQuAD's, and made ones.

    python -m tests.benchmarks.same_ranking [--encoder] [PASSAGES] [QUESTIONS] [FOLDER]
                                                                  (10000 300; ../shared/data, a new folder)

Asks evenly chosen questions of JSQuAD and all development questions. Prints for Milvus Lite, with exact search of
vectors (FLAT) and with a graph (HNSW, as on a server): how many questions have the same top ten as FAISS files, and how
many have them in the same order; how many of JSQuAD's find their paragraph among five. A search takes Milvus Lite
seconds over 100,000 passages, so it is asked for the candidates of all questions in a few calls (nearest vectors, best
sums of words and of pairs) and these are scored from the files; a few questions are asked of it alone, with the largest
difference of a score. Terms of other languages are looked up in the files. Vectors count letters
(tests.retriever.letters), as encoding 100,000 passages takes six hours; with --encoder, they are those of the encoder
that ships. What FOLDER has already is asked again.
"""

import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np

from ingest.document import Block, Document, hash_document
from ingest.indexes.merging import merge
from ingest.passages import RULES
from ingest.runs.ingest_plan import IngestPlan
from retriever.encoder import DEFAULT_ENCODER, open_encoder
from retriever.index import milvus_client
from retriever.index.build import update
from retriever.index.milvus import _sparse
from retriever.index.open import open_if_there, open_index
from retriever.index.search import Index, IndexEncoder
from retriever.index.snapshots import writing
from retriever.lexical.bm25 import Postings, Rows, Scores, Tokens
from retriever.store import StoredRows
from retriever.types import Encoder, Hit, Query, Vectors
from tests.benchmarks.retrieval import PASSAGES_A_DOCUMENT, SHARED, made_documents
from tests.retriever.letters import LetterEncoder, NoProgress

_BATCH = 5000  # passages written at a time
_DEPTH = 50  # candidates of each retriever (retriever.fusion)
_AT_ONCE = 50  # questions asked in one call
_ALONE = 10  # questions asked of Milvus Lite alone
_TOLD = 5  # differing questions that are shown


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the id of the document that it was written for ("": unknown)."""

    text: str
    document_id: str = ""


@dataclass(slots=True)
class Likeness:
    """How far the hits of Milvus Lite's candidates are those of FAISS files."""

    asked: int = 0
    same_order: int = 0
    same_ten: int = 0
    found: int = 0  # questions whose document is known and among the first five
    differing: list[str] = field(default_factory=list)

    def add(self, asked: Asked, files: Sequence[Hit], hits: Sequence[Hit]) -> None:
        """Count one question with its hits from both."""
        self.asked += 1
        ids, of_files = ([hit.passage.id for hit in ranked] for ranked in (hits, files))
        self.same_order += ids == of_files
        self.same_ten += set(ids) == set(of_files)
        self.found += bool(asked.document_id) and is_found(asked, hits)
        if ids != of_files:
            self.differing.append(f"{asked.text}: {of_files} in files, {ids} in Milvus Lite")


class Requests:
    """What questions ask of a store for their candidates, and its answers once they are told."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, bytes], Any] = {}  # by field and vector: the vector as Milvus takes it
        self.told: dict[tuple[str, bytes], Rows] = {}
        self.fields: set[str] = set()  # of which all requests have been answered

    def within(self, files: Index) -> Index:
        """The index with candidates from here: as they are told, else its own, and noted."""
        stored = cast("StoredRows", _Candidates(self, "vector", files.stored))
        words, pairs = (
            replace(bm25, postings=cast("Postings", _Candidates(self, name, bm25.postings)))
            for name, bm25 in (("words", files.words), ("pairs", files.pairs))
        )
        return replace(files, fusion=replace(files.fusion, stored=stored, words=words, pairs=pairs))

    def tell(self, name: str, files: Index, lite: Index) -> None:
        """Have Milvus Lite answer what was asked of one field, many questions in a call."""
        client, reading = milvus_client.connect(lite.store.address), lite.stored.postings["words"].reading  # type: ignore[attr-defined]
        rows = _rows_in(files, lite)
        self.fields.add(name)
        keys = [key for key in self.asked if key[0] == name]
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            live = reading.filter(reading.chain.live)
            answers = client.search(name, [self.asked[key] for key in some], _DEPTH, live)
            for key, hits in zip(some, answers, strict=True):
                self.told[key] = rows[reading.rows([number for number, score in hits if name == "vector" or score > 0])]
            print(name, start + len(some), f"{time.process_time():.0f} s", file=sys.stderr, flush=True)


class _Candidates:
    """A part of the files' rows whose candidates come from `requests`."""

    def __init__(self, requests: Requests, name: str, part: Any) -> None:
        self._requests, self._name, self._part = requests, name, part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)

    def nearest(self, vector: Vectors, k: int) -> Rows:
        """The nearest rows."""
        return self._answer(vector.tobytes(), vector.tolist(), lambda: self._part.nearest(vector, k))

    def first(self, hashes: Tokens, weights: Scores, k: int) -> Rows:
        """The rows with the highest sums."""
        if not len(hashes):
            return np.zeros(0, np.int64)
        vector = _sparse(hashes, weights)
        return self._answer(repr(vector).encode(), vector, lambda: self._part.first(hashes, weights, k))

    def _answer(self, key: bytes, vector: Any, own: Callable[[], Rows]) -> Rows:
        if self._name in self._requests.fields:
            return self._requests.told[self._name, key]
        self._requests.asked[self._name, key] = vector
        return own()


def _rows_in(files: Index, lite: Index) -> Rows:
    """The row in the files of each row of Milvus Lite."""
    rows = np.full(lite.row_count, -1, np.int64)
    for document_id, record in lite.documents.items():
        first = files.documents[document_id].first
        rows[record.first : record.first + record.count] = np.arange(first, first + record.count)
    return rows


def is_found(asked: Asked, hits: Sequence[Hit]) -> bool:
    """Whether the question's document is among the first five hits."""
    return any(hit.passage.document_id == asked.document_id for hit in hits[:5])


def corpus(passages: int) -> tuple[list[Document], list[Asked]]:
    """Documents of so many passages (JSQuAD's paragraphs each one), and the questions of JSQuAD."""
    data = json.loads((SHARED / "data" / "jsquad-valid-v1.3.json").read_text(encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in data for paragraph in article["paragraphs"]]
    documents = [
        _document(f"q{number}", [paragraph["context"].replace(" [SEP] ", "\n")])
        for number, paragraph in enumerate(paragraphs)
    ]
    questions = [
        Asked(asked["question"], f"q{number}")
        for number, paragraph in enumerate(paragraphs)
        for asked in paragraph["qas"]
    ]
    more = list(islice(_paragraphs_of_jaquad(), passages - len(documents)))
    starts = range(0, len(more), PASSAGES_A_DOCUMENT)
    documents += [_document(f"j{start}", more[start : start + PASSAGES_A_DOCUMENT]) for start in starts]
    return documents + made_documents(passages - len(paragraphs) - len(more)), questions


def _document(name: str, paragraphs: Sequence[str]) -> Document:
    return Document(name, name, f"/made/{name}", tuple(Block("paragraph", text) for text in paragraphs))


def _paragraphs_of_jaquad() -> Iterator[str]:
    with gzip.open(SHARED / "data" / "reading" / "jaquad.passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line)["text"] for line in lines)


def development_questions() -> list[Asked]:
    """All of them, in four languages."""
    paths = sorted((SHARED / "data").glob("*_dev.jsonl"))
    return [Asked(json.loads(line)["question"]) for path in paths for line in path.read_text("utf-8").splitlines()]


def indexed(folder: Path, documents: Sequence[Document], encoder: Encoder) -> Index:
    """An index in FAISS files of the documents, made in batches; one that is there already is gone on with."""
    index = open_if_there(folder)
    waiting = [document for document in documents if index is None or document.id not in index.documents]
    while waiting:
        plan = IngestPlan(dict(index.documents) if index else {})
        passages = 0
        while waiting and passages < _BATCH:
            document = waiting.pop(0)
            passages += len(document.blocks)
            plan.take(document, hash_document(document), own_id=True)
        entries = plan.entries()
        with writing(folder):
            update(folder, index, encoder, entries=entries, removed=(), passage_rules=RULES, progress=NoProgress())
        index = open_index(folder)
        print(f"FAISS files: {index.manifest['passages']:,} passages", file=sys.stderr, flush=True)
    assert index is not None
    return index


def copied(files: Index, folder: Path) -> Index:
    """The same passages in Milvus Lite, with the same tokens and vectors."""
    if open_if_there(folder / "lite") is None:
        merge(folder / "lite", [files.folder], store=f"milvus-lite://{folder}/rows.db", progress=NoProgress())
    return open_index(folder / "lite")


def use_graph(client: milvus_client.Client) -> None:
    """Give the vectors in Milvus Lite the kind of index that they have on a server."""
    engine = client._connected()  # no command of Tenkyo changes the kind
    engine.release_collection(client.collection)
    engine.drop_index(client.collection, "vector")
    graph = engine.prepare_index_params()
    graph.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 32, "efConstruction": 200})
    engine.create_index(client.collection, graph)
    engine.load_collection(client.collection)


def hits_of(index: Index, queries: Sequence[Query]) -> list[list[Hit]]:
    """The first ten passages for each query."""
    return [index.search(query, 10) for query in queries]


def report(
    title: str, questions: Sequence[Asked], of_files: Sequence[Sequence[Hit]], hits: Sequence[Sequence[Hit]]
) -> None:
    """Print how alike the hits are."""
    likeness = Likeness()
    for row in zip(questions, of_files, hits, strict=True):
        likeness.add(*row)
    known = sum(bool(asked.document_id) for asked in questions)
    hit_at_5 = f", hit@5 {likeness.found / known:.4f}" if known else ""
    print(
        f"{title}: {likeness.asked} questions, the same top ten {likeness.same_ten}, in order {likeness.same_order}"
        f"{hit_at_5}"
    )
    print("".join(f"    {line}\n" for line in likeness.differing[:_TOLD]), end="", flush=True)


def report_whole(
    questions: Sequence[Asked], queries: Sequence[Query], of_files: Sequence[Sequence[Hit]], lite: Index
) -> None:
    """Print how alike hits and scores are where Milvus Lite does all of a search."""
    begun = time.process_time()
    hits = hits_of(lite, queries)
    seconds = time.process_time() - begun
    report("asked alone", questions, of_files, hits)
    scores = [{hit.passage.id: hit.score for hit in ranked} for ranked in of_files]
    pairs = [
        (hit.score, known.get(hit.passage.id)) for ranked, known in zip(hits, scores, strict=True) for hit in ranked
    ]
    largest = max(abs(score - other) for score, other in pairs if other is not None)
    print(f"    largest difference of a score {largest:.1e}, CPU a search {1000 * seconds / len(questions):.0f} ms")


def main(passages: int, count: int, folder: Path, encoder: Encoder) -> None:
    """Make both indexes and ask both."""
    milvus_client._SECONDS = 600.0  # a call takes Milvus Lite long on a busy machine
    documents, of_jsquad = corpus(passages)
    of_jsquad = of_jsquad[:: max(1, len(of_jsquad) // max(1, count))][:count]
    files = indexed(folder / "files", documents, encoder)
    lite = copied(files, folder)
    print(f"{lite.manifest['passages']:,} passages")
    sets = {"JSQuAD": of_jsquad, "development": development_questions()}
    requests = Requests()
    queries = {
        name: [files.query(asked.text, encoder) for asked in questions] for name, questions in sets.items()
    }  # encoded once
    of_files = {name: hits_of(requests.within(files), of_set) for name, of_set in queries.items()}
    report("FAISS files, JSQuAD", of_jsquad, of_files["JSQuAD"], of_files["JSQuAD"])
    for kind in ("FLAT", "HNSW"):
        if kind == "HNSW":
            use_graph(milvus_client.connect(lite.store.address))
        for name in ("vector",) if kind == "HNSW" else ("vector", "words", "pairs"):
            requests.tell(name, files, lite)
        for name, questions in sets.items():
            report(f"{kind}, {name}", questions, of_files[name], hits_of(requests.within(files), queries[name]))
    step = len(of_jsquad) // _ALONE
    report_whole(of_jsquad[::step], queries["JSQuAD"][::step], of_files["JSQuAD"][::step], lite)


if __name__ == "__main__":
    words = sys.argv[1:]
    own = IndexEncoder(DEFAULT_ENCODER, 384, open_encoder) if "--encoder" in words else LetterEncoder()
    numbers = [word for word in words if word != "--encoder"]
    given = [*numbers, *("10000", "300")[len(numbers) :]]
    with tempfile.TemporaryDirectory() as made:
        main(int(given[0]), int(given[1]), Path(given[2] if len(given) > 2 else made), own)
