"""Whatever is wrong with a file, it is read or refused with a reason: `tests.benchmarks.damaged_copies` tries more."""

import random
from pathlib import Path

import pytest

from tests.ingest.loaders.damage import damaged, fault_of, sources

SUFFIXES = (".pdf", ".html", ".docx", ".csv", ".xlsx", ".pptx", ".epub", ".jsonl", ".md", ".txt")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_copies_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    data = sources(tmp_path)[suffix].read_bytes()
    chance = random.Random(suffix)
    for number in range(5):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(damaged(data, suffix, chance))
        assert fault_of(path) == ""
