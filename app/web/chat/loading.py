"""Import Gradio, which takes seconds, then build the chat page and mount it."""

import importlib.abc
import importlib.util
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from app.web.errors import RefusedError
from app.web.guard.gate import PageEvent
from app.web.service.service import Service

_SESSIONS = 2000
_BUILDING = threading.Lock()  # Gradio keeps the page under construction in globals: build one at a time


@dataclass(frozen=True, slots=True)
class Mounted:
    """Gradio under `/chat`, with the events of the page by fn_index."""

    app: Starlette
    blocks: Any  # gradio.Blocks, imported late
    events: Mapping[int, PageEvent]

    def check_session(self, session: str) -> None:
        """Raises RefusedError (404) for a session that never joined: Gradio would log a traceback."""
        if session not in self.blocks._queue.pending_messages_per_session:
            raise RefusedError(404, "no_such_session", "this session has asked nothing: ask first")

    def forget_sessions(self) -> None:
        """Forget sessions whose messages Gradio has dropped: it keeps the messages of 2,000 sessions.

        Without this, Gradio would keep a set for every session that ever joined.
        """
        kept, ever = self.blocks._queue.pending_messages_per_session, self.blocks._queue.pending_event_ids_session
        if len(ever) > 2 * _SESSIONS:
            for session in [session for session in ever if session not in kept]:
                del ever[session]


def mount_chat(service: Service, folder: str) -> Mounted:
    """Imports Gradio, builds the page and mounts it; first sets the variables that Gradio reads at import.

    `folder` is the only folder for Gradio's files.
    """
    os.environ["GRADIO_TEMP_DIR"] = folder
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if "gradio" not in sys.modules:
        sys.meta_path.insert(0, _WithoutStubs())
    import gradio as gr

    from app.web.chat.blocks import I18N, THEME, build_chat, page_events

    # the parent's CORS policy, which allows no origin, replaces Gradio's, which allows any
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
    with _BUILDING:
        blocks = build_chat(service)
        gr.mount_gradio_app(parent, blocks, path="/chat", **settings)
    blocks.has_launched = True  # as launch() sets it; before that, Gradio treats any file of the machine as an upload
    return Mounted(parent, blocks, page_events(blocks))


class _WithoutStubs(importlib.abc.MetaPathFinder):
    """Keeps Gradio from writing type stubs (.pyi) at import: they take 1.2 of its 2.8 s of processor time."""

    _MODULE = "gradio.component_meta"

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The spec of Gradio's module with `create_or_modify_pyi` made to do nothing; None for any other module."""
        if fullname != self._MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or not isinstance(spec.loader, importlib.abc.InspectLoader):
            return spec
        run = spec.loader.exec_module

        def run_without(module: ModuleType) -> None:
            run(module)
            module.create_or_modify_pyi = lambda *_: None  # type: ignore[attr-defined]

        spec.loader.exec_module = run_without  # type: ignore[method-assign]
        return spec
