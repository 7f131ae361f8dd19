"""Insight at the desk: the page, the table to take away, one click that deletes it."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from app.web.courses.course import Course, CourseSettings
from app.web.errors import BusyError
from app.web.insight.insight import Insight
from app.web.insight.store import FILE, Gap, today
from app.web.teach.insight import places_of
from retriever.types import Passage
from tests.web.fake_library import FakeLibrary
from tests.web.teach.conftest import MakeTeacher, Teacher

ASKED = "鳴砂博物館はいつ開館したか"


@pytest.fixture
def teacher(make_teacher: MakeTeacher, own_library_folder: Path) -> Teacher:
    course = Course(own_library_folder)
    course.save(CourseSettings(insight=True))
    made = make_teacher(own_library_folder, course=course, insight=Insight(own_library_folder, course))
    made.log_in()
    return made


def test_what_is_asked_shows_at_the_desk_and_is_wiped_with_one_click(teacher: Teacher) -> None:
    for _ in range(5):
        assert teacher.client.post("/api/ask", json={"question": ASKED}).status_code == 200
    teacher.get("quality", question=ASKED)  # what a teacher tries does not count
    page = teacher.get("insight", lang="en").text
    assert "Questions: 5. Without an answer in the documents: 0." in page
    assert "鳴砂博物館の記録" in page or "museum" in page
    assert "passage=" in page
    rows = list(csv.DictReader(io.StringIO(teacher.get("insight.csv").content.decode("utf-8-sig"))))
    assert [row["questions"] for row in rows if row["kind"] == "day"] == ["5"]
    assert any(row["kind"] == "cited" for row in rows)
    japanese = teacher.get("insight.csv", lang="ja").content.decode("utf-8-sig")
    assert japanese.startswith("種類,日,文書,箇所,"), "a table in the teacher's language"
    assert "\r\n引用,," in japanese
    assert teacher.post("insight/wipe").status_code == 303
    assert not (teacher.desk.index / FILE).exists()
    assert "Nothing has been asked" in teacher.get("insight", lang="en").text


def test_a_table_holds_no_formula_and_a_page_no_markup(teacher: Teacher) -> None:
    store = Insight(teacher.desk.index, Course(teacher.desk.index)).store
    store.count("sure", [], [], False)
    store.put_gap(1, Gap(today().isoformat(), '=HYPERLINK("http://evil")<script>', 9, ("gone",)))
    page = teacher.get("insight").text
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "'=HYPERLINK" in teacher.get("insight.csv").text


def test_a_server_without_counts_has_no_page(make_teacher: MakeTeacher, own_library_folder: Path) -> None:
    made = make_teacher(own_library_folder)
    made.log_in()
    assert made.get("insight").status_code == 404


class NotedLibrary(FakeLibrary):
    """Notes of which documents the passages were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def passages(self, document_id: str) -> list[Passage]:
        self.read.append(document_id)
        return super().passages(document_id)


def test_only_documents_with_passages_to_show_are_read() -> None:
    library = NotedLibrary()
    assert list(places_of(library, ["麺の本:p2", "gone:p1"])) == ["麺の本:p2"]
    assert library.read == ["麺の本"]


@pytest.mark.parametrize("page", ["documents", "insight", "references", "references/report", "quality", "settings"])
def test_pages_of_the_desk_need_none_of_the_threads_that_answer_students(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    async def busy(*_: object) -> Any:
        raise BusyError

    monkeypatch.setattr("app.web.service.service.Service.call", busy)
    assert teacher.client.post("/api/ask", json={"question": ASKED}).status_code == 503
    assert teacher.get(page).status_code == 200
