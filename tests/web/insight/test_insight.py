"""What a class asks: counted only where the teacher wants it, shown only where it tells nothing of one person."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.web.courses.course import Course, CourseSettings
from app.web.insight.groups import Group, Groups, K, Unanswered, wording
from app.web.insight.insight import Insight
from app.web.insight.store import FILE, Gap, InsightFile, today
from retriever.types import TenkyoError
from tests.web.conftest import MakeClient, wait_until
from tests.web.fake_library import FakeLibrary


@pytest.fixture
def insight(tmp_path: Path) -> Insight:
    course = Course(tmp_path)
    course.save(CourseSettings(insight=True, keep_days=30))
    return Insight(tmp_path, course)


def ask(insight: Insight, question: str, asker: str = "", times: int = 1) -> None:
    for _ in range(times):
        insight.count(FakeLibrary().ask(question), asker)
    insight.settle()


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_nothing_is_counted_unless_it_is_switched_on(tmp_path: Path) -> None:
    insight = Insight(tmp_path, Course(tmp_path))
    ask(insight, "そば")
    assert not (tmp_path / FILE).exists()
    assert insight.store.days() == []


def test_questions_are_counted_by_day_and_outcome(insight: Insight) -> None:
    ask(insight, "そば", times=3)
    ask(insight, "給料はいくらか", times=2)
    assert insight.store.days() == [(today().isoformat(), 5, 2)]


def test_passages_cited_less_often_than_k_are_left_out(insight: Insight) -> None:
    ask(insight, "そば", times=K - 1)
    assert insight.store.cited(K, 10) == []
    ask(insight, "そばの値段")
    assert insight.store.cited(K, 10) == [("麺の本", "麺の本:p1", K)]


def test_sections_that_confuse_are_those_with_doubts(insight: Insight) -> None:
    ask(insight, "そば", times=K)
    assert insight.store.confusing(K, 10) == [], "sure answers raise no doubts"
    insight.count_down("そば")
    insight.count_down("never asked")
    insight.settle()
    assert insight.store.confusing(K, 10) == [("麺の本", "はじめに", K, 0, 1)]
    ask(insight, "近い給料はいくらか", times=2)
    assert insight.store.confusing(K, 10) == [("麺の本", "はじめに", K + 2, 2, 1)]


def test_an_unanswered_question_is_shown_once_five_tabs_asked_alike(insight: Insight) -> None:
    for number in range(K - 1):
        ask(insight, "館長の給料はいくらですか", asker=f"tab-{number}", times=3)
    assert insight.store.gaps(10) == []
    assert insight.groups.waiting == 3 * (K - 1)
    ask(insight, "館長の給料はいくらですか？", asker="tab-last")
    (gap,) = insight.store.gaps(10)
    assert gap.wording.startswith("館長の給料はいくらですか")
    assert (gap.count, insight.groups.waiting) == (3 * (K - 1) + 1, 0)
    ask(insight, "館長の給料はいくらですか", asker="tab-more")
    assert [gap.count for gap in insight.store.gaps(10)] == [3 * (K - 1) + 2], "one row a group"


def test_a_tab_that_asks_often_counts_once_and_so_do_questions_without_a_tab(insight: Insight) -> None:
    ask(insight, "館長の給料はいくらですか", asker="tab", times=9)
    ask(insight, "館長の給料はいくらですか", asker="", times=9)
    assert insight.store.gaps(10) == []


def test_a_name_that_one_student_writes_is_neither_shown_nor_stored(insight: Insight, tmp_path: Path) -> None:
    for number in range(K):
        name = "佐藤一郎です、" if number == 2 else ""
        ask(insight, f"{name}館長の給料はいくらですか", asker=f"tab-{number}")
    (gap,) = insight.store.gaps(10)
    assert "館長の給料" in gap.wording
    content = stored(tmp_path)
    for said in ("佐藤", "一郎", "tab-"):
        assert said.encode() not in content


def test_words_that_few_used_are_left_out_of_the_wording() -> None:
    groups = Groups()
    for number, name in enumerate(("Alice", "Bob", "Carol", "Dave", "Erin")):
        group = groups.add(f"My name is {name}, what is the deadline of the report?", "d", str(number), [])
    assert wording(group) == "My name is …, what is the deadline of the report?"


def test_people_of_different_days_are_not_taken_for_different_people() -> None:
    groups = Groups()
    for number in range(2 * K):
        group = groups.add("館長の給料はいくらですか", f"day-{number}", "same or not", [])
    assert group.askers == 1


def test_questions_that_differ_make_groups_of_their_own() -> None:
    groups = Groups()
    one = groups.add("館長の給料はいくらですか", "d", "1", [])
    other = groups.add("What is the deadline?", "d", "2", [])
    assert one is not other


def test_what_is_too_old_is_deleted(insight: Insight, tmp_path: Path) -> None:
    ask(insight, "そば", times=K)
    old = (today() - timedelta(days=31)).isoformat()
    with sqlite3.connect(tmp_path / FILE) as base:
        for table in ("questions", "cited", "sections"):
            base.execute(f"UPDATE {table} SET day = ?", (old,))  # noqa: S608
    base.close()
    again = Insight(tmp_path, Course(tmp_path))
    ask(again, "ラーメン")
    assert again.store.days() == [(today().isoformat(), 1, 0)]
    assert again.store.cited(1, 10) == [("麺の本", "麺の本:p2", 1)]


def test_wiping_deletes_the_file_and_what_waits(insight: Insight, tmp_path: Path) -> None:
    ask(insight, "館長の給料はいくらですか", asker="a")
    insight.wipe()
    assert not (tmp_path / FILE).exists()
    assert insight.groups.waiting == 0


def test_a_damaged_file_costs_no_answer(make_client: MakeClient, tmp_path: Path, caplog: Any) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    course = Course(tmp_path)
    course.save(CourseSettings(insight=True))
    client = make_client(course=course, insight=Insight(tmp_path, course))
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 200
    wait_until(lambda: "not counted" in caplog.text)


def test_each_tab_is_one_asker(make_client: MakeClient, tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.save(CourseSettings(insight=True))
    insight = Insight(tmp_path, course)
    client = make_client(course=course, insight=insight)
    for _ in range(K):
        tab = client.get("/api/tab").json()["tab"]
        headers = {"X-Tenkyo-Tab": tab}
        client.post("/api/ask", json={"question": "給料はいくらか"}, headers=headers)
        client.post("/widget/ask", json={"question": "給料はいくらか"}, headers=headers)
    client.post("/api/ask", json={"question": "給料はいくらか"}, headers={"X-Tenkyo-Tab": "x" * 43})
    insight.settle()
    (gap,) = insight.store.gaps(10)
    assert gap.count == 2 * K + 1
    assert InsightFile(tmp_path).days() == [(today().isoformat(), 2 * K + 1, 2 * K + 1)]


def test_small_talk_is_not_counted(insight: Insight) -> None:
    insight.count(replace(FakeLibrary().ask("そば"), intent="smalltalk"), "")
    insight.settle()
    assert insight.store.days() == []


def test_a_group_whose_row_was_deleted_takes_no_other_row(insight: Insight, tmp_path: Path) -> None:
    def ask_by_five(question: str) -> None:
        for number in range(K):
            ask(insight, question, asker=f"tab-{number}")

    ask_by_five("館長の給料はいくらですか")
    with sqlite3.connect(tmp_path / FILE) as base:
        base.execute("DELETE FROM gaps")
    base.close()
    ask_by_five("What is the deadline?")
    ask(insight, "館長の給料はいくらですか", asker="tab-0")
    gaps = {gap.wording: gap.count for gap in insight.store.gaps(10)}
    assert gaps == {"What is the deadline?": K, "館長の給料はいくらですか": K + 1}


class SlowStore(InsightFile):
    """A store in which two who write at once certainly meet."""

    def put_gap(self, row: int, gap: Gap) -> None:
        time.sleep(0.2)
        super().put_gap(row, gap)


def test_two_who_ask_at_once_make_one_row(insight: Insight, tmp_path: Path) -> None:
    insight.store = SlowStore(tmp_path)
    for number in range(K - 1):
        ask(insight, "館長の給料はいくらですか", asker=f"tab-{number}")
    threads = [
        threading.Thread(target=ask, args=(insight, "館長の給料はいくらですか", f"late-{number}"))
        for number in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [gap.count for gap in insight.store.gaps(10)] == [K + 1]


def test_a_question_that_joins_while_a_wording_is_made_does_no_harm() -> None:
    def asked(text: str, asker: str) -> Unanswered:
        return Unanswered(text, "d", asker, (), frozenset({"de", "ea"}), (text,))

    class Joined(list[Unanswered]):
        """Members, to which another comes as soon as somebody reads them."""

        def __iter__(self) -> Iterator[Unanswered]:
            group.members = [asked("deadlines", "late"), *self[:]]
            return super().__iter__()

    group = Group()
    group.members = Joined(asked("deadline", str(number)) for number in range(K))
    assert wording(group) == "deadline"


class BrokenStore(InsightFile):
    """A store with a bug."""

    def count(self, *_: object) -> None:
        raise KeyError("a bug")

    def count_down(self, *_: object) -> None:
        raise KeyError("a bug")


def test_a_bug_in_counting_costs_no_answer(insight: Insight, tmp_path: Path, caplog: Any) -> None:
    insight.count(FakeLibrary().ask("そば"), "tab")
    insight.store = BrokenStore(tmp_path)
    insight.count(FakeLibrary().ask("そば"), "tab")
    insight.count_down("そば")
    insight.settle()
    assert caplog.text.count("a bug") >= 2


class HeldStore(InsightFile):
    """A store that counts nothing until it is released."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.released = threading.Event()

    def count(self, *counts: Any) -> None:
        assert self.released.wait(30)
        super().count(*counts)


def test_no_answer_waits_until_it_is_counted(make_client: MakeClient, tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.save(CourseSettings(insight=True))
    insight = Insight(tmp_path, course)
    held = HeldStore(tmp_path)
    insight.store = held
    client = make_client(course=course, insight=insight)
    try:
        assert client.post("/api/ask", json={"question": "そば"}).status_code == 200
        assert held.days() == []
    finally:
        held.released.set()
    insight.settle()
    assert held.days() == [(today().isoformat(), 1, 0)]


def test_too_many_that_wait_are_left_out_and_logged(insight: Insight, tmp_path: Path, caplog: Any) -> None:
    held = HeldStore(tmp_path)
    insight.store = held
    insight._room = threading.BoundedSemaphore(2)
    try:
        for _ in range(4):
            insight.count(FakeLibrary().ask("そば"), "")
    finally:
        held.released.set()
    insight.settle()
    assert held.days() == [(today().isoformat(), 2, 0)]
    assert caplog.text.count("not counted") == 2


def test_words_of_questions_leave_the_memory_after_the_days_that_counts_are_kept(
    insight: Insight, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = today()
    for days, kept in ((0, 1), (30, 2), (31, 1)):
        monkeypatch.setattr("app.web.insight.insight.today", lambda days=days: now + timedelta(days=days))
        if days < 31:
            ask(insight, "館長の給料はいくらですか", asker="tab")
        insight.settle()
        assert insight.groups.waiting == kept


def test_what_is_too_old_is_deleted_after_counting_was_switched_off(insight: Insight, tmp_path: Path) -> None:
    ask(insight, "そば")
    with sqlite3.connect(tmp_path / FILE) as base:
        base.execute("UPDATE questions SET day = '2020-01-01'")
    base.close()
    course = Course(tmp_path)
    course.save(CourseSettings(insight=False, keep_days=30))
    ask(Insight(tmp_path, course), "そば")
    assert insight.store.days() == []


class FailingStore(InsightFile):
    """A store whose first deletion fails."""

    deletions = 0

    def forget(self, keep_days: int) -> None:
        self.deletions += 1
        if self.deletions == 1:
            raise TenkyoError("insight.db cannot be written")
        super().forget(keep_days)


def test_a_deletion_that_failed_is_tried_again_on_the_same_day_with_the_same_salt(
    insight: Insight, tmp_path: Path
) -> None:
    insight.store = store = FailingStore(tmp_path)
    with pytest.raises(TenkyoError):
        insight.settle()
    digest = insight._digest("tab")
    for _ in range(2):
        insight.settle()
        assert store.deletions == 2, "once more, then not again on this day"
    assert insight._digest("tab") == digest, "one tab is not taken for two"


def test_groups_of_one_wording_from_several_processes_are_one_line(tmp_path: Path) -> None:
    store = InsightFile(tmp_path)
    store.put_gap(1, Gap(today().isoformat(), "館長の給料は", 5, ("a",)))
    store.put_gap(2, Gap((today() - timedelta(days=1)).isoformat(), "館長の給料は", 7, ("b",)))
    store.put_gap(3, Gap(today().isoformat(), "館長の年齢は", 6, ("c",)))
    assert [(gap.day, gap.wording, gap.count) for gap in store.gaps(10)] == [
        (today().isoformat(), "館長の給料は", 12),
        (today().isoformat(), "館長の年齢は", 6),
    ]
