"""Checks of a composed sentence against a source in another language."""

import pytest

from app.answering.statements.meanings import opposed
from app.answering.statements.statement import figures, stance
from app.composing.check.across import lacking_latin, spoken_of, swapped_across
from app.composing.check.agreement import (
    claimed_figures,
    contradiction,
    lacking_figure,
    lacks_side,
    without_number_words,
)
from app.composing.check.names import lacks_name, source_of

SHARES = "農民の46%が賛成し、教師の43%が反対した。"


@pytest.mark.parametrize(
    ("sentence", "swapped"),
    [
        ("46% of the farmers agreed and 43% of the teachers objected.", ""),
        ("43% of the farmers agreed and 46% of the teachers objected.", "43"),
        ("43% of the teachers objected, while 46% of the farmers agreed.", ""),
    ],
)
def test_a_swapped_figure_is_found_by_the_words_around_it(sentence: str, swapped: str) -> None:
    assert swapped_across(sentence, "en", SHARES, "ja") == swapped


def test_a_swapped_figure_is_found_in_a_japanese_sentence() -> None:
    source = "The museum has 31 paintings and 12 statues."
    assert not swapped_across("博物館には絵画が31点、彫像が12点ある。", "ja", source, "en")
    assert swapped_across("博物館には絵画が12点、彫像が31点ある。", "ja", source, "en") == "12"


def test_parts_of_a_date_are_not_swapped() -> None:
    assert not swapped_across("The line closed on 31 March 1987.", "en", "1987年3月31日に廃止された。", "ja")


@pytest.mark.parametrize(
    ("english", "japanese", "word"),
    [
        ("The number of visitors increased.", "来館者数は減少した。", "increased"),
        ("The number of visitors decreased.", "来館者数は減少した。", ""),
        ("Exports grew while imports fell.", "輸出は伸び、輸入は減った。", ""),
        ("The tower is the oldest one.", "塔は最も新しい。", "oldest"),
    ],
)
def test_a_word_in_the_place_of_its_antonym_is_found(english: str, japanese: str, word: str) -> None:
    assert opposed(english, japanese) == word


def test_a_translation_may_add_the_plain_word_of_opposites_but_not_the_marked_one() -> None:
    assert not lacks_side("Visitors paid more.", "en", "来館者は料金を払った。", "ja")
    assert lacks_side("Visitors paid less.", "en", "来館者は料金を払った。", "ja") == "less"


def test_latin_words_of_a_japanese_sentence_must_be_in_its_english_source() -> None:
    assert lacking_latin("設定はexim4で行う。", "Configure it with postfix.") == "exim"
    assert not lacking_latin("設定はpostfixで行う。", "Configure it with Postfix.")
    assert lacking_latin("ブートareを使う。", "Use the software.") == "are"
    assert not lacking_latin("Wi-FiとCD-ROMでpreseedする。", "Preseeding by WiFi and by several cdroms.")


def test_a_compound_name_is_found_by_its_capitalised_part() -> None:
    source = source_of("FATフォーマットの媒体を使う。", "ja", "en")
    assert not lacks_name("Use a FAT-formatted medium.", "en", [source])
    assert lacks_name("Use an NTFS-formatted medium.", "en", [source]) == "NTFS-formatted"


def test_a_year_of_an_english_text_is_not_a_number_of_months_or_people() -> None:
    year = figures("It was founded in 1984.")
    assert not lacking_figure(figures("1984年に設立された。"), year)
    assert lacking_figure(figures("1984か月で設立された。"), year)


def test_one_with_a_counting_word_may_be_a_single_thing_in_english() -> None:
    assert not without_number_words(figures("CD 1枚で足りる。"), "A single disc is enough.")
    assert without_number_words(figures("1年で足りる。"), "A single disc is enough.")


@pytest.mark.parametrize(
    ("sentence", "source", "turned"),
    [
        ("名前を入力しなければならない。", "You have to enter the name.", ""),
        ("必要な文書を集める。", "Gather any needed documentation.", ""),
        ("名前を入力しなければならない。", "You can enter the name.", "modality"),
        ("どれを使うかどうかを選ぶ。", "Choose whether or not to use it.", ""),
        ("それが起動しないようにする。", "Prevent it from starting.", ""),
        ("それは起動しない。", "It starts.", "negation"),
    ],
)
def test_stances_are_compared_across_languages(sentence: str, source: str, turned: str) -> None:
    assert contradiction(stance(sentence, "ja"), stance(source, "en"), same_language=False) == turned


@pytest.mark.parametrize("people", ["Mexican", "Colombian", "Taiwanese", "French", "British", "Swiss"])
def test_a_people_is_found_by_its_country(people: str) -> None:
    countries = {"Mexican": "メキシコ", "Colombian": "コロンビア", "Taiwanese": "台湾", "French": "フランス"}
    countries |= {"British": "英国", "Swiss": "スイス"}
    sentence = f"The plan of the {people} side failed."
    assert not lacks_name(sentence, "en", [source_of(f"{countries[people]}側の計画は失敗した。", "ja", "en")])
    assert lacks_name(sentence, "en", [source_of("ブラジル側の計画は失敗した。", "ja", "en")]) == people


def test_katakana_is_found_by_the_sound_of_several_english_words() -> None:
    source = source_of("Optimization of solid state drives.", "en", "ja")
    assert not lacks_name("ソリッドステートの最適化", "ja", [source])


def test_a_negative_figure_is_not_its_positive_one() -> None:
    assert [figure.value for figure in figures("成長率は-3%だった")] == ["-3"]
    assert [figure.value for figure in figures("2019-2021")] == ["2019", "2021"]


@pytest.mark.parametrize(
    ("sentence", "source", "held"),
    [
        ("およそ3分の2が働いている。", "About two thirds were in paid work.", True),
        ("およそ3分の1が働いている。", "About two thirds were in paid work.", False),
        ("三分之二的人有工作。", "About two-thirds were in paid work.", True),
        ("4分の1は受けなかった。", "A quarter of them did not sit it.", True),
        ("1週間後に測った。", "It was measured one week later.", True),
        ("1か月後に測った。", "It was measured one week later.", False),
    ],
)
def test_fractions_and_a_single_unit_may_be_written_in_words(sentence: str, source: str, *, held: bool) -> None:
    assert (lacking_figure(claimed_figures(sentence, source), figures(source)) is None) == held


def test_a_clause_that_denies_something_else_does_not_contradict() -> None:
    source = "Ruppel found a benefit among electricians, whereas a later study found none in a language course."
    assert spoken_of("Ruppelは電気工に利益を見いだした。", "ja", source) == "Ruppel found a benefit among electricians"
    assert not spoken_of("語学の課程で後の研究は利益を見いだした。", "ja", source)


def test_single_characters_of_chinese_words_are_no_names_over_japanese() -> None:
    source = source_of("観光利用が伸びないので、補修は減らされた。", "ja", "zh")
    assert not lacks_name("由于观光利用没有增长，维修被削减。", "zh", [source])
    assert lacks_name("山田先生的观光利用没有增长。", "zh", [source]) == "山田"


def test_only_with_its_far_negation_denies_nothing() -> None:
    assert stance("高校生の声は保護者を通してしか捉えられていない。", "ja").negations == 0
    assert stance("保護者しか来ていないが、生徒は来なかった。", "ja").negations == 1
