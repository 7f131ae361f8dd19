"""Questions over Milvus while updates pass: the rows of the snapshot that they read may be deleted."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.library import Library
from ingest.pipeline import ingest
from tests.retriever.letters import NoProgress
from tests.web.conftest import MakeClient, wait_until

pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
pytestmark = pytest.mark.usefixtures("letters")


class Updates:
    """Updates of one document; two of them pass in each of the next `times` searches, after it has found rows."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from retriever.index.milvus_client import Client

        self._folder, self._number, self.times = folder, 0, 0
        self.update()
        real = Client.search

        def search(client: Client, *arguments: Any) -> Any:
            hits = real(client, *arguments)
            asked = threading.current_thread().name.startswith("tenkyo-answer")  # not by the server itself
            if asked and self.times and arguments[0] == "vector":
                self.times -= 1
                self.update()
                self.update()
            return hits

        monkeypatch.setattr(Client, "search", search)

    def update(self) -> None:
        """Write the document anew."""
        self._number += 1
        source = self._folder.parent / "mill.txt"
        source.write_text(f"The mill of Osprey was built in {1800 + self._number} by Ada Linden.", encoding="utf-8")
        store = f"milvus-lite://{self._folder.parent}/rows.db"
        ingest(self._folder, [str(source)], store=store, progress=NoProgress())


def of_server(thread: threading.Thread) -> bool:
    """Whether the server in this process has begun a thread for itself."""
    return thread.daemon and thread.name.startswith("tenkyo")


@pytest.fixture
def updates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Updates]:
    """Updates of an index in Milvus Lite, which nobody asks at the end: its threads do not outlive the interpreter."""
    earlier = set(threading.enumerate())  # of other tests
    yield Updates(tmp_path / "index", monkeypatch)
    wait_until(lambda: not any(of_server(thread) for thread in set(threading.enumerate()) - earlier))


def test_a_question_in_which_two_updates_pass_is_answered_from_the_newest_state(
    updates: Updates, tmp_path: Path, make_client: MakeClient
) -> None:
    client = make_client(Library.open(tmp_path / "index"), answer_seconds=600.0, is_busy=lambda: True)
    client.post("/api/ask", json={"question": "Which mill?"})
    updates.times = 1
    answer = client.post("/api/ask", json={"question": "When was the mill of Osprey built?"})
    assert (answer.status_code, [hit["text"][32:36] for hit in answer.json()["hits"]]) == (200, ["1803"])
    updates.times = 1
    found = client.post("/api/search", json={"query": "mill"})
    assert (found.status_code, [hit["text"][32:36] for hit in found.json()["hits"]]) == (200, ["1805"])


def test_a_question_in_which_updates_pass_again_is_503_and_the_next_is_answered(
    updates: Updates, tmp_path: Path, make_client: MakeClient
) -> None:
    client = make_client(Library.open(tmp_path / "index"), answer_seconds=600.0, is_busy=lambda: True)
    client.post("/api/ask", json={"question": "Which mill?"})
    updates.times = 2
    refused = client.post("/api/search", json={"query": "mill"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
    assert client.post("/api/search", json={"query": "mill"}).status_code == 200
