"""Worker processes that read files and encode texts, so that one ingest uses many processors."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from retriever.types import Encoder, TenkyoError, Vectors

Task = TypeVar("Task")
Result = TypeVar("Result")
# Tasks submitted ahead of the one whose result is awaited, for each process; their results wait in memory.
_AHEAD = 2
_encoder: Encoder | None = None  # of a worker process


class Processes:
    """`count` worker processes, as a context manager that ends them.

    A process ends by itself if this one is killed.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._executor: ProcessPoolExecutor | None = None
        self._stop: Connection | None = None

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")  # a fork would inherit the threads' locks of the encoder
        stopped, self._stop = context.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(self.count, context, _begin, (stopped,))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._executor is None or self._stop is None:
            return
        if error is not None:
            self._stop.close()  # a task that is under way is not waited for
        self._executor.shutdown(cancel_futures=True)
        self._stop.close()

    def map(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results of `work`, in the order of the tasks; a few tasks are begun before their results are taken.

        `work` is a function of a module (or a partial of one), tasks and results can be pickled. Raises TenkyoError if
        a process ends in a task.
        """
        if self._executor is None:
            raise RuntimeError("the processes are not running")
        waiting: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                waiting.append(self._executor.submit(work, task))
                if len(waiting) > _AHEAD * self.count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise TenkyoError(
                "a worker process ended in its task (the system may be out of memory); run this again, it goes on from "
                "here, with fewer --workers or without"
            ) from error

    def encoder(self, encoder: Encoder) -> Encoder:
        """The same encoder, whose passages are encoded in the processes."""
        return _Encoder(encoder, self)


class _Encoder:
    """An encoder by worker processes; each opens its own when the first text comes."""

    def __init__(self, encoder: Encoder, processes: Processes) -> None:
        self.name, self.dimension = encoder.name, encoder.dimension
        self._encoder, self._processes = encoder, processes

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of queries, shape (len(texts), dimension)."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension)."""
        vectors = self._processes.map(_encode, [(self.name, text) for text in texts])
        return np.array(list(vectors), dtype=np.float32).reshape(-1, self.dimension)


def _encode(task: tuple[str, str]) -> Vectors:
    """In a worker process: the vector of one text. The engine gives one text one thread."""
    from retriever.encoder import open_encoder

    global _encoder  # noqa: PLW0603 - a process keeps its encoder from one task to the next
    name, text = task
    if _encoder is None:
        _encoder = open_encoder(name)
    vector: Vectors = _encoder.encode_passages([text])[0]
    return vector


def _begin(stopped: Connection) -> None:
    """In a worker process: leave Ctrl-C to the parent process, and exit when the parent ends or says so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    awaited: list[Connection | int] = [stopped, *([int(parent.sentinel)] if parent else [])]

    def end() -> None:
        wait(awaited)
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
