"""The guard: checks every request, including those to the mounted chat."""

from dataclasses import replace

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.error_page import error_response
from app.web.errors import RefusedError
from app.web.guard.bodies import MAX_BODY, MAX_CONVERSATION, check_media_type, read_body, replay
from app.web.guard.clients import Proxies, Tabs, client_key
from app.web.guard.gate import EventGate, check_address, is_event, plain_question
from app.web.guard.headers import SecurityHeaders
from app.web.guard.hosts import Hosts
from app.web.guard.questions import ASKED, ASKER, QUESTIONS, parse_ask_request
from app.web.guard.rates import Rates
from app.web.service.metrics import Metrics

TAB_HEADER = "x-tenkyo-tab"
REFUSED = "tenkyo.refused"  # in the scope: the error of a layer before the guard that refused the request
_MAX_ADDRESS = 2048  # bytes of a path, and of a query
_FROM_PLATFORMS = frozenset(("/lti/login", "/lti/launch"))  # cross-site forms, from learning platforms
_LTI, _TEACH = "/lti/", "/teach"
_FILES = frozenset(("/teach/documents/upload", "/teach/references/attach", "/teach/quality/upload"))  # read by routes
_READS = ("GET", "HEAD", "OPTIONS")
_PAGES = frozenset(("/chat", "/chat/", "/widget", "/page.webp", "/boxes.svg", "/original", "/widget/demo"))
_FOR_SCRIPTS = frozenset(
    (*QUESTIONS, "/api/passage", "/api/tab", "/api/export", "/api/study", "/api/starters", "/api/feedback")
)  # requested by scripts and programs only
_MOST_BYTES = {"/api/export": MAX_CONVERSATION, "/teach/quality/questions": 2_000_000}  # paths with a larger limit
_DOCUMENTS, _CHAT, _CHAT_API = "/documents/", "/chat/", "/chat/gradio_api/"


class Guard:
    """ASGI middleware around all routes and the chat: nothing answers unguarded."""

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
            # an upload's route reads the body itself, after it has checked that the sender is logged in
            if scope["method"] not in _READS and scope["path"] not in _FILES:
                scope, receive = await self._check_body(scope, receive)
        except RefusedError as error:
            await error_response(scope["path"], error)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _check(self, scope: Scope) -> None:
        """The checks and counts that do not need the body."""
        headers, path = Headers(scope=scope), scope["path"]
        self._hosts.check(headers)
        if isinstance(refused := scope.get(REFUSED), RefusedError):
            raise refused
        if len(scope.get("raw_path", b"")) > _MAX_ADDRESS or len(scope["query_string"]) > _MAX_ADDRESS:
            raise RefusedError(400, "address_too_long", f"the address is longer than {_MAX_ADDRESS} bytes")
        if not headers.get("accept-language", "").isascii():
            raise RefusedError(400, "bad_header", "Accept-Language is not a list of languages: write ja, en;q=0.5")
        if _is_for_own_pages(scope, headers):
            self._hosts.check_origin(headers, has_tab=self._tabs.key(headers.get(TAB_HEADER)) is not None)
        if path == _CHAT[:-1] or path.startswith(_CHAT):
            check_address(scope["method"], path, scope["query_string"].decode("latin-1"))
        self._count(scope, headers)

    def _count(self, scope: Scope, headers: Headers) -> None:
        """Counts the request against the limit of its kind: questions and the chat's requests, or pages.

        Pages have their own limit because other sites may link to them, and such visits must not use up the limit of
        questions. A question is counted again, as one, after its body is checked. A wrong method counts as a page.
        """
        path, address = scope["path"], self._client(scope, headers)[0]
        if _is_question(scope) or path.startswith(_CHAT_API):
            self._rates.count_request(address)
        elif path in _PAGES or path in _FOR_SCRIPTS or path.startswith((_DOCUMENTS, _LTI, _TEACH)):
            self._rates.count_page(address)
        if plain_question(scope):
            self._rates.count_question(*self._client(scope, headers))

    async def _check_body(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """Reads and checks the body and counts the question in it; the body of a chat event is rewritten for Gradio."""
        headers, path = Headers(scope=scope), scope["path"]
        body = await read_body(receive, headers, _MOST_BYTES.get(path, MAX_BODY))
        if _is_question(scope):
            address, tab = self._client(scope, headers)
            scope = {**scope, ASKED: replace(parse_ask_request(path, headers, body), asker=tab or "")}
            self._rates.count_question(address, tab)
        elif is_event(path):
            check_media_type(headers)
            body, asks = self._gate.check(path, body)
            address, tab = self._client(scope, headers)
            if asks:
                self._rates.count_question(address, tab)
            scope = {**scope, "headers": [*_with_length(scope["headers"], len(body)), (ASKER, (tab or "").encode())]}
        return scope, replay(body, receive)

    def _client(self, scope: Scope, headers: Headers) -> tuple[str, str | None]:
        """The rate-limit keys of the address and of the tab."""
        client = scope.get("client")
        return client_key(client[0] if client else ""), self._tabs.key(headers.get(TAB_HEADER))


def _is_for_own_pages(scope: Scope, headers: Headers) -> bool:
    """Whether only our own pages and programs may request this; other sites may only link to pages or frame them."""
    path = scope["path"]
    if path in _FROM_PLATFORMS:
        return False
    if scope["method"] not in _READS or path in _FOR_SCRIPTS or path.startswith(_CHAT_API):
        return True
    as_part = headers.get("sec-fetch-mode", "navigate") != "navigate"  # e.g. as an image or a script
    return as_part and (path in _PAGES or path.startswith(_DOCUMENTS))


def _is_question(scope: Scope) -> bool:
    """Whether this is a request for an answer or a search, valid or not."""
    return scope["method"] == "POST" and scope["path"] in QUESTIONS


def _with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    replaced = (b"content-length", b"transfer-encoding", ASKER)
    kept = [(name, value) for name, value in headers if name.lower() not in replaced]
    return [*kept, (b"content-length", str(length).encode())]
