"""What is asked of a whole document, and small talk, are told from questions for passages in four languages."""

from collections.abc import Callable

import pytest

from app.answering.types import LAST_SECTION, OverviewRequest
from app.answering.understand.classifier import (
    ON_TOPIC,
    OPINION,
    SOURCE_LABELS,
    intent_model,
    is_brief,
    overview_request,
)
from app.answering.works import names_of, on_this_paper, without_titles
from app.training.intent_examples import examples
from app.training.train_intent import LEAST_WORDINGS_OF_FRAME, frames, vocabulary, wording_inputs
from retriever.text import fold, is_named
from tests.opened_once import open_encoder

Asked = Callable[[str], OverviewRequest | str | None]
TITLES = ["KelpNet: A Network of Kelp Farms", "港と灯台の歴史"]


@pytest.fixture(scope="module")
def asked() -> Asked:
    """What is asked by a question, for documents with the two titles."""
    encoder = open_encoder()

    def ask(question: str) -> OverviewRequest | str | None:
        chances = intent_model().chances(question, encoder.encode_queries([question])[0])
        return overview_request(question, chances, TITLES)

    return ask


@pytest.mark.parametrize(
    ("question", "aspect"),
    [
        ("この論文の内容を手短に教えてください", "summary"),
        ("「港と灯台の歴史」の概要をお願いします", "summary"),
        ("Could you briefly summarize the study?", "summary"),
        ("What is the KelpNet paper about?", "summary"),
        ("请用几句话总结这篇论文", "summary"),
        ("이 논문을 짧게 요약해 주세요", "summary"),
        ("この研究のねらいを教えてください", "purpose"),
        ("What is the main aim of this article?", "purpose"),
        ("筆者が最後に出した結論を教えて", "conclusion"),
        ("what did the authors conclude in the end", "conclusion"),
        ("这项研究的结论是什么？", "conclusion"),
        ("What are the limitations of this study?", "limits"),
        ("この論文の構成はどうなっていますか", "outline"),
        ("Show the table of contents please", "outline"),
    ],
)
def test_questions_about_the_whole_are_recognised(asked: Asked, question: str, aspect: str) -> None:
    request = asked(question)
    assert isinstance(request, OverviewRequest)
    assert request.aspect == aspect


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("第5節では何が論じられていますか", (5,)),
        ("第三章の内容を説明して", (3,)),
        ("What does section 2.1 say?", (2, 1)),
        ("Summarise the fourth section", (4,)),
        ("最後の節の要点", LAST_SECTION),
        ("第二节讲了什么？", (2,)),
        ("3절을 요약해 줘", (3,)),
    ],
)
def test_sections_are_asked_for_by_number(asked: Asked, question: str, number: tuple[int, ...]) -> None:
    assert asked(question) == OverviewRequest("section", number)


@pytest.mark.parametrize(
    ("question", "sections"),
    [
        ("第2節と第3節を比べてください", ("第2節", "第3節")),
        ("第2節と第3節の違いは何ですか", ("第2節", "第3節")),
        ("2・4節の要点", ("2節", "4節")),
        ("Compare sections 2 and 3", ("section 2", "section 3")),
        ("How does section 2.1 differ from section 4?", ("section 2.1", "section 4")),
        ("What is the difference between the second and the last section?", ("second section", "last section")),
        ("第2节和第3节有什么区别", ("第2节", "第3节")),
        ("第二和第三节有什么不同？", ("第二节", "第三节")),
        ("2절과 3절을 비교해 줘", ("2절", "3절")),
    ],
)
def test_several_sections_are_asked_for_by_number(asked: Asked, question: str, sections: tuple[str, ...]) -> None:
    assert asked(question) == OverviewRequest("section", things=sections)


@pytest.mark.parametrize("question", ["2018年、3節の要点", "第3節と第3節", "第2節と関税の関係"])
def test_one_section_is_not_several(asked: Asked, question: str) -> None:
    request = asked(question)
    assert not isinstance(request, OverviewRequest) or request.aspect != "section" or not request.things


@pytest.mark.parametrize(
    "question",
    ["第1表を見せて", "show table 1", "表1の内容", "显示表1", "표 1 보여 줘", "표 1을 보여 주세요", "Table 1"],
)
def test_tables_are_asked_for_as_a_whole(asked: Asked, question: str) -> None:
    assert asked(question) == OverviewRequest("table", (1,))


def test_a_number_of_points_is_heard(asked: Asked) -> None:
    assert asked("この論文の要点を五つ挙げてください") == OverviewRequest("points", points=5)
    request = asked("What are the three main findings?")
    assert isinstance(request, OverviewRequest)
    assert request.aspect == "points"


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("昆布と若布の違いは何ですか", ("昆布", "若布")),
        ("Compare GPT and Lead-3 according to the paper", ("GPT", "Lead-3")),
        ("How do kelp farms differ from oyster farms?", ("kelp farms", "oyster farms")),
        ("比较海带和紫菜", ("海带", "紫菜")),
    ],
)
def test_the_two_things_of_a_comparison_are_told(asked: Asked, question: str, things: tuple[str, str]) -> None:
    assert asked(question) == OverviewRequest("compare", things=things)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("おはようございます！", "greeting"),
        ("Hi!", "greeting"),
        ("どうもありがとうございました", "thanks"),
        ("谢谢你", "thanks"),
        ("君は何者？", "identity"),
        ("who are you", "identity"),
        ("何をしてくれるの", "ability"),
        ("What sort of things can I ask you?", "ability"),
        ("무엇을 물어볼 수 있나요?", "ability"),
        ("あなた自身はどう思う？", "opinion"),
        ("THX", "thanks"),
        ("？？？", "ability"),
        ("...", "ability"),
    ],
)
def test_small_talk_is_recognised(asked: Asked, question: str, kind: str) -> None:
    assert asked(question) == kind


@pytest.mark.parametrize(
    "question",
    [
        "昆布の養殖は何年に始まりましたか",
        "第1表で8月の水温は何度ですか",
        "漁業協同組合の目的は何ですか",
        "裁判の結論はどうなりましたか",
        "第7章の規定により船を差し押さえたのは誰ですか",
        "2018年に比べて漁獲量は何%増えましたか",
        "What was the purpose of the harbour tax?",
        "How many farms are there in section B of the bay?",
        "What is the conclusion of the court on fishing rights?",
        "灯台的高度是多少",
        "등대의 높이는 얼마입니까?",
        "昆布 養殖 面積",
        "kelp price",
        "NATO",
        "USMCA",
        "EU 5%",
    ],
)
def test_ordinary_questions_stay_questions_for_passages(asked: Asked, question: str) -> None:
    assert asked(question) is None


def test_with_another_encoder_only_certain_signs_count() -> None:
    vector = open_encoder().encode_queries(["この論文を要約して"])[0]
    assert not intent_model().fits("another", vector)
    assert not intent_model().fits(intent_model().encoder, vector[:-1])
    assert overview_request("この論文を要約して", {}, []) is None
    assert overview_request("第2節を要約して", {}, []) == OverviewRequest("section", (2,))


def test_titles_and_names_in_them_are_no_content_of_a_question() -> None:
    assert without_titles("KelpNetの要約", TITLES).strip() == "の要約"
    assert without_titles("「港と灯台の歴史」の要約", TITLES).strip() == "の要約"
    assert without_titles("灯台の要約", TITLES) == "灯台の要約"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What database is used?", "Data"),
        ("What is the usage share?", "Usa"),
        ("What did the senator conclude?", "NATO and trade"),
        ("What reported problems are there?", "Report"),
        ("Which ＤＡＴＡBASE is used?", "Data"),
    ],
)
def test_a_title_within_another_word_is_no_title(question: str, title: str) -> None:
    assert on_this_paper(question, [title]) == question
    assert without_titles(question, [title]) == question
    assert not any(is_named(name, fold(question)) for name in names_of(title))


def test_a_title_is_told_whatever_stands_between_its_words() -> None:
    for question in (
        "Summarize “Harbours: a History”",
        "summarize harbours – a history",
        "Harbours A Historyを要約して",
    ):
        assert is_named("Harbours: A History", fold(question))
        assert "istory" not in on_this_paper(question, ["Harbours: A History"])
    assert not is_named("...", "...")


def test_the_weights_were_fitted_to_the_examples_as_they_stand() -> None:
    rows, model = [row for row in examples() if not row.is_checked], intent_model()
    assert (model.vocabulary, model.frames) == (vocabulary(rows), frames(rows, SOURCE_LABELS, LEAST_WORDINGS_OF_FRAME))
    assert dict(model.wording) == wording_inputs(rows)
    assert model.topic_frames == frames(rows, (ON_TOPIC, OPINION))
    assert set(model.labels) == {row.label for row in rows}


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("日本と中国に対する見方の違いを教えて", ("日本", "中国")),
        ("difference between the scores of biology and mathematics", ("biology", "mathematics")),
        ("Compare the lamps and the buoys in terms of cost", ("lamps", "buoys")),
        ("茂井村と上狩谷村の違い", ("茂井村", "上狩谷村")),
    ],
)
def test_what_belongs_to_both_of_two_things_is_no_part_of_their_names(
    asked: Asked, question: str, things: tuple[str, ...]
) -> None:
    assert asked(question) == OverviewRequest("compare", things=things)


@pytest.mark.parametrize(
    "question",
    [
        "入館者数の表を見せて",
        "比較表を出してください",
        "Show me the table of visitors",
        "把游客人数那张表给我看看",
        "관람객 표를 보여 줘",
    ],
)
def test_a_table_is_asked_for_by_what_it_is_on(asked: Asked, question: str) -> None:
    assert asked(question) == OverviewRequest("table")


@pytest.mark.parametrize("question", ["代表を見せて", "Show the results as a table", "発表を見たい", "请展示代表名单"])
def test_a_word_with_the_letters_of_a_table_asks_for_none(asked: Asked, question: str) -> None:
    assert asked(question) != OverviewRequest("table")


@pytest.mark.parametrize(
    ("question", "brief"),
    [("結論を一言で", True), ("the aim in one sentence", True), ("結論は？", False), ("요약해 줘", False)],
)
def test_a_wish_for_few_words_is_heard(question: str, brief: bool) -> None:
    assert is_brief(question) is brief


def test_what_two_periods_share_belongs_to_both(asked: Asked) -> None:
    request = asked("前期と後期の入館者数を比べるとどう違いますか")
    assert request == OverviewRequest("compare", things=("前期の入館者数", "後期の入館者数"))
