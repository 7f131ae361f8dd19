"""LTI 1.3 launches against a platform of our own: what is taken, and what is refused and why."""

import html
import json
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from pylti1p3.dynamic_registration import generate_key_pair
from starlette.testclient import TestClient

from app.cli import main
from app.web.error_page import refusal_words
from app.web.lti.platforms import Platform as Registered
from app.web.lti.platforms import Platforms, UsedNonces
from app.web.lti.routes import Lti
from app.web.teach.desk import Desk
from tests.web.conftest import MakeClient
from tests.web.lti.conftest import BASE, TOKEN, begin, launch
from tests.web.lti.learning_platform import CLAIM, Platform
from tests.web.refusals import reason_of


def test_a_login_asks_the_platform_as_the_security_framework_says(client: TestClient, platform: Platform) -> None:
    asked = begin(client, platform, lti_message_hint="hint & more")
    assert asked["scope"] == "openid"
    assert (asked["response_type"], asked["response_mode"], asked["prompt"]) == ("id_token", "form_post", "none")
    assert asked["redirect_uri"].endswith("/lti/launch")
    assert asked["lti_message_hint"] == "hint & more"
    assert len(asked["nonce"]) >= 32
    assert begin(client, platform)["nonce"] != asked["nonce"]


def test_a_student_who_launches_gets_the_widget_in_the_language_of_the_course(
    client: TestClient, platform: Platform
) -> None:
    asked = begin(client, platform)
    custom = {"document": "麺の本", "starters": "そばはいつ広まったか|緑茶は何度か"}
    response = launch(
        client, asked["state"], platform.token(platform.claims(asked["nonce"], more={f"{CLAIM}/custom": custom}))
    )
    assert response.status_code == 303
    assert "set-cookie" not in response.headers
    address = urlsplit(response.headers["location"])
    assert parse_qs(address.query)["lang"] == ["ja"]
    page = client.get(f"/widget?{address.query}")
    assert page.status_code == 200
    assert 'data-document="麺の本"' in page.text
    assert "緑茶は何度か" in page.text
    assert platform.issuer in page.headers["content-security-policy"].partition("frame-ancestors")[2]


def test_one_person_has_one_limit_however_often_they_open_it(client: TestClient, platform: Platform) -> None:
    tabs = []
    for sub in ("a", "a", "b"):
        asked = begin(client, platform)
        response = launch(client, asked["state"], platform.token(platform.claims(asked["nonce"], more={"sub": sub})))
        page = client.get(f"/widget?{urlsplit(response.headers['location']).query}")
        tabs.append(page.text.partition('data-tab="')[2].partition('"')[0])
    assert tabs[0] == tabs[1] != tabs[2]
    assert client.post("/api/ask", json={"question": "そば"}, headers={"X-Tenkyo-Tab": tabs[0]}).status_code == 200


Change = Callable[[Platform, dict[str, Any]], str]
_OTHER = generate_key_pair(2048)[0]


def _unsigned(platform: Platform, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": platform.kid})


def _signed_with_the_public_key(platform: Platform, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": platform.kid})


WRONG: dict[str, tuple[Change, str]] = {
    "bad signature": (lambda platform, claims: platform.token(claims, private=_OTHER), "token_signature"),
    "no signature": (_unsigned, "token_algorithm"),
    "symmetric signature": (_signed_with_the_public_key, "token_algorithm"),
    "unknown key": (lambda platform, claims: platform.token(claims, kid="another"), "token_key"),
    "wrong audience": (lambda platform, claims: platform.token(claims | {"aud": "another-tool"}), "platform_unknown"),
    "two audiences": (
        lambda platform, claims: platform.token(claims | {"aud": [platform.client_id, "other"], "azp": "other"}),
        "platform_unknown",
    ),
    "several audiences and no party": (
        lambda platform, claims: platform.token(claims | {"aud": [platform.client_id, "other"]}),
        "token_party",
    ),
    "another party": (lambda platform, claims: platform.token(claims | {"azp": "other"}), "token_party"),
    "no audience": (lambda platform, claims: platform.token(claims | {"aud": []}), "platform_unknown"),
    "expired": (lambda platform, claims: platform.token(claims | {"exp": int(time.time()) - 90}), "token_expired"),
    "of tomorrow": (lambda platform, claims: platform.token(claims | {"iat": int(time.time()) + 86400}), "token_early"),
    "for another server": (
        lambda platform, claims: platform.token(claims | {f"{CLAIM}/target_link_uri": "https://other.example/launch"}),
        "token_target",
    ),
    "never ends": (lambda platform, claims: platform.token(_without(claims, "exp")), "token_claims"),
    "unknown deployment": (
        lambda platform, claims: platform.token(claims | {f"{CLAIM}/deployment_id": "another"}),
        "deployment_unknown_student",
    ),
    "no deployment": (
        lambda platform, claims: platform.token(_without(claims, f"{CLAIM}/deployment_id")),
        "token_claims",
    ),
    "another nonce": (lambda platform, claims: platform.token(claims | {"nonce": "another"}), "token_used"),
    "no nonce": (lambda platform, claims: platform.token(_without(claims, "nonce")), "token_used"),
    "unknown platform": (
        lambda platform, claims: platform.token(claims | {"iss": "https://other.example"}),
        "platform_unknown",
    ),
    "another message": (
        lambda platform, claims: platform.token(claims | {f"{CLAIM}/message_type": "LtiOther"}),
        "token_message",
    ),
    "no token": (lambda _platform, _claims: "x.y", "token_unreadable"),
    "claims of another shape": (
        lambda platform, claims: platform.token(claims | {f"{CLAIM}/roles": 7}),
        "token_message",
    ),
}


RIGHT: dict[str, Change] = {
    "a list of one": lambda platform, claims: platform.token(claims | {"aud": [platform.client_id]}),
    "we are the party of several": lambda platform, claims: platform.token(
        claims | {"aud": ["other", platform.client_id], "azp": platform.client_id}
    ),
    "a clock that is ahead": lambda platform, claims: platform.token(claims | {"iat": int(time.time()) + 30}),
    "a clock that is behind": lambda platform, claims: platform.token(
        claims | {"iat": int(time.time()) - 90, "exp": int(time.time()) - 30}
    ),
    "no target": lambda platform, claims: platform.token(_without(claims, f"{CLAIM}/target_link_uri")),
}


@pytest.mark.parametrize("case", sorted(RIGHT))
def test_what_the_specifications_allow_is_taken(client: TestClient, platform: Platform, case: str) -> None:
    asked = begin(client, platform)
    token = RIGHT[case](platform, platform.claims(asked["nonce"]))
    assert launch(client, asked["state"], token).status_code == 303


def _without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_not_a_launch_is_refused_with_a_page_that_says_why(
    client: TestClient, platform: Platform, case: str
) -> None:
    change, reason = WRONG[case]
    asked = begin(client, platform)
    client.headers["Accept-Language"] = "ko"
    response = launch(client, asked["state"], change(platform, platform.claims(asked["nonce"])))
    assert response.status_code == 403
    assert reason_of(response) == reason
    assert response.text.startswith("<!doctype html>")
    assert refusal_words("ko")["words"][reason].partition("{")[0] in response.text, "in the reader's language"


def test_a_teacher_is_told_how_a_second_deployment_is_registered_and_it_launches_then(
    client: TestClient, platform: Platform, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = folder / "index"

    def launched_from(deployment: str) -> Any:
        asked = begin(client, platform)
        claims = platform.claims(asked["nonce"], "teacher", {f"{CLAIM}/deployment_id": deployment})
        return launch(client, asked["state"], platform.token(claims))

    refused = launched_from("2:a&b")
    assert reason_of(refused) == "deployment_unknown"
    found = re.search(r"<pre[^>]*>(tenkyo lti add [^<]*)</pre>", refused.text)
    assert found
    command = shlex.split(html.unescape(found[1]).replace("\\\n", ""))
    index.with_name("index.lti").symlink_to(folder, target_is_directory=True)
    assert main([*command[1:], "--index", str(index)]) == 0
    assert "added 2:a&b" in capsys.readouterr().err
    assert launched_from("2:a&b").status_code == 303
    assert launched_from(platform.deployment).status_code == 303, "the first one stays"
    assert launched_from("3").status_code == 403


def test_a_launch_that_is_sent_again_is_refused(client: TestClient, platform: Platform) -> None:
    asked = begin(client, platform)
    token = platform.token(platform.claims(asked["nonce"]))
    assert launch(client, asked["state"], token).status_code == 303
    again = launch(client, asked["state"], token)
    assert (again.status_code, reason_of(again)) == (403, "token_used")


@pytest.mark.parametrize("state", ["", "state-x", "state-eyJhbGciOiJub25lIn0.eyJub25jZSI6IngifQ."])
def test_a_state_that_is_not_ours_is_refused(client: TestClient, platform: Platform, state: str) -> None:
    asked = begin(client, platform)
    response = launch(client, state, platform.token(platform.claims(asked["nonce"])))
    assert (response.status_code, reason_of(response)) == (403, "step_foreign")


def test_a_token_for_another_purpose_is_no_launch(client: TestClient, platform: Platform) -> None:
    asked = begin(client, platform)
    response = client.get("/widget", params={"launch": asked["state"].removeprefix("state-")})
    assert response.status_code == 403


@pytest.mark.parametrize("missing", ["iss", "login_hint"])
def test_a_login_that_lacks_something_is_refused(client: TestClient, platform: Platform, missing: str) -> None:
    given = platform.login(f"{BASE}lti/launch")
    del given[missing]
    assert client.get("/lti/login", params=given).status_code == 403
    unknown = platform.login(f"{BASE}lti/launch") | {"iss": "https://other.example"}
    assert reason_of(client.get("/lti/login", params=unknown)) == "platform_unknown"


def test_the_first_deployment_of_a_platform_that_named_none_is_taken_on(
    client: TestClient, platform: Platform, folder: Path
) -> None:
    platforms = Platforms(folder)
    known = platforms.all()[0]
    platforms.put(Registered(known.issuer, known.client_id, known.auth_url, known.jwks_url))
    for deployment, status in (("first", 303), ("second", 403)):
        asked = begin(client, platform)
        claims = platform.claims(asked["nonce"], more={f"{CLAIM}/deployment_id": deployment})
        assert launch(client, asked["state"], platform.token(claims)).status_code == status
    assert platforms.all()[0].deployments == ("first",)
    assert platforms.all()[0].origins == (platform.issuer,)


def test_a_teacher_picks_and_the_platform_can_read_the_answer(client: TestClient, platform: Platform) -> None:
    asked = begin(client, platform)
    page = launch(client, asked["state"], platform.token(platform.claims(asked["nonce"], "teacher+pick")))
    assert page.status_code == 200
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    chosen = {"token": token, "place": "/麺の本", "title": "麺", "starters": "そばは？\n\n緑茶は？"}
    response = client.post("/lti/deep-link", data=chosen)
    assert response.status_code == 200
    assert f'action="{platform.issuer}/deep-link-return"' in response.text
    answer = response.text.partition('name="JWT" value="')[2].partition('"')[0]
    key = next(
        key for key in client.get("/lti/jwks").json()["keys"] if key["kid"] == jwt.get_unverified_header(answer)["kid"]
    )
    claims = jwt.decode(answer, jwt.PyJWK(key).key, algorithms=["RS256"], audience=platform.issuer)
    assert claims["iss"] == platform.client_id
    assert claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "what the platform wants back"
    (item,) = claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    assert item["type"] == "ltiResourceLink"
    assert item["custom"] == {"document": "麺の本", "starters": "そばは？|緑茶は？"}
    assert client.post("/lti/deep-link", data=chosen | {"place": "other/麺の本"}).status_code == 403
    forged = client.post("/lti/deep-link", data=chosen | {"token": token[:-4] + "AAAA"})
    assert forged.status_code == 403


def test_a_student_picks_nothing(client: TestClient, platform: Platform) -> None:
    asked = begin(client, platform)
    response = launch(client, asked["state"], platform.token(platform.claims(asked["nonce"], "student+pick")))
    assert response.status_code == 403


def test_a_link_registers_the_platform_and_the_tool(client: TestClient, platform: Platform, folder: Path) -> None:
    Platforms(folder).remove(platform.issuer)
    given = {
        "token": TOKEN,
        "openid_configuration": f"{platform.issuer}/.well-known/openid-configuration",
        "registration_token": platform.registration_token,
    }
    assert client.get("/lti/register", params=given | {"token": "guessed"}).status_code == 404
    response = client.get("/lti/register", params=given)
    assert response.status_code == 200, response.text
    assert platform.issuer in response.text
    assert platform.registered["initiate_login_uri"].endswith("/lti/login")
    asked = begin(client, platform)
    assert launch(client, asked["state"], platform.token(platform.claims(asked["nonce"]))).status_code == 303


def test_a_configuration_that_lies_elsewhere_than_its_issuer_registers_nothing(
    client: TestClient, platform: Platform
) -> None:
    elsewhere = platform.issuer.replace("localhost", "127.0.0.1")
    given = {"token": TOKEN, "openid_configuration": f"{elsewhere}/.well-known/openid-configuration"}
    response = client.get("/lti/register", params=given)
    assert (response.status_code, reason_of(response)) == (403, "registration_elsewhere")
    private = client.get("/lti/register", params=given | {"openid_configuration": "http://10.0.0.1/x"})
    assert (private.status_code, reason_of(private)) == (403, "address_insecure")


def test_nothing_of_a_person_is_written(client: TestClient, platform: Platform, folder: Path) -> None:
    for _ in range(5):
        asked = begin(client, platform)
        launch(client, asked["state"], platform.token(platform.claims(asked["nonce"])))
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for said in ("person-student", "山田", "花子", "hanako", "course-9", "日米関係"):
        assert said.encode() not in stored
        assert json.dumps(said)[1:-1].encode() not in stored


@pytest.mark.parametrize("damaged", ["{", '{"platforms": [{"issuer": 7}]}', '{"platforms": 7}'])
def test_a_damaged_file_of_platforms_fails_launches_and_no_page(
    client: TestClient, platform: Platform, folder: Path, damaged: str
) -> None:
    asked = begin(client, platform)
    token = platform.token(platform.claims(asked["nonce"]))
    (folder / "platforms.json").write_text(damaged, encoding="utf-8")
    for address in ("/widget", "/documents/tea", "/chat"):
        assert client.get(address).status_code in (200, 503), address
    refused = launch(client, asked["state"], token)
    assert (refused.status_code, reason_of(refused)) == (403, "store_damaged")
    assert str(folder) not in refused.text, "no folder of the server"


@pytest.mark.parametrize("site", [7, "https://lms.example; script-src *", "https://lms.example/path"])
def test_a_site_that_is_no_origin_reaches_no_policy(client: TestClient, folder: Path, site: object) -> None:
    stored = json.loads((folder / "platforms.json").read_text(encoding="utf-8"))
    stored["platforms"][0]["origins"] = [site]
    (folder / "platforms.json").write_text(json.dumps(stored), encoding="utf-8")
    page = client.get("/widget")
    assert page.status_code == 200
    assert str(site) not in page.headers["content-security-policy"].partition("frame-ancestors")[2]


def test_keys_rotate_and_the_old_ones_stay_published(client: TestClient, folder: Path) -> None:
    before = [key["kid"] for key in client.get("/lti/jwks").json()["keys"]]
    made = Platforms(folder).rotate()
    published = client.get("/lti/jwks").json()["keys"]
    assert [key["kid"] for key in published] == [made, *before]
    assert not any({"d", "p", "q"} & set(key) for key in published), "public halves only"
    assert (folder / "keys.json").stat().st_mode & 0o077 == 0


def test_a_nonce_is_used_once_by_all_processes_and_forgotten_in_time(tmp_path: Path) -> None:
    assert UsedNonces(tmp_path).use("a")
    assert not UsedNonces(tmp_path).use("a")
    time.sleep(0.05)
    assert UsedNonces(tmp_path, seconds=0.01).use("a")


def test_without_platforms_there_is_no_lti(make_client: MakeClient) -> None:
    assert make_client().get("/lti/jwks").status_code == 404


def test_who_asks_for_keys_where_nothing_can_launch_makes_none(make_client: MakeClient, tmp_path: Path) -> None:
    folder = tmp_path / "lti"
    assert make_client(lti=Lti(folder)).get("/lti/jwks").status_code == 404
    assert not folder.exists()
    assert make_client(lti=Lti(folder, TOKEN)).get("/lti/jwks").status_code == 200


def test_a_strangers_token_makes_no_keys(make_client: MakeClient, tmp_path: Path) -> None:
    folder = tmp_path / "lti"
    client = make_client(lti=Lti(folder, TOKEN), desk=Desk(tmp_path / "index"))
    assert launch(client, "state-made.up.token", "made.up.token").status_code == 403
    assert client.get("/widget", params={"launch": "made.up.token"}).status_code == 403
    assert client.post("/lti/deep-link", data={"token": "made.up.token"}).status_code == 403
    assert client.post("/teach/enter", data={"ticket": "made.up.token"}).status_code == 403
    assert not folder.exists()


def test_a_platform_is_asked_for_its_keys_once_a_minute_however_many_launches_fail(
    client: TestClient, platform: Platform
) -> None:
    asked_before = platform.keys_asked
    for _ in range(3):
        asked = begin(client, platform)
        token = platform.token(platform.claims(asked["nonce"]), kid="unknown")
        assert launch(client, asked["state"], token).status_code == 403
    assert platform.keys_asked == asked_before + 1
