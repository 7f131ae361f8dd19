"""What a document says on one topic, or on two side by side: sentences of the hits, in reading order."""

import re
from collections.abc import Callable, Sequence
from math import log

import numpy as np

from app.answering.overview.outline import Outline, patterns_of
from app.answering.overview.parts import Line, budget_of
from app.answering.overview.selection import Scores, chosen, cost, points_back, scored
from app.answering.types import OverviewRequest
from app.answering.understand.question import cross_lingual_words
from retriever.cross_lingual.terms import share_words, terms_of
from retriever.cross_lingual.tokens import Term
from retriever.text import fold, japanese_forms, letters, proper_nouns, words
from retriever.types import Hit, Query

# Weights set by hand: the z-score of the cosine; the largest share of a topic's words in the sentence; words of both
# topics in it; its centrality in the document; the score of its passage among the hits.
_NEAR, _HOLDS, _BOTH, _CENTRAL, _FOUND = 0.5, 1.5, 1.0, 0.3, 1.0
_NEAR_BEST, _MOST_OF_ONE = 1.5, 4  # of a comparison: how far below the best a sentence may score, and how many are told
_CONTRASTS, _ASKS = 0.8, 2.0  # of a comparison: bonus for a sentence that contrasts both things, penalty for a question
_SHARE = 0.8  # of the budget: later hits are worse
_NAMED = 0.5  # a text is on a thing if it holds this share of the thing's own words
_LEAST_COSINE = 0.84  # of a sentence and the question, if no sentence holds the words of either thing
_FEW_WORDS, _ALL = 2, 0.99  # a topic of at most two words must occur whole

_NUMBERED = re.compile(r"[^\W\d]{0,2}\d{1,2}[^\W\d]{1,2}")  # a number with affixes that make it a name: 第1期

Holds = Callable[[str], float]


def topic_lines(
    request: OverviewRequest, query: Query, hits: Sequence[Hit], outline: Outline, told: Sequence[int] = ()
) -> list[Line]:
    """The best sentences of the hits except those `told`, in reading order.

    For two things: first the sentences about both, then those about each.
    """
    rows = {hit.row: hit.score for hit in hits}
    places = [place for place, unit in enumerate(outline.units) if unit.row in rows and place not in told]
    if not places:
        return []
    lowest, highest = min(rows.values()), max(rows.values())
    relevance = [(rows[outline.units[place].row] - lowest) / max(1e-6, highest - lowest) for place in places]
    scores = _scores(request, query, places, outline) + _FOUND * np.array(relevance)
    budget = int(_SHARE * budget_of(outline))
    if request.aspect == "topic":
        return _on_topic(request.things[0], query, places, scores, outline, budget)
    if request.things:
        return _side_by_side(request.things, query, places, scores, outline, budget)
    return [Line(tuple(chosen(outline, places, scores, budget)))]


def _scores(request: OverviewRequest, query: Query, places: Sequence[int], outline: Outline) -> Scores:
    cosines = outline.vectors[list(places)] @ query.vector
    everywhere = outline.vectors @ query.vector
    scores = _NEAR * (cosines - everywhere.mean()) / (everywhere.std() + 1e-6)
    scores = scores + _CENTRAL * scored(outline, places)
    if not share_words(query.language, outline.record.language):
        return np.asarray(scores, dtype=np.float64)
    things = [set(words(thing)) for thing in request.things or (query.text,)]
    for number, place in enumerate(places):
        held = set(words(outline.units[place].text))
        shares = [len(thing & held) / max(1, len(thing)) for thing in things]
        scores[number] += _HOLDS * max(shares) + _BOTH * (len(shares) > 1 and min(shares) > 0)
    return np.asarray(scores, dtype=np.float64)


def _on_topic(
    topic: str, query: Query, places: Sequence[int], scores: Scores, outline: Outline, budget: int
) -> list[Line]:
    """The best of the sentences that hold the topic's words, in reading order; none if no sentence does."""
    texts = [outline.units[place].text for place in places]
    holds = _held_by(topic, "", query, outline, texts)
    names = set(map(letters, proper_nouns(topic))) if query.language == outline.record.language == "ja" else set()
    least = _NAMED if len(words(topic)) > _FEW_WORDS else _ALL
    on_it = [
        at for at, text in enumerate(texts) if holds(text) >= least and all(map(letters(text).__contains__, names))
    ]
    taken = chosen(outline, [places[at] for at in on_it], scores[on_it], budget) if on_it else []
    return [Line(tuple(taken))] if taken else []


def _side_by_side(
    things: Sequence[str], query: Query, places: Sequence[int], scores: Scores, outline: Outline, budget: int
) -> list[Line]:
    """The best sentences on both topics, then on each under its name; none if a proper name is in no sentence.

    If no sentence holds the words of a topic that is no name (young people), the best sentences on the other topic or,
    if neither is held, those near to the question.
    """
    held = np.array([[holds(outline.units[place].text) for holds in told_apart(things, query, outline)]
                     for place in places])  # fmt: skip
    on = held >= _NAMED
    is_told = [bool(on[:, at].any()) for at in range(len(things))]
    shares = share_words(query.language, outline.record.language)
    if not all(is_told):
        untold = [thing for thing, told in zip(things, is_told, strict=True) if not told]
        if shares and any(_is_name(thing, query.language) for thing in untold):
            return []
        near = on.any(axis=1) if any(is_told) else outline.vectors[list(places)] @ query.vector >= _LEAST_COSINE
        chosen = np.flatnonzero(near).tolist()
        best = _best([places[at] for at in chosen], scores[chosen], outline, budget)
        return [Line(tuple(best))] if best else []
    on_both = np.asarray(on.all(axis=1))
    texts = [outline.units[place].text for place in places]
    scores = scores + np.array([_as_comparison(texts[at], bool(on_both[at])) for at in range(len(texts))])
    lines, taken, left = [], list[int](), budget
    kinds = [("", on_both), *((thing, on[:, at] & ~on_both) for at, thing in enumerate(things))]
    for label, kind in kinds:
        of_kind = [places[at] for at in np.flatnonzero(kind).tolist()]
        share = left // (2 if label != things[-1] else 1) - len(label)
        own = _best(of_kind, scores[kind], outline, share, already_chosen=taken)
        left -= sum(cost(outline.units[place]) for place in own) + len(label) * bool(own)
        taken += own
        if own:
            lines.append(Line(tuple(_with_antecedents(own, taken, outline)), label))
    return lines


def _with_antecedents(places: Sequence[int], taken: Sequence[int], outline: Outline) -> list[int]:
    """The places, with the sentence before each that begins with a pronoun, unless that sentence is already `taken`."""
    before = [
        place - 1
        for place in places
        if place and points_back(outline.units[place].text) and outline.units[place - 1].row == outline.units[place].row
    ]
    return sorted({*places, *(place for place in before if place not in taken)})


def _is_name(thing: str, language: str) -> bool:
    """Whether a thing is named by a proper noun, as far as its form shows."""
    return bool(proper_nouns(thing)) if language == "ja" else thing[:1].isupper()


def _as_comparison(text: str, on_both: bool) -> float:
    """Change of a sentence's score: a bonus if it contrasts both things, a penalty if it is a question."""
    folded = fold(text).rstrip()
    contrasts = on_both and patterns_of("cue")["contrast"].search(folded)
    return (_CONTRASTS if contrasts else 0.0) - (_ASKS if folded.endswith(("か。", "?")) else 0.0)


def _best(
    places: Sequence[int], scores: Scores, outline: Outline, budget: int, already_chosen: Sequence[int] = ()
) -> list[int]:
    """At most `_MOST_OF_ONE` sentences that score nearly as high as the best, in reading order."""
    near = np.flatnonzero(scores >= scores.max() - _NEAR_BEST).tolist() if len(places) else []
    if not near:
        return []
    kept = [places[at] for at in near]
    return chosen(outline, kept, scores[near], budget, most=_MOST_OF_ONE, already_chosen=already_chosen)


def told_apart(things: Sequence[str], query: Query, outline: Outline) -> list[Holds]:
    """For each of two things, a function: the share in [0, 1] of its words, without the other's, that a text holds."""
    return [_held_by(thing, other, query, outline) for thing, other in zip(things, things[::-1], strict=True)]


def _held_by(thing: str, other: str, query: Query, outline: Outline, texts: Sequence[str] = ()) -> Holds:
    """A function: the share in [0, 1] of the words of `thing`, without those of `other`, that a text holds.

    If `texts` are given, a word weighs more the fewer of them hold it; of terms in another language, only those that
    occur in `texts` count.
    """
    if share_words(query.language, outline.record.language):
        written = japanese_forms if query.language == "zh" else str
        return _in_words(written(thing), written(other), texts)
    terms = terms_of(f"a {thing}" if query.language == "en" else thing, query.language)  # capitals mark a name inside
    present = [cross_lingual_words(text) for text in texts]
    known = [term for term in terms if not texts or any(_is_in(term, words) for words in present)]
    return _in_terms(known, terms_of(other, query.language))


def _in_words(thing: str, other: str, texts: Sequence[str]) -> Holds:
    own = set(words(thing)) - set(words(other)) or set(words(thing))
    if numbered := _NUMBERED.search(thing) if all(map(str.isdigit, own)) else None:
        return lambda text: float(letters(numbered.group()) in letters(text))  # 第1期: its number alone says little
    spelt, of_texts = letters(thing), [set(words(text)) for text in texts]
    weights = {word: log((len(texts) + 2) / (sum(word in held for held in of_texts) + 1)) for word in own}

    def holds(text: str) -> float:
        present = own & set(words(text))
        if spelt in letters(text) and not spelt.isascii():  # a Latin word may be part of another
            return 1.0
        return sum(map(weights.__getitem__, present)) / max(1e-6, sum(weights.values()))

    return holds


def _in_terms(terms: Sequence[Term], others: Sequence[Term]) -> Holds:
    """As `_in_words`, for a thing in another language, by its terms and without weights."""
    shared = {term.text for term in others}
    own = [term for term in terms if term.text not in shared] or list(terms)

    def holds(text: str) -> float:
        present = cross_lingual_words(text)
        return sum(_is_in(term, present) for term in own) / max(1, len(own))

    return holds


def _is_in(term: Term, present: frozenset[str]) -> bool:
    """Whether a text has all tokens of a spelling of a term; short spellings count only if all of them are short."""
    telling = [spelling for spelling in term.spellings if any(map(_tells, spelling))] or term.spellings
    return any(present.issuperset(spelling) for spelling in telling)


def _tells(token: str) -> bool:
    """Whether a token (kind:text) is too long to match by chance: not 北 for North Korea, nor the sounds n-t."""
    kind, _, text = token.partition(":")
    return len(text) > (2 if kind == "s" else 1)
