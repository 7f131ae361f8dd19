"""One guard before every address, the mounted chat included: hosts, rates, sizes, headers, counting."""

import asyncio
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import RefusedError, error_response
from app.web.metrics import Metrics
from retriever.types import TenkyoError

MAX_BODY = 16 * 1024  # bytes; a question of 500 characters in JSON escapes takes 6 KB
_BODY_SECONDS = 10.0
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_QUESTIONS = ("/api/ask", "/api/search", "/chat/gradio_api/queue/join", "/chat/gradio_api/run/")
_PAGES = ("/documents/", "/api/passage", "/chat/gradio_api/")

_PAGE_CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
_WIDGET_CSP = f"{_PAGE_CSP}; script-src 'self'; connect-src 'self'"
# Gradio starts from inline scripts and styles; nothing is evaluated from text, nothing comes from elsewhere
_CHAT_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names that a request may call the server by. Any other is DNS rebinding or a slip in the set-up.

    `addresses` lets in every literal IP address: those cannot be rebound, and a server that listens
    on all addresses cannot know which one it is reached by.
    """

    names: frozenset[str]
    addresses: bool = False

    def allow(self, host: str) -> bool:
        """Whether the Host header, with or without a port, is one of them."""
        name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host
        name = name.rstrip(".").lower()
        if "*" in self.names or name in self.names:
            return True
        return self.addresses and _is_address(name)


def allowed_hosts(host: str, extra: Sequence[str] = ()) -> Hosts:
    """This machine's names, the host that is served, and those of `TENKYO_ALLOWED_HOSTS`."""
    everywhere = host in ("", "0.0.0.0", "::")  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    return Hosts(frozenset(name.lower() for name in (*_LOCAL_HOSTS, shown, *extra) if name), addresses=everywhere)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def parse_rate(text: str) -> list[RateLimitItem]:
    """Limits such as "120/minute" or "5/second;200/minute"; raises TenkyoError."""
    try:
        return list(parse_many(text))
    except ValueError as error:
        raise TenkyoError(f"rate limit {text!r}: write it as 120/minute or 5/second;200/minute") from error


class Rates:
    """Requests allowed to one client: questions at `rate`, pages and the chat's own traffic at five times that."""

    def __init__(self, rate: str) -> None:
        questions = parse_rate(rate)
        pages = [type(limit)(limit.amount * 5, limit.multiples) for limit in questions]
        self._buckets = ((_QUESTIONS, "questions", questions), (_PAGES, "pages", pages))
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, path: str, client: str) -> None:
        """Counts the request; raises RefusedError (429) when there were too many."""
        key = _client_key(client)
        name, limits = next(
            ((name, limits) for paths, name, limits in self._buckets if path.startswith(paths)), ("", [])
        )
        for limit in limits:
            if not self._limiter.hit(limit, name, key):
                reset = self._limiter.get_window_stats(limit, name, key).reset_time
                seconds = max(1, math.ceil(reset - time.time()))
                raise RefusedError(429, "too_many_requests", f"too many requests: wait {seconds} s", seconds)


def _client_key(client: str) -> str:
    """The client's address; for IPv6 its /64, all of which one machine may hold."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(ip_network(f"{address}/64", strict=False)) if isinstance(address, IPv6Address) else client


def frame_ancestors(origins: Iterable[str]) -> str:
    """The directive that lets these origins embed the widget; empty for any (`*` would leave out file: pages)."""
    listed = list(origins)
    return "" if "*" in listed else "; frame-ancestors " + " ".join(["'self'", *listed])


class Guard:
    """ASGI middleware; the outermost, so that nothing answers unguarded."""

    def __init__(
        self, app: ASGIApp, hosts: Hosts, rates: Rates, embed_origins: Sequence[str], metrics: Metrics
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._rates = rates
        self._widget_csp = _WIDGET_CSP + frame_ancestors(embed_origins)
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks, then passes on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(scope["path"], MutableHeaders(scope=message))
                self._metrics.count_request(scope["method"], scope["path"], message["status"])
            await send(message)

        try:
            self._check(scope)
            if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
                receive = await _read_body(receive, Headers(scope=scope))
        except RefusedError as error:
            await error_response(scope["path"], error)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.allow(host):
            raise RefusedError(
                400, "bad_host", f"host {host[:100]!r} is not served here: name it in TENKYO_ALLOWED_HOSTS"
            )
        if scope["method"] == "POST" and headers.get("sec-fetch-site") == "cross-site":
            raise RefusedError(400, "cross_site", "questions are taken from this server's own pages: embed /widget")
        client = scope.get("client")
        self._rates.check(scope["path"], client[0] if client else "")

    def _add_headers(self, path: str, headers: MutableHeaders) -> None:
        if path == "/chat" or path.startswith("/chat/"):
            policy = _CHAT_CSP
        elif path == "/widget":
            policy = self._widget_csp
        else:
            policy = f"{_PAGE_CSP}; frame-ancestors 'self'"
        headers["Content-Security-Policy"] = policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if path == "/widget.js" else "same-origin"


async def _read_body(receive: Receive, headers: Headers) -> Receive:
    """Reads the body, chunked or not, before anything runs; raises RefusedError (413, 400)."""
    too_large = RefusedError(413, "too_large", f"the body is larger than {MAX_BODY} bytes")
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise too_large
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    break
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise too_large
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise RefusedError(400, "too_slow", f"the body did not arrive within {_BODY_SECONDS:.0f} s") from None
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
