"""Normalisation, language and tokens of queries and passages."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.text import character_pairs, content_words, fold, japanese_forms, words, written_alike


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ　１２３", "abc 123"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("⽇⽶", "日米"),
        ("1,234,567円", "1234567円"),
        ("3,14 and 1,2345", "3,14 and 1,2345"),
        ("①㌔", "1キロ"),
    ],
)
def test_writings_of_one_thing_fold_to_one(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_japanese_words_are_in_their_normalised_form_without_particles() -> None:
    assert words("打込みを行った") == words("打ち込みを行なう")
    assert "は" not in words("関税は税である")
    assert words("附属の図書館") == words("付属の図書館")


def test_english_words_are_stems_without_function_words() -> None:
    assert words("The towers were built by engineers") == words("tower built engineer")
    assert words("What is the lamp's oil?") == ["lamp", "oil"]


def test_latin_words_inside_japanese_text_are_words() -> None:
    assert words("GDPは3.5%増えたGoogle社")[0] == "gdp"
    assert "3.5%" in words("GDPは3.5%増えたGoogle社")
    assert "googl" in words("GDPは3.5%増えたGoogle社")


def test_numbers_are_found_however_they_are_written() -> None:
    assert words("１，２００円") == words("1200円")
    assert character_pairs("1,200") == character_pairs("1200") == ["1200"]


def test_pairs_do_not_cross_what_stands_between() -> None:
    assert character_pairs("日米関係") == ["日米", "米関", "関係"]
    assert character_pairs("日本、米国") == ["日本", "米国"]
    assert character_pairs("茶") == ["茶"]
    assert character_pairs("EU加盟") == ["eu", "加盟"]


def test_chinese_questions_share_words_with_japanese_text() -> None:
    assert japanese_forms("钓鱼岛") == "釣魚島"
    assert set(character_pairs("关税政策是什么")) & set(character_pairs("関税政策"))


@pytest.mark.parametrize("text", ["", " \n", "、。！", "　"])
def test_nothing_has_no_tokens(text: str) -> None:
    assert words(text) == []
    assert character_pairs(text) == []


def test_texts_longer_than_sudachi_takes_are_tokenised() -> None:
    found = words("鯨油。" * 20_000).count(words("鯨油")[0])
    assert 19_990 <= found <= 20_000  # a word on the border of two pieces is lost


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_has_tokens_and_they_do_not_change_when_folded_again(text: str) -> None:
    assert all(token.strip() for token in character_pairs(text))
    assert fold(fold(text)) == fold(fold(fold(text)))
    assert isinstance(words(text), list)


def test_threads_tokenise_as_one_does() -> None:
    texts = [f"第{number}代の館長が{number}年に着任した" for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(words, texts)) == [words(text) for text in texts]


@pytest.mark.parametrize(
    ("question", "alike"),
    [
        ("How much of its GDP did NATO ask for in 2025?", ["gdp", "nato", "2025"]),
        ("IEEPAは何という法律か", ["ieepa"]),
        ("盖洛普2024年的调查", ["2024"]),
        ("Who is the president?", []),
        ("館長は誰か", []),
    ],
)
def test_numbers_and_abbreviations_are_written_alike_in_every_language(question: str, alike: list[str]) -> None:
    assert written_alike(question) == alike


def test_korean_words_are_told_without_what_is_joined_to_them() -> None:
    assert words("전통 시장의 방문객은 늘었다") == ["전통", "시장", "방문객", "늘었다"]
    assert content_words("시장은 언제 열리나요?") == ["시장", "열리나요"]
    assert words("소금") == ["소금"]


def test_an_asking_word_with_its_counter_is_no_content() -> None:
    assert content_words("職員は何人か") == ["職員"]
    assert content_words("大会は何回開かれたか") == content_words("大会は開かれたか")


@pytest.mark.parametrize(
    ("request_for", "subject"),
    [
        ("灯台の課題をすべて挙げてください", ["灯台", "課題"]),
        ("課題を2つ答えよ", ["課題"]),
        ("List all the problems", ["problem"]),
        ("등대의 과제를 모두 나열하시오", ["등대", "과제"]),
        ("挙げられた課題は何か", ["上げる", "課題"]),
        ("教えを広めたのは誰か", ["教え", "広める"]),
    ],
)
def test_a_request_to_name_things_is_no_content(request_for: str, subject: list[str]) -> None:
    assert content_words(request_for) == subject
