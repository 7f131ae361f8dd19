"""Reading numpy's files: from many threads at once, which Python 3.11 cannot do by itself."""

import gc
import io
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retriever.files import load_array, load_arrays

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def _threads_that_change_while_parsing() -> Iterator[None]:
    """Let other threads run at each garbage collection, and collect garbage at nearly every allocation."""

    def give_way(_phase: str, _told: dict[str, int]) -> None:
        time.sleep(1e-5)

    before = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(1, 1, 1)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("_threads_that_change_while_parsing")
def test_many_threads_read_headers_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.arange(6).reshape(2, 3))
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda _: load_array(path).tolist(), range(200)))
    assert read == [[[0, 1, 2], [3, 4, 5]]] * 200


def test_a_mapped_array_stays_on_disk(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(3))
    assert isinstance(load_array(tmp_path / "x.npy", mapped=True).base, np.memmap)
    assert not isinstance(load_array(tmp_path / "x.npy").base, np.memmap)


def test_all_arrays_of_an_archive_come_by_name() -> None:
    file = io.BytesIO()
    np.savez(file, one=np.arange(2), two=np.ones(1))
    file.seek(0)
    assert {name: array.tolist() for name, array in load_arrays(file).items()} == {"one": [0, 1], "two": [1.0]}


def test_nothing_that_ships_reads_arrays_elsewhere() -> None:
    packages = (path for name in ("app", "corpus", "ingest", "retriever") for path in (ROOT / name).rglob("*.py"))
    reading = [
        path.relative_to(ROOT).as_posix()
        for path in packages
        if re.search(r"\bnp\.load\(", path.read_text(encoding="utf-8")) and "training" not in path.parts
    ]
    assert reading == ["retriever/files.py"]
