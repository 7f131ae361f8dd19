"""Vectors of single sentences: the best one of each row."""

from pathlib import Path

import numpy as np
import pytest

from retriever import fusion
from retriever.fusion import SentenceVectors


@pytest.fixture
def three_rows(tmp_path: Path) -> SentenceVectors:
    """Rows of two, one and three sentences, in two dimensions."""
    rows = [[[1, 0], [0, 1]], [[0.6, 0.8]], [[-1, 0], [0, -1], [0.8, 0.6]]]
    fusion.write_sentences(tmp_path / "s", [np.array(row, dtype=np.float32) for row in rows], 2)
    return fusion.load_sentences(tmp_path / "s")


def test_the_best_sentence_of_each_row_counts(three_rows: SentenceVectors) -> None:
    query = np.array([1, 0], dtype=np.float32)
    assert three_rows.best(query, np.array([0, 1, 2])) == pytest.approx([1, 0.6, 0.8], abs=1e-3)
    assert three_rows.best(query, np.array([2, 0])) == pytest.approx([0.8, 1], abs=1e-3)


def test_no_rows_have_no_best_sentence(three_rows: SentenceVectors) -> None:
    none = np.zeros(0, dtype=np.int64)
    assert three_rows.best(np.array([1, 0], dtype=np.float32), none).shape == (0,)
    assert three_rows.gather(none)[1].shape == (0,)


def test_rows_come_back_as_16_bit_floats(three_rows: SentenceVectors) -> None:
    assert three_rows.of(1).dtype == np.float32
    assert three_rows.of(1) == pytest.approx(np.array([[0.6, 0.8]]), abs=5e-4)
    assert three_rows.of(2).shape == (3, 2)


def test_an_index_without_passages_has_no_vectors(tmp_path: Path) -> None:
    fusion.write_sentences(tmp_path / "s", [], 384)
    assert fusion.load_sentences(tmp_path / "s").vectors.shape == (0, 384)
