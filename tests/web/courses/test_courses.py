"""Several courses in one server: each with its own index, name, questions, sites and limits."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.commands.serve import served
from app.settings import read_settings
from app.web.courses.course import Course, CourseSettings
from app.web.errors import RefusedError
from app.web.guard.rates import Rates
from app.web.server.course_files import read_courses
from app.web.server.courses import Courses
from app.web.server.server import AppOptions, WebApp, create_app
from app.web.service.service import AnswerSource
from retriever.types import TenkyoError
from tests.web.conftest import client_of, wait_until
from tests.web.courses.conftest import SECRET, MakeCourses
from tests.web.fake_library import FakeLibrary

ASKED = {"question": "そば"}


@pytest.fixture
def client(make_courses: MakeCourses) -> TestClient:
    return make_courses()


def test_each_course_answers_from_its_own_index(client: TestClient) -> None:
    assert client.get("/c/open/readyz").json()["generation"] == "of-open"
    assert client.get("/c/closed/readyz").json()["generation"] == "of-closed"
    assert client.get("/readyz").json()["generation"] == "of-open", "the first is at the root"
    assert client.post("/c/open/api/ask", json=ASKED).status_code == 200


def test_pages_of_a_course_link_below_it(client: TestClient) -> None:
    page = client.get("/c/open/widget", params={"lang": "ja"})
    assert "講座 open" in page.text
    assert 'data-course="open"' in page.text
    assert 'href="/' not in page.text
    assert client.get("/c/open/static/tokens.css").status_code == 200
    assert client.get("/c/open/documents/tea").status_code == 200
    for address, leads_to in (("/c/open", "open/chat"), ("/c/open/", "chat")):
        response = client.get(address)
        assert (response.status_code, response.headers["location"]) == (307, leads_to)
        assert len(response.headers["x-request-id"]) == 16


@pytest.mark.parametrize("address", ["/c/none/chat", "/c/none", "/c//chat", "/c/OPEN/widget"])
def test_an_unknown_course_is_not_found(client: TestClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "content-security-policy" in response.headers


def test_the_api_takes_the_name_of_a_course(client: TestClient) -> None:
    assert client.post("/api/ask", json={**ASKED, "course": "open"}).status_code == 200
    assert client.post("/api/search", json={"query": "そば", "course": "open"}).status_code == 200
    unknown = client.post("/api/ask", json={**ASKED, "course": "none"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "no_such_course")
    assert client.post("/api/ask", json={**ASKED, "course": 7}).status_code == 422
    refused = client.post("/api/ask", json={**ASKED, "course": "closed"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "course_closed")
    assert client.post("/api/ask", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert client.post("/api/ask", content=b" " * 70000).status_code == 413


def test_each_course_has_limits_and_sites_of_its_own(make_courses: MakeCourses) -> None:
    client = make_courses(
        {
            "open": {"rates": Rates("2/minute", "2/minute", "9/minute"), "embed_origins": ["https://a.example"]},
            "closed": {"embed_origins": ["https://b.example"]},
        }
    )
    statuses = [client.post("/c/open/api/ask", json=ASKED).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert client.post("/api/ask", json={**ASKED, "course": "open"}).status_code == 429, "by name, too"
    policies = [client.get(f"/c/{name}/widget").headers["content-security-policy"] for name in ("open", "closed")]
    assert ["a.example" in policy for policy in policies] == [True, False]
    assert ["b.example" in policy for policy in policies] == [False, True]


def test_a_tab_is_known_in_every_course(client: TestClient) -> None:
    tab = client.get("/api/tab").json()["tab"]
    headers = {"X-Tenkyo-Tab": tab, "Origin": "https://proxied.example"}
    assert client.post("/c/open/api/ask", json=ASKED, headers=headers).status_code == 200


def test_courses_lie_below_the_path_of_a_proxy(make_courses: MakeCourses) -> None:
    client = make_courses(root_path="/tenkyo")
    assert client.get("/tenkyo/c/open/readyz").json()["generation"] == "of-open"
    assert client.get("/tenkyo").headers["location"] == "tenkyo/chat"
    assert client.get("/c/open/readyz").status_code == 200, "a proxy may take its path away"


def test_teachers_set_each_course_apart(make_courses: MakeCourses, tmp_path: Path) -> None:
    course = Course(tmp_path, name="open")
    course.save(CourseSettings(greeting="ようこそ", languages=("ja",)))
    client = make_courses({"open": {"course": course}})
    assert "ようこそ" in client.get("/c/open/widget").text
    assert "ようこそ" not in client.get("/c/closed/widget").text


TOML = """
[law]
index = "indexes/law"
title = "憲法入門"
starters = ["第9条は何を定めるか"]
origins = ["https://lms.example.ac.jp"]
rate = "5/minute"
key_file = "law.key"
audience = "https://tenkyo.example.ac.jp"

[bio-2]
index = "/srv/bio"
"""


def test_courses_come_from_flags_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "law.key").write_bytes(SECRET + b"\n")
    file = tmp_path / "courses.toml"
    file.write_text(TOML, encoding="utf-8")
    first, law, bio = read_courses(["art=/srv/art"], str(file))
    assert (first.name, first.index) == ("art", Path("/srv/art"))
    assert (law.index, law.title, law.origins) == (tmp_path / "indexes/law", "憲法入門", ("https://lms.example.ac.jp",))
    assert law.door is not None
    assert law.door.audience == "https://tenkyo.example.ac.jp"
    assert (bio.name, bio.origins, bio.door) == ("bio-2", None, None)


def test_starters_and_rate_of_the_file_hold_in_the_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "courses.toml"
    table = '[{name}]\nindex = "{name}"\nstarters = ["{starter}"]\nrate = "{rate}/minute"\n'
    law = table.format(name="law", starter="第9条は何を定めるか", rate=2)
    file.write_text(law + table.format(name="bio", starter="細胞とは何か", rate=9), encoding="utf-8")
    monkeypatch.setattr("app.commands.open_to_ask", lambda _settings, _composer: FakeLibrary())
    courses = served(read_settings({}, {}), read_courses([], str(file)))
    assert isinstance(courses, Courses)
    for app in courses._apps.values():
        app.service.start()
    wait_until(lambda: all(app.service.ready for app in courses._apps.values()))
    client = client_of(courses)
    try:
        pages = [client.get(f"/c/{name}/widget", params={"lang": "ja"}).text for name in ("law", "bio")]
        assert ["第9条は何を定めるか" in page for page in pages] == [True, False]
        assert ["細胞とは何か" in page for page in pages] == [False, True]
        headers = {"X-Tenkyo-Tab": client.get("/c/law/api/tab").json()["tab"]}
        for name, taken in (("law", 2), ("bio", 3)):
            address = f"/c/{name}/widget/ask"
            statuses = [client.post(address, json=ASKED, headers=headers).status_code for _ in range(3)]
            assert statuses == [200] * taken + [429] * (3 - taken)
    finally:
        for app in courses._apps.values():
            app.service.close()


@pytest.mark.parametrize(
    ("flags", "text", "said"),
    [
        (["law"], "", "NAME=INDEX"),
        (["Law=/x"], "", "small letters"),
        (["a/b=/x"], "", "small letters"),
        (["a=/x", "a=/y"], "", "twice"),
        ([], "law = 1", "no index"),
        ([], "[law]\nindex = 1", "no index"),
        ([], "[law]\nindex = '/x'\ncolour = 'red'", "'colour' is not a setting"),
        ([], "[law]\nindex = '/x'\nstarters = 'one'", "starters"),
        ([], "[law]\nindex = '/x'\norigins = ['lms.example']", "does not fit"),
        ([], "[law]\nindex = '/x'\nrate = 'often'", "rate limit"),
        ([], "[law]\nindex = '/x'\nlti = ['lms.example']", "issuer#client_id#deployment"),
        ([], "[law]\nindex = '/x'\nlti = ['https://lms.example#']", "issuer#client_id#deployment"),
        ([], "[law]\nindex = '/x'\nkey_file = 'none.key'", "cannot be read"),
        ([], "[law", "TOML"),
    ],
)
def test_what_is_no_course_says_why(tmp_path: Path, flags: list[str], text: str, said: str) -> None:
    file = tmp_path / "courses.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TenkyoError, match=said):
        read_courses(flags, str(file) if text else "")


def test_the_index_that_the_settings_name_is_at_the_root(tmp_path: Path) -> None:
    courses = read_courses(["art=/srv/art"], "")
    alone = served(read_settings({}, {"TENKYO_INDEX": str(tmp_path)}), [])
    assert isinstance(alone, WebApp)
    several = served(read_settings({}, {"TENKYO_INDEX": str(tmp_path)}), courses)
    assert isinstance(several, Courses)
    assert list(several._apps) == ["", "art"]
    assert list(served(read_settings({}, {}), courses)._apps) == ["art"]  # type: ignore[attr-defined]


def test_the_courses_of_a_server_share_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Callable[[], AnswerSource], AppOptions]] = []
    opened: list[object] = []

    def make(open_library: Callable[[], AnswerSource], options: AppOptions) -> WebApp:
        made.append((open_library, options))
        return create_app(open_library, options)

    monkeypatch.setattr("app.web.server.server.create_app", make)
    monkeypatch.setattr("app.commands.open_to_ask", lambda _settings, composer: opened.append(composer))
    model = {"TENKYO_LLM_URL": "http://127.0.0.1:9/v1", "TENKYO_LLM_MODEL": "m", "TENKYO_RATE_SERVER": "1/minute"}
    served(read_settings({}, model), read_courses([f"art={tmp_path / 'art'}", f"law={tmp_path / 'law'}"], ""))
    for open_library, _ in made:
        open_library()
    assert opened[0] is opened[1] is not None
    art, law = (options.rates for _, options in made)
    art.count_question("a", None)
    with pytest.raises(RefusedError):
        law.count_question("b", None)
    first, second = (options.desk.sessions for _, options in made if options.desk)
    assert first._logins is second._logins


def test_a_body_that_says_something_twice_is_refused_where_it_names_a_course_too(client: TestClient) -> None:
    body = '{"course": "open", "question": "そば", "question": "緑茶"}'.encode()
    response = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
