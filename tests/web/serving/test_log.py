"""The log: a few messages of each kind, and how many were left out."""

import logging

import pytest

from app.web.serving.log import RepeatFilter, calm_log


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that come through a filter of two a minute; the time is set by hand."""
    messages: list[str] = []
    now = [0.0]
    monkeypatch.setattr("app.web.serving.log.time.monotonic", lambda: now[0])

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    handler = Keeping()
    handler.addFilter(RepeatFilter(most=2, seconds=60))
    log = logging.getLogger("tenkyo.test")
    log.addHandler(handler)
    for second in [*range(50), 100]:
        now[0] = second
        log.warning("no room for %s", second)
        if second < 2:
            log.warning("another kind, %s", second)
    log.removeHandler(handler)
    return messages


def test_each_kind_of_message_comes_a_few_times_a_minute(written: list[str]) -> None:
    assert [one for one in written if one.startswith("another")] == [
        "another kind, 0",
        "another kind, 1 (more like this are left out for 60 s)",
    ]
    assert [one for one in written if one.startswith("no room")] == [
        "no room for 0",
        "no room for 1 (more like this are left out for 60 s)",
        "no room for 100 (48 more like this were left out before)",
    ]


def test_ten_thousand_tracebacks_are_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with calm_log():
        for number in range(10_000):
            failure = OSError(24, f"Too many open files {number}")
            logging.getLogger("asyncio").error("socket.accept() out of system resource", exc_info=failure)
    said = capsys.readouterr().err
    assert "Too many open files 0" in said
    assert len(said) < 5000
