"""Quality: drafted questions in a table, answers judged right or wrong, evaluations with progress, reports compared."""

import asyncio
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.answering.types import Answer, Turn
from app.web.courses.stored import read_json
from app.web.errors import RefusedError
from app.web.guard.questions import check_question
from app.web.pages.answer.messages import answer_html
from app.web.service.service import Service
from app.web.teach.desk import Desk, at_desk, service_of
from app.web.teach.forms import fields_of, keep, pairs_of, received
from app.web.teach.jobs import Job, JobProgress, Result
from app.web.teach.question_set import TYPES, QuestionSet, judged_row
from app.web.teach.sessions import Session
from app.web.teach.view import NOT_KEPT, back_to, shown
from retriever.types import TenkyoError

if TYPE_CHECKING:
    from app.evaluation.question_file import QuestionRow

_FILES = (".jsonl", ".csv", ".xlsx")
_MOST_DRAFTS, _MOST_QUESTIONS, _MOST_RUNS = 30, 1000, 20
_RUN = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_HITS = 10  # passages retrieved for each question, as `tenkyo evaluate` does
_PATIENCE = 5.0  # seconds that a question of an evaluation waits for students' questions


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
async def _quality(request: Request, desk: Desk, session: Session) -> Response:
    question, answer, html = request.query_params.get("question", "").strip(), None, ""
    if question:
        answer = await _asked(service_of(request), question)
        html = answer_html(answer)
    return shown(
        request,
        "quality",
        session,
        rows=await asyncio.to_thread(QuestionSet(desk.folder).rows),
        types=TYPES,
        runs=await asyncio.to_thread(_runs, desk.folder / "runs"),
        jobs=desk.jobs.all(),
        question=question,
        answer=answer,
        html=html,
        accept=",".join(_FILES),
        most=_MOST_QUESTIONS,
    )


async def _asked(service: Service, question: str) -> Answer:
    answer = await service.ask(check_question(question), counted=False)
    return await service.compose(answer)


@at_desk
async def _mark(request: Request, desk: Desk, _: Session) -> Response:
    """A judgement of an answer, which is given anew: what a form says was answered counts for nothing."""
    given = await fields_of(request)
    answer = await _asked(service_of(request), given.get("question", ""))
    verdict, expected = given.get("verdict", ""), given.get("expected", "").strip()
    if verdict not in ("right", "wrong"):
        raise RefusedError(422, "no_verdict", "say whether the answer is right or wrong")
    try:
        row = judged_row(answer, is_right=verdict == "right", expected=expected, is_absent="absent" in given)
        await asyncio.to_thread(QuestionSet(desk.folder).put, row)
    except TenkyoError as error:
        raise RefusedError(422, "no_answer", str(error)) from error
    return back_to(request, "quality#questions")


@at_desk
async def _draft(request: Request, desk: Desk, _: Session) -> Response:
    service = service_of(request)
    library = service.library

    def work(_job: Job, progress: JobProgress) -> Sequence[Result]:
        from app.evaluation.questions import draft

        def ask(question: str) -> Answer:
            _give_way(service)
            return library.ask(question)

        progress.start("drafting", _MOST_DRAFTS, "questions")
        documents = (library.passages(record.id) for record in library.records() if record.kind != "reference")
        rows = draft(documents, _MOST_DRAFTS, ask, lambda: progress.advance(1))
        added = QuestionSet(desk.folder).add(rows)
        return [Result("added", str(added))]

    desk.jobs.add("draft", "", work)
    return back_to(request, "quality")


@at_desk
async def _save(request: Request, desk: Desk, _: Session) -> Response:
    """The table: a field is called NAME.ID, `delete.ID` is a box."""
    changed: dict[str, dict[str, str]] = {}
    deleted = []
    for field, value in await pairs_of(request):
        name, dot, row_id = field.partition(".")
        if dot and name == "delete":
            deleted.append(row_id)
        elif dot:
            changed.setdefault(row_id, {})[name] = value
    await asyncio.to_thread(QuestionSet(desk.folder).edit, changed, deleted)
    return back_to(request, "quality#questions")


@at_desk
async def _questions_file(_: Request, desk: Desk, __: Session) -> Response:
    """The evaluation file to take away, as `tenkyo evaluate` reads it."""
    path = QuestionSet(desk.folder).path
    text = await asyncio.to_thread(path.read_bytes) if path.exists() else b""
    named = {"Content-Disposition": 'attachment; filename="questions.jsonl"'}
    return Response(text, media_type="application/jsonl; charset=utf-8", headers=NOT_KEPT | named)


@at_desk
async def _evaluate(request: Request, desk: Desk, _: Session) -> Response:
    path = QuestionSet(desk.folder).path
    if not path.exists():
        raise RefusedError(422, "no_questions", "there are no questions yet: draft some first")
    _add_evaluation(desk, service_of(request), path)
    return back_to(request, "quality")


@at_desk
async def _upload(request: Request, desk: Desk, _: Session) -> Response:
    async with received(request, _FILES) as files:
        name = f"{secrets.token_hex(4)}-{files[0].name}"
        path = await asyncio.to_thread(keep, files[0], desk.folder / "files", name)
    _add_evaluation(desk, service_of(request), path, title=files[0].name)
    return back_to(request, "quality")


def _add_evaluation(desk: Desk, service: Service, questions: Path, title: str = "") -> None:
    runs = desk.folder / "runs"
    library = service.library

    def work(job: Job, progress: JobProgress) -> Sequence[Result]:
        from app.evaluation.question_file import WrongRow, read_questions
        from app.evaluation.run import evaluate

        total = sum(not isinstance(row, WrongRow) for row in read_questions(questions))
        if total > _MOST_QUESTIONS:
            raise TenkyoError(f"the file has {total:,} questions, at most {_MOST_QUESTIONS:,} are asked here; split it")
        wrong: list[Result] = []

        def ask(row: "QuestionRow") -> Answer:
            _give_way(service)
            history = [Turn(earlier) for earlier in row.history]
            answer = library.ask(row.text, k=_HITS, history=history, documents=row.documents)
            return library.compose(answer, history=history, documents=row.documents) if service.composes else answer

        run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        try:
            evaluate(
                questions,
                runs / run,
                ask=ask,
                settings={"k": _HITS, "index": {"generation": library.snapshot_name}},
                minimums={},
                workers=1,
                progress=progress,
                on_wrong_row=lambda row: wrong.append(Result("skipped", str(row.line), row.reason, "row")),
            )
        except BaseException:
            shutil.rmtree(runs / run, ignore_errors=True)
            raise
        job.link = f"quality/report/{run}"
        for old in _runs(runs)[_MOST_RUNS:]:
            shutil.rmtree(runs / old.id, ignore_errors=True)
        return wrong

    desk.jobs.add("evaluate", title, work)


def _give_way(service: Service) -> None:
    """Waits while students' questions are being answered, for a few seconds at most."""
    end = time.monotonic() + _PATIENCE
    while service.waiting > 0 and time.monotonic() < end:
        time.sleep(0.05)


def _runs(folder: Path) -> list[RunLine]:
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
    shares = [(overall.get(one) or {}).get("value") for one in ("accuracy", "hit@5", "refused_answerable")]
    run = metrics["run"]
    file = run["questions_file"] if run["questions_file"] == "questions.jsonl" else run["questions_file"][9:]
    return RunLine(name, run["finished"][:16].replace("T", " "), file, metrics["questions"], *shares)


@at_desk
async def _report(request: Request, desk: Desk, _: Session) -> Response:
    """A report as `tenkyo evaluate` writes it; for two runs, RUN~RUN, their comparison."""
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

    out = runs / "comparison"
    try:
        compare(runs / names[0], runs / names[1], out)
    except TenkyoError as error:
        raise RefusedError(422, "nothing_to_compare", str(error).replace(f"{runs}/", "")) from error
    return (out / REPORT_FILE).read_text(encoding="utf-8")


@at_desk
async def _compare(request: Request, _: Desk, __: Session) -> Response:
    names = [request.query_params.get(name, "") for name in ("a", "b")]
    if not all(_RUN.fullmatch(name) for name in names):
        raise RefusedError(422, "no_runs", "choose two evaluations")
    return back_to(request, f"quality/report/{'~'.join(names)}")


routes = [
    Route("/teach/quality", _quality, methods=["GET"]),
    Route("/teach/quality/mark", _mark, methods=["POST"]),
    Route("/teach/quality/draft", _draft, methods=["POST"]),
    Route("/teach/quality/questions", _save, methods=["POST"]),
    Route("/teach/quality/questions.jsonl", _questions_file, methods=["GET"]),
    Route("/teach/quality/evaluate", _evaluate, methods=["POST"]),
    Route("/teach/quality/upload", _upload, methods=["POST"]),
    Route("/teach/quality/compare", _compare, methods=["GET"]),
    Route("/teach/quality/report/{name}", _report, methods=["GET"]),
]
