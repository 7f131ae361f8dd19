"""Limits on connections: how many may be open, and how long a client may idle, be slow to send or not read.

uvicorn itself limits only the idle time after an answer, so its protocol and its server are extended here.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from types import FrameType
from typing import Literal

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.web.error_page import error_response
from app.web.errors import BusyError
from app.web.guard.clients import Proxies, client_key, parse_proxies
from app.web.serving.front import without_root_path
from app.web.serving.listener import Listener
from app.web.serving.requests import RequestIds
from retriever.types import TenkyoError

_ACCEPTED = 16  # connections accepted but not yet in `Connections`
_QUEUED = 1024  # length of the system's queue of connections
_FILES = 64  # file descriptors kept for the index, the log, pages being sent, and Gradio while it is imported
_PROGRESS = 8192  # bytes; a client that reads fewer within `unread_seconds` is cut off
_SHUTDOWN_SECONDS = 5  # time to finish answers when the server stops
_ALWAYS = ("/healthz", "/readyz")  # answered on spare connections too


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be, and for how many seconds one may keep the server waiting."""

    total: int = 2000
    each_address: int = 1000  # a browser opens up to six, and a whole class may sit behind one address
    spare: int = 16  # beyond these limits, to answer with 503 or about the server's health
    head_seconds: float = 10  # for a request's head, from connecting or the first byte of a further request
    idle_seconds: int = 20  # from an answer to the next request
    unread_seconds: float = 20  # for the client to read what was sent


def fit_to_descriptors(limits: ConnectionLimits, descriptors: int) -> ConnectionLimits:
    """Lower the limits to fit `descriptors`, the number of files that this process may open.

    Raises TenkyoError if fewer than 16 connections fit.
    """
    room = descriptors - limits.spare - _ACCEPTED - _FILES
    if room < 16:
        least = descriptors + 16 - room
        raise TenkyoError(f"this process may open {descriptors} files, but needs {least}: raise `ulimit -n`")
    total = min(limits.total, room)
    return replace(limits, total=total, each_address=min(limits.each_address, max(1, total * 3 // 4)))


def raise_descriptor_limit(limits: ConnectionLimits) -> ConnectionLimits:
    """Raise the process's limit of open files as far as `limits` need; returns the limits that fit into it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return limits
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.total + limits.spare + _ACCEPTED + _FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return limits if soft == resource.RLIM_INFINITY else fit_to_descriptors(limits, soft)


class Connection(H11Protocol):
    """One connection, with the times since when its client has kept the server waiting."""

    registry: "Connections"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Counts the connection."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self.idle_since = time.monotonic()  # or since the last answer
        self.head_since: float | None = self.idle_since  # None while no request's head has begun to arrive
        self._unread_since = self.idle_since
        self._unread = 0  # bytes still unread at `_unread_since`
        self.registry.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self.registry.remove(self)
        super().connection_lost(exc)

    @property
    def is_answering(self) -> bool:
        """Whether a request is under way."""
        return self.cycle is not None and not self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Starts the clock with the first byte of a request's head and stops it with the last."""
        if self.head_since is None and not self.is_answering:
            self.head_since = time.monotonic()
        super().data_received(data)
        if self.is_answering:
            self.head_since = None

    def on_response_complete(self) -> None:
        """Restarts the clock if a part of the next request has already arrived."""
        self.idle_since = time.monotonic()
        super().on_response_complete()
        if not self.is_answering and self.conn.trailing_data[0]:
            self.head_since = self.idle_since

    def resume_writing(self) -> None:
        """The client has read most of the data: restart the measurement of unread bytes."""
        super().resume_writing()
        self._unread = 0

    def is_overdue(self, now: float, limits: ConnectionLimits) -> bool:
        """Whether the client has been too slow, at sending a head or at reading."""
        if self.head_since is not None and now - self.head_since > limits.head_seconds:
            return True
        unread = self.transport.get_write_buffer_size()
        if unread == 0 or self._unread == 0 or unread <= self._unread - _PROGRESS:
            self._unread, self._unread_since = unread, now
        return unread > 0 and now - self._unread_since > limits.unread_seconds


class Connections:
    """The open connections of one server, oldest first. For use in the server's event loop only."""

    def __init__(self, limits: ConnectionLimits, busy: ASGIApp, unlimited: Proxies) -> None:
        """`unlimited`: proxies, which act for many clients, so the limit for each address does not apply to them."""
        self._limits = limits
        self._busy = busy
        self._unlimited = unlimited
        self._open: dict[Connection, str] = {}  # connection → key of its address

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Count a connection. At a limit, the longest idle one is closed; if none is idle, the new one gets a 503."""
        group = self.group(connection.address)
        rivals = [connection for connection, counted in self._open.items() if counted == group] if group else []
        self._open[connection] = group
        if len(rivals) >= self._limits.each_address:
            self._make_room(connection, rivals)
        elif len(self._open) > self._limits.total:
            self._make_room(connection, self._open)

    def remove(self, connection: Connection) -> None:
        """Forgets a connection."""
        self._open.pop(connection, None)

    def end_overdue(self) -> None:
        """Closes the connections whose clients are too slow."""
        now = time.monotonic()
        for connection in [connection for connection in self._open if connection.is_overdue(now, self._limits)]:
            self._end(connection)

    def _make_room(self, newcomer: Connection, among: Collection[Connection]) -> None:
        idle = [connection for connection in among if connection is not newcomer and not connection.is_answering]
        if idle:
            self._end(min(idle, key=lambda connection: connection.idle_since))
        elif len(self._open) > self._limits.total + self._limits.spare:
            self._end(newcomer)
        else:
            newcomer.app = self._busy

    def _end(self, connection: Connection) -> None:
        self.remove(connection)
        connection.transport.abort()

    def group(self, address: str) -> str:
        """The key under which an address is counted; "" if it is unlimited."""
        return "" if self._unlimited.trusts(address) else client_key(address)


def _turned_away(app: ASGIApp, root_path: str, proxies: Proxies) -> ASGIApp:
    """The application for spare connections: answers /healthz and /readyz, else 503; then closes the connection."""

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await error_response(scope["path"], BusyError())(scope, receive, send)

    refusing = RequestIds(refuse, proxies)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        asked = without_root_path(scope, root_path)
        if asked["path"] in _ALWAYS:
            await app(scope, receive, send_and_close)
        else:
            await refusing(asked, receive, send_and_close)

    return answer


class LimitedServer(uvicorn.Server):
    """uvicorn with limits on its connections."""

    def __init__(
        self,
        app: ASGIApp,
        limits: ConnectionLimits,
        unlimited: Sequence[str] = (),
        root_path: str = "",
        lifespan: Literal["on", "off"] = "on",
        before_exit: Callable[[], None] = lambda: None,
    ) -> None:
        """`before_exit` is called at the signal to stop; it must end open streams, for which uvicorn would wait."""
        self._before_exit = before_exit
        self._limits = limits
        proxies = Proxies(parse_proxies(unlimited))
        self.connections = Connections(limits, _turned_away(app, root_path, proxies), proxies)
        config = uvicorn.Config(
            app,
            http=type("LimitedConnection", (Connection,), {"registry": self.connections}),
            ws="none",
            loop="asyncio",
            lifespan=lifespan,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the guard reads them, and believes trusted proxies only
            backlog=_ACCEPTED,
            timeout_keep_alive=limits.idle_seconds,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        super().__init__(config)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stops the server."""
        self._before_exit()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening. The event loop accepts few connections at a time; the system's queue holds many."""
        most = self._limits.total + self._limits.spare + _ACCEPTED
        listeners: list[socket.socket] = [Listener(listening, most) for listening in sockets or ()]
        await super().startup(listeners)
        for listener in listeners:
            listener.listen(_QUEUED)

    async def on_tick(self, counter: int) -> bool:
        """Ends overdue connections, twice a second."""
        if counter % 5 == 0:
            self.connections.end_overdue()
        return await super().on_tick(counter)
