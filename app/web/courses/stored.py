"""Small JSON files beside an index, replaced as a whole by one rename."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

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
    """Write a text, likewise."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise TenkyoError(f"{path} cannot be written ({error.strerror}): let the server write its folder") from error
