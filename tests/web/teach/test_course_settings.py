"""What a teacher sets: saved beside the index, in force at once on the chat page, the widget and the API."""

import errno
import json
import os
from pathlib import Path

import pytest

from app.answering.types import Answer
from app.web.chat.start import Contents, shell_html
from app.web.courses.course import FILE, Course, CourseSettings
from retriever.types import TenkyoError
from tests.web.conftest import MakeClient
from tests.web.refusals import reason_of
from tests.web.teach.conftest import MakeTeacher, Teacher

pytestmark = pytest.mark.slow

FORM = {
    "greeting": " 第3回の  文書に <b>質問</b> ",
    "starters": "風鈴は年に何個か\nHow many steps are there?\n\n風鈴は年に何個か",
    "languages": ["ko", "ja"],
    "keep_days": "30",
}


@pytest.fixture
def teacher(make_teacher: MakeTeacher, own_library_folder: Path) -> Teacher:
    made = make_teacher(own_library_folder, course=Course(own_library_folder))
    made.log_in()
    return made


def save(teacher: Teacher, **changed: object) -> int:
    data = {"token": teacher.token, **FORM, **changed}
    return int(teacher.client.post("/teach/settings", data=data).status_code)


def test_what_is_saved_is_in_force_at_once(teacher: Teacher) -> None:
    assert teacher.client.get("/api/study").status_code == 200
    assert save(teacher) == 303
    widget = teacher.client.get("/widget", params={"lang": "en"}, headers={"Accept-Language": "en"}).text
    assert '<html lang="ja"' in widget or '<html lang="ko"' in widget, "English is no longer offered"
    widget = teacher.client.get("/widget", params={"lang": "ja"}).text
    assert "第3回の 文書に &lt;b&gt;質問&lt;/b&gt;" in widget
    assert widget.count("風鈴は年に何個か") == 1
    assert "How many steps" not in widget
    assert "風鈴" in teacher.client.get("/widget", params={"lang": "ko"}).text, "none in Korean: all"
    assert teacher.client.get("/api/study").status_code == 404
    assert '"study":false' in teacher.client.get("/labels.js").text
    page = teacher.get("settings", saved="").text
    assert "How many steps are there?" in page
    assert page.count("checked") == 2, "two languages; nothing else is allowed"


def test_the_chat_page_greets_and_offers_what_the_teacher_chose() -> None:
    settings = CourseSettings(greeting="ようこそ", languages=("ja", "ko"))
    shell = shell_html("ja", Contents(), ["風鈴は？"], 500, course=Course(defaults=settings))
    assert "ようこそ" in shell
    assert 'value="ko"' in shell
    assert 'value="en"' not in shell


@pytest.mark.parametrize(
    "changed",
    [{"languages": []}, {"keep_days": "7"}, {"keep_days": "x"}, {"greeting": "x" * 301}, {"starters": "x" * 201}],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(teacher: Teacher, changed: dict[str, object]) -> None:
    assert save(teacher, **changed) == 422
    assert not (teacher.desk.index / FILE).exists()


def test_composed_answers_need_the_teachers_consent(make_client: MakeClient, tmp_path: Path) -> None:
    from tests.web.fake_library import FakeLibrary

    class Composing(FakeLibrary):
        composes = True

        def compose(self, *_: object, **__: object) -> Answer:
            raise AssertionError("composed")

    course = Course(tmp_path)
    course.save(CourseSettings(composed=False))
    client = make_client(Composing(), course=course)
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 200
    course.save(CourseSettings(composed=True))
    assert client.post("/api/ask", json={"question": "そば"}).status_code == 500


def test_originals_follow_the_teacher(make_client: MakeClient, tmp_path: Path) -> None:
    course = Course(tmp_path, CourseSettings(originals=True))
    client = make_client(course=course)
    assert reason_of(client.get("/original", params={"document": "tea"})) == "no_such_document"
    course.save(CourseSettings(originals=False))
    assert reason_of(client.get("/original", params={"document": "tea"})) == "not_found"


@pytest.mark.parametrize(
    "damaged", ["{", "[]", '{"study": 1}', '{"starters": [1]}', '{"languages": ["xx"]}', '{"keep_days": true}']
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, damaged: str, caplog: pytest.LogCaptureFixture) -> None:
    given = CourseSettings(originals=True)
    (tmp_path / FILE).write_text(damaged, encoding="utf-8")
    assert Course(tmp_path, given).now == given
    assert "settings of a course" in caplog.text


def test_what_a_file_does_not_set_is_as_given(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"greeting": "ようこそ", "unknown": 1}), encoding="utf-8")
    assert Course(tmp_path, CourseSettings(originals=True)).now == CourseSettings(greeting="ようこそ", originals=True)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_settings_before(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    assert save(teacher) == 303
    index = teacher.desk.index
    before = ((index / FILE).read_bytes(), sorted(index.iterdir()))
    with monkeypatch.context() as failing:
        failing.setattr(os, step, full)
        assert save(teacher, greeting="neu") == 503
    assert ((index / FILE).read_bytes(), sorted(index.iterdir())) == before, "and nothing half-written beside it"
    widget = teacher.client.get("/widget", params={"lang": "ja"}).text
    assert "第3回の" in widget
    assert "neu" not in widget
    assert save(teacher, greeting="neu") == 303
    assert "neu" in teacher.client.get("/widget", params={"lang": "ja"}).text


def test_settings_that_cannot_be_written_say_so() -> None:
    with pytest.raises(TenkyoError, match="no folder"):
        Course().save(CourseSettings())
