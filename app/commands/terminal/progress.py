"""Progress on stderr: a bar with rate and time left on a terminal, plain lines elsewhere."""

import sys
import time
from typing import Any

_SECONDS_BETWEEN_LINES = 5.0
_MINUTES_SHOWN = 10  # shorter times are shown in seconds


class TerminalProgress:
    """Shows one task at a time.

    If stderr is no terminal, prints a line every five seconds; encoding and ingesting also when they begin.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._label, self._unit = "", ""
        self._total = self._done = 0
        self._started = self._shown = 0.0

    def start(self, label: str, total: int, unit: str) -> None:
        """A task of `total` units begins."""
        self._label, self._total, self._unit, self._done = label, total, unit, 0
        self._started = self._shown = time.monotonic()
        if sys.stderr.isatty() and total:
            from tqdm import tqdm

            self._bar = tqdm(desc=label, total=total, unit=f" {unit}", file=sys.stderr, leave=False, mininterval=0.2)
        elif label in {"encoding", "ingesting"} and total:
            self._line("begins")

    def advance(self, count: int) -> None:
        """`count` more units are done."""
        self._done += count
        if self._bar is not None:
            self._bar.update(count)
        elif time.monotonic() - self._shown >= _SECONDS_BETWEEN_LINES:
            self._shown = time.monotonic()
            rate = self._done / (self._shown - self._started)
            left = (self._total - self._done) / rate if rate else 0.0
            self._line(f"{self._done / max(self._total, 1):.0%}, {rate:,.0f} {self._unit}/s, {_shown(left)} left")

    def finish(self) -> None:
        """The task has ended."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _line(self, text: str) -> None:
        print(f"{self._label} {self._total:,} {self._unit}: {text}", file=sys.stderr, flush=True)


def _shown(seconds: float) -> str:
    """A time that is left, such as "14 s", "12 min" or "3 h 20 min"."""
    minutes = round(seconds / 60)
    if minutes < _MINUTES_SHOWN:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
