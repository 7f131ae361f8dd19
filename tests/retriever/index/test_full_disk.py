"""A disk that fills up while an index is written, merged from its segments, or united with another one."""

import sys
from pathlib import Path

import pytest

from tests.conftest import Mounted


@pytest.mark.parametrize("kind", ["update", "segments", "indexes"])
def test_a_full_disk_is_named_and_the_old_index_stands_wherever_it_strikes(
    kind: str, mounted: Mounted, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.retriever.index.full_disk", kind, str(tmp_path)]
    result = mounted(f"mount -t tmpfs -o size=1m none {tmp_path}", command)
    assert result.returncode == 0, result.stderr
    *failures, last = result.stdout.splitlines()
    assert len(failures) > 10
    assert {line.partition(" ")[2] for line in failures} == {
        f"index {tmp_path}/index: no space left on the disk; free some and run this again"
    }
    assert last.endswith("written")


@pytest.mark.thorough
def test_a_full_disk_of_milvus_lite_is_named_and_no_passage_is_lost(mounted: Mounted, tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    command = [sys.executable, "-m", "tests.retriever.index.full_disk", "milvus-lite", str(tmp_path)]
    result = mounted(f"mount -t tmpfs -o size=4m none {tmp_path}", command)
    assert result.returncode == 0, result.stderr
    *failures, last = result.stdout.splitlines()
    assert len(failures) > 5
    assert {line.rpartition("; ")[2] for line in failures} == {"free some space on its disk and run this again"}
    assert last.endswith("written")
