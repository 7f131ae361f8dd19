"""Hostile claims, parameters and answers of a platform inject nothing."""

from pathlib import Path

from starlette.testclient import TestClient

from app.web.lti.platforms import Platforms
from tests.web.lti.conftest import BASE, begin, launch
from tests.web.lti.learning_platform import CLAIM, Platform


def test_hostile_claims_of_a_platform_inject_nothing(client: TestClient, platform: Platform, folder: Path) -> None:
    hostile = "\"'></script><script>alert(1)</script>"
    asked = begin(client, platform)
    more = {
        f"{CLAIM}/custom": {"document": hostile, "starters": f"{hostile}|{hostile}", hostile: hostile},
        f"{CLAIM}/launch_presentation": {
            "locale": hostile,
            "return_url": f"https://lms.example{hostile}; script-src *",
        },
        "name": hostile,
    }
    response = launch(client, asked["state"], platform.token(platform.claims(asked["nonce"], more=more)))
    assert response.status_code == 303
    address = response.headers["location"]
    assert set(address) & set("<>'\" ") == set()
    page = client.get(f"/lti/{address}" if not address.startswith("../") else f"/{address.removeprefix('../')}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text, "shown as a question to begin with"
    policy = page.headers["content-security-policy"]
    assert "script-src *" not in policy
    assert "lms.example" not in policy
    assert not any("script" in origin for origin in Platforms(folder).origins())


def test_hostile_answers_of_a_platform_inject_nothing(client: TestClient, platform: Platform) -> None:
    hostile = "<script>alert(1)</script>"
    for response in (
        launch(client, hostile, hostile),
        client.post("/lti/launch", data={"error": hostile, "state": hostile}),
        client.get("/lti/login", params={"iss": hostile, "login_hint": hostile, "client_id": hostile}),
        client.get("/lti/login", params=platform.login(f"{BASE}lti/launch", lti_storage_target=f'"{hostile}')),
    ):
        assert response.status_code in (200, 403)
        assert hostile not in response.text
