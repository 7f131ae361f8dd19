"""Progress that is noted instead of shown."""

from collections.abc import Callable


class NotedProgress:
    """Keeps what it is told; calls `on_advance` with the number done."""

    def __init__(self, on_advance: Callable[[int], None] = lambda _done: None) -> None:
        self.total = self.done = 0
        self.finished = False
        self._on_advance = on_advance

    def start(self, _label: str, total: int, _unit: str) -> None:
        """A piece of work begins."""
        self.total, self.done = total, 0

    def advance(self, count: int) -> None:
        """`count` more are done."""
        self.done += count
        self._on_advance(self.done)

    def finish(self) -> None:
        """The work has ended."""
        self.finished = True
