"""Passages → drafts: from prose, tables, glossaries and headings, spread over a document; kept if they are answered."""

from collections import Counter
from dataclasses import replace

import pytest

from app.answering.types import Answer
from app.drafts.checking import is_answered, kept
from app.drafts.drafting import drafts
from app.drafts.forms import questions_by_form
from app.drafts.question import Draft, DraftQuestion
from app.drafts.structure import glossary_entry
from ingest.document import Block, Document
from ingest.passages import cut
from retriever.text import language_of
from tests.app.drafts.made_answers import answer_of

JAPANESE = Document(
    id="ja-1",
    title="調査",
    source="/x",
    language="ja",
    blocks=(
        Block("heading", "第1章 気候の変化", 1),
        Block("paragraph", "熱帯夜とは、夜の最低気温が25度より高い夜のことである。都市の平均気温は16.5度に達した。"),
        Block("heading", "第2章 回答の集計", 1),
        Block("paragraph", "本調査の回答者は1,200人であり、その多くは学生だった。熱帯夜を知る人は七割に達した。"),
        Block(
            "table_row",
            "東京\t30日\n都市: 東京／熱帯夜の日数: 30日",
            cells=(("都市", "東京"), ("熱帯夜の日数", "30日")),
            caption="表1 熱帯夜",
        ),
        Block("entry", "山田（2020）『気候』100年社"),
    ),
)
ENGLISH = Document(
    id="en-1",
    title="Survey",
    source="/y",
    language="en",
    blocks=(
        Block("heading", "2. Tropical nights", 1),
        Block(
            "paragraph", "A tropical night is a night that stays warm until the morning. It was seen by 46% of people."
        ),
        Block("table_row", "Osaka\t31\nCity: Osaka; Nights: 31", cells=(("City", "Osaka"), ("Nights", "31"))),
    ),
)


def asked(*documents: Document) -> dict[str, Draft]:
    return {draft.question.text: draft for draft in drafts(map(cut, documents))}


def test_every_form_is_drafted_with_evidence_that_stands_in_its_passage() -> None:
    made = asked(JAPANESE, ENGLISH)
    assert made["熱帯夜とは何ですか"].question.type == "explain"
    assert made["本調査の回答者は何人ですか"].question.answer == "1,200人"
    assert made["表1で、東京の熱帯夜の日数は何日ですか"].question.type == "table"
    assert made["「気候の変化」では何が述べられていますか"].question.answer == ""
    assert made["What is a tropical night?"].language == "en"
    assert made["What is given under “Nights” for “Osaka”?"].question.answer == "31"
    passages = {passage.id: passage for document in (JAPANESE, ENGLISH) for passage in cut(document)}
    for draft in made.values():
        assert draft.evidence in passages[draft.passage_id].text
        assert draft.question.answer in draft.evidence


def test_documents_take_turns_and_kinds_too() -> None:
    first = drafts(map(cut, (JAPANESE, ENGLISH)))[:4]
    assert [draft.document_id for draft in first] == ["ja-1", "en-1", "ja-1", "en-1"]
    assert len({draft.question.kind for draft in first}) >= 2


def test_a_question_that_two_sentences_answer_is_left_out() -> None:
    twice = "灯台は1862年に建てられた。\n\n灯台は1911年に建てられた。"
    document = Document("d", "t", "/x", tuple(Block("paragraph", text) for text in twice.split("\n\n")))
    assert list(asked(document)) == []


def test_definitions_are_drafted_in_chinese_and_korean() -> None:
    chinese = Document("zh", "桥", "/x", (Block("paragraph", "石拱桥是一种用石块砌成的拱形桥梁。"),), language="zh")
    korean = Document(
        "ko", "시장", "/x", (Block("paragraph", "오일장이란 닷새마다 한 번씩 열리는 시장을 말한다."),), language="ko"
    )
    assert list(asked(chinese, korean)) == ["石拱桥是什么？", "오일장이란 무엇입니까?"]


def test_lines_of_an_index_and_columns_that_repeat_their_rows_are_no_table() -> None:
    rows = (
        Block("table_row", "分数, 167\t参照, 244", cells=(("環境, 87", "分数, 167"), ("定義, 75", "参照, 244"))),
        Block("table_row", "鐘\t灯", cells=(("港", "鐘"), ("鐘", "灯"))),
    )
    assert list(asked(Document("d", "t", "/x", rows))) == []


def test_a_cell_takes_the_unit_of_its_column_and_names_of_drawings_are_none() -> None:
    rows = (
        Block("table_row", "西校\t25", cells=(("学校", "西校"), ("移動時間（分）", "25")), caption="表2 通学"),
        Block("table_row", "+->\t3", cells=(("図", "+-> a"), ("値", "3"))),
    )
    assert list(asked(Document("d", "t", "/x", rows))) == ["表2で、西校の移動時間は何分ですか"]


def draft_of(kind: str, number: int) -> Draft:
    return Draft(DraftQuestion(kind, f"{kind}{number}", "x"), "ja", "d", "p", "", f"{kind}の{number}番目の根拠。")


def test_few_drafts_ask_what_a_section_describes() -> None:
    made = [draft_of("section", number) for number in range(30)] + [draft_of("figure", number) for number in range(19)]

    def ask(question: str) -> Answer:
        evidence = next(draft.evidence for draft in made if draft.question.text == question)
        return answer_of(evidence, document_id="d")

    counts = Counter(draft.question.kind for draft in kept(made, ask))
    assert counts == {"figure": 19, "section": 2}


@pytest.mark.parametrize("label", ["注意", "備考", "岬の灯台は多くの船から見えます"])
def test_a_call_for_attention_or_a_sentence_before_a_colon_is_no_term(label: str) -> None:
    assert not list(glossary_entry(f"{label}: 霧の深い日に音で岸の場所を知らせるための装置のことです。", "ja"))


def test_a_draft_is_kept_only_if_its_own_evidence_answers_it() -> None:
    draft = draft_of("figure", 1)
    answer = answer_of(draft.evidence, document_id="d")
    assert is_answered(draft, answer)
    assert not is_answered(draft, replace(answer, abstained=True))
    assert not is_answered(draft, answer, least=0.95)
    assert not is_answered(draft, answer_of("別の文である。", document_id="d"))
    assert not is_answered(draft, answer_of(draft.evidence, document_id="another"))


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko"])
def test_a_document_is_asked_about_by_its_form_in_one_language(language: str) -> None:
    made = list(questions_by_form("", cut(JAPANESE), language))
    assert {language_of(one.text) for one in made} == {language}
    assert {one.kind for one in made} >= {"summary", "conclusion", "works", "part", "table"}
    assert [one.answer for one in made if one.kind == "part"] == ["1", "2"], "by number, not by a Japanese heading"


def test_the_title_names_one_of_several_documents() -> None:
    assert next(questions_by_form("橋の歴史――石から鉄へ", (), "en")).text == "What is “橋の歴史――石から鉄へ” about?"
    assert list(questions_by_form("題" * 99, (), "en")) == []
