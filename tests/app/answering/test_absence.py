"""An abstention says where and for what was looked, and gives the nearest passages, which are not answers."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.compose.absence import subject_words
from app.answering.compose.messages import quoted
from app.answering.types import Answer, Citation, Sentence, Turn
from app.commands.terminal.answers import answer_text, sources_text
from app.commands.terminal.progress import TerminalProgress
from app.library import Library
from ingest.pipeline import ingest

TEXT = """# 港の灯台

## はじめに

灯台は1987年に水野さくらが設計した。塔の高さは32メートルである。参観料は300円で、毎年4万人が訪れる。

## 歴史

灯台の光は霧の夜には汽笛とともに使われた。2003年に電球が発光ダイオードに替えられた。

## 課題

灯台守の住まいは取り壊された。塔の塗り替えには5000万円がかかると見込まれている。
"""
BRIDGE = """# The Bridge at Ellmouth

The bridge was opened in 1931. It is 210 metres long and carries two lanes. The toll is 2 crowns for a car.
"""
WEATHER = "横浜市長の身長は何センチですか"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Two short documents."""
    folder = tmp_path_factory.mktemp("absence")
    (folder / "todai.md").write_text(TEXT, encoding="utf-8")
    (folder / "bridge.md").write_text(BRIDGE, encoding="utf-8")
    ingest(folder / "index", [str(folder / "todai.md"), str(folder / "bridge.md")], progress=TerminalProgress())
    return Library.open(folder / "index")


@pytest.fixture(scope="module")
def refused(library: Library) -> Answer:
    """An abstention in Japanese."""
    answer = library.ask("2019年の灯台の参観料は何円でしたか")
    assert answer.abstained
    return answer


def test_it_names_what_was_searched_the_words_and_what_the_nearest_passage_lacks(refused: Answer) -> None:
    assert refused.text.splitlines() == [
        "この質問の答えは、登録された文書の中に見つかりませんでした。",
        "調べた文書: 「港の灯台」、「The Bridge at Ellmouth」。",
        "探した言葉: 2019年、灯台、参観料。",
        "近い箇所に出てこない言葉: 2019。",
    ]


def test_its_near_passages_are_quoted_word_for_word_best_first_and_each_once(refused: Answer) -> None:
    assert [one.number for one in refused.near] == [1, 2, 3][: len(refused.near)]
    assert 1 <= len(refused.near) <= 3
    assert "300円" in refused.near[0].text
    assert all(one.text[one.quote_start : one.quote_end] == one.quote for one in refused.near)
    assert len({one.passage_id for one in refused.near}) == len(refused.near)
    assert refused.citations == ()
    told = refused.to_json()["near"][0]
    assert set(told) == {*refused.near[0].__slots__} - {"cells", "gloss"}
    assert (told["document_title"], told["section"]) == ("港の灯台", "はじめに")


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("What was the toll for a car in 2019?", "Searched: “港の灯台”; “The Bridge at Ellmouth”."),
        ("2019年汽车过桥费是多少？", "已查阅的文献："),
        ("요코하마 시장의 키는 몇 센티미터인가요?", "찾아본 문서: "),
    ],
)
def test_it_says_so_in_the_askers_language(library: Library, question: str, searched: str) -> None:
    answer = library.ask(question)
    assert answer.abstained
    assert searched in answer.text


def test_a_follow_up_is_refused_in_the_language_of_the_whole_question(library: Library) -> None:
    answer = library.ask("And in 2019?", history=[Turn("What is the toll for a car?")])
    assert answer.language == "en"
    assert answer.abstained
    assert "Words looked for: " in answer.text


def test_only_the_documents_that_were_asked_are_named(library: Library) -> None:
    [bridge] = [one.id for one in library.records() if "Ellmouth" in one.title]
    answer = library.ask("2019年の灯台の参観料は何円でしたか", documents=[bridge])
    assert answer.abstained
    assert "調べた文書: 「The Bridge at Ellmouth」。" in answer.text
    assert {one.document_id for one in answer.near} == {bridge}


def test_many_documents_are_counted_not_listed(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.md").write_text(
            f"# 港の記録{number}\n\n第{number}の港の船は30隻である。", encoding="utf-8"
        )
    ingest(tmp_path / "index", [str(tmp_path / f"{number}.md") for number in range(5)], progress=TerminalProgress())
    answer = Library.open(tmp_path / "index").ask("横浜市長の身長は何センチですか")
    assert answer.abstained
    assert re.search(r"調べた文書: (「港の記録\d」、?){3}ほか2点。", answer.text)


def test_an_answer_has_nothing_near_and_what_is_looked_up_by_number_neither(library: Library) -> None:
    answer = library.ask("灯台の参観料は何円ですか")
    assert not answer.abstained
    assert answer.near == ()
    assert library.ask("参考文献[7]は何についての文献ですか").near == ()


def test_the_terminal_says_when_an_answer_is_weak(library: Library) -> None:
    given = library.ask("灯台の参観料は何円ですか")
    sure, weak = replace(given, confidence=0.95), replace(given, confidence=0.2)
    assert not answer_text(sure).startswith("(")
    assert answer_text(weak).startswith("(関連するかもしれない箇所)\n")


def test_the_terminal_shows_near_passages_under_a_line_that_says_what_they_are(refused: Answer) -> None:
    lines = answer_text(refused).splitlines()
    at = lines.index("近い箇所（答えではありません）:")
    assert lines[at + 1] == "- 港の灯台 – はじめに"
    assert lines[at + 2].strip() == refused.near[0].quote
    assert "300円" in sources_text(refused)


@pytest.mark.parametrize(
    ("question", "language", "looked_for"),
    [
        ("EUの関税率は何％ですか", "ja", ["EU", "関税率"]),
        ("2022年のNATO加盟国の防衛費は何％でしたか", "ja", ["2022年", "NATO加盟国", "防衛費"]),
        ("なぜ負けたのですか", "ja", []),
        ("What is Biden's approval rating?", "en", ["Biden", "approval", "rating"]),
        ("日本对NATO征收了多少关税？", "zh", ["日本", "NATO征收", "关税"]),
        ("会议的地点在哪里", "zh", ["会议", "地点"]),
        ("한미 정상회담의 결과는 무엇인가요?", "ko", ["한미", "정상회담", "결과"]),
    ],
)
def test_the_words_that_were_looked_for_are_those_of_the_question(
    question: str, language: str, looked_for: list[str]
) -> None:
    assert subject_words(question, language) == looked_for


def test_of_several_refused_questions_each_shares_the_near_passages(library: Library) -> None:
    answer = library.ask("2019年の灯台の参観料は何円でしたか。2011年に橋の通行料は何クローネでしたか。")
    assert answer.abstained
    assert [one.number for one in answer.near] == list(range(1, len(answer.near) + 1))
    assert len({one.passage_id for one in answer.near}) == len(answer.near) <= 3
    assert {"港の灯台", "The Bridge at Ellmouth"} <= {one.document_title for one in answer.near}


def test_of_two_questions_the_refused_one_has_near_passages(library: Library) -> None:
    answer = library.ask("2019年の灯台の参観料は何円でしたか。How long is the bridge at Ellmouth?")
    assert not answer.abstained
    assert "210 metres" in answer.text
    assert answer.near
    assert {one.passage_id for one in answer.near}.isdisjoint(one.passage_id for one in answer.citations)


def test_a_title_that_is_in_quotation_marks_gets_no_second_ones() -> None:
    assert quoted("ja", "港の灯台") == "「港の灯台」"
    assert quoted("ja", "「港の灯台」の要約") == "「港の灯台」の要約"


def test_a_list_of_works_has_a_line_each_in_the_terminal() -> None:
    works = ("Mizuno, “The Light.” 1987.", "Tani, “The Tide.” 1999.")
    citations = tuple(
        Citation(number, f"d:{number}", "d", "港の灯台", "", None, work, work, 0, len(work), 1.0, None, origin="record")
        for number, work in enumerate(works, 1)
    )
    answer = Answer(
        question="参考文献は？",
        language="ja",
        abstained=False,
        confidence=0.9,
        method="extractive",
        text=" ".join(works),
        sentences=tuple(Sentence(work, (number,), origin="record") for number, work in enumerate(works, 1)),
        citations=citations,
        hits=(),
        document_titles={"d": "港の灯台"},
        intent="sources",
    )
    first, second = answer_text(answer).splitlines()[:2]
    assert first.startswith(f"{works[0]} [1]")
    assert second.startswith(f"{works[1]} [2]")
