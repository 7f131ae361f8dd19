"""A course whose index cannot be opened stops none of the others, and is served again once it is mended."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.commands.serve import served
from app.settings import read_settings
from app.web.server.course_files import CourseConfig
from app.web.server.courses import Courses
from retriever.index.snapshots import POINTER
from tests.web.conftest import client_of, wait_until

ASKED = {"question": "鳴砂博物館はいつ開館したか"}


@dataclass
class Served:
    """The server of two courses, `sound` and `damaged`, what their indexes are, and whether it was told to end."""

    client: TestClient
    app: Courses
    damaged: Path
    ended: list[str]


@pytest.fixture
def server(library_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr("app.web.server.courses._RETRY_SECONDS", 0.1)
    for name in ("sound", "damaged"):
        shutil.copytree(library_folder, tmp_path / name)
    (tmp_path / "damaged" / POINTER).write_text("no such snapshot", encoding="utf-8")
    courses = [CourseConfig(name, tmp_path / name) for name in ("damaged", "sound")]
    app = served(read_settings({}, {}), courses)
    assert isinstance(app, Courses)
    ended: list[str] = []
    app.on_failure(lambda: ended.append("all failed"))
    for course in app._apps.values():
        course.service.start()
    wait_until(lambda: app._apps["sound"].service.ready and app._apps["damaged"].failure is not None, seconds=60)
    yield Served(client_of(app), app, tmp_path / "damaged", ended)
    for course in app._apps.values():
        course.service.close()


def messages(caplog: Any) -> list[str]:
    """What was logged since the server was set up."""
    return [record.getMessage() for when in ("setup", "call") for record in caplog.get_records(when)]


def test_one_damaged_index_stops_no_other_course(server: Served, library_folder: Path, caplog: Any) -> None:
    assert server.client.post("/c/sound/api/ask", json=ASKED).status_code == 200
    for address in ("/c/damaged/readyz", "/readyz"):  # it is the first course, so it is at the root, too
        refused = server.client.get(address)
        assert refused.status_code == 503
        assert "the documents of this course cannot be opened" in refused.json()["error"]["message"]
        assert str(server.damaged) not in refused.text
    page = server.client.get("/c/damaged/chat", headers={"Accept-Language": "en"})
    assert (page.status_code, str(server.damaged) in page.text) == (503, False)
    assert server.client.post("/c/damaged/api/ask", json=ASKED).status_code == 503
    assert (server.ended, server.app.failure) == ([], None)
    lines = [line for line in messages(caplog) if "answers nothing" in line]
    assert len(lines) == 1, "told once, not at each attempt"
    assert "'damaged'" in lines[0]
    shutil.copyfile(library_folder / POINTER, server.damaged / POINTER)
    wait_until(lambda: server.client.get("/c/damaged/readyz").status_code == 200, seconds=30)
    assert "1987" in server.client.post("/c/damaged/api/ask", json=ASKED).json()["text"]
    assert any("is open again" in line for line in messages(caplog))


def test_a_server_whose_courses_are_all_damaged_ends(tmp_path: Path) -> None:
    app = served(read_settings({}, {}), [CourseConfig(name, tmp_path / name) for name in ("a", "b")])
    assert isinstance(app, Courses)
    ended: list[str] = []
    app.on_failure(lambda: ended.append("all failed"))
    for course in app._apps.values():
        course.service.start()
    wait_until(lambda: ended != [])
    assert app.failure is not None
    for course in app._apps.values():
        course.service.close()
