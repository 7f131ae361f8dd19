"""Questions from the form of a text: cells of tables, entries of glossaries, headings."""

import re
from collections.abc import Iterator

from app.drafts.question import DraftQuestion
from retriever.numerals import KANJI_TO_99, ROMAN_LETTERS, ROMAN_SIGNS
from retriever.types import Passage

_LONGEST_NAME = 30  # characters of a row's or a column's name
_LONGEST_TITLE = 40
# Headings of a first column that lists attributes: the other columns name what has them.
_FOR_ATTRIBUTES = frozenset(
    {"項目", "指標", "区分", "内容", "事項", "Item", "Variable", "Attribute", "Feature", "Property"}
)
_PAGE_NUMBER = re.compile(r"\s\d{1,4}$")
_INDEXED = re.compile(r"[,，] ?\d{1,4}$", re.MULTILINE)  # words of a back-of-book index with their page numbers
_UNIT = re.compile(r"[（(\[]([^（）()\[\]\d]{1,8})[）)\]]\s*$")
_UNIT_OF_TABLE = re.compile(r"[（(](?:単位[:：]\s?)?([%％]|[^（）()\[\]\d、,]{1,3})(?:[、,][^（）()]{0,20})?[）)]")
_AMOUNT = re.compile(r"^[約+±−-]?[\d.,，．]{1,20}\s?([%％‰]|[^\d\s.,（(]{0,4}?)(?:以上|以下|未満|程度|超)?$")
_CAPTION_NUMBER = re.compile(rf"^\s*(?:第?\s?[\d{ROMAN_SIGNS}]{{1,3}}\s?表|Table\s?\d{{1,3}}|表\s?\d{{1,3}})")
_HEADING_NUMBER = re.compile(
    rf"^\s*(?:第?[\d０-９{KANJI_TO_99}]+(?:[.．][\d０-９]+)*[章節項]?|[{ROMAN_LETTERS}]+)[.．、:：\s]+"
)
_SECTION = {"ja": "「{title}」では何が述べられていますか", "en": "What is described in “{title}”?"}
_GLOSSARY = {
    "ja": re.compile(
        r"^([^\s、。:：「」（）()]{2,24})\s?(?:[（(][^（）()]{1,40}[）)]\s?){0,2}[:：](?!//)\s?([^:：]{10,200}(?:です|である|こと|もの|人)[。．])$"
    ),
    "en": re.compile(r"^([A-Za-z][\w -]{2,30}?)(?: \([^()]{1,40}\))?: ((?:[Aa]n?|[Tt]he) [^:]{15,200}\.)$"),
}


# Words before a colon that are no term: a call for attention, the end of a sentence.
_NO_TERM = re.compile(
    r"[ぁ-ん]$|^(?:注意?|備考|例|警告|重要|補足|参考|ヒント|ティップ|ノート|メモ|Notes?|Warning|Tips?|Example|Caution)$",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"^(?!这|该|此|它|其|本)([^，。；：、“”（）是]{2,16})(?:（[^（）]{1,40}）)?(?:是指|指的是|是一种|是一个|是)([^。]{8,120})。$"
)
_KOREAN = re.compile(
    r"^(?!이|그|저|본|해당)([^,.\s]{1,12}(?: [^,.\s]{1,12}){0,2}?)(?:\([^()]{1,40}\))?(이란|란|은|는) "
    r"([^.]{8,120}(?:이다|입니다|한다|말한다|뜻한다))\.$"
)


def cell_questions(passage: Passage) -> Iterator[DraftQuestion]:
    """One question for each cell but the first, which names the row: 東京の移動時間は何分ですか."""
    values = [(cell.column.strip(" :："), passage.text[cell.start : cell.end].strip()) for cell in passage.cells]
    if len(values) < 2:
        return
    row = values[0][1].strip(" :：")
    swapped = values[0][0] in _FOR_ATTRIBUTES
    if not _names(row) or _AMOUNT.match(row) or _INDEXED.search(row):
        return
    for column, value in values[1:]:
        is_other = column not in {row, value} and not _INDEXED.search(f"{column}\n{value}")
        if is_other and _names(column) and value and value not in "-–—－…" and len(value) < 80:
            asked = _cell_question(*((column, row) if swapped else (row, column)), value, passage)
            yield DraftQuestion("cell", asked, value)


def _names(text: str) -> bool:
    """Whether a heading of a row or column can be a name: short, begins with a letter or digit, no drawing or code."""
    return (
        1 < len(text) <= _LONGEST_NAME and "\n" not in text and text[0].isalnum() and not set(text) & set("|<>{}=+$*_")
    )


def _cell_question(row: str, column: str, value: str, passage: Passage) -> str:
    where, caption = _numbered_caption(passage)
    unit, amount = _UNIT.search(column) or _UNIT_OF_TABLE.search(caption), _AMOUNT.match(value)
    name = _UNIT.sub("", column).strip()
    if passage.language == "ja":
        counted = (amount[1].strip() or (unit[1].strip() if unit else "")) if amount else ""
        asked = "何" if not amount else "いくら" if counted == "円" else f"何{counted}" if counted else "いくつ"
        return f"{where}{'で、' if where else ''}{row}の{name}は{asked}ですか"
    return f"{f'In {where}, what' if where else 'What'} is given under “{name}” for “{row}”?"


def glossary_entry(sentence: str, language: str) -> Iterator[DraftQuestion]:
    """maintainer: a person who … : What is meant by “maintainer”?"""
    match = _GLOSSARY[language].match(sentence.strip()) if language in _GLOSSARY else None
    if match is None or match[1].startswith("その他") or _NO_TERM.search(match[1]):
        return
    asked = f"{match[1]}とは何ですか" if language == "ja" else f"What is meant by “{match[1]}”?"
    yield DraftQuestion("definition", asked, match[2])


def section_question(passage: Passage) -> DraftQuestion | None:
    """The question what the section of a passage describes; None if its heading names no subject."""
    title = _title(passage)
    if not title or passage.language not in _SECTION:
        return None
    return DraftQuestion("section", _SECTION[passage.language].format(title=title), "")


def _title(passage: Passage) -> str:
    """The heading of a passage without its number; empty if it names no subject."""
    title = _HEADING_NUMBER.sub("", "".join(passage.section_path[-1:])).strip(" []【】")
    tells = 4 <= len(title) <= _LONGEST_TITLE and title[-1] not in "?？.。" and not _PAGE_NUMBER.search(title)
    return title if tells else ""


def _numbered_caption(passage: Passage) -> tuple[str, str]:
    """The number of a row's table (第1表) and its caption; empty for none."""
    numbered = ((_CAPTION_NUMBER.match(part), part) for part in passage.contexts[::-1])
    return next(((match[0].strip(), part) for match, part in numbered if match), ("", ""))


def definition(sentence: str, language: str) -> Iterator[DraftQuestion]:
    """X是一种Y: X是什么？ X란 Y이다: X란 무엇입니까?"""
    if language == "zh":
        match = _CHINESE.match(sentence.strip())
        if match:
            yield DraftQuestion("definition", f"{match[1]}是什么？", match[2])
    elif language == "ko":
        match = _KOREAN.match(sentence.strip())
        if match and (match[2] in {"이란", "란"} or match[3].endswith(("이다", "입니다"))):
            yield DraftQuestion("definition", f"{match[1]}{match[2]} 무엇입니까?", match[3])
