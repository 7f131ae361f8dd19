"""Documents at the desk: added, replaced, removed; the service answers from the new index without a restart."""

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.web.teach.desk import Crawling
from app.web.teach.forms import safe_name
from app.web.teach.jobs import JobProgress, Jobs
from corpus.bundle import build_bundle_index
from tests.ingest.made_pdfs import essay
from tests.retriever.letters import NoProgress
from tests.web.conftest import wait_until
from tests.web.teach.conftest import MakeTeacher, Teacher

pytestmark = pytest.mark.slow

GLASS = "硝子工房の記録\n\n霧原町の硝子工房は1931年に開かれ、青い風鈴を年に八千個作っている。\n".encode()


def answer(teacher: Teacher, question: str) -> str:
    response = teacher.client.post("/api/ask", json={"question": question})
    assert response.status_code == 200, response.text
    return str(response.json()["text"])


def test_an_uploaded_file_is_answered_from_without_a_restart(teacher: Teacher) -> None:
    assert "八千個" not in answer(teacher, "青い風鈴は年に何個作られているか")
    response = teacher.upload("documents/upload", ("硝子.txt", GLASS), ("empty.txt", b""))
    assert response.status_code == 303
    job = teacher.job()
    assert job["state"] == "done", job
    states = {result["name"]: (result["state"], result["reason"]) for result in job["results"]}
    assert states == {"硝子.txt": ("added", ""), "empty.txt": ("skipped", "empty")}
    assert "八千個" in answer(teacher, "青い風鈴は年に何個作られているか")
    page = teacher.get("documents", lang="en").text
    assert "The file is empty" in page
    assert str(teacher.desk.index.parent) not in page, "no path of the server"
    teacher.upload("documents/upload", ("硝子.txt", GLASS.replace("八千".encode(), "九千".encode())))
    assert teacher.job()["results"][0]["state"] == "updated"
    assert "九千個" in answer(teacher, "青い風鈴は年に何個作られているか")


def test_a_file_that_is_there_by_another_name_is_said_to_be_there(teacher: Teacher) -> None:
    teacher.upload("documents/upload", ("硝子.txt", GLASS))
    assert teacher.job()["results"][0]["state"] == "added"
    teacher.upload("documents/upload", ("copy.txt", GLASS))
    assert teacher.job()["results"][0]["reason"] == "duplicate"
    tasks = teacher.get("documents", lang="en").text
    assert '<span class="state">there already</span>' in tasks
    assert "not read" not in tasks.lower()


def test_one_page_and_one_passage_are_counted_as_one_in_every_language(teacher: Teacher, tmp_path: Path) -> None:
    pdf = essay(tmp_path / "p.pdf", pages=1).read_bytes()
    words = {
        "ja": ("1ページ ·", "1段落"),
        "en": ("1 page ·", "1 passage<"),
        "zh": ("1 页 ·", "1 个段落"),
        "ko": ("1쪽 ·", "1개 단락"),
    }
    teacher.upload("documents/upload", ("p.pdf", pdf))
    assert teacher.job()["results"][0]["detail"].startswith("1 page, ")
    for language, counts in words.items():
        page = teacher.get("documents", lang=language).text
        assert all(count in page for count in counts)


def test_no_question_fails_while_documents_come_and_go(teacher: Teacher) -> None:
    failed: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            response = teacher.client.post("/api/ask", json={"question": "鳴砂博物館はいつ開館したか"})
            if response.status_code != 200 or "1987" not in response.json()["text"]:
                failed.append(response.text)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for number in range(3):
            teacher.upload("documents/upload", (f"{number}.txt", GLASS + str(number).encode()))
            assert teacher.job()["state"] == "done"
    finally:
        ended.set()
        asking.join()
    assert failed == []


def test_a_document_is_removed_with_its_uploaded_file(teacher: Teacher) -> None:
    teacher.upload("documents/upload", ("硝子.txt", GLASS))
    teacher.job()
    assert [path.name for path in teacher.desk.uploads.iterdir()] == ["硝子.txt"]
    assert teacher.post("documents/remove", document="硝子.txt").status_code == 303
    assert teacher.job()["results"] == [
        {"state": "removed", "name": "硝子.txt", "detail": "", "reason": "", "values": {}}
    ]
    assert list(teacher.desk.uploads.iterdir()) == []
    assert "八千個" not in answer(teacher, "青い風鈴は年に何個作られているか")
    assert teacher.post("documents/remove", document="硝子.txt").status_code == 404


def test_all_documents_can_be_removed_and_others_added(teacher: Teacher) -> None:
    for record in listed(teacher):
        teacher.post("documents/remove", document=record)
        assert teacher.job()["state"] == "done"
    assert teacher.get("documents").status_code == 200
    assert teacher.client.post("/api/ask", json={"question": "何がありますか"}).status_code == 200
    teacher.upload("documents/upload", ("硝子.txt", GLASS))
    assert teacher.job()["state"] == "done"
    assert "八千個" in answer(teacher, "青い風鈴は年に何個作られているか")


def listed(teacher: Teacher) -> list[str]:
    return re.findall(r'name="document" value="([^"]+)"', teacher.get("documents").text)


@pytest.mark.parametrize(
    ("name", "status"), [("virus.exe", 422), ("noending", 422), ("../../etc/passwd.txt", 303), ("a\x00b.txt", 303)]
)
def test_only_known_types_are_taken_and_names_lead_nowhere(teacher: Teacher, name: str, status: int) -> None:
    before = set(teacher.desk.index.parent.rglob("*.txt"))
    assert teacher.upload("documents/upload", (name, GLASS)).status_code == status
    if status == 303:
        teacher.job()
    made = set(teacher.desk.index.parent.rglob("*.txt")) - before
    assert all(path.parent == teacher.desk.uploads.resolve() for path in made)


def test_an_upload_that_is_too_large_is_refused(teacher: Teacher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.teach.forms.MOST_BYTES", 2000)
    response = teacher.upload("documents/upload", ("big.txt", b"x" * 5000))
    assert response.status_code == 413
    assert teacher.desk.jobs.all() == []


def test_the_page_says_that_the_bundled_paper_goes_and_what_else_is_fetched(
    make_teacher: MakeTeacher, tmp_path: Path, teacher: Teacher
) -> None:
    warning = "The first document that you add takes its place"
    assert warning not in teacher.get("documents", lang="en").text, "documents of the teacher's own"
    build_bundle_index(tmp_path / "bundle", encoder_name=None, progress=NoProgress())
    bundled = make_teacher(tmp_path / "bundle")
    bundled.log_in()
    assert warning in bundled.get("documents", lang="en").text
    assert "may also fetch from" not in bundled.get("documents", lang="en").text
    bundled.desk.crawling = Crawling(frozenset({"intra.example:8080"}))
    assert "may also fetch from: intra.example:8080" in bundled.get("documents", lang="en").text
    bundled.upload("documents/upload", ("硝子.txt", GLASS))
    assert bundled.job()["state"] == "done"
    page = bundled.get("documents", lang="en").text
    assert warning not in page
    assert "1 passage<" in page


@pytest.mark.parametrize("address", ["", "/etc/passwd", "file:///etc/passwd", "museum.txt", "https://a.b/\nx"])
def test_only_web_addresses_are_fetched(teacher: Teacher, address: str) -> None:
    assert teacher.post("documents/address", address=address).status_code == 422
    assert teacher.desk.jobs.all() == []


@pytest.fixture
def site() -> Iterator[str]:
    """A page on loopback, which the fetcher refuses unless it is allowed."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(GLASS)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_is_fetched_by_the_safe_fetcher(teacher: Teacher, site: str) -> None:
    teacher.post("documents/address", address=f"http://{site}/glass.txt")
    job = teacher.job()
    assert [result["state"] for result in job["results"]] == ["skipped"], "an address of this machine"
    teacher.desk.crawling = Crawling(frozenset({site}))
    teacher.post("documents/address", address=f"http://{site}/glass.txt")
    assert [result["state"] for result in teacher.job()["results"]] == ["added"]
    assert "八千個" in answer(teacher, "青い風鈴は年に何個作られているか")


def test_a_task_is_shown_after_a_reload_and_said_to_be_interrupted_after_a_restart(
    make_teacher: MakeTeacher, own_library_folder: Path
) -> None:
    teacher = make_teacher(own_library_folder)
    teacher.log_in()
    holding, begun = threading.Event(), threading.Event()

    def work(_job: object, progress: object) -> list[object]:
        progress.start("reading", 4, "files")  # type: ignore[attr-defined]
        progress.advance(3)  # type: ignore[attr-defined]
        begun.set()
        holding.wait(10)
        return []

    teacher.desk.jobs.add("upload", "long.pdf", work)  # type: ignore[arg-type]
    assert begun.wait(10)
    for _ in range(2):
        page = teacher.get("documents").text
        assert 'value="3" max="4"' in page
    assert teacher.client.get("/teach/jobs", params={"page": "references"}).json()["running"] is True, "on every page"
    teacher.desk.jobs._save()
    again = Jobs(teacher.desk.folder).all()[0]
    assert (again["state"], again["done"]) == ("interrupted", 3)
    holding.set()
    wait_until(lambda: teacher.desk.jobs.all()[0]["state"] == "done")


def test_a_task_can_be_stopped_and_the_index_is_unchanged(teacher: Teacher) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_job: object, progress: object) -> list[object]:
        progress.start("reading", 2, "files")  # type: ignore[attr-defined]
        begun.set()
        go_on.wait(10)
        progress.advance(1)  # type: ignore[attr-defined]
        raise AssertionError("not stopped")

    teacher.desk.jobs.add("upload", "long.pdf", slow)  # type: ignore[arg-type]
    assert begun.wait(10)
    teacher.post("jobs/stop", job=teacher.desk.jobs.all()[0]["id"])
    go_on.set()
    assert teacher.job()["state"] == "stopped"
    teacher.post("jobs/stop", clear="1")
    assert teacher.desk.jobs.all() == []


def test_what_a_stopped_upload_has_prepared_is_never_put_in_force(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.runs.batches._DOCUMENTS", 1)  # each file is a batch
    begun, go_on = threading.Event(), threading.Event()
    batches: list[str] = []
    start = JobProgress.start

    def held(self: JobProgress, label: str, total: int, unit: str) -> None:
        batches.append(label)
        if batches.count("encoding") == 2 and label == "encoding":  # the first is staged by now
            begun.set()
            go_on.wait(30)
        start(self, label, total, unit)

    monkeypatch.setattr(JobProgress, "start", held)
    files = [("1.txt", GLASS), ("2.txt", GLASS + b"2")]
    teacher.upload("documents/upload", *files)
    assert begun.wait(30)
    assert (teacher.desk.index / "STAGED").exists()
    teacher.post("jobs/stop", job=teacher.desk.jobs.all()[0]["id"])
    go_on.set()
    assert teacher.job()["state"] == "stopped"
    assert not (teacher.desk.index / "STAGED").exists()
    teacher.upload("documents/upload", *((name, b"") for name, _ in files))  # the same names, nothing to be read
    assert [result["state"] for result in teacher.job()["results"]] == ["skipped", "skipped"]
    assert not {"1.txt", "2.txt"} & set(listed(teacher))
    assert list(teacher.desk.uploads.glob("*.txt")) == []


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("C:\\docs\\論文.pdf", "論文.pdf"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("a<b>:c?.md", "a-b--c-.md"),
        ("x" * 300 + ".pdf", "x" * 176 + ".pdf"),
    ],
)
def test_names_are_made_safe(given: str, made: str) -> None:
    assert safe_name(given) == made
