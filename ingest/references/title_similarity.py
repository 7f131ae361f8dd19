"""How much of a cited title stands in a text: what tells a cited work from another page."""

import re
from collections.abc import Iterable

from retriever.text import fold, language_of

_WIDE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af々"
_TERM = re.compile(f"[a-z0-9]+(?:['’][a-z]+)?|[{_WIDE}]+")
# Words that any title may hold; a title of such words alone keeps them.
_COMMON = frozenset("a an the of and or in on for to from by with at as is its their new into s".split())


def closeness(title: str, text: str) -> float:
    """The largest share of the title's terms, 0 to 1, that stands in one place of the text.

    Terms are words of Latin letters and digits, and pairs of neighbouring characters elsewhere; a place is three
    times as long as the title, since a text of any length holds most words somewhere.
    """
    wanted = _terms(title)
    if not wanted:
        return 0.0
    kept = set(wanted) - _COMMON or set(wanted)
    width = max(8, 3 * len(wanted))
    inside: dict[str, int] = {}
    terms = _terms(text)
    best = 0
    for place, term in enumerate(terms):
        if term in kept:
            inside[term] = inside.get(term, 0) + 1
            best = max(best, len(inside))
        left = terms[place - width] if place >= width else ""
        if left in inside:
            inside[left] -= 1
            if not inside[left]:
                del inside[left]
    return best / len(kept)


def closest(title: str, candidates: Iterable[str]) -> float:
    """The best `closeness` of the title to any of the candidates."""
    return max((closeness(title, one) for one in candidates), default=0.0)


def is_same(title: str, other: str) -> bool:
    """Whether two titles are the same but for what one of them adds a little of, such as a subtitle."""
    return min(closeness(title, other), closeness(other, title)) >= 0.6


def is_part(shorter: str, title: str) -> bool:
    """Whether a title of two words or more stands whole in another, as one without its subtitle does."""
    return len(set(_terms(shorter)) - _COMMON) >= 2 and closeness(shorter, title) == 1


def can_compare(title: str, text: str) -> bool:
    """Whether a title and a text are in one language, so that they could share words; two terms at least."""
    return len(set(_terms(title))) >= 2 and language_of(title, "ja") == language_of(text, "ja")


def _terms(text: str) -> list[str]:
    found: list[str] = []
    for run in _TERM.findall(fold(re.sub(f"(?<=[{_WIDE}])[\\W_]+(?=[{_WIDE}])", "", text))):
        if run[0].isascii() or len(run) < 2:
            found.append(_stem(run))
        else:
            found.extend(run[place : place + 2] for place in range(len(run) - 1))
    return found


def _stem(word: str) -> str:
    """A word without the ending of a plural or a possessive."""
    word = re.sub(r"['’]s?$", "", word)
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
