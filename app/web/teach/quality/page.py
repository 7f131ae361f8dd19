"""The quality page: a table of questions, judging an answer right or wrong, and the list of evaluations."""

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.answering.types import Answer
from app.pages.answer.messages import answer_html
from app.web.errors import RefusedError, WordedError
from app.web.guard.questions import check_question
from app.web.service.service import Service
from app.web.teach.desk import Desk, at_desk, service_of
from app.web.teach.forms import fields_of, pairs_of
from app.web.teach.jobs import Job, JobProgress, Result
from app.web.teach.quality import runs
from app.web.teach.quality.question_set import TYPES, QuestionSet, judged_row
from app.web.teach.sessions import Session
from app.web.teach.view import NOT_KEPT, back_to, shown

_MOST_DRAFTS = 30


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
        rows=await asyncio.to_thread(QuestionSet(desk.folder).lines),
        types=TYPES,
        runs=await asyncio.to_thread(runs.finished, desk.folder / "runs"),
        jobs=desk.jobs.on("quality"),
        question=question,
        answer=answer,
        html=html,
        said=next((name for name in ("marked", "saved", "incomparable") if name in request.query_params), ""),
        accept=",".join(runs.FILES),
        most=runs.MOST_QUESTIONS,
    )


async def _asked(service: Service, question: str) -> Answer:
    answer = await service.ask(check_question(question), counted=False)
    return await service.compose(answer)


@at_desk
async def _mark(request: Request, desk: Desk, _: Session) -> Response:
    """Store a judgement. The question is answered again, because the form's own copy of the answer is not trusted."""
    form = await fields_of(request)
    answer = await _asked(service_of(request), form.get("question", ""))
    verdict, expected = form.get("verdict", ""), form.get("expected", "").strip()
    if verdict not in ("right", "wrong"):
        raise RefusedError(422, "no_verdict", "say whether the answer is right or wrong")
    try:
        row = judged_row(answer, is_right=verdict == "right", expected=expected, is_absent="absent" in form)
        await asyncio.to_thread(QuestionSet(desk.folder).put, row)
    except WordedError as error:
        raise RefusedError(422, "no_answer", str(error), reason=error.reason, **error.values) from error
    return back_to(request, "quality?marked#questions")


@at_desk
async def _draft(request: Request, desk: Desk, _: Session) -> Response:
    service = service_of(request)
    library = service.library

    def work(_job: Job, progress: JobProgress) -> Sequence[Result]:
        from app.evaluation.question_files.questions import draft

        def ask(question: str) -> Answer:
            runs.give_way(service)
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
    """Save the table. A field is called NAME.ID (a row's id); a ticked `delete.ID` deletes the row."""
    changed: dict[str, dict[str, str]] = {}
    deleted = []
    for field, value in await pairs_of(request):
        name, dot, row_id = field.partition(".")
        if dot and name == "delete":
            deleted.append(row_id)
        elif dot:
            changed.setdefault(row_id, {})[name] = value
    await asyncio.to_thread(QuestionSet(desk.folder).edit, changed, deleted)
    return back_to(request, "quality?saved#questions")


@at_desk
async def _questions_file(_: Request, desk: Desk, __: Session) -> Response:
    """Download the question file, in the format of `tenkyo evaluate`."""
    path = QuestionSet(desk.folder).path
    text = await asyncio.to_thread(path.read_bytes) if path.exists() else b""
    named = {"Content-Disposition": 'attachment; filename="questions.jsonl"'}
    return Response(text, media_type="application/jsonl; charset=utf-8", headers=NOT_KEPT | named)


routes = [
    Route("/teach/quality", _quality, methods=["GET"]),
    Route("/teach/quality/mark", _mark, methods=["POST"]),
    Route("/teach/quality/draft", _draft, methods=["POST"]),
    Route("/teach/quality/questions", _save, methods=["POST"]),
    Route("/teach/quality/questions.jsonl", _questions_file, methods=["GET"]),
    *runs.routes,
]
