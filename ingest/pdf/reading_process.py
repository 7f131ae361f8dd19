"""Run the reader of an untrusted file in a separate process with limits on time and memory; pipe pages from it.

This module must not import numpy, directly or indirectly: the process starts once for each PDF.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from ingest.pdf.page import Page, Table, TextLine

_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, {root!r}); from {module} import main; main()"
_OUT_OF_TIME = -24  # exit code: SIGXCPU
_LINE_FIELDS = tuple(field.name for field in fields(TextLine) if field.name != "page")
_PATIENCE = 4  # a process gets this many times its processor time by the clock: the machine may be busy


def run_reader(module: str, task: Mapping[str, object], max_seconds: float) -> "subprocess.CompletedProcess[bytes]":
    """Run `main()` of `module` in a new process, with `task` as JSON on stdin; returns its exit code and output.

    Raises TimeoutError after `max_seconds` of processor time, or four times as many by the clock; raises OSError if the
    process cannot be started.
    """
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-c", _START.format(root=_ROOT, module=module)],
            input=json.dumps(task).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE * max_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error
    if run.returncode == _OUT_OF_TIME:
        raise TimeoutError
    return run


def begin() -> tuple[Any, TextIO]:
    """Start of the new process: apply the task's limits on memory and time; returns the task and the output stream."""
    task = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # messages that libraries print must not mix with the output
    _limit(task["max_memory_bytes"], task["max_seconds"])
    return task, out


def end(out: TextIO) -> None:
    """End the new process without running destructors of native libraries, which may crash on damaged documents."""
    out.flush()
    os._exit(0)


def _limit(memory: int, seconds: float) -> None:
    """Limit this process, if the system supports it; otherwise only the parent's timeout applies.

    The hard limit on CPU time is one second above the soft one, so SIGXCPU comes first, and SIGKILL means that the
    system ran out of memory.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    whole = max(1, int(seconds) + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def page_to_json(page: Page) -> dict[str, Any]:
    """The page as JSON, for the pipe from the reading process to its caller."""
    items = [
        ["table", item.x0, item.x1, item.y, item.bottom, item.rows, item.header]
        if isinstance(item, Table)
        else ["line", *(getattr(item, name) for name in _LINE_FIELDS)]
        for item in page.items
    ]
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "items": items,
        "images": page.images,
        "garbled": page.garbled,
        "fault": page.fault,
    }


def page_from_json(data: dict[str, Any]) -> Page:
    """The page from the output of `page_to_json`."""
    number = data["number"]
    items: list[TextLine | Table] = []
    for kind, *values in data["items"]:
        if kind == "table":
            x0, x1, y, bottom, rows, header = values
            items.append(Table(number, x0, x1, y, bottom, tuple(tuple(row) for row in rows), header))
        else:
            line = dict(zip(_LINE_FIELDS, values, strict=True))
            items.append(TextLine(page=number, **{**line, "italics": tuple(line["italics"])}))
    return Page(**{**data, "items": tuple(items)})
