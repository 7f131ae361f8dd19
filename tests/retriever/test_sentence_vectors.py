"""Vectors of single sentences: the best one of each row."""

from pathlib import Path

import numpy as np
import pytest

from retriever.fusion import highest_cosines
from retriever.index.segment_files import load_sentences, write_sentences
from retriever.index.segments import SentenceVectors
from retriever.types import Vectors


@pytest.fixture
def three_rows(tmp_path: Path) -> SentenceVectors:
    """Rows of two, one and three sentences, in two dimensions."""
    rows = [[[1, 0], [0, 1]], [[0.6, 0.8]], [[-1, 0], [0, -1], [0.8, 0.6]]]
    write_sentences(tmp_path / "s", [np.array(row, dtype=np.float32) for row in rows], 2)
    return load_sentences(tmp_path / "s")


def best(single: SentenceVectors, rows: list[int]) -> Vectors:
    """The highest cosine of the first axis and a sentence of each row."""
    vectors, lengths = single.read(np.array(rows, dtype=np.int64))
    return highest_cosines(vectors, np.cumsum(lengths) - lengths, np.array([1, 0], dtype=np.float32))


def test_the_best_sentence_of_each_row_counts(three_rows: SentenceVectors) -> None:
    assert best(three_rows, [0, 1, 2]) == pytest.approx([1, 0.6, 0.8], abs=1e-3)
    assert best(three_rows, [2, 0]) == pytest.approx([0.8, 1], abs=1e-3)


def test_no_rows_have_no_best_sentence(three_rows: SentenceVectors) -> None:
    assert best(three_rows, []).shape == (0,)


def test_rows_come_back_as_16_bit_floats(three_rows: SentenceVectors) -> None:
    vectors, lengths = three_rows.read(np.array([1, 2]))
    assert vectors.dtype == np.float32
    assert vectors[:1] == pytest.approx(np.array([[0.6, 0.8]]), abs=5e-4)
    assert lengths.tolist() == [1, 3]


def test_no_sentences_have_no_vectors(tmp_path: Path) -> None:
    write_sentences(tmp_path / "s", [], 384)
    assert load_sentences(tmp_path / "s").vectors.shape == (0, 384)
