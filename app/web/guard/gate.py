"""The gate of the chat: allows a few of Gradio's routes and of its queue's events, and refuses all others.

Gradio's routes also accept files, addresses, other functions and other people's sessions. The page needs seven routes,
with the bodies that Gradio 6.31 sends in the browser; tests/web/chat/gradio_routes.py lists all routes.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import Scope

from app.web.errors import RefusedError
from app.web.guard.bodies import parse_object
from app.web.guard.questions import check_question, checked_documents, checked_history

EventKind = Literal["ask"]

_SESSION = r"[a-z0-9]{1,20}"  # Math.random().toString(36) without "0."
_JOIN = "/chat/gradio_api/queue/join"
# path, methods, allowed query
_OPEN: tuple[tuple[re.Pattern[str], tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (re.compile(path, re.ASCII), methods, re.compile(query, re.ASCII))
    for path, methods, query in (
        (r"/chat/?", ("GET", "HEAD"), r".*"),  # the query is for the page's script (?__theme=dark), not for Gradio
        (r"/chat/assets/[\w-][\w.-]{0,99}\.(?:js|css)", ("GET", "HEAD"), r""),
        (r"/chat/static/js/iframeResizer\.contentWindow\.min\.js", ("GET", "HEAD"), r""),
        (r"/chat/theme\.css", ("GET", "HEAD"), r"(?:v=[0-9a-f]{1,64})?"),
        (rf"/chat/gradio_api/heartbeat/{_SESSION}", ("GET",), r""),
        (r"/chat/gradio_api/queue/data", ("GET",), rf"session_hash={_SESSION}"),
        (_JOIN, ("POST",), r""),
    )
)


@dataclass(frozen=True, slots=True)
class PageEvent:
    """An event of our page: the component `trigger_id` makes Gradio run the function `fn_index`."""

    kind: EventKind
    fn_index: int
    trigger_id: int
    queued: bool


def check_address(method: str, path: str, query: str) -> None:
    """Raises RefusedError (404, 405, 400) unless our page makes requests with this method, path and query."""
    methods, pattern = next(
        ((methods, query_pattern) for opened, methods, query_pattern in _OPEN if opened.fullmatch(path)), ((), None)
    )
    if pattern is None:
        raise RefusedError(404, "not_found", f"nothing is at {path[:200]}")
    if method not in methods:
        raise RefusedError(405, "method_not_allowed", f"{method[:20]} is not taken at {path[:200]}", allow=methods)
    if not pattern.fullmatch(query):
        raise RefusedError(400, "bad_query", f"{path[:200]} takes no such query")


def is_page(path: str) -> bool:
    """Whether this is the address of the chat page itself."""
    return path in {"/chat", "/chat/"}


def is_event(path: str) -> bool:
    """Whether the page sends its events to this path."""
    return path == _JOIN


def plain_question(scope: Scope) -> str:
    """The question in the page's address, put there by its form if scripts do not run; "" for none.

    The question of a link on another site is ignored: the site would ask in the reader's name.
    """
    if scope["method"] != "GET" or not is_page(scope["path"]):
        return ""
    question = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20).get("question", [""])[0].strip()
    site = Headers(scope=scope).get("sec-fetch-site", "none")
    return question if site in {"none", "same-origin"} else ""


class EventGate:
    """Checks the bodies of `PageEvent`s and rewrites them, so that Gradio reads only checked values."""

    def __init__(self) -> None:
        self._events: Mapping[int, PageEvent] = {}

    def open(self, events: Mapping[int, PageEvent]) -> None:
        """Accept these events, by fn_index, from now on; before this call all are refused."""
        self._events = events

    def check(self, path: str, body: bytes) -> tuple[bytes, bool]:
        """The body for Gradio, and whether it asks a question; raises RefusedError (400, 422, 503)."""
        if not self._events:
            raise RefusedError(503, "not_ready", "the chat is being opened: try again in a few seconds", retry_after=2)
        event_json = parse_object(body)
        event = self._events.get(event_json["fn_index"]) if type(event_json.get("fn_index")) is int else None
        if event is None:
            raise _wrong("fn_index names no event of the chat page")
        if event.queued != (path == _JOIN):
            raise _wrong("this event of the chat page is sent elsewhere")
        if event_json.pop("event_data", None) is not None:
            raise _wrong("event_data of this event is null")
        clean = {
            "data": _DATA[event.kind](event_json.pop("data", None)),
            "event_data": None,
            "fn_index": event.fn_index,
            "trigger_id": _exactly(event_json.pop("trigger_id", None), event.trigger_id, "trigger_id"),
            "session_hash": _session(event_json.pop("session_hash", None)),
            "simple_format": True,  # each message whole, not as a difference from the one before
        }
        unknown = sorted(set(event_json) - {"fn_index"})
        if unknown:
            raise _wrong(f"unknown field {unknown[0][:50]!r}")
        return json.dumps(clean).encode(), event.kind == "ask"


def _question_data(data: Any) -> list[Any]:
    """Check the question, the turns before it and the ids of the documents to search."""
    if not isinstance(data, list) or len(data) != 3 or not isinstance(data[0], str):
        raise _wrong("data of this event is a question, a history and a list of documents")
    check_question(data[0])
    turns = [{"question": turn.question, "answer": turn.answer} for turn in checked_history(data[1])]
    return [data[0], turns, list(checked_documents(data[2]))]


_DATA: Mapping[EventKind, Callable[[Any], list[Any]]] = {"ask": _question_data}


def _session(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_SESSION, value, re.ASCII):
        raise _wrong("session_hash is not a string of 1 to 20 small letters and digits")
    return value


def _exactly(value: Any, expected: int, name: str) -> int:
    if type(value) is not int or value != expected:
        raise _wrong(f"{name} is not that of the chat page")
    return expected


def _wrong(message: str) -> RefusedError:
    return RefusedError(422, "bad_event", message)
