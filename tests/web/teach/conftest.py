"""A desk over a real index, and a teacher who has logged in."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.library import Library
from app.web.server.server import AppOptions, WebApp, create_app
from app.web.teach.desk import Desk
from tests.web.conftest import HOST, unlimited, wait_until

PASSWORD = "a-long-password"  # noqa: S105


class Teacher:
    """A client that has logged in; `post` sends the token of the desk's forms."""

    def __init__(self, client: TestClient, desk: Desk) -> None:
        self.client, self.desk = client, desk
        self.token = ""

    def log_in(self) -> None:
        response = self.client.post("/teach/login", data={"password": PASSWORD})
        assert response.status_code == 303, response.text
        found = re.search(r'name="token" value="([^"]+)"', self.client.get("/teach/documents").text)
        assert found
        self.token = found[1]

    def get(self, page: str, **query: str) -> Any:
        return self.client.get(f"/teach/{page}", params=query)

    def post(self, page: str, **fields: str) -> Any:
        return self.client.post(f"/teach/{page}", data={"token": self.token, **fields})

    def upload(self, page: str, *files: tuple[str, bytes], **query: str) -> Any:
        sent = [("files", (name, content)) for name, content in files]
        return self.client.post(f"/teach/{page}", params={"token": self.token, **query}, files=sent)

    def job(self, seconds: float = 60.0) -> dict[str, Any]:
        """The newest task, once it has ended."""
        wait_until(lambda: self.desk.jobs.all()[0]["state"] not in ("waiting", "running"), seconds=seconds)
        return self.desk.jobs.all()[0]


MakeTeacher = Callable[..., Teacher]


@pytest.fixture
def make_teacher() -> Iterator[MakeTeacher]:
    """Opens a server over an index, which drafts no questions to begin with: somebody is always said to ask."""
    apps: list[WebApp] = []

    def make(folder: Path, password: str = PASSWORD, **settings: Any) -> Teacher:
        desk = Desk(folder, password)
        options = AppOptions(desk=desk, rates=unlimited(), is_busy=lambda: True, **settings)
        app = create_app(lambda: Library.open(folder), options)
        apps.append(app)
        app.service.start()
        wait_until(lambda: app.service.ready, seconds=30)
        client = TestClient(
            app, base_url=HOST, client=("127.0.0.1", 50000), raise_server_exceptions=False, follow_redirects=False
        )
        return Teacher(client, desk)

    yield make
    for app in apps:
        app.service.close()
    # a thread that is inside compiled code when Python ends would abort it
    wait_until(lambda: "tenkyo-starters" not in {thread.name for thread in threading.enumerate()}, seconds=30)


@pytest.fixture
def teacher(make_teacher: MakeTeacher, own_library_folder: Path) -> Teacher:
    """A teacher at a desk over the invented documents, in an index of this test's own."""
    made = make_teacher(own_library_folder)
    made.log_in()
    return made
