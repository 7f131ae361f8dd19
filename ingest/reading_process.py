"""A process of its own, under limits, for a file that may harm its reader: how it is started, and how it answers.

Nothing that this file imports may import numpy: each PDF pays for the start of its process.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

_ROOT = str(Path(__file__).resolve().parent.parent)
_START = "import sys; sys.path.insert(0, {root!r}); from {module} import main; main()"
_OUT_OF_TIME = -24  # exit code: SIGXCPU


def run_reader(module: str, task: Mapping[str, object], max_seconds: float) -> "subprocess.CompletedProcess[bytes]":
    """How the process ended that calls `main()` of `module`, with what it wrote; it reads `task`, JSON, from stdin.

    Raises TimeoutError where it takes longer, OSError where it cannot be started.
    """
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-c", _START.format(root=_ROOT, module=module)],
            input=json.dumps(task).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=max_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error
    if run.returncode == _OUT_OF_TIME:
        raise TimeoutError
    return run


def begin() -> tuple[Any, TextIO]:
    """In the new process: the task, and where the answer is written; limits it to the task's memory and time."""
    task = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library's chatter must not mix with the answer
    _limit(task["max_memory_bytes"], task["max_seconds"])
    return task, out


def end(out: TextIO) -> None:
    """End the new process without destructors of native libraries, which may crash on damaged documents."""
    out.flush()
    os._exit(0)


def _limit(memory: int, seconds: float) -> None:
    """Limits this process, where the system can; elsewhere the parent's clock is the only limit.

    The hard limit on processor time is a second above the soft one, so that SIGXCPU ends the process: SIGKILL then
    means that the system was short of memory.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    whole = max(1, int(seconds) + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
