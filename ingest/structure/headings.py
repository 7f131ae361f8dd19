"""Recognise headings and their levels: by usual section names, by numbering, by standing alone."""

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import Block
from ingest.text import ends_sentence, is_wide
from retriever.numerals import (
    ERAS,
    KANJI_DIGITS,
    KANJI_NUMERALS,
    ROMAN_BELOW_30,
    ROMAN_LETTERS,
    kanji_value,
    roman_value,
)

LIST_MARK = re.compile(r"^\s*(?:[-–*•‣▪◦●○・■□◆◇▶▷✓]\s+|[•‣▪◦・]\s*)(?=\S)")
NUMBERED_ITEM = re.compile(
    r"^\s*(?:[①-⑳㋐-㋾]|[(（][0-9０-９一-十a-zA-Zア-ン]{1,3}[)）]|[0-9]{1,2}[)）]|[a-z][)）])\s*(?=\S)"
)
_DECORATION = " 　[]【】〔〕〈〉《》「」■□●○◎◆◇▼▲★☆*＊#＃§.．:：-–—―="
_NAMES = {
    kind: frozenset(name for names in by_script.values() for name in names)
    for kind, by_script in tomllib.loads(
        Path(__file__).with_name("section_names.toml").read_text(encoding="utf-8")
    ).items()
}
_SECTION_NAMES = frozenset[str]().union(*(names for kind, names in _NAMES.items() if kind not in ("contents", "index")))
_RUN_IN = re.compile(
    r"^\s*+([\[【〔〈《■●◆]?\s*+[^\s:：—―.．\]】〕〉》]{1,12}\s*[\]】〕〉》]?)\s*[:：—―.．]*\s+(?=\S)"
    r"|^\s*([^\s:：—―]{2,12})[:：—―]+(?=\S)"
)
_OF_WORK = re.compile(
    rf"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)|[一二][〇九八七六][{KANJI_DIGITS}]{{2}}年|(?:{ERAS})\s?[\d元]"
    r"|://|\b10\.\d{4,9}/|[(（](?:n\.d\.|in press|近刊)|『"
)
_APPENDIX = re.compile(
    r"(?:Appendix|APPENDIX|Annexe?|Supplement(?:ary)?)(?:\s+(?:[A-Z]|\d+|[A-Z][a-z].*))?(?:[.:]?$|[.:]\s)"
    r"|(?:付録|附録|補遺|索引|奥付|別添|부록|附录)(?:\s*[A-Z0-9]{1,3})?(?=$|[\s:.、])"
)
_LETTERHEAD = re.compile(
    rf"(?<!\d)\d{{1,6}}号(?:$|{ERAS}|\d{{4}}年)|^[(（]?(?:(?:{ERAS})"
    r"(?:\d{1,2}|元)|\d{4})年(?:度|\d{1,2}月(?:\d{1,2}日)?)?[)）]?$|^事務連絡"
    r"|(?:殿|様|御中|各位)[)）]?$|^(?:各|関係).{0,30}(?:知事|市長|区長|町村長|部局長|課長)$"
    r"|(?:省|庁|局|部|課|室|府|会)\S{0,24}(?:課長|局長|室長|部長|次長|大臣|長官|審議官|事務次官)$"
    r"|^\S{1,12}?(?:省|庁|府|県|市)[^\sのをにがは]{0,20}(?:局|部|課|室|係|班)$"
    r"|^(?:報道資料|報道発表|プレスリリース|記者発表|配布資料|資料\d*|参考資料|別紙\d*|別添\d*|[(（]?案[)）]?|PressRelease|NewsRelease)$"
    r"|(?:公印省略|同文)|^(?:卒業論文|卒業研究|修士論文|博士論文|学位論文|(?i:(?:Bachelor|Master|Diplom|Seminar)(?:arbeit|[’']?s?Thesis)|Dissertation|Ph\.?D\.?Thesis))$|^(?:https?://|TEL|電話|担当|[Pp]age)"
)
_PARTICLE = re.compile(r"^\s*(?:では|には|とは|から|まで|[はがをにでのとも](?=[，、,\s一-鿿ァ-ヶA-Za-z]))")
_IN_BRACKETS = re.compile(r"【[^【】]{2,24}】")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LEADERS = re.compile(r"(?<![.．・…‥])(?<![.．・…‥]\s)(?:[.．・…‥]\s?){4,}+\s*+[0-9ivx, –-]*$")
_NUMBER = rf"[0-9{KANJI_NUMERALS}]+"
_PATTERNS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    ("part", 1, re.compile(rf"^第\s*({_NUMBER})\s*[部編篇](?=[\s:、.]|$)")),
    ("chapter", 1, re.compile(rf"^第\s*({_NUMBER})\s*章(?=[\s:、.]|$)")),
    ("chapter", 1, re.compile(r"^제\s*([0-9]+)\s*장(?=[\s:.]|$)")),
    ("section", 2, re.compile(rf"^第\s*({_NUMBER})\s*[節节](?=[\s:、.]|$)")),
    ("item", 3, re.compile(rf"^第\s*({_NUMBER})\s*[項款条](?:関係)?(?=[\s:、.]|$)")),
    ("ordinal", 1, re.compile(rf"^第\s*({_NUMBER})[\s:、.]\s*(?=\S)")),
    (
        "chapter",
        1,
        re.compile(rf"^(?:Chapter|Part|Appendix)\s+([0-9]+|[{ROMAN_LETTERS}]+|[A-Z])(?=[\s:.]|$)", re.IGNORECASE),
    ),
    ("section", 1, re.compile(r"^(?:Section|SECTION|§)\s*([0-9]+)(?=[\s:.]|$)")),
    ("decimal", 2, re.compile(r"^([0-9]{1,2}(?:[.-][0-9]{1,2}){1,4})[.、:]?\s+(?=\D)")),
    ("decimal", 2, re.compile(r"^([0-9]{1,2}(?:\.[0-9]{1,2}){1,4})[.、:]?(?=[^\s\d.%ー\-A-Za-z])")),
    ("arabic", 1, re.compile(r"^([0-9]{1,2})[.、:]?\s+(?=[^\s\d])")),
    ("arabic", 1, re.compile(r"^([0-9]{1,2})[.、]\s*(?=[^\s\d])")),
    ("roman", 1, re.compile(rf"^({ROMAN_BELOW_30})[.、:](?:\s+|(?=[^\sA-Za-z]))(?=\S)")),
    ("roman", 1, re.compile(rf"^({ROMAN_BELOW_30})\s+(?=\S)")),
    ("kanji", 1, re.compile(rf"^([{KANJI_NUMERALS}]{{1,3}})(?:[、.:]\s*|\s+)(?=\S)")),
    ("bracket", 3, re.compile(rf"^[(（]\s*({_NUMBER}|[a-z])\s*[)）]\s*(?=\S)")),
    ("letter", 2, re.compile(r"^([A-H])\.\s+(?=\S)")),
)


@dataclass(frozen=True, slots=True)
class Numbering:
    """The number at the start of a heading: its style, its parts (1.2 → (1, 2)) and the implied level."""

    style: str
    numbers: tuple[int, ...]
    level: int


def normalised_heading(text: str) -> str:
    """A heading normalised for comparison: NFKC, lower case, without number, decoration and spaces in Japanese."""
    plain = unicodedata.normalize("NFKC", text).strip(_DECORATION).lower()
    plain = re.sub(r"^[\d.\s]+(?=[^\d.\s])|^[ivx]+[.\s]\s*(?=\w{3})", "", plain)
    plain = re.sub(r"\s+", " ", plain).strip(_DECORATION)
    return plain.replace(" ", "") if re.search("[\u3041-\u30ff\u4e00-\u9fff]", plain) else plain


def is_references(text: str) -> bool:
    """Whether a heading is that of a bibliography: 参考文献, References, Works Cited …."""
    return normalised_heading(text) in _NAMES["references"]


def opens_references(text: str) -> bool:
    """Whether a short line is the heading of a bibliography."""
    return len(text) <= 20 and is_references(text)


def may_be_entry(text: str) -> bool:
    """Whether a line may belong to a bibliography entry: it has a year, a URL, a DOI or a title in 『』."""
    return bool(_OF_WORK.search(text))


def opens_appendix(text: str) -> bool:
    """Whether a line is, or begins, the heading of an appendix: Appendix A, 付録 1 …."""
    plain = unicodedata.normalize("NFKC", text).strip(_DECORATION)
    return len(text) <= 60 and any(_APPENDIX.match(words) for words in (plain, "".join(plain.split())))


def is_notes(text: str) -> bool:
    """Whether a heading is that of endnotes: 注, 註, Notes …."""
    return normalised_heading(text) in _NAMES["notes"]


def is_abstract(text: str) -> bool:
    """Whether a heading is that of an abstract: 要旨, Abstract …."""
    return normalised_heading(text) in _NAMES["abstract"]


def is_contents(text: str) -> bool:
    """Whether a heading is that of a table of contents, or of a list of figures or tables: 目次, Contents …."""
    return len(text) <= 40 and normalised_heading(text) in _NAMES["contents"]


def is_index(text: str) -> bool:
    """Whether a heading is that of a book's index: 索引, Index …."""
    return len(text) <= 20 and normalised_heading(text) in _NAMES["index"]


def is_named(text: str) -> bool:
    """Whether a line is a usual section name of a paper: はじめに, 要旨, Introduction, References …."""
    return len(text) <= 40 and normalised_heading(text) in _SECTION_NAMES


def run_in(text: str) -> tuple[str, str] | None:
    """Split a run-in heading from its paragraph ("Abstract—…", "要旨：…"): (heading, rest); None without one."""
    match = _RUN_IN.match(text)
    if not match:
        return None
    name = (match.group(1) or match.group(2)).strip()
    separated = re.search(r"[:：—―.．\]】〕〉》]\s*$", match.group().rstrip() or "")
    rest = text[match.end() :]
    known = is_abstract(name) or normalised_heading(name) in ("キーワード", "keywords", "关键词", "키워드")
    return (name, rest) if known and (separated or (is_abstract(name) and len(rest) >= 80)) else None


def is_contents_line(text: str) -> bool:
    """Whether a line belongs to a table of contents: dot leaders, then a page number."""
    return bool(_LEADERS.search(text.strip()))


def has_letters(text: str) -> bool:
    """Whether a line has enough words for a heading: two wide letters or three others, and few symbols."""
    bare = "".join(text.split())
    letters = sum(character.isalpha() for character in bare)
    wide = sum(character.isalpha() and is_wide(character) for character in bare)
    words = sum(character.isalnum() for character in bare)
    if wide < 2 and 3 * sum(len(word) for word in _WORD.findall(text) if len(set(word)) > 1) < letters:
        return False  # "h hhh k": notes of music, characters of a picture
    return (wide >= 2 or letters >= 3) and words * 2 > len(bare) and bool(_WORD.search(text))


def is_letterhead(text: str) -> bool:
    """Whether a line belongs to a letterhead, and is not a title: a number, date, addressee or office."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return len(plain) <= 60 and bool(_LETTERHEAD.search(plain))


def is_short_line(text: str) -> bool:
    """Whether a line is a candidate for a heading: short, not a sentence, without URL and tabs."""
    limit = 45 if re.search("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", text) else 110
    bare = text.strip()
    if not bare or len(bare) > limit or "\t" in bare or "://" in bare or "\n" in bare:
        return False
    if is_contents_line(bare) or bare.endswith(("、", "，", ",", ";", "；", "・", "-", "「", "（", "(")):
        return False
    return not ends_sentence(bare) or bool(re.fullmatch(r".*[?？!！\]】]", bare))


def numbering(text: str) -> Numbering | None:
    """The number at the start of a line, None if it has no number in a style of headings."""
    plain = unicodedata.normalize("NFKC", text.strip()).lstrip("■□●○◎◆◇▼▲★☆§ ")
    for style, level, pattern in _PATTERNS:
        match = pattern.match(plain)
        if not match or not match.group(1):
            continue
        if plain.startswith("第") and _PARTICLE.match(plain[match.end() :]):
            continue  # 第1章 では、…: a sentence about the chapter
        numbers = tuple(_value(part) for part in re.split(r"[.-]", match.group(1)))
        depth = len(numbers) if style == "decimal" else level
        return Numbering(style, numbers, min(depth, 6))
    return None


def _value(numerals: str) -> int:
    """The value of a numeral: 1, 一, IV or B."""
    if numerals.isdigit():
        return int(numerals)
    if numerals[0] in KANJI_NUMERALS:
        return kanji_value(numerals)
    if re.fullmatch(f"[{ROMAN_LETTERS}]+", numerals):
        return roman_value(numerals)
    return ord(numerals.lower()) - ord("a") + 1


@dataclass(frozen=True, slots=True)
class OpenHeading:
    """A numbered heading whose section has not ended. `by_typography`: recognised by typography, not only by number."""

    number: Numbering
    level: int
    by_typography: bool = False


OpenHeadings = tuple[OpenHeading, ...]  # the open headings at a position in the document, outermost first


def level_in_sequence(number: Numbering, open_headings: OpenHeadings) -> int | None:
    """The level of a heading with this number, None if the number does not fit: "3 apples" is not section 3.

    A number must start a sequence (0 or 1) or follow its predecessor; one number may be skipped.
    """
    *parent, last = number.numbers
    for heading in reversed(open_headings):
        *other_parent, other_last = heading.number.numbers
        same_form = heading.number.style == number.style and len(other_parent) == len(parent)
        if same_form and other_parent == parent:
            return heading.level if other_last < last <= other_last + 2 else None
        if parent and list(heading.number.numbers) == parent:
            return min(heading.level + 1, 6) if last <= 1 else None
        if same_form and last <= 1:  # 2.1 after 1.3, where 2 has no heading of its own
            return heading.level
    if last > 1:
        return None
    if number.style in ("part", "chapter"):
        parts = [heading.level for heading in open_headings if heading.number.style == "part"]
        return min(parts) + 1 if number.style == "chapter" and parts else 1
    return min(open_headings[-1].level + 1, 6) if open_headings else max(1, len(number.numbers) - 1)


def opened(number: Numbering, level: int, open_headings: OpenHeadings, by_typography: bool = False) -> OpenHeadings:
    """The open headings after a heading with this number and level."""
    return (*_above(level, open_headings), OpenHeading(number, level, by_typography))


def _above(level: int, open_headings: OpenHeadings) -> OpenHeadings:
    return tuple(heading for heading in open_headings if heading.level < level)


def _is_unlike_siblings(number: Numbering, open_headings: OpenHeadings) -> bool:
    """Whether headings with this style of number have their own typography, so that a plain line is a list item."""
    form = (number.style, len(number.numbers))
    return any(
        heading.by_typography and (heading.number.style, len(heading.number.numbers)) == form
        for heading in open_headings
    )


def mark_headings(blocks: Sequence[Block], by_typography: bool = False) -> list[Block]:
    """Mark headings: by name, by a number in sequence, or because the line stands alone between paragraphs.

    Headings that are already marked keep their level. With `by_typography`, the loader has judged typography: then a
    line that stands alone is not a heading, and numbers may put a heading below another one with the same typography.
    """
    marked: list[Block] = []
    open_headings: OpenHeadings = ()
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if block.kind == "heading" and by_typography:
            block, open_headings = _under_parent(block, open_headings)  # noqa: PLW2901
        if block.kind != "paragraph" or not is_short_line(block.text):
            marked.extend(_divided_run_in(block))
            continue
        number = numbering(block.text)
        level = _numbered_level(number, following, open_headings) if number else None
        if is_named(block.text):
            level = level or 1
            open_headings = _above(level, open_headings)
        elif number:
            level = None if _is_list(blocks, index) else level
        elif _heads_in_brackets(block, following) or (not by_typography and _stands_alone(marked, block, following)):
            level = open_headings[-1].level + 1 if open_headings else 1
        if level and number:
            open_headings = opened(number, level, open_headings)
        marked.append(replace(block, kind="heading", level=level) if level else block)
    return marked


def _numbered_level(number: Numbering, following: Block | None, open_headings: OpenHeadings) -> int | None:
    """The level of a short line with this number, None if it is not a heading."""
    heads_text = following is not None and following.kind == "paragraph" and len(following.text) >= 80
    if number.style == "bracket" and not heads_text:  # (1) more likely begins a list item
        return None
    return None if _is_unlike_siblings(number, open_headings) else level_in_sequence(number, open_headings)


def _under_parent(block: Block, open_headings: OpenHeadings) -> tuple[Block, OpenHeadings]:
    """Put a heading below the heading with its parent number (1.1 below 1), even if both have the same typography."""
    number = numbering(block.text)
    if number is None:
        return block, _above(block.level, open_headings)
    if number.style == "bracket":  # (1) belongs below 1, 1.1, 第1節
        parents = [heading for heading in open_headings if heading.number.style != "bracket"]
    else:
        parents = [heading for heading in open_headings if heading.number.numbers == number.numbers[:-1]]
    level = max(block.level, parents[-1].level + 1) if parents else block.level
    return replace(block, level=min(level, 6)), opened(number, level, open_headings, by_typography=True)


def _divided_run_in(block: Block) -> list[Block]:
    """Split a paragraph with a run-in heading ("Abstract—…") into two blocks; other blocks are unchanged."""
    parts = run_in(block.text) if block.kind == "paragraph" else None
    if not parts:
        return [block]
    name, rest = parts
    heading = replace(block, kind="heading", text=name, level=1, page_starts=block.page_starts[:1])
    return [heading, without_start(block, len(block.text) - len(rest))]


def _is_list(blocks: Sequence[Block], index: int) -> bool:
    """Whether the next block has the next number: without text in between, both are list items, not headings."""
    here = numbering(blocks[index].text)
    if index + 1 >= len(blocks) or here is None or blocks[index + 1].kind != "paragraph":
        return False
    after = numbering(blocks[index + 1].text)
    return bool(after and after.style == here.style and after.numbers[-1] == here.numbers[-1] + 1)


def _heads_in_brackets(block: Block, following: Block | None) -> bool:
    """Whether a line is a heading by its brackets: 【現状と課題】 above text."""
    heads_text = following is not None and following.kind in ("paragraph", "list_item")
    return heads_text and bool(_IN_BRACKETS.fullmatch(block.text.strip())) and has_letters(block.text[1:-1])


def _stands_alone(before: Sequence[Block], block: Block, following: Block | None) -> bool:
    """Whether a short line without a number is a heading: it follows a complete paragraph and precedes a longer one."""
    if following is None or following.kind != "paragraph" or not before or len(block.text) > 60:
        return False
    previous = before[-1]
    complete = previous.kind in ("heading", "table_row", "caption") or ends_sentence(previous.text)
    longer = len(following.text) >= 80 and len(following.text) > 2 * len(block.text)
    japanese = is_wide(block.text[-1])
    nominal = not re.search(r"[ぁ-ん]$", block.text) if japanese else block.text[:1].isupper()
    return complete and longer and nominal and not LIST_MARK.match(block.text)


def without_start(block: Block, length: int) -> Block:
    """The block without its first `length` characters."""
    pages: list[tuple[int, int]] = []
    for start, page in block.page_starts:
        if pages and start <= length:
            pages.clear()
        pages.append((max(0, start - length), page))
    return replace(block, text=block.text[length:], page_starts=tuple(pages))
