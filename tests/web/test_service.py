"""The library opens behind a server that already answers; too many questions at once are turned away."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from app.pages.labels.texts import LABELS
from app.web.errors import TooSlowError
from app.web.server.server import create_app
from app.web.service.metrics import Metrics
from app.web.service.service import Service
from retriever.store import StoreAwayError
from retriever.types import TenkyoError
from tests.web.conftest import HOST, MakeClient, wait_until
from tests.web.fake_library import FakeLibrary


def test_the_server_lives_while_the_library_opens() -> None:
    gate = threading.Event()

    def open_library() -> FakeLibrary:
        gate.wait(10)
        return FakeLibrary()

    app = create_app(open_library)
    app.service.start()
    client = TestClient(app, base_url=HOST, client=("127.0.0.1", 50000))
    assert client.get("/healthz").status_code == 200
    waiting = client.get("/readyz")
    assert (waiting.status_code, waiting.json()["error"]["code"]) == (503, "not_ready")
    asked = client.post("/api/ask", json={"question": "そば"}, headers={"Accept": "text/event-stream"})
    assert asked.status_code == 503
    assert int(asked.headers["retry-after"]) >= 1
    assert client.get("/documents/tea").status_code == 503
    assert client.get("/widget").status_code == 200
    assert "tenkyo_ready 0.0" in client.get("/metrics").text
    assert "準備しています" in client.get("/chat", headers={"Accept-Language": "ja"}).text
    gate.set()
    wait_until(lambda: app.service.ready)
    assert client.get("/readyz").json() == {"status": "ready", "generation": "g1", "chat": "loading"}
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 200
    app.service.close()


def test_a_library_that_does_not_open_is_told_without_a_folder_of_the_server() -> None:
    def open_library() -> FakeLibrary:
        raise TenkyoError("index /books is damaged: run tenkyo ingest")

    app = create_app(open_library)
    failed = threading.Event()
    app.service.on_failure = failed.set
    app.service.start()
    assert failed.wait(10)
    client = TestClient(app, base_url=HOST, client=("127.0.0.1", 50000))
    ready = client.get("/readyz")
    asked = client.post("/api/ask", json={"question": "そば"})
    for refused in (ready, asked):
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "not_ready")
        assert "cannot be opened" in refused.json()["error"]["message"]
    chat = client.get("/chat", headers={"Accept-Language": "ko"})
    assert LABELS["ko"]["unavailable"] in chat.text
    assert not [shown.text for shown in (ready, asked, chat) if "/books" in shown.text]
    assert isinstance(app.service.failure, TenkyoError)
    app.service.close()


def test_a_server_that_starts_while_the_store_is_away_answers_once_it_is_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.web.service.service._AWAY_SECONDS", 0.05)
    is_back, ended = threading.Event(), list[str]()

    def open_library() -> FakeLibrary:
        if not is_back.is_set():
            raise StoreAwayError("store milvus://rows:1/a does not answer; start it")
        return FakeLibrary()

    app = create_app(open_library)
    app.on_failure(lambda: ended.append("failed"))
    app.service.start()
    client = TestClient(app, base_url=HOST, client=("127.0.0.1", 50000))
    wait_until(lambda: "cannot be opened" in client.get("/readyz").text)
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 503
    is_back.set()
    wait_until(lambda: app.service.ready)
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 200
    assert (ended, app.failure) == ([], None)
    assert sum("milvus://rows:1/a" in record.getMessage() for record in caplog.records) == 1, "told once"
    app.service.close()


def test_more_questions_than_there_is_room_for_are_turned_away(make_client: MakeClient) -> None:
    gate = threading.Event()
    library = FakeLibrary(gate=gate)
    client = make_client(library, workers=1, waiting=1)
    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(client.post, "/api/ask", json={"question": f"そば{i}"}) for i in range(2)]
        wait_until(lambda: "tenkyo_waiting 2.0" in client.get("/metrics").text)
        refused = client.post("/api/ask", json={"question": "そば"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) >= 1
        assert client.get("/healthz").status_code == 200
        gate.set()
        assert [one.result().status_code for one in held] == [200, 200]
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 200


def test_closing_closes_the_library_even_one_that_opens_too_late() -> None:
    library = FakeLibrary()
    gate = threading.Event()

    def open_library() -> FakeLibrary:
        gate.wait(10)
        return library

    app = create_app(open_library)
    app.service.start()
    app.service.close()
    gate.set()
    wait_until(lambda: library.closed)


def test_metrics_count_requests_answers_and_abstentions(make_client: MakeClient) -> None:
    library = FakeLibrary()
    client = make_client(library)
    for question in ("そば", "ラーメン", "天気", "tea"):
        client.post("/api/ask", json={"question": question})
    client.post("/api/ask", json={"question": ""})
    client.get("/documents/tea")
    client.get("/etc/passwd")
    client.get("/teach")
    client.get("/api/starters")
    library.snapshot_name = "g2"
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    for line in (
        'tenkyo_http_requests_total{method="POST",route="/api/ask",status="200"} 4.0',
        'tenkyo_http_requests_total{method="POST",route="/api/ask",status="422"} 1.0',
        'tenkyo_http_requests_total{method="GET",route="/documents",status="200"} 1.0',
        'tenkyo_http_requests_total{method="GET",route="other",status="404"} 1.0',
        'tenkyo_http_requests_total{method="GET",route="/teach",status="404"} 1.0',
        'tenkyo_http_requests_total{method="GET",route="/api/starters",status="200"} 1.0',
        'tenkyo_answers_total{language="ja"} 3.0',
        'tenkyo_abstentions_total{language="ja"} 1.0',
        'tenkyo_abstentions_total{language="en"} 0.0',
        "tenkyo_answer_seconds_count 4.0",
        'tenkyo_index_info{generation="g2"} 1.0',
        "tenkyo_ready 1.0",
    ):
        assert line in lines


def opened(library: FakeLibrary, seconds: float, workers: int = 2) -> Service:
    """A service over the library that gives answers so many seconds."""
    service = Service(lambda: library, Metrics(), workers, answer_seconds=seconds)
    service.start()
    wait_until(lambda: service.ready)
    return service


def test_a_question_is_asked_with_the_time_that_is_set() -> None:
    library = FakeLibrary()
    service = opened(library, seconds=7)
    asyncio.run(service.ask("そば"))
    now = time.monotonic()
    assert [5 < budget.ends - now <= 7 for question, budget in library.budgets if question == "そば"] == [True]
    service.close()


def test_an_answer_is_hurried_while_others_wait_for_theirs() -> None:
    gate = threading.Event()
    library = FakeLibrary(gate=gate)
    service = opened(library, seconds=7, workers=1)

    async def three() -> None:
        asked = [asyncio.create_task(service.ask("そば")) for _ in range(3)]
        await asyncio.sleep(0.2)
        gate.set()
        await asyncio.gather(*asked)

    asyncio.run(three())
    assert [budget.hurried for question, budget in library.budgets if question == "そば"] == [False, True, False]
    service.close()


def test_nobody_waits_for_ever() -> None:
    gate = threading.Event()
    library = FakeLibrary(gate=gate)
    service = opened(library, seconds=0.05, workers=1)
    began = time.monotonic()
    for _ in range(2):  # the second waits for the first, which is still worked on
        with pytest.raises(TooSlowError, match=r"no answer within 0\.15 s"):
            asyncio.run(service.ask("そば"))
    assert time.monotonic() - began < 5
    gate.set()
    wait_until(lambda: service.waiting == 0)
    assert library.asked.count("そば") == 1, "a question that nobody waits for any more is not begun"
    service.close()


def test_what_a_first_question_would_wait_for_is_loaded_at_the_start() -> None:
    library = FakeLibrary()
    app = create_app(lambda: library)
    app.service.start()
    wait_until(lambda: library.warm_ups == 1)
    app.service.close()


def test_a_warm_up_that_fails_is_logged_and_questions_are_answered(caplog: pytest.LogCaptureFixture) -> None:
    class Cold(FakeLibrary):
        def warm_up(self) -> None:
            raise TenkyoError("the encoder is gone")

    app = create_app(Cold)
    app.service.start()
    wait_until(lambda: "the encoder is gone" in caplog.text)
    client = TestClient(app, base_url=HOST, client=("127.0.0.1", 50000))
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 200
    app.service.close()
