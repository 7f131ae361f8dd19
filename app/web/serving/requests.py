"""What operators see of a request: its id in the response and the log, and that its client has gone."""

import asyncio
import logging
import re
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import RefusedError
from app.web.guard.clients import Proxies
from app.web.service.metrics import route_of
from app.web.service.tracing import begin_request
from app.web.serving.log import FIELDS, REQUESTS

T = TypeVar("T")
_HEADER = "x-request-id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(REQUESTS)


class RequestIds:
    """ASGI middleware: gives each request an id, a trusted proxy's where that is well-formed, and logs the request."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on; the response has the id in X-Request-ID."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, begin, status = begin_request(self._given(scope)), time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[_HEADER] = request
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            milliseconds = round(1000 * (time.perf_counter() - begin), 1)
            # the address as it is counted: without ids of documents, passes, and what is asked
            fields = {"method": scope["method"], "route": route_of(scope["path"]), "status": status}
            _log.info("request", extra={FIELDS: fields | {"milliseconds": milliseconds}})

    def _given(self, scope: Scope) -> str:
        client, given = scope.get("client"), Headers(scope=scope).get(_HEADER, "")
        return given if client and _WELL_FORMED.fullmatch(given) and self._proxies.trusts(client[0]) else ""


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is cancelled when the client goes; then raises RefusedError (499, as nginx counts).

    The request's body must have been read.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise RefusedError(499, "client_gone", "the client has closed the connection")
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
