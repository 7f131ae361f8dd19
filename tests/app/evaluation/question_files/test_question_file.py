"""Reading files of questions."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from app.evaluation.question_files.question_file import QuestionRow, WrongRow, read_questions
from app.evaluation.question_files.question_tables import COLUMNS, columns_help
from retriever.types import TenkyoError
from tests.conftest import ROOT


def read(tmp_path: Path, name: str, content: bytes) -> list[QuestionRow | WrongRow]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_questions(path))


def questions(rows: list[QuestionRow | WrongRow]) -> list[QuestionRow]:
    assert all(isinstance(row, QuestionRow) for row in rows), rows
    return [row for row in rows if isinstance(row, QuestionRow)]


CSV = 'question,answers,evidence,lang,note\n誰か,東京 | 大阪,"「はい」, と",ja,メモ\n何か,,,,\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_csv_is_read_in_the_encodings_that_excel_writes(tmp_path: Path, encoding: str) -> None:
    first, second = questions(read(tmp_path, "q.csv", CSV.encode(encoding)))
    assert first.text == "誰か"
    assert first.answers == ("東京", "大阪")
    assert first.evidence == ("「はい」, と",)
    assert first.fields == {
        "question": "誰か", "answers": ["東京", "大阪"], "evidence": ["「はい」, と"], "lang": "ja", "note": "メモ",
    }  # fmt: skip
    assert (second.text, second.answers, second.evidence, second.language) == ("何か", None, None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_json_lines_are_read_with_any_line_ends(tmp_path: Path, encoding: str, newline: str) -> None:
    text = newline.join(['{"question": "誰か", "id": 7}', "", '{"question": "表示", "answers": ["ア"]}'])
    first, second = questions(read(tmp_path, "q.jsonl", text.encode(encoding)))
    assert (first.id, first.line) == ("7", 1)
    assert (second.id, second.line, second.answers) == ("#3", 3, ("ア",))


def test_semicolons_and_tabs_separate_columns_too(tmp_path: Path) -> None:
    assert questions(read(tmp_path, "q.csv", "id;question\na;誰か\n".encode()))[0].text == "誰か"
    assert questions(read(tmp_path, "q.tsv", "id\tquestion\na\t誰か\n".encode()))[0].text == "誰か"


def test_wrong_json_rows_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        b'{"question": "a"}', b"{broken", b"[1]", b'{"question": "  "}', b'{"question": "b", "answers": {"x": 1}}',
        b'{"question": "c", "answer": "x"}', b'{"question": "\xff"}', b'{"question": "d", "n": NaN}',
        b'{"question": "e", "type": 3}', b'{"question": "f"}',
    ]  # fmt: skip
    rows = read(tmp_path, "q.jsonl", b"\n".join(lines))
    assert [row.text for row in rows if isinstance(row, QuestionRow)] == ["a", "f"]
    wrong = {row.line: row.reason for row in rows if isinstance(row, WrongRow)}
    assert sorted(wrong) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert "not JSON" in wrong[2]
    assert "not a JSON object" in wrong[3]
    assert "'question' is missing or empty" in wrong[4]
    assert "'answers' must be a list of strings" in wrong[5]
    assert "'answers'" in wrong[6]
    assert "UTF-8" in wrong[7]
    assert "'type' must be a string" in wrong[9]


def test_wrong_csv_rows_are_named_by_the_line_they_begin_on(tmp_path: Path) -> None:
    text = 'question,lang\n"a\nb",ja\nc,ja,too,many\n,ja\n"d" e,ja\nf,ja\n'
    rows = read(tmp_path, "q.csv", text.encode())
    assert [row.text for row in rows if isinstance(row, QuestionRow)] == ["a\nb", "f"]
    wrong = {row.line: row.reason for row in rows if isinstance(row, WrongRow)}
    assert sorted(wrong) == [4, 5, 6]
    assert "4 values for 2 columns" in wrong[4]
    assert "'question' is missing or empty" in wrong[5]
    assert "not CSV" in wrong[6]


@pytest.mark.parametrize(
    ("row", "line"),
    [('"b,ja', 3), ('b,"ja', 3), ('"b" c,"ja', 3), ('"b\n" c,ja', 3)],
)
def test_a_csv_row_whose_quotes_do_not_close_takes_no_other_row_with_it(tmp_path: Path, row: str, line: int) -> None:
    after = [f"質問{number},ja" for number in range(20_000)]  # more than the csv module takes for one value
    rows = read(tmp_path, "q.csv", "\n".join(["question,lang", "a,ja", row, *after]).encode())
    assert next(row.line for row in rows if isinstance(row, WrongRow)) == line
    assert [row.text for row in rows if isinstance(row, QuestionRow)][-20_000:] == [f"質問{n}" for n in range(20_000)]
    assert len(rows) <= 20_003


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("q.csv", b"", "is empty"),
        ("q.csv", b"\n\n", "is empty"),
        ("q.csv", b"frage,lang\na,de\n", "no column is named 'question'"),
        ("q.csv", b"question,id,id\n", "two columns are named 'id'"),
        ("q.jsonl", b'[{"question": "a"}]', "JSON Lines"),
    ],
)
def test_a_file_that_is_no_list_of_questions_is_one_clear_error(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(TenkyoError, match=reason):
        read(tmp_path, name, content)


def test_what_is_unanswerable_and_what_has_no_gold(tmp_path: Path) -> None:
    lines = [
        b'{"question": "a", "type": "unanswerable"}', b'{"question": "b", "answers": []}',
        b'{"question": "c", "answers": [], "evidence": ["x"]}', b'{"question": "d"}',
        b'{"question": "e", "document_id": "x"}',
    ]  # fmt: skip
    a, b, c, d, e = questions(read(tmp_path, "q.jsonl", b"\n".join(lines)))
    assert [row.unanswerable for row in (a, b, c, d, e)] == [True, True, False, False, False]
    assert [row.answerable for row in (a, b, c, d, e)] == [False, False, True, False, True]
    assert [row.judgeable for row in (a, b, c, d, e)] == [True, True, True, False, False]


JAPANESE = [
    ["質問", "正解", "根拠", "種類", "メモ"],
    ["誰か", "東京 | 大阪", "「はい」", "人", "x"],
    ["何か", "", "", "答えなし", ""],
]


def check_japanese(rows: list[QuestionRow | WrongRow]) -> None:
    first, second = questions(rows)
    assert (first.text, first.answers, first.evidence, first.type) == ("誰か", ("東京", "大阪"), ("「はい」",), "人")
    assert set(first.fields) == {"question", "answers", "evidence", "type", "メモ"}
    assert (second.text, second.unanswerable, second.line) == ("何か", True, 3)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_columns_may_have_their_japanese_names(tmp_path: Path, encoding: str) -> None:
    check_japanese(read(tmp_path, "q.csv", "\n".join(map(",".join, JAPANESE)).encode(encoding)))
    lines = '{"質問": "誰か", "正解": ["東京"], "Evidence": "「はい」"}'
    assert questions(read(tmp_path, "q.jsonl", lines.encode()))[0].evidence == ("「はい」",)
    assert questions(read(tmp_path, "q.csv", " Question ,ANSWERS\n誰か,東京\n".encode()))[0].answers == ("東京",)


@pytest.mark.parametrize("header", ["質問,question", "質問,正解,answers"])
def test_a_column_under_two_names_is_one_clear_error(tmp_path: Path, header: str) -> None:
    with pytest.raises(TenkyoError, match="two columns are named"):
        read(tmp_path, "q.csv", f"{header}\na,b,c\n".encode())


def test_a_sheet_with_questions_is_read_wherever_it_stands(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["この表の使い方"])
    sheet = book.create_sheet("質問集")
    for row in JAPANESE:
        sheet.append(row)
    book.create_sheet("予備").append(["質問"])
    book.save(tmp_path / "q.xlsx")
    check_japanese(list(read_questions(tmp_path / "q.xlsx")))


def test_cells_of_a_sheet_are_taken_as_they_are_shown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "question", "answers"], [1, "何%か", 0.83], [2, "何人か", 42000]):
        book.active.append(row)
    book.active["C2"].number_format = "0%"
    book.active["C3"].number_format = "#,##0"
    book.save(tmp_path / "q.xlsx")
    first, second = questions(list(read_questions(tmp_path / "q.xlsx")))
    assert (first.id, first.answers, second.answers) == ("1", ("83%",), ("42,000",))


def test_a_sheet_without_questions_and_no_sheet_are_clear_errors(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["frage"])
    book.save(tmp_path / "q.xlsx")
    with pytest.raises(TenkyoError, match="no column is named 'question'"):
        list(read_questions(tmp_path / "q.xlsx"))
    with pytest.raises(TenkyoError, match=r"q.xlsx is damaged \(File is not a zip file\)"):
        read(tmp_path, "q.xlsx", b"x")
    with zipfile.ZipFile(tmp_path / "q.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<x")
    with pytest.raises(TenkyoError, match="cannot be read as XLSX"):
        list(read_questions(tmp_path / "q.xlsx"))


def test_the_columns_are_documented_under_both_names() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, (japanese, _) in COLUMNS.items():
        assert re.search(rf"\| `{name}`, `{japanese}` \|", readme), name
        assert f"{name} ({japanese})" in columns_help()
