"""Several courses in one server: `/c/NAME/…` leads to an application of its own, every other address to the first."""

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from app.web.courses.passes import PASSED, Door, closed
from app.web.errors import RefusedError
from app.web.guard.bodies import parse_object, read_body, replay
from app.web.guard.clients import Proxies, parse_proxies
from app.web.guard.middleware import REFUSED
from app.web.server.server import WebApp
from app.web.serving.front import UNDER, without_root_path
from app.web.serving.requests import RequestIds

_COURSE = re.compile(r"/c/([^/]+)(/.*)?", re.DOTALL)
_PASS = re.compile(r"/~([A-Za-z0-9_-]{1,100})(/.*)", re.DOTALL)
_ENTRANCES = ("/widget", "/widget/demo", "/chat", "/chat/")  # where a token may stand in the address
# open in a closed course too: they reveal nothing of it, or check access themselves
_OPEN = frozenset(
    "/ /widget.js /widget.d.ts /labels.js /favicon.ico /manifest.json /healthz /readyz /metrics "
    "/api/openapi.json".split()
)
_OPEN_BELOW = ("/static/", "/lti/", "/teach", "/chat/assets/", "/chat/static/")
_ASKING = frozenset(("/api/ask", "/api/search"))  # whose body may name a course
_TOKEN = "token"  # noqa: S105 - the name of the field
_RETRY_SECONDS = 10.0  # after which an index that could not be opened is tried again
_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Courses:
    """ASGI application that dispatches to the courses' applications by name; "" or else the first is at the root."""

    def __init__(self, apps: Mapping[str, WebApp], doors: Mapping[str, Door], root_path: str = "") -> None:
        self._apps, self._doors, self.root_path = dict(apps), dict(doors), root_path
        self._root = "" if "" in self._apps else next(iter(self._apps))
        self.proxies = self._apps[self._root].proxies
        for app in self._apps.values():
            app.service.retry_seconds = _RETRY_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leads a request to its course."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            await self._apps[self._root](scope, receive, send)
            return
        scope = without_root_path(scope, self.root_path)
        if scope[UNDER]:  # the root path without its slash
            await self._redirect(f"{scope[UNDER]}chat", 307)(scope, receive, send)
            return
        name, scope = self._course_of(scope)
        if name == self._root and scope["path"] in _ASKING and scope["method"] == "POST":
            name, scope, receive = await self._named_in_body(name, scope, receive)
        if scope["path"] == "":  # /c/NAME without a slash
            await self._redirect(f"{name}/chat", 307)(scope, receive, send)
            return
        door = self._doors.get(name)
        if door is not None:
            scope, leads_to = _through(door, scope)
            if leads_to:
                await self._redirect(leads_to, 303)(scope, receive, send)
                return
        await self._apps[name](scope, receive, send)

    def _redirect(self, address: str, status: int) -> RequestIds:
        return RequestIds(RedirectResponse(address, status, headers=_NO_STORE), Proxies(parse_proxies(self.proxies)))

    def _course_of(self, scope: Scope) -> tuple[str, Scope]:
        """The course that the address names, with the scope below it; for an unknown name, the root's."""
        match = _COURSE.fullmatch(scope["path"])
        if match is None or match[1] not in self._apps:
            return self._root, scope
        return match[1], _below(scope, f"/c/{match[1]}", match[2] or "")

    async def _named_in_body(self, name: str, scope: Scope, receive: Receive) -> tuple[str, Scope, Receive]:
        """The course named by the body's `course` field, and the body without that field; any other body is kept."""
        try:
            body = await read_body(receive, Headers(scope=scope))
        except RefusedError as error:
            return name, {**scope, REFUSED: error}, receive
        try:
            value = parse_object(body)
        except RefusedError:  # the course's own reader refuses it, too
            return name, scope, replay(body, receive)
        wanted = value.get("course")
        if not isinstance(wanted, str) or not wanted or wanted not in self._apps:
            return name, scope, replay(body, receive)
        body = json.dumps({key: field for key, field in value.items() if key != "course"}).encode()
        kept = [pair for pair in scope["headers"] if pair[0].lower() not in (b"content-length", b"transfer-encoding")]
        headers = [*kept, (b"content-length", str(len(body)).encode())]
        return wanted, {**scope, "headers": headers}, replay(body, receive)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespans of all applications, one inside the other."""
        await receive()
        async with contextlib.AsyncExitStack() as stack:
            for app in self._apps.values():
                await stack.enter_async_context(app.living())
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def stop(self) -> None:
        """Lets the open streams of all courses end."""
        for app in self._apps.values():
            app.stop()

    def on_failure(self, call: Callable[[], None]) -> None:
        """Call this once no course's index can be opened; a single failing course does not stop the others."""

        def check() -> None:
            if self.failure is not None:
                call()

        for app in self._apps.values():
            app.on_failure(check)

    @property
    def failure(self) -> Exception | None:
        """Why the index of the first course could not be opened, None while any other is or may be opened."""
        failures = [app.failure for app in self._apps.values()]
        return failures[0] if all(failure is not None for failure in failures) else None


def _below(scope: Scope, prefix: str, path: str) -> Scope:
    return {**scope, "path": path, "raw_path": scope["raw_path"].removeprefix(prefix.encode())}


def _through(door: Door, scope: Scope) -> tuple[Scope, str]:
    """The scope after the door's check (with REFUSED set if it is refused), and the address to redirect to or ""."""
    try:
        if match := _PASS.fullmatch(scope["path"]):
            # cut the pass off before the check: the path decides the form and headers of a refusal too
            scope = {**_below(scope, f"/~{match[1]}", match[2]), PASSED: True}
            door.check_pass(match[1])
            return scope, ""
        if scope["path"] in _OPEN or scope["path"].startswith(_OPEN_BELOW):
            return scope, ""
        return scope, _led_by_token(door, scope)
    except RefusedError as error:
        return {**scope, REFUSED: error}, ""


def _led_by_token(door: Door, scope: Scope) -> str:
    """The redirect that turns a token in the address into a pass; "" for a token in the header.

    Raises RefusedError (403) for a missing or invalid token.
    """
    path, headers = scope["path"], Headers(scope=scope)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        door.check_token(token.strip())
        return ""
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tokens = [value for name, value in query if name == _TOKEN]
    if path not in _ENTRANCES or not tokens or not tokens[0]:
        raise closed()
    ends = door.check_token(tokens[0])
    rest = urlencode([(name, value) for name, value in query if name != _TOKEN])
    up = "../" * (path.count("/") - 1)
    return f"{up}~{door.issue(ends)}{path.rstrip('/')}{'?' if rest else ''}{rest}"
