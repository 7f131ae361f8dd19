"""Gradio behind the gate, in a real server: what of it answers, and what hundreds of mutated requests do."""

import http.client
import itertools
import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.stopwatch import Stopwatch
from tests.web.conftest import request, wait_for_chat
from tests.web.serve_process import start_fake

pytestmark = pytest.mark.slow

JOIN, DATA = "/chat/gradio_api/queue/join", "/chat/gradio_api/queue/data"
JSON = {"Content-Type": "application/json"}
# Gradio's routes that our page requests, with what it requests there
OPEN = {
    ("GET", "/chat/"): "/chat/",
    ("HEAD", "/chat/"): "/chat/",
    ("GET", "/chat/theme.css"): "/chat/theme.css?v=00",
    ("GET", "/chat/static/{path:path}"): "/chat/static/js/iframeResizer.contentWindow.min.js",
    ("GET", "/chat/assets/{path:path}"): None,  # the names change with each release: taken from the page
    ("GET", "/chat/gradio_api/heartbeat/{session_hash}"): "/chat/gradio_api/heartbeat/abc123",
    ("GET", "/chat/gradio_api/queue/data"): f"{DATA}?session_hash=abc123",
    ("POST", "/chat/gradio_api/queue/join"): JOIN,
}


@dataclass(frozen=True)
class ChatServer:
    """A server with a temporary folder of its own."""

    address: str
    temporary: Path
    process: int

    def status(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
        """Of one request; the body of the answer, which may be a stream without an end, is not read."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            return connection.getresponse().status
        finally:
            connection.close()

    def post(self, path: str, body: Any) -> int:
        """The status for a JSON body."""
        return self.status("POST", path, json.dumps(body).encode(), JSON)

    def files(self) -> set[str]:
        """Every file under the temporary folder."""
        return {str(path) for path in self.temporary.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def routes_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server writes down the routes and events of the mounted Gradio."""
    return tmp_path_factory.mktemp("told") / "routes.json"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, routes_file: Path) -> Iterator[ChatServer]:
    """A server whose chat is loaded."""
    temporary = tmp_path_factory.mktemp("temporary")
    served = start_fake(str(routes_file), module="chat.gradio_routes", TMPDIR=str(temporary))
    try:
        wait_for_chat(served.address)
        yield ChatServer(served.address, temporary, served.pid)
    finally:
        said = served.stop()
    assert said == "", "a request left a traceback"
    assert list(temporary.iterdir()) == [], "Gradio's folder is removed at the end"


@pytest.fixture(scope="module")
def gradio(chat: ChatServer, routes_file: Path) -> Any:
    """The routes and events of the server's Gradio."""
    assert chat.status("GET", "/chat") == 200
    return json.loads(routes_file.read_text(encoding="utf-8"))


def bodies(events: dict[str, int]) -> dict[str, dict[str, Any]]:
    """What the page sends for each of its events."""
    ask = {"data": ["そば", [], []], "event_data": None, "trigger_id": 1, "session_hash": "abc123"}
    return {"ask": ask | {"fn_index": events["ask"]}}


def asset(chat: ChatServer) -> str:
    """One of the scripts that the page names."""
    page = request(chat.address, "/chat")[1].decode()
    return "/chat/assets/" + page.split("./assets/", 1)[1].split('"', 1)[0]


def test_of_gradios_routes_those_of_the_page_answer_and_no_other(chat: ChatServer, gradio: Any) -> None:
    sent = bodies(gradio["events"])
    assert chat.post(JOIN, sent["ask"]) == 200  # the session that queue/data asks for
    routes = {(method, path) for method, path in gradio["routes"]}
    assert set(OPEN) <= routes, "the page requests something that this release of Gradio does not have"
    assert len(routes) > 60
    for method, path in sorted(routes):
        if (method, path) in OPEN:
            address = OPEN[method, path] or asset(chat)
            body = {JOIN: sent["ask"]}.get(address)
            status = chat.post(address, body) if body else chat.status(method, address)
            assert status == 200, path
            continue
        filled = path.replace("{path_or_url:path}", "/etc/passwd").replace("{url_path:path}", "http://127.0.0.1/")
        for name in ("path:path", "session_hash", "event_id", "api_name", "id", "type", "key", "size"):
            filled = filled.replace(f"{{{name}}}", "asked")
        answers = {chat.status(method, filled), chat.post(filled, sent["ask"]) if method == "POST" else 404}
        assert answers <= {400, 404}, path


def test_gradio_knows_that_it_was_launched(gradio: Any) -> None:
    assert gradio["launched"] is True


@pytest.mark.parametrize(
    "path", ["/dev/zero", "/etc/passwd", "/proc/self/environ", "/no/such/file", "http://127.0.0.1:1/"]
)
def test_a_file_in_place_of_a_question_is_refused_and_not_read(chat: ChatServer, gradio: Any, path: str) -> None:
    sent = bodies(gradio["events"])
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    before = chat.files()
    for data in ([file, [], []], ["そば", file, []], ["そば", [file], []], ["そば", [], file], ["そば", [], [file]]):
        assert chat.post(JOIN, sent["ask"] | {"data": data}) == 422
    assert chat.post(JOIN, sent["ask"] | {"event_data": {"index": 0, "value": file}}) == 422
    assert chat.files() == before
    assert chat.status("GET", "/healthz") == 200


@pytest.mark.parametrize("change", [{"fn_index": 99}, {"fn_index": -1}, {"data": [None, [], []]}])
def test_a_wrong_event_is_refused_in_json(chat: ChatServer, gradio: Any, change: dict[str, Any]) -> None:
    body = json.dumps(bodies(gradio["events"])["ask"] | change).encode()
    status, answer, _ = request(chat.address, JOIN, "POST", body, JSON)
    assert status == 422
    assert json.loads(answer)["error"]["code"] == "bad_event"


def test_a_session_that_asked_nothing_has_no_stream(chat: ChatServer) -> None:
    assert chat.status("GET", f"{DATA}?session_hash=neverjoined") == 404


def test_gradios_folder_is_private(chat: ChatServer) -> None:
    [folder] = chat.temporary.glob("tenkyo-chat-*")
    assert folder.stat().st_mode & 0o777 == 0o700


HOSTILE: tuple[Any, ...] = (
    None, True, -1, 99, 0.5, 10**400, "", "x" * 12_000, "\ud800", "\x00", "../../etc/passwd", [], {}, [[]],
    {"path": "/dev/zero", "meta": {"_type": "gradio.FileData"}},
    {"path": "/dev/stdin", "meta": {"_type": "gradio.FileData"}, "url": "http://127.0.0.1:1/", "is_stream": True},
    [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, None],
    {"__type__": "update", "value": "x"},
    {"index": 0, "value": {"path": "/etc/passwd"}},
)  # fmt: skip
RAW = (b"", b"{", b"[" * 8000, b'{"data": NaN}', b'{"fn_index": 0, "fn_index": 1}', b"\xff\xfe", b"x" * 80_000, b"null")


def mutated(paths: list[str], sent: dict[str, dict[str, Any]], seed: int) -> Iterator[tuple[Any, ...]]:
    """Method, path, body and headers of requests near those of the page, without an end."""
    chance = random.Random(seed)
    while True:
        body = dict(chance.choice(list(sent.values())))
        for _ in range(chance.randrange(3)):
            body[chance.choice([*body, "meta", "event_id", "simple_format"])] = chance.choice(HOSTILE)
        raw = chance.choice(RAW) if chance.random() < 0.15 else json.dumps(body).encode()
        path = chance.choice(paths)
        if chance.random() < 0.2:
            path += chance.choice(["?x=1", "?session_hash=..", "/", "/../config", "%2e%2e/", "%00", "?" + "a" * 3000])
        method = chance.choice(["POST", "POST", "POST", "GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
        headers = chance.choice([JSON, JSON, JSON, {}, {"Content-Type": "multipart/form-data; boundary=x"}])
        yield method, path, raw, headers


def send_mutated(chat: ChatServer, requests: Iterator[tuple[Any, ...]], count: int) -> set[int]:
    """The statuses of so many requests, none of them 5xx; meanwhile /healthz answers, and no file is written."""
    before, slowest, done = chat.files(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            stopwatch = Stopwatch(chat.process)
            assert chat.status("GET", "/healthz") == 200
            slowest[0] = max(slowest[0], stopwatch.seconds())

    watching = threading.Thread(target=watch)
    watching.start()
    statuses = set()
    try:
        for method, path, body, headers in itertools.islice(requests, count):
            status = chat.status(method, path, body, headers)
            assert status < 500, (method, path, body[:300])
            statuses.add(status)
    finally:
        done.set()
        watching.join()
    assert slowest[0] < 1, f"/healthz took {slowest[0]:.1f} s"
    assert chat.files() == before
    return statuses


def test_300_mutated_requests_break_nothing_and_stall_nobody(chat: ChatServer, gradio: Any) -> None:
    paths = [*(path for _, path in gradio["routes"]), *(path for path in OPEN.values() if path)]
    requests = mutated([*paths, *[JOIN] * 2 * len(paths)], bodies(gradio["events"]), seed=11)
    assert send_mutated(chat, requests, 300) >= {200, 400, 404, 405, 422}


@pytest.mark.parametrize("count", [8, pytest.param(300, marks=[pytest.mark.thorough, pytest.mark.slow])])
def test_mutated_requests_to_each_route_break_nothing(chat: ChatServer, gradio: Any, count: int) -> None:
    paths = sorted({path for _, path in gradio["routes"]} | {path for path in OPEN.values() if path})
    sent = bodies(gradio["events"])
    each = (itertools.islice(mutated([path], sent, seed), count) for seed, path in enumerate(paths))
    send_mutated(chat, itertools.chain.from_iterable(each), count * len(paths))
