"""What a launch leaves behind: the desk that it opens, an asker that lasts a day, and keys that rotate."""

import html
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

import jwt
import pytest

from app.web.error_page import refusal_words
from app.web.lti import routes
from app.web.lti.platforms import Platforms
from app.web.lti.routes import Lti
from app.web.teach.desk import Desk
from tests.web.conftest import MakeClient
from tests.web.lti.conftest import TOKEN, launched_widget
from tests.web.lti.learning_platform import Platform
from tests.web.refusals import reason_of


def test_a_teachers_launch_opens_the_desk_without_a_password_once(
    make_client: MakeClient, folder: Path, platform: Platform, tmp_path: Path
) -> None:
    client = make_client(lti=Lti(folder, TOKEN), desk=Desk(tmp_path / "index"))
    assert client.get("/teach").status_code == 404
    assert "teach/enter" not in launched_widget(client, platform, "student")
    page = launched_widget(client, platform, "teacher")
    ticket = page.partition("teach/enter?ticket=")[2].partition("&amp;")[0]
    assert ticket
    shown = client.get("/teach/enter", params={"ticket": ticket})
    assert "set-cookie" not in shown.headers, "a link alone logs nobody in"
    entered = client.post("/teach/enter", data={"ticket": ticket})
    assert (entered.status_code, "samesite=strict" in entered.headers["set-cookie"].lower()) == (303, True)
    assert client.get("/teach/documents").status_code == 200
    for again in (
        client.get("/teach/enter", params={"ticket": ticket}),
        client.post("/teach/enter", data={"ticket": ticket}),
    ):
        led = (again.status_code, again.headers["location"].endswith("teach/documents"))
        assert led == (303, True), "the open desk, as often as the link is pressed"
    client.cookies.clear()
    refused = client.post("/teach/enter", params={"lang": "ko"}, data={"ticket": ticket})
    assert refusal_words("ko")["words"]["ticket_used"] in refused.text
    again = client.post("/teach/enter", data={"ticket": ticket})
    assert (again.status_code, reason_of(again)) == (403, "ticket_used")
    assert client.get("/teach/documents").status_code == 404
    forged = client.post("/teach/enter", data={"ticket": ticket[:-4] + "AAAA"})
    assert forged.status_code == 403


def test_the_desk_of_a_launch_speaks_the_language_of_the_platform(
    make_client: MakeClient, folder: Path, platform: Platform, tmp_path: Path
) -> None:
    client = make_client(lti=Lti(folder, TOKEN), desk=Desk(tmp_path / "index"))
    client.headers["Accept-Language"] = "en"
    page = launched_widget(client, platform, "teacher")  # in Japanese
    link = html.unescape(page.partition('class="desk" href="')[2].partition('"')[0])
    shown = client.get(f"/{link.removeprefix('./')}").text
    assert '<html lang="ja">' in shown
    form = html.unescape(shown.partition('action="')[2].partition('"')[0])
    client.post(urljoin("/teach/enter", form), data={"ticket": link.partition("ticket=")[2].partition("&")[0]})
    assert '<html lang="ja">' in client.get("/teach/documents").text


class Clock:
    """`datetime` for the module under test, on a day that the test sets."""

    day = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)

    @classmethod
    def now(cls, _: object) -> datetime:
        return cls.day


def test_the_salt_that_hides_who_asks_is_another_one_each_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "datetime", Clock)
    lti = Lti(tmp_path)
    today = lti.asker("hanako")
    assert lti.asker("hanako") == today, "limits count for the day"
    assert lti.asker("taro") != today
    monkeypatch.setattr(Clock, "day", Clock.day + timedelta(minutes=2))
    assert lti.asker("hanako") != today
    monkeypatch.setattr(Clock, "day", Clock.day - timedelta(minutes=2))
    assert lti.asker("hanako") != today, "a salt is thrown away for good"


def test_after_a_rotation_messages_are_signed_with_the_new_key(folder: Path, platform: Platform) -> None:
    def key_of_an_answer() -> str:
        request = {
            "issuer": platform.issuer,
            "client_id": platform.client_id,
            "deployment": platform.deployment,
            "settings": {"deep_link_return_url": f"{platform.issuer}/deep-link-return"},
        }
        signed = routes._answer_of(Lti(folder).launches, request, "Tenkyo", {}, "http://localhost/lti/launch")[1]
        ours = Platforms(folder).keys()
        public = {key["kid"]: key["public"] for key in ours}
        kid = str(jwt.get_unverified_header(signed)["kid"])
        jwt.decode(signed, public[kid], algorithms=["RS256"], options={"verify_aud": False})
        return kid

    before = key_of_an_answer()
    made = Platforms(folder).rotate()
    assert key_of_an_answer() == made != before
