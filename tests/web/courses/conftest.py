"""Two courses in one server over fake libraries, one of them closed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.web.courses.course import Course, CourseSettings
from app.web.courses.passes import Door, Key
from app.web.guard.clients import Tabs
from app.web.server.courses import Courses
from app.web.server.server import AppOptions, create_app
from app.web.service.metrics import Metrics
from tests.web.conftest import client_of, unlimited, wait_until
from tests.web.fake_library import FakeLibrary

SECRET = b"0123456789abcdef0123456789abcdef"
MakeCourses = Callable[..., TestClient]


class Named(FakeLibrary):
    """A library that knows its course."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.snapshot_name = name, f"of-{name}"

    def titles(self) -> dict[str, str]:
        return {**super().titles(), f"only-{self.name}": f"講義 {self.name}"}


@pytest.fixture
def make_courses() -> Iterator[MakeCourses]:
    """Builds a server of the courses `open` and `closed`; the latter takes tokens that SECRET signs."""
    made: list[Any] = []

    def make(settings: dict[str, dict[str, Any]] | None = None, root_path: str = "", **shared: Any) -> TestClient:
        metrics, tabs = Metrics(), Tabs()
        doors: dict[str, Door | None] = {"open": None, "closed": Door("closed", Key("HS256", SECRET))}
        apps = {}
        for name in doors:
            given: dict[str, Any] = {"rates": unlimited()} | shared | (settings or {}).get(name, {})
            given.setdefault("course", Course(defaults=CourseSettings(), name=name, title=f"講座 {name}"))
            library = Named(name)
            options = AppOptions(metrics=metrics, tabs=tabs, doors=doors, **given)
            app = create_app(lambda opened=library: opened, options)  # type: ignore[misc]
            app.service.start()
            apps[name] = app
        made.extend(apps.values())
        wait_until(lambda: all(app.service.ready for app in apps.values()))
        served = Courses(apps, {name: door for name, door in doors.items() if door}, root_path)
        return client_of(served)

    yield make
    for app in made:
        app.service.close()
