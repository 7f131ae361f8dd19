"""Front matter of a paper: gather title, authors, affiliations and dates in the first blocks."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, zip_longest

from ingest.bibliography.fields import find_date
from ingest.document import Author, Block, FrontMatter
from ingest.structure.headings import has_letters, is_abstract, is_letterhead, is_named, numbering
from ingest.text import ends_sentence, is_wide
from retriever.text import squeeze

_LONGEST = 12  # maximum blocks at the top for title, authors and affiliations
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
_ROMAN_NAME = re.compile(
    rf"^{_ROMAN_WORD}(?:,?[ \u3000](?:{_ROMAN_WORD}|de|van|von|der|la|bin|al)){{1,4}}(?:,? (?:Jr\.|Sr\.|[IV]{{1,3}}))?$"
)
_HANGUL_NAME = re.compile(r"^[가-힣]{2,4}$")
_WITH_PLACE = re.compile(
    r"^(\S+(?:[ \u3000]\S+)?)\s*[（(]([^（()）]*(?:大学|研究|社|機構|会|Univ|Inst)[^（()）]*)[)）]$"
)
_BETWEEN_NAMES = re.compile(
    r"(?:(?<!\s)\s++)?(?:[,，、;；／/]|\band\b|&)\s*|(?<!\s)\s*?\t\s*|(?<=[一-鿿*＊†‡\d⁰¹²³⁴-⁹])\s*・\s*(?=[一-鿿])"
    r"|\u3000{2,}| {2,}"
)
_MARKS = re.compile(r"(?<![\d*∗＊†‡§¶⁰¹²³⁴-⁹⁽⁾,，、\s])[\d*∗＊†‡§¶⁰¹²³⁴-⁹⁽⁾,，、\s]++$|^[*∗＊†‡]+")
_NOTE_MARK = re.compile(  # of a footnote, after a title
    r"(?<=[^\W\d_]{2})\s?[∗*†‡§¶＊]{1,3}$|(?<=[a-z])[a-z]⁾$|(?<=[ぁ-んァ-ヶー一-鿿」』）])[¹²³⁴⁵]$"
)
_LEAST_STATED = 6  # minimum letters of a title in the file's metadata to look for it on the page
_AUTHOR_LABEL = re.compile(r"^\s*(?:著者|筆者|執筆者|作者|Authors?|By|저자)\s*[:：]?\s*", re.IGNORECASE)


def gather_front_matter(blocks: Sequence[Block], title: str) -> tuple[list[Block], FrontMatter]:
    """Move the blocks with title, authors, affiliations and dates to the front; returns all blocks, and the data.

    A document without author lines, such as a web page or a note, is unchanged, and its data are empty.
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


def without_note_marks(title: str) -> str:
    """A title without the footnote marks and punctuation after it."""
    return _NOTE_MARK.sub("", title.rstrip(" ,，、:：;；")).rstrip(" ,，、:：;；") or title


def printed_title(lines: Sequence[str], stated: str) -> str:
    """The line that is the title stated in the file's metadata, perhaps with a footnote mark after it; else ""."""
    sought = _letters(stated)
    if len(sought) < _LEAST_STATED:
        return ""
    return next(
        (line for line in lines if 0 <= len(_letters(line)) - len(sought) <= 2 and sought in _letters(line)), ""
    )


def _letters(text: str) -> str:
    """The letters and digits of a text in lower case, for comparison."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).lower()))


def is_title(text: str) -> bool:
    """Whether a heading can be the title: it has enough words, and is not a section name, number or date."""
    words = text.split()
    is_code = len(words) < 2 and text.isascii() and text.upper() == text and "-" in text  # IMECE2023-1017
    single = sum(len(word) == 1 and is_wide(word) for word in words)  # characters of a picture or of ruby
    is_scattered = len(words) > 1 and 2 * single >= len(words)
    is_other = is_named(text) or numbering(text) or is_letterhead(text)
    return has_letters(text) and not (is_code or is_scattered or is_other)


def is_byline(text: str, following: str) -> bool:
    """Whether a line names people, and the next line their affiliation or address."""
    return bool(names(text)) and bool(_AFFILIATION.search(following) or "@" in following)


def _top(blocks: Sequence[Block], title: str) -> list[int]:
    """Indices of the top blocks with title, subtitle, authors, affiliations and dates; the title comes first."""
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
    """Whether a short line contains an author, an affiliation, an e-mail address or a date."""
    if len(text) > 160 or text.endswith(("。", "．")):
        return False
    return bool(names(text) or _AFFILIATION.search(text) or _DATED.search(text) or "@" in text or find_date(text))


def _tail(blocks: Sequence[Block], top: Sequence[int]) -> list[int]:
    """Indices of the last lines with the author's name and affiliation, and of lines with a date (脱稿日)."""
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
    """Whether a line at the end introduces the author: やまだ・はなこ ○○大学教授."""
    is_entry = re.search(r"[「『“:]|(?<!\d)(?:1[5-9]|20)\d\d(?!\d)", text)
    return len(text) <= 80 and not is_entry and _reading_first(text) and bool(_AFFILIATION.search(text))


def _reading_first(text: str) -> bool:
    """Whether a line begins with a name: やまだ・はなこ ○○大学教授, 山田 太郎（○○大学）, Jane Doe is …."""
    first = re.split(r"[（(\u3000、,／/]|(?<=[ぁ-んァ-ヴー]) (?=[一-鿿])|\s(?=\S*(?:大学|研究))", text.strip())[
        0
    ].strip()
    return bool(
        _KANA_NAME.match(first) or _KANJI_NAME.match(first) or _ROMAN_NAME.match(first) or _HANGUL_NAME.match(first)
    )


def _is_bare(text: str) -> bool:
    """Whether a line consists of a date and its label, and is not a sentence: (脱稿日：2025年2月10日)."""
    return not text.rstrip("。.)）").endswith(("た", "る", "だ", "い"))


def names(text: str) -> list[str]:
    """The personal names in a line that consists of names only; empty for other lines."""
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
        return people if _AUTHOR_LABEL.match(text) else []  # a single word in kanji may be anything
    return people


def _read(lines: Sequence[str]) -> FrontMatter:
    """Subtitle, authors (in both scripts), affiliations and dates from the lines after the title."""
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
    """The label printed before a date: 脱稿日, Received …; "date" without one."""
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
