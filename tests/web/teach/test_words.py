"""The words of the desk: the same in all four languages, none missing, none too many."""

from typing import Any

import pytest

from app.references.states import STATE_WORDS
from app.web.teach.view import words_of


def shape(words: dict[str, Any]) -> dict[str, Any]:
    """The names, and of each text the values that it takes."""
    return {
        name: shape(value) if isinstance(value, dict) else sorted(part.split("}")[0] for part in value.split("{")[1:])
        for name, value in words.items()
    }


@pytest.mark.parametrize("language", ["ja", "zh", "ko"])
def test_every_language_has_the_same_words_with_the_same_values(language: str) -> None:
    assert shape(words_of(language)) == shape(words_of("en"))


def test_every_state_of_a_cited_work_has_words() -> None:
    assert set(STATE_WORDS) == set(words_of("en")["works"])
