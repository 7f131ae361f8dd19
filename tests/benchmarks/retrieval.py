"""The cost of a question, an index and an ingest as the corpus grows, and the quality of retrieval.

    python -m tests.benchmarks.retrieval [--large] [--fast] [--hnsw N] [--jsquad [INDEX]]

Prints, side by side in one run, for made corpora of 100 and 1,000 passages (and 10,000 with --large): the whole-process
time of a cold `tenkyo ask` and of the start of `tenkyo serve`, opening an index, a question in a running process and
its steps, the rate of ingesting, peak memory, and the size of the index. Processor time (of all threads) is hardly
longer when other programs run; all other times are. Beyond 1,000 passages, and everywhere with --fast, vectors are
random (marked *): the rate then leaves out the encoder.

--hnsw N: recall@10 of the HNSW graph against exact search, over N unit vectors around cluster centres
--jsquad: hit@1 and hit@5 of 300 JSQuAD questions over its 1,145 paragraphs (../shared/data), in an index made for it
          (minutes) or in one that was made before
"""

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.library import Library
from ingest.document import Block, Document, hash_document
from ingest.passages import RULES
from ingest.pipeline import ingest
from ingest.runs.ingest_plan import IngestPlan
from retriever.encoder import DEFAULT_ENCODER, open_encoder
from retriever.index.build import update
from retriever.index.open import open_index
from retriever.index.segment_files import load_vectors, write_vectors
from retriever.index.snapshots import writing
from retriever.text import without_space
from retriever.types import Vectors
from tests.retriever.letters import NoProgress

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
REPEATS, QUESTIONS, PASSAGES_A_DOCUMENT = 5, 30, 20
PLACES = "霧原 鳴砂 青溪 月明 赤坂 白浜 黒岩 朝霞 夕凪 深雪 遠野 若葉 桐生 竹富 松島 梅津".split()
THINGS = "灯台 水門 市場 窯元 製塩所 博物館 石橋 港 茶園 酒蔵 神社 図書館 駅舎 鉱山 牧場 風車".split()
DEEDS = "建てた 改装した 廃止した 拡張した 記録した 寄贈した 測量した 再建した".split()


class RandomEncoder:
    """Random unit vectors under the embedded encoder's name, so that the real command opens the index."""

    name, dimension = DEFAULT_ENCODER, 384

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 384)."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 384)."""
        return unit(self._random.normal(size=(len(texts), self.dimension)))


def unit(vectors: Any) -> Vectors:
    """The vectors, shape (rows, dimension), at length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def made_documents(passages: int) -> list[Document]:
    """Documents of 20 passages of about 160 characters in four sentences, the same on every run."""
    choose = np.random.default_rng(1)

    def sentence() -> str:
        place, thing, deed = (words[choose.integers(len(words))] for words in (PLACES, THINGS, DEEDS))
        year, count = choose.integers(1600, 2024), choose.integers(2, 900)
        return f"{year}年に{place}の人々は{count}人がかりで古い{thing}を{deed}と伝えられている。"

    paragraphs = [Block("paragraph", "".join(sentence() for _ in range(5))) for _ in range(passages)]
    return [
        Document(f"d{start}", f"記録{start}", f"/made/{start}", tuple(paragraphs[start : start + PASSAGES_A_DOCUMENT]))
        for start in range(0, passages, PASSAGES_A_DOCUMENT)
    ]


def build(folder: Path, passages: int, *, random_vectors: bool) -> dict[str, float]:
    """Make an index of made documents: its rate, memory and size."""
    documents = made_documents(passages)
    encoder = RandomEncoder() if random_vectors else open_encoder()
    started = time.perf_counter()
    intake = IngestPlan({})
    for document in documents:
        intake.take(document, hash_document(document), own_id=True)
    with writing(folder):
        update(folder, None, encoder, entries=intake.entries(), removed=(), passage_rules=RULES, progress=NoProgress())
    seconds = time.perf_counter() - started
    assert open_index(folder).manifest["passages"] == passages
    return {
        "ingest, characters/s": sum(len(document.text) for document in documents) / seconds,
        "peak memory of ingest, MB": peak_megabytes(),
        "index on disk, MB": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6,
    }


def ask_often(folder: Path) -> dict[str, float]:
    """Medians of opening an index and of questions over it in this process, in milliseconds."""
    opening = [timed(lambda: open_index(folder)) for _ in range(REPEATS + 1)]
    library = Library.open(folder)
    questions = [f"{PLACES[n % 16]}の{THINGS[n * 7 % 16]}は何年にできたか" for n in range(QUESTIONS)]
    library.ask(questions[0])
    parts: list[dict[str, float]] = []
    for question in questions:
        started = time.process_time()
        timings = library.ask(question).timings_ms
        parts.append({**timings, "processor": 1000 * (time.process_time() - started)})
    medians = {f"question, ms: {name}": statistics.median(part[name] for part in parts) for name in parts[0]}
    return {
        "opening, first time, ms": opening[0] * 1000,
        "opening, again, ms": statistics.median(opening[1:]) * 1000,
        **medians,
        "peak memory of asking, MB": peak_megabytes(),
    }


def timed(work: Callable[[], object]) -> float:
    """The seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_own_process(*arguments: str) -> dict[str, float]:
    """What one of the measurements above returns, made in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.retrieval", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def cold_ask(folder: Path) -> dict[str, float]:
    """The median seconds of a whole `tenkyo ask` in a process of its own, by the clock and on the processor."""
    command = [sys.executable, "-m", "app.cli", "ask", "霧原の灯台は何年にできたか", "--index", str(folder)]
    before = children_seconds()
    times = [timed(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(REPEATS)]
    spent = (children_seconds() - before) / REPEATS
    return {"cold tenkyo ask, s": statistics.median(times), "cold tenkyo ask, processor s": spent}


def start_of_serve(folder: Path) -> dict[str, float]:
    """The seconds until `tenkyo serve` answers /readyz, and its processor time until then."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--index", str(folder), "--port", str(port)]
    started = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not is_ready(port):
            if server.poll() is not None:
                raise SystemExit(f"tenkyo serve ended with {server.returncode}")
            time.sleep(0.02)
        seconds = time.perf_counter() - started
        fields = Path(f"/proc/{server.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        spent = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")  # utime, stime (proc(5))
    finally:
        server.terminate()
        server.wait()
    return {"start of tenkyo serve, s": seconds, "start of tenkyo serve, processor s": spent}


def is_ready(port: int) -> bool:
    """Whether a server on this machine answers /readyz with 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except OSError:
        return False


def children_seconds() -> float:
    """The processor time of all child processes that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def grow(sizes: Sequence[int], *, fast: bool) -> None:
    """Measure corpora of several sizes and print a column for each."""
    columns: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for passages in sizes:
            folder = Path(name) / str(passages)
            is_random = fast or passages > 1000
            built = in_own_process("--build", str(folder), str(passages), "random" if is_random else "real")
            begun = cold_ask(folder) | start_of_serve(folder)
            column = {**begun, **in_own_process("--ask", str(folder)), **built}
            columns[f"{passages:,}{'*' if is_random else ''}"] = column
    print(f"{'passages':32}" + "".join(f"{title:>12}" for title in columns))
    for row in next(iter(columns.values())):
        cells = (column[row] for column in columns.values())
        print(f"{row:32}" + "".join(f"{cell:>12.{2 if cell < 100 else 0}f}" for cell in cells))
    if any(title.endswith("*") for title in columns):
        print("* random vectors in place of the encoder's", flush=True)


def hnsw(rows: int) -> None:
    """Print the graph's recall@10 against exact search, and the time of both."""
    random = np.random.default_rng(2)
    centres = random.normal(size=(max(rows // 100, 1), 384))
    around = centres[random.integers(len(centres), size=rows + 200)]
    vectors = unit(around + 0.8 * random.normal(size=around.shape))
    vectors, queries = vectors[:rows], vectors[rows:]
    with tempfile.TemporaryDirectory() as name:
        exact_path, graph_path = Path(name) / "exact", Path(name) / "graph"
        write_vectors(exact_path, vectors, exact_passages=rows)
        building = timed(lambda: write_vectors(graph_path, vectors, exact_passages=0))
        exact, graph = load_vectors(exact_path), load_vectors(graph_path)
        shared, times = 0, [0.0, 0.0]
        for query in queries:
            started = time.perf_counter()
            best = exact.nearest(query, 10)[0]
            between = time.perf_counter()
            near = graph.nearest(query, 10)[0]
            times = [times[0] + between - started, times[1] + time.perf_counter() - between]
            shared += len(set(best.tolist()) & set(near.tolist()))
    print(
        f"hnsw over {rows:,} vectors: recall@10 {shared / (10 * len(queries)):.3f}, built in {building:.0f} s, "
        f"{1000 * times[1] / len(queries):.2f} ms a query (exact: {1000 * times[0] / len(queries):.2f} ms)",
        flush=True,
    )


def jsquad(index: str, sample: int = 300) -> None:
    """Print hit@1 and hit@5: whether the sentence with the answer stands in the first, or first five, hits."""
    data = SHARED / "data" / "jsquad-valid-v1.3.json"
    if not data.exists():
        print(f"jsquad: skipped, {data} is not here")
        return
    with tempfile.TemporaryDirectory() as name:
        corpus, questions = Path(name) / "corpus.jsonl", Path(name) / "questions.jsonl"
        tool = SHARED / "tools" / "jsquad.py"
        command = [sys.executable, str(tool), str(data), str(corpus), str(questions), "--sample", str(sample)]
        subprocess.run(command, check=True, capture_output=True)
        folder = Path(index) if index else Path(name) / "index"
        if not index:
            ingest(folder, [str(corpus)], progress=NoProgress())
        rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
        opened, library = open_index(folder), Library.open(folder)
        first = five = answered = 0
        for row in rows:
            result = library.ask(row["question"])
            held = [without_space(row["evidence"][0]) in without_space(hit.passage.text) for hit in result.hits]
            first, five = first + any(held[:1]), five + any(held)
            answered += not result.abstained
    count = len(rows)
    print(
        f"jsquad, {count} questions over {opened.manifest['passages']:,} passages: hit@1 {first / count:.3f}, "
        f"hit@5 {five / count:.3f}, answered {answered / count:.3f}",
        flush=True,
    )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--hnsw", type=int, metavar="N")
    parser.add_argument("--jsquad", nargs="?", const="", metavar="INDEX")
    parser.add_argument("--build", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.build:
        folder, passages, vectors = args.build
        print(json.dumps(build(Path(folder), int(passages), random_vectors=vectors == "random")))
    elif args.ask:
        print(json.dumps(ask_often(Path(args.ask))))
    else:
        grow([100, 1000, *([10_000] if args.large else [])], fast=args.fast)
        if args.hnsw:
            hnsw(args.hnsw)
        if args.jsquad is not None:
            jsquad(args.jsquad)


if __name__ == "__main__":
    main()
