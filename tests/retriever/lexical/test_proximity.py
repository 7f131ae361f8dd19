"""What a passage holds of a query, and what it holds of it close together."""

from pathlib import Path

import numpy as np
import pytest

from retriever.lexical.bm25 import REACH, Bm25, term_overlap
from tests.retriever.letters import lexical_index

FAR = ["x"] * REACH
ROWS = [
    ["salt", "wind", "sand"],
    ["salt", *FAR, "wind", "sand"],
    ["sea"],
    ["salt", "salt", *FAR[:-2], "wind"],
]
ALL = np.arange(len(ROWS))


@pytest.fixture
def lexical(tmp_path: Path) -> Bm25:
    """Four passages of made words."""
    return lexical_index(tmp_path / "words", ROWS, str.split, 10)


def idf(held: int) -> float:
    """Lucene's idf of a token that `held` of the four rows hold."""
    return float(np.log1p((len(ROWS) - held + 0.5) / (held + 0.5)))


def test_words_that_stand_together_count_more_than_the_same_words_apart(lexical: Bm25) -> None:
    whole, close = term_overlap(lexical, ["salt", "wind", "sand"], ALL)
    total = 2 * idf(3) + idf(2)
    assert whole == pytest.approx([1, 1, 0, 2 * idf(3) / total])
    assert close == pytest.approx([1, (idf(3) + idf(2)) / total, 0, 2 * idf(3) / total])


def test_a_word_that_no_passage_holds_lowers_every_share(lexical: Bm25) -> None:
    whole, close = term_overlap(lexical, ["sea", "unicorn"], ALL)
    assert whole[2] == close[2] == pytest.approx(idf(1) / (idf(1) + idf(0)))


def test_a_word_said_twice_counts_once(lexical: Bm25) -> None:
    once, twice = term_overlap(lexical, ["salt", "sea"], ALL), term_overlap(lexical, ["salt", "sea", "salt"], ALL)
    assert [one.tolist() for one in once] == [one.tolist() for one in twice]


@pytest.mark.parametrize("tokens", [[], ["unicorn"]])
def test_nothing_known_is_nothing_held(lexical: Bm25, tokens: list[str]) -> None:
    assert [shares.tolist() for shares in term_overlap(lexical, tokens, ALL)] == [[0.0] * 4] * 2


def test_rows_come_in_the_order_asked_for(lexical: Bm25) -> None:
    whole, _ = term_overlap(lexical, ["sea"], np.array([2, 0]))
    assert whole.tolist() == [1.0, 0.0]


def test_an_index_without_words_holds_nothing(tmp_path: Path) -> None:
    whole, close = term_overlap(lexical_index(tmp_path / "words", [[], []], str.split, 10), ["salt"], np.array([0, 1]))
    assert whole.tolist() == close.tolist() == [0.0, 0.0]
