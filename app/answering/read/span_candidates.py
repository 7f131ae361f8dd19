"""A sentence as tokens with roles, and the spans of it that may be what a question asks for."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retriever.text import Morpheme, fold, morphemes

Integers = NDArray[np.int64]

# What a token can be, to the eyes of the ranker: classes of words, the commonest particles, marks.
ROLES = (
    "edge common sahen adverbial counter number person place proper suffix prefix pronoun verb adjective auxiliary"
    " は が を に で の と も や から まで particle comma stop quote_open quote_close bracket_open bracket_close"
    " mark space other katakana latin"
).split()
ROLE = {name: number for number, name in enumerate(ROLES)}
NOUNS = frozenset(
    ROLE[name]
    for name in "common sahen adverbial counter number person place proper suffix katakana latin pronoun".split()
)
_STARTS = NOUNS - {ROLE["suffix"]} | {
    ROLE[name] for name in ("prefix", "verb", "adjective", "other", "quote_open", "mark")
}
_ENDS = NOUNS | {ROLE[name] for name in "verb adjective auxiliary quote_close bracket_close stop から まで".split()}
CONTENT = NOUNS | {ROLE["verb"], ROLE["adjective"], ROLE["other"]}
_LONGEST = 14  # tokens of a span that is not a clause: 98.9% of JSQuAD's answers are no longer
_QUOTES_OPEN, _QUOTES_CLOSE = "「『“‘《〈【", "」』”’》〉】"
_BRACKETS_OPEN, _BRACKETS_CLOSE = "（([［{", "）)]］}"
_KATAKANA = re.compile(r"[ァ-ヺー・]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9.&'’-]*")
_REASON_ENDS = frozenset({"ため", "為", "ので", "から", "こと", "によって", "により", "による"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark, `text[start:end] == surface`; `role` indexes `ROLES`."""

    surface: str
    normalised: str
    role: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans of a sentence's tokens: the candidate n is `tokens[first[n] : last[n] + 1]`."""

    tokens: tuple[Token, ...]
    first: Integers = field(repr=False)
    last: Integers = field(repr=False)

    def places(self, number: int) -> tuple[int, int]:
        """The (start, end) in the text of the candidate `number`."""
        return self.tokens[self.first[number]].start, self.tokens[self.last[number]].end


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of Japanese `text`, in order."""
    return tuple(_token(one) for one in morphemes(text))


def _token(one: Morpheme) -> Token:
    return Token(one.surface, one.normalised.lower(), ROLE[_role(one)], one.start, one.end)


def _role(one: Morpheme) -> str:
    major, minor = one.pos[0], one.pos[1]
    if major == "名詞":
        return _noun_role(one)
    if major == "助詞":
        return one.surface if one.surface in ROLE else "particle"
    if major == "補助記号":
        return _mark_role(one)
    if major == "記号" and _LATIN.fullmatch(one.surface):
        return "latin"
    return {
        "接尾辞": "suffix",
        "接頭辞": "prefix",
        "代名詞": "pronoun",
        "動詞": "verb",
        "形容詞": "adjective",
        "形状詞": "adjective",
        "助動詞": "auxiliary",
        "空白": "space",
        "記号": "mark" if minor != "文字" else "common",
    }.get(major, "other")


def _noun_role(one: Morpheme) -> str:
    if one.pos[1] == "数詞":
        return "number"
    if one.pos[1] == "固有名詞":
        return {"人名": "person", "地名": "place"}.get(one.pos[2], "proper")
    if _LATIN.fullmatch(fold(one.surface)):
        return "latin"
    if one.pos[2] == "助数詞可能":
        return "counter"
    if _KATAKANA.fullmatch(one.surface):
        return "katakana"
    return {"サ変可能": "sahen", "副詞可能": "adverbial"}.get(one.pos[2], "common")


def _mark_role(one: Morpheme) -> str:
    if one.surface in _QUOTES_OPEN:
        return "quote_open"
    if one.surface in _QUOTES_CLOSE:
        return "quote_close"
    if one.surface in _BRACKETS_OPEN:
        return "bracket_open"
    if one.surface in _BRACKETS_CLOSE:
        return "bracket_close"
    return {"読点": "comma", "句点": "stop"}.get(one.pos[1], "mark")


def whole_quotation(found: Spans, number: int) -> tuple[int, int]:
    """The (start, end) in the text of the candidate `number`, or of all of the quotation that it is a part of."""
    first, last = int(found.first[number]), int(found.last[number])
    opened = [place for place in range(first) if found.tokens[place].role == ROLE["quote_open"]]
    closed = [place for place in range(last + 1, len(found.tokens)) if found.tokens[place].role == ROLE["quote_close"]]
    if opened and closed and closed[0] - opened[-1] <= _LONGEST:
        between = {found.tokens[place].role for place in (*range(opened[-1] + 1, first), *range(last + 1, closed[0]))}
        if between.isdisjoint({ROLE["quote_open"], ROLE["quote_close"]}):
            return found.tokens[opened[-1]].end, found.tokens[closed[0]].start
    return found.places(number)


@lru_cache(maxsize=512)
def spans(text: str) -> Spans:
    """The spans of `text` that may answer something: short ones, whole quotations, clauses that give a reason."""
    found = tokens(text)
    roles = [one.role for one in found]
    pairs = {
        (first, last)
        for first, role in enumerate(roles)
        if role in _STARTS
        for last in range(first, min(first + _LONGEST, len(roles)))
        if roles[last] in _ENDS
    }
    pairs = {(first, last) for first, last in pairs | _clauses(found) if _says_something(roles[first : last + 1])}
    ordered = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return Spans(found, ordered[:, 0], ordered[:, 1])


def _says_something(roles: list[int]) -> bool:
    """Whether a span holds a word and whole quotations, and is not a single one, which is marked without its marks."""
    opened, closed = roles.count(ROLE["quote_open"]), roles.count(ROLE["quote_close"])
    quoted = roles[0] == ROLE["quote_open"] and roles[-1] == ROLE["quote_close"]
    return not CONTENT.isdisjoint(roles) and opened == closed and not (quoted and opened == 1)


def _clauses(found: tuple[Token, ...]) -> set[tuple[int, int]]:
    """What stands before ため, ので, から and the like, from the beginning of its clause on."""
    begins, pairs = [0], set()
    for place, one in enumerate(found):
        if one.role == ROLE["comma"] or one.surface == "は":
            begins.append(place + 1)
        elif one.surface in _REASON_ENDS:
            pairs |= {(first, last) for first in begins for last in (place - 1, place) if first <= last}
    return pairs
