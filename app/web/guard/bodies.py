"""Request bodies: read within limits of size and time, and parsed as unambiguous JSON."""

import asyncio
import json
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from app.web.errors import RefusedError

MAX_BODY = 64 * 1024  # bytes; a question of 500 characters and a history of 8,000 in JSON escapes take 51 KB
MAX_CONVERSATION = 2 * 1024 * 1024  # bytes of an exported conversation; 200 turns take about 0.8 MB
_BODY_SECONDS = 10.0


async def read_body(receive: Receive, headers: Headers, most: int = MAX_BODY) -> bytes:
    """The body, chunked or not, of at most `most` bytes; raises RefusedError (413, 400)."""
    too_large = RefusedError(413, "too_large", f"the body is larger than {most} bytes")
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RefusedError(400, "cut_off", "the body was cut off: send it again")
                body += message.get("body", b"")
                if len(body) > most:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise RefusedError(400, "too_slow", f"the body did not arrive within {_BODY_SECONDS:.0f} s") from None


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns this body first, then what the original one returns."""
    sent = False

    async def receive_body() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body


def check_media_type(headers: Headers) -> None:
    """Raises RefusedError (400) unless the Content-Type is JSON.

    A page of any site can make a browser send a form or plain text without a CORS preflight, but not JSON.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise RefusedError(400, "not_json", "send the body as Content-Type: application/json")


def parse_object(body: bytes, example: str = "{…}") -> dict[str, Any]:
    """The JSON object of a body; raises RefusedError (400 for no JSON, 422 for another value).

    Python's parser accepts more than JSON (RFC 8259), such as NaN and duplicate keys. Both are refused, since another
    parser may read such a body differently. The body's size and Python's recursion limit bound the nesting.
    """
    try:
        value = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "bad_json", f"the body is not JSON: send {example}") from error
    if not isinstance(value, dict):
        raise RefusedError(422, "not_an_object", f"the body is not an object: send {example}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a key occurs twice")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
