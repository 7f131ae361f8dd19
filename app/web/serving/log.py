"""The server's log on stderr. Each kind of message is limited to a few a minute, so that nobody can fill the disk.

As JSON, each line is an object, and each request has a line. Neither form contains questions.
"""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from app.web.service.tracing import request_id

REQUESTS = "tenkyo.requests"  # the logger of requests, one INFO message each
FIELDS = "fields"  # the log record's attribute with further JSON fields
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class RepeatFilter(logging.Filter):
    """Passes `most` messages of each kind in `seconds`; the first after that says how many were dropped.

    Messages are of one kind if the same line of code logs them with the same type of exception.
    """

    def __init__(self, most: int = 5, seconds: float = 60.0) -> None:
        super().__init__()
        self._most = most
        self._seconds = seconds
        self._windows: dict[tuple[str, str, int, str], tuple[float, int]] = {}  # start of the window, messages in it

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
    """Write a message to stderr in the log's form, past the log's levels and filter."""
    record = logging.LogRecord("tenkyo.web", logging.INFO, __file__, 0, message, (), None)
    print(JsonFormatter().format(record) if form == "json" else message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def calm_log(form: str = "text") -> Iterator[None]:
    """Logs warnings and errors of all libraries to stderr through a RepeatFilter; as JSON, requests as well."""
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
