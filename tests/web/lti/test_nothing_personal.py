"""After a class has asked through a learning platform, no stored file, log or counter tells who asked."""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.library import Library
from app.web.courses.course import Course, CourseSettings
from app.web.guard.clients import Proxies, Tabs, parse_proxies
from app.web.insight.insight import Insight
from app.web.insight.store import FILE as COUNTS
from app.web.lti.platforms import Platforms
from app.web.lti.routes import Lti
from app.web.routes.feedback import FILE as THUMBS
from app.web.serving.log import calm_log
from app.web.teach.desk import Desk
from tests.web.conftest import MakeClient
from tests.web.lti.conftest import begin, launch
from tests.web.lti.learning_platform import CLAIM, Platform
from tests.web.teach.conftest import PASSWORD, Teacher
from tests.web.teach.test_documents import GLASS

pytestmark = pytest.mark.slow

STUDENTS, EACH = 10, 20
QUESTIONS = ("そばはどこで広まったか", "ラーメンの軒数は", "館長の給料はいくらですか", "How hot is the water for tea?")
REAL = ("鳴砂博物館はいつ開館したか", "鳴砂博物館の初代館長は誰か", "館長の給料はいくらですか", "風鈴は年に何個か")


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform()
    yield made
    made.close()


def test_two_hundred_questions_leave_nothing_of_a_person(
    make_client: MakeClient,
    platform: Platform,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG, "tenkyo.web")
    with calm_log("json"):
        secrets, counters = _a_class_asks(make_client, platform, tmp_path / "index", EACH, QUESTIONS)
    requests = capsys.readouterr().err
    assert requests.count('"route": "/widget/ask"') == STUDENTS * (EACH + 1), "each request has its line"
    assert '"exception"' in requests, "what fails is logged, too"
    assert 'tenkyo_http_requests_total{method="POST",route="/widget/ask"' in counters

    names = assert_nowhere(
        secrets, tmp_path, **{"the log": caplog.text, "the log in JSON": requests, "/metrics": counters}
    )
    assert {COUNTS, THUMBS, "course.json", "platforms.json", "nonces.db"} <= names


def test_questions_to_a_real_index_leave_nothing_of_a_person_in_it_nor_beside_it(
    make_client: MakeClient, platform: Platform, own_library_folder: Path
) -> None:
    library = Library.open(own_library_folder)
    secrets, counters = _a_class_asks(make_client, platform, own_library_folder, len(REAL), REAL, library)
    names = assert_nowhere(secrets, own_library_folder.parent, **{"/metrics": counters})
    assert {COUNTS, THUMBS, "course.json", "jobs.json", "platforms.json", "nonces.db", "硝子.txt"} <= names
    beside = {path.name for path in own_library_folder.parent.iterdir()}
    assert {"own-index", "own-index.lti", "own-index.uploads"} <= beside


def assert_nowhere(secrets: Iterable[str], folder: Path, **told: str) -> set[str]:
    """No file below the folder, and nothing that was told, holds a secret; returns the names of the files."""
    stored = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path, content in (stored | {Path(name): text.encode() for name, text in told.items()}).items():
        for secret in secrets:
            for form in (secret.encode(), secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode()):
                assert form not in content, f"{path.name} holds {secret!r}"
            assert secret not in path.name
    return {path.name for path in stored}


def _a_class_asks(
    make_client: MakeClient,
    platform: Platform,
    index: Path,
    each: int,
    questions: Sequence[str],
    library: Library | None = None,
) -> tuple[set[str], str]:
    """Has a class launch and ask, `each` so many questions; returns what nobody may find, and what /metrics says.

    Without a library, the fake one answers.
    """
    course, lti = Course(index), index.with_name(f"{index.name}.lti")
    course.save(CourseSettings(insight=True))
    Platforms(lti).put(platform.registration())
    tabs, desk = Tabs(), Desk(index, PASSWORD)
    client = make_client(
        library,
        lti=Lti(lti),
        desk=desk,
        course=course,
        insight=Insight(index, course),
        feedback=index,
        proxies=["127.0.0.1"],
        tabs=tabs,
    )
    secrets = {PASSWORD}
    for number in range(STUDENTS):
        address = f"198.51.100.{number + 1}"
        person = {"sub": f"subject-{number}-7f3a", "name": f"学生{number}号の名", "email": f"s{number}@mail.example"}
        secrets |= {address, *person.values()}
        asked = begin(client, platform)
        token = platform.token(platform.claims(asked["nonce"], more={**person, f"{CLAIM}/custom": {}}))
        secrets |= {token, token.rpartition(".")[2], asked["state"]}
        page = client.get(f"/widget?{urlsplit(launch(client, asked['state'], token).headers['location']).query}")
        tab = page.text.partition('data-tab="')[2].partition('"')[0]
        secrets |= {tab, tabs.key(tab) or "?"}
        headers = {"X-Tenkyo-Tab": tab, "X-Forwarded-For": address, "Cookie": f"course=cookie-{number}-91c2"}
        secrets.add(f"cookie-{number}-91c2")
        forged = token[: token.rindex(".") + 1] + "AAAA"
        assert launch(client, begin(client, platform)["state"], forged).status_code == 403
        failing = {"question": f"{person['name']}です。壊れた"}  # the fake library breaks
        assert client.post("/widget/ask", json=failing, headers=headers).status_code == 200
        for turn in range(each):
            # who is shy introduces themselves: the words are theirs alone
            question = f"{person['name']}です。{questions[2]}" if turn == 0 else questions[turn % len(questions)]
            body = {"question": question}
            assert client.post("/widget/ask", json=body, headers=headers).status_code == 200
        thumb = {"rating": "down", "question": questions[0], "documents": []}
        assert client.post("/api/feedback", json=thumb, headers=headers).status_code == 200
    teacher = Teacher(client, desk)
    teacher.log_in()
    secrets |= {client.cookies["tenkyo-teach"], teacher.token}
    if library:
        teacher.upload("documents/upload", ("硝子.txt", GLASS))
        assert teacher.job()["state"] == "done"
    assert "館長の給料" in client.get("/teach/insight").text, "what ten people asked is shown"
    return secrets, client.get("/metrics").text


def test_a_proxys_address_is_believed_in_this_test() -> None:
    """The addresses above are those that limits count: else their absence would say nothing."""
    scope = {"client": ("127.0.0.1", 1), "scheme": "http", "headers": [(b"x-forwarded-for", b"198.51.100.1")]}
    assert Proxies(parse_proxies(["127.0.0.1"])).resolve(scope)["client"][0] == "198.51.100.1"
