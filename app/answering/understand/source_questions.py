"""Recognise questions about sources, by the forms in which they are asked in four languages.

The words lie in source_questions.toml; only numbers and structure are told here. A question that merely holds a word
such as 参考 or "source" is none of them.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from retriever.text import KANJI_TO_99, fold, kanji_value

# What may be asked of the bibliography: works by their numbers (or by author and year), what works say in their own
# texts, how many works there are, all of them, those that could be read, those that could not, what backs a claim or is
# cited on a topic, the same of a claim that is only pointed at (この主張の出典は？), the works by an author.
Asks = Literal["entry", "text", "count", "list", "read", "unread", "claim", "pointing", "author"]

YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
LAST = -1  # the number of "the last reference"
_WORDS = Path(__file__).with_name("source_questions.toml")
_LANGUAGES = ("ja", "en", "zh", "ko")
_QUOTES = " 、,「」『』“”\"'‘’:"


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a question asks of the bibliography.

    - `numbers`: the works that are meant, 1-based, or LAST
    - `words`: what is asked of the works' texts ("text"), the claim or topic ("claim"), a name ("author")
    - `on_topic`: the words name a topic on which the paper may cite something, not a claim
    - `by_date`: the works are named by author and year, so that the paper's own text may answer, too
    """

    asks: Asks
    numbers: tuple[int, ...] = ()
    words: str = ""
    on_topic: bool = False
    by_date: bool = False


def source_request(question: str) -> SourceRequest | None:
    """What a question asks about sources; None for every other question."""
    text = fold(plain(question))
    if _asks("entries", text) and _asks("reading", text) and is_about(_pattern("of_reading").sub(" ", text)):
        return SourceRequest("unread" if _asks("negation", text) else "read")
    if _asks("count", text):
        return SourceRequest("count")
    if request := _numbered(question):
        return request
    if _pattern("list").fullmatch(text):
        return SourceRequest("list")
    if request := _claimed(text):
        return request
    name = next((match.group(1) for pattern in _patterns("author") if (match := pattern.search(text))), None)
    return SourceRequest("author", words=name.strip(' 、,「」“”"')) if name else None


def plain(question: str) -> str:
    """The question in NFKC, on one line, without its closing marks."""
    text = " ".join(unicodedata.normalize("NFKC", question).split())
    return re.sub(r"(?<![?。.!！？])[?。.!！？]++$", "", text).strip()


def mentions_year(question: str) -> bool:
    """Whether a question holds a year, by which it may name a work."""
    return bool(YEAR.search(plain(question)))


def asks_who(folded: str) -> bool:
    """Whether a folded question about a work asks for its author."""
    return _asks("who", folded)


def asks_when(folded: str) -> bool:
    """Whether a folded question about a work asks for its date."""
    return _asks("when", folded)


def _claimed(folded: str) -> SourceRequest | None:
    """The claim or topic whose source a question asks for; None also where it names the paper as a whole."""
    for name in ("topic", "claim"):
        for pattern in _patterns(name):
            if match := pattern.search(folded):
                claim = match.group(1).strip(_QUOTES)
                if _pattern("paper").fullmatch(claim):
                    return None
                around = _pattern("around")
                claim = around.sub("", around.sub("", claim)).strip(_QUOTES)
                if _pattern("pointing").fullmatch(claim):
                    return SourceRequest("pointing")
                return SourceRequest("claim", words=claim, on_topic=name == "topic")
    return None


_ENTRY = r"(?:参考|引用|참고\s?|인용\s?)?(?:文献|문헌)"
_N = rf"(?:(?:no\.?|#|第)\s*+)?(\d{{1,3}}|[{KANJI_TO_99}]{{1,3}}(?=番|篇|つ|\]))(?!\d)"
_NO_AMOUNT = (
    r"(?!\s*+(?:点|件|本(?!文)|冊|個|つ(?!目)|編|种|篇(?!参考)|年|月|日|以上|以下|%|개|편|건|년"
    r"|million|billion|percent|years?|more|or ))"
)
_NUMBERED = re.compile(
    rf"{_ENTRY}(?:一覧|リスト|表|目录|目録|목록)?(?:の|で|の中の|中の|的|中的|의|에서)?\s*+(?:[\[(〔]\s*+)?{_N}\s*+(?:番|번)?目?{_NO_AMOUNT}"
    rf"|[\[(〔]\s*+(\d{{1,3}})\s*+[\])〕]\s*+(?:(?:の|的|번|番)\s*+)?(?:参考)?(?:文献|참고\s?문헌)"
    rf"|(?:第\s*+|(?<!\s)\s++)?(\d{{1,3}}|[{KANJI_TO_99}]{{1,3}})\s*+(?:番目?|篇|条|번째?)\s*+(?:(?:の|的|의)\s*+)?(?:参考|引用|참고\s?|인용\s?)(?:文献|문헌)"
    rf"|\b(?:reference|ref\.?|citation|cited work|bibliography (?:entry|item|number)|source)s?\s*+"
    rf"(?:(?:no\.?|number|#)\s*+)?(?:[\[(]\s*+)?(\d{{1,3}})(?![\d.%]){_NO_AMOUNT}"
    r"|\b(\d{1,3})(?:st|nd|rd|th) (?:reference|citation|cited work|entry (?:in|of) the (?:bibliography|references))\b"
    r"|^(?:what|who|which) (?:is|are|wrote) \[(\d{1,3})\]|^\[(\d{1,3})\]\s*(?:は|とは|って|是|은|는)",
    re.IGNORECASE,
)
_FURTHER = re.compile(
    r"[\]) 〕]*+\s*+(?:[,、]|と|and|&|和|과|와)\s*+(?:(?:(?:参考)?文献|references?)\s*+)?(?:[\[(]\s*+)?(\d{1,3})(?!\d)"
)
_WORD_ORDER = re.compile(
    r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last) (?:reference|citation|cited work)\b",
    re.IGNORECASE,
)
_ORDER = "first second third fourth fifth sixth seventh eighth ninth tenth".split()


def _numbered(question: str) -> SourceRequest | None:
    """The works that a question mentions by their numbers, and what it asks of their texts; None for no mention."""
    for text in (plain(question), fold(plain(question))):  # keep the question's own letters where that will do
        if match := _WORD_ORDER.search(text):
            word = match.group(1).lower()
            numbers: tuple[int, ...] = (LAST if word == "last" else _ORDER.index(word) + 1,)
            words = asked_of_text(text, [match.span()])
        elif match := _NUMBERED.search(text):
            named, end = [_value(next(group for group in match.groups() if group))], match.end()
            while more := _FURTHER.match(text, end):
                named.append(int(more.group(1)))
                end = more.end()
            numbers = tuple(dict.fromkeys(named))
            words = asked_of_text(text, [(match.start(), end)])
        else:
            continue
        return SourceRequest("text" if words else "entry", numbers, words)
    return None


def _value(numerals: str) -> int:
    """The value of a number below 100 in digits or kanji."""
    return int(numerals) if numerals.isdigit() else kanji_value(numerals)


def asked_of_text(text: str, mentions: Sequence[tuple[int, int]]) -> str:
    """What a question asks of the texts of the works mentioned at these (start, end).

    Empty where it asks about the works themselves, or what the paper does with them.
    """
    ends = [end for _, end in mentions]
    starts = [*(start for start, _ in mentions[1:]), len(text)]
    before = text[: mentions[0][0]]
    after = "".join(text[end:start].lstrip("])〕」』") for end, start in zip(ends, starts, strict=True))
    rest = fold(f"{before}|{after}")
    if is_about(rest) or _asks("of_paper", rest):
        return ""
    said = f"{_joins_before().sub('', before)} {_joins_after().sub('', after)}"
    return " ".join(said.split()).strip(" 、,")


def is_about(folded: str) -> bool:
    """Whether folded words ask about works as such, and name no topic."""
    return not re.search(r"\w", _about().sub(" ", folded))


@lru_cache(maxsize=1)
def _joins_before() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(_of_languages('joins_before'))})\s*$", re.IGNORECASE)


@lru_cache(maxsize=1)
def _joins_after() -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:{'|'.join(_of_languages('joins_after'))})?[\s、,，:：]*")


@lru_cache(maxsize=1)
def _about() -> re.Pattern[str]:
    words = {language: _words()[language]["about"].split() for language in _LANGUAGES}
    spaced = "|".join(words.pop("en"))
    unspaced = sorted((word for of in words.values() for word in of), key=len, reverse=True)
    return re.compile(rf"\b(?:{spaced})\b|{'|'.join(unspaced)}")


def _asks(name: str, folded: str) -> bool:
    return bool(_pattern(name).search(folded))


@lru_cache(maxsize=32)
def _pattern(name: str) -> re.Pattern[str]:
    """The patterns called `name` of all languages as one."""
    return re.compile("|".join(_of_languages(name)))


@lru_cache(maxsize=8)
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """The patterns called `name`, language by language."""
    return tuple(map(re.compile, _of_languages(name)))


def _of_languages(name: str) -> Iterator[str]:
    """The patterns called `name` with their fragments filled in."""
    for language in _LANGUAGES:
        words = _words()[language]
        given = words.get(name, [])
        for pattern in [given] if isinstance(given, str) else given:
            yield _with_fragments(pattern, words.get("fragments", {}))


def _with_fragments(pattern: str, fragments: dict[str, str]) -> str:
    return re.sub(r"<([a-z_]+)>", lambda match: fragments[match.group(1)], pattern)


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))
