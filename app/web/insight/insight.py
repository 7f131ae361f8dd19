"""Counts questions while the teacher wants it. Nothing of who asked is stored."""

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path

from app.answering.types import Answer
from app.web.courses.course import Course
from app.web.insight.groups import Groups, K, nearest, wording
from app.web.insight.store import Gap, Section, Store, today
from retriever.text import letters
from retriever.types import Recent, TenkyoError

_REMEMBERED = 500  # answers whose sections a thumb down may still count for
_SECTIONS = 3  # of an answer
_log = logging.getLogger("tenkyo.web")


class Insight:
    """The counts of one course; counts nothing unless its settings say so. Safe to use from several threads."""

    def __init__(self, folder: Path, course: Course) -> None:
        self.store, self.groups = Store(folder), Groups()
        self._course = course
        self._lock, self._grouping = threading.Lock(), threading.Lock()
        self._salt, self._day = b"", ""
        self._answered: Recent[str, tuple[Section, ...]] = Recent(_REMEMBERED)

    @property
    def is_on(self) -> bool:
        """Whether the teacher wants it."""
        return self._course.now.insight

    def count(self, answer: Answer, asker: str) -> None:
        """Count an answer; `asker` tells browser tabs apart for today. A failure is logged, never raised."""
        if not self.is_on or answer.intent == "smalltalk":
            return
        try:
            self._count(answer, asker)
        except TenkyoError as error:
            _log.warning("a question was not counted: %s", error)
        except Exception:  # a bug in counting must not cost the answer
            _log.exception("a question was not counted")

    def _count(self, answer: Answer, asker: str) -> None:
        self._begin_day()
        places = answer.near if answer.abstained else answer.citations
        named = dict.fromkeys((place.document_id, place.section) for place in places if place.section)
        sections = tuple(named)[:_SECTIONS]
        cited = [] if answer.abstained else [(place.document_id, place.passage_id) for place in answer.citations]
        outcome = "absent" if answer.abstained else answer.confidence_label
        self.store.count(outcome, list(dict.fromkeys(cited)), sections, outcome in ("absent", "weak"))
        self._answered.keep(letters(answer.question), sections)
        if answer.abstained:
            self._count_gap(answer, self._digest(asker))

    def _count_gap(self, answer: Answer, asker: str) -> None:
        near = [place.passage_id for place in answer.near] or [hit.passage.id for hit in answer.hits]
        with self._grouping:  # of two who ask at once, the second must not write what was before the first
            group = self.groups.add(answer.standalone or answer.question, self._day, asker, near)
            if group.askers >= K:
                gap = Gap(today().isoformat(), wording(group), len(group.members), tuple(nearest(group)))
                self.store.put_gap(group.row, gap)

    def count_down(self, question: str) -> None:
        """Count a thumb down for the sections of a recent answer to this question."""
        sections = self._answered.get(letters(question))
        if not (self.is_on and sections):
            return
        try:
            self.store.count_down(sections)
        except TenkyoError as error:
            _log.warning("a thumb was not counted: %s", error)
        except Exception:  # nor what a student says of it
            _log.exception("a thumb was not counted")

    def wipe(self) -> None:
        """Delete all counts, and forget what waits in memory."""
        with self._grouping:
            self.groups.clear()
            self._answered.clear()
            self.store.wipe()

    def _begin_day(self) -> None:
        """On a new day, throw the salt away and delete what is too old."""
        day = today().isoformat()
        with self._lock:
            if day == self._day:
                return
            self._salt, self._day = secrets.token_bytes(32), day
        self.store.forget(self._course.now.keep_days)

    def _digest(self, asker: str) -> str:
        return hmac.digest(self._salt, asker.encode(), hashlib.sha256)[:8].hex() if asker else ""


def csv_rows(insight: Insight) -> Sequence[tuple[object, ...]]:
    """All that may be shown, as lines of a table under `CSV_HEAD`."""
    store = insight.store
    rows: list[tuple[object, ...]] = []
    rows += [("day", day, "", "", "", asked, absent, "") for day, asked, absent in store.days()]
    rows += [
        ("unanswered", gap.day, "", " ".join(gap.passages), gap.wording, gap.count, gap.count, "")
        for gap in store.gaps(1000)
    ]
    rows += [("cited", "", document, passage, "", n, "", "") for document, passage, n in store.cited(K, 1000)]
    rows += [
        ("section", "", document, section, "", asked, unsure, down)
        for document, section, asked, unsure, down in store.confusing(K, 1000)
    ]
    return rows


CSV_HEAD = ("kind", "day", "document", "place", "wording", "questions", "unsure_or_unanswered", "thumbs_down")
