"""BM25, checked against its formula on a corpus that fits on paper."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retriever.lexical import bm25
from retriever.lexical.bm25 import Bm25
from retriever.types import Query

CORPUS = ["salt sand salt", "sand sea", "sea wind sky bird sun", ""]
K1, B = 0.9, 0.4  # as in retriever/bm25.py


def split(text: str) -> list[str]:
    """Words by white space."""
    return text.split()


def index_of(folder: Path, *texts: str) -> Bm25:
    """The index of passages split by white space."""
    bm25.write(folder, [bm25.hash_tokens(split(text)) for text in texts])
    return bm25.load(folder, split)


@pytest.fixture
def four(tmp_path: Path) -> Bm25:
    """The index of the corpus."""
    return index_of(tmp_path / "words", *CORPUS)


def query(text: str) -> Query:
    """A query; the lexical side does not look at its vector."""
    return Query(text, "en", np.zeros(2, np.float32))


def idf(holding: int) -> float:
    """Lucene's idf of a token that `holding` of the four passages hold."""
    return math.log(1 + (4 - holding + 0.5) / (holding + 0.5))


def saturated(frequency: int, length: int) -> float:
    """The weight in [0, 1) of a token that stands `frequency` times in a passage of `length` tokens."""
    return frequency / (frequency + K1 * (1 - B + B * length / (10 / 4)))


def test_a_score_is_the_share_of_the_querys_weight_that_the_passage_holds(four: Bm25) -> None:
    total = idf(1) + idf(2)
    assert four.scores("salt sand") == pytest.approx(
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
    assert four.scores("wind unicorn dragon")[2] == pytest.approx(expected, rel=1e-5)
    assert four.idf(["wind", "sand", "unicorn"]) == pytest.approx([idf(1), idf(2), idf(0)])


def test_a_word_said_twice_counts_once(four: Bm25) -> None:
    assert four.scores("salt salt sand") == pytest.approx(four.scores("sand salt"))


def test_hits_come_by_score_and_then_by_row(tmp_path: Path) -> None:
    same = index_of(tmp_path / "words", "salt", "sand", "salt", "salt sea")
    run = same.retrieve(query("salt"), 10)
    assert run.rows.tolist() == [0, 2, 3]
    assert run.scores[0] == run.scores[1] > run.scores[2] > 0
    assert same.retrieve(query("salt"), 1).rows.tolist() in ([0], [2])


@pytest.mark.parametrize("text", ["", "unicorn", "  "])
def test_a_query_without_known_words_finds_nothing(four: Bm25, text: str) -> None:
    assert four.retrieve(query(text), 5).rows.tolist() == []
    assert four.scores(text).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_an_index_without_words_finds_nothing(tmp_path: Path, texts: list[str]) -> None:
    empty = index_of(tmp_path / "words", *texts)
    assert empty.retrieve(query("salt"), 5).rows.tolist() == []
    assert empty.scores("salt").shape == (len(texts),)
    assert empty.idf(["salt"]).shape == (1,)


def test_tokens_of_a_row_come_back_in_order(four: Bm25) -> None:
    for row, text in enumerate(CORPUS):
        assert four.row_tokens(row).tolist() == bm25.hash_tokens(split(text)).tolist()


def test_hashes_of_tokens_are_the_same_in_every_process() -> None:
    assert bm25.hash_tokens(["茶", "tea"]).tolist() == [7140592542776806452, 10431608578837538234]


def test_writing_says_nothing_on_the_log(tmp_path: Path) -> None:
    code = (
        "import logging, sys; from pathlib import Path; from retriever.lexical import bm25; "
        "logging.getLogger().addHandler(logging.StreamHandler()); "  # as `tenkyo serve` does
        "bm25.write(Path(sys.argv[1]), [bm25.hash_tokens(['salt', 'sand'])])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "words")], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
