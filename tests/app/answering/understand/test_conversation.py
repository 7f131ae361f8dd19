"""A follow-up is made whole from the questions before it; what stands alone takes nothing over."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.answering.types import Answer, Citation, Turn
from app.answering.understand.history.conversation import counted, interpretations
from app.answering.understand.history.follow_up import Answerer, Interpretation
from retriever.types import Vectors
from tests.opened_once import open_encoder


class NeverAsked:
    """An encoder that no question may need."""

    name, dimension = "never", 1

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Fails."""
        raise AssertionError(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Fails."""
        raise AssertionError(texts)


def first(question: str, *history: str) -> str:
    """The likeliest interpretation of a question after others."""
    return interpretations(question, [Turn(one) for one in history], open_encoder())[0].text


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        # words that point
        ("鳴砂博物館はいつ開館しましたか", "それはどこにありますか", "鳴砂博物館はどこにありますか？"),
        ("鳴砂博物館の館長は誰ですか", "その博物館は何県にありますか", "鳴砂博物館は何県にありますか？"),
        ("When did the Harrow Point lighthouse open?", "Who built it?", "Who built the Harrow Point lighthouse?"),
        ("How many keepers were employed?", "Where did they live?", "Where did the keepers live?"),
        ("石桥是什么时候建的？", "它是谁设计的？", "石桥是谁设计的？"),
        ("월명 시장은 언제 열립니까?", "그건 어디에 있나요?", "월명 시장은 어디에 있나요?"),
        # another thing of the same kind
        ("2021年の来館者は何人ですか", "2023年は？", "2023年の来館者は何人ですか？"),
        ("How many visitors came in 2021?", "and in 2023?", "How many visitors came in 2023?"),
        ("2021年有多少游客？", "那2023年呢？", "2023年有多少游客？"),
        ("2021년 방문객은 몇 명입니까?", "2023년은요?", "2023년 방문객은 몇 명입니까?"),
        ("中国の人口は何人ですか", "日本は？", "日本の人口は何人ですか？"),
        ("中国的人口是多少？", "那日本呢？", "日本的人口是多少？"),
        # other words that ask
        ("鳴砂博物館はどこに建てられましたか", "いつ？", "鳴砂博物館はいつ建てられましたか？"),
        ("Where was the lighthouse built?", "When?", "When was the lighthouse built?"),
        # the reason
        ("町は旧製塩所を買い取りましたか", "なぜ？", "町は旧製塩所を買い取りました、なぜ？"),
        ("Did the town buy the saltworks?", "Why?", "Why did the town buy the saltworks?"),
        # corrections
        ("How many visitors came in 2021?", "No, I meant 2023", "How many visitors came in 2023?"),
        ("2021年の来館者は何人ですか", "いえ、2023年のことです", "2023年の来館者は何人ですか？"),
        # no subject of its own
        ("鳴砂博物館は誰が建てましたか", "いつ開館したの？", "鳴砂博物館は、いつ開館したの？"),
    ],
)
def test_a_follow_up_is_made_whole(before: str, question: str, whole: str) -> None:
    assert first(question, before) == whole


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("鳴砂博物館はいつ開館しましたか", "灯台の階段は何段ありますか"),
        ("鳴砂博物館はいつ開館しましたか", "この論文の目的は何ですか"),
        ("鳴砂博物館はいつ開館しましたか", "論文の結論は何でしたか"),
        ("鳴砂博物館はいつ開館しましたか", "要約して"),
        ("鳴砂博物館はいつ開館しましたか", "ありがとう"),
        ("鳴砂博物館はいつ開館しましたか", "あなたは何ができますか"),
        ("When did the museum open?", "Summarize the whole paper"),
        ("When did the museum open?", "Thanks, that helps"),
        ("When did the museum open?", "How many steps does the Harrow Point tower have?"),
        ("When did the museum open?", "What does this paper say about lighthouses?"),
        ("When did the museum open?", "What about the approval rating of the mayor?"),
        ("When did the museum open?", "Why did the council sell its lamps to the museum?"),
        ("石桥是什么时候建的？", "月明市场每周星期几营业？"),
        ("월명 시장은 언제 열립니까?", "등대의 계단은 몇 개입니까?"),
    ],
)
def test_a_question_that_stands_alone_takes_nothing_over(before: str, question: str) -> None:
    assert interpretations(question, [Turn(before)], NeverAsked()) == [Interpretation(question)]


@pytest.mark.parametrize(
    "question",
    [
        "文献一覧を出してください",
        "참고문헌 목록을 보여 주세요",
        "can you pull up everything in the reference list",
        "文献16は？",
        "限界は？",
    ],
)
def test_what_is_asked_of_the_whole_document_or_its_list_stands_alone(question: str) -> None:
    assert first(question, "町はいくらで線路の土地を手に入れたのですか") == question


@pytest.mark.parametrize("question", ["4つ全部教えて", "全部"])
def test_all_items_are_asked_of_the_question_before(question: str) -> None:
    assert first(question, "関税の目的は何ですか") == "関税の目的は何ですか。すべて挙げてください"


def test_without_a_history_a_question_stays_as_it_is() -> None:
    assert interpretations("それは？", [], NeverAsked()) == [Interpretation("それは？")]


def test_a_long_message_stands_alone() -> None:
    question = "それについて、" + "とても長い前置きですが、" * 30 + "教えてください"
    assert interpretations(question, [Turn("鳴砂博物館はいつ開館しましたか")], NeverAsked()) == [
        Interpretation(question)
    ]


def test_a_follow_up_may_follow_a_follow_up() -> None:
    assert first("2022年は？", "2020年の来館者は何人ですか", "2021年は？") == "2022年の来館者は何人ですか？"


def test_thanks_are_nothing_that_a_follow_up_leans_on() -> None:
    assert (
        first("それはどこ？", "鳴砂博物館はいつ開館しましたか", "ありがとうございます。")
        == "鳴砂博物館はどこ開館しましたか？"
    )


def test_where_the_form_does_not_decide_the_question_alone_is_tried_first() -> None:
    found = interpretations("戸数を教えて", [Turn("茂井村はどこにありますか")], NeverAsked())
    assert [one.text for one in found] == ["戸数を教えて", "茂井村は、戸数を教えて？"]


def test_each_further_request_for_more_asks_for_more_than_the_last() -> None:
    turns = [Turn("この研究の限界は何ですか")]
    [found] = interpretations("他には？", turns, NeverAsked())
    assert (found.text, found.more) == ("この研究の限界は何ですか", 1)
    [again] = interpretations("ほかには？", [*turns, Turn("他には？")], NeverAsked())
    assert (again.text, again.more) == ("この研究の限界は何ですか", 2)


@pytest.mark.parametrize(
    "question", ["もっと詳しく", "Tell me more about it", "请说得详细一点", "더 자세히 알려 주세요"]
)
def test_more_detail_is_told_from_more_of_the_same(question: str) -> None:
    found, *_ = interpretations(question, [Turn("この研究の限界は何ですか")], NeverAsked())
    assert (found.more, found.standalone) == (1, f"この研究の限界は何ですか — {question}")


@pytest.mark.parametrize(
    ("question", "item"),
    [("2つ目は？", "冬の利用を調べていない。"), ("Tell me the last one", "声を聞けていない。")],
)
def test_an_item_of_the_answer_before_is_named(question: str, item: str) -> None:
    said = "1つの町だけである。 [1] 冬の利用を調べていない。 [2] 声を聞けていない。 [3]"
    [found] = interpretations(question, [Turn("この研究の限界は何ですか", said)], NeverAsked())
    assert trimmed(item) in found.text


def trimmed(text: str) -> str:
    """Without the full stop."""
    return text.rstrip("。")


def answer_naming(span: str) -> Answer:
    """An answer whose marked words are `span`."""
    citation = Citation(1, "p", "d", "t", "", None, span, span, 0, len(span), 1.0, None, span, 0, len(span))
    return Answer("q", "ja", False, 0.9, "extractive", span, (), (citation,), ())


def test_what_the_answer_names_is_what_a_pointing_word_may_mean() -> None:
    turns = [Turn("Which town has the oldest lighthouse?")]
    evidence = Answerer(lambda _: answer_naming("Harrow Point"))
    found = interpretations("How many people live in it?", turns, NeverAsked(), evidence)
    assert "How many people live in Harrow Point?" in [one.text for one in found]


def test_a_figure_is_not_what_a_pointing_word_means() -> None:
    turns = [Turn("Which town has the oldest lighthouse?")]
    found = interpretations(
        "How many people live in it?", turns, NeverAsked(), Answerer(lambda _: answer_naming("1862"))
    )
    assert "1862" not in found[0].text


def test_of_a_history_the_last_ten_turns_and_8000_characters_count() -> None:
    turns = [Turn(str(number)) for number in range(12)]
    assert counted(turns) == tuple(turns[2:])
    assert counted([Turn("a", "x" * 5000), Turn("b", "y" * 3000), Turn("c")]) == (Turn("b", "y" * 3000), Turn("c"))
    assert counted([Turn("x" * 9000)]) == ()


def test_a_last_answer_that_is_too_long_is_cut_and_its_question_kept() -> None:
    assert counted([Turn("a"), Turn("b?", "x" * 9000)]) == (Turn("b?", "x" * 7998),)


def test_an_item_of_an_answer_is_told_by_its_mark() -> None:
    answer = "本稿は3点を提案する。第一に、道を広げること。第二に、灯りを増やすこと。第三に、橋を架けること。 [1]"
    turns = [Turn("提案は何ですか", answer)]
    assert interpretations("2つ目を詳しく", turns, NeverAsked())[0].text == "「灯りを増やすこと」を詳しく？"
    turns = [
        Turn("What were the aims?", "The aims were (1) to count moths, (2) to dim the lamps; (3) to plant hedges. [1]")
    ]
    assert interpretations("Was the second one met?", turns, NeverAsked())[0].text == "Was “to dim the lamps” met?"


def test_why_not_keeps_its_not() -> None:
    asked = interpretations("Why not?", [Turn("Did the town buy the saltworks?")], NeverAsked())
    assert [one.text for one in asked] == ["Why did the town not buy the saltworks?"]


def test_why_after_a_question_for_something_is_asked_of_the_answer() -> None:
    def answer_to(_: str) -> Answer:
        cited = Citation(
            1,
            "p",
            "d",
            "D",
            "",
            None,
            "The Kernel was changed.",
            "The Kernel was changed.",
            0,
            23,
            1.0,
            None,
            span="Kernel",
        )
        return Answer(
            "",
            "en",
            abstained=False,
            confidence=0.9,
            method="extractive",
            text="",
            sentences=(),
            citations=(cited,),
            hits=(),
        )

    asked = interpretations("Why?", [Turn("What did they change in the encoder?")], NeverAsked(), Answerer(answer_to))
    assert [one.text for one in asked] == [
        "Why did they change in the encoder (Kernel)?",
        "Why did they change in the encoder?",
    ]


def test_there_is_no_pointer_where_something_is_counted() -> None:
    assert first("How many schools were there?", "What were the slips used for?") == "How many schools were there?"


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        # a measure takes the place of one with the same unit, whatever stands around it
        ("2021年冬季の入館者数は多かったですか", "2023年は？", "2023年冬季の入館者数は多かったですか？"),
        # another thing that was done to the same
        ("鳴砂博物館はいつ開館しましたか", "閉館したのは？", "鳴砂博物館が閉館したのはいつですか？"),
        # the reason of what was counted, and what was counted
        ("有多少个摊位关闭？", "为什么？", "为什么有摊位关闭？"),
        ("How many lamps does the Harrow Point lighthouse hold?", "Who cleans them?", "Who cleans the lamps?"),
    ],
)
def test_what_is_left_out_is_taken_from_its_place(before: str, question: str, whole: str) -> None:
    assert first(question, before) == whole


@pytest.mark.parametrize(
    ("document", "question", "item"),
    [
        ("灯台を3つの点で改める。第1に、塔を高くする。費用は県が出す。\n最後に、鐘を残す。", "2つ目は？", ""),
        (
            "案を比べた。第1に、塔を高くする。\n第2に、灯りを強くする。\n最後に、鐘を残す。",
            "3つ目は？",
            "鐘を残す",
        ),
        ("We tested two guesses. (P1) Moths fall less. (P2) Fruit follows moths.", "And the last one?", "P2: Fruit"),
        ("The plans are as follows:\nA taller tower.\nA stronger lamp.", "Explain the second one", "A stronger lamp"),
    ],
)
def test_an_item_is_looked_for_where_the_document_goes_on(document: str, question: str, item: str) -> None:
    evidence = Answerer(lambda _: answer_naming("案"), lambda _: document)
    found = interpretations(question, [Turn("どんな案を比べましたか")], open_encoder(), evidence)[0]
    assert item in found.text
    assert bool(found.item_of) is bool(item)


def test_an_item_is_one_of_the_names_that_a_sentence_gives_in_a_row() -> None:
    turns = [Turn("Which plants were counted?", "The list included clover, wild garlic, nettles and ferns in May. [1]")]
    assert interpretations("Where did the last one grow?", turns, NeverAsked())[0].text == "Where did “ferns” grow?"
    turns = [Turn("どの植物を数えましたか", "調査ではクローバー、ニンニク、シダを数えた。 [1]")]
    assert (
        interpretations("2つ目はどこに生えていますか", turns, NeverAsked())[0].text
        == "「ニンニク」はどこに生えていますか？"
    )


def test_where_the_answer_lists_another_number_of_things_the_thing_is_named() -> None:
    turns = [Turn("What are the three rounds of a match?", "A match has three rounds. [1] Teams are small. [2]")]
    [found] = interpretations("how long is the second one?", turns, NeverAsked())
    assert found.text == "How long is the second round (the three rounds of a match)?"
    [found] = interpretations("the first?", [*turns, Turn("how long is the second one?")], NeverAsked())
    assert found.text == "How long is the first round (the three rounds of a match)?"


def test_another_ordinal_asks_the_same_of_another_item() -> None:
    answer = "第1に、塔を高くする。 [1] 第2に、灯りを強くする。 [2] 最後に、鐘を残す。 [3]"
    turns = [Turn("案の3つの点は何ですか", answer), Turn("3番目の費用は？", "5万円。 [1]")]
    evidence = Answerer(lambda _: replace(answer_naming("案"), text=answer))
    assert interpretations("2番目は？", turns, NeverAsked(), evidence)[0].text == "「灯りを強くする」の費用は？"


def test_an_ordinal_with_another_noun_than_was_asked_about_is_no_item() -> None:
    said = "It grew. [1] It shrank. [2]"
    found = interpretations("Who won the second war?", [Turn("What happened to the town?", said)], open_encoder())
    assert not any(reading.item_of for reading in found)


def test_what_goes_on_is_joined_to_the_topic_only_where_it_has_no_answer_alone() -> None:
    turns = [Turn("鳴砂博物館はいつ開館しましたか")]
    alone, joined = interpretations("じゃあ、町にはどんな影響がありましたか", turns, open_encoder())
    assert (alone.if_refused, joined.if_refused) == (False, True)
    assert joined.text == "鳴砂博物館は、町にはどんな影響がありましたか？"
    [alone, joined] = interpretations("責任者は誰", turns, open_encoder())
    assert (alone.text, alone.if_refused) == ("責任者は誰", False)
    assert (joined.if_refused, joined.text.startswith("鳴砂博物館")) == (True, True)
    [changed] = interpretations("ところで、町にはどんな影響がありましたか", turns, open_encoder())
    assert changed.text == "ところで、町にはどんな影響がありましたか"


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        # what is counted stays
        ("How many lamps were bought?", "over what period", "Over what period were lamps bought?"),
        # a clause that names nothing by itself
        ("夜の点灯を支持する人は何％ですか", "反対してる人は？", "夜の点灯を支持する人は、反対してる人は？"),
        # a request is not part of what it asks for
        ("Describe the plan of the town", "Who made it?", "Who made the plan of the town?"),
    ],
)
def test_of_the_question_before_what_is_needed_is_taken_over(before: str, question: str, whole: str) -> None:
    assert first(question, before) == whole


def test_another_thing_after_why_is_asked_of_the_question_before_it() -> None:
    assert first("那日本呢？", "中国的人口是多少？", "为什么？") == "日本的人口是多少？"


def test_an_earlier_follow_up_is_understood_as_it_is_answered_best() -> None:
    chosen = Answerer(promise=lambda interpretation: float("茂井村" in interpretation.text))
    turns = [Turn("茂井村はどこにありますか"), Turn("戸数を教えて")]
    assert interpretations("2023年は？", turns, open_encoder(), chosen)[0].text.startswith("茂井村")


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        ("鳴砂博物館の来館者は何人ですか", "ソースを教えて", "「鳴砂博物館の来館者」という主張の出典は何ですか？"),
        (
            "How many visitors came in 2021?",
            "Source?",
            "What is the source for the claim that visitors came in 2021?",
        ),
        ("2021年有多少游客？", "出处呢？", "“2021年有游客”这一说法的出处是什么？"),
        ("월명 시장은 언제 열립니까?", "출처는?", "“월명 시장은 열립니까”라는 주장의 출처는 무엇입니까?"),
    ],
)
def test_a_bare_question_for_the_source_asks_what_backs_the_answer_before(
    before: str, question: str, whole: str
) -> None:
    (asked,) = interpretations(question, [Turn(before)], NeverAsked())
    assert asked.text == whole
    assert asked.standalone == f"{before} — {question}"
