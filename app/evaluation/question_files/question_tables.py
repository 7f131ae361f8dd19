"""Questions as a table: CSV, or a sheet of an XLSX file; the columns, by their English or Japanese names."""

import csv
import unicodedata
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retriever.types import TenkyoError

LIST_SEPARATOR = " | "
_LISTS = ("answers", "evidence", "history", "documents")
_CSV_DELIMITERS = ",;\t"
# The columns: their Japanese names, and what each holds. `evaluate --help` and the README list them.
COLUMNS: dict[str, tuple[str, str]] = {
    "question": ("質問", "the question; all other columns may be missing or empty"),
    "answers": ("正解", "accepted answers, separated by ' | '"),
    "evidence": ("根拠", "verbatim quotes that answer it, separated by ' | '"),
    "type": ("種類", "a group in the report; 'unanswerable' (答えなし): the documents hold no answer"),
    "id": ("番号", "identifies the question when two runs are compared; default: its text"),
    "lang": ("言語", "a group in the report"),
    "history": ("前の質問", "the questions before it, oldest first, separated by ' | '"),
    "documents": ("文書", "ids of the documents to search, separated by ' | '"),
    "document_id": ("正解の文書", "the document that holds the answer, if no evidence is given"),
    "nuggets": ("要点", 'points that a summary should make: [{"vital": true, "any": ["…"]}]'),
    "expects": ("意図", "passage, overview, sources or smalltalk: the kind that Tenkyo should recognise"),
}
_NAMES_WIDTH = 27  # columns of a terminal
_NAMES = {japanese: name for name, (japanese, _) in COLUMNS.items()} | {name: name for name in COLUMNS}
_UNANSWERABLE = "答えなし"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row or a file: `message` for a terminal, `name` and `values` for pages with their own words.

    The teacher's desk has words for each name: app/web/teach/words/*.toml, in [rows] and [question_files].
    """

    name: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)


class QuestionFileError(TenkyoError):
    """A file of which no question can be asked."""

    def __init__(self, path: Path, fault: Fault) -> None:
        super().__init__(f"{path}: {fault.message}")
        self.fault = fault


def columns_help() -> str:
    """The columns for `evaluate --help`: their names and what they hold, one a line."""
    lines = (f"  {name} ({japanese}){' ' * _gap(name, japanese)}{text}" for name, (japanese, text) in COLUMNS.items())
    return "columns of QUESTIONS (fields, in .jsonl):\n" + "\n".join(lines)


def _gap(name: str, japanese: str) -> int:
    """The blanks that align the texts behind the names: a Japanese character is two columns of a terminal wide."""
    return _NAMES_WIDTH - len(name) - 2 * len(japanese)


def column_names() -> str:
    """The columns as a list, each with its Japanese name."""
    return ", ".join(f"{name} ({japanese})" for name, (japanese, _) in COLUMNS.items())


def canonical(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the English names of its columns; other columns are kept as they are."""
    fields = {_canonical_name(name): value for name, value in row.items()}
    if fields.get("type") == _UNANSWERABLE:
        fields["type"] = "unanswerable"
    return fields


def _canonical_name(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).strip().lower()
    return _NAMES.get(folded, name)


def _columns(header: Sequence[str], path: Path) -> list[str]:
    """The names of the columns; raises QuestionFileError where the question is missing or a name occurs twice."""
    columns = [_canonical_name(name.strip()) for name in header]
    if "question" not in columns:
        said = "no column is named 'question' (質問); the first line must name the columns"
        raise QuestionFileError(path, Fault("no-question", said, {"found": ", ".join(filter(None, header))[:200]}))
    repeated = [name for name in columns if name and columns.count(name) > 1]
    if repeated:
        said = f"two columns are named '{repeated[0]}'; name each once"
        raise QuestionFileError(path, Fault("repeated", said, {"name": repeated[0]}))
    return columns


def xlsx_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | Fault]]:
    """The rows of the first visible sheet with a column of questions, like those of `csv_rows`."""
    from ingest.loaders import Limits
    from ingest.loaders.contained import check_archive, check_installed
    from ingest.loaders.sheets import sheet_rows

    check_installed(path, "openpyxl")
    check_archive(path, Limits(), "xl/workbook.xml", "XLSX")
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    damaged = (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, SyntaxError)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet_rows(sheet) for sheet in book.worksheets if sheet.sheet_state == "visible"]
        heads = [(next(rows, (0, [])), rows) for rows in sheets]
        fitting = [(head, rows) for head, rows in heads if "question" in map(_canonical_name, head[1])]
        (_, header), rows = (fitting or heads)[0] if heads else ((0, []), iter(()))
        columns = _columns(_without_end(header), path)
        for line, values in rows:
            yield line, _fields(columns, _without_end(values))
    except (*damaged, zipfile.BadZipFile, zlib.error) as error:
        fault = Fault("no-xlsx", f"cannot be read as XLSX ({error}); save it anew, or as .csv")
        raise QuestionFileError(path, fault) from error


def _without_end(cells: Sequence[str]) -> list[str]:
    """The cells up to the last one that is filled."""
    return list(cells[: max((place for place, cell in enumerate(cells, 1) if cell), default=0)])


def csv_rows(file: Iterator[str], path: Path) -> Iterator[tuple[int, dict[str, Any] | Fault]]:
    """Yield (line, fields) for each row, or (line, Fault) if it is malformed.

    Raises QuestionFileError if the file is no table of questions.
    """
    header, header_line = next(((line, text) for line, text in enumerate(file, 1) if text.strip()), (0, ""))
    if not header_line:
        said = "is empty; the first line must name the columns, 'question' (質問) among them"
        raise QuestionFileError(path, Fault("empty", said))
    delimiter = max(_CSV_DELIMITERS, key=header_line.count)
    columns = _columns(next(csv.reader([header_line], delimiter=delimiter), []), path)
    for line, values in _csv_values(file, delimiter, header + 1):
        if isinstance(values, Fault):
            yield line, values
        elif any(value.strip() for value in values):
            yield line, _fields(columns, values)


def _csv_values(file: Iterator[str], delimiter: str, line: int) -> Iterator[tuple[int, list[str] | Fault]]:
    """Yield (line, values) for each row, or (line, Fault); `line` (1-based) is the line of the first row.

    After a wrong row, reading continues on the next line: lines swallowed by an unclosed quotation mark are read
    again as rows. (The csv module takes at most 131,072 characters for one value.)
    """
    taken: list[str] = []
    again: deque[str] = deque()

    def lines() -> Iterator[str]:
        while (text := again.popleft() if again else next(file, "")) != "":
            taken.append(text)
            yield text

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            yield line, Fault("no-csv", f"is not CSV ({error}); see to its quotation marks")
            again.extendleft(reversed(taken[1:]))
            line, reader = line + 1, csv.reader(lines(), delimiter=delimiter, strict=True)
        else:
            if values is None:
                return
            yield line, values
            line += len(taken)
        taken.clear()


def _fields(columns: list[str], values: list[str]) -> dict[str, Any] | Fault:
    extra = [value for value in values[len(columns) :] if value.strip()]
    if extra:
        counts = {"values": str(len(values)), "columns": str(len(columns))}
        said = "has {values} values for {columns} columns; put a value that holds the separator in quotes"
        return Fault("too-many", said.format(**counts), counts)
    row: dict[str, Any] = {}
    for name, value in zip(columns, values, strict=False):
        if not name or (not value.strip() and name != "question"):
            continue  # an empty cell says nothing
        row[name] = [item.strip() for item in value.split(LIST_SEPARATOR)] if name in _LISTS else value
    return canonical(row)
