"""`tenkyo evaluate` and `tenkyo questions` on the command line."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Unpack

from app.answering.types import Answer, AskOptions, Turn
from ingest.text import counted
from retriever.types import Passage, TenkyoError

if TYPE_CHECKING:
    from app.evaluation.measures.metrics import RunMetrics
    from app.evaluation.predictions import Ask
    from app.evaluation.question_files.question_file import QuestionRow
    from app.evaluation.run import EvaluationResult

HITS = 10  # passages retrieved for each question: hit@10, MRR@10 and nDCG@10 need ten


class AnsweringLibrary(Protocol):
    """What the commands need of the library (app.library.Library)."""

    @property
    def manifest(self) -> Mapping[str, object]:
        """What the index was made with."""
        ...

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """The answer to a question; several threads call it at once."""
        ...

    def compose(self, answer: Answer, **asked: Unpack[AskOptions]) -> Answer:
        """The answer composed by the language model, if one is set."""
        ...

    def titles(self) -> dict[str, str]:
        """Document id → title."""
        ...

    def passages(self, document_id: str) -> list[Passage]:
        """The document's passages in order."""
        ...


OpenLibrary = Callable[[], AnsweringLibrary]


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `evaluate`, and the columns of its file of questions."""
    from app.evaluation.question_files.question_tables import columns_help

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = columns_help()
    parser.add_argument(
        "questions", nargs="?", type=Path, metavar="QUESTIONS", help="a .csv, .xlsx or .jsonl file of questions"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: NAME-evaluation)")
    _add_gate(parser, "--min", "minimums", "below", "hit@5=0.95")
    _add_gate(parser, "--max", "maximums", "above", "refused_answerable=0.05")
    parser.add_argument("--resume", action="store_true", help="continue a run that was interrupted")
    parser.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("DIR_A", "DIR_B"),
        help="compare two runs instead (report in --out, default DIR_B)",
    )
    parser.add_argument(
        "--workers",
        type=_positive,
        default=min(4, os.cpu_count() or 1),
        metavar="N",
        help="questions answered at the same time (default: %(default)s)",
    )
    parser.add_argument(
        "-k",
        type=_positive,
        default=HITS,
        metavar="K",
        help="passages retrieved for each question (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print metrics.json (or comparison.json) and nothing else")


def _add_gate(parser: argparse.ArgumentParser, flag: str, dest: str, missed: str, example: str) -> None:
    parser.add_argument(
        flag,
        dest=dest,
        type=_gate,
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help=f"exit with 1 if the metric is {missed} VALUE, as in {example}; may be repeated",
    )


def run_evaluate(args: argparse.Namespace, open_library: OpenLibrary, reranker: str | None = None) -> int:
    """Run `evaluate` with parsed arguments; returns the exit code. Raises TenkyoError."""
    if args.compare:
        if args.questions or args.minimums or args.maximums or args.resume:
            raise SystemExit(_usage("--compare takes two folders and no QUESTIONS, --min, --max or --resume"))
        return _compare(args)
    if not args.questions:
        raise SystemExit(_usage("name a file of QUESTIONS, or two folders with --compare"))
    from app.commands.terminal.progress import TerminalProgress
    from app.evaluation.report.run_report import report_html
    from app.evaluation.run import evaluate

    if not args.questions.is_file():
        raise TenkyoError(f"{args.questions}: no such file; name a .csv, .xlsx or .jsonl file of questions")
    out = args.out or Path(f"{args.questions.stem}-evaluation")
    library = open_library()
    try:
        result = evaluate(
            args.questions,
            out,
            ask=ask_of(library, args.k),
            settings={"k": args.k, **({"reranker": reranker} if reranker else {}), "index": dict(library.manifest)},
            report=report_html,
            minimums=dict(args.minimums),
            maximums=dict(args.maximums),
            resume=args.resume,
            warm_up=True,
            workers=args.workers,
            progress=TerminalProgress(),
            on_wrong_row=lambda row: print(f"{args.questions}: line {row.line}: {row.reason}", file=sys.stderr),
        )
    except KeyboardInterrupt as interruption:
        print(f"interrupted: {interruption or 'run the same command with --resume to continue'}", file=sys.stderr)
        return 130
    print(json.dumps(result.metrics, ensure_ascii=False, indent=1) if args.json else _summary(result.metrics, out))
    if result.exit_code:
        print(f"error: {_shortfall(result)}", file=sys.stderr)
    return result.exit_code


def ask_of(library: AnsweringLibrary, k: int) -> "Ask":
    """A function that asks a row of a question file: after its history, over the documents that it names."""

    def ask(row: "QuestionRow") -> Answer:
        history = [Turn(earlier) for earlier in row.history]
        answer = library.ask(row.text, k=k, history=history, documents=row.documents)
        return library.compose(answer, history=history, documents=row.documents)

    return ask


def add_questions_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `questions`."""
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write to a .csv (opens in Excel) or .jsonl file (default: stdout)"
    )
    parser.add_argument(
        "--limit", type=_positive, default=50, metavar="N", help="at most N questions (default: %(default)s)"
    )
    parser.add_argument(
        "--document", action="append", default=[], metavar="ID", help="only from this document; may be repeated"
    )


def run_questions(args: argparse.Namespace, open_library: OpenLibrary) -> int:
    """Run `questions` with parsed arguments; returns the exit code. Raises TenkyoError."""
    from app.commands.terminal.progress import TerminalProgress
    from app.evaluation.question_files.questions import draft, to_csv, to_jsonl

    if args.out is not None:
        _check_out(args.out)
    library = open_library()
    titles = library.titles()
    unknown = set(args.document) - set(titles)
    if unknown:
        raise TenkyoError(f"no document is named '{min(unknown)}'; 'tenkyo documents' lists them")
    passages = (library.passages(name) for name in args.document or titles)
    progress = TerminalProgress()
    progress.start("drafting", args.limit, "questions")
    rows = draft(passages, args.limit, library.ask, lambda: progress.advance(1))
    progress.finish()
    if not rows:
        raise TenkyoError("no question can be drafted from the documents; add others with 'tenkyo ingest'")
    if args.out is None:
        print(to_jsonl(rows), end="")
        return 0
    text = to_csv(rows) if args.out.suffix.lower() == ".csv" else to_jsonl(rows)
    encoding = "utf-8-sig" if args.out.suffix.lower() == ".csv" else "utf-8"
    try:
        with args.out.open("x", encoding=encoding, newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise _exists(args.out) from error
    except OSError as error:
        raise TenkyoError(f"{args.out}: cannot be written ({error.strerror}); name another --out") from error
    print(f"{counted(len(rows), 'question')} drafted in {args.out}: edit them, then 'tenkyo evaluate {args.out}'")
    return 0


def _check_out(path: Path) -> None:
    """Raises TenkyoError, before anything is drafted, if the questions could not be written to this file."""
    if path.suffix.lower() not in {".csv", ".jsonl"}:
        raise TenkyoError(f"{path}: questions are written as .csv or .jsonl; name such a file with --out")
    if path.exists():
        raise _exists(path)
    if not os.access(path.parent, os.W_OK):
        raise TenkyoError(f"{path}: no file can be written in that folder; name another --out")


def _exists(path: Path) -> TenkyoError:
    return TenkyoError(f"{path}: already exists, perhaps with your edits; name another --out")


def _compare(args: argparse.Namespace) -> int:
    from app.evaluation.comparison.compare import compare
    from app.evaluation.report.comparison import comparison_html, comparison_text

    comparison = compare(args.compare[0], args.compare[1], args.out or args.compare[1], comparison_html)
    print(json.dumps(comparison, ensure_ascii=False, indent=1) if args.json else comparison_text(comparison))
    return 0


def _summary(metrics: "RunMetrics", out: Path) -> str:
    from app.evaluation.measures.metric_labels import METRIC_LABELS
    from app.evaluation.report.labels import printed

    verdicts = ", ".join(f"{count} {name}" for name, count in metrics["verdicts"].items() if count)
    lines = [f"{counted(metrics['questions'], 'question')}: {verdicts}", ""]
    for name, label in METRIC_LABELS.items():
        figures = metrics["overall"].get(name)
        if figures is None or figures["value"] is None:
            continue
        low_high = ""
        if figures["low"] is not None:
            low_high = f"[{printed(name, figures['low'])}, {printed(name, figures['high'])}]"
        lines.append(f"{name:22}{printed(name, figures['value']):>10}  {low_high:24}n = {figures['n']:<6} {label.en}")
    return "\n".join([*lines, "", f"report: {out / 'report.html'}"])


def _shortfall(result: "EvaluationResult") -> str:
    reasons = list(result.missed)
    if result.wrong_rows:
        reasons.append(f"{counted(result.wrong_rows, 'row')} could not be asked (named above)")
    if result.failed:
        first = " ".join(result.metrics["failures"][0].split())  # an exception's text may have several lines
        reasons.append(f"{counted(result.failed, 'question')} failed ({first})")
    return f"{'; '.join(reasons)}; see {result.folder / 'report.html'}"


def _gate(text: str) -> tuple[str, float]:
    from app.evaluation.measures.metrics import parse_gate

    try:
        return parse_gate(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def _usage(message: str) -> int:
    print(f"error: {message}; see 'tenkyo evaluate --help'", file=sys.stderr)
    return 2
