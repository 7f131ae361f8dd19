"""What both stores cost as an index grows, side by side: FAISS files and Milvus Lite.

    python -m tests.benchmarks.stores [--folder FOLDER] [[STORE:]PASSAGES...]        (1000 10000; faiss or milvus-lite)

Prints for each store and size: the rate of a first ingest in batches, without the encoder; adding one document of 20
passages (median of five, wall and processor time); the most memory of these; then, in a new process, opening, a search
(median of 30), memory, and the bytes on disk. Vectors are random, passages are made. Milvus Lite is left out where it
is not installed. With FOLDER indexes are kept, and an ingest that was interrupted goes on from its last batch.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from ingest.document import Document, hash_document
from ingest.passages import RULES
from ingest.runs.ingest_plan import IngestPlan
from retriever.index import milvus_client
from retriever.index.build import update
from retriever.index.open import open_if_there, open_index
from retriever.index.search import Index
from retriever.index.snapshots import writing
from tests.benchmarks.retrieval import (
    PASSAGES_A_DOCUMENT,
    PLACES,
    QUESTIONS,
    REPEATS,
    ROOT,
    THINGS,
    RandomEncoder,
    made_documents,
    peak_megabytes,
)
from tests.retriever.letters import NoProgress

_BATCH = 100  # documents added at a time: 2,000 passages


def fill(store: str, passages: int, folder: Path) -> dict[str, float]:
    """The costs of making an index of one size, and of adding to it."""
    documents = made_documents(passages + REPEATS * PASSAGES_A_DOCUMENT)
    first = passages // PASSAGES_A_DOCUMENT
    index, spent_file = open_if_there(folder / "index"), folder / "spent.json"
    spent = json.loads(spent_file.read_text(encoding="ascii")) if spent_file.exists() else [0.0, 0.0]
    for start in range(len(index.documents) if index else 0, first, _BATCH):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        index = added(folder / "index", index, documents[start : min(start + _BATCH, first)], store)
        spent = [spent[0] + time.perf_counter() - begun, spent[1] + time.process_time() - begun_cpu]
        spent_file.write_text(json.dumps(spent), encoding="ascii")
        print(
            store,
            f"{PASSAGES_A_DOCUMENT * len(index.documents):,} of {passages:,} passages",
            spent,
            file=sys.stderr,
            flush=True,
        )
    figures = {"first ingest, passages/s": passages / spent[0], "passages/CPU s": passages / spent[1]}
    wall, processor = [], []
    for document in documents[first:]:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        index = added(folder / "index", index, [document], store)
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - begun_cpu)
    figures["adding a document, ms"] = 1000 * statistics.median(wall)
    figures["adding a document, CPU ms"] = 1000 * statistics.median(processor)
    figures["most memory of all that, MB"] = peak_megabytes()
    return figures


def ask(folder: Path) -> dict[str, float]:
    """The costs of opening the index in a new process and of searching it."""
    before = resident_megabytes("RssAnon")
    begun = time.perf_counter()
    index = open_index(folder / "index")
    figures = {"opening, ms": 1000 * (time.perf_counter() - begun)}
    wall, processor = [], []
    for number in range(QUESTIONS):
        query = index.query(f"{PLACES[number % 16]}の{THINGS[number * 7 % 16]}は何年にできたか", RandomEncoder())
        begun, begun_cpu = time.perf_counter(), time.process_time()
        index.search(query, 10)
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - begun_cpu)
    figures["search, ms"] = 1000 * statistics.median(wall)
    figures["search, CPU ms"] = 1000 * statistics.median(processor)
    figures["memory of its own, MB"] = resident_megabytes("RssAnon") - before
    figures["pages of files in memory, MB"] = resident_megabytes("RssFile")
    figures["segments"] = len(index.manifest["segments"])
    figures["on disk, MB"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    return figures


def added(folder: Path, old: Index | None, documents: list[Document], store: str) -> Index:
    """The index after some documents were added to it, without the time that cutting passages takes a real ingest."""
    plan = IngestPlan(dict(old.documents) if old else {})
    for document in documents:
        plan.take(document, hash_document(document), own_id=True)
    with writing(folder):
        update(
            folder,
            old,
            RandomEncoder(),
            entries=plan.entries(),
            removed=(),
            passage_rules=RULES,
            progress=NoProgress(),
            store=store,
        )
    return open_index(folder)


def resident_megabytes(kind: str) -> float:
    """The memory of this process: "RssAnon" is its own, "RssFile" the pages of mapped files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))


def main(sizes: list[str], kept: Path | None) -> None:
    """Print a column for each store and size; a size such as faiss:100000 is for one store."""
    stores = ["faiss", *(["milvus-lite"] if find_spec("milvus_lite") else [])]
    columns: dict[str, dict[str, float]] = {}
    for size in sizes:
        only, _, passages = size.rpartition(":")
        for store in [only] if only else stores:
            with tempfile.TemporaryDirectory() as made:
                folder = str(kept / f"{store}-{passages}") if kept else made
                Path(folder).mkdir(parents=True, exist_ok=True)
                address = store if store == "faiss" else f"milvus-lite://{folder}/rows.db"
                column: dict[str, float] = {}
                for step in (["--fill", address, passages, folder], ["--ask", folder]):
                    command = [sys.executable, "-m", "tests.benchmarks.stores", *step]
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
                    column |= json.loads(done.stdout)
            columns[f"{store} {int(passages):,}"] = column
            print(store, passages, json.dumps(column), file=sys.stderr, flush=True)
    print(" " * 28 + "".join(f"{title:>20}" for title in columns))
    for name in next(iter(columns.values())):
        print(f"{name:28}" + "".join(f"{column[name]:>20,.1f}" for column in columns.values()))


if __name__ == "__main__":
    milvus_client._SECONDS = 600.0  # a call takes Milvus Lite long on a busy machine
    if sys.argv[1:2] == ["--fill"]:
        print(json.dumps(fill(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))
    elif sys.argv[1:2] == ["--ask"]:
        print(json.dumps(ask(Path(sys.argv[2]))))
    elif sys.argv[1:2] == ["--folder"]:
        main(sys.argv[3:] or ["1000", "10000"], Path(sys.argv[2]))
    else:
        main(sys.argv[1:] or ["1000", "10000"], None)
