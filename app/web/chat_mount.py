"""The Gradio chat under `/chat`, mounted when it is loaded: a page that says so stands there until then."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.chat_page import finished_page, for_gradio, with_cache_control
from app.web.errors import RefusedError
from app.web.examples import Example
from app.web.labels import labels_for, preferred
from app.web.service import Service
from app.web.templates import page, way_up

_log = logging.getLogger("tenkyo.web")

# what the page needs of Gradio; uploads, files, proxies, run histories, API descriptions stay closed
_OPEN = ("/chat/assets/", "/chat/static/", "/chat/svelte/", "/chat/gradio_api/heartbeat/")
_OPEN_EXACTLY = frozenset(
    f"/chat/{name}"
    for name in (
        "config",
        "theme.css",
        "gradio_api/queue/join",
        "gradio_api/queue/data",
        "gradio_api/run/predict",
        "gradio_api/startup-events",
        "gradio_api/cancel",
        "gradio_api/reset",
        "gradio_api/app_id",
    )
)
_STREAMS = ("/chat/gradio_api/heartbeat/", "/chat/gradio_api/queue/data")  # open as long as the page is
_STARTING = {"Retry-After": "1", "Cache-Control": "no-store", "Vary": "Accept-Language"}


class Chat:
    """ASGI application for `/chat` and what lies under it."""

    def __init__(self, service: Service, examples: Sequence[Example]) -> None:
        self._service = service
        self._examples = examples
        self._parent: Starlette | None = None  # holds Gradio once it is loaded
        self._app: ASGIApp | None = None  # the same once it runs
        self._stopped = asyncio.Event()
        self._loaded_or_stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._broken = False

    async def run(self) -> None:
        """Loads Gradio in the background and keeps its own tasks until `stop`."""
        self._loop = asyncio.get_running_loop()
        # a daemon thread: Ctrl-C must not wait for the import, which takes seconds
        threading.Thread(target=self._load, name="tenkyo-chat", daemon=True).start()
        await self._loaded_or_stopped.wait()
        if self._parent is None or self._stopped.is_set():
            return
        async with self._parent.router.lifespan_context(self._parent):
            self._app = self._parent
            await self._stopped.wait()
            self._app = None

    def _load(self) -> None:
        try:
            self._parent = _mount(self._service, self._examples)
        except Exception:  # the widget and the API go on without the chat page, which says what is wrong
            self._broken = True
            _log.exception("the chat page could not be loaded")
        self._tell(self._loaded_or_stopped.set)

    def _tell(self, what: Callable[[], None]) -> None:
        """Runs `what` in the server's loop, if that still runs."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)

    def stop(self) -> None:
        """Lets `run` and the open streams end. May be called from any thread, and more than once."""
        self._tell(self._stopped.set)
        self._tell(self._loaded_or_stopped.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The page, the parts of Gradio that it needs, 404 for the rest."""
        path = scope["path"]
        is_page = path in ("/chat", "/chat/")
        if not is_page and path not in _OPEN_EXACTLY and not (path.startswith(_OPEN) and ".." not in path):
            raise RefusedError(404, "not_found", f"nothing is at {path[:200]}")
        if is_page and scope["method"] not in ("GET", "HEAD"):
            raise RefusedError(405, "method_not_allowed", f"{scope['method']} is not taken at {path}")
        if self._app is None or not self._service.ready:
            await self._starting(Request(scope))(scope, receive, send)
            return
        inner = for_gradio(scope)
        if not is_page:
            await self._app(
                inner,
                self._until_stopped(receive) if path.startswith(_STREAMS) else receive,
                with_cache_control(path, send),
            )
            return
        await (await _page(self._app, inner, receive))(scope, receive, send)

    def _until_stopped(self, receive: Receive) -> Receive:
        """Tells a stream that its client has gone when it is the server that goes: it ends, and so can the server."""

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
        language = preferred(request.headers.get("accept-language", ""))
        labels = labels_for(language)
        message = labels["starting"]
        if self._broken or self._service.failure is not None:
            message = str(self._service.failure) if self._service.failure else "the chat page could not be loaded"
        text = page("starting", up=way_up(request.scope), language=language, message=message)
        return HTMLResponse(text, status_code=503, headers=_STARTING)


async def _page(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """Gradio's page with the chat's own style sheet and script in its head; served without the trailing slash too."""
    # uncompressed, since it is changed below
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    status, body = 500, bytearray()

    async def collect(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            body.extend(message.get("body", b""))

    await app({**scope, "method": "GET", "path": "/chat/", "raw_path": b"/chat/", "headers": headers}, receive, collect)
    text = finished_page(body.decode(), scope["path"])
    return HTMLResponse(text, status_code=status, headers={"Cache-Control": "no-store"})


def _mount(service: Service, examples: Sequence[Example]) -> Starlette:
    """Imports Gradio, builds the page and mounts it. Settings that Gradio reads at import come first."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import gradio as gr

    from app.web.chat import I18N, THEME, build_chat

    # a CORS policy of the parent's (no origin at all) replaces Gradio's, which reflects any origin
    parent = Starlette(middleware=[Middleware(CORSMiddleware, allow_origins=[])])
    settings: dict[str, Any] = {
        "app_kwargs": {"openapi_url": None, "docs_url": None, "redoc_url": None},
        "footer_links": [],
        "run_history": False,
        "show_error": False,
        "max_file_size": 1,
        "ssr_mode": False,
        "enable_monitoring": False,
        "pwa": False,
        "mcp_server": False,
        "i18n": I18N,
        "theme": THEME,
    }
    gr.mount_gradio_app(parent, build_chat(service, examples), path="/chat", **settings)
    return parent
