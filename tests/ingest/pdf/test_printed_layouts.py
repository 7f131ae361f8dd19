"""Two of the layouts of `tests.benchmarks.printed_documents`, printed by Chromium and read without a fault."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.printed import letters, reports
from tests.benchmarks.printed.made import Made
from tests.benchmarks.printed_documents import printed, report


@pytest.mark.parametrize("layout", [letters.notice, reports.slides])
def test_a_printed_layout_is_read_as_it_was_written(layout: Callable[[int], Made], tmp_path: Path) -> None:
    """Title, sentences, headings and rows of tables: `report` adds a line for each fault."""
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    made = layout(1)
    _, *faults = report(made, printed(made, tmp_path))
    assert faults == []
