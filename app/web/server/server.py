"""The server that `tenkyo serve` starts: the application, and starting and stopping it."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.chat.mount import Chat
from app.web.courses.course import Course
from app.web.courses.passes import Door
from app.web.guard.clients import Proxies, Tabs, parse_proxies
from app.web.guard.gate import EventGate
from app.web.guard.headers import SecurityHeaders
from app.web.guard.hosts import allowed_hosts
from app.web.guard.middleware import Guard
from app.web.guard.rates import Rates
from app.web.insight.insight import Insight
from app.web.lti.routes import Lti
from app.web.routes import api
from app.web.routes import pages as routes
from app.web.routes.feedback import FeedbackFile
from app.web.routes.pictures import Pictures
from app.web.service.metrics import Metrics
from app.web.service.service import AnswerSource, Service
from app.web.service.starters import Starter
from app.web.serving.front import Front
from app.web.serving.log import announce, calm_log
from app.web.serving.requests import RequestIds
from app.web.teach.desk import Desk
from retriever.store import StoreAwayError
from retriever.types import TenkyoError

if TYPE_CHECKING:
    from app.web.serving.connections import ConnectionLimits

__all__ = ["AppOptions", "Starter", "WebApp", "create_app", "serve"]


class WebApp:
    """The guarded ASGI application, with what `serve` needs of it."""

    def __init__(self, guarded: ASGIApp, inner: Starlette, proxies: Sequence[str], root_path: str) -> None:
        self._guarded, self._inner = guarded, inner
        self.service: Service = inner.state.service
        self.chat: Chat = inner.state.chat
        self.proxies = tuple(proxies)
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the guard."""
        await self._guarded(scope, receive, send)

    def living(self) -> contextlib.AbstractAsyncContextManager[object]:
        """While this lasts, the index is open and the chat loaded."""
        return self._inner.router.lifespan_context(self._inner)

    def stop(self) -> None:
        """Lets the open streams end; may be called from any thread."""
        self.chat.stop()

    def on_failure(self, call: Callable[[], None]) -> None:
        """Call this when the index cannot be opened for another reason than a store that does not answer."""
        self.service.on_failure = call

    @property
    def failure(self) -> Exception | None:
        """Why the index could not be opened. None while only its store does not answer: opening is tried again."""
        return None if isinstance(self.service.failure, StoreAwayError) else self.service.failure


class Served(Protocol):
    """What `serve` serves: one application, or those of several courses."""

    @property
    def proxies(self) -> Sequence[str]:
        """The proxies whose headers are believed."""
        ...

    @property
    def root_path(self) -> str:
        """The path under which a proxy serves the pages."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        ...

    def stop(self) -> None:
        """Let the open streams end."""
        ...

    def on_failure(self, call: Callable[[], None]) -> None:
        """Call this where an index cannot be opened."""
        ...

    @property
    def failure(self) -> Exception | None:
        """Why an index could not be opened."""
        ...


@dataclass(frozen=True, slots=True)
class AppOptions:
    """How one course is served: options of app.settings, and what the courses of a server share.

    `starters` are questions written by hand, offered if their answers are likely. `workers` questions are answered at a
    time, and `waiting` may queue. While `is_busy`, Tenkyo drafts no questions of its own.
    Applications of several courses in one server share `metrics`, `tabs` and `doors`: the names of the courses, and
    what opens closed ones.
    """

    starters: Sequence[Starter] = ()
    host: str = "127.0.0.1"
    hosts: Sequence[str] = ()
    embed_origins: Sequence[str] = ()
    proxies: Sequence[str] = ()
    root_path: str = ""
    metrics_token: str = ""
    lti: Lti | None = None
    desk: Desk | None = None
    rates: Rates = field(default_factory=Rates)
    workers: int = 2
    waiting: int = 64
    is_busy: Callable[[], bool] = lambda: False
    answer_seconds: float = 10.0
    course: Course = field(default_factory=Course)
    insight: Insight | None = None
    feedback: Path | None = None
    metrics: Metrics = field(default_factory=Metrics)
    tabs: Tabs = field(default_factory=Tabs)
    doors: Mapping[str, Door | None] = field(default_factory=dict)


def create_app(open_library: Callable[[], AnswerSource], options: AppOptions | None = None) -> WebApp:
    """The ASGI application. Nothing slow happens here: the library opens and Gradio loads once it runs."""
    options = options or AppOptions()
    service = Service(
        open_library,
        options.metrics,
        options.workers,
        options.waiting,
        is_busy=options.is_busy,
        written=options.starters,
        answer_seconds=options.answer_seconds,
        course=options.course,
        insight=options.insight,
    )
    lti = options.lti
    if lti is not None:
        lti.services[options.course.name] = service
    gate, proxies = EventGate(), Proxies(parse_proxies(options.proxies))
    inner = _unguarded(service, Chat(service, gate), options)
    guard = Guard(
        inner,
        hosts=allowed_hosts(options.host, options.hosts),
        proxies=proxies,
        tabs=options.tabs,
        rates=options.rates,
        gate=gate,
        headers=SecurityHeaders(options.embed_origins, lti.platforms.origins if lti else tuple),
        metrics=options.metrics,
    )
    front = Front(RequestIds(guard, proxies), options.root_path)
    return WebApp(front, inner, options.proxies, options.root_path)


def _unguarded(service: Service, chat: Chat, options: AppOptions) -> Starlette:
    """The addresses behind the guard. While they are served, the service answers and the chat is loaded."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.start()
        loading = asyncio.create_task(chat.run())
        try:
            yield
        finally:
            chat.stop()
            await loading
            app.state.pictures.close()
            service.close()

    app = Starlette(
        routes=[*routes.routes, *api.routes, Route("/chat", chat), Mount("/chat", chat)],
        exception_handlers=routes.error_handlers,
        middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)],
        lifespan=lifespan,
    )
    app.state.service, app.state.chat = service, chat
    app.state.lti, app.state.tabs, app.state.desk = options.lti, options.tabs, options.desk
    app.state.metrics, app.state.metrics_token = options.metrics, options.metrics_token
    app.state.pictures, app.state.course = Pictures(), options.course
    app.state.insight, app.state.doors = options.insight, options.doors
    app.state.feedback = FeedbackFile(options.feedback) if options.feedback else None
    return app


def serve(
    app: Served,
    host: str = "127.0.0.1",
    port: int = 7860,
    limits: "ConnectionLimits | None" = None,
    log_format: str = "text",
) -> None:
    """Serves until Ctrl-C (raised again as KeyboardInterrupt, after a clean end) or SIGTERM.

    Raises TenkyoError if the port is taken or not permitted, and what opening the library raised.
    """
    from app.web.serving.connections import ConnectionLimits, LimitedServer, raise_descriptor_limit

    listener = listen(host, port)
    with contextlib.closing(listener), calm_log(log_format):
        limits = raise_descriptor_limit(limits or ConnectionLimits())
        server = LimitedServer(app, limits, app.proxies, app.root_path, before_exit=app.stop)

        def fail() -> None:
            app.stop()
            server.should_exit = True

        app.on_failure(fail)
        announce(f"Tenkyo is at {_address(host, listener)} (Ctrl-C stops it)", log_format)
        server.run(sockets=[listener])
    if app.failure is not None:
        raise app.failure


def _address(host: str, listener: socket.socket) -> str:
    """Where a browser on this machine finds the chat."""
    name = "127.0.0.1" if host in ("", "0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{name}:{listener.getsockname()[1]}/chat"


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound to the address and listens; raises TenkyoError, which says what to do."""
    if not 0 <= port <= 65535:
        raise TenkyoError(f"port {port}: give --port a number from 0 to 65535")
    where = f"port {port} on {host}"
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # "localhost" may mean ::1 and 127.0.0.1: the latter is what the address above says
        family, _, _, _, address = min(addresses, key=lambda candidate: candidate[0] != socket.AF_INET)
        return socket.create_server(address[:2], family=family, backlog=128)
    except socket.gaierror as error:
        raise TenkyoError(f"host {host!r} has no address: give --host 127.0.0.1 or a name of this machine") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise TenkyoError(f"{where} is taken: stop what uses it, or choose another with --port") from error
        if error.errno == errno.EACCES:
            raise TenkyoError(f"{where} is not permitted: choose a port above 1023 with --port") from error
        raise TenkyoError(f"{where} cannot be served ({error.strerror}): give another --host or --port") from error
