"""A small class and a burst against a real server: nobody is refused who should not be, and memory comes back."""

import asyncio

import pytest

from tests.benchmarks.load import memory, run_burst, run_class
from tests.stopwatch import Stopwatch, started_here
from tests.web.conftest import wait_for_chat
from tests.web.serve_process import serving_fake

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("through", ["api", "chat"])
def test_a_class_is_answered_at_once(server: str, through: str) -> None:
    wait_for_chat(server)
    clock = Stopwatch(*started_here()).seconds
    result = asyncio.run(run_class(server, students=8, seconds=3, every=0.75, through=through, clock=clock))
    assert set(result.statuses) == {200}
    assert result.statuses[200] >= 24
    assert result.percentile(0.95) < 1


def test_a_burst_is_answered_or_told_to_wait_and_leaves_no_memory_behind() -> None:
    with serving_fake() as served:
        wait_for_chat(served.address)
        asyncio.run(run_burst(served.address, 20))
        before = memory(served.pid)[0]
        result = asyncio.run(run_burst(served.address, 200))
        assert set(result.statuses) <= {200, 429, 503}
        assert sum(result.statuses.values()) == 200
        asyncio.run(run_class(served.address, students=4, seconds=2, every=0.5))
        assert memory(served.pid)[0] < before * 1.2
