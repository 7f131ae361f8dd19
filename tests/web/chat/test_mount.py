"""The chat page notices when Gradio's page is not the one that it knows."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from app.pages.labels.texts import LABELS
from app.web.chat import mount
from app.web.chat.loading import Mounted
from app.web.chat.mount import Chat
from app.web.guard.gate import EventGate, PageEvent
from app.web.service.metrics import Metrics
from app.web.service.service import Service
from tests.web.conftest import HOST, ROOT, request, wait_until
from tests.web.fake_library import FakeLibrary

START = '<html\n\tlang="en"><head><meta property="og:title" content="Gradio" />'
BASE = '<base href="./" />'
SELF = "http://gradio.invalid/chat"
REST = f'<link href="/manifest.json"><script>window.gradio_config = {{"root":"{SELF}"}};const root = "{SELF}";</script>'
EVENTS = {0: PageEvent("ask", 0, 4, queued=True)}


class Queue:
    """What is used of Gradio's queue."""

    def __init__(self, kept: int, ever: int) -> None:
        self.pending_messages_per_session = {str(number): None for number in range(ever - kept, ever)}
        self.pending_event_ids_session: dict[str, set[str]] = {str(number): set() for number in range(ever)}


class Blocks:
    """What is used of Gradio's Blocks."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue


@pytest.mark.parametrize(("ever", "left"), [(3999, 3999), (4001, 2000)])
def test_sessions_that_gradio_dropped_are_forgotten(ever: int, left: int) -> None:
    queue = Queue(2000, ever)
    Mounted(Starlette(), Blocks(queue), EVENTS).forget_sessions()
    assert len(queue.pending_event_ids_session) == left


def gradio_with(head: str, status: int = 200) -> Starlette:
    """An application in Gradio's place, whose page has this head."""

    async def page(_: object) -> HTMLResponse:
        return HTMLResponse(f"{START}{head}</head><body><gradio-app></gradio-app></body></html>", status)

    return Starlette(routes=[Mount("/chat", routes=[Route("/", page)])])


def opened(monkeypatch: pytest.MonkeyPatch, gradio: Starlette) -> tuple[ASGIApp, Chat, Service]:
    """The chat over that application."""
    monkeypatch.setattr(mount, "mount_chat", lambda *_: Mounted(gradio, None, EVENTS))
    service = Service(FakeLibrary, Metrics())
    service.start()
    wait_until(lambda: service.ready)
    chat = Chat(service, EventGate())
    return Starlette(routes=[Route("/chat", chat)]), chat, service


async def page_of(app: ASGIApp, chat: Chat) -> tuple[int, str]:
    """The page once the chat is loaded, or has failed to."""
    running = asyncio.create_task(chat.run())
    await asyncio.wait({running}, timeout=0.5)
    response = await asyncio.to_thread(TestClient(app, base_url=HOST).get, "/chat")
    chat.stop()
    await running
    return response.status_code, response.text


def test_the_chats_scripts_stand_in_gradios_page(monkeypatch: pytest.MonkeyPatch) -> None:
    app, chat, service = opened(monkeypatch, gradio_with(BASE + REST))
    status, text = asyncio.run(page_of(app, chat))
    assert status == 200
    assert "static/gradio_queue.js" in text
    assert text.count("<title>Tenkyo") == 1, "also for those whose browser runs no scripts"
    assert '<html lang="en">' in text
    assert "gradio.invalid" not in text
    service.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("<base href='./'>" + REST, 200),
        (BASE * 2 + REST, 200),
        (BASE, 200),
        (f"{BASE}{REST}<a href='{SELF}/x'>", 200),
        (BASE + REST, 500),
    ],
)
def test_a_page_without_the_place_for_them_is_an_error_when_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, head: str, status: int
) -> None:
    app, chat, service = opened(monkeypatch, gradio_with(head, status))
    with caplog.at_level(logging.ERROR):
        shown = asyncio.run(page_of(app, chat))
    assert shown[0] == 503
    assert LABELS["en"]["chat_failed"] in shown[1]
    assert "another release" in caplog.text
    service.close()


SHORT = """
import errno, sys, time
from app.web.server.server import create_app, serve
from tests.web.fake_library import FakeLibrary
seen = []
def refuse(event, given):
    if event == "open" and sys.argv[1] in str(given[0]):
        seen.append(time.monotonic())
        if seen[-1] - seen[0] < 0.5:
            raise OSError(errno.EMFILE, "Too many open files", given[0])
sys.addaudithook(refuse)
serve(create_app(FakeLibrary), "127.0.0.1", 0)
"""


@pytest.mark.parametrize("file", ["/blocks.", "pandas/core/array_algos/"])
def test_a_chat_whose_import_ran_out_of_descriptors_is_told_and_the_rest_lives_on(file: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", SHORT, file], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        address = process.stderr.readline().split()[3].removesuffix("/chat")
        wait_until(lambda: b"the chat page" in request(address, "/readyz")[1], seconds=40)
        assert request(address, "/readyz")[0] == 503
        assert request(address, "/healthz")[0] == 200
        for language, labels in LABELS.items():
            status, body, _ = request(address, "/chat", headers={"Accept-Language": language})
            assert (status, labels["chat_failed"] in body.decode()) == (503, True)
        assert request(address, "/widget")[0] == 200
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_loading_the_chat_touches_no_type_stub(tmp_path: Path) -> None:
    script = """
import sys
from types import SimpleNamespace
stubs = []
sys.addaudithook(lambda event, given: event == "open" and str(given[0]).endswith(".pyi") and stubs.append(given[0]))
from app.web.chat.loading import mount_chat
from app.web.service.metrics import Metrics
from app.web.service.service import Service
from tests.web.fake_library import FakeLibrary
mount_chat(Service(FakeLibrary, Metrics()), sys.argv[1])
sys.exit(bool(stubs))
"""
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=False).returncode == 0
