"""Who may enter the desk: the password, its limits, the cookie, and forms of other pages."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from app.web.errors import RefusedError
from app.web.teach.desk import Desk
from app.web.teach.sessions import IDLE_SECONDS, MOST_SECONDS, DeskSessions, Logins
from tests.web.conftest import MakeClient
from tests.web.teach.conftest import PASSWORD

PAGES = ("documents", "references", "jobs")


@pytest.fixture
def client(make_client: MakeClient, tmp_path: Path) -> TestClient:
    return make_client(desk=Desk(tmp_path / "index", PASSWORD))


def token_of(client: TestClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/teach/documents").text)
    assert found
    return found[1]


def test_without_a_password_there_is_no_desk(make_client: MakeClient, tmp_path: Path) -> None:
    for client in (make_client(), make_client(desk=Desk(tmp_path / "index"))):
        for path in ("/teach", "/teach/login", "/teach/enter", *(f"/teach/{page}" for page in PAGES)):
            assert client.get(path).status_code == 404, path
        assert client.post("/teach/login", data={"password": ""}).status_code == 404


def test_a_stranger_is_led_to_the_login_and_changes_nothing(client: TestClient) -> None:
    assert 'type="password"' in client.get("/teach").text
    for page in PAGES:
        response = client.get(f"/teach/{page}")
        assert (response.status_code, response.headers["location"].endswith("teach/login")) == (303, True)
    assert client.post("/teach/documents/remove", data={"document": "tea"}).status_code == 303


def test_the_right_password_opens_the_desk_with_a_strict_cookie(client: TestClient) -> None:
    assert client.post("/teach/login", data={"password": "wrong"}).status_code == 403
    response = client.post("/teach/login", data={"password": PASSWORD})
    assert response.status_code == 303
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert not re.search(r"path|domain|max-age|expires", cookie, re.IGNORECASE), "for this folder and this session"
    assert "Secure" not in cookie, "http on this machine"
    page = client.get("/teach/documents")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_the_language_chosen_at_the_login_stays(client: TestClient) -> None:
    client.headers["Accept-Language"] = "en"
    form = re.search(r'action="([^"]+)"', client.get("/teach", params={"lang": "ko"}).text)
    assert form
    address = urljoin("/teach", form[1])
    wrong = client.post(address, data={"password": "wrong"})
    assert (wrong.status_code, '<html lang="ko">' in wrong.text) == (403, True)
    assert client.post(address, data={"password": PASSWORD}).status_code == 303
    assert '<html lang="ko">' in client.get("/teach/documents").text


def test_behind_https_the_cookie_is_secure(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(desk=Desk(tmp_path / "index", PASSWORD), proxies=["127.0.0.1"])
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    response = client.post("/teach/login", data={"password": PASSWORD}, headers=headers)
    assert "Secure" in response.headers["set-cookie"]


def test_guessing_is_slowed_down(client: TestClient) -> None:
    statuses = [client.post("/teach/login", data={"password": f"guess-{n}"}).status_code for n in range(12)]
    assert statuses == [403] * 10 + [429] * 2
    refused = client.post("/teach/login", data={"password": PASSWORD})
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)


@pytest.mark.parametrize("sent", ["", "another"])
def test_a_form_without_the_sessions_token_changes_nothing(client: TestClient, sent: str) -> None:
    client.post("/teach/login", data={"password": PASSWORD})
    for address in ("documents/remove", "documents/address", "references/fetch", "logout"):
        response = client.post(f"/teach/{address}", data={"token": sent, "document": "tea", "address": "https://a.b/"})
        assert response.status_code == 403, address
    uploaded = client.post("/teach/documents/upload", params={"token": sent}, files=[("files", ("a.txt", b"x"))])
    assert uploaded.status_code == 403
    assert client.get("/teach/documents").status_code == 200, "still logged in"


def test_a_form_of_another_site_is_refused(client: TestClient) -> None:
    client.post("/teach/login", data={"password": PASSWORD})
    data = {"token": token_of(client), "address": "https://example.org/"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/teach/documents/address", data=data, headers=headers).status_code == 400


def test_logging_out_ends_the_session(client: TestClient) -> None:
    client.post("/teach/login", data={"password": PASSWORD})
    cookie = client.cookies["tenkyo-teach"]
    client.post("/teach/logout", data={"token": token_of(client)})
    client.cookies.set("tenkyo-teach", cookie)
    assert client.get("/teach/documents").status_code == 303


def test_a_session_ends_when_it_is_not_used_and_in_any_case() -> None:
    now = [0.0]
    sessions = DeskSessions(PASSWORD, clock=lambda: now[0])
    cookie = sessions.begin()
    now[0] = IDLE_SECONDS - 1
    assert sessions.find(cookie)
    now[0] += IDLE_SECONDS + 1
    assert sessions.find(cookie) is None
    cookie, began = sessions.begin(), now[0]
    while now[0] - began < MOST_SECONDS:
        assert sessions.find(cookie)
        now[0] += IDLE_SECONDS - 1
    assert sessions.find(cookie) is None


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko"])
def test_the_login_speaks_the_readers_language(client: TestClient, language: str) -> None:
    page = client.get("/teach", headers={"Accept-Language": language}).text
    assert f'<html lang="{ {"zh": "zh-Hans"}.get(language, language) }"' in page


def test_attempts_at_all_desks_of_a_server_count_together() -> None:
    logins = Logins()
    desks = [DeskSessions(PASSWORD, logins=logins, clock=lambda: 1.0) for _ in range(2)]
    for number in range(10):
        assert desks[number % 2].log_in("wrong", "a") is None
    for desk in desks:
        with pytest.raises(RefusedError, match="too many attempts"):
            desk.log_in(PASSWORD, "a")
        assert desk.log_in(PASSWORD, "b")
