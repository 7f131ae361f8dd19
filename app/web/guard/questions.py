"""Questions in request bodies: their size and shape are checked before they are counted or answered."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers

from app.answering.types import Turn
from app.answering.understand.history.conversation import counted
from app.web.errors import RefusedError
from app.web.guard.bodies import check_media_type, parse_object

MAX_QUESTION = 500  # characters
MAX_K = 50
MAX_DOCUMENTS = 100
# address → the field that holds the text, the default of k, further optional fields
WIDGET_ASK = "/widget/ask"  # as /api/ask, but answers in HTML; for our own page, so not in openapi.json
QUESTIONS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "/api/ask": ("question", 5, ("history", "documents", "course")),
    WIDGET_ASK: ("question", 5, ("history", "documents")),
    "/api/search": ("query", 10, ("course",)),
}
ASKER = b"x-tenkyo-asker"  # a header that the guard adds to a chat event: the key of the tab that sent it
ASKED = "tenkyo.asked"  # in the scope: the AskRequest that the guard has checked
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question or a search with checked fields."""

    text: str
    k: int
    history: tuple[Turn, ...] = ()
    documents: tuple[str, ...] = ()
    asker: str = ""  # the key of the tab that asks, "" for none


def check_question(text: str, name: str = "question") -> str:
    """Strip the question; raises RefusedError (422) if it is empty, too long or holds a lone surrogate."""
    if not text.strip():
        raise RefusedError(422, f"{name}_empty", f"{name} is empty: write one")
    if len(text) > MAX_QUESTION:
        raise RefusedError(
            422, f"{name}_too_long", f"{name} has {len(text)} characters: at most {MAX_QUESTION} are taken"
        )
    if _SURROGATE.search(text):
        raise RefusedError(422, f"{name}_not_text", f"{name} holds half of a surrogate pair: send valid Unicode")
    return text.strip()


def parse_ask_request(path: str, headers: Headers, content: bytes) -> AskRequest:
    """Parse a body sent to one of QUESTIONS; raises RefusedError (400, 404 for an unknown course, 422)."""
    name, k, more = QUESTIONS[path]
    check_media_type(headers)
    body = parse_object(content, '{"' + name + '": "…"}')
    unknown = sorted(set(body) - {name, "k", *more})
    if unknown:
        wanted = ", ".join(map(repr, ("k", *more)))
        raise RefusedError(
            422, "unknown_field", f"unknown field {unknown[0][:50]!r}: send {name!r} and, if wanted, {wanted}"
        )
    if not isinstance(body.get("course", ""), str):
        raise RefusedError(422, "bad_course", "course is not the name of a course")
    if course := body.get("course"):  # requests for existing courses were routed before
        raise RefusedError(404, "no_such_course", f"this server has no course {course[:60]!r}")
    if not isinstance(body.get(name), str):
        raise RefusedError(422, f"{name}_missing", f"{name} is missing or no string")
    return AskRequest(
        check_question(body[name], name),
        _checked_k(body.get("k", k)),
        checked_history(body.get("history", [])),
        checked_documents(body.get("documents", [])),
    )


def checked_history(value: Any) -> tuple[Turn, ...]:
    """The earlier turns, oldest first; too old ones are left out. Raises RefusedError (422) for another shape."""
    wrong = RefusedError(
        422,
        "bad_history",
        'history is not a list of {"question": "…", "answer": "…"}, of which the answer may be left out',
    )
    if not isinstance(value, list):
        raise wrong
    turns = []
    for turn in value:
        if not isinstance(turn, dict) or "question" not in turn or set(turn) - {"question", "answer"}:
            raise wrong
        if not all(isinstance(text, str) and not _SURROGATE.search(text) for text in turn.values()):
            raise wrong
        turns.append(Turn(turn["question"], turn.get("answer", "")))
    return counted(turns)


def checked_documents(value: Any) -> tuple[str, ...]:
    """The ids of the documents to search; raises RefusedError (422)."""
    if not isinstance(value, list) or len(value) > MAX_DOCUMENTS or not all(isinstance(name, str) for name in value):
        raise RefusedError(422, "bad_documents", f"documents is not a list of at most {MAX_DOCUMENTS} ids of documents")
    return tuple(value)


def _checked_k(k: Any) -> int:
    """`k` as an integer, which JSON may write as 5 or 5.0; raises RefusedError (422)."""
    if isinstance(k, bool) or not isinstance(k, int | float) or not 1 <= k <= MAX_K or k != int(k):
        raise RefusedError(422, "k_out_of_range", f"k is not a whole number from 1 to {MAX_K}")
    return int(k)
