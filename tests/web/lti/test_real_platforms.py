"""Launches, picks, registrations and refusals in the exact shape of Moodle and Canvas."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from starlette.testclient import TestClient

from app.web.lti.platforms import LtiError, Platforms
from app.web.lti.registration import _check_issuer
from app.web.lti.routes import Lti
from app.web.teach.desk import Desk
from tests.web.conftest import MakeClient
from tests.web.lti.conftest import TOKEN, begin, launch
from tests.web.lti.learning_platform import CLAIM, Platform
from tests.web.lti.real_platforms import claims_of

PRODUCTS = ("moodle", "canvas")
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


@pytest.fixture
def client(make_client: MakeClient, folder: Path, tmp_path: Path) -> TestClient:
    return make_client(lti=Lti(folder, TOKEN), desk=Desk(tmp_path / "index"))


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("who", ["student", "teacher", "administrator"])
def test_a_launch_opens_the_widget_and_a_teachers_the_desk(
    client: TestClient, platform: Platform, folder: Path, product: str, who: str
) -> None:
    asked = begin(client, platform, lti_message_hint='{"cmid":1,"launchid":"ltilaunch1_77"}')
    response = launch(client, asked["state"], platform.token(claims_of(product, platform, asked["nonce"], who)))
    assert response.status_code == 303, response.text
    query = urlsplit(response.headers["location"]).query
    assert parse_qs(query)["lang"] == ["ja"]
    page = client.get(f"/widget?{query}")
    assert ("teach/enter" in page.text) == (who != "student")
    site = {"moodle": platform.issuer, "canvas": "https://school.instructure.example"}[product]
    assert site in page.headers["content-security-policy"].partition("frame-ancestors")[2], "where courses are shown"
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for said in ("花子", "hanako", "82c59950", "71ae3ec5", "sesskey", "国際関係論"):
        assert said.encode() not in stored
        assert json.dumps(said)[1:-1].encode() not in stored


def test_who_teaches_elsewhere_in_the_institution_is_a_student_here(client: TestClient, platform: Platform) -> None:
    asked = begin(client, platform)
    claims = claims_of("canvas", platform, asked["nonce"], "teaching student")
    response = launch(client, asked["state"], platform.token(claims))
    assert "teach/enter" not in client.get(f"/widget?{urlsplit(response.headers['location']).query}").text


@pytest.mark.parametrize("product", PRODUCTS)
def test_what_a_teacher_picks_goes_back_as_the_product_reads_it(
    client: TestClient, platform: Platform, product: str
) -> None:
    asked = begin(client, platform)
    claims = claims_of(product, platform, asked["nonce"], "teacher", picks=True)
    page = launch(client, asked["state"], platform.token(claims))
    assert page.status_code == 200, page.text
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    chosen = {"token": token, "place": "/tea", "title": "お茶", "starters": "緑茶は何度か = 何度？"}
    answered = client.post("/lti/deep-link", data=chosen)
    settings = claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]
    assert settings["deep_link_return_url"].replace("&", "&amp;") in answered.text
    answer = jwt.decode(
        answered.text.partition('name="JWT" value="')[2].partition('"')[0], options={"verify_signature": False}
    )
    assert (answer["iss"], answer["aud"]) == (platform.client_id, [platform.issuer])
    assert answer[f"{CLAIM}/deployment_id"] == platform.deployment
    assert "https://purl.imsglobal.org/spec/lti-dl/claim/data" not in answer, "none was sent: none comes back"
    (item,) = answer["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    # Moodle keeps them as lines NAME=VALUE with names in small letters
    assert item["custom"] == {"document": "tea", "starters": "緑茶は何度か = 何度？"}


def test_a_platform_that_refuses_is_quoted(client: TestClient, platform: Platform) -> None:
    asked = begin(client, platform)
    canvas = {"error": "login_required", "error_description": "Must have an active user session"}
    refused = client.post("/lti/launch", data=canvas | {"state": asked["state"]})
    assert (refused.status_code, "login_required: Must have an active user session" in refused.text) == (403, True)
    stranger = client.post("/lti/launch", data=canvas | {"error_description": "Call this number", "state": "x"})
    assert (stranger.status_code, "Call this number" in stranger.text) == (403, False), "no words of strangers"


def registered(client: TestClient, platform: Platform) -> Any:
    given = {
        "token": TOKEN,
        "openid_configuration": f"{platform.issuer}/.well-known/openid-configuration",
        "registration_token": platform.registration_token,
    }
    return client.get("/lti/register", params=given)


def test_canvas_gives_its_configuration_for_the_token_alone_and_shows_the_tool_where_it_asks_to(
    client: TestClient, folder: Path
) -> None:
    platform = Platform()
    platform.asks_for_token = True
    platform.described = {PLATFORM: {"product_family_code": "canvas", "version": "vCloud"}}
    assert registered(client, platform).status_code == 200
    messages = {one["type"]: one.get("placements") for one in platform.registered[TOOL]["messages"]}
    assert messages == {"LtiResourceLinkRequest": None, "LtiDeepLinkingRequest": ["link_selection"]}
    assert Platforms(folder).find(platform.issuer) is not None
    platform.close()


CANVAS = {
    "issuer": "https://canvas.instructure.com",
    "authorization_endpoint": "https://sso.canvaslms.com/api/lti/authorize_redirect",
    "jwks_uri": "https://sso.canvaslms.com/api/lti/security/jwks",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"jwks_uri": "https://evil.example/jwks"}, "elsewhere"),
        ({"authorization_endpoint": "https://canvaslms.com.evil.example/"}, "elsewhere"),
        ({"issuer": "https://moodle.example"}, "elsewhere"),
    ],
)
def test_the_issuer_of_all_schools_of_canvas_is_believed_with_its_own_keys_alone(
    changed: dict[str, str], said: str
) -> None:
    configuration = CANVAS | changed
    address = "https://canvas.school.example/api/lti/security/openid-configuration"
    if not said:
        _check_issuer(configuration, address)
        return
    with pytest.raises(LtiError, match=said):
        _check_issuer(configuration, address)
