"""Errors with an HTTP status, and their form for programs."""

import json
import logging
from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse

from retriever.types import TenkyoError

_log = logging.getLogger("tenkyo.web")


class WordedError(TenkyoError):
    """An error that people read in their language: `reason` names the words, which hold `values`.

    The words are in pages/labels/refusals. The message is English, for programs and for the log.
    """

    def __init__(self, message: str, reason: str = "", **values: Any) -> None:
        super().__init__(message)
        self.reason, self.values = reason, values


class RefusedError(WordedError):
    """A request that gets an error status. `code` is for programs, and names the words where there is no `reason`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        retry_after: int | None = None,
        allow: Sequence[str] = (),
        reason: str = "",
        **values: Any,
    ) -> None:
        super().__init__(message, reason or code, **values)
        self.status = status
        self.code = code
        self.retry_after = retry_after  # seconds
        self.allow = allow  # the methods that are taken, for 405


class NotReadyError(RefusedError):
    """The library is still being opened, or could not be."""

    def __init__(self, message: str) -> None:
        super().__init__(503, "not_ready", message, retry_after=2)


class BusyError(RefusedError):
    """More questions are waiting than the server takes on."""

    def __init__(self) -> None:
        super().__init__(503, "busy", "too many questions are waiting: try again in a few seconds", retry_after=3)


class TooSlowError(RefusedError):
    """A question that waited or was worked on for too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            503, "too_slow", f"there was no answer within {seconds:g} s: ask again, or more briefly", retry_after=3
        )


def unavailable(error: TenkyoError) -> RefusedError:
    """The refusal sent to the client in place of an error that may name server folders; the log gets the error."""
    _log.warning("a request failed: %s", error)
    return RefusedError(503, "unavailable", "the documents cannot be used at the moment: see the server's log")


def error_json(error: RefusedError) -> dict[str, Any]:
    """The error as openapi.json describes it."""
    return {"error": {"code": error.code, "message": str(error)}}


class Json(JSONResponse):
    """JSON with Japanese as itself, not as escapes."""

    def render(self, content: Any) -> bytes:
        """UTF-8 bytes."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
