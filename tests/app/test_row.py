"""A table's row: its cells, their units, and the one that answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answering.read.row import cells, with_units
from app.library import Library
from app.progress import Progress
from ingest.pipeline import ingest

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
    ingest(folder / "index", [str(source)], progress=Progress())
    opened = Library.open(folder / "index")
    yield opened
    opened.close()


def test_cells_are_spans_of_the_row_under_their_columns() -> None:
    row = "目的: 修理／工事の期間: 数か月／費用（万円）: 320"
    assert [(one.name, row[one.start : one.end]) for one in cells(row)] == [
        ("目的", "修理"), ("工事の期間", "数か月"), ("費用（万円）", "320"),
    ]  # fmt: skip
    english = "Reform: Fare cap; Cost (million crowns): 9.6"
    assert [english[one.start : one.end] for one in cells(english)] == ["Fare cap", "9.6"]


def test_values_have_the_units_of_their_columns_or_of_their_row() -> None:
    assert with_units("目的: 修理／費用（万円）: 320") == "目的: 修理／費用（万円）: 320万円"
    assert "2.7％" in with_units("指標: 抑制率（％）／試験前（2018～2020）: 2.7")
    assert with_units("表でない文。") == "表でない文。"


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
