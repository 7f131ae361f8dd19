"""`tenkyo serve --workers 2` while the index is replaced and a process is killed: no question fails, none is wrong."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ingest.document import Block, Document
from ingest.pipeline import ReadDocument, ingest_documents, ingest_read, remove
from tests.retriever.letters import NoProgress
from tests.web.conftest import wait_until
from tests.web.fake_library import NOODLES, TEA
from tests.web.serve_process import ServeProcess, serving

pytestmark = pytest.mark.slow

# Each question, and a word of its answer; each round of asking words it anew, so that nothing is remembered.
ASKED = (
    ("そばは何から作りますか", "そば粉"),
    ("ラーメンはいつ広まりましたか", "大正"),
    ("うどんは何から作りますか", "小麦粉"),
)
_RECOVERY = 10.0  # seconds, on a machine that does nothing else


@dataclass(slots=True)
class Asking:
    """Questions that come without a pause, and what did not go well."""

    address: str
    stopped: threading.Event = field(default_factory=threading.Event)
    answered: int = 0
    failures: list[str] = field(default_factory=list)

    def ask(self, question: str) -> tuple[int, Any]:
        """Status and body of the answer to one question."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=90)
        body = json.dumps({"question": question})
        connection.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        status, answer = response.status, json.loads(response.read())
        connection.close()
        return status, answer

    def run(self, number: int) -> None:
        """Ask until stopped."""
        for place in range(number, 10_000, 4):
            if self.stopped.is_set():
                return
            question, word = ASKED[place % len(ASKED)]
            status, answer = self.ask(f"{question}{'？' * (place // len(ASKED) % 40)}")
            if status != 200 or word not in str(answer["text"]):
                self.failures.append(f"{question}: {status} {answer}")
            self.answered += 1

    def finds(self, question: str, document_id: str) -> bool:
        """Whether a document is among the hits."""
        status, answer = self.ask(question)
        assert status == 200
        return document_id in {hit["document_id"] for hit in answer["hits"]}


@contextmanager
def asked_without_pause(asking: Asking) -> Iterator[None]:
    """Four students ask while the block runs."""
    with ThreadPoolExecutor(4) as students:
        running = [students.submit(asking.run, number) for number in range(4)]
        try:
            yield
        finally:
            asking.stopped.set()
    for student in running:
        student.result()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServeProcess]:
    """The command over an index of one document."""
    ingest_documents(tmp_path / "index", [NOODLES], encoder_name=None, progress=NoProgress())
    with serving("--workers=2", "--index", str(tmp_path / "index"), how=signal.SIGTERM) as process:
        yield process


def test_no_question_fails_while_documents_come_and_go(served: ServeProcess, tmp_path: Path) -> None:
    asking, index = Asking(served.address), tmp_path / "index"
    with asked_without_pause(asking):
        for number in range(4):
            year = 1801 + number
            block = Block("paragraph", f"The mill of Osprey was built in {year} by Ada Linden.")
            mill = Document(f"mill{number}", f"Mill {number}", f"/mill{number}.txt", (block,), language="en")
            ingest_read(index, [ReadDocument(TEA, "tea"), ReadDocument(mill, str(year))], progress=NoProgress())
            wait_until(lambda: asking.finds("When was the mill of Osprey built?", f"mill{number}"), seconds=_RECOVERY)  # noqa: B023
            remove(index, ["tea", f"mill{number}"], progress=NoProgress())
            assert not asking.finds("When was the mill of Osprey built?", f"mill{number}")
    assert asking.failures == []
    assert asking.answered >= 20


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list a process's children")
def test_a_process_that_is_killed_as_it_answers_fails_no_question_and_is_replaced_in_seconds(
    served: ServeProcess,
) -> None:
    asking = Asking(served.address)
    with asked_without_pause(asking):
        wait_until(lambda: asking.answered >= 8, seconds=30)
        killed, answered = served.workers()[0], asking.answered
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len({*served.workers()} - {killed}) == 2, seconds=_RECOVERY)
        wait_until(lambda: asking.answered >= answered + 8, seconds=_RECOVERY)
    assert asking.failures == []
