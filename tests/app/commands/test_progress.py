"""Progress: a bar on a terminal, plain lines elsewhere, nothing on stdout."""

import io
import sys

import pytest

from app.commands.terminal.progress import TerminalProgress


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands at its one value until a test moves it."""
    now = [100.0]
    monkeypatch.setattr("app.commands.terminal.progress.time.monotonic", lambda: now[0])
    return now


def test_off_a_terminal_there_is_a_line_every_five_seconds(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = TerminalProgress()
    progress.start("encoding", 1000, "characters")
    for _ in range(4):
        clock[0] += 2
        progress.advance(100)
    progress.finish()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "encoding 1,000 characters: begins",
        "encoding 1,000 characters: 30%, 50 characters/s, 14 s left",
    ]


def test_short_work_off_a_terminal_says_nothing(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerminalProgress()
    progress.start("reading", 3, "files")
    clock[0] += 1
    progress.advance(3)
    progress.finish()
    progress.start("encoding", 0, "characters")
    progress.finish()
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_a_bar_with_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = TerminalProgress()
    progress.start("encoding", 1000, "characters")
    progress.advance(500)
    progress.advance(500)
    progress.finish()
    shown = terminal.getvalue()
    assert "encoding:" in shown
    assert "/1000" in shown
    assert "characters/s" in shown
