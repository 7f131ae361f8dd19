"""What a teacher sets for a course: read by the chat page, the widget and the API at each request.

INDEX/course.json    the settings, replaced by one rename
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from app.pages.labels.texts import LANGUAGES, preferred
from app.web.courses.stored import read_json, write_json
from app.web.errors import WordedError
from retriever.text import language_of
from retriever.types import TenkyoError

FILE = "course.json"
MOST_GREETING, MOST_STARTERS, MOST_STARTER = 300, 12, 200  # characters, questions, characters of one
SHOWN_STARTERS = 4
KEEP_DAYS = (30, 90, 180, 365)
_log = logging.getLogger("tenkyo.web")


@dataclass(frozen=True, slots=True)
class CourseSettings:
    """The settings of a course. If `greeting` or `starters` are empty, Tenkyo uses its own.

    `study`: self-check is offered; `originals`: readers may download PDFs; `composed`: a language model may write, if
    one is set; `insight`: questions are counted, and the counts kept for `keep_days`.
    """

    greeting: str = ""
    starters: tuple[str, ...] = ()
    languages: tuple[str, ...] = LANGUAGES
    study: bool = True
    originals: bool = False
    composed: bool = True
    insight: bool = False
    keep_days: int = 90

    def __post_init__(self) -> None:
        if len(self.greeting) > MOST_GREETING:
            said = f"the greeting has {len(self.greeting)} characters: at most {MOST_GREETING} are taken"
            raise WordedError(said, "settings_greeting", most=MOST_GREETING)
        if len(self.starters) > MOST_STARTERS or any(len(starter) > MOST_STARTER for starter in self.starters):
            said = f"at most {MOST_STARTERS} starter questions of {MOST_STARTER} characters are taken"
            raise WordedError(said, "settings_starters", most=MOST_STARTERS, letters=MOST_STARTER)
        if not self.languages or set(self.languages) - set(LANGUAGES):
            raise WordedError(f"choose at least one language of {', '.join(LANGUAGES)}", "settings_languages")
        if self.keep_days not in KEEP_DAYS:
            said = f"keep what is counted for one of {', '.join(map(str, KEEP_DAYS))} days"
            raise WordedError(said, "settings_days")

    def language(self, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
        """A page's language, one of `languages`: from the address (`?lang=ko`), else the browser's, else the first."""
        if (wanted := query.get("lang", "")) in self.languages:
            return wanted
        language = preferred(headers.get("accept-language", ""), self.languages)
        return language if language in self.languages else self.languages[0]

    def starters_in(self, language: str) -> list[str]:
        """The teacher's starter questions in a language, or in any language if none is in it; at most four."""
        fitting = [text for text in self.starters if language_of(text, "ja") == language]
        return list(fitting or self.starters)[:SHOWN_STARTERS]


class Course:
    """One course: its name in addresses ("": the only one), its title, and its settings, in the folder of its index.

    Without a folder the settings are those that are given. Thread-safe.
    """

    def __init__(
        self, folder: Path | None = None, defaults: CourseSettings | None = None, name: str = "", title: str = ""
    ) -> None:
        self.name, self.title = name, title
        self._path = folder / FILE if folder else None
        self._defaults = defaults or CourseSettings()
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, int] | None, CourseSettings] = (None, self._defaults)

    @property
    def now(self) -> CourseSettings:
        """The settings, read again when their file has changed. A damaged file counts as none, and is logged."""
        stamp = self._stamp()
        if stamp == self._read[0]:
            return self._read[1]
        with self._lock:
            settings = self._defaults
            if stamp is not None and self._path is not None:
                try:
                    settings = _settings_of(read_json(self._path), self._defaults)
                except TenkyoError as error:
                    _log.warning("the settings of a course are not used: %s", error)
            self._read = (stamp, settings)
        return settings

    def save(self, settings: CourseSettings) -> None:
        """Put settings in force. Raises TenkyoError if they cannot be written; then the old ones stay in force."""
        if self._path is None:
            raise TenkyoError("this server has no folder for settings")
        write_json(self._path, asdict(settings))

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat() if self._path else None
        except OSError:
            return None
        return (status.st_ino, status.st_mtime_ns) if status else None


def _settings_of(value: Any, defaults: CourseSettings) -> CourseSettings:
    """The settings in a file's JSON value; `defaults` fill what it does not set. Raises TenkyoError."""
    if not isinstance(value, Mapping):
        raise TenkyoError(f"{FILE} holds no object")
    values: dict[str, Any] = {}
    for field in fields(CourseSettings):
        default = getattr(defaults, field.name)
        stored = value.get(field.name, default)
        if isinstance(default, tuple) and isinstance(stored, list) and all(isinstance(text, str) for text in stored):
            stored = tuple(stored)
        if type(stored) is not type(default):
            raise TenkyoError(f"{FILE} has {stored!r} for {field.name}")
        values[field.name] = stored
    return CourseSettings(**values)
