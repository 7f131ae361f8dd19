"""A clock that jumps: an index is written and served as if it had not."""

import os
import time
from pathlib import Path

import pytest

from app.library import Library
from ingest.pipeline import ingest
from retriever.index.open import open_index
from tests.conftest import write_sources
from tests.retriever.letters import NoProgress
from tests.web.conftest import MakeClient

YEAR = 365 * 86400.0


class Clock:
    """The time of day, `offset` seconds away; it jumps by more at each look where `step` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, self.offset, self.step = time.time, 0.0, 0.0

        def now() -> float:
            self.offset += self.step
            return real() + self.offset

        monkeypatch.setattr(time, "time", now)
        monkeypatch.setattr(time, "time_ns", lambda: int(now() * 1e9))

    def stamp(self, folder: Path) -> None:
        """Give the files of a folder the time of this clock, as if they had been written by it."""
        for path in folder.rglob("*"):
            os.utime(path, (time.time(), time.time()))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock to be moved."""
    return Clock(monkeypatch)


def test_no_update_and_no_answer_is_lost_where_the_clock_jumps(
    tmp_path: Path, clock: Clock, make_client: MakeClient
) -> None:
    sources, index = write_sources(tmp_path / "sources"), tmp_path / "index"
    ingest(index, [str(sources)], progress=NoProgress())
    client = make_client(Library.open(index))

    def ask(question: str) -> str:
        response = client.post("/api/ask", json={"question": question})
        assert response.status_code == 200
        return str(response.json()["text"])

    assert "戸倉静江" in ask("初代館長は誰か")
    for number, offset in enumerate((-20 * YEAR, 5 * YEAR, -YEAR, 0.0)):
        clock.offset = offset
        museum = (sources / "museum.txt").read_text(encoding="utf-8")
        name = "戸倉静江" if number == 0 else f"館長{number - 1}号"
        (sources / "museum.txt").write_text(museum.replace(name, f"館長{number}号"), encoding="utf-8")
        clock.stamp(sources)
        outcomes = ingest(index, [str(sources)], progress=NoProgress())
        clock.stamp(index)
        assert [outcome.state for outcome in outcomes].count("updated") == 1
        assert f"館長{number}号" in ask("初代館長は誰か")
    clock.step = -3600.0
    assert "館長3号" in ask("初代の館長は誰ですか")
    assert {outcome.state for outcome in ingest(index, [str(sources)], progress=NoProgress())} == {"unchanged"}
    assert len(open_index(index).documents) == 5
