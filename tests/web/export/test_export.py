"""A conversation as a file: read back by others' readers, within bounds, and nothing of it kept."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.web.export.styles import bibtex, line, ris
from app.web.export.works import Work
from app.web.guard.bodies import MAX_CONVERSATION as MAX_BODY
from ingest.document import Publication, Reference
from tests.web.conftest import MakeClient
from tests.web.fake_library import NOODLES, FakeLibrary

BOOK = Work("The Lamp", ("Jane Mary Doe", "Ichiro Sato"), "", "Harbour Press", "1999", "", "en", "book")
PAGE = Work("海の灯", ("外務省",), "外務省", "", "2025-02-07", "https://example.org/a", "ja", "web")
ARTICLE = Work("Fog & Horns", ("Jane Doe",), "Journal of {Mist}", "", "2001-05", "", "en", "article")

LISTED = replace(
    NOODLES,
    references=(Reference(1, "山田 1999", ("山田太郎",), "麺の話", publisher="麺書房", date="1999", kind="book"),),
)


class WithWorks(FakeLibrary):
    """The book on noodles with its bibliography as parsed."""

    def document(self, document_id: str) -> Any:
        """The book with its one work."""
        return LISTED if document_id == NOODLES.id else super().document(document_id)


def conversation(format_: str, **more: Any) -> dict[str, Any]:
    """Two turns: one with two citations, one that was not answered."""
    citations = [
        {
            "number": 1,
            "document_id": NOODLES.id,
            "document_title": "麺の歴史",
            "section": "■はじめに",
            "page": 2,
            "quote": "その数は二万軒に及ぶ。",
            "cites": [{"listed_in": NOODLES.id, "number": 1}, {"listed_in": NOODLES.id, "number": 9}],
        },
        {
            "number": 2,
            "document_id": "gone",
            "document_title": "消えた本",
            "quote": "*x* [y](javascript:1) <b>\x00\x0b",
        },
    ]
    turns = [
        {
            "question": "軒数は？",
            "asked": "2026-11-29T12:00:00Z",
            "sentences": [{"text": "その数は二万軒に及ぶ。", "citations": [1, 2]}, {"text": "1. 項目"}],
            "citations": citations,
        },
        {"question": "# 天気は？", "sentences": [{"text": "文書には見当たりませんでした。"}]},
    ]
    return {"format": format_, "language": "ja", "name": "麺の会話", "turns": turns, **more}


@pytest.fixture
def taking(make_client: MakeClient) -> TestClient:
    """A client whose book on noodles has a bibliography."""
    return make_client(WithWorks())


def test_a_word_file_holds_questions_answers_and_sources(taking: TestClient) -> None:
    import docx

    response = taking.post("/api/export", json=conversation("docx"))
    assert response.headers["content-disposition"] == 'attachment; filename="tenkyo.docx"'
    paragraphs = docx.Document(io.BytesIO(response.content)).paragraphs
    told = [(one.style.name, one.text) for one in paragraphs]
    assert told[:3] == [
        ("Heading 1", "麺の会話"),
        ("Heading 2", "軒数は？"),
        ("Normal", "その数は二万軒に及ぶ。[1][2]"),
    ]
    assert ("Quote", "その数は二万軒に及ぶ。") in told
    assert any(text.startswith("[1] “麺の歴史”. p. 2.") and text.endswith("(はじめに)") for _, text in told)
    assert told[-1] == ("Normal", "文書には見当たりませんでした。")


def test_markdown_shows_every_word_as_it_is(taking: TestClient) -> None:
    from markdown_it import MarkdownIt

    text = taking.post("/api/export", json=conversation("markdown")).text
    html = MarkdownIt().render(text)
    assert "<h2>軒数は？</h2>" in html
    assert "<h2># 天気は？</h2>" in html
    assert "<p>1. 項目</p>" in html
    assert "<p>*x* [y](javascript:1) &lt;b&gt;</p>" in html
    assert "<a " not in html.replace('<a href="https://example.org', "")


ROWS = [
    {"text": "品名: うどん／値段: 300円", "citations": [1], "cells": ["うどん", "300円"], "columns": ["品名", "値段"]},
    {"text": "品名: そば／値段: 350円", "citations": [2], "cells": ["そば|蕎麦", "350円"], "columns": ["品名", "値段"]},
]


def test_neighbouring_rows_are_a_table_in_word_and_markdown(taking: TestClient) -> None:
    import docx
    from markdown_it import MarkdownIt

    turns = [{"question": "値段は？", "sentences": [{"text": "表1", "citations": []}, *ROWS, {"text": "以上。"}]}]
    word = taking.post("/api/export", json={"format": "docx", "turns": turns}).content
    [table] = docx.Document(io.BytesIO(word)).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["品名", "値段"], ["うどん[1]", "300円"], ["そば|蕎麦[2]", "350円"],
    ]  # fmt: skip
    text = taking.post("/api/export", json={"format": "markdown", "turns": turns}).text
    html = MarkdownIt().enable("table").render(text)
    assert html.count("<table>") == 1
    assert "<td>そば|蕎麦 [2]</td>" in html
    assert "<p>以上。</p>" in html
    plain = [{key: value for key, value in row.items() if key != "columns"} for row in ROWS]
    word = taking.post(
        "/api/export", json={"format": "docx", "turns": [{"question": "？", "sentences": plain}]}
    ).content
    assert len(docx.Document(io.BytesIO(word)).tables[0].rows) == 2


def test_json_gives_back_what_was_sent_with_a_bibliographic_line(taking: TestClient) -> None:
    told = json.loads(taking.post("/api/export", json=conversation("json", style="apa")).content)
    assert told["name"] == "麺の会話"
    [first, second] = told["turns"]
    assert first["sentences"][0] == {"text": "その数は二万軒に及ぶ。", "citations": [1, 2]}
    assert first["citations"][0]["page"] == 2
    assert first["citations"][0]["source"] == "麺の歴史. (n.d.). https://example.org/noodles (p. 2)"
    assert second["citations"] == []


@pytest.mark.parametrize(("style", "year"), [("sist02", " 2025"), ("apa", "(2025).")])
def test_the_line_of_a_digest_names_its_papers_author_and_says_that_a_digest_is_quoted(
    make_client: MakeClient, style: str, year: str
) -> None:
    digest = replace(NOODLES, url=None, digest_of="麺の論文", publication=Publication("2025-02-10", ("山田太郎",)))

    class WithDigest(FakeLibrary):
        def document(self, document_id: str) -> Any:
            return digest if document_id == digest.id else super().document(document_id)

    told = make_client(WithDigest()).post("/api/export", json=conversation("json", style=style)).json()
    source = told["turns"][0]["citations"][0]["source"]
    assert source.startswith("山田太郎")
    assert year in source
    assert "麺の論文" in source
    assert source.endswith("[論文の要約]")


def test_bibtex_and_ris_hold_the_works_that_are_quoted_and_cited(taking: TestClient) -> None:
    import bibtexparser
    import rispy

    entries = bibtexparser.parse_string(taking.post("/api/export", json=conversation("bibtex")).text).entries
    assert [entry.entry_type for entry in entries] == ["online", "book", "misc"]
    assert entries[1]["publisher"] == "麺書房"
    assert entries[1]["year"] == "1999"
    records = rispy.loads(taking.post("/api/export", json=conversation("ris")).text)
    assert [record["title"] for record in records] == ["麺の歴史", "麺の話", "消えた本"]
    assert records[1]["authors"] == ["山田太郎"]


def test_lines_follow_sist_02_and_apa() -> None:
    today = "2026-11-30"
    assert line(BOOK, "sist02", today, 8) == "Jane Mary Doe, Ichiro Sato. The Lamp. Harbour Press, 1999, p. 8."
    assert line(BOOK, "apa", today, 8) == "Doe, J. M., & Sato, I. (1999). The Lamp. Harbour Press. (p. 8)"
    assert line(PAGE, "sist02", today) == (
        "外務省. “海の灯”. 外務省. 2025-02-07. https://example.org/a, (参照 2026-11-30)."
    )
    assert line(PAGE, "apa", today) == "外務省 (2025, February 7). 海の灯. 外務省. https://example.org/a"
    assert line(ARTICLE, "apa", today) == "Doe, J. (2001). Fog & Horns. Journal of {Mist}."
    assert line(Work("無題"), "apa", today) == "無題. (n.d.)."


def test_bibtex_survives_its_own_signs_and_keeps_keys_apart() -> None:
    import bibtexparser

    hostile = replace(ARTICLE, title="50 % of {x} \\input{/etc/passwd} & #1_~^$", authors=("A and B", "Doe"))
    text = bibtex([ARTICLE, replace(ARTICLE, title="Other"), hostile])
    entries = bibtexparser.parse_string(text).entries
    assert [entry.key for entry in entries] == ["doe2001", "doe2001-2", "b2001"]
    assert entries[0]["title"] == r"{Fog \& Horns}"
    assert r"\textbackslash{}input\{" in entries[2]["title"]
    assert entries[2]["author"] == "{A and B} and Doe"


def test_ris_turns_the_names_of_persons_and_keeps_values_on_their_lines() -> None:
    import rispy

    [record] = rispy.loads(ris([replace(BOOK, title="The\r\nER  - Lamp")]))
    assert record["authors"] == ["Doe, Jane Mary", "Sato, Ichiro"]
    assert record["title"] == "The ER - Lamp"
    assert record["type_of_reference"] == "BOOK"


@pytest.mark.parametrize(
    ("change", "in_bibtex", "in_ris"),
    [
        ({"kind": "article", "container": "灯台研究"}, "article", "JOUR"),
        ({"kind": "article"}, "misc", "GEN"),
        ({"kind": "article", "url": "https://example.org/a"}, "online", "ELEC"),
        ({"kind": "book"}, "book", "BOOK"),
        ({"kind": "chapter", "container": "海の本"}, "incollection", "CHAP"),
        ({"kind": "conference", "container": "海の会議"}, "inproceedings", "CONF"),
        ({"kind": "thesis"}, "phdthesis", "THES"),
        ({"kind": "report"}, "techreport", "RPRT"),
        ({"kind": "news", "container": "海の新聞"}, "article", "NEWS"),
        ({"kind": "news", "url": "https://example.org/a"}, "online", "ELEC"),
        ({"kind": "web", "container": "外務省"}, "online", "ELEC"),
        ({"kind": "other"}, "misc", "GEN"),
        ({"kind": "government"}, "misc", "GEN"),
    ],
)
def test_a_work_is_of_one_kind_in_bibtex_and_in_ris(change: dict[str, Any], in_bibtex: str, in_ris: str) -> None:
    import bibtexparser
    import rispy

    work = replace(Work("海の灯", ("山田太郎",)), **change)
    [entry] = bibtexparser.parse_string(bibtex([work])).entries
    [record] = rispy.loads(ris([work]))
    assert (entry.entry_type, record["type_of_reference"]) == (in_bibtex, in_ris)
    if work.container:
        assert work.container in [field.value for field in entry.fields]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "exe"},
        {"style": "mla"},
        {"language": "fr"},
        {"more": 1},
        {"turns": {}},
        {"turns": [{"question": 1}]},
        {"turns": [{"question": "x"}] * 501},
        {"turns": [{"question": "x", "sentences": [{"text": "x"}] * 70}] * 90},
        {"turns": [{"question": "x", "citations": [{"number": True}]}]},
        {"turns": [{"question": "x" * 20_001}]},
        {"turns": [{"question": "x", "sentences": [{"text": "x", "citations": [-1]}]}]},
    ],
)
def test_what_is_no_conversation_is_refused(taking: TestClient, change: dict[str, Any]) -> None:
    assert taking.post("/api/export", json=conversation("json") | change).status_code == 422


def test_size_and_origin_are_checked(taking: TestClient) -> None:
    body = json.dumps(conversation("json") | {"name": "x" * MAX_BODY})
    headers = {"Content-Type": "application/json"}
    assert taking.post("/api/export", content=body, headers=headers).status_code == 413
    assert taking.post("/api/export", content="{}", headers={"Content-Type": "text/plain"}).status_code == 400
    foreign = {**headers, "Origin": "https://evil.example"}
    assert taking.post("/api/export", content=json.dumps(conversation("json")), headers=foreign).status_code == 400
    assert taking.get("/api/export").status_code == 405
