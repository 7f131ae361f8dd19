"""Tokenising from many threads at once gives what one thread gives."""

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from retriever.text import _stemmer, stem, words


@pytest.fixture
def switching_often() -> Iterator[None]:
    """Threads take turns after every few instructions, so that what they share shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching_often")
def test_words_do_not_depend_on_other_threads() -> None:
    generator = random.Random(7)
    endings = ["ing", "ed", "ations", "ness", "fulness", "ies", "ly", "ization", "s", "able"]
    made = ["".join(generator.choices("abcdefghijklmnoprstuvw", k=9)) + generator.choice(endings) for _ in range(1000)]
    stemmer = _stemmer()
    expected = [str(stemmer.stemWord(word)) for word in made]
    stem.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda word: words(word)[0], made, chunksize=25))
    assert [pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]] == []
