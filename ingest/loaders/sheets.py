"""CSV and XLSX → Document: each row becomes a table row with column names and its row number in the sheet."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ingest.document import Block
from ingest.loaders.contained import check_archive
from ingest.loaders.source import Limits, Loaded, Skipped, SourceError, read_bytes, rows_left_out
from ingest.loaders.text import decode
from ingest.structure.compose import compose
from ingest.structure.tables import table_blocks
from retriever.text import language_of

_DELIMITERS = ",\t;|"
_SAMPLED_LINES = 20
_MOST_COLUMNS = 200
_BLANK_ROWS = 5_000  # a sheet ends after this many blank rows: formatting alone may fill it to its last row
Row = tuple[int, Sequence[str]]  # 1-based row number in the file, and the cells


def load(path: Path, limits: Limits) -> Loaded:
    """Read a CSV, TSV or XLSX file. Raises SourceError if it is empty or not a table."""
    return _load_book(path, limits) if path.suffix.lower() == ".xlsx" else _load_text(path, limits)


def _load_text(path: Path, limits: Limits) -> Loaded:
    text = decode(read_bytes(path), path.name)
    head = text.split("\n", _SAMPLED_LINES)[:_SAMPLED_LINES]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(head))
    rows = itertools.islice(_numbered(reader), limits.max_rows + 2)  # a header, and one row more than allowed
    try:
        blocks, is_cut = _sheet_blocks(rows, language_of(text[:20_000], "ja"), limits.max_rows)
    except csv.Error as error:
        raise SourceError("damaged", f"{path.name} cannot be read as CSV ({error}); save it again") from error
    skipped = (rows_left_out(path.name, limits),) if is_cut else ()
    return _loaded(path, blocks, path.stem, skipped)


def _load_book(path: Path, limits: Limits) -> Loaded:
    """Read the visible sheets of an XLSX file. Formulas give the values they had when the file was saved."""
    import openpyxl

    check_archive(path, limits, "xl/workbook.xml", "XLSX")
    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    blocks: list[Block] = []
    skipped: list[Skipped] = []
    left = limits.max_rows
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            said = "the sheet is hidden and was not read; unhide it in your spreadsheet program to include it"
            skipped.append(Skipped(f"{path.name} sheet {sheet.title}", "hidden", said))
            continue
        rows = itertools.islice(sheet_rows(sheet), left + 2)
        read, is_cut = _sheet_blocks(rows, "", left)
        left -= sum(block.kind == "table_row" for block in read)
        if read:
            blocks += [Block("heading", sheet.title, level=1), *read]
        if is_cut:
            skipped.append(rows_left_out(f"{path.name} sheet {sheet.title}", limits))
    return _loaded(path, blocks, (book.properties.title or "").strip() or path.stem, tuple(skipped))


def _loaded(path: Path, blocks: Sequence[Block], title: str, skipped: tuple[Skipped, ...]) -> Loaded:
    if not blocks:
        raise SourceError("empty", f"{path.name} has no text; there is nothing to ingest")
    language = language_of("".join(block.text for block in blocks[:500]), "ja")
    return Loaded((compose(path, blocks, language, title, by_typography=True),), skipped)


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that occurs equally often in most lines; a comma if there is none."""

    def evenness(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines if line.strip()]
        usual = max(counts, key=counts.count, default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(_DELIMITERS, key=evenness)


def _numbered(reader: Iterable[list[str]]) -> Iterator[Row]:
    return ((number, cells[:_MOST_COLUMNS]) for number, cells in enumerate(reader, 1) if any(map(str.strip, cells)))


def sheet_rows(sheet: Any) -> Iterator[Row]:
    """The non-empty rows of a sheet, with cells formatted as the spreadsheet shows them."""
    sheet.reset_dimensions()  # the size stated in the file may be wrong
    blank = 0
    for number, cells in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), 1):
        values = [_shown(cell.value, getattr(cell, "number_format", "")) for cell in cells]
        if any(values):
            blank = 0
            yield number, values
            continue
        blank += 1
        if blank > _BLANK_ROWS:
            return


def _sheet_blocks(rows: Iterator[Row], language: str, most: int) -> tuple[list[Block], bool]:
    """The blocks of a sheet: lines above the table, then at most `most` rows; and whether rows were left out.

    Single-cell lines above rows with several cells are the table's caption. If `language` is "", it is detected.
    """
    stripped = [(number, [" ".join(cell.split()) for cell in cells]) for number, cells in rows]
    width = max((sum(map(bool, cells)) for _, cells in stripped), default=0)
    above = list(itertools.takewhile(lambda row: width > 1 and sum(map(bool, row[1])) == 1, stripped))
    table = stripped[len(above) :]
    columns = max((len(_without_end(cells)) for _, cells in table), default=0)
    cells_of_rows = [[*cells, *[""] * columns][:columns] for _, cells in table]
    caption = "\n".join(cell for _, cells in above for cell in cells if cell)
    language = language or language_of("".join(itertools.chain.from_iterable(cells_of_rows[:200])), "ja")
    blocks = table_blocks(cells_of_rows, caption, language=language)
    first = next((place for place, block in enumerate(blocks) if block.kind == "table_row"), len(blocks))
    body = blocks[first:]
    numbers = [number for number, _ in table[len(table) - len(body) :]]
    placed = [replace(block, row=number) for block, number in zip(body, numbers, strict=True)]
    return [*blocks[:first], *placed[:most]], len(placed) > most


def _without_end(cells: Sequence[str]) -> Sequence[str]:
    """The cells without trailing empty ones."""
    return cells[: max((place for place, cell in enumerate(cells, 1) if cell), default=0)]


def _shown(value: object, number_format: str) -> str:
    """A cell as the spreadsheet shows it, for the usual formats: percentages, thousands separators, dates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date) and "年" in number_format:
        return f"{value.year}年{value.month}月" + (f"{value.day}日" if "d" in number_format.lower() else "")
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return str(value) if isinstance(value, timedelta) else f"{value}"


def _number(value: float, number_format: str) -> str:
    shown = number_format.partition(";")[0]
    fraction = shown.partition(".")[2].replace("#", "0")
    decimals = len(fraction) - len(fraction.lstrip("0"))
    sign = "," if "#,##" in shown else ""
    if "%" in shown:
        return f"{value * 100:{sign}.{decimals}f}%"
    if decimals or sign:
        return f"{value:{sign}.{decimals}f}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
