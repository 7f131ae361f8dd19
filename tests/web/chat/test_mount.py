"""The chat page notices when Gradio's page is not the one that it knows."""

import asyncio
import importlib.util
import logging
import re
import subprocess
import sys
from html.parser import HTMLParser
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
from app.web.chat.page import finished_page, preview_html
from app.web.guard.gate import EventGate, PageEvent
from app.web.service.metrics import Metrics
from app.web.service.service import Service
from tests.web.conftest import HOST, ROOT, request, wait_until
from tests.web.fake_library import FakeLibrary

pytestmark = pytest.mark.slow

START = '<html\n\tlang="en"><head>'
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
    assert metas_of(text)["og:description"] == LABELS["en"]["tagline"]
    assert "gradio.invalid" not in text
    service.close()


def metas_of(page: str) -> dict[str, str]:
    """The content of each `meta` by its name; one that stands twice is an error."""
    found: dict[str, str] = {}

    class Metas(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            given = {name: value or "" for name, value in attributes}
            name = given.get("property") or given.get("name")
            if tag == "meta" and name:
                assert name not in found
                found[name] = given.get("content", "")

    Metas().feed(page)
    return found


def test_a_link_to_gradios_page_is_shown_elsewhere_with_our_words_alone() -> None:
    folder = importlib.util.find_spec("gradio").submodule_search_locations[0]  # type: ignore[union-attr,index]
    page = (Path(folder) / "templates/frontend/index.html").read_text(encoding="utf-8")
    assert "og:title" in page
    for written, filled in {
        "{{ base_url | default('./') }}": "./",
        "{{ config | toorjson }}": f'{{"root":"{SELF}"}}',
        "{{ config.get('root', '') | toorjson }}": f'"{SELF}"',
    }.items():
        assert page.count(written) == 1
        page = page.replace(written, filled)
    told = 'Law & "order" <b>'
    head = finished_page(page, "/chat", preview=preview_html(told, "答え、出典を示します")).partition("</head>")[0]
    metas = metas_of(head)
    del metas["viewport"]
    assert metas == {
        "og:type": "website",
        "og:site_name": "Tenkyo",
        "og:title": told,
        "og:description": "答え、出典を示します",
        "description": "答え、出典を示します",
    }
    assert "://" not in "".join(re.findall(r"<(?:meta|link|script)\b[^>]*>", head))


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
