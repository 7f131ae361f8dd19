"""The settings page of a course: a form that works without scripts."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.pages.labels.texts import LANGUAGES
from app.web.courses.course import KEEP_DAYS, MOST_GREETING, MOST_STARTER, MOST_STARTERS, Course, CourseSettings
from app.web.errors import RefusedError, WordedError
from app.web.teach.desk import Desk, at_desk, service_of
from app.web.teach.forms import pairs_of
from app.web.teach.sessions import Session
from app.web.teach.view import back_to, shown


def course_of(request: Request) -> Course:
    """The course whose desk this is."""
    course: Course = request.app.state.course
    return course


@at_desk
async def _settings(request: Request, _: Desk, session: Session) -> Response:
    return shown(
        request,
        "settings",
        session,
        settings=course_of(request).now,
        saved="saved" in request.query_params,
        composes=service_of(request).library.composes,
        keep_days=KEEP_DAYS,
        most_greeting=MOST_GREETING,
        most_starters=MOST_STARTERS,
        most_letters=MOST_STARTERS * (MOST_STARTER + 2),
    )


@at_desk
async def _save(request: Request, _: Desk, __: Session) -> Response:
    pairs = await pairs_of(request)
    form = dict(pairs)
    lines = [" ".join(line.split()) for line in form.get("starters", "").splitlines()]
    days = form.get("keep_days", "")
    try:
        settings = CourseSettings(
            greeting=" ".join(form.get("greeting", "").split()),
            starters=tuple(dict.fromkeys(line for line in lines if line)),
            languages=tuple(code for code in LANGUAGES if ("languages", code) in pairs),
            study="study" in form,
            originals="originals" in form,
            composed="composed" in form,
            insight="insight" in form,
            keep_days=int(days) if days.isascii() and days.isdecimal() else 0,
        )
    except WordedError as error:
        raise RefusedError(422, "bad_settings", str(error), reason=error.reason, **error.values) from error
    course_of(request).save(settings)
    return back_to(request, "settings?saved")


routes = [
    Route("/teach/settings", _settings, methods=["GET"]),
    Route("/teach/settings", _save, methods=["POST"]),
]
