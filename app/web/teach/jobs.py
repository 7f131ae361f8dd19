"""Background tasks of the desk, run one at a time in a thread; their progress survives a page reload.

INDEX/teach/jobs.json    the last tasks, newest first
"""

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from app.web.courses.stored import read_json, write_json
from app.web.errors import RefusedError, WordedError
from retriever.types import TenkyoError

State = Literal["waiting", "running", "done", "failed", "stopped", "interrupted"]
ENDED: frozenset[State] = frozenset({"done", "failed", "stopped", "interrupted"})
_PAGES = {
    "documents": ("upload", "address", "remove"),
    "references": ("fetch", "attach"),
    "quality": ("draft", "evaluate"),
}
_KEPT, _MOST_WAITING = 12, 20
_SAVED_EVERY = 1.0  # seconds, while a task runs
_log = logging.getLogger("tenkyo.web")


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one item of a task: a document, a file, a work or a row.

    `reason` is the key of the page's message, filled in with `values`; `detail` is English, for English pages only.
    """

    state: str
    name: str
    detail: str = ""
    reason: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """A background task of the desk.

    - `step`: the current step, of which `done` of `total` are done, counted in `unit`
    - `link`: the address of its result
    - `reason`: if it failed, the key of the page's message, which has places for `values`; the log has the error itself
    """

    id: str
    kind: str
    title: str
    state: State = "waiting"
    step: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    began: str = ""
    ended: str = ""
    reason: str = ""
    values: dict[str, str] = field(default_factory=dict)
    link: str = ""
    results: list[Result] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The task as JSON, for the file and the pages."""
        return asdict(self)


class JobStoppedError(TenkyoError):
    """The teacher has stopped the task."""


class JobProgress:
    """Progress of a task; raises JobStoppedError when the teacher stops it. `tell` is called at each step."""

    def __init__(self, job: Job, stopped: threading.Event, tell: Callable[[], None]) -> None:
        self._job, self._stopped, self._tell = job, stopped, tell

    def start(self, label: str, total: int, unit: str) -> None:
        """A step of `total` units begins."""
        self._job.step, self._job.done, self._job.total, self._job.unit = label, 0, total, unit
        self._told()

    def advance(self, count: int) -> None:
        """`count` more units are done; raises JobStoppedError if the teacher has stopped the task."""
        self._job.done += count
        self._told()

    def finish(self) -> None:
        """The step has ended."""
        self._tell()

    def _told(self) -> None:
        self._tell()
        if self._stopped.is_set():
            raise JobStoppedError("stopped")


Work = Callable[[Job, JobProgress], Sequence[Result]]
Clearing = Callable[[], None]


def _nothing() -> None:
    """The default `clear`: most tasks leave nothing to delete."""


class Jobs:
    """The tasks of one index. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "jobs.json"
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[tuple[Job, Work, Clearing]] = queue.SimpleQueue()
        self._stopped: dict[str, threading.Event] = {}
        self._saved = 0.0
        self._thread: threading.Thread | None = None
        self._jobs = _loaded(self._path)

    def all(self) -> list[dict[str, Any]]:
        """The tasks as JSON, newest first."""
        with self._lock:
            return [job.to_json() for job in self._jobs]

    def on(self, page: str) -> list[dict[str, Any]]:
        """The tasks that a page of the desk shows: those of its kinds, and all that have not ended."""
        kinds = _PAGES.get(page, ())
        return [job for job in self.all() if job["kind"] in kinds or job["state"] not in ENDED]

    def add(self, kind: str, title: str, work: Work, clear: Clearing = _nothing) -> str:
        """Queue a task; returns its id. Raises RefusedError (503) if too many wait.

        `clear` deletes the task's files. It is always called: also if the task is refused, fails or is stopped.
        """
        job = Job(secrets.token_hex(6), kind, title[:200], began=_now())
        with self._lock:
            if sum(queued.state not in ENDED for queued in self._jobs) >= _MOST_WAITING:
                clear()
                said = "too many tasks are waiting: wait until one has ended"
                raise RefusedError(503, "busy", said, 30, reason="tasks_waiting")
            ended = [queued for queued in self._jobs if queued.state in ENDED]
            self._jobs = [job, *(queued for queued in self._jobs if queued.state not in ENDED), *ended[: _KEPT - 1]]
            self._jobs.sort(key=lambda queued: queued.state in ENDED)
            self._stopped[job.id] = threading.Event()
            self._queue.put((job, work, clear))
            if self._thread is None:
                # a daemon thread: Ctrl-C must not wait for a task
                self._thread = threading.Thread(target=self._run, name="tenkyo-teach", daemon=True)
                self._thread.start()
        self._save()
        return job.id

    def stop(self, job_id: str) -> None:
        """Stop a task at its next progress report. The index stays unchanged; works already fetched are kept."""
        event = self._stopped.get(job_id)
        if event is not None:
            event.set()

    def clear(self) -> None:
        """Forget the tasks that have ended."""
        with self._lock:
            self._jobs = [job for job in self._jobs if job.state not in ENDED]
        self._save()

    def _run(self) -> None:
        while True:
            job, work, clear = self._queue.get()
            state = self._carried_out(job, work)
            clear()
            job.ended, job.state = _now(), state
            del self._stopped[job.id]
            self._save()

    def _carried_out(self, job: Job, work: Work) -> State:
        """Run a task; returns its final state. Errors are only logged, as they may name the server's folders."""
        stopped = self._stopped[job.id]
        if stopped.is_set():
            return "stopped"
        job.state = "running"
        try:
            job.results = list(work(job, JobProgress(job, stopped, self._save_now_and_then)))
        except JobStoppedError:
            return "stopped"
        except TenkyoError as error:
            _log.warning("a task of the desk (%s) failed: %s", job.kind, error)
            job.reason, job.values = _words_of(error)
            return "failed"
        except Exception:  # a bug in one task must not end the thread
            _log.exception("a task of the desk failed")
            job.reason = "other"
            return "failed"
        for result in job.results:
            if result.state == "skipped" and result.detail:
                _log.warning("the desk could not take %s: %s", result.name, result.detail)
        return "done"

    def _save_now_and_then(self) -> None:
        if time.monotonic() - self._saved >= _SAVED_EVERY:
            self._save()

    def _save(self) -> None:
        with self._lock:
            self._saved = time.monotonic()
            value = {"jobs": [job.to_json() for job in self._jobs]}
            try:
                with suppress(TenkyoError):  # without the file, tasks are lost only at a restart
                    write_json(self._path, value)
            except Exception:  # nor must a bug here
                _log.exception("the tasks of the desk cannot be stored")


def _words_of(error: TenkyoError) -> tuple[str, dict[str, str]]:
    """The key of an error's message (in [failures] or [reasons] of words/) and the values for it."""
    from ingest.loaders.source import SourceError
    from retriever.index.snapshots import IndexFolderError
    from retriever.store import StoreAwayError

    if isinstance(error, WordedError):
        return error.reason, {name: str(value) for name, value in error.values.items()}
    if isinstance(error, SourceError):
        return error.reason, {}
    if isinstance(error, IndexFolderError):
        return "index", {}
    return ("away" if isinstance(error, StoreAwayError) else "other"), {}


def _loaded(path: Path) -> list[Job]:
    """The stored tasks; those that had not ended when the server stopped become "interrupted"."""
    names = {field.name for field in fields(Job)}
    try:
        rows = (read_json(path) or {"jobs": []})["jobs"]
        jobs = [Job(**{name: value for name, value in row.items() if name in names}) for row in rows]
        for job in jobs:
            job.results = [Result(**result) for result in job.results]  # type: ignore[arg-type]  # as stored
            if job.state not in ENDED:
                job.state = "interrupted"
    except (TenkyoError, KeyError, TypeError, AttributeError):
        return []
    return jobs


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
