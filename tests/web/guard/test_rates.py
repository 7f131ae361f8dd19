"""Limits for each browser tab, for each address and for the server."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.web.errors import RefusedError
from app.web.guard.bodies import MAX_BODY
from app.web.guard.rates import PAGES_PER_QUESTION, Limit, Rates, parse_rate
from retriever.types import TenkyoError
from tests.web.conftest import MakeClient

QUESTION = {"question": "そば"}


def new_tab(client: TestClient) -> dict[str, str]:
    """The header of a tab whose page was just opened."""
    return {"X-Tenkyo-Tab": client.get("/api/tab").json()["tab"]}


def statuses(client: TestClient, count: int, headers: dict[str, str] | None = None) -> list[int]:
    """Of so many questions."""
    return [client.post("/api/ask", json=QUESTION, headers=headers).status_code for _ in range(count)]


def test_each_tab_has_its_own_limit(make_client: MakeClient) -> None:
    client = make_client(rates=Rates(tab="2/minute"))
    first, second = new_tab(client), new_tab(client)
    assert statuses(client, 3, first) == [200, 200, 429]
    assert statuses(client, 3, second) == [200, 200, 429]


def test_who_asked_too_much_is_told_when_to_come_back(make_client: MakeClient) -> None:
    client = make_client(rates=Rates(address="1/minute"))
    assert statuses(client, 1) == [200]
    refused = client.post("/api/search", json={"query": "そば"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["error"]["code"] == "too_many_requests"


def test_tabs_of_one_address_share_a_wider_limit(make_client: MakeClient) -> None:
    client = make_client(rates=Rates(tab="2/minute", address="3/minute"))
    assert statuses(client, 2, new_tab(client)) == [200, 200]
    assert statuses(client, 2, new_tab(client)) == [200, 429]


@pytest.mark.parametrize("tab", ["", "x", "x" * 43, "あ" * 43, "A" * 5000])
def test_a_client_without_an_id_of_this_server_is_held_to_the_limit_of_its_address(
    make_client: MakeClient, tab: str
) -> None:
    client = make_client(rates=Rates(tab="1/minute", address="2/minute"))
    headers = {b"X-Tenkyo-Tab": tab.encode()}
    assert [client.post("/api/ask", json=QUESTION, headers=headers).status_code for _ in range(3)] == [200, 200, 429]


def test_the_server_has_a_limit_over_all_addresses() -> None:
    rates = Rates(server="2/minute", clock=lambda: 1000.0)
    rates.count_question("192.0.2.1", None)
    rates.count_question("192.0.2.2", None)
    with pytest.raises(RefusedError):
        rates.count_question("192.0.2.3", None)


def test_opening_a_page_costs_no_question(make_client: MakeClient) -> None:
    client = make_client(rates=Rates(tab="1/minute", address="1/minute", server="1/minute"))
    for address in ("/widget", "/widget.js", "/chat", "/labels.js", "/static/frame.js", "/api/tab"):
        client.get(address)
    assert statuses(client, 1, new_tab(client)) == [200]


FOREIGN = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}


@pytest.mark.parametrize(
    ("method", "sent", "status"),
    [
        ("GET", {}, 405),
        ("HEAD", {}, 405),
        ("PUT", {"json": QUESTION}, 405),
        ("GET", {"headers": FOREIGN}, 400),
        ("POST", {"json": QUESTION, "headers": FOREIGN}, 400),
        ("POST", {"json": QUESTION, "headers": {"Host": "evil.example"}}, 400),
        ("POST", {"content": b'{"question": "x"}', "headers": {"Content-Type": "text/plain"}}, 400),
        ("POST", {"json": {"question": ""}}, 422),
        ("POST", {"json": {"question": "x", "k": 0}}, 422),
        ("POST", {"json": []}, 422),
        ("POST", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", {"content": b"x" * (MAX_BODY + 1), "headers": {"Content-Type": "application/json"}}, 413),
    ],
)
def test_what_is_no_question_uses_no_question_up(
    make_client: MakeClient, method: str, sent: dict[str, Any], status: int
) -> None:
    client = make_client(rates=Rates(address="1/minute"))
    for number in range(4):
        assert client.request(method, f"/api/ask?{number}", **sent).status_code == status
    assert statuses(client, 2) == [200, 429]


@pytest.mark.parametrize("address", ["/api/ask", "/api/search", "/api/tab", "/api/passage"])
def test_pictures_on_another_site_lock_nobody_out(make_client: MakeClient, address: str) -> None:
    client = make_client(rates=Rates(address="1/minute"))
    for number in range(20):
        assert client.get(f"{address}?{number}", headers=FOREIGN).status_code == 400
        client.get(f"/api/ask?{number}")  # a browser that does not say where the page is from
    assert client.get("/api/tab", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 429  # by the pages' limit
    assert statuses(client, 1) == [200]


def test_pictures_on_another_site_leave_the_queue_of_the_chat_alone(make_client: MakeClient) -> None:
    client = make_client(rates=Rates(address="1/minute"))
    stream = "/chat/gradio_api/queue/data?session_hash=abc"
    for _ in range(20):
        assert client.get(stream, headers=FOREIGN).status_code == 400
        assert client.get("/chat/gradio_api/queue/join").status_code == 405
        assert client.get("/chat/gradio_api/config").status_code == 404
    assert client.get(stream).status_code == 503  # Gradio is not loaded in this test


@pytest.mark.parametrize("address", ["/widget", "/chat", "/documents/tea"])
def test_pages_are_shown_to_other_sites_readers_but_are_no_pictures(make_client: MakeClient, address: str) -> None:
    client = make_client(rates=Rates(address="1/minute"))
    for _ in range(20):
        assert client.get(address, headers=FOREIGN).status_code == 400
    opened = client.get(address, headers=FOREIGN | {"Sec-Fetch-Mode": "navigate"})  # by a link, or in a frame
    assert opened.status_code == client.get(address).status_code != 429


def test_wrong_questions_have_a_wider_limit_of_their_own(make_client: MakeClient) -> None:
    client = make_client(rates=Rates(address="1/minute"))
    wrong = [client.post("/api/ask", json={}).status_code for _ in range(PAGES_PER_QUESTION + 1)]
    assert wrong == [422] * PAGES_PER_QUESTION + [429]
    assert client.get("/widget").status_code == 200
    events = [client.post("/chat/gradio_api/queue/join", json={}).status_code for _ in range(2)]
    assert events == [429, 429]


def test_pages_have_a_wider_limit_and_health_none(make_client: MakeClient) -> None:
    client = make_client(rates=Rates(address="1/minute"))
    assert [client.get("/documents/tea").status_code for _ in range(6)] == [200] * 5 + [429]
    assert {client.get("/healthz").status_code for _ in range(10)} == {200}


def test_what_is_refused_costs_nothing_and_the_wait_that_is_told_is_enough() -> None:
    now = [0.0]
    rates = Rates(tab="2/minute", address="1000/minute", clock=lambda: now[0])
    rates.count_question("a", "t")
    now[0] = 10.0
    rates.count_question("a", "t")
    for _ in range(5):
        with pytest.raises(RefusedError) as refused:
            rates.count_question("a", "t")
    assert refused.value.retry_after == 50
    now[0] += 50
    rates.count_question("a", "t")


def test_a_class_of_forty_behind_one_address_is_never_refused() -> None:
    now = [0.0]
    rates = Rates(clock=lambda: now[0])
    for step in range(36 * 40):  # three minutes, every student every five seconds
        now[0] = step * 5 / 40
        rates.count_question("192.0.2.1", f"tab {step % 40}")


def test_all_forty_may_ask_at_the_same_moment() -> None:
    rates = Rates(clock=lambda: 1.0)
    for student in range(200):
        rates.count_question("192.0.2.1", f"tab {student}")


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from("abc")), max_size=60))
def test_no_window_holds_more_than_its_limit(steps: list[tuple[float, str]]) -> None:
    now = [0.0]
    rates = Rates(tab="3/second;5/minute", address="7/minute", server="9/minute", clock=lambda: now[0])
    taken: list[tuple[float, str]] = []
    for seconds, tab in steps:
        now[0] += seconds
        try:
            rates.count_question("a", tab)
        except RefusedError:
            continue
        taken.append((now[0], tab))
    for end, _ in taken:
        last = [tab for time, tab in taken if end - 60 < time <= end]
        assert len(last) <= 7
        assert all(last.count(tab) <= 5 for tab in "abc")


def test_forgotten_tabs_and_addresses_leave_the_memory() -> None:
    now = [0.0]
    rates = Rates(tab="5/second", address="5/second", server="1000000/second", clock=lambda: now[0])
    for number in range(5000):
        now[0] = number * 0.01
        rates.count_question(f"10.0.{number // 250}.{number % 250}", f"tab {number}")
    kept = [len(window._hits) for windows in rates._questions for window in windows]
    assert max(kept) <= 250


def test_limits_are_written_as_an_amount_for_a_time() -> None:
    assert parse_rate("5/second; 200 per minute;1/hour") == [Limit(5, 1), Limit(200, 60), Limit(1, 3600)]


@pytest.mark.parametrize("text", ["fast", "", "0/minute", "-1/minute", "120", "5/week", "1/minute;", "９/minute"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(TenkyoError, match="write it as 30/minute"):
        parse_rate(text)


def test_all_courses_together_have_one_limit_of_the_server() -> None:
    first = Rates(tab="9/minute", address="9/minute", server="3/minute", clock=lambda: 1.0)
    second = Rates(tab="9/minute", address="2/minute", clock=lambda: 1.0, of_server=first)
    second.count_question("a", None)
    second.count_question("a", None)
    with pytest.raises(RefusedError):
        second.count_question("a", None)
    first.count_question("a", None)
    for rates in (first, second):
        with pytest.raises(RefusedError):
            rates.count_question("b", None)
