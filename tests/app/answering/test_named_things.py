"""A named thing that a question asks about and the best sentence does not tell of speaks against an answer."""

import pytest

from app.answering.decide.named_things import held_by_none, missing, named_things, names_unknown
from app.answering.read.sentences import rank_sentences
from app.answering.understand.question import ordinary_question, question_terms
from app.commands.terminal.progress import TerminalProgress
from ingest.pipeline import ingest
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import Encoder
from tests.opened_once import open_encoder

TEXT = """# 通商の覚書

## 米国の関税

関税率は自動車が25%、鉄鋼が50%である。トランプ大統領の支持率は2024年に46%であった。

## 通貨と市場

欧州連合（EU）の市場は大きい。日米同盟は1951年の条約に始まり、令和2年に改められた。

## 会議の記録

バイデン氏は第7回の会議に出た。ドイツの代表も出席し、港の整備について話し合った。コルネリアの港は1998年に開かれた。
大会は第二十二回で終わった。
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A short note on trade."""
    folder = tmp_path_factory.mktemp("named")
    (folder / "note.md").write_text(TEXT, encoding="utf-8")
    ingest(folder / "index", [str(folder / "note.md")], progress=TerminalProgress())
    return open_index(folder / "index")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The embedded one."""
    return open_encoder()


def lacked(question: str, told: str, index: Index, encoder: Encoder) -> list[str]:
    """What the passage with the sentence that holds `told` lacks of a question; its features agree."""
    query = index.query(question, encoder)
    terms = question_terms(ordinary_question(question), query, index)
    ranked = rank_sentences(terms, index.search(query, 10), index)
    [best] = [sentence for sentence in ranked if told in sentence.text]
    things = held_by_none(query, [best.hit], index)
    of_names, of_numbers = missing(query, [best], index)
    assert (of_names > 0) == any(not thing.is_number for thing in things)
    assert (of_numbers > 0) == any(thing.is_number for thing in things)
    return [thing.text for thing in things]


@pytest.mark.parametrize(
    ("question", "told", "lacking"),
    [
        ("EUの関税率は何%ですか", "自動車が25%", ["EU"]),
        ("米国の関税率は何%ですか", "自動車が25%", []),  # the heading names it
        ("アメリカの関税率は何%ですか", "自動車が25%", []),  # in another word
        ("ドイツの自動車の関税は?", "自動車が25%", ["ドイツ"]),
        ("バイデン大統領の支持率は?", "46%", ["バイデン"]),
        ("What is Biden's approval rating?", "46%", ["Biden"]),
        ("What is Trump's approval rating?", "46%", []),
        ("트럼프 대통령의 지지율은?", "46%", []),
        ("2019年の支持率は何%ですか", "46%", ["2019"]),
        ("令和6年の支持率は何%ですか", "46%", []),
        ("欧州連合の市場は?", "市場は大きい", []),
        ("米国との同盟はいつの条約に始まったか", "日米同盟", []),  # shortened to one of its kanji
        ("2020年に同盟はどうなったか", "日米同盟", []),
        ("港はどのように整備されますか", "港の整備", []),  # no name
        ("第22回の大会はどうなりましたか", "第二十二回", []),
        ("第23回の大会はどうなりましたか", "第二十二回", ["23"]),
        ("支持特朗普总统的美国人是多少？", "46%", []),  # Americans: no other name than the country's
        ("支持特朗普总统的德国人是多少？", "46%", ["德国"]),
    ],
)
def test_what_a_sentence_lacks_of_a_question(
    index: Index, encoder: Encoder, question: str, told: str, lacking: list[str]
) -> None:
    assert lacked(question, told, index, encoder) == lacking


def test_a_thing_weighs_less_the_more_passages_name_it_and_an_unknown_name_is_left_to_another_feature(
    index: Index, encoder: Encoder
) -> None:
    things = {
        thing.text: thing.weight for thing in named_things(index.query("米国とEUとゼニア国の1851年", encoder), index)
    }
    assert set(things) == {"米国", "EU", "1851"}
    assert things["1851"] == 1.0, "no document holds it"


def test_what_stands_nearby_speaks_less_against_an_answer(index: Index, encoder: Encoder) -> None:
    query = index.query("コルネリアの会議に出たのは誰ですか", encoder)
    terms = question_terms(ordinary_question(query.text), query, index)
    ranked = rank_sentences(terms, index.search(query, 10), index)
    [best] = [sentence for sentence in ranked if "バイデン" in sentence.text]
    [later] = [sentence for sentence in ranked if "コルネリア" in sentence.text]
    near, _ = missing(query, [best], index)
    assert 0 < near < 0.5, "later in the passage"
    assert missing(query, [later], index) == (0.0, 0.0)


RACES = """# Races

Harvard and Yale row a race against each other every two years, Spanish rowers among them.

## Others

Case and Cornick sell boats.
"""
LAKES = """# 湖泊

卡尔梅克共和国位于里海的西岸，这里的居民大多是牧民。
"""


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An English and a Chinese note."""
    folder = tmp_path_factory.mktemp("abroad")
    for name, text in (("races.md", RACES), ("lakes.md", LAKES)):
        (folder / name).write_text(text, encoding="utf-8")
    ingest(folder / "index", [str(folder / "races.md"), str(folder / "lakes.md")], progress=TerminalProgress())
    return open_index(folder / "index")


def test_pieces_of_chinese_words_are_no_names(abroad: Index, encoder: Encoder) -> None:
    assert named_things(abroad.query("哈佛和耶鲁多久比赛一次？", encoder), abroad) == []


def test_a_name_known_by_its_sound_does_not_lack_in_chinese(abroad: Index, encoder: Encoder) -> None:
    query = abroad.query("칼미크 공화국은 어느 바다에 접해 있나요?", encoder)
    assert [thing.text for thing in named_things(query, abroad)] == ["칼미크"], "it sounds like Cornick"
    ranked = rank_sentences(
        question_terms(ordinary_question(query.text), query, abroad), abroad.search(query, 10), abroad
    )
    [best] = [sentence for sentence in ranked if "里海" in sentence.text]
    [other] = [sentence for sentence in ranked if "Harvard" in sentence.text]
    assert missing(query, [best], abroad) == (0.0, 0.0)
    assert missing(query, [other], abroad)[0] > 0


@pytest.mark.parametrize(
    ("question", "is_unknown"),
    [
        ("スペインの選手は何人ですか", False),  # Spanish rowers
        ("モンゴルの選手は何人ですか", True),
        ("“哈佛”多久比赛一次？", False),
        ("“章鱼”多久一次？", True),
    ],
)
def test_a_name_is_known_if_a_text_has_it_in_translation(
    abroad: Index, encoder: Encoder, question: str, is_unknown: bool
) -> None:
    assert names_unknown(abroad.query(question, encoder), abroad) == is_unknown
