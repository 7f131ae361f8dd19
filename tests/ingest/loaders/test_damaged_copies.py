"""Whatever is wrong with a file, it is read or refused with a reason: `tests.benchmarks.damaged_copies` tries more."""

import random
from pathlib import Path

import pytest

from ingest.loaders import SourceError, load
from tests.ingest.loaders import made_office
from tests.ingest.loaders.damage import LIMITS, damaged, fault_of, sources

SUFFIXES = (".pdf", ".html", ".docx", ".csv", ".xlsx", ".pptx", ".epub", ".jsonl", ".md", ".txt")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_copies_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    data = sources(tmp_path)[suffix].read_bytes()
    chance = random.Random(suffix)
    for number in range(5):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(damaged(data, suffix, chance))
        assert fault_of(path) == ""


def test_a_damaged_archive_is_reported_without_its_bytes(tmp_path: Path) -> None:
    path = made_office.book(tmp_path / "a.xlsx")
    data = bytearray(path.read_bytes())
    header = data.rindex(b"PK\x03\x04", 0, data.index(b"xl/worksheets/sheet1.xml"))
    data[header + 26] += 60  # the length of the part's name: bytes of the part are taken for its name
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        load(path, limits=LIMITS)
    assert "\\x" not in str(caught.value)
    assert len(str(caught.value)) < 200
