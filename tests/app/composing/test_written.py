"""A model's text is cut into sentences as it comes, however it is cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.composing.written import Writing, WrittenSentence

TEXTS = {
    "after the mark": ("開館は1987年。[1] 館長は戸倉。[2]", [("開館は1987年。", (1,)), ("館長は戸倉。", (2,))]),
    "before the mark": ("It is old [1]. It has 3.5 m [1][2].", [("It is old.", (1,)), ("It has 3.5 m.", (1, 2))]),
    "several in one": ("来館者は4万人だった。[1, 2]", [("来館者は4万人だった。", (1, 2))]),
    "wide brackets": ("来館者は4万人。［3］次も。【4】", [("来館者は4万人。", (3,)), ("次も。", (4,))]),
    "lines and list marks": ("- **開館**した。[1]\n2. 閉じた。[2]\n", [("開館した。", (1,)), ("閉じた。", (2,))]),
    "no mark at the end": ("館長は戸倉である[1]", [("館長は戸倉である", (1,))]),
    "an abbreviation": ("Dr. Calloway built it. [1]", [("Dr. Calloway built it.", (1,))]),
    "thoughts before it": ("<think>\n5万人か。\n</think>\n\n館長は戸倉。[1]", [("館長は戸倉。", (1,))]),
    "thoughts without end": ("<think>来館者は5万人か。違う。", []),
    "nothing but marks": ("。。[1] *** \n\n", []),
}  # fmt: skip


def written(text: str, size: int) -> list[WrittenSentence]:
    """The sentences of a text that comes in pieces of `size` characters."""
    writing = Writing()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return [*(one for piece in pieces for one in writing.add(piece)), *writing.finish()]


@pytest.mark.parametrize(("text", "sentences"), TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_sentences_have_their_citations(text: str, sentences: list[tuple[str, tuple[int, ...]]], size: int) -> None:
    assert [(one.text, one.numbers) for one in written(text, size)] == sentences


def test_half_a_sentence_of_a_text_that_was_cut_off_says_nothing() -> None:
    writing = Writing()
    assert list(writing.add("館長は戸倉である。[1] 来館者は")) == [WrittenSentence("館長は戸倉である。", (1,))]
    assert list(writing.finish(ended=False)) == []


@pytest.mark.parametrize(
    "text", ["図は![x](https://e.example)。", "<b>太字</b>である。", "www.e.exampleにある。", "`code`である。"]
)
def test_markup_and_addresses_are_told(text: str) -> None:
    assert all(one.has_markup for one in written(text, 3))


@given(st.lists(st.sampled_from([*"あA1。!? \n*-#", "[1]", " [2, 3]"]), max_size=30).map("".join), st.integers(1, 9))
def test_the_pieces_in_which_a_text_comes_change_no_letter(text: str, size: int) -> None:
    def letters(sentences: list[WrittenSentence]) -> str:
        return "".join(character for one in sentences for character in one.text if character.isalnum())

    assert letters(written(text, size)) == letters(written(text, 1000))
