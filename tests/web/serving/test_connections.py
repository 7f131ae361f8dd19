"""Connections on real sockets: silent, half-sent and unread ones end, and there are never too many."""

import asyncio
import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from app.web.guard.clients import Proxies, parse_proxies
from app.web.server.server import listen
from app.web.serving.connections import ConnectionLimits, Connections, LimitedServer, fit_to_descriptors
from app.web.serving.listener import Listener
from retriever.types import TenkyoError
from tests.web.conftest import ROOT, request, wait_for_chat, wait_until

pytestmark = pytest.mark.slow

QUICK = ConnectionLimits(total=40, each_address=30, spare=4, head_seconds=0.4, idle_seconds=1, unread_seconds=0.4)
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


async def small_app(scope: Scope, receive: Receive, send: Send) -> None:
    """`/large` sends 4 MB, `/stream` a byte each 50 ms until the client goes, anything else two bytes."""
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/large":
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    elif scope["path"] == "/stream":
        gone = asyncio.ensure_future(_gone(receive))
        while not gone.done():
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.wait({gone}, timeout=0.05)
    await send({"type": "http.response.body", "body": b"ok"})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@dataclass(frozen=True, slots=True)
class Trial:
    """A running server, and raw connections to it."""

    server: LimitedServer
    address: str
    opened: contextlib.ExitStack

    def connect(self, sent: bytes = b"") -> socket.socket:
        """A connection on which something was sent; it is closed before the server is."""
        connection = self.opened.enter_context(socket.create_connection(at(self.address), timeout=5))
        connection.sendall(sent)
        return connection

    def stream(self) -> socket.socket:
        """A connection on which a stream runs."""
        connection = self.connect(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in connection.recv(4096)
        return connection

    def status(self, path: str = "/") -> int:
        """The status of a request on a connection of its own."""
        return request(self.address, path)[0]

    def count(self) -> int:
        """The connections that the server counts."""
        return len(self.server.connections)


@contextlib.contextmanager
def running(limits: ConnectionLimits = QUICK, trusted: tuple[str, ...] = ()) -> Iterator[Trial]:
    """A server in a thread."""
    with contextlib.closing(listen("127.0.0.1", 0)) as listener:
        server = LimitedServer(small_app, limits, trusted, "/course", lifespan="off")
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until(lambda: server.started)
        try:
            with contextlib.ExitStack() as opened:
                yield Trial(server, f"http://127.0.0.1:{listener.getsockname()[1]}", opened)
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def at(address: str) -> tuple[str, int]:
    """Host and port of an address."""
    host, port = address.removeprefix("http://").split(":")
    return host, int(port)


def seconds_until_closed(connection: socket.socket) -> float:
    """How long the server keeps the connection from now on; what it sends is read and dropped."""
    begin = time.monotonic()
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(65536):
            pass
    return time.monotonic() - begin


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHos", HEAD])
def test_a_connection_without_a_whole_head_is_closed(sent: bytes) -> None:
    with running() as trial:
        assert 0.3 < seconds_until_closed(trial.connect(sent)) < 2


def test_a_head_that_comes_letter_by_letter_gets_no_more_time() -> None:
    with running() as trial:
        connection = trial.connect()
        begin = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):  # noqa: PT012 - the loop is what is tried
            while time.monotonic() - begin < 4:
                connection.sendall(b"G")
                time.sleep(0.05)
        assert time.monotonic() - begin < 2


def test_a_connection_that_was_answered_and_asks_no_more_is_closed() -> None:
    with running() as trial:
        assert 0.8 < seconds_until_closed(trial.connect(HEAD + b"\r\n")) < 3


def test_a_half_sent_head_after_an_answer_is_closed() -> None:
    with running() as trial:
        connection = trial.connect(HEAD + b"\r\n")
        assert b"200 OK" in connection.recv(4096)
        connection.sendall(HEAD)
        assert 0.3 < seconds_until_closed(connection) < 2


def test_a_body_that_nobody_waits_for_keeps_no_connection() -> None:
    with running() as trial:
        connection = trial.connect(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx")
        begin = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() - begin < 4:
                connection.sendall(b"x")
                time.sleep(0.05)
        assert time.monotonic() - begin < 2


def test_a_client_that_reads_nothing_is_cut_off() -> None:
    with running() as trial:
        trial.connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: trial.count() == 1)
        wait_until(lambda: not trial.count(), seconds=4)


def test_a_slow_but_steady_reader_gets_everything() -> None:
    with running() as trial:
        connection = trial.connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received, begin = 0, time.monotonic()
        while part := connection.recv(65536):
            received += len(part)
            time.sleep(0.012)
        assert time.monotonic() - begin > 2 * QUICK.unread_seconds
        assert received > 64 * 65536


def test_a_stream_lives_longer_than_any_time_limit_and_ends_with_its_client() -> None:
    with running() as trial:
        connection = trial.connect(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        end = time.monotonic() + 1.3
        while time.monotonic() < end:
            assert connection.recv(4096)
        connection.close()
        wait_until(lambda: not trial.count())


def test_the_oldest_silent_connection_makes_room_for_a_new_one() -> None:
    patient = ConnectionLimits(total=8, each_address=30, spare=2, head_seconds=30)
    with running(patient) as trial:
        silent = [trial.connect() for _ in range(8)]
        wait_until(lambda: trial.count() == 8)
        assert trial.status() == 200
        assert trial.count() <= 8
        assert seconds_until_closed(silent[0]) < 1
        silent[7].settimeout(0.2)
        with pytest.raises(TimeoutError):
            silent[7].recv(1)


def test_a_full_server_says_so_and_stays_healthy() -> None:
    with running(ConnectionLimits(total=5, each_address=30, spare=2)) as trial:
        streams = [trial.stream() for _ in range(5)]
        assert trial.status("/healthz") == trial.status("/course/healthz") == 200
        status, body, headers = request(trial.address, "/course/api/ask", "POST")
        assert (status, headers["retry-after"], headers["connection"]) == (503, "3", "close")
        assert json.loads(body)["error"]["code"] == "busy"
        assert len(headers["x-request-id"]) == 16
        streams.pop().close()
        wait_until(lambda: trial.count() == 4)
        assert trial.status() == 200


def test_one_address_cannot_take_all_connections() -> None:
    with running(ConnectionLimits(total=20, each_address=3, spare=2)) as trial:
        _ = [trial.stream() for _ in range(3)]
        assert trial.status() == 503
        wait_until(lambda: trial.count() == 3)


def test_a_trusted_proxy_may_hold_more_than_one_address_does() -> None:
    with running(ConnectionLimits(total=20, each_address=3, spare=2), ("127.0.0.0/8",)) as trial:
        _ = [trial.stream() for _ in range(6)]
        assert trial.status() == 200


def test_a_proxy_is_known_by_its_mapped_address_too() -> None:
    proxies = Proxies(parse_proxies(("10.0.0.0/8",)))
    connections = Connections(ConnectionLimits(), small_app, proxies)
    assert [connections.group(name) for name in ("10.1.2.3", "::ffff:10.1.2.3", "::ffff:192.0.2.1", "2001:db8::7")] == [
        "",
        "",
        "192.0.2.1",
        "2001:db8::/64",
    ]


def test_two_hundred_clients_at_once_are_all_served() -> None:
    with running(ConnectionLimits()) as trial:
        statuses: list[int] = []
        threads = [threading.Thread(target=lambda: statuses.append(trial.status())) for _ in range(200)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(timeout=20)
        assert statuses == [200] * 200


def test_few_descriptors_bound_the_connections_and_too_few_are_refused_at_the_start() -> None:
    assert fit_to_descriptors(ConnectionLimits(total=2000), 100_000).total == 2000
    scarce = fit_to_descriptors(ConnectionLimits(total=2000, each_address=1000), 160)
    assert 40 <= scarce.total <= 100
    assert scarce.each_address < scarce.total
    with pytest.raises(TenkyoError, match=r"may open 100 files.*ulimit -n"):
        fit_to_descriptors(ConnectionLimits(), 100)


def test_no_connection_is_accepted_beyond_the_limit_until_one_is_closed() -> None:
    with contextlib.ExitStack() as opened:
        plain = opened.enter_context(listen("127.0.0.1", 0))
        listener = opened.enter_context(Listener(plain, 2))
        listener.setblocking(False)
        for _ in range(5):
            opened.enter_context(socket.create_connection(plain.getsockname(), timeout=5))
        first, second = listener.accept()[0], listener.accept()[0]
        with pytest.raises(BlockingIOError):
            listener.accept()
        first.close()
        first.close()
        third = listener.accept()[0]
        with pytest.raises(BlockingIOError):
            listener.accept()
        del second  # dropped, as where the event loop fails to make a transport of it
        opened.enter_context(third)
        opened.enter_context(listener.accept()[0])
        assert listener.open == 2


def burst(address: str, count: int, opened: contextlib.ExitStack) -> None:
    """So many connections at once, on which nothing is sent."""
    for _ in range(count):
        connection = opened.enter_context(socket.socket())
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            connection.connect(at(address))


SCARCE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (160, 160))
from app.web.server.server import create_app, serve
from tests.web.fake_library import FakeLibrary
held = [open("/dev/null") for _ in range(28)]  # about what an index holds
serve(create_app(FakeLibrary), "127.0.0.1", 0)
"""


@contextlib.contextmanager
def scarce_server(said: list[bytes]) -> Iterator[str]:
    """The address of a server that may open 160 files; then `said` holds what it wrote to stderr."""
    process = subprocess.Popen([sys.executable, "-c", SCARCE], cwd=ROOT, stderr=subprocess.PIPE)
    assert process.stderr
    address = process.stderr.readline().decode().split()[3].removesuffix("/chat")
    reader = threading.Thread(target=lambda: said.append(process.stderr.read() if process.stderr else b""))
    reader.start()
    try:
        yield address
    finally:
        process.kill()
        process.wait()
        reader.join(timeout=10)
        process.stderr.close()


def test_more_silent_connections_than_descriptors_neither_stop_the_server_nor_fill_the_log() -> None:
    said: list[bytes] = []
    with scarce_server(said) as address, contextlib.ExitStack() as opened:
        for _ in range(20):
            for _ in range(20):
                opened.enter_context(socket.create_connection(at(address), timeout=5))
            assert request(address, "/healthz")[0] == 200
    assert len(said[0]) < 10_000


def test_bursts_from_the_start_neither_take_all_descriptors_nor_keep_the_chat_from_loading() -> None:
    said: list[bytes] = []
    with scarce_server(said) as address:
        end = time.monotonic() + 5  # Gradio is imported meanwhile
        while time.monotonic() < end:
            with contextlib.ExitStack() as opened:
                burst(address, 200, opened)
                time.sleep(0.4)
        wait_for_chat(address)
        assert request(address, "/readyz")[0] == 200
        for _ in range(5):
            with contextlib.ExitStack() as opened:
                burst(address, 400, opened)
                begin = time.monotonic()
                assert request(address, "/healthz")[0] == 200
                assert time.monotonic() - begin < 1
    assert said == [b""]


def test_a_pipelined_request_is_answered() -> None:
    with running() as trial:
        connection = trial.connect(HEAD + b"\r\n" + HEAD + b"\r\n" + HEAD)
        received: Any = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(4096):
                received += part
        assert received.count(b"200 OK") == 2


def test_an_invalid_request_is_a_400_and_the_connection_ends() -> None:
    with running() as trial:
        connection = http.client.HTTPConnection(trial.address.removeprefix("http://"), timeout=5)
        connection.putrequest("GET", "/", skip_host=True)
        connection.putheader("Content-Length", "-1")
        connection.endheaders()
        assert connection.getresponse().status == 400
        connection.close()
