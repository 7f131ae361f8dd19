"""The process that reads one PDF under limits: pypdf opens and checks it, PDFium gives each glyph and its place."""

import json
import os
import sys
from typing import IO, Any

from ingest.pdf.page import to_json
from ingest.pdf.refused import RefusedError


def main() -> None:
    """Reads {"path", "password", limits…} from stdin; writes one JSON object a line: the document, then its pages."""
    task = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a native library's chatter must not mix with the answer
    _limit(task["max_memory_bytes"], task["max_seconds"])
    try:
        _read(task, out)
    except RefusedError as error:
        _write(out, {"error": [error.reason, str(error)]})
    except (MemoryError, RecursionError):
        message = (
            f"{task['name']} needs more memory than the limit of {task['max_memory_bytes']:,} bytes; it may be a bomb"
        )
        _write(out, {"error": ["too-large", message]})
    except (
        Exception
    ) as error:  # the process exists to contain what parsers raise on hostile input: reported, not hidden
        kind = type(error).__name__
        _write(
            out,
            {"error": ["damaged", f"{task['name']} cannot be read as a PDF ({kind}: {error}); save or print it anew"]},
        )
    out.flush()
    os._exit(0)  # no destructors of native libraries on damaged documents


def _write(out: IO[str], row: dict[str, Any]) -> None:
    out.write(json.dumps(row, ensure_ascii=True) + "\n")


def _limit(memory: int, seconds: float) -> None:
    """Binds this process, where the system can; elsewhere the parent's clock is the only limit."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    whole = max(1, int(seconds) + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(task: dict[str, Any], out: IO[str]) -> None:
    from ingest.pdf import check, glyphs

    checked = check.check(task)
    _write(out, {"metadata": checked.metadata, "page_count": checked.page_count})
    characters = 0
    for page in glyphs.pages(task["path"], checked, task):
        characters += sum(len(item.text) for item in page.items if hasattr(item, "text"))
        if characters > task["max_characters"]:
            raise RefusedError(
                "too-large", f"{task['name']} holds over {task['max_characters']:,} characters; split it"
            )
        _write(out, to_json(page))
