"""A batch run: questions → predictions.jsonl, metrics.json, report.html."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from app.evaluation import predictions
from app.evaluation.measures.metrics import (
    Gates,
    RunEntry,
    RunMetrics,
    Summary,
    WrongRows,
    flat,
    missed_gates,
    summarise,
    versions,
)
from app.evaluation.measures.score_table import ScoreTable
from app.evaluation.measures.scores import Prediction, score
from app.evaluation.predictions import Ask
from app.evaluation.question_files.question_file import QuestionRow, WrongRow, read_questions
from app.evaluation.question_files.question_tables import Fault, QuestionFileError
from retriever.files import whole_file
from retriever.index.build import Progress
from retriever.types import TenkyoError

RUN_FILE, METRICS_FILE, REPORT_FILE = "run.json", "metrics.json", "report.html"
_BATCH = 200  # predictions scored at once
_NAMED_ROWS = 100  # wrong rows that metrics.json names
Report = Callable[[RunMetrics, ScoreTable, Path], Iterable[str]]
"""Lays out metrics.json, the scores and the predictions at a path as pieces of HTML (see evaluation/report)."""


class _RunSettings(TypedDict):
    """run.json: what must be equal for a run to be continued."""

    settings: dict[str, Any]
    tenkyo: str | None


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """The result of a run. `metrics` is metrics.json; `missed` has a phrase for each bound that was missed."""

    folder: Path
    metrics: RunMetrics
    missed: tuple[str, ...]
    wrong_rows: int
    failed: int

    @property
    def exit_code(self) -> int:
        """0 if every row was a question, none failed and no bound was missed; otherwise 1."""
        return 1 if self.missed or self.wrong_rows or self.failed else 0


def evaluate(
    questions_path: Path,
    out_dir: Path,
    *,
    ask: Ask,
    settings: Mapping[str, Any],
    report: Report,
    minimums: Mapping[str, float],
    maximums: Mapping[str, float] | None = None,
    resume: bool = False,
    warm_up: bool = False,
    workers: int = 2,
    progress: Progress,
    on_wrong_row: Callable[[WrongRow], None] = lambda _row: None,
) -> EvaluationResult:
    """Ask every question of a file; write answers, figures and a report to `out_dir`.

    `settings` is what the answers depend on (k, the index's manifest …); a resumed run must have equal settings.
    `warm_up` first asks one more question, whose answer is discarded (predictions.warm_up).
    Raises TenkyoError. After Ctrl-C it raises a KeyboardInterrupt whose text says how to continue.
    """
    begun = time.monotonic()
    total, wrong = _check_rows(questions_path, on_wrong_row)
    identity: _RunSettings = {"settings": json.loads(json.dumps(settings)), "tenkyo": versions().get("tenkyo")}
    path = out_dir / predictions.FILE_NAME
    try:
        done = _prepare(out_dir, identity, questions_path, total, resume=resume)
        if warm_up and done < total:
            predictions.warm_up(ask)
        _answer_all(questions_path, path, done, total, ask=ask, workers=workers, progress=progress)
        scores = score_predictions(path)
        run = _run_entry(questions_path, time.monotonic() - begun, question_count=total - done, workers=workers)
        gates: Gates = {"min": dict(minimums), "max": dict(maximums or {}), "missed": []}
        metrics = _metrics(summarise(scores, settings), wrong, run, identity, gates)
        _write_results(out_dir, metrics, scores, report)
    except OSError as error:
        raise TenkyoError(
            f"{out_dir}: cannot be written ({error.strerror}); correct this and use --resume, or name another --out"
        ) from error
    return EvaluationResult(out_dir, metrics, tuple(gates["missed"]), wrong["n"], metrics["verdicts"]["failed"])


def _answer_all(
    questions_path: Path, path: Path, done: int, total: int, *, ask: Ask, workers: int, progress: Progress
) -> None:
    """Ask the questions after the first `done`; after Ctrl-C, raises KeyboardInterrupt saying how many are answered."""
    with path.open("a", encoding="utf-8", newline="\n") as file:
        written = _ask_rest(questions_path, file, done, total, ask=ask, workers=workers, progress=progress)
    if written < total:
        raise KeyboardInterrupt(
            f"{written} of {total} answers are in {path}; run the same command with --resume to continue"
        )


def _metrics(summary: Summary, wrong: WrongRows, run: RunEntry, identity: _RunSettings, gates: Gates) -> RunMetrics:
    """metrics.json; the bounds that were missed are added to `gates`."""
    gates["missed"] += missed_gates(summary["overall"], gates["min"], gates["max"])
    return {**summary, "wrong_rows": wrong, "run": run, **identity, "versions": versions(), "gates": gates}


def _run_entry(questions_path: Path, seconds: float, *, question_count: int, workers: int) -> RunEntry:
    """What metrics.json says under `run`."""
    return {
        "questions_file": questions_path.name,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "asked": question_count,
        "workers": workers,
    }


def score_predictions(path: Path) -> ScoreTable:
    """The scores of every line of a predictions.jsonl."""
    scores = ScoreTable()
    batch: list[tuple[int, Prediction]] = []
    for item in predictions.read_predictions(path):
        batch.append(item)
        if len(batch) == _BATCH:
            _add(scores, batch)
            batch = []
    _add(scores, batch)
    return scores


def _add(scores: ScoreTable, batch: list[tuple[int, Prediction]]) -> None:
    new = score([prediction for _, prediction in batch])
    for (offset, prediction), scored in zip(batch, new, strict=True):
        scores.add(prediction, scored, offset)


def _check_rows(path: Path, on_wrong_row: Callable[[WrongRow], None]) -> tuple[int, WrongRows]:
    """How many questions the file holds, and its wrong rows: how many (`n`), the first of them by line (`rows`)."""
    total, wrong_rows, named = 0, 0, list[str]()
    for row in read_questions(path):
        if isinstance(row, QuestionRow):
            total += 1
            continue
        wrong_rows += 1
        on_wrong_row(row)
        if len(named) < _NAMED_ROWS:
            named.append(f"line {row.line}: {row.reason}")
    if not total:
        said = f"holds no question that can be asked ({named[0] if named else 'it is empty'})"
        raise QuestionFileError(path, Fault("nothing-to-ask", said))
    return total, {"n": wrong_rows, "rows": named}


def _questions(path: Path) -> Iterator[QuestionRow]:
    return (row for row in read_questions(path) if isinstance(row, QuestionRow))


def _prepare(out_dir: Path, identity: _RunSettings, source: Path, total: int, *, resume: bool) -> int:
    """Prepare the folder; returns how many questions are already answered in it."""
    out_dir.mkdir(parents=True, exist_ok=True)
    path, run_file = out_dir / predictions.FILE_NAME, out_dir / RUN_FILE
    begun = path.exists() and path.stat().st_size > 0
    if begun and not resume and not (out_dir / METRICS_FILE).exists():
        raise TenkyoError(
            f"{out_dir}: holds a run that was interrupted; continue it with --resume, or remove {path} to start again"
        )
    if begun and resume:
        _check_identity(run_file, identity)
        predictions.drop_torn_line(path)
        done = predictions.count_resumable(path, _questions(source), source)
        if done == total:
            return done
    for name in (METRICS_FILE, REPORT_FILE):  # results of an earlier run, which do not belong to these predictions
        (out_dir / name).unlink(missing_ok=True)
    if begun and resume:
        return done
    path.write_bytes(b"")
    write_atomically(run_file, [json.dumps(identity, ensure_ascii=False, indent=1) + "\n"])
    return 0


def _check_identity(run_file: Path, identity: _RunSettings) -> None:
    try:
        before = json.loads(run_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TenkyoError(
            f"{run_file}: cannot be read, so the run cannot continue; run without --resume in another --out"
        ) from error
    old, new = flat(before), flat(identity)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            raise TenkyoError(
                f"{run_file.parent}: the run began with {name} = {old.get(name)}, now it is {new.get(name)}; "
                "make them the same, or start again in another --out"
            )


def _ask_rest(path: Path, file: Any, done: int, total: int, *, ask: Ask, workers: int, progress: Progress) -> int:
    """Answer the questions after the first `done`; returns how many of `total` are then answered."""
    written = done

    def advance() -> None:
        nonlocal written
        written += 1
        progress.advance(1)

    rest = (question for number, question in enumerate(_questions(path)) if number >= done)
    progress.start("evaluating", total - done, "questions")
    try:
        predictions.write_answers(rest, file, ask=ask, workers=workers, advance=advance)
    finally:
        progress.finish()
    return written


def _write_results(out_dir: Path, metrics: RunMetrics, scores: ScoreTable, report: Report) -> None:
    """Write the report, then metrics.json, whose presence marks a finished run."""
    write_atomically(out_dir / REPORT_FILE, report(metrics, scores, out_dir / predictions.FILE_NAME))
    write_atomically(out_dir / METRICS_FILE, [json.dumps(metrics, ensure_ascii=False, indent=1) + "\n"])


def write_atomically(path: Path, pieces: Iterable[str]) -> None:
    """Write a text file in one step, so that it is never seen half written."""
    with whole_file(path) as file:
        file.writelines(piece.encode() for piece in pieces)
