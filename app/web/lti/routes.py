"""The addresses under /lti: login, launch, keys, registration, and picking what a course page links to."""

import asyncio
import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.pages.labels.texts import LANGUAGES, preferred
from app.pages.templates import page, way_up
from app.web.courses.passes import Door
from app.web.errors import Json, RefusedError, WordedError
from app.web.lti.platforms import LtiError, Platforms, UsedNonces, check_address, origin_of
from app.web.lti.ties import Tie, course_of, may_open, may_teach
from app.web.lti.words import WORDS
from ingest.text import shown_name

if TYPE_CHECKING:  # with its libraries it takes a third of a second to import
    from app.web.lti.launches import Launch, Launches
    from app.web.lti.states import Signer
    from app.web.service.service import Service

MOST_STARTERS, MOST_LETTERS = 4, 300  # questions to start with, and their letters together: they go into an address
_FRAME_SECONDS, _TICKET_SECONDS = 12 * 3600, 600
_MOST_FIELDS, _MOST_DOCUMENTS = 30, 100
Result = TypeVar("Result")
_log = logging.getLogger("tenkyo.web")


class Lti:
    """The LTI tool: its platforms, the courses with their ties to platforms, and a daily salt that hides who asks."""

    def __init__(
        self,
        folder: Path,
        token: str = "",
        root_path: str = "",
        courses: Mapping[str, Sequence[Tie]] = MappingProxyType({}),
    ) -> None:
        self.platforms, self.courses = Platforms(folder), courses
        self.token, self._folder, self._root_path = token, folder, root_path
        self._salt, self._day = b"", ""
        self._lock = threading.Lock()
        self.services: dict[str, Service] = {}  # by course; they list its documents for a teacher to choose
        # a platform that is slow to answer holds these threads and no others
        self.waiting = ThreadPoolExecutor(4, thread_name_prefix="tenkyo-lti")

    @cached_property
    def launches(self) -> "Launches":
        """Carries out logins and launches; the libraries load when a platform first calls."""
        from app.web.lti.launches import Launches

        return Launches(self.platforms, UsedNonces(self._folder))

    @property
    def signer(self) -> "Signer":
        """Signs what a launch hands to the widget."""
        return self.launches.signer

    def base(self, request: Request) -> str:
        """Our public address, with a slash at its end."""
        return f"{request.url.scheme}://{request.headers['host']}{self._root_path}/"

    def ticket(self, course: str) -> str:
        """A ticket that opens the desk of a course once, within ten minutes ("-": the only course)."""
        return self.signer.sign("desk", {"course": course, "nonce": secrets.token_urlsafe(16)}, _TICKET_SECONDS)

    def use_ticket(self, ticket: str, course: str) -> None:
        """Raises LtiError for a ticket that is used, has ended, or is for another course."""
        claims = self.signer.read("desk", ticket)
        if claims.get("course") != course or not UsedNonces(self._folder).use(f"desk {claims.get('nonce')}"):
            raise LtiError("this link to the desk was used already: open Tenkyo again from the course", "ticket_used")

    def asker(self, subject: str) -> bytes:
        """16 bytes that stand for a person in today's rate limits; the salt is thrown away daily."""
        today = datetime.now(UTC).date().isoformat()
        with self._lock:
            if today != self._day:
                self._salt, self._day = secrets.token_bytes(32), today
            return hmac.digest(self._salt, subject.encode(), hashlib.sha256)[:16]


async def framed(request: Request) -> dict[str, Any]:
    """The claims of the launch token in a widget's address: {"document", "starters", "tab"}; empty without a token.

    A teacher's token also has "desk", a ticket for the desk. The ticket works once, so a shared address is harmless.
    """
    token = request.query_params.get("launch", "")
    if not token:
        return {}
    lti = _lti(request)
    return await _run(lambda: lti.signer.read("launch", token))


async def _login(request: Request) -> Response:
    lti, parameters = _lti(request), await _parameters(request)
    login = await _run(lambda: lti.launches.login(parameters, f"{lti.base(request)}lti/launch"))
    if not login.storage:
        return RedirectResponse(login.address, 302, headers={"Cache-Control": "no-store"})
    task = {"put": login.state, "storage": login.storage, "origin": origin_of(login.address), "next": login.address}
    return _page(request, "lti/step", task=task)


async def _launch(request: Request) -> Response:
    lti, parameters = _lti(request), await _parameters(request)
    ours = f"{lti.base(request)}lti/launch"
    launch = await _run(lambda: lti.launches.launch(parameters, ours), lti.waiting)
    task = {}
    if launch.state.storage:
        task = {
            "get": parameters["state"],
            "storage": launch.state.storage,
            "origin": origin_of(launch.platform.auth_url),
        }
    if launch.deep_link is not None:
        return await _picking(request, launch, task)
    place = _place(request, launch)
    query = f"lang={_language(request, launch)}&launch={_token(request, launch)}"
    address = f"{way_up(request.scope)}{place}widget?{query}"
    if not task:
        return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    return _page(request, "lti/step", task=task | {"next": address})


def _place(request: Request, launch: "Launch") -> str:
    """Where the course of a launch lies below the root: "" where there is only one. Raises RefusedError (404, 403)."""
    doors: Mapping[str, Door | None] = request.app.state.doors
    name = course_of(request, launch)
    if not name:
        return ""
    if name not in doors:
        said = f"this server has no course {name[:60]!r}: pick it again"
        raise RefusedError(404, "no_such_course", said, course=name[:60])
    if not may_open(request, launch, name):
        said = f"course {name!r} is closed to this platform: whoever runs the server can name it in the course's lti"
        raise RefusedError(403, "course_closed", said, reason="course_other_platform", course=name)
    door = doors[name]
    return f"c/{name}/~{door.issue()}/" if door else f"c/{name}/"


def _token(request: Request, launch: "Launch") -> str:
    lti = _lti(request)
    tab = request.app.state.tabs.issue_for(lti.asker(launch.subject))
    starters = [text for text in launch.custom.get("starters", "").split("|") if text.strip()][:MOST_STARTERS]
    claims = {"document": launch.custom.get("document", "")[:200], "starters": starters, "tab": tab}
    name = course_of(request, launch)
    if launch.is_teacher and may_teach(request, launch, name):
        claims["desk"] = lti.ticket(name or "-")
    if sum(map(len, starters)) > MOST_LETTERS:
        claims["starters"] = []
    return lti.signer.sign("launch", claims, _FRAME_SECONDS)


async def _picking(request: Request, launch: "Launch", task: dict[str, str]) -> Response:
    """The page on which a teacher picks what the course page will open."""
    if not launch.is_teacher:
        raise RefusedError(403, "not_a_teacher", "only teachers of the course may add Tenkyo to it")
    settings = launch.deep_link or {}
    places = await _places(request, launch)
    link_request = {
        "issuer": launch.platform.issuer,
        "client_id": launch.platform.client_id,
        "deployment": launch.deployment,
        "courses": list(places),
        "settings": {name: settings[name] for name in ("deep_link_return_url", "data") if name in settings},
    }
    token = _lti(request).signer.sign("choice", link_request, 3600)
    return _page(request, "lti/pick", task=task, token=token, most=MOST_LETTERS, places=places)


@dataclass(frozen=True, slots=True)
class LaunchCourse:
    """A course that a launch may open: its title, and its documents by id."""

    title: str
    documents: Mapping[str, str]


async def _places(request: Request, launch: "Launch") -> dict[str, LaunchCourse]:
    """The courses that a launch may open, by name ("": the one at the root)."""
    own = request.app.state.course.name
    names = [name for name in dict.fromkeys((own, *request.app.state.doors)) if may_open(request, launch, name)]
    services = {name: _lti(request).services[name] for name in names if name in _lti(request).services}
    return {name: await _run(partial(_place_of, service)) for name, service in services.items()}


def _place_of(service: "Service") -> LaunchCourse:
    """A course with its first documents; without any while its index cannot be opened."""
    titles = service.library.titles() if service.ready else {}
    return LaunchCourse(service.course.title or service.course.name, dict(list(titles.items())[:_MOST_DOCUMENTS]))


async def _deep_link(request: Request) -> Response:
    lti, form = _lti(request), await _parameters(request)
    link_request = await _run(lambda: lti.signer.read("choice", form.get("token", "")))
    starters = [line.strip() for line in form.get("starters", "").splitlines() if line.strip()][:MOST_STARTERS]
    if sum(map(len, starters)) > MOST_LETTERS or any("|" in line for line in starters):
        said = f"questions may not contain | or exceed {MOST_LETTERS} characters"
        raise RefusedError(422, "starters", said, most=MOST_LETTERS)
    course, _, document = form.get("place", "/").partition("/")
    if course not in link_request["courses"]:
        said = f"course {course[:60]!r} is none that this platform may open"
        raise RefusedError(403, "course_closed", said, reason="course_not_offered", course=course[:60])
    custom = {"course": course, "document": document[:200], "starters": "|".join(starters)}
    title = form.get("title", "").strip()[:200] or "Tenkyo 典拠"
    address = f"{lti.base(request)}lti/launch"
    answer = await _run(lambda: _answer_of(lti.launches, link_request, title, custom, address))
    return _page(request, "lti/return", task={"submit": "answer"}, address=answer[0], token=answer[1])


def _answer_of(
    launches: "Launches", link_request: dict[str, Any], title: str, custom: dict[str, str], address: str
) -> tuple[str, str]:
    """The return address of a deep linking request, and the signed answer for it."""
    from pylti1p3.deep_link_resource import DeepLinkResource

    from app.web.lti.adapter import DeepLinkAnswer

    returns = str(link_request["settings"].get("deep_link_return_url", ""))
    check_address(returns, "deep_link_return_url")
    resource = DeepLinkResource().set_url(address).set_title(title)
    resource.set_custom_params({name: value for name, value in custom.items() if value})
    registration = launches.registration(link_request["issuer"], link_request["client_id"])
    answer = DeepLinkAnswer(registration, link_request["deployment"], link_request["settings"])
    return returns, answer.get_response_jwt([resource])


async def _jwks(request: Request) -> Response:
    from pylti1p3.registration import Registration

    lti = _lti(request)
    if not lti.token and not await _run(lti.platforms.all):
        said = "no platform is registered here: set TENKYO_LTI_TOKEN to register one"
        raise RefusedError(404, "not_found", said, reason="lti_off")
    keys = await _run(lti.platforms.keys)
    published = [dict(Registration.get_jwk(key["public"])) for key in keys]
    return Json({"keys": published}, headers={"Cache-Control": "public, max-age=300"})


async def _register(request: Request) -> Response:
    lti = _lti(request)
    query = request.query_params
    if not lti.token or not hmac.compare_digest(query.get("token", "").encode(), lti.token.encode()):
        said = "registration is off, or the link lacks its token: set TENKYO_LTI_TOKEN and use the link of tenkyo lti"
        raise RefusedError(404, "not_found", said, reason="registration_off")
    from app.web.lti.registration import register

    platforms, base = lti.platforms, lti.base(request)
    configuration, token = query.get("openid_configuration", ""), query.get("registration_token", "")
    platform = await _run(
        lambda: register(platforms, base, configuration, token), lti.waiting, code="registration_refused"
    )
    return _page(request, "lti/registered", task={"close": "org.imsglobal.lti.close"}, platform=platform.issuer)


def _lti(request: Request) -> Lti:
    lti: Lti | None = request.app.state.lti
    if lti is None:
        raise RefusedError(404, "not_found", "this server takes no launches of learning platforms", reason="lti_off")
    return lti


async def _parameters(request: Request) -> dict[str, str]:
    """The parameters of a query or a form."""
    if request.method == "GET":
        return dict(request.query_params)
    try:
        return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise RefusedError(400, "bad_form", "the form cannot be read: open Tenkyo again from the course") from error


async def _run(
    call: Callable[[], Result], threads: ThreadPoolExecutor | None = None, code: str = "launch_refused"
) -> Result:
    """Run a blocking call in a thread, of `threads` if given. Turns WordedError into RefusedError (403)."""
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, call)
    except WordedError as error:
        _log.warning("%s: %s", code, shown_name(str(error)))  # it may hold what a stranger sent
        raise RefusedError(403, code, str(error), reason=error.reason, **error.values) from error


def _language(request: Request, launch: "Launch") -> str:
    language = launch.language[:2].lower()
    return language if language in LANGUAGES else preferred(request.headers.get("accept-language", ""))


def _page(request: Request, name: str, **values: Any) -> Response:
    language = preferred(request.headers.get("accept-language", ""))
    text = page(name, up=way_up(request.scope), language=language, words=WORDS[language], **values)
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


routes = [
    Route("/lti/login", _login, methods=["GET", "POST"]),
    Route("/lti/launch", _launch, methods=["POST"]),
    Route("/lti/deep-link", _deep_link, methods=["POST"]),
    Route("/lti/jwks", _jwks),
    Route("/lti/register", _register),
]
