"""Questions drafted from documents."""

from pathlib import Path

import pytest

from app.evaluation.matching import evidence_form, share_held
from app.evaluation.question_file import QuestionRow, read_questions
from app.evaluation.questions import draft, to_csv, to_jsonl
from ingest.document import Block, Document

JAPANESE = Document(
    id="ja-1",
    title="調査",
    source="/x",
    language="ja",
    blocks=(
        Block("heading", "第1章 気候の変化", 1),
        Block("paragraph", "熱帯夜とは、夜間の最低気温が25度以上の夜のことである。都市の平均気温は16.5度に達した。"),
        Block("paragraph", "本調査の回答者は1,200人であり、その多くは学生だった。"),
        Block("table_row", "東京\t30日", cells=(("都市", "東京"), ("熱帯夜の日数", "30日")), caption="表1 熱帯夜"),
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
        Block("table_row", "Osaka\t31", cells=(("City", "Osaka"), ("Nights", "31"))),
    ),
)


def test_every_kind_is_drafted_with_verbatim_evidence_that_holds_its_answers() -> None:
    rows = draft([JAPANESE, ENGLISH], 50)
    asked = {row["question"]: row for row in rows}
    assert asked["熱帯夜とは何ですか"]["answers"] == ["夜間の最低気温が25度以上の夜"]
    assert asked["本調査の回答者は何人ですか"]["answers"] == ["1,200人"]
    assert asked["東京の熱帯夜の日数は何ですか（表1 熱帯夜）"]["type"] == "table"
    assert "answers" not in asked["「気候の変化」では何が述べられていますか"]
    assert asked["What is the Nights of Osaka?"]["answers"] == ["31"]
    assert any("＿＿" in question for question in asked)
    texts = {one.id: evidence_form(one.text) for one in (JAPANESE, ENGLISH)}
    for row in rows:
        assert evidence_form(row["evidence"][0]) in texts[row["document_id"]]
        assert share_held(row["evidence"][0], row.get("answers", ["熱帯夜"])) or "answers" not in row
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_small_set_takes_turns_among_documents_and_kinds() -> None:
    rows = draft([JAPANESE, ENGLISH], 4)
    assert [row["document_id"] for row in rows] == ["ja-1", "en-1", "ja-1", "en-1"]
    assert len({row["type"] for row in rows}) > 1


def test_the_drafts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    rows = draft([JAPANESE, ENGLISH], 50)
    (tmp_path / "q.csv").write_text(to_csv(rows), encoding="utf-8-sig", newline="")
    (tmp_path / "q.jsonl").write_text(to_jsonl(rows), encoding="utf-8")
    for name in ("q.csv", "q.jsonl"):
        read = list(read_questions(tmp_path / name))
        assert [one.fields for one in read if isinstance(one, QuestionRow)] == rows


@pytest.mark.parametrize(
    "sentence",
    [
        "実務に関わることは研究の上でも必要である。",  # 「こと」の後の「は」
        "この制度が問われる国とはかなり異なり、届け出だけで足りる。",
        "これは夜が昼とは別の規則に従うからである。",
        "八つの原則とは以下の原則のことである。",
    ],
)
def test_a_sentence_that_defines_nothing_is_not_asked_as_a_definition(sentence: str) -> None:
    document = Document("d", "t", "/x", (Block("paragraph", sentence),), language="ja")
    assert not [row for row in draft([document], 9) if row["type"] == "explain"]


@pytest.mark.parametrize("sentence", ["加盟国では第5位である。", "加盟国では5位である。", "宗教は仏教は60%である。"])
def test_what_a_number_is_said_of_is_asked_only_where_it_is_one_topic(sentence: str) -> None:
    document = Document("d", "t", "/x", (Block("paragraph", f"調査した地域の{sentence}"),), language="ja")
    assert all("＿＿" in row["question"] for row in draft([document], 9))
