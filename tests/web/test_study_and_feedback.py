"""Self-check questions from checked drafts; feedback that is stored only where it is wanted."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.drafts.question import Draft, DraftQuestion
from app.drafts.suggestions import CheckedDrafts
from app.web.errors import RefusedError
from app.web.routes.feedback import FILE, FeedbackFile, parse_feedback
from tests.web.conftest import MakeClient
from tests.web.fake_library import NOODLES, FakeLibrary


def draft(kind: str, text: str, answer: str, evidence: str, passage: str = "麺の本:p2") -> Draft:
    """A draft on the book on noodles."""
    return Draft(DraftQuestion(kind, text, answer), "ja", NOODLES.id, passage, "はじめに", evidence)


DRAFTS = (
    draft("figure", "その数は？", "二万軒", "その数は二万軒に及ぶ。"),
    draft("reason", "なぜか？", "江戸だから", "そばはそば粉から作り、江戸で広まった。"),
    draft("figure", "何軒か？", "二万軒", "もうない文。"),
    draft("cell", "そばの値段は？", "350円", "そば\t350円", "麺の本:r2"),
    draft("definition", "長い答えは？", "長" * 81, "その数は二万軒に及ぶ。"),
)


def test_cards_ask_for_short_answers_whose_passage_still_says_so(make_client: MakeClient) -> None:
    library = FakeLibrary()
    client = make_client(library)
    assert client.get("/api/study").json() == {"cards": []}
    library.kept = CheckedDrafts("g1", DRAFTS)
    first, second = client.get("/api/study").json()["cards"]
    assert (first["question"], first["answer"], first["page"]) == ("その数は？", "二万軒", 2)
    assert (second["question"], second["answer"]) == ("そばの値段は？", "350円")
    page = client.get(f"/{first['address'].partition('#')[0]}").text
    assert "<mark>" in page
    assert "その数は二万軒に及ぶ。</mark>" in page


def test_questions_to_begin_with_come_once_they_are_made(make_client: MakeClient) -> None:
    library = FakeLibrary()
    client = make_client(library)
    assert client.get("/api/starters?lang=ja").json() == {"questions": []}
    library.kept = CheckedDrafts("g1", DRAFTS)
    shown = client.get("/api/starters?lang=ja").json()["questions"]
    assert {"text": "その数は？", "language": "ja"} in shown
    assert {one["text"] for one in shown} <= {one.question.text for one in DRAFTS}


GIVEN: dict[str, Any] = {"rating": "down", "word": "違う", "question": "軒数は？", "documents": [NOODLES.id]}


def test_feedback_is_stored_without_who_gave_it(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(feedback=tmp_path)
    assert client.post("/api/feedback", json=GIVEN).json() == {"stored": True}
    [line] = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()
    row = json.loads(line)
    assert set(row) == {"day", "rating", "word", "question", "intent", "confidence", "documents"}
    assert row["rating"] == "down"
    assert 'window.tenkyoServer={"feedback":true,' in client.get("/labels.js").text


def test_feedback_is_refused_where_it_is_not_wanted(make_client: MakeClient) -> None:
    client = make_client()
    assert client.post("/api/feedback", json=GIVEN).status_code == 404
    assert 'window.tenkyoServer={"feedback":false,' in client.get("/labels.js").text


@pytest.mark.parametrize(
    "change",
    [
        {"rating": "five"},
        {"word": "x" * 301},
        {"question": None},
        {"more": 1},
        {"documents": ["x"] * 21},
        {"intent": "x"},
    ],
)
def test_what_is_no_feedback_is_refused(make_client: MakeClient, tmp_path: Path, change: dict[str, Any]) -> None:
    client = make_client(feedback=tmp_path)
    assert client.post("/api/feedback", json=GIVEN | change).status_code == 422
    assert not (tmp_path / FILE).exists()


def test_a_full_file_takes_no_more(tmp_path: Path) -> None:
    file, given = FeedbackFile(tmp_path, most_bytes=400), parse_feedback(json.dumps(GIVEN).encode())
    file.add(given)
    file.add(given)
    with pytest.raises(RefusedError, match="full"):
        file.add(given)
    assert (tmp_path / FILE).stat().st_size <= 400
