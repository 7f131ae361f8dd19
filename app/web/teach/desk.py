"""The desk of one course: its folders, sessions and tasks, and the login check of its routes."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from app.web.errors import RefusedError
from app.web.service.service import Service
from app.web.teach.forms import fields_of
from app.web.teach.jobs import Jobs
from app.web.teach.sessions import COOKIE, DeskSessions, Logins, Session, check_csrf
from app.web.teach.uploads import delete_leftovers, take_back_interrupted
from app.web.teach.view import back_to
from retriever.types import TenkyoError

T = TypeVar("T")
FOLDER = "teach"  # the desk's folder in an index's folder
TOKEN = "token"  # noqa: S105 - the name of the field that holds a form's token


@dataclass(frozen=True, slots=True)
class Crawling:
    """How the desk fetches addresses: the allowed private hosts, and the contact that is sent to sites."""

    allow_hosts: frozenset[str] = frozenset()
    contact: str = ""


class Desk:
    """The state behind the pages under /teach. `index` is the folder of the service's index."""

    def __init__(
        self, index: Path, password: str = "", crawling: Crawling | None = None, logins: Logins | None = None
    ) -> None:
        self.index, self.folder = index, index / FOLDER
        self.uploads = index.with_name(f"{index.name}.uploads")  # outside: sources may not lie in an index's folder
        self.question_files = self.folder / "files"  # question files uploaded for one evaluation
        take_back_interrupted(self.uploads, lambda: _hashes(index))
        delete_leftovers(self.uploads, self.question_files)
        self.crawling = crawling or Crawling()
        self.sessions = DeskSessions(password, logins)
        self.jobs = Jobs(self.folder)
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="tenkyo-desk")

    async def read(self, work: Callable[[], T]) -> T:
        """Run `work` in the desk's own thread, because the threads of the service answer students."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, work)


def _hashes(index: Path) -> dict[str, str]:
    """Source → content hash of the documents in an index; empty if it cannot be opened."""
    from retriever.index.open import open_index

    try:
        return {record.source: record.content_hash for record in open_index(index).documents.values()}
    except TenkyoError:
        return {}


AtDesk = Callable[[Request, Desk, Session], Awaitable[Response]]


def desk_of(request: Request) -> Desk:
    """The course's desk; raises RefusedError (404) if it has none."""
    desk: Desk | None = request.app.state.desk
    if desk is None:
        raise not_here(request)
    return desk


def session_of(request: Request) -> Session | None:
    """The session of the request's cookie; None if nobody is logged in."""
    return desk_of(request).sessions.find(request.cookies.get(COOKIE, ""))


def service_of(request: Request) -> Service:
    """The service that answers the course's questions."""
    service: Service = request.app.state.service
    return service


def not_here(request: Request) -> RefusedError:
    """The error (404) for a desk at which nobody can log in."""
    return RefusedError(404, "not_found", f"nothing is at {request.url.path[:200]}")


def at_desk(answer: AtDesk) -> Callable[[Request], Awaitable[Response]]:
    """Makes an endpoint for logged-in teachers only; others are redirected to the login page.

    A request other than GET or HEAD must send the session's CSRF token, in its form or in its address.
    """

    @wraps(answer)
    async def checked(request: Request) -> Response:
        desk, session = desk_of(request), session_of(request)
        if session is None:
            if not desk.sessions.takes_password:
                raise not_here(request)
            return back_to(request, "login")
        if request.method not in ("GET", "HEAD"):
            check_csrf(session, await _sent_token(request))
        return await answer(request, desk, session)

    return checked


async def _sent_token(request: Request) -> str:
    """The token of a form. Forms with files send it in the address, so that it is checked before files are read."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return (await fields_of(request)).get(TOKEN, "")
    return request.query_params.get(TOKEN, "")
