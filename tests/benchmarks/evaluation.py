"""Time and memory of `tenkyo evaluate`.

    python tests/benchmarks/evaluation.py [--index DIR]

Prints, side by side in one run: the cost of evaluation alone for 1,000 and 10,000 questions (answers come
from a table), each in a separate process; with `--index DIR`, an index of JSQuAD's 1,145
paragraphs (tools/jsquad.py, then `tenkyo ingest`), also 1,000 JSQuAD questions with real answers.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
WORKERS = 2


def main() -> None:
    """Measure in child processes and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", help="an index of the JSQuAD corpus")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        measure(Path(args.measure[0]), args.index, Path(args.measure[1]))
        return
    print(f"{'':34}{'seconds':>10}{'peak MB':>10}{'report MB':>11}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in (1_000, 10_000):
            child(
                made_questions(folder / f"made-{count}.jsonl", count),
                None,
                folder,
                f"{count:,} made, answers from a table",
            )
        if args.index:
            child(jsquad_questions(folder), args.index, folder, "1,000 of JSQuAD, real answers")


def child(questions: Path, index: str | None, folder: Path, label: str) -> None:
    """Run one measurement in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(questions), str(folder / f"{questions.stem}-out")]
    found = subprocess.run(
        [*command, *(["--index", index] if index else [])], check=True, capture_output=True, text=True
    )
    seconds, peak, size, figures = json.loads(found.stdout.splitlines()[-1])
    print(f"{label:34}{seconds:>10.1f}{peak:>10.0f}{size:>11.1f}  {figures}", flush=True)


def measure(questions: Path, index: str | None, out: Path) -> None:
    """Evaluate a file and print seconds, peak memory and the report's size."""
    sys.path.insert(0, str(ROOT))
    from app.commands.evaluation import ask_of
    from app.evaluation.report.run_report import report_html
    from app.evaluation.run import evaluate
    from tests.app.evaluation.fake_library import PairLibrary, passage
    from tests.app.evaluation.fake_progress import NotedProgress

    if index:
        from app.library import Library

        library: Library | PairLibrary = Library.open(Path(index))
    else:
        texts = (
            f"第{number}項は項目{number}の説明である。値は{number}である。" + "説明" * 120 for number in range(200)
        )
        library = PairLibrary([passage(f"d{number}", text) for number, text in enumerate(texts)])
    begun = time.monotonic()
    result = evaluate(
        questions, out, ask=ask_of(library, 10), settings={"k": 10}, report=report_html, minimums={},
        workers=WORKERS, progress=NotedProgress(),
    )  # fmt: skip
    seconds = time.monotonic() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = (out / "report.html").stat().st_size / 1e6
    shown = ("hit@1", "hit@5", "first_match", "answer_match", "span_f1", "refused_answerable", "latency_p50")
    figures = {name: round(result.metrics["overall"][name]["value"] or 0.0, 3) for name in shown} if index else ""
    print(json.dumps([seconds, peak, size, figures]))


def made_questions(path: Path, count: int) -> Path:
    """Questions on two hundred made documents, over and over."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            item = number % 200
            row = {
                "id": f"q{number}", "question": f"項目{item}の値は", "answers": [str(item)], "document_id": f"d{item}",
                "evidence": [f"値は{item}である"], "lang": "ja", "type": "factoid" if number % 3 else "table",
            }  # fmt: skip
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def jsquad_questions(folder: Path) -> Path:
    """1,000 questions of JSQuAD's validation set."""
    files: list[str | Path] = [folder / "corpus.jsonl", folder / "jsquad.jsonl"]
    source = SHARED / "data" / "jsquad-valid-v1.3.json"
    command = [sys.executable, SHARED / "tools" / "jsquad.py", source, *files, "--sample", "1000"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "jsquad.jsonl"


if __name__ == "__main__":
    main()
