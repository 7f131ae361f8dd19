"""What passages and questions in different languages share: names by sound, readings, translations."""

import numpy as np
import pytest

from retriever.cross_lingual.dictionary import country_called, japanese_for, translations
from retriever.cross_lingual.korean import hangul_key, is_loan
from retriever.cross_lingual.terms import (
    country_terms,
    cross_lingual_names,
    indexed_terms,
    is_indexed,
    latin_romaji,
    share_in,
    share_of_known,
    shares,
    terms_of,
    total_weight,
)
from retriever.cross_lingual.tokens import coarse, hangul_of, kana_key, kana_romaji, latin_keys, tokens
from retriever.fusion import weights_in
from retriever.lexical.bm25 import Bm25
from tests.retriever.letters import lexical_index

PASSAGES = (
    "トランプ大統領はコロンビアに関税をかけると脅した。",
    "石破首相は京都で会見した。",
    "グーテンベルクは活版印刷を始めた。",
    "The Netherlands recognised the treaty.",
)


@pytest.fixture(scope="module")
def lexical(tmp_path_factory: pytest.TempPathFactory) -> Bm25:
    folder = tmp_path_factory.mktemp("cross_lingual") / "index"
    return lexical_index(folder, [tokens(text) for text in PASSAGES], tokens, 10)


def best(question: str, language: str, lexical: Bm25) -> int:
    row_shares = shares(indexed_terms(terms_of(question, language), lexical), len(PASSAGES))
    assert row_shares.max() > 0, question
    return int(row_shares.argmax())


@pytest.mark.parametrize(
    ("kana", "latin", "hangul"),
    [
        ("トランプ", "Trump", "트럼프"),
        ("コロンビア", "Colombia", "콜롬비아"),
        ("グーテンベルク", "Gutenberg", "구텐베르크"),
        ("ワシントン", "Washington", "워싱턴"),
        ("マーラー", "Mahler", "말러"),
        ("ポルトガル", "Portugal", "포르투갈"),
        ("ティファニー", "Tiffany", "티파니"),
        ("ヴィットゲンシュタイン", "Wittgenstein", "비트겐슈타인"),
    ],
)
def test_a_name_has_one_key_in_three_scripts(kana: str, latin: str, hangul: str) -> None:
    assert kana_key(kana) in latin_keys(latin)
    assert coarse(kana_key(kana)) == hangul_key(hangul)


@pytest.mark.parametrize(("kana", "latin"), [("トランプ", "Truman"), ("コロンビア", "Columbus"), ("カナダ", "Kenya")])
def test_different_names_have_different_keys(kana: str, latin: str) -> None:
    assert kana_key(kana) not in latin_keys(latin)


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("イシバ", "Ishiba"),
        ("キョウト", "Kyōto"),
        ("トウキョウ", "Tokyo"),
        ("ハッチョウボリ", "Hatchobori"),
        ("ジンボウ", "Jimbo"),
    ],
)
def test_a_japanese_name_is_the_same_in_latin_letters(kana: str, latin: str) -> None:
    assert kana_romaji(kana) == latin_romaji(latin)


@pytest.mark.parametrize("word", ["the", "string", "Trump", "", "123"])
def test_what_is_no_japanese_word_is_not_read_as_one(word: str) -> None:
    assert latin_romaji(word) == ""


def test_kanji_are_read_in_korean_as_at_the_start_of_a_word() -> None:
    assert hangul_of("関税政策") == "관세정책"
    assert hangul_of("理由") == "이유"
    assert hangul_of("凪") == " "


def test_foreign_names_are_told_from_korean_words() -> None:
    assert [is_loan(word) for word in ("트럼프는", "콜롬비아", "관세", "무엇인가", "평화유지")] == [True, True] + [
        False
    ] * 3


def test_inflected_english_words_are_translated() -> None:
    assert ("関税",) in japanese_for("tariffs")
    assert ("オランダ",) in japanese_for("netherlands")
    assert japanese_for("zzz") == ()


@pytest.mark.parametrize(
    ("question", "language", "row"),
    [
        ("Why did Trump threaten Colombia?", "en", 0),
        ("Which tariff was threatened?", "en", 0),
        ("Where did Ishiba speak?", "en", 1),
        ("What did Gutenberg begin?", "en", 2),
        ("트럼프가 위협한 나라는?", "ko", 0),
        ("관세의 목적은 무엇인가", "ko", 0),
        ("구텐베르크는 무엇을 시작했나", "ko", 2),
        ("オランダは何を承認したか", "ja", 3),
        ("荷兰承认了什么条约？", "zh", 3),
    ],
)
def test_a_question_finds_its_passage_in_another_language(
    question: str, language: str, row: int, lexical: Bm25
) -> None:
    assert best(question, language, lexical) == row


def test_a_name_that_no_document_names_is_told(lexical: Bm25) -> None:
    (macron,) = cross_lingual_names("What did Macron say?", "en")
    trump, colombia = cross_lingual_names("Why did Trump threaten Colombia?", "en")
    assert not is_indexed(macron, lexical)
    assert is_indexed(trump, lexical)
    assert is_indexed(colombia, lexical)
    (marcon,) = cross_lingual_names("마크롱은 무엇을 말했나", "ko")
    assert not is_indexed(marcon, lexical)


def test_words_that_no_passage_holds_do_not_lower_a_share(lexical: Bm25) -> None:
    alone = shares(indexed_terms(terms_of("트럼프", "ko"), lexical), len(PASSAGES))
    among = shares(indexed_terms(terms_of("트럼프 쀍쀍쀍", "ko"), lexical), len(PASSAGES))
    assert alone.tolist() == among.tolist()


def test_the_share_of_a_sentence_is_that_of_its_tokens(lexical: Bm25) -> None:
    terms = indexed_terms(terms_of("Why did Trump threaten Colombia?", "en"), lexical)
    assert share_in(terms, set(tokens("トランプはコロンビアを脅した。"))) > share_in(terms, set(tokens("トランプ")))
    assert share_in(terms, set(tokens(PASSAGES[1]))) == 0
    assert share_in([], set()) == 0


def test_one_word_is_the_whole_of_a_topic_but_not_of_a_question(lexical: Bm25) -> None:
    terms = indexed_terms(terms_of("the Colombia", "en"), lexical)
    present = set(tokens("トランプはコロンビアを脅した。"))
    assert share_of_known(terms, present) == 1
    assert 0 < share_in(terms, present) < 1
    assert share_of_known([], present) == 0


def test_a_question_without_terms_holds_nothing(lexical: Bm25) -> None:
    assert terms_of("", "en") == []
    assert cross_lingual_names("What is the share of it?", "en") == []
    assert shares([], len(PASSAGES)).tolist() == [0.0] * len(PASSAGES)
    assert indexed_terms(terms_of("?", "ko"), lexical) == []


def test_english_text_is_indexed_with_translations_unless_its_heading_is_japanese() -> None:
    alone = tokens("The lighthouse was built by hand.")
    under_heading = tokens("灯台の文献\nThe lighthouse was built by hand.")
    assert "w:灯台" in alone
    assert under_heading.count("w:灯台") == 1


COMPOUNDS = (
    "日米安保条約は1951年に結ばれた。会談は京都で開かれた。",
    "The teachers began the experiment. Two learners left.",
    "Nothing of the kind is told here.",
)


@pytest.fixture(scope="module")
def compounds(tmp_path_factory: pytest.TempPathFactory) -> Bm25:
    folder = tmp_path_factory.mktemp("compounds") / "index"
    return lexical_index(folder, [tokens(text) for text in COMPOUNDS], tokens, 10)


@pytest.mark.parametrize(
    ("question", "language", "row"),
    [
        ("security treaty", "en", 0),
        ("教師", "ja", 1),
        ("実験を始める", "ja", 1),
        ("실험은", "ko", 1),
        ("实验", "zh", 1),
    ],
)
def test_units_of_compounds_and_irregular_forms_are_found(
    question: str, language: str, row: int, compounds: Bm25
) -> None:
    row_shares = shares(indexed_terms(terms_of(question, language), compounds), len(COMPOUNDS))
    assert int(row_shares.argmax()) == row
    assert row_shares[row] > 0


def test_irregular_and_derived_english_forms_are_translated_by_their_base() -> None:
    assert translations("began") == japanese_for("begin")
    assert translations("voluntarily")
    assert not japanese_for("began")
    assert translations("zzz") == ()


def test_a_phrase_in_no_passage_is_looked_up_by_its_words(compounds: Bm25) -> None:
    (phrase,) = terms_of("security treaty", "en")
    assert phrase.parts
    known = indexed_terms(terms_of("washing machine experiment", "en"), compounds)
    assert [term.rows.tolist() for term in known] == [[1]]


def test_function_words_of_chinese_are_no_terms() -> None:
    assert [term.text for term in terms_of("对 实验 和 关税", "zh")] == ["実験", "関税"]


def test_chinese_words_that_japanese_lacks_are_found_in_english() -> None:
    (rate,) = terms_of("汇率", "zh")
    assert ("w:exchang", "w:rate") in rate.spellings
    assert [term.text for term in terms_of("哈佛和耶鲁", "zh")] == ["哈仏", "耶魯"]


def test_a_chinese_word_in_no_passage_is_looked_up_by_its_parts(compounds: Bm25) -> None:
    (word,) = terms_of("实验室", "zh")
    assert [part.text for part in word.parts] == ["実験", "室"]
    assert [term.rows.tolist() for term in indexed_terms([word], compounds)] == [[1]]


def test_terms_are_weighed_in_the_passage_and_in_its_best_sentence(compounds: Bm25) -> None:
    terms = terms_of("Was the treaty concluded in Kyoto?", "en")
    known = indexed_terms(terms, compounds)
    anywhere, sentence = weights_in(known, compounds, np.array([0, 2]))
    assert anywhere[0] > sentence[0] > 0  # the treaty and Kyoto stand in different sentences
    assert anywhere[1] == sentence[1] == 0
    assert total_weight(terms, known, compounds) >= anywhere[0]
    assert total_weight([], [], compounds) == 0
    nothing = weights_in(known, compounds, np.zeros(0, np.int64))
    assert [len(of) for of in nothing] == [0, 0]


@pytest.mark.parametrize(
    ("word", "japanese"),
    [
        ("Mexican", "メキシコ"),
        ("Canadians", "カナダ"),
        ("Korean", "韓国"),
        ("United States", "アメリカ"),
        ("UK", "英国"),
    ],
)
def test_a_country_is_known_by_its_english_names_and_its_people(word: str, japanese: str) -> None:
    country = country_called(word)
    assert country
    assert japanese in country.japanese


def test_common_words_are_no_countries() -> None:
    assert not any(map(country_called, ("chinaware", "brazil nut", "government")))


@pytest.mark.parametrize(("text", "language"), [("对哥伦比亚加征关税", "zh"), ("콜롬비아에 대한 관세", "ko")])
def test_a_country_in_a_chinese_or_korean_question_is_a_term_of_japanese_and_english(text: str, language: str) -> None:
    [term] = country_terms(text, language)
    assert term.is_name
    assert {("w:コロンビア",), ("w:colombia",)} <= set(term.spellings)
