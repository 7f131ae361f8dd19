"""Request ids, the log in JSON, steps in the metrics and in spans, and clients that go."""

import asyncio
import io
import json
import sys
import time
from typing import Any, Unpack

import pytest

from app.answering.types import Answer, AskOptions
from app.web.errors import RefusedError
from app.web.service.metrics import Metrics
from app.web.service.service import Service
from app.web.service.tracing import trace_steps
from app.web.serving.log import calm_log
from app.web.serving.requests import while_connected
from retriever.types import Step, step
from tests.web.conftest import MakeClient, wait_until
from tests.web.fake_library import FakeLibrary


class Stepping(FakeLibrary):
    """Each question takes so many steps of a hundredth of a second."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps, self.taken = steps, 0

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """After the steps."""
        for _ in range(self.steps):
            with step("read"):
                time.sleep(0.01)
            self.taken += 1
        return super().ask(question, **options)


def test_each_response_has_an_id_and_a_trusted_proxys_is_kept(make_client: MakeClient) -> None:
    client = make_client(proxies=["127.0.0.1"])
    made = [client.get("/healthz").headers["x-request-id"] for _ in range(2)]
    assert len({*made}) == 2
    assert all(len(name) == 16 for name in made)
    assert client.get("/healthz", headers={"X-Request-ID": "lms-7.a_B"}).headers["x-request-id"] == "lms-7.a_B"
    for wrong in ("", "a b", "x" * 65, "{}"):
        assert client.get("/healthz", headers={"X-Request-ID": wrong}).headers["x-request-id"] != wrong
    assert make_client().get("/healthz", headers={"X-Request-ID": "mine"}).headers["x-request-id"] != "mine"


def test_json_lines_name_requests_and_never_what_was_asked(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    client = make_client()
    with calm_log("json"):
        request = client.post("/api/ask", json={"question": "そば"}).headers["x-request-id"]
        client.get("/chat", params={"question": "ラーメン"})
        client.post("/api/ask", json={"question": "壊れたそば"}, headers={"Accept": "text/event-stream"})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    asked, page, *failed = lines
    assert {"request": request, "method": "POST", "route": "/api/ask", "status": 200}.items() <= asked.items()
    assert asked["milliseconds"] > 0
    assert (page["route"], page["message"]) == ("/chat", "request")
    assert [line["level"] for line in failed if "exception" in line] == ["ERROR"]
    assert failed[0]["request"] == failed[-1]["request"]
    assert not any(word in written.getvalue() for word in ("そば", "ラーメン"))


def test_the_log_as_text_has_no_line_for_requests(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    with calm_log():
        make_client().get("/healthz")
    assert written.getvalue() == ""


def test_metrics_have_the_seconds_of_each_step(make_client: MakeClient) -> None:
    client = make_client(Stepping(3))
    client.post("/api/ask", json={"question": "そば"})
    assert 'tenkyo_step_seconds_count{step="read"} 3.0' in client.get("/metrics").text


def test_the_work_of_a_client_that_goes_is_cancelled() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    async def gone() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    with pytest.raises(RefusedError, match="has closed the connection"):
        asyncio.run(while_connected(gone, work()))
    assert ended == ["cancelled"]


def test_a_cancelled_question_ends_before_its_next_step_and_frees_its_place() -> None:
    library = Stepping(1000)
    service = Service(lambda: library, Metrics(), workers=1)
    service.start()
    wait_until(lambda: service.ready)

    async def ask_and_leave() -> None:
        asking = asyncio.create_task(service.ask("そば"))
        while not library.taken:
            await asyncio.sleep(0.01)
        asking.cancel()

    asyncio.run(ask_and_leave())
    wait_until(lambda: service.waiting == 0, seconds=5)
    assert library.taken < 1000
    assert library.asked == []
    service.close()


def test_a_question_is_a_span_with_one_for_each_step() -> None:
    pytest.importorskip("opentelemetry.trace")
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, get_current_span

    class Span(NonRecordingSpan):
        def __init__(self, name: str, start: int, parent: str) -> None:
            super().__init__(SpanContext(1, start, is_remote=False, trace_flags=TraceFlags(1)))
            self.told: list[Any] = [name, start, parent]

        def end(self, end_time: int | None = None) -> None:
            self.told.append(end_time)

    class Tracer:
        def __init__(self) -> None:
            self.spans: list[Span] = []

        def start_span(self, name: str, context: Any = None, start_time: int = 0, attributes: Any = None) -> Span:
            parent = get_current_span(context)
            self.spans.append(Span(name, start_time, parent.told[0] if isinstance(parent, Span) else str(attributes)))
            return self.spans[-1]

    tracer = Tracer()
    trace_steps([Step("search", 1.0, 0.5), Step("read", 2.0, 1.0)], "r1", tracer)
    second = 1_000_000_000
    assert [span.told for span in tracer.spans] == [
        ["answer", second, "{'tenkyo.request_id': 'r1'}", 3 * second],
        ["search", second, "answer", second * 3 // 2],
        ["read", 2 * second, "answer", 3 * second],
    ]
