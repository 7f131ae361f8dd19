"""Request ids in responses and in the log; cancelling work when the client disconnects."""

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
    """ASGI middleware: gives each request an id and logs it; keeps a trusted proxy's id if it is well-formed."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; the response gets its id as X-Request-ID."""
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
            # the route, not the path: no document ids, passes or questions
            fields = {"method": scope["method"], "route": route_of(scope["path"]), "status": status}
            _log.info("request", extra={FIELDS: fields | {"milliseconds": milliseconds}})

    def _given(self, scope: Scope) -> str:
        client, given = scope.get("client"), Headers(scope=scope).get(_HEADER, "")
        return given if client and _WELL_FORMED.fullmatch(given) and self._proxies.trusts(client[0]) else ""


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. If the client disconnects, `work` is cancelled and RefusedError (499, as in nginx) raised.

    The request's body must have been read before.
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
