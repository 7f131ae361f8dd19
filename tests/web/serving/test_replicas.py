"""Two servers over one index: a conversation is answered by either, as the browser brings it along."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.library import Library
from app.web.server.server import create_app
from tests.web.conftest import client_of, wait_until

TOLD = ("text", "standalone", "sentences", "abstained")
ASKED = ("鳴砂博物館の初代館長は誰か", "開館したのはいつか", "来館者は何人か", "そのうち外国からの割合は？")


@pytest.fixture
def replicas(library_folder: Path) -> Iterator[list[TestClient]]:
    """Clients of three servers over the same index."""
    apps = [create_app(lambda: Library.open(library_folder)) for _ in range(3)]
    for app in apps:
        app.service.start()
    for app in apps:
        wait_until(lambda: app.service.ready, seconds=30)  # noqa: B023
    yield [client_of(app) for app in apps]
    for app in apps:
        app.service.close()


def conversation(replicas: list[TestClient]) -> list[dict[str, Any]]:
    """The answers to questions that follow one another, each asked of the next server in turn."""
    tab = replicas[0].get("/api/tab").json()["tab"]
    history: list[dict[str, str]] = []
    answers = []
    for number, question in enumerate(ASKED):
        replica = replicas[number % len(replicas)]
        response = replica.post(
            "/api/ask", json={"question": question, "history": history}, headers={"X-Tenkyo-Tab": tab}
        )
        assert response.status_code == 200
        answer = response.json()
        history.append({"question": question, "answer": answer["text"]})
        answers.append({key: answer[key] for key in (*TOLD, "confidence")})
    return answers


def test_a_conversation_goes_on_at_any_replica(replicas: list[TestClient]) -> None:
    alternating = conversation(replicas[:2])
    assert "戸倉静江" in alternating[0]["text"]
    assert "1987" in alternating[1]["text"]
    whole = conversation(replicas[2:])
    assert [answer["confidence"] for answer in alternating] == pytest.approx([a["confidence"] for a in whole], abs=1e-3)
    for key in TOLD:
        assert [answer[key] for answer in alternating] == [answer[key] for answer in whole]
