"""The confidence of an answer, and how it is fitted."""

import json
from pathlib import Path

import pytest

from app.answering.decide.confidence import WEIGHTS, Model, models
from app.answering.decide.contradictions import NAMES as CONTRADICTIONS
from app.answering.decide.named_things import names_unknown
from app.commands.terminal.progress import TerminalProgress
from app.library import Library
from app.training.confidence_examples import ConfidenceRow, own_rows
from app.training.train_confidence import fit, held_out, judge
from ingest.pipeline import ingest
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import TenkyoError
from tests.opened_once import open_encoder

TEXT = """港の灯台

灯台は1987年に水野さくらが設計した。塔の高さは32メートルである。

灯台の入場料は300円である。毎年8月にトランプ大会が開かれる。
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Two short documents with the embedded encoder."""
    folder = tmp_path_factory.mktemp("confidence")
    (folder / "todai.txt").write_text(TEXT, encoding="utf-8")
    (folder / "minato.txt").write_text("港には漁船が30隻つながれている。", encoding="utf-8")
    ingest(folder / "index", [str(folder)], progress=TerminalProgress())
    return open_index(folder / "index")


def row(lead: float, *, right: bool, answerable: bool = True, part: int = 0, source: str = "jsquad") -> ConfidenceRow:
    """A question of which only the lead of its best sentence says something."""
    about = {"cosine": 0.85, "lead": lead, "term_overlap": 0.5, "form": 0.5, "z_score": 3.0, "english": 0.0}
    about |= {"reranker_gap": 0.0, "no_form": 0.0}
    about |= {"unknown_names": 0.0, "not_body_text": 0.0, "missing_names": 0.0, "missing_numbers": 0.0}
    about |= dict.fromkeys(CONTRADICTIONS, 0.0)
    return ConfidenceRow(source, part, False, about, right, answerable)


ROWS = [
    row(lead, right=right, answerable=right, part=number % 4)
    for number, (lead, right) in enumerate([(0.9, True), (0.8, True), (0.7, True), (0.3, False), (0.2, False)] * 20)
]


def test_a_chance_is_the_logistic_of_the_weighed_features() -> None:
    model = Model({"lead": 2.0}, -1.0, 0.5)
    assert model.chance({"lead": 0.5, "cosine": 9.0}) == pytest.approx(0.5)
    assert model.chance({"lead": 1.0}) == pytest.approx(0.7310586)


def test_what_ships_names_its_data_and_what_it_does_on_questions_held_out() -> None:
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert "JSQuAD" in stored["data"]
    assert stored["held_out"]["native"]["jsquad"]["right_where_sure"] >= 0.95
    assert {name: 0 < model.abstain_below < 0.5 for name, model in models().items()} == {
        "native": True, "foreign": True, "any_encoder": True,
    }  # fmt: skip


def test_a_fitted_model_tells_right_from_wrong_and_refuses_no_more_than_it_may() -> None:
    model = fit(ROWS, "native")
    told = judge(model, ROWS)
    assert model.weights["lead"] > 0
    assert told["right_where_sure"] == 1.0
    assert told["refused"] <= 0.025
    assert told["refused_without_answer"] == 1.0
    assert held_out(ROWS, "native")["jsquad"]["right_where_sure"] == 1.0


def test_a_small_source_counts_as_much_as_a_large_one() -> None:
    other = [row(0.3, right=True, source="also", part=number % 4) for number in range(10)]
    alone, together = fit(ROWS, "native"), fit(ROWS + other, "native")
    assert together.chance(row(0.3, right=True).features) > alone.chance(row(0.3, right=True).features) + 0.2


def test_no_answer_is_called_sure_where_the_data_are_too_noisy() -> None:
    noisy = [row(0.9, right=number % 10 > 2, part=number % 4) for number in range(100)] + ROWS
    assert judge(fit(noisy, "native"), noisy)["sure"] == 0.0
    assert judge(fit(ROWS, "native"), ROWS)["sure"] > 0.0


def test_questions_of_ones_own_are_asked_with_and_without_what_answers_them(index: Index, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    lines = [
        {"question": "塔の高さは何メートルですか", "answers": ["32メートル"], "evidence": ["32メートルである"]},
        {"question": "灯台を塗ったのは誰ですか", "answers": [], "type": "unanswerable"},
    ]
    questions.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    found = own_rows(questions, index.folder)
    assert [(one.right, one.answerable, one.cut) for one in found] == [
        (True, True, False), (False, False, True), (False, False, False), (False, False, False),
    ]  # fmt: skip


def test_a_broken_line_of_questions_is_named(index: Index, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"answers": ["x"]}\n', encoding="utf-8")
    with pytest.raises(TenkyoError, match="line 1"):
        own_rows(questions, index.folder)


def test_what_stands_beside_the_text_is_hardly_an_answer(tmp_path: Path) -> None:
    (tmp_path / "todai.txt").write_text(
        "港の灯台の研究\n\n水野さくら（青波大学教授）\n（脱稿日：2025年2月10日）\n\nはじめに\n\n" + TEXT * 2,
        encoding="utf-8",
    )
    ingest(tmp_path / "index", [str(tmp_path / "todai.txt")], progress=TerminalProgress())
    library = Library.open(tmp_path / "index")
    _, trace = library.ask_with_trace("この論文を書いたのは誰ですか")
    assert trace.decision.features["not_body_text"] == 0
    assert all(
        library.ask(question).abstained for question in ("著者の生まれた町の名物は何ですか", "この論文の査読者は誰か")
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("この論文のDOIは？", "10.1234/abcd.5678"),
        ("この論文のキーワードは何ですか", "灯台、港、霧"),
        ("What is the author's email address?", "mizuno@example.org"),
        ("この論文の値段はいくらですか", ""),
    ],
)
def test_data_of_the_publication_are_answered_where_the_document_has_them(
    tmp_path: Path, question: str, answer: str
) -> None:
    (tmp_path / "todai.txt").write_text(
        "港の灯台の研究\n\n水野さくら（青波大学教授）\nDOI: 10.1234/abcd.5678\nキーワード：灯台、港、霧\n"
        "連絡先：mizuno@example.org\n\nはじめに\n\n" + TEXT,
        encoding="utf-8",
    )
    ingest(tmp_path / "index", [str(tmp_path / "todai.txt")], progress=TerminalProgress())
    found = Library.open(tmp_path / "index").ask(question)
    assert found.abstained == (not answer)
    assert answer in found.text


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("Who designed the lighthouse?", False),
        ("What did Mizuno design?", False),
        ("When is the Trump-meeting held?", False),
        ("What did Macron say about the lighthouse?", True),
        ("岸田文雄は灯台について何と言ったか", True),
        ("水野さくらは何を設計したか", False),
        ("ヘグセス国防長官は灯台について何と言ったか", True),
        ("What does the text say about TRNP?", True),
        ("灯台はBRICSとどう関わるか", True),
        ("트럼프 대회는 언제 열립니까?", False),
        ("김정은 위원장은 등대에 대해 무엇이라고 말했나요?", True),
        ("등대를 설계한 교수는 누구인가요?", False),
        ("文章如何评价“一带一路”倡议？", True),
        ("“灯台”是谁设计的？", False),
    ],
)
def test_a_name_that_no_document_holds_is_unknown_in_whatever_writing(
    index: Index, question: str, unknown: bool
) -> None:
    assert names_unknown(index.query(question, open_encoder()), index) is unknown
