"""What a message asks: its questions, without courtesies, each answered in turn; slips are mended by the documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answering.types import Turn
from app.answering.understand.message.questions import MOST_QUESTIONS, questions_in, turns_in
from app.answering.understand.message.spelling import respelt
from app.library import Library
from ingest.pipeline import ingest
from retriever.index.open import open_index
from retriever.index.search import Index
from tests.opened_once import open_encoder
from tests.retriever.letters import NoProgress


@pytest.fixture(scope="module")
def index(library_folder: Path) -> Index:
    return open_index(library_folder)


@pytest.fixture(scope="module")
def library(library_folder: Path) -> Iterator[Library]:
    opened = Library.open(library_folder)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        (
            "はじめまして。学生です。突然のお願いで恐れ入りますが、伺ってもよろしいでしょうか。鳴砂博物館の初代館長は誰でしょうか。敬具",
            "鳴砂博物館の初代館長は誰でしょうか。",
        ),
        (
            "お疲れさまです。展示を見逃してしまったのですが、鳴砂博物館がいつ開館したのか分かりません。お願いします！",
            "鳴砂博物館がいつ開館したのか",
        ),
        (
            "Hello! I hope you are well. Could you help me? How many steps does the tower have? Many thanks, Jo",
            "How many steps does the tower have?",
        ),
        (
            "Good evening. I was wondering, because nobody in our group knew, who built the lighthouse. Cheers",
            "who built the lighthouse.",
        ),
        ("您好！我是新来的学生，想请教一下。青溪石桥是谁设计的？谢谢！", "青溪石桥是谁设计的？"),
        ("안녕하세요. 처음 뵙겠습니다. 월명 시장은 언제 열립니까? 감사합니다.", "월명 시장은 언제 열립니까?"),
    ],
)
def test_courtesies_around_a_question_fall_away(message: str, asked: str, index: Index) -> None:
    assert questions_in(message, index) == [asked]


@pytest.mark.parametrize(
    "message",
    [
        "鳴砂博物館はいつ開館しましたか",
        "鳴砂博物館 館長",
        "旧製塩所を改装したのは、開館の前ですか、それとも後ですか",
        "What did Dr. Calloway build at Harrow Point?",
        "Did the engineer who built the lighthouse know what its lamp burned?",
        "Thanks! See you.",
        "鳴砂!が開館したのはいつですか",
        "Harrow! When was it built?",
    ],
)
def test_one_question_is_left_as_it_is(message: str, index: Index) -> None:
    assert questions_in(message, index) == [message]


def test_a_question_keeps_the_sentence_that_it_points_to(index: Index) -> None:
    message = "The lighthouse at Harrow Point burned whale oil. Until when did it do so?"
    assert questions_in(message, index) == [message]


def test_no_more_than_a_few_questions_are_answered_one_by_one_and_none_is_dropped(index: Index) -> None:
    asked = [f"How many {what} has the lighthouse?" for what in ("steps", "lamps", "towers", "engineers", "visitors")]
    found = questions_in(" ".join(asked), index)
    assert len(found) == MOST_QUESTIONS
    assert " ".join(found) == " ".join(asked)


def test_a_turn_of_several_questions_is_as_many_turns(index: Index) -> None:
    turn = Turn("Who built the lighthouse? How many steps has the tower?", "Edith Calloway; 214")
    assert turns_in(turn, index) == [
        Turn("Who built the lighthouse?"),
        Turn("How many steps has the tower?", "Edith Calloway; 214"),
    ]


def test_each_question_is_answered_under_its_own_words(library: Library) -> None:
    answer = library.ask(
        "鳴砂博物館の初代館長は誰ですか？また、館長の給料はいくらでしたか？青溪石橋は何年に建てられましたか？"
    )
    said = [sentence.text for sentence in answer.sentences]
    heads = [place for place, text in enumerate(said) if text.endswith("？")]
    assert [said[place] for place in heads] == [
        "鳴砂博物館の初代館長は誰ですか？",
        "また、館長の給料はいくらでしたか？",
        "青溪石橋は何年に建てられましたか？",
    ]
    assert "戸倉静江" in said[1]
    assert "見つかりませんでした" in said[heads[1] + 1], "a part that is not found says so"
    assert not answer.abstained
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    cited = dict(enumerate(answer.citations, 1))
    for sentence in answer.sentences:
        assert all(cited[number].quote == sentence.text for number in sentence.citations)
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    assert len(answer.hits) <= 5
    assert answer.text.splitlines()[0] == said[0]


def test_a_further_question_leans_on_the_one_before_it_in_the_message(library: Library) -> None:
    answer = library.ask("Who built the lighthouse at Harrow Point? When was it built?")
    assert answer.standalone.endswith("When was the lighthouse at Harrow Point built?")


def test_questions_that_are_all_not_found_are_one_abstention(library: Library) -> None:
    answer = library.ask("Which orchestra rehearses on Mondays? How many penguins does it own?")
    assert answer.abstained
    assert not answer.sentences
    assert not answer.citations
    assert answer.text.count("The documents do not hold an answer") == 2


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("who bilt the lighthuose at Harrow Point", "who built the lighthouse at Harrow Point"),
        ("How many steps does the Harow Point tower have", "How many steps does the Harrow Point tower have"),
        ("鳴沙博物館の館長は誰ですか", "鳴砂博物館の館長は誰ですか"),
        ("来館社は何人でしたか", "来館者は何人でしたか"),
        ("来館老は何人でしたか", "来館者は何人でしたか"),  # 老 looks like 者
        ("박몰관은 언제 열렸습니까", "박물관은 언제 열렸습니까"),  # 博物館
    ],
)
def test_slips_are_mended_by_words_of_the_documents(typed: str, meant: str, index: Index) -> None:
    hits = index.search(index.query(typed, open_encoder()), 10)
    assert respelt(typed, hits, index) == meant


@pytest.fixture(scope="module")
def chinese_index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("chinese")
    (folder / "orchard.txt").write_text(
        "石榴园的收成\n\n石榴园第一年的收成是二百四十公斤。轮值制由退休钳工罗广生提出，启动资金由绿化局提供。\n\n"
        "三年间共登记了十四起漏水投诉，检查由物业公司负责，居民的责任也写进了公约。\n",
        encoding="utf-8",
    )
    ingest(folder / "index", [str(folder / "orchard.txt")], progress=NoProgress())
    return open_index(folder / "index")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("轮直制是谁提出的", "轮值制是谁提出的"),  # sounds alike
        ("启动资今是谁提供的", "启动资金是谁提供的"),
        ("漏水的投拆有多少起", "漏水的投诉有多少起"),  # looks alike
        ("罗广声提出了什么", "罗广生提出了什么"),
        ("检查的负责人是谁", "检查的负责人是谁"),  # 责任 is in the text, but 负责人 is a word
        ("社区医院在哪里", "社区医院在哪里"),
    ],
)
def test_chinese_characters_that_sound_or_look_alike_are_mended(typed: str, meant: str, chinese_index: Index) -> None:
    hits = chinese_index.search(chinese_index.query(typed, open_encoder()), 10)
    assert respelt(typed, hits, chinese_index) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Who built the lightship at Arrow Point?",  # words of the dictionary
        "鳴砂博物館の館員は誰ですか",  # another word, not another way to write it
        "アフリカからの来館者は何人ですか",
        "What is a lamp?",
    ],
)
def test_a_word_that_may_well_be_meant_is_left_as_it_is(question: str, index: Index) -> None:
    hits = index.search(index.query(question, open_encoder()), 10)
    assert respelt(question, hits, index) == question


def test_what_was_mended_is_shown_as_the_question_that_was_understood(library: Library) -> None:
    answer = library.ask("how many stepps has the towwer")
    assert answer.question == "how many stepps has the towwer"
    assert answer.standalone == "how many steps has the tower"
    assert "214" in answer.text


def test_messages_are_in_the_language_of_the_persons_own_words(library: Library) -> None:
    answer = library.ask("왜요?", history=[Turn("鳴砂博物館の入館料はいくらですか")])
    assert answer.language == "ko"
