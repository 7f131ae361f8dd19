"""The response to a request that fails: JSON for programs, for people a page in their language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

import app.pages.labels
from app.pages.labels.texts import LANGUAGES, preferred
from app.pages.templates import page, way_up
from app.web.errors import Json, RefusedError, error_json

_WORDS = Path(app.pages.labels.__file__).parent / "refusals"
_FOR_PROGRAMS = ("/api/", "/chat/gradio_api/")
_PROGRAMS = frozenset(("/api", "/widget/ask", "/readyz", "/healthz", "/metrics"))
_WIDGET = "/widget"
# errors without a link to the chat: it would be refused too, or belongs to another course
_LEADS_NOWHERE = frozenset(
    "course_closed embed_refused launch_refused registration_refused not_a_teacher no_such_course".split()
)
_MOST_VALUE = 300  # characters of what a stranger has sent


@cache
def refusal_words(language: str) -> dict[str, Any]:
    """The words of errors in a language of the interface: `titles`, and `words` by reason, code or status."""
    return tomllib.loads((_WORDS / f"{language}.toml").read_text(encoding="utf-8"))


def said(error: RefusedError, language: str) -> str:
    """What happened and what to do, in a language of the interface."""
    words: Mapping[str, str] = refusal_words(language)["words"]
    names = (error.reason, error.code, str(error.status), "0")
    text = next(words[name] for name in names if name in words)
    values = {name: str(value)[:_MOST_VALUE] for name, value in error.values.items()}
    return text.format(**{"seconds": error.retry_after or 60, **values})


def error_response(path: str, error: RefusedError) -> Response:
    """JSON for programs; a small page for people, who meet errors at the other addresses."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.allow:
        headers["Allow"] = ", ".join(error.allow)
    if path.startswith(_FOR_PROGRAMS) or path in _PROGRAMS:
        return Json(error_json(error), status_code=error.status, headers=headers)
    return ErrorPage(error, headers)


class ErrorPage(Response):
    """An error as a page; it is made when it is sent, since the request tells the language."""

    def __init__(self, error: RefusedError, headers: dict[str, str]) -> None:
        super().__init__(status_code=error.status)
        self._error = error
        self._sent_with = headers | {"Vary": "Accept-Language"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        error, asked = self._error, QueryParams(scope["query_string"]).get("lang", "")
        language = asked if asked in LANGUAGES else preferred(Headers(scope=scope).get("accept-language", ""))
        words = refusal_words(language)
        titles: Mapping[str, str] = words["titles"]
        text = page(
            "error",
            up=way_up(scope),
            language=language,
            title=next(titles[name] for name in (error.code, str(error.status), "0") if name in titles),
            message=said(error, language),
            command=str(error.values.get("command", "")),
            run_this=words["run_this"],
            reason=error.reason,
            code=error.code,
            status=error.status,
            to_chat="" if error.code in _LEADS_NOWHERE else words["open_chat"],
            is_framed=scope["path"] == _WIDGET,
        )
        await HTMLResponse(text, status_code=error.status, headers=self._sent_with)(scope, receive, send)
