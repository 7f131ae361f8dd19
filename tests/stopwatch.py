"""How long something took, less what it waited for a processor while other work had them all."""

import os
import time
from collections import defaultdict
from pathlib import Path


def waited(process: int) -> float:
    """Seconds that the threads of a process have been ready to run and had no processor (Linux; elsewhere 0)."""
    return _seconds(process, 1)


def ran(process: int) -> float:
    """Seconds that the threads of a process have run (Linux; elsewhere 0)."""
    return _seconds(process, 0)


def _seconds(process: int, place: int) -> float:
    """A sum over the threads of a process: 0 the time that they ran, 1 that they waited for a processor."""
    nanoseconds = 0
    for file in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            nanoseconds += int(file.read_text(encoding="ascii").split()[place])
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended
            continue
    return nanoseconds / 1e9


def started_here() -> list[int]:
    """The processes that this one has started, and those that they have (Linux; elsewhere none)."""
    children: dict[int, list[int]] = defaultdict(list)
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        children[int(parent)].append(int(file.parent.name))
    descendants = list(children[os.getpid()])
    for process in descendants:  # grows meanwhile
        descendants += children[process]
    return descendants


class Stopwatch:
    """Runs from when it is made. On an idle machine it shows the time that has passed, on a busy one less.

    `processes` are the others that are timed with this one.
    """

    def __init__(self, *processes: int) -> None:
        self._processes = (os.getpid(), *processes)
        self._begun, self._waited = time.monotonic(), self._waits()

    def seconds(self) -> float:
        """The time since then, less what the processes waited for a processor."""
        passed = time.monotonic() - self._begun
        return max(passed - max(self._waits() - self._waited, 0.0), 0.0)

    def _waits(self) -> float:
        return sum(map(waited, self._processes))
