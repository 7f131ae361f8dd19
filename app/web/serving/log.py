"""The server's log on stderr: each kind of message a few times a minute, so that nobody can fill the disk with it.

In JSON, each line is an object, and there is a line for each request. Neither form holds what anybody asked.
"""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from app.web.service.tracing import request_id

REQUESTS = "tenkyo.requests"  # the logger with a message for each request, at the level INFO
FIELDS = "fields"  # the attribute of a message that holds further fields for JSON
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


class JsonFormatter(logging.Formatter):
    """A message as one JSON object: time (UTC), level, logger, message, request, and the message's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := request_id():
            line["request"] = request
        line |= getattr(record, FIELDS, {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def announce(message: str, form: str) -> None:
    """Write the message to stderr in the form of the log, whatever its level."""
    record = logging.LogRecord("tenkyo.web", logging.INFO, __file__, 0, message, (), None)
    print(JsonFormatter().format(record) if form == "json" else message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def calm_log(form: str = "text") -> Iterator[None]:
    """Writes warnings and errors of every library to stderr, through a RepeatFilter; as JSON, requests as well."""
    warnings = logging.StreamHandler(sys.stderr)
    warnings.addFilter(RepeatFilter())
    warnings.setFormatter(JsonFormatter() if form == "json" else logging.Formatter(_FORMAT))
    root, requests = logging.getLogger(), logging.getLogger(REQUESTS)
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonFormatter())
    before = requests.level, requests.propagate
    requests.propagate = False
    requests.setLevel(logging.INFO if form == "json" else logging.CRITICAL)
    root.addHandler(warnings)
    requests.addHandler(lines)
    try:
        yield
    finally:
        root.removeHandler(warnings)
        requests.removeHandler(lines)
        requests.level, requests.propagate = before
