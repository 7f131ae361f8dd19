"""Where sentences end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text import ends_sentence, sentence_spans, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("朝が来た。鳥が鳴く。", ["朝が来た。", "鳥が鳴く。"]),
        ("「朝が来た。鳥が鳴く」と彼は言った。次の日だ。", ["「朝が来た。鳥が鳴く」と彼は言った。", "次の日だ。"]),
        ("本当か？ はい！", ["本当か？", "はい！"]),
        (
            "He met Dr. Smith in the U.S. Senate. Then he left.",
            ["He met Dr. Smith in the U.S. Senate.", "Then he left."],
        ),
        ("It grew by 3.5 points. See Fig. 2 for more.", ["It grew by 3.5 points.", "See Fig. 2 for more."]),
        ("1．初めに述べる。", ["1．初めに述べる。"]),
        ("一行目\n二行目", ["一行目", "二行目"]),
        ("灯塔很高。它在海边。", ["灯塔很高。", "它在海边。"]),
    ],
)
def test_text_is_divided_where_its_sentences_end(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_a_bracket_that_is_never_closed_does_not_swallow_the_text() -> None:
    assert len(split_sentences("彼は（笑った。" + "朝が来た。" * 60)) > 30


@given(st.text(alphabet="あ漢a .。「」（)!\n", max_size=60))
def test_sentences_hold_every_character_but_the_white_space_between_them(text: str) -> None:
    kept = "".join(text[start:end] for start, end in sentence_spans(text))
    assert "".join(kept.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "ends"), [("終わり。", True), ("終わり」", False), ("そして、", False), ("The end.”", True)]
)
def test_a_cut_paragraph_is_told_from_a_whole_one(text: str, ends: bool) -> None:
    assert ends_sentence(text) is ends
