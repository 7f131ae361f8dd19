"""Evaluations: run them in the background with progress, list them, show and compare their reports."""

import asyncio
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.answering.types import Answer, Turn
from app.web.courses.stored import read_json
from app.web.errors import RefusedError, WordedError
from app.web.service.service import AnswerSource, Service
from app.web.teach.desk import Desk, at_desk, service_of
from app.web.teach.forms import keep, received
from app.web.teach.jobs import Job, JobProgress, Result
from app.web.teach.quality.question_set import QuestionSet
from app.web.teach.sessions import Session
from app.web.teach.view import NOT_KEPT, back_to, page_language
from retriever.types import TenkyoError

if TYPE_CHECKING:
    from app.evaluation.question_files.question_file import QuestionRow, WrongRow

FILES = (".jsonl", ".csv", ".xlsx")
MOST_QUESTIONS = 1000
_MOST_RUNS = 20
_NAMED_LINES = 8  # most line numbers listed for one fault
_RUN = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_HITS = 10  # passages retrieved for each question, as `tenkyo evaluate` does
_PATIENCE = 5.0  # most seconds that an evaluation's question waits for students' questions


@dataclass(frozen=True, slots=True)
class RunLine:
    """A finished evaluation in the list."""

    id: str
    finished: str
    file: str
    questions: int
    accuracy: float | None
    evidence: float | None
    refused: float | None


@at_desk
async def _evaluate(request: Request, desk: Desk, _: Session) -> Response:
    path = QuestionSet(desk.folder).path
    if not path.exists():
        raise RefusedError(422, "no_questions", "there are no questions yet: draft some first")
    _add_evaluation(desk, service_of(request), path)
    return back_to(request, "quality")


@at_desk
async def _upload(request: Request, desk: Desk, _: Session) -> Response:
    async with received(request, FILES) as (files, _left_out):
        folder = desk.question_files / secrets.token_hex(4)
        path = await asyncio.to_thread(keep, files[0], folder, files[0].name)
    _add_evaluation(desk, service_of(request), path, title=files[0].name, goes=True)
    return back_to(request, "quality")


def _add_evaluation(desk: Desk, service: Service, questions: Path, title: str = "", goes: bool = False) -> None:
    """Queue an evaluation. If `goes`, the question file is deleted afterwards; the predictions keep its rows."""
    runs = desk.folder / "runs"
    library = service.library

    def work(job: Job, progress: JobProgress) -> Sequence[Result]:
        from app.evaluation.question_files.question_tables import QuestionFileError
        from app.evaluation.report.run_report import report_html
        from app.evaluation.run import evaluate

        wrong: list[WrongRow] = []
        run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        try:
            _check_count(questions)
            evaluate(
                questions,
                runs / run,
                ask=_asked_after_students(service, library),
                settings={"k": _HITS, "index": {"generation": library.snapshot_name}},
                report=report_html,
                minimums={},
                workers=1,
                progress=progress,
                on_wrong_row=wrong.append,
            )
        except BaseException as error:
            shutil.rmtree(runs / run, ignore_errors=True)
            job.results = _rows_left_out(wrong)
            if isinstance(error, QuestionFileError):
                raise WordedError(str(error), error.fault.name, **error.fault.values) from error
            raise
        job.link = f"quality/report/{run}"
        for old in finished(runs)[_MOST_RUNS:]:
            shutil.rmtree(runs / old.id, ignore_errors=True)
        return _rows_left_out(wrong)

    if goes:
        desk.jobs.add("evaluate", title, work, lambda: shutil.rmtree(questions.parent, ignore_errors=True))
    else:
        desk.jobs.add("evaluate", title, work)


def _rows_left_out(wrong: "Sequence[WrongRow]") -> list[Result]:
    """The faults of skipped rows, each with its lines in the file; `reason` names the message in [rows]."""
    lines: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for row in wrong:
        lines.setdefault((row.fault.name, tuple(row.fault.values.items())), []).append(str(row.line))
    return [
        Result(
            "skipped", ", ".join(at[:_NAMED_LINES]) + (" …" if len(at) > _NAMED_LINES else ""), "", name, dict(values)
        )
        for (name, values), at in lines.items()
    ]


def _check_count(questions: Path) -> None:
    """Raises WordedError if the file has too many questions."""
    from app.evaluation.question_files.question_file import WrongRow, read_questions

    total = sum(not isinstance(row, WrongRow) for row in read_questions(questions))
    if total > MOST_QUESTIONS:
        said = f"the file has {total:,} questions, at most {MOST_QUESTIONS:,} are asked here; split it"
        raise WordedError(said, "too-many-questions", count=f"{total:,}", most=f"{MOST_QUESTIONS:,}")


def _asked_after_students(service: Service, library: AnswerSource) -> "Callable[[QuestionRow], Answer]":
    """A function that answers an evaluation's question, after students' questions."""

    def ask(row: "QuestionRow") -> Answer:
        give_way(service)
        history = [Turn(earlier) for earlier in row.history]
        answer = library.ask(row.text, k=_HITS, history=history, documents=row.documents)
        return library.compose(answer, history=history, documents=row.documents) if service.composes else answer

    return ask


def give_way(service: Service) -> None:
    """Wait while students' questions are being answered, at most 5 s."""
    end = time.monotonic() + _PATIENCE
    while service.waiting > 0 and time.monotonic() < end:
        time.sleep(0.05)


def finished(folder: Path) -> list[RunLine]:
    """The finished evaluations, newest first."""
    names = (
        sorted((path.name for path in folder.iterdir() if _RUN.fullmatch(path.name)), reverse=True)
        if folder.is_dir()
        else []
    )
    lines = []
    for name in names:
        try:
            metrics = read_json(folder / name / "metrics.json")
        except TenkyoError:
            continue
        if metrics:
            lines.append(_line(name, metrics))
    return lines


def _line(name: str, metrics: dict[str, Any]) -> RunLine:
    overall = metrics["overall"]
    shares = [
        (overall.get(metric_name) or {}).get("value") for metric_name in ("accuracy", "hit@5", "refused_answerable")
    ]
    run = metrics["run"]
    return RunLine(name, run["finished"][:16].replace("T", " "), run["questions_file"], metrics["questions"], *shares)


@at_desk
async def _report(request: Request, desk: Desk, _: Session) -> Response:
    """Show a run's report as `tenkyo evaluate` writes it, or the comparison of two runs, RUN~RUN."""
    names = request.path_params["name"].split("~")
    if len(names) > 2 or not all(_RUN.fullmatch(name) for name in names):
        raise RefusedError(404, "no_such_run", "there is no such evaluation")
    runs = desk.folder / "runs"
    text = await asyncio.to_thread(_report_text, runs, names)
    return HTMLResponse(text.replace(f"{runs}/", ""), headers=NOT_KEPT)


def _report_text(runs: Path, names: Sequence[str]) -> str:
    if not all((runs / name / "report.html").exists() for name in names):
        raise RefusedError(404, "no_such_run", "there is no such evaluation")
    if len(names) == 1:
        return (runs / names[0] / "report.html").read_text(encoding="utf-8")
    from app.evaluation.comparison.compare import REPORT_FILE, compare
    from app.evaluation.report.comparison import comparison_html

    with tempfile.TemporaryDirectory(prefix="comparison-", dir=runs) as folder:
        out = Path(folder) / "report"  # its own folder: others may compare at the same time
        try:
            compare(runs / names[0], runs / names[1], out, comparison_html)
        except TenkyoError as error:
            raise RefusedError(422, "nothing_to_compare", str(error).replace(f"{runs}/", "")) from error
        return (out / REPORT_FILE).read_text(encoding="utf-8")


@at_desk
async def _compare(request: Request, desk: Desk, session: Session) -> Response:
    """Redirect to the comparison of two runs, or back to the list if they have no question in common."""
    names = [request.query_params.get(name, "") for name in ("a", "b")]
    if not all(_RUN.fullmatch(name) for name in names):
        raise RefusedError(422, "no_runs", "choose two evaluations")
    try:
        await asyncio.to_thread(_report_text, desk.folder / "runs", names)
    except RefusedError as error:
        if error.code != "nothing_to_compare":
            raise
        return back_to(request, "quality?incomparable#evaluations")
    return back_to(request, f"quality/report/{'~'.join(names)}?lang={page_language(request, session)}")


routes = [
    Route("/teach/quality/evaluate", _evaluate, methods=["POST"]),
    Route("/teach/quality/upload", _upload, methods=["POST"]),
    Route("/teach/quality/compare", _compare, methods=["GET"]),
    Route("/teach/quality/report/{name}", _report, methods=["GET"]),
]
