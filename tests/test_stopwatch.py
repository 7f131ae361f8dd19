"""The stopwatch shows what a sleep takes, and what work takes by itself."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.stopwatch import Stopwatch, started_here, waited
from tests.web.conftest import wait_until

SPIN = "import time\nwhile time.process_time() < 0.6: pass"


def test_sleep_counts_in_full() -> None:
    watch = Stopwatch()
    time.sleep(0.2)
    assert watch.seconds() == pytest.approx(0.2, abs=0.1)


def test_work_counts_with_the_time_that_it_takes_alone() -> None:
    watch, begun = Stopwatch(), time.process_time()
    while time.process_time() - begun < 0.3:
        pass
    assert watch.seconds() == pytest.approx(0.3, abs=0.15)


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this system does not tell who waits")  # noqa: PTH110
def test_processes_that_crowd_one_processor_wait_for_it() -> None:
    processor = sorted(os.sched_getaffinity(0))[:1]
    begun = time.monotonic()
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", f"import os\nos.sched_setaffinity(0, {processor})\n{SPIN}\ninput()"], stdin=-1
        )
        for _ in range(2)
    ]
    time.sleep(0.1)
    while time.monotonic() - begun < 60 and not any(waited(each.pid) > 0.2 for each in crowd):
        time.sleep(0.05)
    waits = [waited(each.pid) for each in crowd]
    for each in crowd:
        each.communicate(b"\n", timeout=60)
    assert max(waits) > 0.2
    assert waited(crowd[0].pid) == 0, "a process that has ended"


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system has no /proc")  # noqa: PTH110
def test_what_was_started_here_is_known_with_what_that_has_started() -> None:
    before = set(started_here())
    inner = "import subprocess; subprocess.run(['sleep', '60'])"
    with subprocess.Popen([sys.executable, "-c", inner]) as outer:
        wait_until(lambda: len(started_here()) == len(before) + 2)
        (sleeping,) = set(started_here()) - before - {outer.pid}
        os.kill(sleeping, signal.SIGKILL)
    assert set(started_here()) == before


def test_what_never_comes_is_waited_for_in_vain() -> None:
    with pytest.raises(AssertionError, match="waited in vain"):
        wait_until(lambda: False, seconds=0.2)
