"""What `ask`, `search` and `documents` print, against interfaces.md, over documents known to the letter."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.answering.decide.confidence import Decision
from app.cli import main
from app.library import Library
from ingest.document import Document
from tests.conftest import ROWS

DIRECTOR = "鳴砂博物館の初代館長は誰か"
HIT = {"rank", "score", "passage_id", "document_id", "document_title", "section", "page", "text"}
CITATION = {
    "number", "passage_id", "document_id", "document_title", "section", "page", "quote", "text", "quote_start",
    "quote_end", "score", "url", "span", "span_start", "span_end", "span_share", "origin", "reference", "cites",
}  # fmt: skip


@pytest.fixture
def run(library_folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command over the library with --json; stdout must be one JSON document, stderr empty."""

    def run(*arguments: str) -> dict[str, Any]:
        assert main([*arguments, "--json", "--index", str(library_folder)]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert out.endswith("}\n")
        value: dict[str, Any] = json.loads(out)
        return value

    return run


def documents_of(folder: Path) -> dict[str, Document]:
    """The documents of the library by their ids."""
    return {document.id: document for document in Library.open(folder).documents()}


def test_an_answer_has_the_form_that_programs_rely_on(run: Any, library_folder: Path) -> None:
    answer = run("ask", DIRECTOR)
    assert set(answer) == {
        "question", "standalone", "intent", "language", "abstained", "confidence", "confidence_label", "method",
        "suggestions", "withheld", "text", "sentences", "citations", "near", "hits", "notes", "timings_ms",
    }  # fmt: skip
    assert (answer["question"], answer["language"]) == (DIRECTOR, "ja")
    assert (answer["abstained"], answer["method"]) == (False, "extractive")
    assert 0 < answer["confidence"] <= 1
    assert "戸倉静江" in answer["text"]
    assert set(answer["timings_ms"]) == {"encode", "search", "answer", "total"}
    numbers = [citation["number"] for citation in answer["citations"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for sentence in answer["sentences"]:
        assert set(sentence) == {"text", "citations", "origin"}
        assert sentence["citations"]
        assert set(sentence["citations"]) <= set(numbers)
        assert all(f"[{number}]" in answer["text"] for number in sentence["citations"])
    documents = documents_of(library_folder)
    for citation in answer["citations"]:
        assert set(citation) == CITATION
        assert citation["text"][citation["quote_start"] : citation["quote_end"]] == citation["quote"]
        assert citation["text"] in documents[citation["document_id"]].text
        assert citation["document_title"] == documents[citation["document_id"]].title
    first = answer["citations"][0]
    assert "戸倉静江" in first["quote"]
    assert (first["document_id"], first["page"], first["url"]) == ("museum.txt", None, None)
    assert "沿革" in first["section"]


def test_hits_are_ranked_and_as_many_as_wanted(run: Any) -> None:
    hits = run("ask", DIRECTOR, "-k", "2")["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert hits[0]["score"] >= hits[1]["score"]
    assert all(set(hit) == HIT for hit in hits)
    assert len(run("ask", DIRECTOR)["hits"]) == 5
    assert len(run("search", DIRECTOR)["hits"]) <= 10


def test_an_abstention_has_no_citations_and_keeps_its_hits(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.answering.pipeline.decide", lambda *_: Decision())
    answer = run("ask", DIRECTOR)
    assert (answer["abstained"], answer["confidence"]) == (True, 0.0)
    assert answer["citations"] == []
    assert answer["sentences"] == []
    assert len(answer["hits"]) == 5
    assert answer["text"].startswith("この質問の答えは、登録された文書の中に見つかりませんでした。")
    assert "霧原町立鳴砂博物館の記録" in answer["text"]


def test_an_index_without_documents_abstains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("Alpha.", encoding="utf-8")
    index = ("--index", str(tmp_path / "index"))
    assert main(["ingest", str(tmp_path / "a.txt"), *index]) == 0
    assert main(["remove", "a.txt", *index]) == 0
    capsys.readouterr()
    assert main(["ask", "What is alpha?", "--json", *index]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["abstained"], answer["hits"], answer["citations"]) == (True, [], [])
    assert answer["text"] == "The documents do not hold an answer to this question."
    assert main(["search", "alpha", "--json", *index]) == 0
    assert json.loads(capsys.readouterr().out) == {"query": "alpha", "hits": []}
    assert main(["documents", "--json", *index]) == 0
    assert json.loads(capsys.readouterr().out) == {"documents": []}


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("Who built the Harrow Point lighthouse?", "en", "Edith Calloway"),
        ("青溪石桥是谁设计的？", "zh", "林子安"),
        ("赤坂窯は年に何回火が入るか", "ja", "年に2回"),
    ],
)
def test_questions_are_answered_in_their_language_from_documents_in_it(
    run: Any, question: str, language: str, expected: str
) -> None:
    answer = run("ask", question)
    assert answer["language"] == language
    assert expected in answer["hits"][0]["text"]


def test_the_same_question_has_the_same_answer(run: Any) -> None:
    first, second = (run("ask", DIRECTOR) for _ in range(2))
    for answer in (first, second):
        del answer["timings_ms"]
    assert first == second


def test_an_address_of_a_line_is_that_of_its_citation(run: Any) -> None:
    (citation, *_) = run("ask", "赤坂窯は年に何回火が入るか")["citations"]
    assert citation["url"] == ROWS[2]["url"]


def test_a_search_prints_its_query_and_hits(run: Any) -> None:
    found = run("search", " whale oil lamp ", "-k", "3")
    assert set(found) == {"query", "hits"}
    assert found["query"] == "whale oil lamp"
    assert 1 <= len(found["hits"]) <= 3
    assert found["hits"][0]["document_id"] == "lighthouse.md"
    assert set(found["hits"][0]) == HIT


def test_a_search_for_people_shows_a_table_row_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "prices.md").write_text("# Prices\n\n| lamp | price |\n|---|---|\n| Argand | 12 marks |\n")
    index = ["--index", str(tmp_path / "index")]
    assert main(["ingest", str(tmp_path / "prices.md"), *index]) == 0
    capsys.readouterr()
    assert main(["search", "price of the Argand lamp", *index]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "Argand" in line]
    assert lines == ["   lamp: Argand; price: 12 marks"]


def test_documents_are_listed(run: Any) -> None:
    documents = run("documents")["documents"]
    assert [one["document_id"] for one in documents] == ["lighthouse.md", "museum.txt", "bridge", "market", "kiln"]
    assert set(documents[0]) == {
        "document_id", "title", "source", "kind", "language", "pages", "passages", "characters", "url",
    }  # fmt: skip
    assert [one["language"] for one in documents] == ["en", "ja", "zh", "ko", "ja"]
    assert all(one["passages"] > 0 and one["pages"] is None for one in documents)


def test_answers_for_people_name_their_sources(library_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", DIRECTOR, "--index", str(library_folder)]) == 0
    out = capsys.readouterr().out
    assert "戸倉静江である。 [1]" in out
    assert "\n[1] 霧原町立鳴砂博物館の記録 – " in out
    assert main(["search", DIRECTOR, "-k", "1", "--index", str(library_folder)]) == 0
    assert capsys.readouterr().out.startswith("1. 霧原町立鳴砂博物館の記録 – ")
    assert main(["documents", "--index", str(library_folder)]) == 0
    assert "\nmuseum.txt\n    霧原町立鳴砂博物館の記録\n" in capsys.readouterr().out
