"""The front matter of a paper: title, authors, affiliations and dates, brought together in its first blocks."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, zip_longest

from ingest.bibliography.fields import find_date
from ingest.document import Author, Block, FrontMatter
from ingest.structure.headings import is_abstract, is_named, numbering
from ingest.text import ends_sentence
from retriever.text import squeeze

_LONGEST = 12  # blocks at the top that may be title, authors and affiliations
_AFFILIATION = re.compile(
    r"大学|学部|研究所|研究院|研究科|研究室|研究センター|高等専門学校|株式会社|機構|学会|財団|教授|准教授|講師|研究員|助教|学院|博士"
    r"|\b(?:Universit\w+|Institut\w*|Department|Dept|Faculty|College|School|Laborator\w+|Center|Centre|Academy|Corporation|"
    r"Corp|Inc|Ltd|GmbH|Research|Professor|Lecturer|Fellow)\b|대학교|대학|연구소|연구원|교수"
)
_DATED = re.compile(
    r"脱稿|受付|受理|受稿|採択|採録|提出|投稿|発行|公開|刊行|掲載|執筆|原稿|査読|收稿|出版|접수|게재|발행"
    r"|\b(?:Received|Revised|Accepted|Published|Submitted|Posted|Date|Draft|Version)\b",
    re.IGNORECASE,
)
_KANJI_NAME = re.compile(r"^[一-鿿々ヶ]{1,4}[ \u3000]?[一-鿿々ヶぁ-んァ-ヴー]{1,5}$")
_KANA_NAME = re.compile(r"^[ぁ-んァ-ヴー]{2,8}[・ \u3000][ぁ-んァ-ヴー]{2,8}$")
_ROMAN_WORD = r"(?:[A-Z][a-zà-ÿ]+(?:[-'’][A-Za-z][a-zà-ÿ]+)*|[A-Z]{2,}|[A-Z]\.)"
_ROMAN_NAME = re.compile(rf"^{_ROMAN_WORD}(?:,?[ \u3000](?:{_ROMAN_WORD}|de|van|von|der|la|bin|al)){{1,4}}$")
_HANGUL_NAME = re.compile(r"^[가-힣]{2,4}$")
_WITH_PLACE = re.compile(
    r"^(\S+(?:[ \u3000]\S+)?)\s*[（(]([^（()）]*(?:大学|研究|社|機構|会|Univ|Inst)[^（()）]*)[)）]$"
)
_BETWEEN_NAMES = re.compile(
    r"(?:(?<!\s)\s++)?(?:[,，、;；／/]|\band\b|&)\s*|(?<!\s)\s*?\t\s*|(?<=[一-鿿*＊†‡\d⁰¹²³⁴-⁹])\s*・\s*(?=[一-鿿])"
    r"|\u3000{2,}| {2,}"
)
_MARKS = re.compile(r"(?<![\d*＊†‡§¶⁰¹²³⁴-⁹⁽⁾,，、\s])[\d*＊†‡§¶⁰¹²³⁴-⁹⁽⁾,，、\s]++$|^[*＊†‡]+")
_AUTHOR_LABEL = re.compile(r"^\s*(?:著者|筆者|執筆者|作者|Authors?|By|저자)\s*[:：]?\s*", re.IGNORECASE)


def gather_front_matter(blocks: Sequence[Block], title: str) -> tuple[list[Block], FrontMatter]:
    """The blocks with title, authors, affiliations and dates moved to the front, and the data in them.

    A document without author lines, such as a web page or a note, stays as it is, with empty data.
    """
    top = _top(blocks, title)
    if not top:
        return list(blocks), FrontMatter()
    lines, tail = [blocks[index] for index in top], _tail(blocks, top)
    read = _read([block.text for block in lines[1:]] + [blocks[index].text for index in tail])
    if not (read.authors or read.affiliations):
        return list(blocks), FrontMatter()
    moved = set(top) | set(tail)
    front = [replace(block, kind="paragraph", level=0) for block in lines]
    front += [replace(blocks[index], kind="paragraph") for index in tail]
    rest = [block for index, block in enumerate(blocks) if index not in moved]
    data = replace(read, block_count=len(front), places=(*top, *tail), title=lines[0].text, abstract=_abstract(rest))
    return [*front, *rest], data


def _top(blocks: Sequence[Block], title: str) -> list[int]:
    """The indices of the blocks at the top with title, subtitle, authors, affiliations and dates, the title first."""
    start = next((i for i, block in enumerate(blocks[:5]) if squeeze(block.text) == squeeze(title) != ""), 0)
    if (
        not blocks
        or len(blocks[start].text) > 150
        or (ends_sentence(blocks[start].text) and blocks[start].kind != "heading")
    ):
        return []
    top = [start]
    for index in range(start + 1, min(len(blocks), start + _LONGEST)):
        block = blocks[index]
        if is_named(block.text) or is_abstract(block.text) or (block.kind == "heading" and numbering(block.text)):
            break
        if not is_front_line(block.text):
            if index == start + 1 and _is_subtitle(block):
                top.append(index)
                continue
            break
        top.append(index)
    return top


def _is_subtitle(block: Block) -> bool:
    short = len(block.text) <= 100 and "\n" not in block.text and not ends_sentence(block.text)
    return short and (block.kind == "heading" or bool(re.match(r"^[\s]*[―—–\-─〜~:：]", block.text)))


def is_front_line(text: str) -> bool:
    """Whether a short line gives an author, an affiliation, an address or a date."""
    if len(text) > 160 or text.endswith(("。", "．")):
        return False
    return bool(names(text) or _AFFILIATION.search(text) or _DATED.search(text) or "@" in text or find_date(text))


def _tail(blocks: Sequence[Block], top: Sequence[int]) -> list[int]:
    """The indices of the last lines, with the author's reading and affiliation, and of a dated line (脱稿日)."""
    tail: list[int] = []
    after = max(top)
    for index in range(len(blocks) - 1, after, -1):
        block = blocks[index]
        if block.kind not in ("paragraph", "entry", "list_item") or len(block.text) > 80:
            break
        if not is_author_note(block.text):
            break
        tail.insert(0, index)
    dated = [
        index
        for index in range(after + 1, len(blocks))
        if blocks[index].kind == "paragraph" and len(blocks[index].text) <= 60 and index not in tail
        if _DATED.search(blocks[index].text) and find_date(blocks[index].text) and _is_bare(blocks[index].text)
    ]
    return tail + dated


def is_author_note(text: str) -> bool:
    """Whether a line at the end says who the author is: やまだ・はなこ ○○大学教授."""
    is_entry = re.search(r"[「『“:]|(?<!\d)(?:1[5-9]|20)\d\d(?!\d)", text)
    return len(text) <= 80 and not is_entry and _reading_first(text) and bool(_AFFILIATION.search(text))


def _reading_first(text: str) -> bool:
    """Whether the line opens with a name: やまだ・はなこ ○○大学教授, 山田 太郎（○○大学）, Jane Doe is …."""
    first = re.split(r"[（(\u3000、,／/]|(?<=[ぁ-んァ-ヴー]) (?=[一-鿿])|\s(?=\S*(?:大学|研究))", text.strip())[
        0
    ].strip()
    return bool(
        _KANA_NAME.match(first) or _KANJI_NAME.match(first) or _ROMAN_NAME.match(first) or _HANGUL_NAME.match(first)
    )


def _is_bare(text: str) -> bool:
    """Whether the line has a date and a label only, no sentence: (脱稿日：2025年2月10日)."""
    return not text.rstrip("。.)）").endswith(("た", "る", "だ", "い"))


def names(text: str) -> list[str]:
    """The personal names that a line consists of; empty if it holds anything else."""
    line = _AUTHOR_LABEL.sub("", _WITH_PLACE.sub(r"\1", text.strip()))
    parts = _BETWEEN_NAMES.split(line)
    people = []
    for part in parts:
        name = _MARKS.sub("", part).strip()
        if not name:
            continue
        if not any(pattern.match(name) for pattern in (_KANJI_NAME, _KANA_NAME, _ROMAN_NAME, _HANGUL_NAME)):
            return []
        people.append(name)
    if len(people) == 1 and _KANJI_NAME.match(people[0]) and " " not in people[0] and "\u3000" not in people[0]:
        return people if _AUTHOR_LABEL.match(text) else []  # a bare word of kanji may be anything
    return people


def _read(lines: Sequence[str]) -> FrontMatter:
    """Subtitle, authors in both scripts, affiliations and dates, from the lines after the title."""
    kanji: list[str] = []
    roman: list[str] = []
    kana: list[str] = []
    affiliations: list[str] = []
    dates: dict[str, str] = {}
    subtitle = ""
    for index, line in enumerate(lines):
        people = names(line)
        for name in people:
            (kana if _KANA_NAME.match(name) else roman if name.isascii() or _ROMAN_NAME.match(name) else kanji).append(
                name
            )
        if people:
            continue
        if (date := find_date(line)) and (_DATED.search(line) or len(line) <= 30):
            dates.setdefault(_label(line), date.iso)
        elif _AFFILIATION.search(line):
            reading, _, place = line.partition(" ") if _reading_first(line) else ("", "", line)
            if _KANA_NAME.match(reading):
                kana.append(reading)
            affiliations.append((place or line).strip("（）() \u3000"))
        elif index == 0 and "@" not in line:
            subtitle = line.strip("―—–-─〜~:： \u3000")
    written = kanji or roman
    spellings = zip_longest(written, roman if kanji else [], kana, fillvalue="")
    return FrontMatter(
        subtitle=subtitle,
        authors=tuple(Author(*spelling) for spelling in islice(spellings, len(written))),
        affiliations=tuple(affiliations),
        dates=tuple(dates.items()),
    )


def _label(line: str) -> str:
    """What a date is the date of, as printed before it: 脱稿日, Received …; "date" without a label."""
    match = re.match(r"(?:\s*+[(（])*\s*+([^\d:：(（)]*+)(?:[:：]\s*+)?(?=[\d(（])", line)
    label = match.group(1).strip() if match else ""
    return label or "date"


def _abstract(blocks: Sequence[Block]) -> str:
    """The text under the abstract's heading; "" without one."""
    for index, block in enumerate(blocks):
        if block.kind == "heading" and is_abstract(block.text):
            parts = []
            for following in blocks[index + 1 :]:
                if following.kind == "heading":
                    break
                parts.append(following.text)
            return "\n".join(parts)
    return ""
