"""The starter questions: of the documents that are served, answered surely, in the reader's language."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.answering.types import Answer
from app.library import Library
from app.web.starters import Starter, Starters
from ingest.document import Block, Document
from ingest.pipeline import ingest
from retriever.types import UNLIMITED, Budget
from tests.retriever.letters import NoProgress
from tests.web.conftest import MakeClient, wait_until
from tests.web.fake_library import FakeLibrary

SOBA, TEA = Starter("ja", "そばはどこで広まったか"), Starter("en", "How hot should the water for green tea be?")
WEATHER = Starter("ja", "明日の天気は")
EVIDENCE = "そばとは、そば粉から作られて江戸で広まった麺である。"
BOOK = Document("book", "そばの本", "/books/soba.txt", (Block("paragraph", EVIDENCE),), "ja")

BEACON = """霧原岬の灯台

霧鐘とは、霧が深い日に船へ岬の位置を知らせるために鳴らす鐘である。

灯台の建設には地元の石工が加わり、完成までに長い年月がかかった。
"""


class FakeShelf(FakeLibrary):
    """The fake library with documents from which questions are drafted, and answers that a test may change."""

    def __init__(self, *documents: Document, confidence: float = 0.9) -> None:
        super().__init__()
        self.shelf = documents
        self.confidence = confidence
        self.quote = EVIDENCE

    def documents(self) -> Iterator[Document]:
        """Those of the test."""
        return iter(self.shelf)

    def ask(self, question: str, k: int = 5, budget: Budget = UNLIMITED, **conversation: Any) -> Answer:
        """The fake library's answer; its quote stands in the book where the question is drafted from that."""
        answer = replace(super().ask(question, k, budget, **conversation), confidence=self.confidence)
        if not question.startswith("そばとは") or not answer.citations:
            return answer
        return replace(answer, citations=(replace(answer.citations[0], document_id="book", quote=self.quote),))


def made(library: FakeLibrary, *written: Starter, language: str = "ja") -> list[str]:
    """What is shown once the questions are made."""
    starters = Starters(written)
    starters.prepare(library)
    wait_until(lambda: starters._made[0] == library.snapshot_name)
    return starters.shown(library, language)


def test_only_questions_that_are_answered_surely_are_shown() -> None:
    assert made(FakeLibrary(), WEATHER, SOBA) == [SOBA.question]
    assert made(FakeShelf(confidence=0.7), WEATHER, SOBA) == []


def test_the_readers_language_comes_first_else_that_of_the_documents() -> None:
    assert made(FakeLibrary(), SOBA, TEA, language="en") == [TEA.question]
    assert made(FakeLibrary(), TEA, SOBA, replace(SOBA, question="そばの話"), language="ko") == [
        SOBA.question,
        "そばの話",
    ]


def test_questions_are_drafted_from_the_documents_and_need_their_own_evidence() -> None:
    shelf = FakeShelf(BOOK)
    assert made(shelf) == ["そばとは何ですか"]
    shelf.quote = "うどんは小麦粉から作る。"
    assert made(shelf) == []


def test_questions_written_for_other_documents_are_not_asked() -> None:
    assert made(FakeLibrary(), replace(SOBA, documents=frozenset(["another"]))) == []
    assert made(FakeLibrary(), replace(SOBA, documents=frozenset(["tea"]))) == [SOBA.question]


def test_at_most_three_of_a_language_are_made() -> None:
    written = [Starter("ja", f"そばの話その{number}") for number in range(9)]
    library = FakeLibrary()
    assert len(made(library, *written)) == 3
    assert len(library.asked) == 3
    assert all(not budget.spent and budget.ends < time.monotonic() + 10 for budget in library.budgets)


def test_none_are_shown_before_they_are_made_and_others_when_the_index_changes() -> None:
    library = FakeLibrary(gate=threading.Event())
    starters = Starters([SOBA])
    assert starters.shown(library, "ja") == []
    assert library.gate
    library.gate.set()
    wait_until(lambda: starters.shown(library, "ja") == [SOBA.question])
    library.gate.clear()
    library.snapshot_name = "g2"
    assert starters.shown(library, "ja") == []
    library.gate.set()
    wait_until(lambda: starters.shown(library, "ja") == [SOBA.question])
    assert library.asked == [SOBA.question] * 2, "once for each snapshot"


def test_a_failure_leaves_none(caplog: pytest.LogCaptureFixture) -> None:
    assert made(FakeLibrary(), Starter("ja", "そばが壊れ")) == []
    assert "no starter questions" in caplog.text


def test_the_server_is_ready_while_they_are_made_and_the_widget_shows_them_then(make_client: MakeClient) -> None:
    library = FakeLibrary(gate=threading.Event())
    client = make_client(library, starters=[SOBA, TEA])
    assert client.get("/readyz").status_code == 200
    assert SOBA.question not in client.get("/widget?lang=ja").text
    assert library.gate
    library.gate.set()
    wait_until(lambda: SOBA.question in client.get("/widget?lang=ja").text)
    assert TEA.question in client.get("/widget?lang=en").text


def test_those_of_a_real_index_ask_what_its_documents_tell(tmp_path: Path) -> None:
    source = tmp_path / "beacon.txt"
    source.write_text(BEACON, encoding="utf-8")
    ingest(tmp_path / "index", [str(source)], progress=NoProgress())
    library, starters = Library.open(tmp_path / "index"), Starters([replace(SOBA, documents=frozenset(["book"]))])
    starters.prepare(library)
    wait_until(lambda: bool(starters._made[0]), seconds=60)
    assert starters.shown(library, "en") == ["霧鐘とは何ですか"]
