"""The server's log on stderr: each kind of message a few times a minute, so that nobody can fill the disk with it."""

import contextlib
import logging
import sys
import time
from collections.abc import Iterator

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class RepeatFilter(logging.Filter):
    """Lets `most` messages of each kind through in `seconds`; the next that comes through tells how many did not.

    Messages are of one kind if the same line of code wrote them about the same kind of exception.
    """

    def __init__(self, most: int = 5, seconds: float = 60.0) -> None:
        super().__init__()
        self._most = most
        self._seconds = seconds
        self._windows: dict[tuple[str, str, int, str], tuple[float, int]] = {}  # begin, messages since

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the message is written."""
        failure = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        kind = (record.name, record.pathname, record.lineno, failure)
        now = time.monotonic()
        begin, count = self._windows.get(kind, (now, 0))
        left_out = 0
        if now - begin > self._seconds:
            left_out = max(0, count - self._most)
            begin, count = now, 0
        count += 1
        self._windows[kind] = begin, count
        if left_out:
            _add(record, f"{left_out} more like this were left out before")
        if count == self._most:
            _add(record, f"more like this are left out for {self._seconds:.0f} s")
        return count <= self._most


def _add(record: logging.LogRecord, note: str) -> None:
    record.msg, record.args = f"{record.getMessage()} ({note})", ()


@contextlib.contextmanager
def calm_log() -> Iterator[None]:
    """Writes warnings and errors of every library to stderr, through a RepeatFilter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.addFilter(RepeatFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
