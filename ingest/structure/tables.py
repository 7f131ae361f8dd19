"""Tables from any format: rows of cells → one block for the caption, and one for each row."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from ingest.document import Block, PageStarts
from retriever.numerals import KANJI_NUMERALS, ROMAN_LETTERS, ROMAN_SIGNS
from retriever.types import Cell

CAPTION = re.compile(
    rf"^[\s【\[(（<＜〈]*(?:(?:第\s*)?[0-9０-９{KANJI_NUMERALS}{ROMAN_SIGNS}]+(?:[-‐–.．][0-9０-９]+)*\s*(?:表|図表|図)(?![0-9０-９])"
    rf"|(?:図表|表|図|写真|資料|表格|그림|표)\s*+(?:[-‐]\s*+)?(?:[0-9０-９A-Z]+|[{KANJI_NUMERALS}{ROMAN_SIGNS}]+)(?:[-‐–.．][0-9０-９]+)*"
    rf"|(?:Table|TABLE|Tab\.|Figure|FIGURE|Fig\.|FIG\.|Chart|Exhibit)\s*[A-Z]?[0-9{ROMAN_LETTERS}]+(?:[.-][0-9]+)*)"
    r"(?P<after>[\s　:：.．、】\])）>＞〉]|$)"
)
# continuation of a sentence about a table, as opposed to a caption: "Table 1 summarizes …", 表1 に示す …
_IS_SUBJECT = re.compile(r"^\s*(?:[a-z]{2,}\b(?!:)|[はがをにでのとも、])")
SOURCE_NOTE = re.compile(
    r"^[\s【\[(（<＜〈※*]*(?:出所|出典|資料出所|資料|注|註|備考|来源|资料来源|출처|자료)[\s】\])）>＞〉]*[:：)）】\]\s.]"
    r"|^[\s【\[(（<＜〈※*]*(?:Source|Sources|Note|Notes)[\s】\])）>＞〉]*[:：)）】\].]"
)
_LONGEST_NAME = 20  # maximum characters of a column name in the second header row
_NUMBER = re.compile(
    r"^[\s△▲+\-−–—±$¥€£約]*[0-9０-９][0-9０-９,.，．\s]*(?:[%％‰]|[a-zA-Z円年人件兆億万千百十ポイント]*)$"
)


def is_caption(text: str) -> bool:
    """Whether a line is the caption of a table or figure (第1表 …, 表2：…, Table 3. …), not a sentence about it."""
    match = CAPTION.match(text)
    if not match or len(text) > 200 or _IS_SUBJECT.match(text[match.end() :]):
        return False
    western = re.match(r"\s*(?:Table|Figure|Fig|Chart|Exhibit)", text)
    return bool(western) or not text.rstrip().endswith(("。", "．")) or len(text) < 60


def is_table_caption(text: str) -> bool:
    """Whether a caption is that of a table."""
    match = CAPTION.match(text)
    return bool(match and re.search(r"表|Tab|TAB|Chart|Exhibit|표", match.group()))


def is_source_note(text: str) -> bool:
    """Whether a short line below a table states its source or a note: (出所) …, 注）…, Source: …."""
    return bool(SOURCE_NOTE.match(text)) and len(text) <= 200


def table_blocks(
    rows: Sequence[Sequence[str]],
    caption: str = "",
    notes: Sequence[str] = (),
    header: bool | None = None,
    language: str = "ja",
    starts: PageStarts = (),
    url: str | None = None,
) -> list[Block]:
    """A caption block (caption, column names, notes), and one block for each row.

    The text of a row is its verbatim values, joined by tabs, then a line with "column name: value" pairs.
    `header`: whether the first row names the columns; None: decide from its contents.
    """
    clean = [[" ".join(cell.split()) for cell in row] for row in rows]
    clean = [row for row in clean if any(row)]
    if not clean:
        return []
    if header is None:
        header = looks_like_header(clean)
    if header:
        clean = _with_one_head(clean)
    columns = clean[0] if header else []
    body = clean[1:] if header else clean
    first = starts[:1] and ((0, starts[0][1]),)
    head = "\n".join(part for part in (caption, "\t".join(columns) if columns else "", *notes) if part)
    blocks = [Block("caption", head, page_starts=first, caption=caption, url=url)] if head else []
    for row in body:
        cells = tuple((columns[i] if i < len(columns) else "", value) for i, value in enumerate(row))
        text = "\t".join(row)
        labelled = label(cells, language)
        text = f"{text}\n{labelled}" if labelled else text
        blocks.append(Block("table_row", text, page_starts=first, cells=cells, caption=caption, url=url))
    return blocks


def _with_one_head(rows: list[list[str]]) -> list[list[str]]:
    """Merge a header of two rows, whose first row names groups of columns (years), into one row."""
    if len(rows) < 3 or len(rows[1]) != len(rows[0]) or any(_NUMBER.match(cell) for cell in rows[1] if cell):
        return rows
    top, below = rows[0], rows[1]
    grouped = any(a and a == b for a, b in pairwise(top)) or not all(top[1:])
    if not grouped or (top[0] not in (below[0], "") and below[0]) or not any(below[1:]):
        return rows
    if any(len(cell) > _LONGEST_NAME for cell in below) or not any(
        a != b and b for a, b in zip(top, below, strict=True)
    ):
        return rows
    if not _groups_fit(top, below):
        return rows
    names, group = [], ""
    for above, name in zip(top, below, strict=True):
        group = above or (group if name else "")
        names.append(group if name in ("", group) else f"{group} {name}".strip())
    return [names, *rows[2:]]


def _groups_fit(top: Sequence[str], below: Sequence[str]) -> bool:
    """Whether every column below a group has its own name in the second row."""
    return all(
        name for above, name, following in zip(top, below, top[1:], strict=False) if above and following in ("", above)
    )


def label(cells: Sequence[tuple[str, str]], language: str) -> str:
    """A row with its column names: 目的: 保護／期間: 数年間; "" if no column has a name."""
    named = [(name, value) for name, value in cells if name and value]
    return ("／" if language in ("ja", "zh") else "; ").join(f"{name}: {value}" for name, value in named)


def cells_of(row: Block) -> tuple[Cell, ...]:
    """The position of each non-empty value in the row's text from `table_blocks`, from left to right.

    A value whose column has a name is located in the line with column names, which is the line that is quoted; any
    other value in the line of bare values.
    """
    values = [value for _, value in row.cells]
    bare_length = len("\t".join(values))
    is_labelled = len(row.text) > bare_length
    cells = []
    bare, labelled = 0, bare_length + 1
    for column, value in row.cells:
        if value and column and is_labelled:
            start = labelled + len(f"{column}: ")
            labelled = start + len(value) + (1 if row.text.startswith("／", start + len(value)) else len("; "))
        else:
            start = bare
        bare += len(value) + 1
        if value:
            cells.append(Cell(column, start, start + len(value)))
    return tuple(cells)


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: its cells are short and are not numbers.

    Years may also name columns, if the first cell is empty or a word.
    """
    if len(rows) < 2:
        return False
    first = [cell for cell in rows[0] if cell]
    if not first or any(len(cell) > 40 for cell in first):
        return False
    numbers = [cell for cell in first if _NUMBER.match(unicodedata.normalize("NFKC", cell))]
    years = [
        cell for cell in numbers if re.fullmatch(r"(?:1[89]|20)\d\d(?:年度?)?", unicodedata.normalize("NFKC", cell))
    ]
    return len(numbers) == len(years) and (not rows[0][0] or rows[0][0] not in years)
