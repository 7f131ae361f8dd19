"""The description at /api/openapi.json, and schemathesis, which sends what it allows and what it does not."""

from collections import Counter

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.routes import api
from tests.web.conftest import MakeClient
from tests.web.courses.conftest import MakeCourses
from tests.web.courses.conftest import make_courses as make_courses  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.slow

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")


def without_lifespan(app: ASGIApp) -> ASGIApp:
    """The application as it is: its lifespan would load Gradio."""

    async def passed_on(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return  # a server that does not answer the lifespan protocol
        await app(scope, receive, send)

    return passed_on


def test_every_api_address_is_described(make_client: MakeClient) -> None:
    paths = make_client().get("/api/openapi.json").json()["paths"]
    assert {route.path for route in api.routes} <= set(paths)
    assert {"/healthz", "/readyz", "/metrics", "/widget", "/widget.js", "/documents/{document_id}"} <= set(paths)


@pytest.mark.parametrize("examples", [6, pytest.param(25, marks=pytest.mark.thorough)])
def test_the_server_does_what_it_describes(make_client: MakeClient, examples: int) -> None:
    """Statuses, types, schemas and headers of the answers; what must be taken is, what must not is refused."""
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import from_schema
    from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

    app = without_lifespan(make_client(hosts=["testserver"]).app)
    refused = ["400", "403", "404", "405", "406", "409", "413", "415", "422", "429"]  # 413: some bodies are too large
    checks = {"negative_data_rejection": {"expected-statuses": refused}}
    settings = {"seed": 11, "generation": {"max-examples": examples, "database": "none"}, "checks": checks}
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, config=config)
    checked: Counter[str] = Counter()
    failures = []
    for event in from_schema(schema).execute():
        assert not isinstance(event, FatalError | NonFatalError), event
        if isinstance(event, ScenarioFinished):
            found = [check for checks in event.recorder.checks.values() for check in checks]
            checked.update(check.name for check in found)
            failures += [
                f"{event.recorder.label}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
                for check in found
                if check.failure_info is not None
            ]
    assert failures == []
    assert checked["response_schema_conformance"] > 4 * examples
    assert checked["negative_data_rejection"] > 4 * examples


def test_what_a_closed_course_and_a_wrong_method_answer_is_described(make_courses: MakeCourses) -> None:
    client = make_courses()
    paths = client.get("/c/open/api/openapi.json").json()["paths"]
    refused = set()
    for path, operations in paths.items():
        (method,) = set(operations) & {"get", "post"}
        described = operations[method]["responses"]
        closed = client.request(method, f"/c/closed{path.format(document_id='tea')}", json={"question": "そば"})
        assert str(closed.status_code) in described, (path, closed.status_code)
        if closed.status_code == 403:
            refused.add(path)
        other = client.request("DELETE", f"/c/open{path.format(document_id='tea')}")
        assert (other.status_code, "405" in described) == (405, True), path
        assert method.upper() in other.headers["allow"]
    assert refused == set(paths) - {"/widget.js", "/healthz", "/readyz", "/metrics", "/api/openapi.json"}
