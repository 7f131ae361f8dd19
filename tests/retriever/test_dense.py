"""The dense index: exact up to a size, an HNSW graph above."""

from pathlib import Path

import numpy as np
import pytest

from retriever.index import segment_files as stored
from retriever.types import Vectors


def unit(rows: int, dimension: int, seed: int) -> Vectors:
    """Random unit vectors of shape (rows, dimension)."""
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def test_exact_search_is_the_inner_product(tmp_path: Path) -> None:
    vectors = unit(50, 8, seed=1)
    assert stored.write_vectors(tmp_path / "x.faiss", vectors) == "flat"
    index = stored.load_vectors(tmp_path / "x.faiss")
    wanted = unit(1, 8, seed=2)[0]
    rows, scores = index.nearest(wanted, 7)
    cosines = vectors @ wanted
    assert rows.tolist() == np.argsort(-cosines)[:7].tolist()
    assert scores == pytest.approx(np.sort(cosines)[::-1][:7], abs=1e-6)
    rows = np.array([3, 0, 49])
    assert index.vectors(rows) == pytest.approx(vectors[rows])


@pytest.mark.parametrize("exact_passages", [50, 0])
def test_only_live_rows_are_found(tmp_path: Path, exact_passages: int) -> None:
    vectors = unit(50, 8, seed=1)
    stored.write_vectors(tmp_path / "x.faiss", vectors, exact_passages=exact_passages)
    live = np.arange(50) % 2 == 0
    rows, _ = stored.load_vectors(tmp_path / "x.faiss").nearest(vectors[3], 5, live)
    assert rows.tolist() == [row for row in np.argsort(-(vectors @ vectors[3])).tolist() if live[row]][:5]


def test_rows_of_equal_score_come_by_their_number_and_k_may_be_larger_than_the_index(tmp_path: Path) -> None:
    vectors = np.array([[0, 1], [1, 0], [0, 1]], dtype=np.float32)
    stored.write_vectors(tmp_path / "x.faiss", vectors)
    rows, scores = stored.load_vectors(tmp_path / "x.faiss").nearest(np.array([0, 1], dtype=np.float32), 100)
    assert rows.tolist() == [0, 2, 1]
    assert scores.tolist() == [1, 1, 0]


def test_above_the_threshold_a_graph_finds_nearly_what_exact_search_finds(tmp_path: Path) -> None:
    vectors = unit(3000, 32, seed=3)
    assert stored.write_vectors(tmp_path / "exact.faiss", vectors) == "flat"
    assert stored.write_vectors(tmp_path / "graph.faiss", vectors, exact_passages=2999) == "hnsw"
    exact, graph = stored.load_vectors(tmp_path / "exact.faiss"), stored.load_vectors(tmp_path / "graph.faiss")
    shared = 0
    for wanted in unit(50, 32, seed=4):
        best, _ = exact.nearest(wanted, 10)
        near, scores = graph.nearest(wanted, 10)
        shared += len(set(best.tolist()) & set(near.tolist()))
        assert (np.diff(scores) <= 0).all()
        assert scores[0] == pytest.approx(vectors[near[0]] @ wanted, abs=1e-5)
    assert shared / 500 >= 0.97
    assert graph.vectors(np.array([7])) == pytest.approx(vectors[[7]])


def test_vectors_stay_on_disk_until_they_are_read(tmp_path: Path) -> None:
    stored.write_vectors(tmp_path / "x.faiss", unit(20_000, 64, seed=5))
    size = (tmp_path / "x.faiss").stat().st_size

    def resident() -> int:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))

    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc to read the memory in use from")
    stored.load_vectors(tmp_path / "x.faiss")
    before = resident()
    index = stored.load_vectors(tmp_path / "x.faiss")
    assert resident() - before < size / 4
    assert index.vectors(np.array([19_999])).shape == (1, 64)


def test_a_place_that_cannot_be_written_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="x"):
        stored.write_vectors(tmp_path / "no" / "x.faiss", unit(2, 4, seed=6))
