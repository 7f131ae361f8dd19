"""A table's row: its cells, their units, and the one that answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answering.compose.extractive import all_rows
from app.answering.read.table_answer import with_units
from app.commands.terminal.answers import sources_text
from app.commands.terminal.progress import TerminalProgress
from app.library import Library
from ingest.pipeline import ingest
from retriever.types import Cell, Passage

TABLE = """灯台の調査

表1は灯台の費用と高さをまとめたものである。

表1 灯台の費用
目的\t工事の期間\t費用（万円）\t担当
修理\t数か月\t320\t水野組
移転\t2年間\t4,100\t高橋組
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A document with a table."""
    folder = tmp_path_factory.mktemp("row")
    source: Path = folder / "todai.txt"
    source.write_text(TABLE, encoding="utf-8")
    ingest(folder / "index", [str(source)], progress=TerminalProgress())
    opened = Library.open(folder / "index")
    yield opened
    opened.close()


def row(text: str, *cells: tuple[str, str]) -> Passage:
    """A table's row with its values under their columns."""
    places = [Cell(column, text.index(value), text.index(value) + len(value)) for column, value in cells]
    return Passage("row", "d", text, 0, len(text), kind="table_row", cells=tuple(places))


def test_values_have_the_units_of_their_columns_or_of_their_row() -> None:
    cost = row("目的: 修理／費用（万円）: 320", ("目的", "修理"), ("費用（万円）", "320"))
    assert with_units(cost, (0, len(cost.text))) == "目的: 修理／費用（万円）: 320万円"
    share = row(
        "指標: 抑制率（％）／試験前（2018～2020）: 2.7", ("指標", "抑制率（％）"), ("試験前（2018～2020）", "2.7")
    )
    assert "2.7％" in with_units(share, (0, len(share.text)))
    plain = Passage("p", "d", "表でない文。", 0, 6)
    assert with_units(plain, (0, 6)) == "表でない文。"


def test_a_value_that_looks_like_several_cells_stays_one(tmp_path: Path) -> None:
    (tmp_path / "todai.txt").write_text(TABLE.replace("水野組", "水野組／担当: 高橋組"), encoding="utf-8")
    ingest(tmp_path / "index", [str(tmp_path / "todai.txt")], progress=TerminalProgress())
    answer = Library.open(tmp_path / "index").ask("修理の工事を担当したのはどこか")
    assert answer.citations[0].span == "水野組／担当: 高橋組"


@pytest.mark.parametrize(
    ("question", "cell"),
    [
        ("灯台の修理の期間はどれくらいか（表1）", "数か月"),
        ("表1で移転の費用はいくらですか", "4,100"),
        ("移転の工事を担当したのはどこか", "高橋組"),
    ],
)
def test_a_row_answers_with_its_cell(library: Library, question: str, cell: str) -> None:
    answer = library.ask(question)
    assert answer.citations[0].span == cell


def test_a_question_that_names_a_row_and_a_column_is_answered_by_the_row_alone(library: Library) -> None:
    answer = library.ask("移転の費用は何万円ですか")
    assert [sentence.text for sentence in answer.sentences] == [
        "目的: 移転／工事の期間: 2年間／費用（万円）: 4,100／担当: 高橋組"
    ]


def test_a_cited_row_is_shown_once_among_the_sources(library: Library) -> None:
    for question in ("移転の費用は何万円ですか", "表1を見せて"):
        assert sources_text(library.ask(question)).count("4,100") == 1


@pytest.mark.parametrize(
    ("question", "cells"),
    [
        ("灯台の担当はどこですか", ["水野組", "高橋組"]),
        ("灯台の費用はいくらですか", ["320", "4,100"]),
        ("灯台の修理の担当はどこですか", None),  # the row is named
        ("費用が最も高い灯台の担当はどこか", None),  # a row is to be chosen
        ("灯台の調査はいつでしたか", None),  # no column is asked for
    ],
)
def test_a_column_that_is_asked_for_answers_with_all_of_its_rows(
    library: Library, question: str, cells: list[str] | None
) -> None:
    answer, trace = library.ask_with_trace(question)
    first = [sentence for sentence in trace.reading.sentences if "水野組" in sentence.text]
    rows = all_rows(trace.reading.terms, first, library._newest().index)
    assert bool(rows) == (cells is not None)
    if cells:
        assert [citation.span for citation in answer.citations] == cells
