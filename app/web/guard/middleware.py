"""One guard before every address, the mounted chat included."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import RefusedError, error_response
from app.web.guard.bodies import check_media_type, read_body, replay
from app.web.guard.clients import Proxies, Tabs, client_key
from app.web.guard.gate import EventGate, check_address, is_event
from app.web.guard.headers import SecurityHeaders
from app.web.guard.hosts import Hosts
from app.web.guard.rates import Rates
from app.web.metrics import Metrics

TAB_HEADER = "x-tenkyo-tab"
_MAX_ADDRESS = 2048  # bytes of a path, and of a query
_QUESTIONS = ("/api/ask", "/api/search")
_PAGES = frozenset(("/chat", "/chat/", "/widget", "/api/passage", "/api/tab"))
_UNDER_PAGES = ("/documents/", "/chat/gradio_api/")
_CHAT = "/chat/"


class Guard:
    """ASGI middleware; the outermost, so that nothing answers unguarded."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Hosts,
        proxies: Proxies,
        tabs: Tabs,
        rates: Rates,
        gate: EventGate,
        headers: SecurityHeaders,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._proxies = proxies
        self._tabs = tabs
        self._rates = rates
        self._gate = gate
        self._headers = headers
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks, then passes on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        scope = self._proxies.resolve(scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._headers.add(scope["path"], MutableHeaders(scope=message))
                self._metrics.count_request(scope["method"], scope["path"], message["status"])
            await send(message)

        try:
            self._check(scope)
            if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
                scope, receive = await self._check_body(scope, receive)
        except RefusedError as error:
            await error_response(scope["path"], error)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _check(self, scope: Scope) -> None:
        """Everything that is known before the body."""
        headers, path = Headers(scope=scope), scope["path"]
        self._hosts.check(headers)
        if len(scope.get("raw_path", b"")) > _MAX_ADDRESS or len(scope["query_string"]) > _MAX_ADDRESS:
            raise RefusedError(400, "address_too_long", f"the address is longer than {_MAX_ADDRESS} bytes")
        if not headers.get("accept-language", "").isascii():
            raise RefusedError(400, "bad_header", "Accept-Language is no list of languages: write ja, en;q=0.5")
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            self._hosts.check_origin(headers, has_tab=self._tabs.key(headers.get(TAB_HEADER)) is not None)
        if path in _QUESTIONS:
            self._rates.count_question(*self._client(scope, headers))
        elif path in _PAGES or path.startswith(_UNDER_PAGES):
            self._rates.count_page(self._client(scope, headers)[0])
        if path == _CHAT[:-1] or path.startswith(_CHAT):
            check_address(scope["method"], path, scope["query_string"].decode("latin-1"))

    async def _check_body(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """Reads the body; that of a chat event is checked, counted and written anew."""
        headers, path = Headers(scope=scope), scope["path"]
        body = await read_body(receive, headers)
        if is_event(path):
            check_media_type(headers)
            body, asks = self._gate.check(path, body)
            if asks:
                self._rates.count_question(*self._client(scope, headers))
            scope = {**scope, "headers": _with_length(scope["headers"], len(body))}
        return scope, replay(body, receive)

    def _client(self, scope: Scope, headers: Headers) -> tuple[str, str | None]:
        """The keys of the address and of the tab."""
        client = scope.get("client")
        return client_key(client[0] if client else ""), self._tabs.key(headers.get(TAB_HEADER))


def _with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    replaced = (b"content-length", b"transfer-encoding")
    kept = [(name, value) for name, value in headers if name.lower() not in replaced]
    return [*kept, (b"content-length", str(length).encode())]
