"""After a class has asked through a learning platform, no stored file, log or counter tells who asked."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

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

STUDENTS, EACH = 10, 20
PASSWORD = "a-long-password"  # noqa: S105
QUESTIONS = ("そばはどこで広まったか", "ラーメンの軒数は", "館長の給料はいくらですか", "How hot is the water for tea?")


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
        secrets, counters = _a_class_asks(make_client, platform, tmp_path)
    requests = capsys.readouterr().err
    assert requests.count('"route": "/widget/ask"') == STUDENTS * (EACH + 1), "each request has its line"
    assert '"exception"' in requests, "what fails is logged, too"
    assert 'tenkyo_http_requests_total{method="POST",route="/widget/ask"' in counters

    stored = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {COUNTS, THUMBS, "course.json", "platforms.json", "nonces.db"} <= {path.name for path in stored}
    told = {Path("the log"): caplog.text, Path("the log in JSON"): requests, Path("/metrics"): counters}
    for path, content in (stored | {path: text.encode() for path, text in told.items()}).items():
        for secret in secrets:
            for form in (secret.encode(), secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode()):
                assert form not in content, f"{path.name} holds {secret!r}"


def _a_class_asks(make_client: MakeClient, platform: Platform, tmp_path: Path) -> tuple[set[str], str]:
    """Has a class launch and ask; returns what nobody may find, and what /metrics says."""
    course = Course(tmp_path)
    course.save(CourseSettings(insight=True))
    Platforms(tmp_path / "lti").put(platform.registration())
    tabs = Tabs()
    client = make_client(
        lti=Lti(tmp_path / "lti"),
        desk=Desk(tmp_path, PASSWORD),
        course=course,
        insight=Insight(tmp_path, course),
        feedback=tmp_path,
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
        failing = {"question": f"{person['name']}です。壊れた"}
        assert client.post("/widget/ask", json=failing, headers=headers).status_code == 200
        for turn in range(EACH):
            # who is shy introduces themselves: the words are theirs alone
            question = f"{person['name']}です。{QUESTIONS[2]}" if turn == 0 else QUESTIONS[turn % len(QUESTIONS)]
            body = {"question": question}
            assert client.post("/widget/ask", json=body, headers=headers).status_code == 200
        thumb = {"rating": "down", "question": QUESTIONS[0], "documents": ["tea"]}
        assert client.post("/api/feedback", json=thumb, headers=headers).status_code == 200
    client.post("/teach/login", data={"password": PASSWORD})
    secrets.add(client.cookies["tenkyo-teach"])
    assert "館長の給料" in client.get("/teach/insight").text, "what ten people asked is shown"
    return secrets, client.get("/metrics").text


def test_a_proxys_address_is_believed_in_this_test() -> None:
    """The addresses above are those that limits count: else their absence would say nothing."""
    scope = {"client": ("127.0.0.1", 1), "scheme": "http", "headers": [(b"x-forwarded-for", b"198.51.100.1")]}
    assert Proxies(parse_proxies(["127.0.0.1"])).resolve(scope)["client"][0] == "198.51.100.1"
