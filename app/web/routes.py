"""The light addresses: widget, source pages, health, metrics, static files; and how errors are answered."""

import json
from collections.abc import Awaitable, Callable
from html import escape

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.web import api
from app.web.errors import Json, RefusedError, error_response
from app.web.labels import LABELS, LANGUAGES, labels_for, preferred
from app.web.service import Service
from app.web.source_page import source_page
from app.web.source_view import Following
from app.web.templates import STATIC, page
from retriever.types import TenkyoError

_REVALIDATE = {"Cache-Control": "no-cache"}  # kept by the browser, asked after by ETag: an upgrade shows at once
_LABELS_SCRIPT = f"window.tenkyoLabels = {json.dumps(LABELS, ensure_ascii=False)};\n"


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    """One of the static files at an address of its own, with its ETag."""
    files = StaticFiles(directory=STATIC)

    async def answer(request: Request) -> Response:
        return await files.get_response(name, request.scope)

    return answer


async def _root(_: Request) -> Response:
    return RedirectResponse("/chat")


async def _widget(request: Request) -> Response:
    language = request.query_params.get("lang", "")
    if language not in LANGUAGES:
        language = preferred(request.headers.get("accept-language", ""))
    shown = [one for one in request.app.state.examples if one.language == language] or request.app.state.examples
    items = "".join(f'<li><button type="button">{escape(one.question)}</button></li>' for one in shown[:3])
    words = {name: escape(text) for name, text in labels_for(language).items()}
    text = page("widget", **words | {"language": language, "limit": str(api.MAX_QUESTION), "questions": items})
    return HTMLResponse(text, headers=_REVALIDATE)


async def _labels(_: Request) -> Response:
    return Response(_LABELS_SCRIPT, media_type="text/javascript", headers=_REVALIDATE)


async def _document(request: Request) -> Response:
    document_id = request.path_params["document_id"]
    service: Service = request.app.state.service
    library, focus = service.library, api.focus_of(request)
    language = preferred(request.headers.get("accept-language", ""))

    def render() -> str | None:
        document = library.document(document_id)
        if document is None:
            return None
        following = Following(library.entry_targets(document_id), library.texts_of_entries(document_id))
        return source_page(document, library.passages(document_id), focus, language, following)

    text = await service.call(render)
    if text is None:
        raise RefusedError(404, "no_such_document", f"the index holds no document {document_id[:200]!r}")
    return HTMLResponse(text, headers=_REVALIDATE)


async def _healthy(_: Request) -> Response:
    return Json({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def _ready(request: Request) -> Response:
    library = request.app.state.service.library  # raises NotReadyError: 503
    return Json({"status": "ready", "generation": library.generation}, headers={"Cache-Control": "no-store"})


async def _metrics(request: Request) -> Response:
    service: Service = request.app.state.service
    generation = service.library.generation if service.ready else None
    return Response(request.app.state.metrics.render(generation, service.waiting), media_type=CONTENT_TYPE_LATEST)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # noqa: S101 - the table above says so; mypy cannot know
    return error_response(request.url.path, error)


async def _failed(request: Request, error: Exception) -> Response:
    return error_response(request.url.path, RefusedError(503, "unavailable", str(error)))


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    path = request.url.path
    if status == 405:
        return error_response(path, RefusedError(405, "method_not_allowed", f"{request.method} is not taken at {path}"))
    return error_response(path, RefusedError(status, "not_found", f"nothing is at {path[:200]}"))


async def _internal_error(request: Request, _: Exception) -> Response:
    return error_response(request.url.path, RefusedError(500, "internal", "the server failed: see its log"))


routes = [
    Route("/", _root),
    Route("/widget.js", _file("widget.js")),
    Route("/widget", _widget),
    Route("/labels.js", _labels),
    Route("/documents/{document_id:path}", _document),
    Route("/healthz", _healthy),
    Route("/readyz", _ready),
    Route("/metrics", _metrics),
    Route("/favicon.ico", _file("icon.svg")),
    Route("/manifest.json", _file("manifest.json")),
    Mount("/static", StaticFiles(directory=STATIC)),
]
error_handlers = {
    RefusedError: _refused,
    TenkyoError: _failed,
    HTTPException: _http_error,
    Exception: _internal_error,
}
