"""The form of an answer: told by the question's words, looked for in sentences."""

import re
from pathlib import Path

import pytest

from app.answering import understand
from app.answering.types import AnswerForm
from app.answering.understand.answer_forms import form_asked, holds_form, kind_asked, person_titles
from app.answering.understand.words import read_words
from retriever.text import language_of


def has(question: str, text: str) -> bool:
    """Whether `text` has the form of an answer to a question that shows one."""
    form = form_asked(kind_asked(question), question, language_of(question))
    assert form is not None
    return holds_form(form, text, question)


@pytest.mark.parametrize(
    ("question", "fitting", "other"),
    [
        ("本の価格は", "価格は1,200円である。", "2024年に出た。"),
        ("何人が来たか", "およそ300人が来た。", "およそ300冊が出た。"),
        ("会議は何時間続いたか", "会議は3時間続いた。", "会議は3月に開かれた。"),
        ("館長は何年に生まれたか", "1950年に生まれた。", "3年間勤めた。"),
        ("館長は何歳ですか", "館長は58歳である。", "開館は1987年である。"),
        ("How old is the director?", "The director is 58 years old.", "It opened in 1987."),
        ("贷款有多少美元？", "融資は300万ドルである。", "会議は3月に開かれた。"),
        ("하루에 몇 시간 열립니까?", "一日に8時間開く。", "3月に開く。"),
        ("水野さくらの後任は誰ですか", "後任は高橋一郎である。", "水野さくらが設計した。"),
        ("Who followed Mizuno?", "Mizuno was followed by Anna Keller.", "The Mizuno years were long."),
    ],
)
def test_a_sentence_has_the_form_that_was_asked_for_or_not(question: str, fitting: str, other: str) -> None:
    assert has(question, fitting)
    assert not has(question, other)


def test_a_question_that_shows_no_form_has_none() -> None:
    assert form_asked("any", "本の内容は", "ja") is None


@pytest.mark.parametrize(
    ("question", "telling"),
    [
        ("この論文のDOIは？", "https://doi.org/10.1234/abc"),
        ("この論文の値段はいくらですか", "定価 1,200円"),
        ("これは全部で何ページの論文ですか", "全12ページ"),
        ("査読したのは誰", "本稿は査読を経て受理された。"),
        ("Who funded this study?", "This work was supported by grant 12."),
        ("Which journal was this paper published in?", "Journal of Tea, vol. 3"),
        ("这篇论文被下载了多少次？", "下载 300 次"),
        ("이 논문의 저작권은 누구에게 있나요?", "© 2025"),
    ],
)
def test_data_of_the_publication_are_asked_for_in_four_languages(question: str, telling: str) -> None:
    form = form_asked(kind_asked(question), question, language_of(question))
    assert form is not None
    assert form.on_publication
    assert holds_form(form, telling, question)
    assert not holds_form(form, "図書館は町の人々に親しまれている。", question)


@pytest.mark.parametrize(
    "question",
    [
        "古賀文彦の論文は何という雑誌に載っていますか",
        "『灯台の本』を出した出版社は？",
        "Which journal published Wendt's paper?",
    ],
)
def test_questions_about_a_cited_work_are_not_about_the_document_as_a_publication(question: str) -> None:
    assert form_asked(kind_asked(question), question, language_of(question)) is None


@pytest.mark.parametrize("name", ["answer_forms.toml", "message/question_parts.toml"])
def test_word_lists_name_no_shared_list_that_is_missing(name: str) -> None:
    path = Path(understand.__file__ or "").parent / name
    listed = read_words(path)
    assert "{" in path.read_text(encoding="utf-8")
    assert re.findall(r"\{[a-z_]\w*\}", str(listed)) == []


def test_offices_ask_for_a_person_wherever_they_are_listed() -> None:
    for office in person_titles("offices").split("|"):
        assert form_asked("any", f"{office}の名前は", "ja") == AnswerForm("")
