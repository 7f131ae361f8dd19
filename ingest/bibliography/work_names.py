"""How running text refers to works: by key (Smith 2019), by document name (共同声明, 防衛白書), by 同調査."""

import re
import string
from collections.abc import Iterator, Sequence
from itertools import count

from ingest.bibliography.fields import Date, surname_of
from ingest.document import Reference
from retriever.numerals import ERA_STARTS, KANJI_TO_99

NUMBERED_KEY = re.compile(r"(\d+)([a-j]?)")  # 3, and 3b for a further work under the number 3
_YEAR_AT_END = re.compile(r"((?:1[5-9]|20)\d\d)$")
# Kinds of official documents, longest first. The head of a name is the shortest kind at its end (共同声明 → 声明).
_KINDS = "共同声明 声明 白書 宣言 憲章 協定 議定書 報告書 答申 勧告 大綱 綱領 基本計画 ガイドライン".split()
_NAMED = re.compile(rf"(?:[一-鿿々ァ-ヴー]*?)((?:[一-鿿々ァ-ヴー]{{0,6}})(?:{'|'.join(_KINDS)}))$")
_YEARS = re.compile(rf"(?:(?<!\d)\d++|(?<![元{KANJI_TO_99}])[元{KANJI_TO_99}]++)\s*+年度?版|(?:{'|'.join(ERA_STARTS)})")
_BEFORE = re.compile(r"(?<![一-鿿々ァ-ヴー])[一-鿿々ァ-ヴー]*+$")
# Words that may precede a document's name without making it a different document (同声明, 今回の答申).
_POINTING = ("今回", "前回", "同日", "会談", "両国", "両首脳", "同", "当該", "上記", "前述", "同年")
_YEAR = re.compile(r"(?<!\d)((?:1[5-9]|20)\d\d)年")
_SAME = re.compile(
    r"^[^、。]{0,4}?(?:同じ?|この|その|上記の|前述の)(?:世論)?(?:調査|報告書?|論文|研究|記事|白書|文書|声明|書(?=[はでにも])|紙(?=[はでにも]))"
    r"|^(?:In )?(?:the same|this|that) (?:survey|poll|study|report|paper|article|book|statement)\b|^(?:ibid\b|同上)",
    re.IGNORECASE,
)
_THESE = re.compile(
    r"^(?:これら|両|2つ)の?(?:世論)?(?:調査|報告|論文|研究|記事|文書)"
    r"|^(?:these|both|the two) (?:surveys|polls|studies|reports|papers|articles)\b",
    re.IGNORECASE,
)


def short_key(authors: tuple[str, ...], title: str, date: Date | None) -> str:
    """The key for in-text citations: surname or organisation, and year."""
    if not authors:
        return " ".join((title[:20], date.iso[:4] if date else "")).strip()
    surname = surname_of(authors[0])
    return f"{surname} {date.iso[:4]}" if date else surname


def distinct_keys(keys: Sequence[str], entries: Sequence[str]) -> list[str]:
    """Make equal keys distinct: 外務省 2025a and 外務省 2025b, with the letters printed in the entries or in order.

    Keys that do not end with a year are numbered from the second on: "5", "5 (2)".
    """
    distinct = list(keys)
    for key in dict.fromkeys(keys):
        places = [place for place, other in enumerate(keys) if other == key]
        if len(places) > 1:
            names = _printed(key, [entries[place] for place in places]) or _in_order(key, frozenset(keys))
            for place, name in zip(places, names, strict=False):
                distinct[place] = name
    return distinct


def _printed(key: str, entries: Sequence[str]) -> list[str]:
    """The keys with the letters printed after the year; empty unless every entry prints a different letter."""
    year = _YEAR_AT_END.search(key)
    matches = [re.search(rf"{year.group(1)}([a-z])(?![A-Za-z])", entry) for entry in entries] if year else []
    letters = [match.group(1) for match in matches if match]
    return [key + letter for letter in letters] if len(set(letters)) == len(entries) else []


def _in_order(key: str, taken: frozenset[str]) -> Iterator[str]:
    """Infinite sequence of free keys that begin with `key`."""
    if _YEAR_AT_END.search(key):
        yield from (key + letter for letter in string.ascii_lowercase if key + letter not in taken)
    else:
        yield key
    yield from (name for number in count(2) if (name := f"{key} ({number})") not in taken)


def document_names(references: Sequence[Reference]) -> dict[str, list[Reference]]:
    """Official documents among the works, by the name that ends a phrase of their titles (共同声明, 防衛白書).

    News articles are excluded: a headline that ends with such a name is about the document.
    """
    named: dict[str, list[Reference]] = {}
    for reference in references:
        if reference.kind == "news":
            continue
        for phrase in re.split(r"[^\w・]+", _YEARS.sub("", reference.title)):
            if match := _NAMED.fullmatch(phrase):
                named.setdefault(_kind_named(match.group(1)), []).append(reference)
                break
    return named


def _kind_named(phrase: str) -> str:
    """The kind of document; for a short kind such as 白書 with the two characters before it (防衛白書)."""
    kind = next(kind for kind in _KINDS if phrase.endswith(kind))
    return kind if len(kind) > 2 else phrase[-len(kind) - 2 :]


def by_name(
    sentence: str, names: dict[str, list[Reference]], known: frozenset[int]
) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """(start, length, numbers) of the official documents named in a sentence.

    `known`: works cited just before; these may also be named by the head alone (声明は…).
    """
    for name, works in names.items():
        place, length = _standing_alone(sentence, name, works), len(name)
        if place is None and len(works) == 1 and works[0].number in known:
            place, length = _head_of(sentence, name, works)
        years = {match.group(1) for match in _YEAR.finditer(sentence)}
        fitting = [work for work in works if len(works) == 1 or not years or work.date[:4] in years]
        if place is not None and fitting:
            yield place, length, tuple(work.number for work in fitting)


def _head_of(sentence: str, name: str, works: Sequence[Reference]) -> tuple[int | None, int]:
    """Offset of the head of the name used as a noun of its own (None if absent), and its length."""
    head = min((kind for kind in _KINDS if name.endswith(kind)), key=len)
    place = _standing_alone(sentence, head, works)
    alone = place is not None and re.match(r"[はがでにのを、]", sentence[place + len(head) :])
    return (place if alone else None), len(head)


def _standing_alone(sentence: str, name: str, works: Sequence[Reference]) -> int | None:
    """Offset of the name where it means one of these works: its qualifying words also occur in the work's title."""
    start = sentence.find(name)
    while start >= 0:
        before = sentence[:start]
        qualifier = _BEFORE.search(before.removesuffix("の"))
        words = qualifier.group() if qualifier else ""
        if any(words.endswith(word) for word in _POINTING) or any(set(words) <= set(work.title) for work in works):
            return start
        start = sentence.find(name, start + 1)
    return None


def points_back(sentence: str) -> tuple[int, bool] | None:
    """(length, plural) of the back-reference that opens a sentence (同じ調査では, these surveys); None without one."""
    if match := _THESE.match(sentence):
        return match.end(), True
    if match := _SAME.match(sentence):
        return match.end(), False
    return None
