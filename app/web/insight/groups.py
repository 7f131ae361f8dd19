"""Questions without an answer, grouped by likeness; words are shown only where enough people used them.

What people wrote stays in memory, with a digest of who asked whose salt is thrown away daily: nobody is known again the
day after. A group leaves the memory once `K` different people have asked alike on one day, and then each word that
fewer than `K` of them used on one day is left out.
"""

import re
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from retriever.text import character_pairs, fold, language_of, morphemes

K = 5  # people
ALIKE = 0.5  # Dice coefficient of the character pairs of two questions, 0 to 1
_MOST_GROUPS, _MOST_MEMBERS = 300, 60
_WORDS = re.compile(r"\w+|\W+")
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question as it was asked, on which day by whom, and the passages nearest to it."""

    text: str
    day: str
    asker: str
    passages: tuple[str, ...]
    pairs: frozenset[str]
    pieces: tuple[str, ...]


@dataclass(slots=True)
class Group:
    """Questions that are alike; `row` is its row in the store, of its own even if the row is deleted and made anew.

    `members` is replaced, never changed, so that a thread that reads it once has it whole.
    """

    members: list[Unanswered] = field(default_factory=list)
    row: int = field(default_factory=lambda: secrets.randbits(62))

    @property
    def askers(self) -> int:
        """How many people have asked on one day, at most; those who cannot be told apart count as one."""
        return _most_on_a_day({(one.day, one.asker) for one in self.members})


class Groups:
    """The groups since the server's start, the least recent left out beyond a bound. Thread-safe."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._lock = threading.Lock()

    def add(self, text: str, day: str, asker: str, passages: Sequence[str]) -> Group:
        """The group that a question joins, or the new one that it begins."""
        pairs = frozenset(character_pairs(text))
        one = Unanswered(text, day, asker, tuple(passages[:3]), pairs, tuple(pieces_of(text)))
        with self._lock:
            scored = [(max(likeness(one, other) for other in group.members), group) for group in self._groups]
            best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
            group = best[1] if best[1] is not None and best[0] >= ALIKE else Group()
            if group in self._groups:
                self._groups.remove(group)
            group.members = [*group.members[-_MOST_MEMBERS + 1 :], one]
            self._groups = [*self._groups[-_MOST_GROUPS + 1 :], group]
            return group

    @property
    def waiting(self) -> int:
        """Questions whose group too few people have asked."""
        with self._lock:
            return sum(len(group.members) for group in self._groups if group.askers < K)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._groups = []


def likeness(one: Unanswered, other: Unanswered) -> float:
    """The Dice coefficient of the character pairs, 0 to 1."""
    total = len(one.pairs) + len(other.pairs)
    return 2 * len(one.pairs & other.pairs) / total if total else 0.0


def pieces_of(text: str) -> list[str]:
    """The words of a text with what stands between them; joined they are the text."""
    if language_of(text, "ja") in ("ja", "zh"):
        return [morpheme.surface for morpheme in morphemes(text, short=True)]
    return _WORDS.findall(text)


def wording(group: Group) -> str:
    """The question that is most like the others, without each word that fewer than K people used."""
    members = group.members
    users: dict[str, set[tuple[str, str]]] = {}
    for one in members:
        for piece in filter(_is_word, one.pieces):
            users.setdefault(fold(piece), set()).add((one.day, one.asker))
    middle = max(members, key=lambda one: sum(likeness(one, other) for other in members))
    shown = [
        piece if not _is_word(piece) or _most_on_a_day(users[fold(piece)]) >= K else _HIDDEN for piece in middle.pieces
    ]
    return re.sub(rf"{_HIDDEN}(?:\s*{_HIDDEN})+", _HIDDEN, "".join(shown)).strip()


def _most_on_a_day(people: Iterable[tuple[str, str]]) -> int:
    """How many of (day, asker) fall on one day, at most."""
    return max(Counter(day for day, _ in people).values(), default=0)


def _is_word(piece: str) -> bool:
    return any(character.isalnum() for character in piece)


def nearest(group: Group) -> list[str]:
    """The passages nearest to most of the questions, at most three."""
    return [name for name, _ in Counter(name for one in group.members for name in one.passages).most_common(3)]
