"""Answering in processes: the same answers, and no question is lost with a process."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import pytest

from app.answering.types import Answer, AskOptions
from app.library import Library, UnknownDocumentError
from app.web.service.processes import AnswerProcesses
from app.web.service.shared_library import SharedLibrary
from ingest.pipeline import ReadDocument, ingest_documents, ingest_read
from retriever.types import StoppedError, TenkyoError, Watch, step, watching
from tests.retriever.letters import NoProgress
from tests.web.conftest import wait_until
from tests.web.fake_library import NOODLES, TEA, FakeLibrary

pytestmark = pytest.mark.slow


class Moody(FakeLibrary):
    """死 ends its process, 一度 does so the first time; 歩 takes a thousand steps; others are answered."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._mark = folder, folder / "has died"

    def warm_up(self) -> None:
        """Takes a moment, and leaves a file of its process."""
        time.sleep(0.5)
        (self._folder / f"warm-{os.getpid()}").touch()

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """As said above."""
        if "死" in question or ("一度" in question and not self._mark.exists()):
            self._mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        for _ in range(1000 if "歩" in question else 1):
            with step("read"):
                threading.Event().wait(0.01)
        return super().ask(question, **options)


def looped(path: Path) -> Any:
    """Opens a file that is a link to itself."""
    return path.read_bytes()


def buggy() -> Any:
    """Opens nothing."""
    raise ValueError("a bug of the opener")


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerProcesses]:
    """Two processes over a library with moods, and two courses that cannot be opened."""
    folder = tmp_path_factory.mktemp("mood")
    loop = folder / "loop"
    loop.symlink_to(loop)
    processes = AnswerProcesses({"looped": partial(looped, loop), "": partial(Moody, folder), "bug": buggy}, 2)
    processes.start()
    yield processes
    processes.close()


def test_each_process_is_warmed_up(processes: AnswerProcesses, tmp_path_factory: pytest.TempPathFactory) -> None:
    processes.warm_up("")
    folders = tmp_path_factory.getbasetemp().glob("mood*")
    warm = {file.name for folder in folders for file in folder.glob("warm-*")}
    assert warm == {f"warm-{process}" for process in processes.ids}


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """No question of this thread waits for ever."""
    end = time.monotonic() + 60
    with watching(Watch(lambda: time.monotonic() > end)):
        yield


class BoundedPool(ThreadPoolExecutor):
    """Threads whose questions end with the test's own."""

    def submit(self, work: Any, /, *arguments: Any, **options: Any) -> "Future[Any]":
        """Runs it under the watch of the thread that submits it."""
        return super().submit(copy_context().run, work, *arguments, **options)


def test_answers_are_those_of_the_library_itself(processes: AnswerProcesses) -> None:
    assert processes.call("", "ask", "そばとラーメン", k=3) == FakeLibrary().ask("そばとラーメン", k=3)
    assert processes.call("", "search", "麺", 2) == FakeLibrary().search("麺", 2)


def test_the_steps_of_an_answer_come_back_with_it(processes: AnswerProcesses) -> None:
    watch = Watch()
    with watching(watch):
        processes.call("", "ask", "そば")
    assert [taken.name for taken in watch.steps] == ["read"]
    assert watch.steps[0].seconds >= 0.01


def test_a_question_whose_process_is_killed_is_answered_by_another(processes: AnswerProcesses) -> None:
    before = set(processes.ids)
    assert processes.call("", "ask", "一度 そば").citations
    wait_until(lambda: len(set(processes.ids) - before) == 1, seconds=20)
    assert len(set(processes.ids) & before) == 1


def test_a_question_that_kills_each_process_is_given_up_and_the_next_is_answered(processes: AnswerProcesses) -> None:
    before = set(processes.ids)
    with pytest.raises(TenkyoError, match="ask again"):
        processes.call("", "ask", "死")
    assert processes.call("", "ask", "そば").citations
    wait_until(lambda: not before & set(processes.ids), seconds=30)  # both are replaced, one after the other


def test_processes_killed_one_after_the_other_fail_no_question(processes: AnswerProcesses) -> None:
    with BoundedPool(4) as pool:
        answers = [pool.submit(processes.call, "", "ask", f"そば {number}") for number in range(60)]
        os.kill(processes.ids[0], signal.SIGKILL)
        assert all(answer.result().citations for answer in answers)


def test_a_stopped_question_ends_before_its_next_step_and_its_process_goes_on(processes: AnswerProcesses) -> None:
    before, stopped = processes.ids, threading.Event()
    watch = Watch(stopped.is_set)

    def ask() -> Any:
        with watching(watch):
            return processes.call("", "ask", "歩く そば")

    with BoundedPool(1) as pool:
        answer = pool.submit(ask)
        stopped.set()
        assert isinstance(answer.exception(8), StoppedError)
    assert processes.call("", "ask", "そば").citations
    assert processes.ids == before


def test_errors_are_raised_where_the_question_was_asked(processes: AnswerProcesses) -> None:
    with pytest.raises(UnknownDocumentError, match="no document 'unknown-document'"):
        processes.call("", "ask", "そば", documents=("unknown-document",))
    with pytest.raises(RuntimeError, match="ValueError: a bug"):
        processes.call("", "ask", "壊れた")


def test_courses_that_cannot_be_opened_raise_and_end_no_process(processes: AnswerProcesses) -> None:
    before = processes.ids
    for course, message in (("looped", "OSError.* Too many levels of symbolic links"), ("bug", "ValueError: a bug of")):
        with pytest.raises(RuntimeError, match=message):
            processes.call(course, "ask", "そば")
    assert processes.call("", "ask", "そば").citations
    assert processes.ids == before


def test_processes_are_busy_while_anybody_asks(processes: AnswerProcesses) -> None:
    asking = threading.Thread(target=processes.call, args=("", "ask", "そば"))
    assert not processes.is_busy
    asking.start()
    wait_until(lambda: processes.is_busy)
    asking.join(20)
    assert not processes.is_busy


def test_processes_that_end_at_once_fail_the_start_each_time() -> None:
    processes = AnswerProcesses({"": partial(os._exit, 3)}, 2)
    for _ in range(2):
        with pytest.raises(TenkyoError, match=r"each answering process ended at once \(exit codes 3, 3\)"):
            processes.start()
    assert processes.ids == []


def test_a_new_snapshot_is_answered_from_by_each_process(tmp_path: Path) -> None:
    ingest_documents(tmp_path, [NOODLES], encoder_name=None, progress=NoProgress())
    shared = SharedLibrary(Library.open(tmp_path), "", AnswerProcesses({"": partial(Library.open, tmp_path)}, 2))
    question = "What temperature should the water for green tea be?"
    with BoundedPool(2) as pool:
        before = list(pool.map(shared.ask, [question, "ラーメンが各地へ広まったのはいつですか"]))
        assert "tea" not in {hit.passage.document_id for hit in before[0].hits}
        running = [pool.submit(shared.ask, f"麺の値段はいくらですか {number}") for number in range(6)]
        ingest_read(tmp_path, [ReadDocument(TEA, "tea")], progress=NoProgress())
        assert all(answer.result().text for answer in running)
        for answer in pool.map(shared.ask, [question] * 4):
            assert "tea" in {hit.passage.document_id for hit in answer.hits}
    shared.close()
