"""Routes that do not need Gradio: widget, sources, health, metrics, static files; and the error handlers."""

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.answering.types import Answer
from app.answering.understand.history.conversation import MOST_CHARACTERS, MOST_TURNS
from app.composing.events import Event, grown
from app.pages.answer.messages import answer_html
from app.pages.labels.texts import LABELS, LANGUAGES, WIDGET_LABELS, labels_for
from app.pages.static_files import StaticFile, send_file, static_file, static_files
from app.pages.templates import page, way_up
from app.pages.widget.demo import widget_demo_page
from app.web.courses.passes import PASSED
from app.web.error_page import error_response
from app.web.errors import Json, NotReadyError, RefusedError, unavailable
from app.web.guard.questions import MAX_QUESTION, WIDGET_ASK
from app.web.lti import routes as lti
from app.web.lti.routes import framed
from app.web.routes import api
from app.web.routes import source as source_routes
from app.web.routes import tools as tool_routes
from app.web.routes.source import REVALIDATE
from app.web.service.service import Service
from app.web.serving.front import IS_LOCAL, UNDER
from app.web.teach import routes as teach
from app.web.teach.view import words_of
from retriever.types import TenkyoError

Endpoint = Callable[[Request], Awaitable[Response]]
_log = logging.getLogger("tenkyo.web")


def _file(name: str) -> Endpoint:
    """An endpoint for one static file at an address of its own."""

    async def answer(request: Request) -> Response:
        return send_file(request, static_files()[name])

    return answer


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in static_files():
        raise RefusedError(404, "not_found", f"nothing is at {request.url.path[:200]}")
    return send_file(request, static_files()[name])


async def _root(request: Request) -> Response:
    return RedirectResponse(f"{request.scope.get(UNDER, '')}chat")


async def _widget(request: Request) -> Response:
    service: Service = request.app.state.service
    settings = service.course.now
    language = settings.language(request.headers, request.query_params)
    launch = await framed(request)
    own_words = {"tagline": settings.greeting, "title": service.course.title}
    own_words = {name: text for name, text in own_words.items() if text}
    theme = request.query_params.get("theme", "")
    desk = launch.get("desk", "") if request.app.state.desk else ""
    document = launch.get("document") or request.query_params.get("document", "")
    text = page(
        "widget/widget",
        up=way_up(request.scope),
        language=language,
        words=labels_for(language) | own_words,
        limit=MAX_QUESTION,
        theme=theme if theme in ("light", "dark") else "",
        document=document,
        tab=launch.get("tab", ""),
        course=service.course.name,
        desk=f"{'../' if request.scope.get(PASSED) else ''}teach/enter?ticket={desk}&lang={language}" if desk else "",
        desk_title=words_of(language)["title"],
        # drafted questions come from all documents, so a widget for one document shows none
        questions=launch.get("starters") or ([] if document else service.starters(language)),
    )
    return HTMLResponse(text, headers=REVALIDATE)


async def _widget_demo(request: Request) -> Response:
    service: Service = request.app.state.service
    language = service.course.now.language(request.headers, request.query_params)
    titles = await service.call(service.library.titles)
    text = widget_demo_page(
        language,
        titles,
        service.starters(language),
        MAX_QUESTION,
        way_up(request.scope),
        is_closed=bool(request.scope.get(PASSED)),
    )
    return HTMLResponse(text, headers=REVALIDATE)


async def _widget_ask(request: Request) -> Response:
    """`POST /widget/ask`: a stream of the answer in HTML, as on the chat page, and its turn for the conversation."""
    return api.stream(request, _WidgetTeller())


class _WidgetTeller:
    """The widget's events, in HTML: `checking` with the quoted answer, then with checked sentences; last `answer`."""

    def __init__(self) -> None:
        self._so_far: Answer | None = None

    def begin(self, answer: Answer) -> str:
        """`checking` with the quoted answer, because no composed sentence has passed yet."""
        self._so_far = replace(answer, sentences=(), citations=())
        return api.event("checking", {"html": answer_html(answer, is_whole=False, at_root=True)})

    def tell(self, step: Event) -> str:
        """`checking` with the composed sentences that have passed their check; a comment if one was withheld."""
        if self._so_far is None or step.sentence is None:
            return ": withheld\n\n"
        self._so_far = grown(self._so_far, step)
        html = answer_html(self._so_far, is_whole=False, at_root=True)
        return api.event("checking", {"html": html})

    def finish(self, answer: Answer) -> Iterator[str]:
        """`answer` with the whole answer and its turn for the conversation."""
        turn = {"question": answer.question, "answer": "" if answer.abstained else answer.text}
        shown = {"html": answer_html(answer, at_root=True), "turn": turn}
        yield api.event("answer", shown | {"found": not answer.abstained, "citations": len(answer.citations)})


_LIMITS = {"question": MAX_QUESTION, "turns": MOST_TURNS, "characters": MOST_CHARACTERS}


@cache
def _labels_file(takes_feedback: bool, offers_study: bool) -> StaticFile:
    return _script_of(LABELS, {"feedback": takes_feedback, "study": offers_study, "limits": _LIMITS})


@cache
def _widget_labels_file(language: str) -> StaticFile:
    """The labels of the widget's scripts in one language."""
    labels = {language: {name: LABELS[language][name] for name in WIDGET_LABELS}}
    return _script_of(labels, {"limits": _LIMITS})


def _script_of(labels: Mapping[str, Mapping[str, str]], server: Mapping[str, object]) -> StaticFile:
    """A script that gives the pages' scripts the labels by language, the limits and which features are on."""
    facts, words = json.dumps(server), json.dumps(labels, ensure_ascii=False)
    return static_file(f"window.tenkyoLabels = {words};\nwindow.tenkyoServer = {facts};\n", ".js")


async def _labels(request: Request) -> Response:
    language = request.query_params.get("lang", "")
    if language in LANGUAGES:
        return send_file(request, _widget_labels_file(language))
    return send_file(request, _labels_file(request.app.state.feedback is not None, request.app.state.course.now.study))


async def _healthy(_: Request) -> Response:
    return Json({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def _ready(request: Request) -> Response:
    library = request.app.state.service.library  # raises NotReadyError: 503
    if request.app.state.chat.has_failed:
        raise NotReadyError("the chat page could not be loaded: see the server's log")
    # ready without the chat page: questions are answered, and the page opens some seconds later
    page_state = "ready" if request.app.state.chat.is_ready else "loading"
    told = {"status": "ready", "generation": library.snapshot_name, "chat": page_state}
    return Json(told, headers={"Cache-Control": "no-store"})


async def _metrics(request: Request) -> Response:
    _check_reader(request)
    service: Service = request.app.state.service
    generation = service.library.snapshot_name if service.ready else None
    text = request.app.state.metrics.render(generation, service.waiting)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _check_reader(request: Request) -> None:
    """Raises RefusedError (404) unless the client is on this machine or sends the metrics token."""
    token: str = request.app.state.metrics_token
    sent = request.headers.get("authorization", "").encode()
    if request.scope.get(IS_LOCAL) or (token and hmac.compare_digest(sent, f"Bearer {token}".encode())):
        return
    raise RefusedError(404, "not_found", "metrics are given on this machine, or for the token in TENKYO_METRICS_TOKEN")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # noqa: S101 - the table below says so; mypy cannot know
    return error_response(request.url.path, error)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, TenkyoError)  # noqa: S101 - the table below says so; mypy cannot know
    return error_response(request.url.path, unavailable(error))


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    allowed = (getattr(error, "headers", None) or {}).get("Allow", "").split(", ")
    path = request.url.path
    if status == 405:
        said = f"{request.method} is not taken at {path[:200]}"
        return error_response(path, RefusedError(405, "method_not_allowed", said, allow=allowed))
    return error_response(path, RefusedError(status, "not_found", f"nothing is at {path[:200]}"))


async def _internal_error(request: Request, _: Exception) -> Response:
    return error_response(request.url.path, RefusedError(500, "internal", "the server failed: see its log"))


routes = [
    Route("/", _root),
    Route("/widget.js", _file("widget.js")),
    Route("/widget.d.ts", _file("widget.d.ts")),
    Route("/widget", _widget),
    Route("/widget/demo", _widget_demo),
    Route(WIDGET_ASK, _widget_ask, methods=["POST"]),
    Route("/labels.js", _labels),
    *lti.routes,
    *teach.routes,
    *source_routes.routes,
    *tool_routes.routes,
    Route("/healthz", _healthy),
    Route("/readyz", _ready),
    Route("/metrics", _metrics),
    Route("/favicon.ico", _file("icon.svg")),
    Route("/manifest.json", _file("manifest.json")),
    Route("/static/{name}", _static),
]
error_handlers = {
    RefusedError: _refused,
    TenkyoError: _failed,
    HTTPException: _http_error,
    Exception: _internal_error,
}
