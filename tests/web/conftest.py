"""A client without a network, a real server in a process of its own, and a browser."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from app.web.guard.rates import Rates
from app.web.server.server import AppOptions, WebApp, create_app
from tests.stopwatch import Stopwatch, started_here
from tests.web.fake_library import FakeLibrary
from tests.web.serve_process import serving_fake

ROOT = Path(__file__).resolve().parents[2]
HOST = "http://localhost"

MakeClient = Callable[..., TestClient]


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """Builds an application over a library and opens it, without loading Gradio (which its lifespan would do)."""
    apps: list[WebApp] = []

    def make(library: FakeLibrary | None = None, **settings: Any) -> TestClient:
        opened = library or FakeLibrary()
        given: dict[str, Any] = {"rates": unlimited()} | settings
        app = create_app(lambda: opened, AppOptions(**given))
        apps.append(app)
        app.service.start()
        wait_until(lambda: app.service.ready)
        return client_of(app)

    yield make
    for app in apps:
        app.service.close()


def client_of(app: ASGIApp) -> TestClient:
    """A client on this machine that follows no redirect and sees the responses to errors."""
    return TestClient(
        app, base_url=HOST, client=("127.0.0.1", 50000), raise_server_exceptions=False, follow_redirects=False
    )


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """A client of an application over the fake library."""
    return make_client()


def unlimited() -> Rates:
    """Limits that no test reaches."""
    return Rates("10000/minute", "10000/minute", "10000/minute")


def wait_until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    """Returns when `done` is true; fails after `seconds`.

    Time in which this process and those that it has started waited for a processor is given on top, nine times
    `seconds` at most.
    """
    begin, watch, pause = time.monotonic(), None, 0.005
    while not done():
        passed = time.monotonic() - begin
        if passed > seconds:
            is_delayed = watch is not None and watch.seconds() < seconds and passed < 10 * seconds
            assert is_delayed, "waited in vain"
        elif watch is None and passed > min(seconds / 2, 0.5):
            watch = Stopwatch(*started_here())
        time.sleep(pause)
        pause = min(2 * pause, 0.1)  # asking takes a processor, which what is waited for may need


def request(
    address: str, path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers, read with the standard library."""
    with contextlib.closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)) as connection:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read(), {name.lower(): value for name, value in response.getheaders()}


def wait_for_chat(server: str) -> None:
    """Until Gradio is loaded."""
    wait_until(lambda: request(server, "/chat")[0] == 200, seconds=40)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server over the fake library; the chat loads while other tests run."""
    with serving_fake() as served:
        yield served.address


class CoursePage:
    """A course page on http://localhost; the widget's server is at another origin, http://127.0.0.1."""

    def __init__(self) -> None:
        self.html = ""
        self.policy = ""  # Content-Security-Policy
        course = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if course.policy:
                    self.send_header("Content-Security-Policy", course.policy)
                self.end_headers()
                self.wfile.write(course.html.encode())

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://localhost:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def course() -> Iterator[CoursePage]:
    page = CoursePage()
    yield page
    page.close()
