"""Routes under /teach: logging in and out, progress of tasks, and the pages of the desk."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.web.errors import Json, RefusedError, WordedError
from app.web.guard.clients import client_key
from app.web.teach import documents, insight, references, settings
from app.web.teach.desk import Desk, at_desk, desk_of, not_here, session_of
from app.web.teach.forms import fields_of
from app.web.teach.quality import page as quality
from app.web.teach.sessions import COOKIE, Session
from app.web.teach.view import back_to, chosen_language, shown

_MOST_PASSWORD = 1000  # characters


async def _door(request: Request) -> Response:
    """`GET /teach`: the desk if logged in, else the login page."""
    if session_of(request) is not None:
        return back_to(request, "documents")
    if not desk_of(request).sessions.takes_password:
        raise not_here(request)
    return shown(request, "login", None, wrong=False)


async def _log_in(request: Request) -> Response:
    desk = desk_of(request)
    if not desk.sessions.takes_password:
        raise not_here(request)
    password = (await fields_of(request)).get("password", "")[:_MOST_PASSWORD]
    address = client_key(request.client.host if request.client else "")
    cookie = desk.sessions.log_in(password, address, chosen_language(request))
    if cookie is None:
        return shown(request, "login", None, status=403, wrong=True)
    return with_session(request, back_to(request, "documents"), cookie)


async def _enter(request: Request) -> Response:
    """`GET /teach/enter?ticket=…`: the page for a teacher from a learning platform; its button sends the ticket on.

    The link works again while the session that it opened lasts.
    Only our own form sets the cookie, so that a page of another site cannot log the browser in.
    """
    desk_of(request)
    ticket = request.query_params.get("ticket", "")
    if not ticket:
        raise not_here(request)
    if session_of(request) is not None:
        return back_to(request, "documents")
    return shown(request, "enter", None, ticket=ticket)


async def _enter_with(request: Request) -> Response:
    desk, lti, course = desk_of(request), request.app.state.lti, request.app.state.course
    ticket = (await fields_of(request)).get("ticket", "")
    if lti is None:
        raise not_here(request)
    if session_of(request) is not None:  # the page stayed open after its button was pressed
        return back_to(request, "documents")
    try:
        await asyncio.to_thread(lti.use_ticket, ticket, course.name or "-")
    except WordedError as error:
        raise RefusedError(403, "ticket_refused", str(error), reason=error.reason, **error.values) from error
    return with_session(request, back_to(request, "documents"), desk.sessions.begin(chosen_language(request)))


def with_session(request: Request, response: Response, cookie: str) -> Response:
    """Add a session's cookie to the response; the browser deletes the cookie when it is closed.

    The cookie names no path, so it is valid for the folder that sets it, `…/teach/`, under any proxy's path.
    """
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, path=None, httponly=True, samesite="strict", secure=secure)
    return response


@at_desk
async def _log_out(request: Request, desk: Desk, _: Session) -> Response:
    desk.sessions.end(request.cookies.get(COOKIE, ""))
    response = back_to(request, "login" if desk.sessions.takes_password else "../chat")
    response.delete_cookie(COOKIE, path=None, httponly=True, samesite="strict")  # type: ignore[arg-type]  # no path
    return response


@at_desk
async def _jobs(request: Request, desk: Desk, session: Session) -> Response:
    """The current tasks as a part of a page; `running` tells the script to ask again."""
    name = request.query_params.get("page", "")[:20]
    jobs = desk.jobs.on(name)
    part = shown(request, "jobs", session, jobs=jobs, at=name)
    running = any(job["state"] in ("waiting", "running") for job in jobs)
    return Json({"html": bytes(part.body).decode(), "running": running}, headers={"Cache-Control": "no-store"})


@at_desk
async def _stop_job(request: Request, desk: Desk, _: Session) -> Response:
    form = await fields_of(request)
    if "clear" in form:
        desk.jobs.clear()
    desk.jobs.stop(form.get("job", ""))
    page = form.get("page", "")
    return back_to(request, page if page in ("documents", "references", "quality") else "documents")


routes = [
    Route("/teach", _door, methods=["GET"]),
    Route("/teach/login", _door, methods=["GET"]),
    Route("/teach/login", _log_in, methods=["POST"]),
    Route("/teach/enter", _enter, methods=["GET"]),
    Route("/teach/enter", _enter_with, methods=["POST"]),
    Route("/teach/logout", _log_out, methods=["POST"]),
    Route("/teach/jobs", _jobs, methods=["GET"]),
    Route("/teach/jobs/stop", _stop_job, methods=["POST"]),
    *documents.routes,
    *references.routes,
    *quality.routes,
    *insight.routes,
    *settings.routes,
]
