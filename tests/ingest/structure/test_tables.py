"""Tables of any format: heads of two rows, and PDFs' cells over several fields of the grid."""

from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from ingest.loaders import Limits, load
from ingest.structure.tables import is_caption, is_source_note, table_blocks
from tests.ingest.made_pdfs import HEIGHT


def test_years_over_groups_of_columns_belong_to_their_cells() -> None:
    rows = [
        ["区分", "令和4年", "", "令和5年", ""],
        ["", "件数", "金額", "件数", "金額"],
        ["東港", "10", "200", "12", "240"],
    ]
    _, row = table_blocks(rows, "表1")
    assert row.cells == (
        ("区分", "東港"),
        ("令和4年 件数", "10"),
        ("令和4年 金額", "200"),
        ("令和5年 件数", "12"),
        ("令和5年 金額", "240"),
    )


def test_a_first_row_of_words_is_no_second_head() -> None:
    _, first, second = table_blocks([["名称", "場所"], ["東灯台", "東港"], ["西灯台", "西港"]], "表1")
    assert first.cells == (("名称", "東灯台"), ("場所", "東港"))
    assert second.cells == (("名称", "西灯台"), ("場所", "西港"))


def test_a_year_beside_several_rows_counts_for_each(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(420, HEIGHT))
    canvas.setFont("Helvetica", 9)
    for x in (40, 120, 200, 280):
        canvas.line(x, HEIGHT - 100, x, HEIGHT - 180)
    for row, start in enumerate((40, 40, 120, 40, 40)):  # no rule divides 1901 from the field below it
        canvas.line(start, HEIGHT - 100 - 20 * row, 280, HEIGHT - 100 - 20 * row)
    cells = [
        (50, 114, "Year"),
        (130, 114, "Lamp"),
        (210, 114, "Nights"),
        (50, 144, "1901"),
        (130, 134, "East"),
        (210, 134, "365"),
    ]
    cells += [(130, 154, "West"), (210, 154, "360"), (50, 174, "1902"), (130, 174, "East"), (210, 174, "364")]
    for x, y, text in cells:
        canvas.drawString(x, HEIGHT - y, text)
    canvas.save()
    document = load(tmp_path / "a.pdf", limits=Limits()).documents[0]
    rows = [tuple(value for _, value in block.cells) for block in document.blocks if block.kind == "table_row"]
    assert rows == [("1901", "East", "365"), ("1901", "West", "360"), ("1902", "East", "364")]


def test_captions_are_told_from_sentences_by_what_follows_the_number() -> None:
    assert is_caption("Table 3. Lamps of the coast")
    assert is_caption("図2 灯台の配置")
    assert not is_caption("Table 1 summarizes the data.")
    assert not is_caption("図 1 に示すように、灯台は三つある")
    assert not is_source_note("Note the number of lamps in the tower.")
    assert is_source_note("Note: the lamps of the tower.")
