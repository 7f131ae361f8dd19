"""How far a run is: a bar with the time left on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress_on_stderr() -> Iterator[Callable[[int, int], None]]:
    """A function to call with (done, total); the first call may tell that some were done before."""
    if sys.stderr.isatty():
        with _bar() as advance:
            yield advance
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    from tqdm import tqdm

    with tqdm(unit="q", dynamic_ncols=True, file=sys.stderr, smoothing=0.1) as bar:

        def advance(done: int, total: int) -> None:
            if bar.total is None:
                bar.total, bar.initial, bar.n = total, done, done
                bar.refresh()
            else:
                bar.update(done - bar.n)

        yield advance


def _lines() -> Callable[[int, int], None]:
    begun = last = time.monotonic()
    first: int | None = None

    def advance(done: int, total: int) -> None:
        nonlocal last, first
        now = time.monotonic()
        if first is None:
            first = done
        if now - last < _SECONDS_BETWEEN_LINES and not (done == total and done > first):
            return
        last = now
        rate = (done - first) / max(now - begun, 1e-9)
        left = f", about {(total - done) / rate:.0f} s left" if rate and done < total else ""
        print(f"evaluate: {done} of {total} questions ({rate:.1f}/s{left})", file=sys.stderr, flush=True)

    return advance
