"""The Gradio chat under `/chat`; while Gradio loads, a starting page is shown there."""

import asyncio
import logging
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.pages.answer.messages import answer_html, load_answer_template
from app.pages.labels.texts import html_language, labels_for
from app.pages.templates import page, way_up
from app.web.chat.loading import Mounted, mount_chat
from app.web.chat.page import finished_page, for_gradio, preview_html, with_our_headers
from app.web.chat.start import Contents, contents_of, shell_html, tagline
from app.web.error_page import error_response
from app.web.errors import RefusedError
from app.web.guard.gate import EventGate, is_event, is_page, plain_question
from app.web.guard.questions import MAX_QUESTION, check_question
from app.web.service.service import Service
from retriever.types import TenkyoError

_log = logging.getLogger("tenkyo.web")

_DATA = "/chat/gradio_api/queue/data"
_STREAMS = ("/chat/gradio_api/heartbeat/", _DATA)  # stay open as long as the page
_STARTING = {"Retry-After": "1", "Cache-Control": "no-store", "Vary": "Accept-Language"}


class Chat:
    """ASGI application for `/chat` and all paths under it."""

    def __init__(self, service: Service, gate: EventGate) -> None:
        self._service = service
        self._gate = gate
        self._mounted: Mounted | None = None  # set once Gradio is loaded
        self._app: ASGIApp | None = None  # set while Gradio runs
        self._stopped = asyncio.Event()
        self._loaded_or_stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: Exception | None = None
        self._contents = ("", Contents())  # the snapshot's name and its contents

    @property
    def is_ready(self) -> bool:
        """Whether the chat page can be opened."""
        return self._app is not None

    @property
    def has_failed(self) -> bool:
        """Whether the chat could not be loaded."""
        return self._failure is not None

    async def run(self) -> None:
        """Loads Gradio in the background and runs it until `stop`.

        A failure is not retried: after an import that failed midway, a second one can block the process for good.
        """
        self._loop = asyncio.get_running_loop()
        # 0700; nothing should ever be written there, since the gate takes no files
        with tempfile.TemporaryDirectory(prefix="tenkyo-chat-", ignore_cleanup_errors=True) as folder:
            try:
                await self._load_and_serve(folder)
            except Exception as error:  # the widget and the API work without the chat page
                _log.exception("the chat page could not be loaded")
                self._failure = error

    async def _load_and_serve(self, folder: str) -> None:
        """Returns when the server stops; raises any error of loading or starting Gradio."""
        loading: Future[Mounted] = Future()

        def load() -> None:
            try:
                loading.set_result(mount_chat(self._service, folder))
            except Exception as error:
                loading.set_exception(error)
            self._tell(self._loaded_or_stopped.set)

        # a daemon thread: Ctrl-C must not wait for the import, which takes seconds
        threading.Thread(target=load, name="tenkyo-chat", daemon=True).start()
        await self._loaded_or_stopped.wait()
        if not self._stopped.is_set():
            self._mounted = loading.result()
            await self._serve(self._mounted)

    async def _serve(self, mounted: Mounted) -> None:
        """Runs Gradio and keeps the gate open until `stop`."""
        async with mounted.app.router.lifespan_context(mounted.app):
            text = await _gradios_page(mounted.app, for_gradio({"type": "http", "path": "/chat", "headers": []}))
            finished_page(text, "/chat")  # raises now, not at a reader's first request
            self._app = mounted.app
            self._gate.open(mounted.events)
            await asyncio.to_thread(load_answer_template)
            await self._stopped.wait()
            self._gate.open({})
            self._app = None

    def _tell(self, what: Callable[[], None]) -> None:
        """Run `what` in the server's event loop, if it is still running."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)

    def stop(self) -> None:
        """Lets `run` and the open streams end. May be called from any thread, and more than once."""
        self._tell(self._stopped.set)
        self._tell(self._loaded_or_stopped.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers with the page, or passes requests that the guard has admitted to Gradio."""
        path = scope["path"]
        if self._app is None or self._mounted is None or not self._service.ready:
            await self._starting(Request(scope))(scope, receive, send)
            return
        inner = for_gradio(scope)
        if is_page(path):
            await (await self._page(self._app, scope, inner))(scope, receive, send)
            return
        if is_event(path):
            self._mounted.forget_sessions()
            inner["query_string"] = b""
        if path == _DATA:
            self._mounted.check_session(scope["query_string"].decode("latin-1").removeprefix("session_hash="))
        receive = self._until_stopped(receive) if path.startswith(_STREAMS) else receive
        await self._app(inner, receive, with_our_headers(scope, send))

    async def _page(self, gradio: ASGIApp, scope: Scope, inner: Scope) -> Response:
        """The page in the reader's language; the answer to the question in its address, if there is one."""
        settings = self._service.course.now
        request = Request(scope)
        language = settings.language(request.headers, request.query_params)
        question, answer = plain_question(scope), ""
        if question:
            answer = answer_html(await self._service.ask(check_question(question)))
        shell = shell_html(
            language,
            await self._held(),
            self._service.starters(language),
            MAX_QUESTION,
            (question, answer),
            self._service.course,
        )
        preview = preview_html(self._service.course.title or "Tenkyo 典拠", tagline(settings, language))
        gradios, tag = await _gradios_page(gradio, inner), html_language("", language)
        text = finished_page(gradios, scope["path"], shell, tag, preview)
        return HTMLResponse(text, headers={"Cache-Control": "no-store", "Vary": "Accept-Language"})

    async def _held(self) -> Contents:
        """The contents of the index, read once for each snapshot."""
        library = self._service.library
        name = library.snapshot_name
        if self._contents[0] != name:
            self._contents = (name, await self._service.call(lambda: contents_of(library)))
        return self._contents[1]

    def _until_stopped(self, receive: Receive) -> Receive:
        """Wraps `receive` to report a disconnect on shutdown: otherwise open streams would keep the server running."""

        async def receive_or_stop() -> Message:
            received, stopped = asyncio.ensure_future(receive()), asyncio.ensure_future(self._stopped.wait())
            try:
                await asyncio.wait((received, stopped), return_when=asyncio.FIRST_COMPLETED)
                return {"type": "http.disconnect"} if self._stopped.is_set() else received.result()
            finally:
                received.cancel()
                stopped.cancel()

        return receive_or_stop

    def _starting(self, request: Request) -> Response:
        path = request.url.path
        if not is_page(path):
            return error_response(path, RefusedError(503, "not_ready", "the chat is being opened", retry_after=2))
        language = self._service.course.now.language(request.headers, request.query_params)
        labels = labels_for(language)
        cannot_open = bool(self._service.trouble)  # the log says why
        fails = cannot_open or self.has_failed
        states = ("done", "running") if self._service.ready else ("running", "waiting")
        text = page(
            "chat/starting",
            up=way_up(request.scope),
            language=language,
            message=labels["unavailable" if cannot_open else "chat_failed" if fails else "starting"],
            steps=[] if fails else list(zip((labels["opens_documents"], labels["loads_chat"]), states, strict=True)),
            way_on=labels["ask_in_widget"] if fails and self._service.ready else "",
        )
        return HTMLResponse(text, status_code=503, headers=_STARTING)


async def _gradios_page(app: ASGIApp, scope: Scope) -> str:
    """Gradio's own page, unchanged; raises TenkyoError if Gradio does not return it."""
    # uncompressed, because it will be rewritten; without the query, which is for the browser's scripts
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    status, body = 500, bytearray()

    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def collect(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            body.extend(message.get("body", b""))

    request = {"method": "GET", "path": "/chat/", "raw_path": b"/chat/", "query_string": b"", "headers": headers}
    await app({**scope, **request}, nothing, collect)
    if status != 200:
        raise TenkyoError(f"Gradio's page has the status {status}: another release than 6.31?")
    return body.decode()
