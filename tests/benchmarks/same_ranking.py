"""Whether Milvus Lite ranks like FAISS files over Japanese text: JSQuAD's paragraphs, JaQuAD's, and made ones.

    python -m tests.benchmarks.same_ranking [PASSAGES] [QUESTIONS] [FOLDER]   (10000 300; ../shared/data, a new folder)

Asks evenly chosen questions of JSQuAD and all development questions. Prints for Milvus Lite, with exact search of
vectors (FLAT) and with a graph (HNSW, as on a server): how many questions have the same top ten as FAISS files, and how
many have them in the same order; how many of JSQuAD's find their paragraph among five; the largest difference of a
score. Vectors count letters (tests.retriever.letters), as encoding 100,000 passages takes six hours; words, pairs and
cross-lingual terms are real. Indexes that FOLDER has already are asked again.
"""

import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ingest.document import Block, Document, hash_document
from ingest.merging import merge
from ingest.passages import RULES
from ingest.sources.ingest_plan import IngestPlan
from retriever.index import milvus_client
from retriever.index.build import update
from retriever.index.open import open_if_there, open_index
from retriever.index.search import Index
from retriever.index.snapshots import writing
from retriever.types import Hit
from tests.benchmarks.retrieval import PASSAGES_A_DOCUMENT, SHARED, made_documents
from tests.retriever.letters import LetterEncoder, NoProgress

_BATCH = 5000  # passages written at a time
_TOLD = 5  # differing questions that are shown


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the id of the document that it was written for ("": unknown)."""

    text: str
    document_id: str = ""


@dataclass(slots=True)
class Likeness:
    """How far Milvus Lite's hits are those of FAISS files."""

    asked: int = 0
    same_order: int = 0
    same_ten: int = 0
    found: int = 0  # questions whose document is known and among the first five
    largest: float = 0.0
    seconds: float = 0.0  # of a processor
    differing: list[str] = field(default_factory=list)

    def add(self, asked: Asked, files: Sequence[Hit], hits: Sequence[Hit]) -> None:
        """Count one question with its hits from both."""
        self.asked += 1
        ids, of_files = ([hit.passage.id for hit in ranked] for ranked in (hits, files))
        self.same_order += ids == of_files
        self.same_ten += set(ids) == set(of_files)
        self.found += bool(asked.document_id) and is_found(asked, hits)
        scores = {hit.passage.id: hit.score for hit in files}
        self.largest = max([self.largest, *(abs(hit.score - scores.get(hit.passage.id, hit.score)) for hit in hits)])
        if ids != of_files:
            self.differing.append(f"{asked.text}: {of_files} in files, {ids} in Milvus Lite")


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


def indexed(folder: Path, documents: Sequence[Document]) -> Index:
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
        entries, encoder = plan.entries(), LetterEncoder()
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


def use_graph(lite: Index) -> None:
    """Give the vectors of an index in Milvus Lite the kind of index that they have on a server."""
    client = milvus_client.connect(lite.store.address)
    engine = client._connected()  # no command of Tenkyo changes the kind
    engine.release_collection(client.collection)
    engine.drop_index(client.collection, "vector")
    graph = engine.prepare_index_params()
    graph.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 32, "efConstruction": 200})
    engine.create_index(client.collection, graph)
    engine.load_collection(client.collection)


def compare(files: Sequence[Sequence[Hit]], lite: Index, questions: Sequence[Asked]) -> Likeness:
    """Ask Milvus Lite what was asked of the files."""
    likeness = Likeness()
    for asked, of_files in zip(questions, files, strict=True):
        query = lite.query(asked.text, LetterEncoder())
        begun = time.process_time()
        hits = lite.search(query, 10)
        likeness.seconds += time.process_time() - begun
        likeness.add(asked, of_files, hits)
        if likeness.asked % 50 == 0:
            print(likeness.asked, likeness.same_order, f"{likeness.seconds:.0f} s", file=sys.stderr, flush=True)
    return likeness


def report(title: str, likeness: Likeness, known: int) -> None:
    """Print one comparison; `known` of its questions have a known document."""
    per_search = 1000 * likeness.seconds / likeness.asked
    print(f"{title}: {likeness.asked} questions, the same top ten {likeness.same_ten}, in order {likeness.same_order}")
    hit_at_5 = f"hit@5 {likeness.found / known:.4f}, " if known else ""
    print(f"    {hit_at_5}largest difference of a score {likeness.largest:.1e}, CPU a search {per_search:.0f} ms")
    print("".join(f"    {line}\n" for line in likeness.differing[:_TOLD]), end="", flush=True)


def main(passages: int, count: int, folder: Path) -> None:
    """Make both indexes and ask both."""
    milvus_client._SECONDS = 300.0  # a search of Milvus Lite takes seconds on a busy machine
    documents, of_jsquad = corpus(passages)
    of_jsquad = of_jsquad[:: max(1, len(of_jsquad) // max(1, count))][:count]
    files = indexed(folder / "files", documents)
    lite = copied(files, folder)
    print(f"{lite.manifest['passages']:,} passages")
    sets = {"JSQuAD": of_jsquad, "development": development_questions()}
    of_files = {
        name: [files.search(files.query(asked.text, LetterEncoder()), 10) for asked in questions]
        for name, questions in sets.items()
    }
    found = sum(map(is_found, of_jsquad, of_files["JSQuAD"]))
    print(f"FAISS files, JSQuAD: hit@5 {found / len(of_jsquad):.4f}", flush=True)
    for kind in ("FLAT", "HNSW"):
        if kind == "HNSW":
            use_graph(lite)
        for name, questions in sets.items():
            known = sum(bool(asked.document_id) for asked in questions)
            report(f"{kind}, {name}", compare(of_files[name], lite, questions), known)


if __name__ == "__main__":
    given = [*sys.argv[1:], *("10000", "300")[len(sys.argv) - 1 :]]
    with tempfile.TemporaryDirectory() as made:
        main(int(given[0]), int(given[1]), Path(given[2] if len(given) > 2 else made))
