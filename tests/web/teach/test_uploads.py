"""Uploaded files: none harms the one of its name before it is accepted, and none is left behind."""

import os
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.web.teach.desk import Desk
from app.web.teach.forms import Received
from app.web.teach.jobs import Job, JobProgress, Jobs, Result
from app.web.teach.uploads import set_aside
from ingest.pipeline import ingest
from tests.retriever.letters import NoProgress
from tests.web.conftest import wait_until
from tests.web.refusals import reason_of
from tests.web.teach.conftest import Teacher
from tests.web.teach.test_documents import GLASS


def files_of(teacher: Teacher) -> dict[str, bytes]:
    return {
        path.relative_to(teacher.desk.uploads).as_posix(): path.read_bytes()
        for path in teacher.desk.uploads.rglob("*")
        if path.is_file()
    }


def test_a_file_that_cannot_be_read_does_not_replace_the_one_of_its_name(teacher: Teacher) -> None:
    teacher.upload("documents/upload", ("硝子.txt", GLASS))
    assert teacher.job()["results"][0]["state"] == "added"
    teacher.upload("documents/upload", ("硝子.txt", b""), ("空.txt", b""))
    assert [result["reason"] for result in teacher.job()["results"]] == ["empty", "empty"]
    assert files_of(teacher) == {"硝子.txt": GLASS}
    assert [path.name for path in teacher.desk.uploads.iterdir()] == ["硝子.txt"]


def test_a_file_whose_task_waits_is_stopped_or_refused_replaces_nothing(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher.upload("documents/upload", ("硝子.txt", GLASS))
    teacher.job()
    holding, jobs = threading.Event(), teacher.desk.jobs

    def hold(_job: Job, _progress: JobProgress) -> list[Result]:
        holding.wait(10)
        return []

    first = jobs.add("fetch", "", hold)
    teacher.upload("documents/upload", ("硝子.txt", b"another"))
    (waiting,) = [job["id"] for job in jobs.all() if job["kind"] == "upload" and job["state"] == "waiting"]
    assert files_of(teacher)["硝子.txt"] == GLASS
    jobs.stop(waiting)
    monkeypatch.setattr("app.web.teach.jobs._MOST_WAITING", 2)
    assert teacher.upload("documents/upload", ("硝子.txt", b"a third")).status_code == 503
    holding.set()
    wait_until(lambda: {job["state"] for job in jobs.all() if job["id"] in (first, waiting)} == {"done", "stopped"})
    assert files_of(teacher) == {"硝子.txt": GLASS}
    assert [path.name for path in teacher.desk.uploads.iterdir()] == ["硝子.txt"]


def test_a_file_for_a_work_that_cannot_be_read_is_not_kept(teacher: Teacher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.teach.references.references", lambda _folder: [])
    monkeypatch.setattr("app.web.teach.references.chosen", lambda _works, _key: SimpleNamespace(number=3))
    assert teacher.upload("references/attach", ("本.txt", b""), work="x").status_code == 303
    assert teacher.job()["state"] == "failed"
    assert files_of(teacher) == {}


def test_where_no_file_can_be_kept_the_teacher_is_told_so(
    teacher: Teacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "a-file"
    in_the_way.write_bytes(b"")
    uploads = teacher.desk.uploads
    teacher.desk.uploads = in_the_way / "uploads"
    refused = teacher.upload("documents/upload", ("硝子.txt", GLASS))
    assert (refused.status_code, reason_of(refused)) == (503, "files_not_kept")
    teacher.desk.uploads = uploads
    monkeypatch.setattr(tempfile, "tempdir", str(in_the_way))
    assert teacher.upload("documents/upload", ("硝子.txt", GLASS)).status_code == 503
    assert str(tmp_path) not in refused.text, "no path of the server"


def test_of_several_files_those_that_fit_are_taken_and_the_others_named(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.teach.forms.MOST_FILE_BYTES", 1000)
    sent = (("写真.png", b"x"), ("硝子.txt", GLASS), ("大きい.txt", b"x" * 1001))
    assert teacher.upload("documents/upload", *sent).status_code == 303
    job = teacher.job()
    assert [(result["name"], result["state"], result["reason"]) for result in job["results"]] == [
        ("写真.png", "skipped", "unknown-type"),
        ("大きい.txt", "skipped", "too-large"),
        ("硝子.txt", "added", ""),
    ]
    page = teacher.get("documents", lang="en").text
    assert '<span class="state">in part</span>' in page
    assert teacher.upload("documents/upload", ("写真.png", b"x")).status_code == 422, "none fits"


@pytest.mark.parametrize("in_index", [False, True], ids=["before the index is written", "after it"])
def test_a_process_that_is_killed_leaves_the_files_of_the_index_in_place(teacher: Teacher, in_index: bool) -> None:
    teacher.upload("documents/upload", ("硝子.txt", GLASS))
    teacher.job()
    uploads = teacher.desk.uploads
    with tempfile.TemporaryDirectory() as folder:
        files = [Received(name, Path(folder) / name) for name in ("硝子.txt", "新しい.txt")]
        for file in files:
            file.path.write_bytes(GLASS + file.name.encode())
        killed = set_aside([(file, file.name) for file in files], uploads)
    # what the process has done until it is killed
    (killed.aside / ".before").mkdir()
    (uploads / "硝子.txt").replace(killed.aside / ".before" / "硝子.txt")
    for name in killed.names:
        (killed.aside / name).replace(uploads / name)
    if in_index:
        ingest(teacher.desk.index, [str(path) for path in killed.paths], progress=NoProgress())
    Desk(teacher.desk.index)
    assert files_of(teacher) == (
        {name: GLASS + name.encode() for name in killed.names} if in_index else {"硝子.txt": GLASS}
    )
    assert not killed.aside.exists()


def test_a_task_under_way_is_not_taken_back_by_a_server_that_starts(teacher: Teacher, tmp_path: Path) -> None:
    file = Received("硝子.txt", tmp_path / "硝子.txt")
    file.path.write_bytes(GLASS)
    upload = set_aside([(file, file.name)], teacher.desk.uploads)
    with upload.placed() as accepted:
        Desk(teacher.desk.index)
        assert files_of(teacher)["硝子.txt"] == GLASS
        accepted.update(upload.paths)
    upload.drop()
    assert files_of(teacher) == {"硝子.txt": GLASS}


def test_letters_that_no_file_takes_end_no_tasks(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    for title in ("a\ud800b", "after"):
        jobs.add("upload", title, lambda _job, _progress: [Result("added", "x\udfff")])
    wait_until(lambda: [job["state"] for job in jobs.all()] == ["done", "done"])
    wait_until(lambda: len(Jobs(tmp_path).all()) == 2)


def test_a_fault_in_writing_the_tasks_ends_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("a fault")

    jobs = Jobs(tmp_path)
    monkeypatch.setattr("app.web.teach.jobs.write_json", fail)
    for title in ("first", "after"):
        jobs.add("upload", title, lambda _job, _progress: [])
    wait_until(lambda: [job["state"] for job in jobs.all()] == ["done", "done"])


def test_what_a_crash_left_is_deleted_at_a_start_a_day_later(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "index")
    aside = desk.uploads / ".0123456789ab"
    for folder in (aside, desk.question_files):
        folder.mkdir(parents=True)
    kept, question_file = desk.uploads / "kept.txt", desk.question_files / "0123-q.jsonl"
    for path in (aside / "left.txt", kept, question_file):
        path.write_text("text", encoding="utf-8")
    Desk(tmp_path / "index")
    assert aside.exists(), "another process may still need it"
    assert question_file.exists()
    for path in (aside, kept, question_file):
        os.utime(path, (0, 0))
    Desk(tmp_path / "index")
    assert (aside.exists(), question_file.exists(), kept.exists()) == (False, False, True)
