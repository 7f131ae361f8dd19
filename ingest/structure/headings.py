"""Which lines are headings, and how deep: by their names, by their numbers, by standing alone."""

import re
import unicodedata
from dataclasses import dataclass

from ingest.structure.sentences import ends_sentence

_DECORATION = " 　[]【】〔〕〈〉《》「」■□●○◎◆◇▼▲★☆*＊#＃§.．:：-–—―="
_ABSTRACT = "要旨 要約 概要 抄録 論文要旨 アブストラクト あらまし 梗概 摘要 초록 요약 abstract summary".split()
_REFERENCES = [
    *"参考文献 引用文献 参照文献 文献 文献一覧 参考文献一覧 参考資料 引用・参考文献 引用参考文献".split(),
    *"参考文献・資料 主要参考文献 参考 参考図書 參考文獻 参考书目 참고문헌 인용문헌".split(),
    *"references reference bibliography literature citations".split(),
    *("works cited", "literature cited", "references cited", "cited works", "reference list", "참고 문헌"),
]
_NOTES = "注 註 注釈 脚注 後注 尾注 注記 註記 原注 訳注 주 각주 미주 notes endnotes footnotes".split()
_PARTS = [
    *"はじめに 序 序論 序章 序言 序文 緒言 緒論 まえがき 導入 問題の所在 問題提起 研究背景 背景 目的 研究目的".split(),
    *"先行研究 関連研究 方法 研究方法 手法 提案手法 対象と方法 材料と方法 実験 実験方法 実験結果 評価 結果".split(),
    *"結果と考察 考察 議論 検討 結論 結び 結語 むすび むすびに おわりに 終わりに 終章 まとめ 総括 今後の課題".split(),
    *"謝辞 付記 追記 付録 補論 補遺 附録 あとがき キーワード 目次".split(),
    *"引言 前言 绪论 緒論 方法 结果 讨论 结论 結論 结语 致谢 附录 关键词 目录".split(),
    *"서론 들어가며 본론 방법 결과 논의 고찰 결론 나가며 맺음말 부록 키워드".split(),
    *"introduction preface foreword background motivation methods method methodology materials experiments".split(),
    *"experiment results evaluation analysis findings discussion conclusion conclusions limitations".split(),
    *"acknowledgments acknowledgements acknowledgment acknowledgement appendix appendices keywords contents".split(),
    *("overview", "related work", "related works", "literature review", "materials and methods", "key words"),
    *("methods and materials", "results and discussion", "discussion and conclusion", "future work"),
    *("discussion and conclusions", "conclusions and future work", "conclusion and future work", "index terms"),
    *("concluding remarks", "data availability", "table of contents", "executive summary"),
    *("conflict of interest", "author contributions", "theoretical framework"),
]
_RUN_IN = re.compile(
    r"^\s*+([\[【〔〈《■●◆]?\s*+[^\s:：—―.．\]】〕〉》]{1,12}\s*[\]】〕〉》]?)\s*[:：—―.．]*\s+(?=\S)"
    r"|^\s*([^\s:：—―]{2,12})[:：—―]+(?=\S)"
)
_LEADERS = re.compile(r"(?<![.．・…‥])(?<![.．・…‥]\s)(?:[.．・…‥]\s?){4,}+\s*+[0-9ivx]*$")
_KANJI_DIGITS = "一二三四五六七八九十百"
_NUMBER = rf"[0-9{_KANJI_DIGITS}]+"
_ROMAN = r"(?:X{0,2}(?:IX|IV|V?I{0,3}))"
_PATTERNS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    ("part", 1, re.compile(rf"^第\s*({_NUMBER})\s*[部編篇](?=[\s:、.]|$)")),
    ("chapter", 1, re.compile(rf"^第\s*({_NUMBER})\s*章(?=[\s:、.]|$)")),
    ("chapter", 1, re.compile(r"^제\s*([0-9]+)\s*장(?=[\s:.]|$)")),
    ("section", 2, re.compile(rf"^第\s*({_NUMBER})\s*[節节](?=[\s:、.]|$)")),
    ("item", 3, re.compile(rf"^第\s*({_NUMBER})\s*[項款条](?=[\s:、.]|$)")),
    ("chapter", 1, re.compile(r"^(?:Chapter|Part|Appendix)\s+([0-9]+|[IVX]+|[A-Z])(?=[\s:.]|$)", re.IGNORECASE)),
    ("section", 1, re.compile(r"^(?:Section|SECTION|§)\s*([0-9]+)(?=[\s:.]|$)")),
    ("decimal", 2, re.compile(r"^([0-9]{1,2}(?:[.-][0-9]{1,2}){1,4})[.、:]?\s+(?=\D)")),
    ("decimal", 2, re.compile(r"^([0-9]{1,2}(?:\.[0-9]{1,2}){1,4})[.、:]?(?=[^\s\d.%ー\-A-Za-z])")),
    ("arabic", 1, re.compile(r"^([0-9]{1,2})[.、:]?\s+(?=[^\s\d])")),
    ("arabic", 1, re.compile(r"^([0-9]{1,2})[.、]\s*(?=[^\s\d])")),
    ("roman", 1, re.compile(rf"^({_ROMAN})[.、:](?:\s+|(?=[^\sA-Za-z]))(?=\S)")),
    ("roman", 1, re.compile(rf"^({_ROMAN})\s+(?=\S)")),
    ("kanji", 1, re.compile(rf"^([{_KANJI_DIGITS}]{{1,3}})(?:[、.:]\s*|\s+)(?=\S)")),
    ("bracket", 3, re.compile(rf"^[(（]\s*({_NUMBER}|[a-z])\s*[)）]\s*(?=\S)")),
    ("letter", 2, re.compile(r"^([A-H])\.\s+(?=\S)")),
)


@dataclass(frozen=True, slots=True)
class Numbering:
    """The number that a heading opens with: its style, its numbers (1.2 → (1, 2)) and the depth they imply."""

    style: str
    numbers: tuple[int, ...]
    level: int


def squeezed(text: str) -> str:
    """The words of a heading for comparing: NFKC, no decoration, no space inside Japanese, lower case."""
    plain = unicodedata.normalize("NFKC", text).strip(_DECORATION).lower()
    plain = re.sub(r"^[\d.\s]+(?=[^\d.\s])|^[ivx]+[.\s]\s*(?=\w{3})", "", plain)
    plain = re.sub(r"\s+", " ", plain).strip(_DECORATION)
    return plain.replace(" ", "") if re.search("[\u3041-\u30ff\u4e00-\u9fff]", plain) else plain


def is_references(text: str) -> bool:
    """Whether the heading opens the bibliography: 参考文献, References, Works Cited …."""
    return squeezed(text) in _REFERENCES


def is_notes(text: str) -> bool:
    """Whether the heading opens the endnotes: 注, 註, Notes …."""
    return squeezed(text) in _NOTES


def is_abstract(text: str) -> bool:
    """Whether the heading opens the abstract: 要旨, Abstract …."""
    return squeezed(text) in _ABSTRACT


def is_named(text: str) -> bool:
    """Whether the line is a name that papers give their parts: はじめに, 要旨, Introduction, References …."""
    return len(text) <= 40 and squeezed(text) in (*_REFERENCES, *_NOTES, *_ABSTRACT, *_PARTS)


def run_in(text: str) -> tuple[str, str] | None:
    """(name, rest) of a paragraph that opens with its heading: "Abstract—…", "要旨：…", "キーワード：…"."""
    match = _RUN_IN.match(text)
    if not match:
        return None
    name = (match.group(1) or match.group(2)).strip()
    separated = re.search(r"[:：—―.．\]】〕〉》]\s*$", match.group().rstrip() or "")
    rest = text[match.end() :]
    known = is_abstract(name) or squeezed(name) in ("キーワード", "keywords", "关键词", "키워드")
    return (name, rest) if known and (separated or (is_abstract(name) and len(rest) >= 80)) else None


def is_contents_line(text: str) -> bool:
    """Whether a line is of a table of contents: its words lead over dots to a page number."""
    return bool(_LEADERS.search(text.strip()))


def is_short_line(text: str) -> bool:
    """Whether a line could be a heading at all: short, not a sentence, no address, no tabs."""
    limit = 45 if re.search("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", text) else 110
    bare = text.strip()
    if not bare or len(bare) > limit or "\t" in bare or "://" in bare or "\n" in bare:
        return False
    if is_contents_line(bare) or bare.endswith(("、", "，", ",", ";", "；", "・", "-", "「", "（", "(")):
        return False
    return not ends_sentence(bare) or bool(re.fullmatch(r".*[?？!！\]】]", bare))


def numbering(text: str) -> Numbering | None:
    """The number a line opens with, if it is one that headings have."""
    plain = unicodedata.normalize("NFKC", text.strip()).lstrip("■□●○◎◆◇▼▲★☆§ ")
    for style, level, pattern in _PATTERNS:
        match = pattern.match(plain)
        if not match or not match.group(1):
            continue
        numbers = tuple(_value(part) for part in re.split(r"[.-]", match.group(1)))
        depth = len(numbers) if style == "decimal" else level
        return Numbering(style, numbers, min(depth, 6))
    return None


def _value(digits: str) -> int:
    """1, 一, IV, B → the number meant."""
    if digits.isdigit():
        return int(digits)
    if digits[0] in _KANJI_DIGITS:
        total = 0
        for character in digits:
            unit = _KANJI_DIGITS.index(character) + 1
            total = max(total, 1) * 10 if character == "十" else total + unit
        return total
    if re.fullmatch("[IVX]+", digits):
        values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in digits]
        return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return ord(digits.lower()) - ord("a") + 1


@dataclass(frozen=True, slots=True)
class Open:
    """A numbered heading whose section has not ended yet; `marked`: its look, not its number alone, made it one."""

    number: Numbering
    level: int
    marked: bool = False


def place(number: Numbering, open_headings: tuple[Open, ...]) -> int | None:
    """The level of the heading, or None where its number carries no sequence on: "3 apples" opens no section 3.

    A number must begin a sequence (0 or 1) or follow its predecessor, of which at most one may be missing.
    """
    for one in reversed(open_headings):
        same = one.number.style == number.style and len(one.number.numbers) == len(number.numbers)
        if same and one.number.numbers[:-1] == number.numbers[:-1]:
            return one.level if one.number.numbers[-1] < number.numbers[-1] <= one.number.numbers[-1] + 2 else None
        if len(number.numbers) > 1 and one.number.numbers == number.numbers[:-1]:
            return min(one.level + 1, 6) if number.numbers[-1] <= 1 else None
        if same and number.numbers[-1] <= 1:  # 2.1 after 1.3, its "2" having no heading of its own
            return one.level
    if number.numbers[-1] > 1:
        return None
    if number.style in ("part", "chapter"):
        parts = [one.level for one in open_headings if one.number.style == "part"]
        return min(parts) + 1 if number.style == "chapter" and parts else 1
    return min(open_headings[-1].level + 1, 6) if open_headings else max(1, len(number.numbers) - 1)


def opened(number: Numbering, level: int, open_headings: tuple[Open, ...], marked: bool = False) -> tuple[Open, ...]:
    """The open headings after this one."""
    return (*(one for one in open_headings if one.level < level), Open(number, level, marked))


def is_unlike_siblings(number: Numbering, open_headings: tuple[Open, ...]) -> bool:
    """Whether headings numbered alike stand out by their look, as this plain line (an item of a list) does not."""
    alike = (number.style, len(number.numbers))
    return any(one.marked and (one.number.style, len(one.number.numbers)) == alike for one in open_headings)
