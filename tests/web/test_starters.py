"""The starter questions: of the documents that are served, answered surely, in the reader's language."""

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import pytest

from app.answering.types import Answer, AskOptions
from app.answering.works import RECORDS
from app.drafts.suggestions import CheckedDrafts
from app.library import Library
from app.web.service.starters import Starter, Starters
from ingest.document import Block, Document
from ingest.passages import cut
from ingest.pipeline import ingest
from retriever.text import language_of
from retriever.types import DocumentRecord, Passage
from tests.retriever.letters import NoProgress
from tests.web.conftest import MakeClient, wait_until
from tests.web.fake_library import FakeLibrary

pytestmark = pytest.mark.slow

SOBA, TEA = Starter("ja", "そばはどこで広まったか"), Starter("en", "How hot should the water for green tea be?")
WEATHER = Starter("ja", "明日の天気は")
DRAFTED = "そばは何から作ったのですか"  # from the fake library's book on noodles
EVIDENCE = "そばとは、そば粉から作られて江戸で広まった麺である。"
BOOK = Document("book", "そばの本", "/books/soba.txt", (Block("paragraph", EVIDENCE),), "ja")

BEACON = """霧原岬の灯台

霧鐘とは、霧が深い日に船へ岬の位置を知らせるために鳴らす鐘である。

灯台の建設には地元の石工が加わり、完成までに長い年月がかかった。
"""


class FakeShelf(FakeLibrary):
    """The fake library with a book from which questions are drafted, and answers that a test may change."""

    def __init__(self, *documents: Document, confidence: float = 0.9) -> None:
        super().__init__()
        self.shelf = {document.id: document for document in documents}
        self.confidence = confidence
        self.quote = EVIDENCE

    def titles(self) -> dict[str, str]:
        """Its own books first."""
        return {name: document.title for name, document in self.shelf.items()} | super().titles()

    def passages(self, document_id: str) -> list[Passage]:
        """Those of its own books are cut as the index cuts them."""
        return cut(self.shelf[document_id]) if document_id in self.shelf else super().passages(document_id)

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """The fake library's answer; its quote stands in the book where the question is drafted from that."""
        answer = replace(super().ask(question, **options), confidence=self.confidence)
        if not question.startswith("そばとは") or not answer.citations:
            return answer
        return replace(answer, citations=(replace(answer.citations[0], document_id="book", quote=self.quote),))


def made(library: FakeLibrary, *written: Starter, language: str = "ja") -> list[str]:
    """What is shown once the questions are made."""
    starters = Starters(written)
    starters.prepare(library)
    wait_until(lambda: starters._made == library.snapshot_name)
    return starters.shown(library, language)


def test_only_questions_whose_answers_are_likely_right_are_shown() -> None:
    assert made(FakeLibrary(), WEATHER, SOBA) == [SOBA.question, DRAFTED]
    assert made(FakeShelf(confidence=0.4), WEATHER, SOBA) == []


def test_the_readers_language_comes_first_else_that_of_the_documents() -> None:
    assert made(FakeLibrary(), SOBA, TEA, language="en") == [TEA.question]
    assert made(FakeLibrary(), TEA, SOBA, replace(SOBA, question="そばの話"), language="ko") == [
        SOBA.question,
        "そばの話",
        DRAFTED,
    ]


def test_questions_are_drafted_from_the_documents_and_need_their_own_evidence() -> None:
    shelf = FakeShelf(BOOK)
    assert made(shelf) == ["そばとは何ですか", DRAFTED]
    other = FakeShelf(BOOK)
    other.quote = "うどんは小麦粉から作る。"
    assert made(other) == [DRAFTED]


def test_questions_written_for_other_documents_are_not_asked() -> None:
    assert made(FakeLibrary(), replace(SOBA, documents=frozenset(["another"]))) == [DRAFTED]
    assert made(FakeLibrary(), replace(SOBA, documents=frozenset(["tea"]))) == [SOBA.question, DRAFTED]


def test_at_most_three_are_shown_and_each_is_asked_within_a_limit_of_time() -> None:
    written = [Starter("ja", f"そばの話その{number}") for number in range(9)]
    library = FakeLibrary()
    assert made(library, *written) == [starter.question for starter in written[:3]]
    assert library.budgets
    assert all(not budget.spent and budget.ends < time.monotonic() + 10 for _, budget in library.budgets)


def test_none_are_shown_before_they_are_made_and_others_when_the_index_changes() -> None:
    library = FakeLibrary(gate=threading.Event())
    starters = Starters([SOBA])
    assert starters.shown(library, "ja") == []
    assert library.gate
    library.gate.set()
    wait_until(lambda: starters.shown(library, "ja") == [SOBA.question, DRAFTED])
    library.gate.clear()
    library.snapshot_name = "g2"
    assert starters.shown(library, "ja") == []
    library.gate.set()
    wait_until(lambda: starters.shown(library, "ja") == [SOBA.question, DRAFTED])
    assert library.asked.count(SOBA.question) == 2, "once for each snapshot"


def test_nothing_is_asked_while_somebody_waits_for_an_answer() -> None:
    library, busy = FakeLibrary(), threading.Event()
    busy.set()
    starters = Starters([SOBA], is_busy=busy.is_set)
    starters.prepare(library)
    time.sleep(0.2)
    assert library.asked == []
    busy.clear()
    wait_until(lambda: starters.shown(library, "ja") == [SOBA.question, DRAFTED])


def test_nothing_is_asked_after_the_stop() -> None:
    library = FakeLibrary()
    starters = Starters([SOBA], is_busy=lambda: True)
    starters.prepare(library)
    starters.stop()
    wait_until(lambda: "tenkyo-starters" not in {thread.name for thread in threading.enumerate()})
    assert library.asked == []


def test_the_making_ends_when_the_index_changes() -> None:
    library = FakeLibrary(delay=0.05)
    starters = Starters([Starter("ja", f"そばの話その{number}") for number in range(60)])
    starters.prepare(library)
    wait_until(lambda: len(library.asked) > 1)
    library.snapshot_name = "g2"
    wait_until(lambda: starters._made == "g1")
    assert len(library.asked) < 60
    assert library.drafts.drafts == ()


def test_what_was_kept_is_not_made_again() -> None:
    library = FakeLibrary()
    assert made(library, SOBA) == [SOBA.question, DRAFTED]
    asked = len(library.asked)
    assert made(library, WEATHER) == [SOBA.question, DRAFTED]
    assert len(library.asked) == asked


def test_what_was_kept_before_all_was_checked_is_made_anew() -> None:
    library = FakeLibrary()
    library.kept = CheckedDrafts(library.snapshot_name, (), complete=False)
    assert made(library, SOBA) == [SOBA.question, DRAFTED]
    assert library.kept.complete


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
    wait_until(lambda: bool(starters._made), seconds=60)
    assert starters.shown(library, "ja")[0] == "霧鐘とは何ですか"
    assert Library.open(tmp_path / "index").ask("何ができますか").suggestions[0] == "霧鐘とは何ですか"


@pytest.mark.parametrize(("language", "talk"), [("en", "hello"), ("zh", "你好"), ("ko", "안녕하세요")])
def test_readers_of_other_languages_begin_with_questions_in_their_own(tmp_path: Path, language: str, talk: str) -> None:
    source = tmp_path / "beacon.txt"
    source.write_text(BEACON.replace("灯台の建設", "# 灯台の建設\n\n灯台の建設"), encoding="utf-8")
    ingest(tmp_path / "index", [str(source)], progress=NoProgress())
    library, starters = Library.open(tmp_path / "index"), Starters()
    starters.prepare(library)
    wait_until(lambda: bool(starters._made), seconds=60)
    shown = starters.shown(library, language)
    assert shown
    assert {language_of(one) for one in shown} == {language}
    assert not any(library.ask(one).abstained for one in shown)
    assert library.ask(talk).suggestions == tuple(shown)


class Listing(FakeShelf):
    """A shelf whose book is the record of a bibliography."""

    def records(self) -> list[DocumentRecord]:
        """The book's as well."""
        book = DocumentRecord("book", BOOK.title, BOOK.source, "", language="ja", kind=RECORDS)
        return [book, *super().records()]


def test_nothing_is_asked_about_the_record_of_a_bibliography() -> None:
    assert all_made(FakeShelf(BOOK)) == ["そばとは何ですか", DRAFTED]
    assert all_made(Listing(BOOK)) == [DRAFTED]


def all_made(library: FakeLibrary) -> list[str]:
    """Every question that is made."""
    made(library)
    return [draft.question.text for draft in library.drafts.drafts]
