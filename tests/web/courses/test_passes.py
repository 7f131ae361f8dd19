"""Signed embeds: a closed course opens for a token of its course system, and for nothing else."""

import base64
import hashlib
import hmac
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from starlette.testclient import TestClient

from app.web.courses.passes import PASS_SECONDS, Door, Key, read_key
from app.web.error_page import refusal_words
from app.web.errors import RefusedError
from retriever.types import TenkyoError
from tests.web.courses.conftest import SECRET, MakeCourses
from tests.web.refusals import reason_of

ASKED = {"question": "そば"}


@pytest.fixture
def client(make_courses: MakeCourses) -> TestClient:
    return make_courses()


def token(key: Any = SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    claims = {"aud": "tenkyo", "course": "closed", "exp": int(time.time()) + 300, **changed}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


CLOSED = (
    "chat widget widget/demo documents/tea api/passage?document=tea&passage=tea:1 api/study api/tab page.webp boxes.svg"
).split()


@pytest.mark.parametrize("address", CLOSED)
def test_without_a_token_nothing_of_a_closed_course_is_shown(client: TestClient, address: str) -> None:
    response = client.get(f"/c/closed/{address}", headers={"Accept-Language": "ja"})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "course_closed" if "api/" in address else reason_of(response)
    assert "content-security-policy" in response.headers


def test_without_a_token_nothing_is_answered(client: TestClient) -> None:
    for address in ("/c/closed/api/ask", "/c/closed/widget/ask", "/c/closed/chat/gradio_api/queue/join"):
        assert client.post(address, json=ASKED).status_code == 403
    assert client.post("/c/closed/api/search", json={"query": "そば"}).status_code == 403


def test_a_token_opens_the_widget_and_all_that_it_links_to(client: TestClient) -> None:
    response = client.get("/c/closed/widget", params={"lang": "ko", "token": token(), "document": "麺の本 & <x>"})
    assert response.status_code == 303
    assert len(response.headers["x-request-id"]) == 16
    assert response.headers["cache-control"] == "no-store"
    place = response.headers["location"]
    assert place.startswith("~")
    assert "token" not in place
    page = client.get(f"/c/closed/{place}")
    assert page.status_code == 200
    assert 'lang="ko"' in page.text
    assert 'data-document="麺の本 &amp; &lt;x&gt;"' in page.text
    inside = f"/c/closed/{place.partition('/')[0]}"
    assert client.post(f"{inside}/widget/ask", json=ASKED, headers={"Accept": "text/event-stream"}).status_code == 200
    assert client.get(f"{inside}/documents/tea").status_code == 200
    assert client.get(f"{inside}/static/tokens.css").status_code == 200
    assert client.get("/c/closed/chat/", params={"token": token()}).headers["location"].startswith("../~")


def test_a_token_opens_the_page_that_shows_the_widget(client: TestClient) -> None:
    place = client.get("/c/closed/widget/demo", params={"token": token(), "lang": "en"}).headers["location"]
    assert place.startswith("../~")
    page = client.get(f"/c/closed/{place.removeprefix('../')}")
    assert page.status_code == 200
    assert "In the place of TOKEN" in page.text
    assert "In the place of TOKEN" not in client.get("/c/open/widget/demo?lang=en").text


@pytest.mark.parametrize(
    "address", ["chat", "widget", "widget/demo", "documents/tea", "~AAAA/widget", "~AAAA/widget/demo"]
)
def test_who_reads_is_refused_in_a_page_in_their_language(client: TestClient, address: str) -> None:
    page = client.get(f"/c/closed/{address}", headers={"Accept-Language": "ko"})
    assert page.status_code == 403
    assert page.headers["content-type"].startswith("text/html")
    assert "강의" in page.text
    assert ">채팅 열기<" not in page.text, "the chat is closed as well"
    assert "講座" in client.get(f"/c/closed/{address}?lang=ja").text, "the language that the address names comes first"


@pytest.mark.parametrize("address", ["api/ask", "widget/ask", "~AAAA/widget/ask"])
def test_a_program_is_refused_in_json(client: TestClient, address: str) -> None:
    assert client.post(f"/c/closed/{address}", json=ASKED).json()["error"]["code"] in ("course_closed", "embed_refused")


def test_a_pass_that_ended_is_told_inside_the_frame(make_courses: MakeCourses) -> None:
    client = make_courses(embed_origins=["https://lms.example"])
    page = client.get("/c/closed/~AAAA/widget?lang=en")
    assert page.status_code == 403
    assert "frame-ancestors 'self' https://lms.example" in page.headers["content-security-policy"]
    assert 'src="./static/refused.js"' in page.text


def test_programs_bring_their_token_with_each_request(client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    assert client.post("/c/closed/api/ask", json=ASKED, headers=headers).status_code == 200
    assert client.post("/api/ask", json={**ASKED, "course": "closed"}, headers=headers).status_code == 200


def unsigned(**claims: Any) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}."


WRONG: dict[str, tuple[Callable[[], str], str]] = {
    "expired": (lambda: token(exp=int(time.time()) - 60), "pass_expired"),
    "without an end": (lambda: token(exp=None), "pass_claim"),
    "end is no number": (lambda: token(exp=True), "pass_expired"),
    "not yet": (lambda: token(nbf=int(time.time()) + 600), "pass_early"),
    "another audience": (lambda: token(aud="other"), "pass_audience"),
    "without an audience": (lambda: token(aud=None), "pass_claim"),
    "another course": (lambda: token(course="open"), "pass_course"),
    "without a course": (lambda: token(course=None), "pass_course"),
    "another key": (lambda: token(key=b"x" * 32), "pass_signature"),
    "another algorithm": (lambda: token(key=b"x" * 64, algorithm="HS512"), "pass_algorithm"),
    "unsigned": (lambda: unsigned(aud="tenkyo", course="closed", exp=9e9), "pass_algorithm"),
    "no token": (lambda: "x.y.z", "pass_unreadable"),
    "far too long": (lambda: "x" * 2001, "pass_long"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_token_that_does_not_fit_is_refused_with_the_reason(client: TestClient, case: str) -> None:
    made, reason = WRONG[case]
    response = client.get("/c/closed/widget", params={"token": made(), "lang": "zh"})
    assert response.status_code == 403
    assert reason_of(response) == reason
    assert refusal_words("zh")["words"][reason].partition("{")[0] in response.text, "in the reader's language"
    assert (
        client.post("/c/closed/api/ask", json=ASKED, headers={"Authorization": f"Bearer {made()}"}).status_code == 403
    )


def test_a_pass_ends_with_its_token_and_fits_its_course_alone() -> None:
    now = [time.time()]
    door = Door("closed", Key("HS256", SECRET), clock=lambda: now[0])
    made = door.issue(door.check_token(token(exp=int(now[0]) + 300)))
    door.check_pass(made)
    for wrong in ("", "x", made[:-1] + ("A" if made[-1] != "A" else "B"), Door("closed", Key("HS256", SECRET)).issue()):
        with pytest.raises(RefusedError, match="load the course page again"):
            door.check_pass(wrong)
    now[0] += 400
    with pytest.raises(RefusedError, match="expired"):
        door.check_pass(made)
    assert door.check_token(token(exp=int(now[0]) + 10**9)) <= now[0] + PASS_SECONDS, "half a day at most"


def test_a_public_key_takes_no_secret_for_a_signature(tmp_path: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    key = read_key(public)
    door = Door("closed", key)
    assert door.check_token(token(key=private.read_bytes(), algorithm="RS256")) > time.time()
    header, claims = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, {"aud": "tenkyo", "course": "closed", "exp": int(time.time()) + 300})
    )
    signature = hmac.digest(public.read_bytes().strip(), f"{header}.{claims}".encode(), hashlib.sha256)
    forged = f"{header}.{claims}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    with pytest.raises(RefusedError, match="RS256"):
        door.check_token(forged)
    with pytest.raises(TenkyoError, match="private key"):
        read_key(private)


@pytest.mark.parametrize(
    "content", [b"short", b"x" * 40 + b"\ny", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
def test_a_file_that_holds_no_key_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(TenkyoError, match="openssl"):
        read_key(path)
