"""Counts questions while the teacher has this turned on. Nothing about who asked is stored."""

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from app.answering.types import Answer
from app.web.courses.course import Course
from app.web.insight.groups import Groups, K, nearest, wording
from app.web.insight.store import Gap, InsightFile, Section, today
from retriever.text import letters
from retriever.types import Recent, TenkyoError

_REMEMBERED = 500  # recent answers for which a thumb down can still be counted
_SECTIONS = 3  # most sections counted for an answer
_MOST_WAITING = 1000  # answers in the queue
_log = logging.getLogger("tenkyo.web")


class Insight:
    """The counts of one course; counts nothing unless its settings turn counting on. Thread-safe.

    Counting runs in its own thread, so that no answer waits for it.
    """

    def __init__(self, folder: Path, course: Course) -> None:
        self.store, self.groups = InsightFile(folder), Groups()
        self._course = course
        self._salt, self._day = b"", ""  # the salt and its day
        self._deleted_on = ""  # the day of the last deletion of old counts
        self._question_salt = secrets.token_bytes(32)
        self._counting = ThreadPoolExecutor(1, thread_name_prefix="tenkyo-insight")
        self._room = threading.BoundedSemaphore(_MOST_WAITING)
        self._answered: Recent[str, tuple[Section, ...]] = Recent(_REMEMBERED)

    @property
    def is_on(self) -> bool:
        """Whether the teacher has turned counting on."""
        return self._course.now.insight

    def count(self, answer: Answer, asker: str) -> None:
        """Count an answer soon; `asker` tells browser tabs apart for today. A failure is logged, never raised."""
        self._soon(lambda: self._count(answer, asker))

    def count_down(self, question: str) -> None:
        """Count a thumb down soon, for the sections of a recent answer to this question."""
        self._soon(lambda: self._count_down(question))

    def settle(self) -> None:
        """Wait until all questions so far are counted and old counts are deleted. Raises TenkyoError."""
        self._counting.submit(self._begin_day).result()

    def wipe(self) -> None:
        """Delete all counts, in the file and in memory, after counting what waits. Raises TenkyoError."""
        self._counting.submit(self._wipe).result()

    def _soon(self, work: Callable[[], None]) -> None:
        """Run `work` in the counting thread; if the queue is full, log a warning and drop it."""

        def logged() -> None:
            try:
                work()
            except TenkyoError as error:
                _log.warning("a question was not counted: %s", error)
            except Exception:  # a bug in counting one question must not stop the others
                _log.exception("a question was not counted")
            finally:
                self._room.release()

        if not self._room.acquire(blocking=False):
            _log.warning("a question was not counted: %d are waiting", _MOST_WAITING)
            return
        try:
            self._counting.submit(logged)
        except RuntimeError:  # Python is shutting down
            self._room.release()

    def _count(self, answer: Answer, asker: str) -> None:
        self._begin_day()  # old counts are deleted even if counting is off
        if not self.is_on or answer.intent == "smalltalk":
            return
        places = answer.near if answer.abstained else answer.citations
        named = dict.fromkeys((place.document_id, place.section) for place in places if place.section)
        sections = tuple(named)[:_SECTIONS]
        cited = [] if answer.abstained else [(place.document_id, place.passage_id) for place in answer.citations]
        outcome = "absent" if answer.abstained else answer.confidence_label
        self.store.count(outcome, list(dict.fromkeys(cited)), sections, outcome in ("absent", "weak"))
        self._answered.keep(self._key_of(answer.question), sections)
        if answer.abstained:
            self._count_gap(answer, self._digest(asker))

    def _count_gap(self, answer: Answer, asker: str) -> None:
        near = [place.passage_id for place in answer.near] or [hit.passage.id for hit in answer.hits]
        group = self.groups.add(answer.standalone or answer.question, self._day, asker, near)
        if group.askers >= K:
            gap = Gap(today().isoformat(), wording(group), len(group.members), tuple(nearest(group)))
            self.store.put_gap(group.row, gap)

    def _count_down(self, question: str) -> None:
        sections = self._answered.get(self._key_of(question))
        if self.is_on and sections:
            self.store.count_down(sections)

    def _wipe(self) -> None:
        self.groups.clear()
        self._answered.clear()
        self.store.wipe()

    def _begin_day(self) -> None:
        """On a new day, replace the salt, and delete old questions from the file and from memory."""
        day = today()
        if day.isoformat() != self._day:
            self._salt, self._day = secrets.token_bytes(32), day.isoformat()
        if day.isoformat() == self._deleted_on:
            return
        keep_days = self._course.now.keep_days
        self.groups.forget((day - timedelta(days=keep_days)).isoformat())
        self.store.forget(keep_days)
        self._deleted_on = day.isoformat()  # set last: after a failure, the next question tries again

    def _digest(self, asker: str) -> str:
        return hmac.digest(self._salt, asker.encode(), hashlib.sha256)[:8].hex() if asker else ""

    def _key_of(self, question: str) -> str:
        """The keyed digest of a question, so that its words are not kept."""
        text = letters(question).encode("utf-8", "replace")
        return hmac.digest(self._question_salt, text, hashlib.sha256).hex()


def csv_rows(insight: Insight) -> Sequence[tuple[object, ...]]:
    """All counts that may be shown, as rows under `CSV_HEAD`; the first value is the kind of row."""
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
