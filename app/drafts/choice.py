"""Choose among checked drafts: those that read well, repeat nothing, are near to an answer, and differ in kind."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.answering.types import Intent
from app.drafts.forms import forms
from app.drafts.question import BIBLIOGRAPHY, BY_FORM, PARTS, WHOLE, WRITTEN, Draft
from retriever.text import content_words, letters, without_space

SHOWN = 3  # questions at a time
_LONGEST = {"ja": 48, "zh": 48, "ko": 60}  # characters of a question that is taken in at a glance
_LONGEST_ELSE = 100
# With fewer words of content a question does not say what is asked; Japanese writes compounds as one word.
_FEWEST_WORDS = {"ja": 2}
_FEWEST_WORDS_ELSE = 3
_ALIKE = 0.6  # share of common words from which two questions ask the same
_FAR = 12  # passages: beyond, a question is no longer about what was answered
# A question that guesses, or whose writer speaks of himself, was cut out of a sentence that it needs.
_CUT_OUT = re.compile(
    r"おそらく|恐らく|可能性が|かもしれ|得ない|えない|\b(?:may|might|perhaps|we|our|ours|ourselves|us)\b", re.IGNORECASE
)
_VAGUE = frozenset({"object", "place", "cell"})  # good suggestions after an answer, but poor starters
_TO_BEGIN = ("summary", "name", "works", "conclusion", "part", "points", "limits", "table")
_TO_GO_ON = (*WHOLE, *BIBLIOGRAPHY)


@dataclass(frozen=True, slots=True)
class PassagePlace:
    """Where a passage stands: its document, its number there from 0, and its section."""

    document_id: str
    number: int
    section: str


_Distance = tuple[int, int, bool]  # 1 in another section, distance in passages, whether it lies before
_TOO_FAR: _Distance = (2, 0, False)


def in_language(drafts: Sequence[Draft], language: str) -> list[Draft]:
    """The drafts in a language; where there are none, those in the language of most of them."""
    languages = [draft.language for draft in drafts]
    if language not in languages and languages:
        language = max(sorted(set(languages)), key=languages.count)
    return [draft for draft in drafts if draft.language == language]


def reading_well(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """The drafts that can be understood by themselves and at a glance."""
    return (draft for draft in drafts if _reads_well(draft))


def _reads_well(draft: Draft) -> bool:
    """Whether a question can be understood by itself and at a glance; questions by form or by hand can."""
    text, kind = draft.question.text, draft.question.kind
    if kind == WRITTEN or kind in BY_FORM:
        return True
    if kind == "section" or _CUT_OUT.search(text):  # sections are asked for by form
        return False
    fewest = 1 if kind == "definition" else _FEWEST_WORDS.get(draft.language, _FEWEST_WORDS_ELSE)
    return len(_words(text)) >= fewest and len(text) <= _LONGEST.get(draft.language, _LONGEST_ELSE)


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(content_words(text))


def not_repeating(drafts: Iterable[Draft], asked: Collection[str]) -> list[Draft]:
    """The drafts that ask something else than each of `asked`, by letters and by words."""
    known, worded = set(map(letters, asked)), [_words(text) for text in asked]
    return [draft for draft in drafts if letters(draft.question.text) not in known and not _repeats(draft, worded)]


def _repeats(draft: Draft, worded: Sequence[frozenset[str]]) -> bool:
    """Whether a draft shares most words with a question; one by form, all words but those for "this paper"."""
    own = _words(draft.question.text)
    if draft.question.kind in BY_FORM:
        own = frozenset(word for word in own - _words(forms(draft.language)["this"]) if len(word) > 1)
        return any(own and own <= words for words in worded)
    return any(words and len(own & words) >= _ALIKE * len(own | words) for words in worded)


def not_told(drafts: Iterable[Draft], quoted: Sequence[str]) -> list[Draft]:
    """The drafts whose evidence no quote shows yet; of those by form, the ones whose evidence begins no quote."""
    texts = [text for quote in quoted if (text := without_space(quote))]
    return [draft for draft in drafts if not _is_told(draft, texts)]


def _is_told(draft: Draft, quoted: Sequence[str]) -> bool:
    evidence = without_space(draft.evidence)
    if draft.question.kind in BY_FORM:
        return any(quote.startswith(evidence) for quote in quoted)
    return any(evidence in quote or quote in evidence for quote in quoted)


def nearest_first(
    drafts: Iterable[Draft], places: Mapping[str, PassagePlace], near: Sequence[PassagePlace]
) -> list[Draft]:
    """The drafts of passages near to one of `near`, and all by form; those of its documents and the nearest come first.

    `places` has the place of each draft's passage by its id.
    """
    documents = {place.document_id for place in near}
    lowest, highest = (end((place.number for place in near), default=0) for end in (min, max))
    ranked: list[tuple[bool, _Distance, Draft]] = []
    for draft in drafts:
        place = places[draft.passage_id]
        may_be_near = place.document_id in documents and lowest - _FAR <= place.number <= highest + _FAR
        far = _distance(place, near) if may_be_near else _TOO_FAR
        if far < _TOO_FAR or draft.question.kind in BY_FORM:
            ranked.append((draft.document_id not in documents, far, draft))
    ranked.sort(key=lambda placed: placed[:2])
    return [draft for _, _, draft in ranked]


def _distance(place: PassagePlace, near: Sequence[PassagePlace]) -> _Distance:
    """How far a passage is from the nearest of `near`."""
    distances = [
        (int(place.section != other.section), abs(place.number - other.number), place.number < other.number)
        for other in near
        if place.document_id == other.document_id and abs(place.number - other.number) <= _FAR
    ]
    return min(distances, default=_TOO_FAR)


def to_begin_with(drafts: Sequence[Draft]) -> list[Draft]:
    """Questions written by hand, else two drafts of different kinds and one made from a template.

    If these are too few, other drafts follow.
    """
    written = [draft for draft in drafts if draft.question.kind == WRITTEN]
    drafted = [draft for draft in drafts if draft.question.kind not in {WRITTEN, *BY_FORM}]
    drafted.sort(key=lambda draft: draft.question.kind in _VAGUE)
    if written:
        return [*written, *_of_different_kinds(drafted), *_by_form(drafts, _TO_BEGIN)][:SHOWN]
    return _mixed(list(_of_different_kinds(drafted)), list(_by_form(drafts, _TO_BEGIN)), 2)[:SHOWN]


def to_go_on_with(ranked: Sequence[Draft], intent: Intent) -> list[Draft]:
    """Three suggestions: two drafts of different kinds and one made from a template.

    After an overview or an answer about sources: one draft and two made from templates.

    `ranked`: the drafts near to the cited passages, the nearest first, then those made from templates.
    """
    drafted = list(_of_different_kinds([draft for draft in ranked if draft.question.kind not in BY_FORM]))
    parts = [draft for draft in ranked if draft.question.kind in PARTS]
    whole = list(_by_form(ranked, _TO_GO_ON))
    if intent in {"overview", "sources"}:
        return _told_apart(_mixed(drafted, [*whole[:2], *parts, *whole[2:]], 1))
    return _told_apart(_mixed(drafted, [*parts[:1], *whole[:1], *parts[1:2], *whole[1:], *parts[2:]], 2))


def _by_form(drafts: Sequence[Draft], kinds: Sequence[str]) -> Iterator[Draft]:
    """The first draft of each of these kinds, in their order."""
    for kind in kinds:
        yield from [draft for draft in drafts if draft.question.kind == kind][:1]


def _of_different_kinds(drafts: Sequence[Draft]) -> Iterator[Draft]:
    """The same drafts, reordered: the first of each kind before all others."""
    firsts = {draft.question.kind: draft for draft in reversed(drafts)}
    yield from sorted(firsts.values(), key=drafts.index)
    yield from (draft for draft in drafts if draft is not firsts[draft.question.kind])


def _mixed(drafted: Sequence[Draft], by_form: Sequence[Draft], share: int) -> list[Draft]:
    """First `share` drafts from sentences, then those by form up to `SHOWN`, then the others of both to fill gaps."""
    return [*drafted[:share], *by_form[: SHOWN - share], *drafted[share:], *by_form[SHOWN - share :]]


def _told_apart(drafts: Iterable[Draft]) -> list[Draft]:
    """The first three whose evidence differs."""
    firsts: dict[str, Draft] = {}
    for draft in drafts:
        firsts.setdefault(draft.evidence, draft)
    return list(firsts.values())[:SHOWN]
