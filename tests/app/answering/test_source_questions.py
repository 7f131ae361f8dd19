"""Which questions ask about sources: laws, one example for each language, and the wordings of other people."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.understand.source_questions import SourceRequest, source_request
from app.training.data import FITTING
from tests.quality.question_sets import SHARED

NUMBERS = st.integers(min_value=1, max_value=99)
TOPICS = st.sampled_from(["蓄電池", "棚田の石垣", "路面電車", "夜行列車", "共同菜園", "灯台の燃料"])
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
CONTENT_SETS = ("paper_qa", "short", "overviews", "dialogues", "hard_unanswerable")
JSQUAD = SHARED / "data" / "jsquad-valid-v1.3.json"


def rows_of(name: str) -> list[dict[str, str]]:
    path = SHARED / "data" / f"{name}_dev.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@given(NUMBERS, TOPICS)
def test_a_number_is_understood_however_it_is_written(number: int, topic: str) -> None:
    plain = source_request(f"参考文献{number}によると、{topic}はどうなったか")
    assert plain == SourceRequest("text", (number,), f"{topic}はどうなったか")
    for written in (f"[{number}]", f"［{number}］".translate(FULL_WIDTH), f" {number} "):
        assert source_request(f"参考文献{written}によると、{topic}はどうなったか") == plain


@given(TOPICS)
def test_the_topic_does_not_decide_what_is_asked(topic: str) -> None:
    claim = source_request(f"{topic}が増えたという主張の出典は何ですか")
    assert claim is not None
    assert claim.asks == "claim"
    assert topic in claim.words


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("参考文献[2]は蓄電池について何と述べているか", "蓄電池について何と述べているか"),
        ("According to reference 2, how old were the Volunteers?", "how old were the Volunteers"),
        ("根据参考文献2，回收期是多少年？", "回收期是多少年"),
        ("참고문헌 2에 따르면 배터리의 회수 기간은 몇 년인가?", "배터리의 회수 기간은 몇 년인가"),
    ],
)
def test_what_a_work_says_is_told_from_the_work_itself(question: str, words: str) -> None:
    assert source_request(question) == SourceRequest("text", (2,), words)


@pytest.mark.parametrize(
    "question",
    [
        "参考文献2はどんな文献ですか",
        "Summarize reference 2.",
        "参考文献2的作者是谁？",
        "참고문헌 [2]는 무엇에 관한 문헌인가?",
    ],
)
def test_what_a_work_is_is_asked_of_its_entry(question: str) -> None:
    assert source_request(question) == SourceRequest("entry", (2,))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("石垣が流出を遅らせるという話の元の文献は何か", "石垣が流出を遅らせる"),
        ("What does the paper base its claim about trams on?", "trams"),
        ("路面电车的数据来自哪篇文献？", "路面电车"),
        ("노면전차에 대한 근거 문헌은 무엇인가?", "노면전차"),
    ],
)
def test_what_backs_a_claim_is_asked_for(question: str, words: str) -> None:
    assert source_request(question) == SourceRequest("claim", words=words)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("棚田の石垣について、どの文献が引用されていますか", "棚田の石垣"),
        ("Which study does the author cite when discussing trams?", "trams"),
        ("论文引用了什么文献来支持棚田石垣的作用？", "棚田石垣的作用"),
        ("이 논문은 굴 양식에 대해 어떤 문헌을 인용했는가?", "굴 양식"),
    ],
)
def test_what_is_cited_on_a_topic_is_asked_for(question: str, words: str) -> None:
    assert source_request(question) == SourceRequest("claim", words=words, on_topic=True)


@pytest.mark.parametrize(
    "question",
    [
        "重要鉱物の供給源はどこか",
        "この判断の根拠となる資料は何か",
        "What are the sources of tension between the two countries?",
        "What does the paper say about reference prices?",
        "灯台的油来自哪里？",
        "이 주장은 무엇을 의미하는가?",
    ],
)
def test_a_word_for_source_alone_makes_no_question_about_sources(question: str) -> None:
    assert source_request(question) is None


@pytest.mark.parametrize("name", CONTENT_SETS)
def test_what_others_ask_about_the_content_is_never_taken_for_a_question_about_sources(name: str) -> None:
    rows = [row for row in rows_of(name) if row["type"] != "reference"]
    assert [row["question"] for row in rows if source_request(row["question"])] == []


def test_hardly_any_question_on_wikipedia_is_taken_for_one_about_sources() -> None:
    if not JSQUAD.exists():
        pytest.skip(f"{JSQUAD} is not on this machine")
    questions = list(_jsquad_questions())
    assert len(questions) > 4000
    assert sum(source_request(question) is not None for question in questions) <= len(questions) / 1000


def _jsquad_questions() -> Iterator[str]:
    for article in json.loads(JSQUAD.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield from (item["question"] for item in paragraph["qas"])


def test_what_others_ask_about_sources_is_recognised_no_less_often_than_before() -> None:
    rows = rows_of("sources")
    about = [row for row in rows if row["expects"] != "ordinary"]
    assert not any(source_request(row["question"]) for row in rows if row["expects"] == "ordinary")
    assert sum(source_request(row["question"]) is not None for row in about) >= 9  # of 25: to be raised


def test_questions_on_the_content_of_a_made_up_paper_are_not_about_its_sources() -> None:
    rows = [row for paper in FITTING for row in paper.questions() if row["type"] != "reference"]
    assert [row["question"] for row in rows if source_request(row["question"])] == []
