"""Routes of the chat page's tools: exports, suggested questions, self-check questions, feedback."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.pages.labels.texts import html_language
from app.web.errors import Json, RefusedError
from app.web.export.conversation import parse_conversation
from app.web.export.files import write_conversation
from app.web.guard.bodies import check_media_type
from app.web.insight.insight import Insight
from app.web.routes.feedback import FeedbackFile, parse_feedback
from app.web.routes.study import cards
from app.web.service.service import Service

_NOT_KEPT = {"Cache-Control": "no-store"}


async def _export(request: Request) -> Response:
    """`POST /api/export`: turns the conversation in the body into a file; the server stores none of it."""
    check_media_type(request.headers)
    conversation = parse_conversation(await request.body())
    service: Service = request.app.state.service
    library = service.library
    file = await service.call(lambda: write_conversation(conversation, library))
    named = {"Content-Disposition": f'attachment; filename="{file.name}"', "Content-Type": file.media_type}
    return Response(file.content, headers=_NOT_KEPT | named)


async def _study(request: Request) -> Response:
    """`GET /api/study`: self-check questions; an empty list until they are made."""
    service: Service = request.app.state.service
    if not service.course.now.study:
        raise RefusedError(404, "not_found", "self-check is not offered here")
    library = service.library
    return Json({"cards": await service.call(lambda: cards(library))}, headers=_NOT_KEPT)


async def _starters(request: Request) -> Response:
    """`GET /api/starters?lang=ja`: suggested first questions; an empty list until they are made."""
    service: Service = request.app.state.service
    language = service.course.now.language(request.headers, request.query_params)
    questions = [{"text": text, "language": html_language(text)} for text in service.starters(language)]
    return Json({"questions": questions}, headers=_NOT_KEPT | {"Vary": "Accept-Language"})


async def _feedback(request: Request) -> Response:
    """`POST /api/feedback`: a thumb up or down with an optional comment, if TENKYO_FEEDBACK is on."""
    file: FeedbackFile | None = request.app.state.feedback
    if file is None:
        raise RefusedError(404, "not_found", "feedback is not taken here: TENKYO_FEEDBACK is off")
    check_media_type(request.headers)
    feedback = parse_feedback(await request.body())
    service: Service = request.app.state.service
    await service.call(lambda: file.add(feedback))
    insight: Insight | None = request.app.state.insight
    if insight is not None and feedback.rating == "down":
        await service.call(lambda: insight.count_down(feedback.question))
    return Json({"stored": True}, headers=_NOT_KEPT)


routes: Sequence[Route] = (
    Route("/api/export", _export, methods=["POST"]),
    Route("/api/study", _study, methods=["GET"]),
    Route("/api/starters", _starters, methods=["GET"]),
    Route("/api/feedback", _feedback, methods=["POST"]),
)
