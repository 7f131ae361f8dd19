"""Gradio's import, which takes seconds, and the page that is built with it."""

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
_BUILDING = threading.Lock()  # Gradio holds what is being built in globals: one page at a time


@dataclass(frozen=True, slots=True)
class Mounted:
    """Gradio under `/chat`, with the events of the page by fn_index."""

    app: Starlette
    blocks: Any  # gradio.Blocks, which is imported late
    events: Mapping[int, PageEvent]

    def check_session(self, session: str) -> None:
        """Raises RefusedError (404) for a session that never joined: Gradio would log a traceback for each."""
        if session not in self.blocks._queue.pending_messages_per_session:
            raise RefusedError(404, "no_such_session", "this session has asked nothing: ask first")

    def forget_sessions(self) -> None:
        """Drop the sessions whose messages Gradio has dropped (it keeps the messages of 2,000).

        Gradio keeps a set for every session that ever joined.
        """
        kept, ever = self.blocks._queue.pending_messages_per_session, self.blocks._queue.pending_event_ids_session
        if len(ever) > 2 * _SESSIONS:
            for session in [session for session in ever if session not in kept]:
                del ever[session]


def mount_chat(service: Service, folder: str) -> Mounted:
    """Imports Gradio, builds the page and mounts it. Settings that Gradio reads at import come first.

    `folder` is where Gradio may write.
    """
    os.environ["GRADIO_TEMP_DIR"] = folder
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if "gradio" not in sys.modules:
        sys.meta_path.insert(0, _WithoutStubs())
    import gradio as gr

    from app.web.chat.blocks import I18N, THEME, build_chat, page_events

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
    with _BUILDING:
        blocks = build_chat(service)
        gr.mount_gradio_app(parent, blocks, path="/chat", **settings)
    blocks.has_launched = True  # launch() would say so; until then Gradio takes any file of the machine for an upload
    return Mounted(parent, blocks, page_events(blocks))


class _WithoutStubs(importlib.abc.MetaPathFinder):
    """Keeps Gradio from writing type stubs (.pyi) at each import: 1.2 of the 2.8 s that a processor spends on it."""

    _MODULE = "gradio.component_meta"

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The module as it is, but with a `create_or_modify_pyi` that does nothing; None for any other module."""
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
