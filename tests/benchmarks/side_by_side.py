"""Answers and speed of two checkouts, side by side in one run.

    python -m tests.benchmarks.side_by_side OLD NEW [--rounds 2] [--no-jsquad] [--all] [--keep DIR]

OLD and NEW are folders that hold a checkout each. Both are asked, by their own `tenkyo evaluate`, the made-up papers
(app/training/data), paper_qa_dev (text and PDF) and 1,000 JSQuAD questions (../shared/data, where present); with --all,
the other development sets too. Prints for each set and checkout the figures of tests/quality/figures.py and the median
milliseconds of a question, then the seconds of a cold `tenkyo ask`. The checkouts take turns and a question counts with
its fastest round, because the machine may be busy.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.quality.figures import measured_figures, table
from tests.quality.question_sets import MADE_UP, SHARED, SHARED_SETS, QuestionSet, Row

_COLD_ROUNDS = 5
_COLD_QUESTION = "支持率は何%か"
_JSQUAD = SHARED / "data" / "jsquad-valid-v1.3.json"
Answered = list[tuple[Row, dict[str, Any]]]


def main() -> None:
    """Measure both checkouts and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs=2, type=Path, metavar="CHECKOUT")
    parser.add_argument("--rounds", type=int, default=2, help="how often each question is asked (default: 2)")
    parser.add_argument("--no-jsquad", action="store_true", help="leave JSQuAD out: it takes minutes")
    parser.add_argument("--all", action="store_true", help="ask the other development sets too")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep indexes and answers there")
    args = parser.parse_args()
    checkouts = {name: path.resolve() for name, path in zip(("old", "new"), args.checkouts, strict=True)}
    with tempfile.TemporaryDirectory() as scratch:
        work = (args.keep or Path(scratch)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        for questions in _sets(work, everything=args.all, jsquad=not args.no_jsquad):
            if questions.missing:
                print(f"{questions.name}: left out, {questions.missing} is not on this machine\n", flush=True)
            else:
                print(_compare(questions, checkouts, work, args.rounds), flush=True)
        seconds = _cold(checkouts, work)
        for name in checkouts:
            print(f"cold `tenkyo ask`, {name}: {seconds[name]:.2f} s (median of {_COLD_ROUNDS})")


def _sets(work: Path, *, everything: bool, jsquad: bool) -> Iterator[QuestionSet]:
    yield from MADE_UP
    yield from SHARED_SETS if everything else SHARED_SETS[:2]
    if jsquad:
        corpus, questions = work / "jsquad-corpus.jsonl", work / "jsquad.jsonl"
        if _JSQUAD.exists():
            files = [str(path) for path in (SHARED / "tools" / "jsquad.py", _JSQUAD, corpus, questions)]
            command = [sys.executable, *files, "--sample", "1000"]
            subprocess.run(command, check=True, capture_output=True)
        yield QuestionSet("jsquad", questions if _JSQUAD.exists() else _JSQUAD, corpus)


def _compare(questions: QuestionSet, checkouts: dict[str, Path], work: Path, rounds: int) -> str:
    """The figures of both checkouts on one set, as lines of text."""
    answered: dict[str, list[Answered]] = {name: [] for name in checkouts}
    for number in range(rounds):
        for name, checkout in checkouts.items() if number % 2 == 0 else reversed(checkouts.items()):
            answered[name].append(_ask(questions, checkout, work / name))
    columns = {f"{questions.name}, {name}": measured_figures(_first(name, found)) for name, found in answered.items()}
    speeds = ", ".join(f"{name} {_median_ms(found):.1f} ms" for name, found in answered.items())
    return f"{table(columns)}\nmedian question: {speeds}\n"


def _first(name: str, rounds: Sequence[Answered]) -> Answered:
    """The answers of the first round, after checking that the others are the same."""
    texts = [[answer["text"] for _, answer in answered] for answered in rounds]
    if any(other != texts[0] for other in texts):
        print(f"{name}: the same question was answered differently from round to round", file=sys.stderr)
    return rounds[0]


def _median_ms(rounds: Sequence[Answered]) -> float:
    """The median over the questions of the fastest round of each, in milliseconds."""
    times = [[answer["timings_ms"]["total"] for _, answer in answered] for answered in rounds]
    return float(statistics.median(min(values) for values in zip(*times, strict=True)))


def _ask(questions: QuestionSet, checkout: Path, work: Path) -> Answered:
    """The answers of a checkout to a set, each over an index of its document alone, made where there is none."""
    answered: Answered = []
    for document, rows in questions.rows_by_document().items():
        index, out = work / f"{document.name}.index", work / f"{questions.name}-{document.stem}"
        if not index.exists():
            _tenkyo(checkout, "ingest", str(document), "--index", str(index))
        out.mkdir(parents=True, exist_ok=True)
        file = out / "questions.jsonl"
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        _tenkyo(checkout, "evaluate", str(file), "--index", str(index), "--out", str(out), "--workers", "1")
        lines = (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
        answered += [(row, json.loads(line)["answer"]) for row, line in zip(rows, lines, strict=True)]
    failed = [row["id"] for row, answer in answered if answer is None]
    if failed:
        sys.exit(f"{checkout}: {len(failed)} questions of {questions.name} failed, {failed[0]} first; see {work}")
    return answered


def _cold(checkouts: dict[str, Path], work: Path) -> dict[str, float]:
    """Seconds of a whole `tenkyo ask` process over the first made-up paper, the checkouts in turn."""
    index = f"{next(iter(MADE_UP[0].rows_by_document())).name}.index"
    seconds: dict[str, list[float]] = {name: [] for name in checkouts}
    for _ in range(_COLD_ROUNDS):
        for name, checkout in checkouts.items():
            started = time.perf_counter()
            _tenkyo(checkout, "ask", _COLD_QUESTION, "--index", str(work / name / index))
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


def _tenkyo(checkout: Path, *arguments: str) -> None:
    """Run a checkout's command; exits with its last line where it fails (a missed bound or an abstention is none)."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{checkout}: tenkyo {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:]}")


if __name__ == "__main__":
    main()
