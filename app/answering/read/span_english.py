"""The span of an English sentence that answers: names, numbers, dates, quotations and clauses, by their form and place.

Weights are set by hand, because there are no training questions on English text.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.answering.understand.question import Kind, kind_asked
from retriever.numerals import MONTH_ABBREVIATIONS, MONTHS, NUMBER_WORDS
from retriever.text import content_words, words

_MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{'|'.join(MONTH_ABBREVIATIONS)})\.)"
_COUNT = rf"(?:{'|'.join([*NUMBER_WORDS][1:])}|hundreds|thousands|dozens)"  # "one" is a pronoun more often
_UNIT = r"(?: (?!(?:to|of|in|and|or|for|from|on|at|by|the|a|is|are|was|were|as|that|with|while|but)\b)[a-z]+)?"
_NAME_WORD = r"(?:[A-Z][\w’'&.-]*\w|[A-Z])"
# The forms in which an answer comes, each with its pattern; where it has a group, the group is the span.
_FORMS = {
    "quote": r"“([^”]{2,80})”|\"([^\"]{2,80})\"|‘([^’]{2,80})’",
    "date": rf"(?:\d{{1,2}} )?{_MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,? [12]\d{{3}})?"
    r"|(?<![\d,.$€£¥])[12]\d{3}s?(?![\d,.]*\d|[ -]?(?:million|billion|percent|%))(?: ?[-–] ?[12]\d{3})?"
    r"|(?:the )?\d{1,2}(?:st|nd|rd|th) century",
    "percentage": r"(?<!\d)\d++(?:\.\d++)?(?: ?[-–] ?\d++(?:\.\d++)?)? ?(?:%|per ?cent(?:age points?)?)",
    "number": r"(?:[$€£¥]|US\$)?\d[\d,]*(?:\.\d+)?(?:st|nd|rd|th)?\b(?: (?:thousand|million|billion|trillion))?"
    rf"{_UNIT}|\b(?i:{_COUNT})\b(?: (?:thousand|million|billion))?{_UNIT}",
    "name": rf"\b{_NAME_WORD}(?:(?: (?:of|the|and|for|de|von|van))*(?:,? (?=Inc)| ){_NAME_WORD})*",
    "reason": r"\b(?:because(?: of)?|due to|owing to|since|as a result of|in order to|so that|caused by) ([^,;.]+)",
    "phrase": r"\b(?:is|are|was|were|means|called|known as|refers to|became|by|of|for|with) ((?:[\w’'-]++ ?){1,8})",
}
_PATTERNS = {form: re.compile(pattern) for form, pattern in _FORMS.items()}
_FITS: dict[Kind, dict[str, float]] = {
    "percentage": {"percentage": 4.0, "number": 0.5},
    "date": {"date": 4.0},
    "number": {"number": 3.0, "percentage": 2.0},
    "person": {"person": 4.0, "name": 2.0},
    "place": {"place": 4.0, "name": 1.5},
    "organisation": {"organisation": 4.0, "name": 2.0},
    "reason": {"reason": 5.0, "phrase": 0.5},
    "definition": {"phrase": 2.0, "quote": 1.0},
    "list": {"phrase": 1.0, "name": 1.0, "quote": 1.0},
    "any": {"quote": 1.5, "name": 1.5, "organisation": 1.5, "person": 1.5, "place": 1.0, "phrase": 1.0, "number": 0.5},
}
_ORGANISATION = re.compile(
    r"Universit|Agency|Department|Committee|Inc\b|Compan|Corporation|Party|Ministry|Association|Council|Organi[sz]ation"
    r"|Institute|Bank|Court|Congress|Senate|House|Commission|Union|Administration|^[A-Z]{2,}$"
)
_TITLE_BEFORE = re.compile(r"(?:Mr|Mrs|Ms|Dr|Prof|President|Minister|Secretary|Senator|Chancellor|King|Queen|by)\.? $")
_PLACE_BEFORE = re.compile(r"\b(?:in|at|from|to|near|across|throughout|outside) (?:the )?$")
_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*%?")
_OPENERS = frozenset(
    "The A An In On At It This That These Those He She They We But And For As If When While By".split()
)
_OUT_OF_SIGHT = 15  # words


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    form: str


def best_english_span(question: str, sentence: str) -> tuple[int, int, float] | None:
    """The (start, end) of the likeliest answer in English `sentence`, and its chance in [0, 1] among the others."""
    kind, question_words = kind_asked(question), set(content_words(question))
    question_places = [
        match.start() for match in _WORD.finditer(sentence) if question_words & set(words(match.group()))
    ]
    candidates = list(_candidates(sentence))
    dates = [candidate for candidate in candidates if candidate.form == "date"]
    candidates = [
        candidate
        for candidate in candidates
        if candidate.form == "date" or not any(_overlap(candidate, date) for date in dates)
    ]
    scored = [
        (_score(candidate, kind, question_words, question_places, sentence), candidate) for candidate in candidates
    ]
    scored = [(score, candidate) for score, candidate in scored if score > 0]
    if not scored:
        return None
    best, chosen = max(scored, key=lambda pair: (pair[0], -pair[1].start, -pair[1].end))
    return chosen.start, chosen.end, 1 / sum(math.exp(score - best) for score, _ in scored)


def _overlap(candidate: _Candidate, other: _Candidate) -> bool:
    return candidate.start < other.end and other.start < candidate.end


def _candidates(sentence: str) -> Iterator[_Candidate]:
    for form, pattern in _PATTERNS.items():
        for match in pattern.finditer(sentence):
            group = next((number for number, text in enumerate(match.groups(), 1) if text), 0)
            start, end = match.span(group)
            if form == "name":
                start = _without_opener(sentence, start, end)
            end -= len(sentence[start:end]) - len(sentence[start:end].rstrip(" ,.;"))
            if start < end:
                yield _Candidate(start, end, _named(form, sentence, start, end))


def _without_opener(sentence: str, start: int, end: int) -> int:
    """Start of a name after a capitalised function word: In Washington, The Senate."""
    first, space, _ = sentence[start:end].partition(" ")
    if first not in _OPENERS:
        return start
    return start + len(first) + 1 if space else end


def _named(form: str, sentence: str, start: int, end: int) -> str:
    """The kind of a name (person, place …), where its words or the word before it show the kind."""
    if form != "name":
        return form
    name, before = sentence[start:end], sentence[:start]
    if _ORGANISATION.search(name):
        return "organisation"
    if _PLACE_BEFORE.search(before):
        return "place"
    return (
        "person"
        if _TITLE_BEFORE.search(before) or re.fullmatch(r"[A-Z][\w.’-]+(?: [A-Z][\w.’-]*){1,2}", name)
        else form
    )


def _score(
    candidate: _Candidate, kind: Kind, question_words: set[str], question_places: list[int], sentence: str
) -> float:
    """Score: fit of the form, plus nearness to words of the question, minus words repeated from the question."""
    fit = _FITS[kind].get(candidate.form, 0.0)
    span_words = words(sentence[candidate.start : candidate.end])
    repeated = sum(word in question_words for word in span_words) / max(len(span_words), 1)
    if candidate.form == "number" and len(span_words) > 1 and span_words[-1] in question_words:
        repeated = -0.5  # the span repeats the counted unit: 3,400 people for how many people
    outside = [place for place in question_places if not candidate.start <= place < candidate.end]
    between = [sentence[min(place, candidate.end) : max(place, candidate.start)].count(" ") for place in outside]
    # a matched name or number locates the answer better than another matched word
    weights = [1 if sentence[place].islower() else 3 for place in outside]
    nearness = [1 - min(count, _OUT_OF_SIGHT) / _OUT_OF_SIGHT for count in between]
    near = sum(weight * value for weight, value in zip(weights, nearness, strict=True)) / max(sum(weights), 1)
    return fit and fit + 3 * near - 4 * repeated
