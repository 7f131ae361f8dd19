"""Which questions ask about sources, and what they ask, by their forms alone."""

import pytest

from app.answering.understand.source_questions import SourceRequest, source_request


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("参考文献2によると、蓄電池で回収期間は何年に延びたか", "蓄電池で回収期間は何年に延びたか"),
        ("論文が引用している参考文献2によると、蓄電池で回収期間は何年に延びたか", "蓄電池で回収期間は何年に延びたか"),
        ("参考文献[2]は蓄電池について何と述べているか", "蓄電池について何と述べているか"),
        ("参考文献2の結論は何か", "結論は何か"),
        ("According to reference 2, how old were the Volunteers?", "how old were the Volunteers"),
        ("What share of shops grew in reference 2?", "What share of shops grew"),
        ("Does reference 2 mention batteries?", "Does mention batteries"),
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
        "参考文献2の本文には何が書かれているか",
        "論文が引用している参考文献[2]は読めましたか",
        "参考文献2はいつ出版されましたか",
        "論文は参考文献2をどう評価しているか",
        "Summarize reference 2.",
        "What does the paper say about reference 2?",
        "Which journal is reference 2 in?",
        "参考文献[2]是关于什么的？",
        "参考文献2的作者是谁？",
        "참고문헌 [2]는 무엇에 관한 문헌인가?",
        "참고문헌 2의 저자는 누구인가요?",
    ],
)
def test_what_a_work_is_is_asked_of_its_entry(question: str) -> None:
    assert source_request(question) == SourceRequest("entry", (2,))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("石垣が流出を遅らせるという話の元の文献は何か", "石垣が流出を遅らせる"),
        ("論文の、石垣が流出を遅らせるという部分は、どの文献に基づくか", "石垣が流出を遅らせる"),
        ("どの参考文献が路面電車を扱っていますか", "路面電車"),
        ("What does the paper base its claim about trams on?", "trams"),
        ("Does the paper give a source for the rise in trams?", "the rise in trams"),
        ("Which of the references says that trams help shops?", "trams help shops"),
        ("路面电车的数据来自哪篇文献？", "路面电车"),
        ("노면전차에 관한 주장은 어느 문헌에 근거하는가?", "노면전차"),
        ("노면전차에 대한 근거 문헌은 무엇인가?", "노면전차"),
    ],
)
def test_what_backs_a_claim_is_asked_in_many_words(question: str, words: str) -> None:
    assert source_request(question) == SourceRequest("claim", words=words)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("棚田の石垣について、どの文献が引用されていますか", "棚田の石垣"),
        ("Which study does the author cite when discussing trams?", "trams"),
        ("论文引用了什么文献来支持棚田石垣的作用？", "棚田石垣的作用"),
        ("该论文关于路面电车的说法出自哪里？", "路面电车"),
        ("이 논문은 굴 양식에 대해 어떤 문헌을 인용했는가?", "굴 양식"),
    ],
)
def test_what_is_cited_on_a_topic_is_asked_in_many_words(question: str, words: str) -> None:
    assert source_request(question) == SourceRequest("claim", words=words, on_topic=True)


@pytest.mark.parametrize(
    "question",
    [
        "重要鉱物の供給源はどこか",
        "What is the main source of federal revenue?",
        "What are the sources of tension between the two countries?",
        "How many sources of income does the town have?",
        "参考になる調査はどれか",
        "参考文献のうち新聞記事は何点ですか",
        "What does the paper say about reference prices?",
        "ソフトパワーの源泉は何か",
        "情報源の秘匿とは何か",
        "Which country supports the treaty?",
        "第5位の国はどこか",
        "この論文の出典は？",
        "List the references to Russia in the speech",
        "What are the reference prices?",
        "参考文献を一覧にする利点は何か",
        "この判断の根拠となる資料は何か",
        "灯台を残すという主張は何に基づいているか",
        "What evidence does the council give for its claim?",
        "Where does the oil for the lamp come from?",
        "Where does the town get its water from?",
        "What references should I read?",
        "灯台的油来自哪里？",
        "이 주장은 무엇을 의미하는가?",
    ],
)
def test_a_question_about_content_goes_the_ordinary_way(question: str) -> None:
    assert source_request(question) is None
