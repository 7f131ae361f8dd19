"""What both stores cost as an index grows, side by side: FAISS files and Milvus Lite.

    python -m tests.benchmarks.stores [PASSAGES...]        (1000 10000)

Prints for each store and size: the rate of a first ingest without the encoder, adding one document of 20 passages
(median of five, wall and processor time), opening, a search (median of 30), the memory held after these, and the bytes
on disk. Vectors are random, passages are made; each column is measured in a process of its own. Milvus Lite is left
out where it is not installed.
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
from ingest.sources.ingest_plan import IngestPlan
from retriever.index.build import update
from retriever.index.open import Index, open_index
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
)
from tests.retriever.letters import NoProgress


def measure(store: str, passages: int, folder: Path) -> dict[str, float]:
    """One column: each cost of a store at one size."""
    address = store if store == "faiss" else f"milvus-lite://{folder}/rows.db"
    index_folder, encoder = folder / "index", RandomEncoder()
    documents = made_documents(passages + REPEATS * PASSAGES_A_DOCUMENT)
    first = passages // PASSAGES_A_DOCUMENT
    started = time.perf_counter()
    index = added(index_folder, None, documents[:first], address)
    figures = {"first ingest, passages/s": passages / (time.perf_counter() - started)}
    wall, processor = [], []
    for document in documents[first:]:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        index = added(index_folder, index, [document], address)
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - begun_cpu)
    figures["adding a document, ms"] = 1000 * statistics.median(wall)
    figures["adding a document, CPU ms"] = 1000 * statistics.median(processor)
    begun = time.perf_counter()
    index = open_index(index_folder)
    figures["opening, ms"] = 1000 * (time.perf_counter() - begun)
    wall, processor = [], []
    for number in range(QUESTIONS):
        query = index.query(f"{PLACES[number % 16]}の{THINGS[number * 7 % 16]}は何年にできたか", encoder)
        begun, begun_cpu = time.perf_counter(), time.process_time()
        index.search(query, 10)
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - begun_cpu)
    figures["search, ms"] = 1000 * statistics.median(wall)
    figures["search, CPU ms"] = 1000 * statistics.median(processor)
    figures["memory, MB"] = resident_megabytes()
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


def resident_megabytes() -> float:
    """The memory that this process holds for itself, without files that it has mapped."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def main(sizes: list[int]) -> None:
    """Print a column for each store and size."""
    stores = ["faiss", *(["milvus-lite"] if find_spec("milvus_lite") else [])]
    columns: dict[str, dict[str, float]] = {}
    for passages in sizes:
        for store in stores:
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, "-m", "tests.benchmarks.stores", "--one", store, str(passages), folder]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            columns[f"{store} {passages:,}"] = json.loads(done.stdout)
            print(store, passages, done.stdout.strip(), file=sys.stderr)
    print(" " * 28 + "".join(f"{title:>20}" for title in columns))
    for name in next(iter(columns.values())):
        print(f"{name:28}" + "".join(f"{column[name]:>20,.1f}" for column in columns.values()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))
    else:
        main([int(size) for size in sys.argv[1:]] or [1000, 10_000])
