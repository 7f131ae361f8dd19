"""Whether a text contains a quotation or an answer, and how much two texts overlap."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from retriever.text import fold, without_space

_PERCENT = re.compile(r"パーセント|per\s?cent(?![a-z])")
_CITATION_MARK = re.compile(r"\[\d{1,3}\]")
_ARTICLES = frozenset({"a", "an", "the"})
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
# A number, a word of an alphabet, or one character of anything else (ideographs, kana, Hangul, %, currency signs).
_TOKEN = re.compile(r"\d+(?:\.\d+)*|[a-z\u00aa-\u024f\u0370-\u052f]+|[^\W_]|[%‰$¥€£°+<>=]")


def evidence_form(text: str) -> str:
    """`text` in NFKC without white space: the form in which evidence is compared."""
    return without_space(unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text reduced to its tokens, and the offsets at which they begin and end."""

    text: str
    starts: frozenset[int]
    ends: frozenset[int]


def normalise(text: str) -> Normalised:
    """The form in which answers are compared.

    SQuAD v1.1's normalisation (Rajpurkar et al. 2016: lower case, no punctuation, no articles) after NFKC, with four
    changes for Japanese and for numbers: each CJK character is a token, as in JSQuAD's scorer (Kurihara et al. 2022);
    white space is ignored; decimal points are kept and thousands separators removed; "%" is kept, and "パーセント"
    and "percent" count as "%".
    """
    joined: list[str] = []
    starts, ends, offset = set(), set(), 0
    for token in _TOKEN.findall(_PERCENT.sub("%", fold(text))):
        if token in _ARTICLES:
            continue
        if joined and joined[-1][-1].isdigit() and token[0].isdigit():
            joined.append(" ")  # two numbers side by side are not one longer number
            offset += 1
        joined.append(token)
        starts.add(offset)
        offset += len(token)
        ends.add(offset)
    return Normalised("".join(joined), frozenset(starts), frozenset(ends))


def holds_answer(text: Normalised, answer: Normalised) -> bool:
    """Whether the text contains the answer's tokens, one after another.

    As `has_answer` of DrQA (Chen et al. 2017): whole tokens, so "2%" is not in "12%", nor "US" in "used".
    """
    start = text.text.find(answer.text) if answer.text else -1
    while start >= 0:
        if start in text.starts and start + len(answer.text) in text.ends:
            return True
        start = text.text.find(answer.text, start + 1)
    return False


def share_held(text: str, answers: Iterable[str]) -> float:
    """The share of `answers` that `text` contains, in [0, 1]; an answer without tokens (≥) must occur as it is."""
    haystack, bare = normalise(text), evidence_form(text)
    wanted = [(normalise(answer), evidence_form(answer)) for answer in answers]
    held = [holds_answer(haystack, tokens) if tokens.text else signs in bare for tokens, signs in wanted]
    return sum(held) / len(held)


def best_char_f1(predictions: Iterable[str], golds: Iterable[str]) -> float:
    """The highest F1 over characters of any prediction with any gold answer; 0 without predictions.

    SQuAD's F1 (Rajpurkar et al. 2016) with characters for words, as JSQuAD's scorer has it, and SQuAD's normalisation
    after NFKC: lower case, no punctuation (nor %, nor decimal points), articles or white space. Both empty is 1.
    """
    wanted = [_characters(gold) for gold in golds]
    return max((character_f1(_characters(text), gold) for text in predictions for gold in wanted), default=0.0)


def _characters(text: str) -> str:
    words = _ARTICLE.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return "".join(sign for sign in words if sign.isalnum() or unicodedata.category(sign)[0] == "M")


def character_f1(prediction: str, gold: str) -> float:
    """F1 over the characters of two texts as they are, in [0, 1]; 1 where both are empty, 0 where one is."""
    if not prediction or not gold:
        return float(prediction == gold)
    shared = (Counter(prediction) & Counter(gold)).total()
    return 2 * shared / (len(prediction) + len(gold))


def without_citation_marks(text: str) -> str:
    """An answer's text without its citation numbers [1], [2] …"""
    return _CITATION_MARK.sub(" ", text)
