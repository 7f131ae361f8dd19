"""Asking and searching over HTTP, and how wrong requests are answered."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.answering.types import Turn
from tests.web.conftest import MakeClient
from tests.web.fake_library import ANSWERS, FakeLibrary

JSON = {"Content-Type": "application/json"}


def error_of(response: Any) -> str:
    """The code of an error in its one form."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    return str(body["error"]["code"])


def events(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as (name, data)."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_an_answer_has_the_fields_of_the_interface(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": "そばはどこで広まったか"}).json()
    assert set(answer) >= {
        "question",
        "language",
        "abstained",
        "confidence",
        "method",
        "text",
        "sentences",
        "citations",
        "hits",
        "timings_ms",
    }
    cited = answer["citations"][0]
    assert cited["text"][cited["quote_start"] : cited["quote_end"]] == cited["quote"] == ANSWERS["そば"][1]
    assert (cited["number"], cited["page"], cited["document_title"]) == (1, 1, "麺の歴史")


def test_an_abstention_has_hits_and_no_citations(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": "天気は？", "k": 3}).json()
    assert answer["abstained"] is True
    assert answer["citations"] == []
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]


def test_an_abstention_carries_near_passages_in_the_form_of_citations(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": "近い店は？"}).json()
    cited = client.post("/api/ask", json={"question": "そば"}).json()
    assert (answer["abstained"], answer["citations"], len(answer["near"])) == (True, [], 3)
    assert answer["near"][0] == cited["citations"][0]
    assert cited["near"] == []
    assert answer["suggestions"] == ["そば", "<b>ラーメン</b>"]
    [_, (_, streamed)] = events(stream(client, "近い店は？").text)
    assert streamed["near"] == answer["near"]


def test_white_space_around_a_question_is_dropped(make_client: MakeClient) -> None:
    library = FakeLibrary()
    make_client(library).post("/api/ask", json={"question": "  そば\n"})
    assert "そば" in library.asked


def test_search_returns_the_query_and_its_hits(client: TestClient) -> None:
    found = client.post("/api/search", json={"query": "麺", "k": 2}).json()
    assert set(found) == {"query", "hits"}
    assert found["query"] == "麺"
    assert [hit["passage_id"] for hit in found["hits"]] == ["麺の本:p1", "麺の本:p2"]


@pytest.mark.parametrize("address", ["/api/ask", "/api/search"])
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"question=x", b"\xff\xfe{}", b'{"question": "\xe3"}', b"[" * 5000, b"{'question': 'x'}"),
        *(
            b'{"question": NaN}',
            b'{"k": Infinity}',
            b'{"question": "a", "question": "b"}',
            b'{"k": ' + b"1" * 5000 + b"}",
        ),
        *("\ufeff{}".encode(), '{"question": "そば"}'.encode("utf-16"), '{"question": "そば"}'.encode("shift_jis")),
    ],
)
def test_a_body_that_is_not_json_is_a_bad_request(client: TestClient, address: str, body: bytes) -> None:
    response = client.post(address, content=body, headers=JSON)
    assert response.status_code == 400
    assert error_of(response) == "bad_json"


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"],
)
def test_a_body_that_does_not_say_that_it_is_json_is_refused(client: TestClient, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    response = client.post("/api/ask", content='{"question": "そば"}'.encode(), headers=headers)
    assert response.status_code == 400
    assert error_of(response) == "not_json"


def test_json_may_name_its_charset(client: TestClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/api/ask", content='{"question": "そば"}'.encode(), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "not_an_object"),
        ("x", "not_an_object"),
        (None, "not_an_object"),
        ({}, "question_missing"),
        ({"question": None}, "question_missing"),
        ({"question": 3}, "question_missing"),
        ({"question": ""}, "question_empty"),
        ({"question": " \u3000\n"}, "question_empty"),
        ({"question": "あ" * 501}, "question_too_long"),
        ({"question": "\ud800"}, "question_not_text"),
        ({"question": "x", "k": 0}, "k_out_of_range"),
        ({"question": "x", "k": 51}, "k_out_of_range"),
        ({"question": "x", "k": "5"}, "k_out_of_range"),
        ({"question": "x", "k": 2.5}, "k_out_of_range"),
        ({"question": "x", "k": 1e300}, "k_out_of_range"),
        ({"question": ["x"]}, "question_missing"),
        ({"question": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}}, "question_missing"),
        ({"question": "x", "k": True}, "k_out_of_range"),
        ({"question": "x", "k": None}, "k_out_of_range"),
        ({"question": "x", "top": 3}, "unknown_field"),
        ({"question": "x", "history": "そば"}, "bad_history"),
        ({"question": "x", "history": ["そば"]}, "bad_history"),
        ({"question": "x", "history": [{"answer": "そば"}]}, "bad_history"),
        ({"question": "x", "history": [{"question": "そば", "answer": None}]}, "bad_history"),
        ({"question": "x", "history": [{"question": "そば", "role": "user"}]}, "bad_history"),
        ({"question": "x", "history": [{"question": "\udfff"}]}, "bad_history"),
        ({"question": "x", "documents": "麺の本"}, "bad_documents"),
        ({"question": "x", "documents": [1]}, "bad_documents"),
        ({"question": "x", "documents": ["a"] * 101}, "bad_documents"),
        ({"query": "x"}, "unknown_field"),
    ],
)
def test_a_wrong_question_is_refused_with_what_is_wrong(client: TestClient, body: Any, code: str) -> None:
    response = client.post("/api/ask", content=json.dumps(body), headers=JSON)
    assert response.status_code == 422
    assert error_of(response) == code


def test_the_longest_question_is_taken(client: TestClient) -> None:
    longest = json.dumps({"question": "𠮷" * 500})  # 12 bytes a character: surrogate pairs in JSON escapes
    assert client.post("/api/ask", content=longest, headers=JSON).status_code == 200


def test_a_question_is_asked_after_its_history_and_over_its_documents(make_client: MakeClient) -> None:
    library = FakeLibrary()
    history = [{"question": "そば", "answer": "江戸で広まった。"}, {"question": "ラーメン"}]
    body = {"question": "それは？", "history": history, "documents": ["麺の本"]}
    answer = make_client(library).post("/api/ask", json=body).json()
    assert (answer["question"], answer["standalone"]) == ("それは？", "ラーメンは？")
    assert (Turn("そば", "江戸で広まった。"), Turn("ラーメン")) in library.histories
    assert ("麺の本",) in library.restricted


def test_of_a_long_history_the_last_turns_count(make_client: MakeClient) -> None:
    library = FakeLibrary()
    client = make_client(library)
    client.post("/api/ask", json={"question": "そば", "history": [{"question": str(one)} for one in range(12)]})
    long = [{"question": "長い", "answer": "あ" * 5000}, {"question": "次", "answer": "い" * 5000}]
    client.post("/api/ask", json={"question": "そば", "history": long})
    counted = [[turn.question for turn in turns] for turns in library.histories]
    assert [str(one) for one in range(2, 12)] in counted
    assert ["次"] in counted


def test_the_longest_history_that_counts_fits_into_a_body(client: TestClient) -> None:
    body = json.dumps({"question": "あ" * 500, "history": [{"question": "あ" * 500, "answer": "あ" * 7500}]})
    assert client.post("/api/ask", content=body, headers=JSON).status_code == 200


def test_a_stream_begins_with_the_question_as_it_was_understood(client: TestClient) -> None:
    body = {"question": "それは？", "history": [{"question": "そば"}]}
    text = client.post("/api/ask", json=body, headers={"Accept": "text/event-stream"}).text
    assert text.startswith('event: meta\ndata: {"intent": "passage", "standalone": "そばは？"}\n\nevent: sentence\n')


def test_a_query_is_checked_like_a_question(client: TestClient) -> None:
    assert error_of(client.post("/api/search", json={"query": " "})) == "query_empty"
    assert error_of(client.post("/api/search", json={"question": "x"})) == "unknown_field"


def test_unknown_addresses_and_methods_are_errors_in_json(client: TestClient) -> None:
    missing = client.get("/api/nothing")
    assert (missing.status_code, error_of(missing)) == (404, "not_found")
    wrong = client.get("/api/ask")
    assert (wrong.status_code, error_of(wrong)) == (405, "method_not_allowed")


def test_a_failure_of_the_library_is_told_without_folders_and_the_log_has_the_reason(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING", "tenkyo.web"):
        response = client.post("/api/ask", json={"question": "消えた"})
    assert (response.status_code, error_of(response)) == (503, "unavailable")
    assert "/books" not in response.text
    assert "index /books is gone: run tenkyo ingest" in caplog.text


def test_a_bug_is_an_error_in_json_without_its_details(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "壊れた"})
    assert (response.status_code, error_of(response)) == (500, "internal")
    assert "a bug" not in response.text


def stream(client: TestClient, question: str) -> Any:
    """The answer as a stream of events."""
    return client.post("/api/ask", json={"question": question}, headers={"Accept": "text/event-stream"})


def test_a_stream_sends_each_sentence_and_then_the_answer(client: TestClient) -> None:
    response = stream(client, "そばとラーメン")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    names = [name for name, _ in events(response.text)]
    assert names == ["meta", "sentence", "sentence", "answer"]
    data = [one for _, one in events(response.text)][1:]
    assert data[0] == {"text": ANSWERS["そば"][1], "citations": [1], "origin": "document"}
    assert data[2]["sentences"] == data[:2]


def test_a_streamed_abstention_has_no_sentence(client: TestClient) -> None:
    assert [name for name, _ in events(stream(client, "天気").text)] == ["meta", "answer"]


@pytest.mark.parametrize(("question", "code"), [("消えた", "unavailable"), ("壊れた", "internal")])
def test_a_failure_while_streaming_is_an_event(client: TestClient, question: str, code: str) -> None:
    [(name, data)] = events(stream(client, question).text)
    assert name == "error"
    assert data["error"]["code"] == code
    assert "/books" not in data["error"]["message"]


def test_a_wrong_question_is_no_stream(client: TestClient) -> None:
    assert stream(client, "").status_code == 422


def test_a_cited_passage_comes_with_its_neighbours(client: TestClient) -> None:
    query = {"document": "麺の本", "passage": "麺の本:p1", "quote_start": "12", "quote_end": "31"}
    found = client.get("/api/passage", params=query).json()
    assert (found["document_title"], found["section"], found["page"]) == ("麺の歴史", "はじめに", 1)
    quoted = [run["text"] for block in found["blocks"] for run in block["runs"] if run["quoted"]]
    assert "".join(quoted) == ANSWERS["そば"][1]
    texts = ["".join(run["text"] for run in block["runs"]) for block in found["blocks"]]
    assert texts[0] == "はじめに"
    assert texts[2].startswith("ラーメン")
    assert found["address"].endswith("quote_start=12&quote_end=31#%E9%BA%BA%E3%81%AE%E6%9C%AC%3Ap1")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"document": "麺の本"}, 422),
        ({"document": "nothing", "passage": "麺の本:p1"}, 404),
        ({"document": "麺の本", "passage": "gone"}, 404),
    ],
)
def test_a_passage_that_is_not_there_is_refused(client: TestClient, query: dict[str, str], status: int) -> None:
    response = client.get("/api/passage", params=query)
    assert response.status_code == status
    assert error_of(response)
