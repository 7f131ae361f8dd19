"""The counts of a course in SQLite, in its index's folder, for as many days as the teacher keeps them.

INDEX/insight.db    questions by day; citations by passage; doubts by section; groups of unanswered questions
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from retriever.types import TenkyoError

FILE = "insight.db"
_TABLES = """
CREATE TABLE IF NOT EXISTS questions (day TEXT, outcome TEXT, n INTEGER, PRIMARY KEY (day, outcome));
CREATE TABLE IF NOT EXISTS cited (day TEXT, document TEXT, passage TEXT, n INTEGER,
  PRIMARY KEY (day, document, passage));
CREATE TABLE IF NOT EXISTS sections (day TEXT, document TEXT, section TEXT, asked INTEGER, unsure INTEGER, down INTEGER,
  PRIMARY KEY (day, document, section));
CREATE TABLE IF NOT EXISTS gaps (id INTEGER PRIMARY KEY, day TEXT, wording TEXT, n INTEGER, passages TEXT);
"""
_NAMES = ("questions", "cited", "sections", "gaps")
Section = tuple[str, str]  # document id, heading


@dataclass(frozen=True, slots=True)
class Gap:
    """A group of unanswered questions: its last day, wording, number of questions, and nearest passages."""

    day: str
    wording: str
    count: int
    passages: tuple[str, ...]


class InsightFile:
    """The SQLite file, created at the first count. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()

    def count(self, outcome: str, cited: Sequence[tuple[str, str]], sections: Sequence[Section], unsure: bool) -> None:
        """Count a question: its outcome, the (document, passage) pairs cited, its sections; `unsure` marks those."""
        day = today().isoformat()
        with self._writing() as base:
            base.execute("INSERT INTO questions VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1", (day, outcome))
            base.executemany(
                "INSERT INTO cited VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1",
                [(day, *place) for place in cited],
            )
            base.executemany(
                "INSERT INTO sections VALUES (?, ?, ?, 1, ?, 0) "
                "ON CONFLICT DO UPDATE SET asked = asked + 1, unsure = unsure + excluded.unsure",
                [(day, *section, int(unsure)) for section in sections],
            )

    def count_down(self, sections: Sequence[Section]) -> None:
        """Count a thumb down for the sections of an answer."""
        with self._writing() as base:
            base.executemany(
                "INSERT INTO sections VALUES (?, ?, ?, 0, 0, 1) ON CONFLICT DO UPDATE SET down = down + 1",
                [(today().isoformat(), *section) for section in sections],
            )

    def put_gap(self, row: int, gap: Gap) -> None:
        """Write a group to a row, replacing its content."""
        with self._writing() as base:
            values = (row, gap.day, gap.wording, gap.count, json.dumps(gap.passages))
            base.execute("INSERT OR REPLACE INTO gaps (id, day, wording, n, passages) VALUES (?, ?, ?, ?, ?)", values)

    def days(self) -> list[tuple[str, int, int]]:
        """(day, questions, unanswered questions), newest first."""
        query = "SELECT day, SUM(n), SUM(n * (outcome = 'absent')) FROM questions GROUP BY day ORDER BY day DESC"
        return [(day, asked, absent) for day, asked, absent in self._read(query)]

    def cited(self, least: int, most: int) -> list[tuple[str, str, int]]:
        """(document, passage, times), the most cited first; those cited fewer than `least` times are left out."""
        query = (
            "SELECT document, passage, SUM(n) AS total FROM cited GROUP BY document, passage HAVING total >= ? "
            "ORDER BY total DESC, document, passage LIMIT ?"
        )
        return [(document, passage, n) for document, passage, n in self._read(query, (least, most))]

    def confusing(self, least: int, most: int) -> list[tuple[str, str, int, int, int]]:
        """(document, section, asked, unsure, thumbs down), the most doubted first, if asked at least `least` times."""
        query = (
            "SELECT document, section, SUM(asked) AS total, SUM(unsure) AS doubts, SUM(down) AS downs FROM sections "
            "GROUP BY document, section HAVING total >= ? AND doubts + downs > 0 "
            "ORDER BY doubts + downs DESC, document, section LIMIT ?"
        )
        rows = self._read(query, (least, most))
        return [(document, section, asked, unsure, down) for document, section, asked, unsure, down in rows]

    def gaps(self, most: int) -> list[Gap]:
        """The groups, the largest first; groups with the same wording, from other processes or days, are merged."""
        query = (
            "SELECT MAX(day), wording, SUM(n) AS total, passages FROM gaps GROUP BY wording "
            "ORDER BY total DESC, MAX(day) DESC, wording LIMIT ?"
        )
        return [Gap(day, words, n, tuple(json.loads(near))) for day, words, n, near in self._read(query, (most,))]

    def forget(self, keep_days: int) -> None:
        """Delete counts older than `keep_days` days."""
        if not self._path.exists():
            return
        first = (today() - timedelta(days=keep_days)).isoformat()
        with self._writing() as base:
            for name in _NAMES:
                base.execute(f"DELETE FROM {name} WHERE day < ?", (first,))  # noqa: S608 - names of our own

    def wipe(self) -> None:
        """Delete everything. Raises TenkyoError where the file cannot be deleted."""
        with self._lock:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                raise TenkyoError(f"{self._path.name} cannot be deleted ({error.strerror})") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, closing(sqlite3.connect(self._path, timeout=10)) as base, base:
                base.execute("PRAGMA secure_delete = ON")
                base.executescript(_TABLES)
                yield base
        except sqlite3.Error as error:
            raise TenkyoError(f"{self._path.name} cannot be written ({error}): delete it to begin anew") from error

    def _read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        try:
            with self._lock, closing(sqlite3.connect(self._path, timeout=10)) as base:
                base.executescript(_TABLES)
                return list(base.execute(query, values))
        except sqlite3.Error as error:
            raise TenkyoError(f"{self._path.name} cannot be read ({error}): delete it to begin anew") from error


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()
