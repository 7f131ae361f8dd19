"""Gather the items of an enumeration that is spread over sentences and paragraphs (第1に … 第2に … 最後に …)."""

import re
from collections.abc import Sequence
from itertools import pairwise

from app.answering.read.sentences import Candidate
from app.answering.understand.words import numeral_value
from retriever.index.search import Index
from retriever.numerals import KANJI_DIGITS
from retriever.text import Morpheme, fold, language_of, morphemes
from retriever.types import Hit

# Greatest distances from the candidate, in passages: of any item, and of the nearest item.
_REACH, _NEAR = 8, 1
# An enumeration is searched for near the first `_READ` candidates that score at most `_WITHIN` log-odds below the best:
# text around a sentence that is seven times less likely is not an answer.
_READ, _WITHIN = 3, 2.0
_DIGIT = f"[1-9{KANJI_DIGITS[1:]}]"
_ORDINAL = re.compile(
    rf"^(?:第({_DIGIT})(?:に|の|は|点)|({_DIGIT})つ目|\(([1-9])\)|(first|second|third|fourth|fifth)(?:ly)?\b)"
)
_LAST = re.compile(r"^(?:最後に|最後の|finally|lastly)")
_LAST_NUMBER = 99
_ENGLISH_LIST = re.compile(r"(?<![\w’'-])[\w’'-]++, (?:[\w’'-]++ ){0,3}[\w’'-]++,? and [\w’'-]")
_NAMED = frozenset({"名詞", "代名詞", "接尾辞", "接頭辞"})
_BRACKETS = frozenset("「『“‘《〈【」』”’》〉】）)]］}")
_LONGEST = 6  # morphemes of one list item with its comma


def enumerated(ranked: Sequence[Candidate], index: Index) -> list[Candidate]:
    """The opening sentence of each item of an enumeration near the best candidates, in order; empty if there is none.

    An enumeration counts upwards from 1, within one section; 最後に opens its last item. If the best sentence is a list
    itself, the result is empty.
    """
    if ranked and _lists(ranked[0].text):
        return []
    seen: set[tuple[str, str]] = set()
    for candidate in (near for near in ranked[:_READ] if near.score >= ranked[0].score - _WITHIN):
        passage = candidate.hit.passage
        place = (passage.document_id, passage.section)
        if place in seen:
            continue
        seen.add(place)
        items = _items(candidate, index)
        if len(items) > 1 and min(abs(item.hit.row - candidate.hit.row) for item in items) <= _NEAR:
            return items
    return []


def _lists(sentence: str) -> bool:
    """Whether a sentence lists three things or more (鉄鋼、アルミニウム、銅を…) and does not open an item itself."""
    if _number(sentence) is not None:
        return False
    if language_of(sentence) == "en":
        return bool(_ENGLISH_LIST.search(sentence))
    units = morphemes(sentence)
    commas = [
        place
        for place in range(1, len(units) - 1)
        if units[place].pos[1] == "読点" and _is_of_item(units[place - 1]) and _is_of_item(units[place + 1])
    ]
    return any(later - earlier <= _LONGEST for earlier, later in pairwise(commas))


def _is_of_item(morpheme: Morpheme) -> bool:
    return morpheme.pos[0] in _NAMED or morpheme.surface in _BRACKETS


def _items(candidate: Candidate, index: Index) -> list[Candidate]:
    """The sentences near a candidate, in its section, that open items 1, 2, … and the last."""
    passage = candidate.hit.passage
    record = index.documents[passage.document_id]
    first = max(record.first, candidate.hit.row - _REACH)
    last = min(record.first + record.count, candidate.hit.row + _REACH + 1)
    items: list[Candidate] = []
    expected = 1
    for row in range(first, last):
        near = index.passage(row)
        if near.section != passage.section:
            continue
        for start, end in near.quotable:
            number = _number(near.text[start:end])
            if number == expected or (number == _LAST_NUMBER and expected > 1):
                hit = Hit(near, candidate.hit.score, candidate.hit.rank, row)
                items.append(Candidate(hit, start, end, candidate.features, candidate.score))
                expected += 1
            if number == _LAST_NUMBER and items:
                return items
    return items


def _number(sentence: str) -> int | None:
    """The number of the item that a sentence opens, 1-based; _LAST_NUMBER for 最後に; None for other sentences."""
    folded = fold(sentence.lstrip())
    if _LAST.match(folded):
        return _LAST_NUMBER
    match = _ORDINAL.match(folded)
    if not match:
        return None
    word = next(group for group in match.groups() if group)
    return numeral_value(word)
