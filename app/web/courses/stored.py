"""Small JSON files beside an index, replaced as a whole by one rename.

A file of its own because the course, the jobs and the question set of the teacher's desk all store their state so.
"""

import json
from pathlib import Path
from typing import Any

from retriever.files import write_whole
from retriever.types import TenkyoError


def read_json(path: Path) -> Any:
    """The value of a file; None where there is none. Raises TenkyoError for one that is damaged or cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise TenkyoError(f"{path} cannot be read ({error}): delete it to begin anew") from error


def write_json(path: Path, value: Any) -> None:
    """Write a value. Raises TenkyoError where the folder cannot be written; the file is unchanged then."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text; raises TenkyoError as `write_json` does. Half of a surrogate pair becomes "?"."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8", "replace"), durable=True, mode=0o600)
    except OSError as error:
        raise TenkyoError(f"{path} cannot be written ({error.strerror}): let the server write its folder") from error
