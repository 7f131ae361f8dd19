"""BM25, checked against its formula on a corpus that fits on paper."""

import math
from pathlib import Path

import numpy as np
import pytest

from retriever.lexical.bm25 import Bm25
from retriever.lexical.postings import best_rows, hash_tokens
from retriever.types import Vectors
from tests.retriever.letters import lexical_index

CORPUS = ["salt sand salt", "sand sea", "sea wind sky bird sun", ""]
K1, B, USUAL = 0.9, 0.4, 2.5  # as in retriever/lexical/postings.py; tokens of an ordinary passage here


def split(text: str) -> list[str]:
    """Words by white space."""
    return text.split()


def index_of(folder: Path, *texts: str) -> Bm25:
    """The index of passages split by white space."""
    return lexical_index(folder, [split(text) for text in texts], split, USUAL)


def scores(lexical: Bm25, text: str) -> Vectors:
    """The score of every row."""
    return lexical.scores(text, np.arange(lexical.count))


def retrieve(lexical: Bm25, text: str, k: int) -> list[int]:
    """The first `k` rows, ascending."""
    return sorted(lexical.first(text, k).tolist())


@pytest.fixture
def four(tmp_path: Path) -> Bm25:
    """The index of the corpus."""
    return index_of(tmp_path / "words", *CORPUS)


def idf(holding: int) -> float:
    """Lucene's idf of a token that `holding` of the four passages hold."""
    return math.log(1 + (4 - holding + 0.5) / (holding + 0.5))


def saturated(frequency: int, length: int) -> float:
    """The weight in [0, 1) of a token that stands `frequency` times in a passage of `length` tokens."""
    return frequency / (frequency + K1 * (1 - B + B * length / USUAL))


def test_a_score_is_the_share_of_the_querys_weight_that_the_passage_holds(four: Bm25) -> None:
    total = idf(1) + idf(2)
    assert scores(four, "salt sand") == pytest.approx(
        [
            (idf(1) * saturated(2, 3) + idf(2) * saturated(1, 3)) / total,
            idf(2) * saturated(1, 2) / total,
            0,
            0,
        ],
        rel=1e-5,
    )


def test_words_that_no_passage_holds_lower_the_share(four: Bm25) -> None:
    expected = idf(1) * saturated(1, 5) / (idf(1) + 2 * idf(0))
    assert scores(four, "wind unicorn dragon")[2] == pytest.approx(expected, rel=1e-5)
    assert four.idf(["wind", "sand", "unicorn"]) == pytest.approx([idf(1), idf(2), idf(0)])


def test_a_word_said_twice_counts_once(four: Bm25) -> None:
    assert scores(four, "salt salt sand") == pytest.approx(scores(four, "sand salt"))


def test_of_rows_with_equal_scores_the_lowest_are_taken(tmp_path: Path) -> None:
    same = index_of(tmp_path / "words", "salt", "sand", "salt", "salt sea")
    assert retrieve(same, "salt", 10) == [0, 2, 3]
    of_rows = scores(same, "salt")
    assert of_rows[0] == of_rows[2] > of_rows[3] > of_rows[1] == 0
    assert retrieve(same, "salt", 1) == [0]
    assert retrieve(same, "salt", 2) == [0, 2]


def test_the_first_rows_are_the_best_and_of_equal_ones_the_lowest() -> None:
    of_rows = np.array([0, 3, 1, 3, 2, 2, 2], dtype=np.float32)
    assert [sorted(best_rows(of_rows, k).tolist()) for k in (1, 3, 4, 9)] == [
        [1],
        [1, 3, 4],
        [1, 3, 4, 5],
        [1, 2, 3, 4, 5, 6],
    ]


@pytest.mark.parametrize("text", ["", "unicorn", "  "])
def test_a_query_without_known_words_finds_nothing(four: Bm25, text: str) -> None:
    assert retrieve(four, text, 5) == []
    assert scores(four, text).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_an_index_without_words_finds_nothing(tmp_path: Path, texts: list[str]) -> None:
    empty = index_of(tmp_path / "words", *texts)
    assert retrieve(empty, "salt", 5) == []
    assert scores(empty, "salt").shape == (len(texts),)
    assert empty.idf(["salt"]).shape == (1,)


def test_tokens_of_a_row_come_back_in_order(four: Bm25) -> None:
    flat, lengths = four.postings.tokens(np.array([2, 3, 0]))
    assert flat.tolist() == hash_tokens(split(f"{CORPUS[2]} {CORPUS[0]}")).tolist()
    assert lengths.tolist() == [5, 0, 3]


def test_hashes_of_tokens_are_the_same_in_every_process() -> None:
    assert hash_tokens(["茶", "tea"]).tolist() == [7140592542776806452, 10431608578837538234]
