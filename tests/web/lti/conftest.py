"""A platform, a server at which it is registered, and launches."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from app.web.lti.platforms import Platforms
from app.web.lti.routes import Lti
from tests.web.conftest import MakeClient
from tests.web.lti.learning_platform import CLAIM, Platform

BASE = "http://localhost/"
TOKEN = "a-token-of-the-teacher"  # noqa: S105


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    made = Platform()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path, platform: Platform) -> Path:
    """The folder of a server at which the platform is registered."""
    platforms = Platforms(tmp_path)
    platforms.put(platform.registration())
    return tmp_path


@pytest.fixture
def client(make_client: MakeClient, folder: Path) -> TestClient:
    """A client of that server."""
    return make_client(lti=Lti(folder, TOKEN))


def begin(client: TestClient, platform: Platform, **more: str) -> dict[str, str]:
    """What the platform is asked after a login."""
    response = client.get("/lti/login", params=platform.login(f"{BASE}lti/launch", **more))
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def launch(client: TestClient, state: str, token: str) -> Any:
    return client.post(
        "/lti/launch", data={"state": state, "id_token": token}, headers={"Origin": "https://lms.example"}
    )


def launched(client: TestClient, platform: Platform, role: str, **custom: str) -> Any:
    """What a launch is answered with."""
    asked = begin(client, platform)
    claims = platform.claims(asked["nonce"], role, more={f"{CLAIM}/custom": custom})
    return launch(client, asked["state"], platform.token(claims))


def launched_widget(client: TestClient, platform: Platform, role: str, **custom: str) -> str:
    """The page of the widget that a launch leads to."""
    response = launched(client, platform, role, **custom)
    assert response.status_code == 303, response.text
    address = urljoin("/lti/", response.headers["location"])
    page = client.get(address)
    assert page.status_code == 200
    return page.text
