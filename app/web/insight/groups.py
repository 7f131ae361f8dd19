"""Group similar unanswered questions; a word is shown only if enough browser tabs used it.

Questions stay in memory with a digest of the browser tab that asked. The digest's salt is replaced daily, so no tab can
be recognised the next day. A group is stored once `K` different tabs have asked similar questions on one day. Words
that fewer than `K` tabs used on one day are left out. Five tabs may belong to fewer than five people.
"""

import re
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from retriever.text import character_pairs, fold, language_of, morphemes

K = 5  # browser tabs
ALIKE = 0.5  # Dice coefficient of the character pairs of two questions, 0 to 1
_MOST_GROUPS, _MOST_MEMBERS = 300, 60
_COMPARED = 8  # a question is compared with so many of a group's newest members
_WORDS = re.compile(r"\w+|\W+")
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A standalone question, its day, the digest of its tab, the nearest passages, character pairs, and words."""

    text: str
    day: str
    asker: str
    passages: tuple[str, ...]
    pairs: frozenset[str]
    pieces: tuple[str, ...]


@dataclass(slots=True)
class Group:
    """Similar questions; `row` is a random id of its row in the store, so a deleted row's id is never taken again.

    `members` is replaced, never changed in place, so that other threads always read a complete list.
    """

    members: list[Unanswered] = field(default_factory=list)
    row: int = field(default_factory=lambda: secrets.randbits(62))

    @property
    def askers(self) -> int:
        """The most browser tabs that asked on one day; questions without a tab's id count as one tab."""
        return _most_on_a_day({(member.day, member.asker) for member in self.members})


class Groups:
    """The groups since the server's start; beyond a bound, the least recent are dropped. Thread-safe."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._lock = threading.Lock()

    def add(self, text: str, day: str, asker: str, passages: Sequence[str]) -> Group:
        """Add a question to the most similar group, or to a new one; returns that group."""
        pairs = frozenset(character_pairs(text))
        question = Unanswered(text, day, asker, tuple(passages[:3]), pairs, tuple(pieces_of(text)))
        with self._lock:
            scored = [
                (max(likeness(question, member) for member in group.members[-_COMPARED:]), group)
                for group in self._groups
            ]
            best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
            group = best[1] if best[1] is not None and best[0] >= ALIKE else Group()
            if group in self._groups:
                self._groups.remove(group)
            group.members = [*group.members[-_MOST_MEMBERS + 1 :], question]
            self._groups = [*self._groups[-_MOST_GROUPS + 1 :], group]
            return group

    @property
    def waiting(self) -> int:
        """The number of questions in groups that too few tabs have asked."""
        with self._lock:
            return sum(len(group.members) for group in self._groups if group.askers < K)

    def forget(self, first_day: str) -> None:
        """Forget the questions before a day."""
        with self._lock:
            for group in self._groups:
                group.members = [member for member in group.members if member.day >= first_day]
            self._groups = [group for group in self._groups if group.members]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._groups = []


def likeness(left: Unanswered, right: Unanswered) -> float:
    """The Dice coefficient of the character pairs, 0 to 1."""
    total = len(left.pairs) + len(right.pairs)
    return 2 * len(left.pairs & right.pairs) / total if total else 0.0


def pieces_of(text: str) -> list[str]:
    """The words of a text and the separators between them, in order; joined, they are the text."""
    if language_of(text, "ja") in ("ja", "zh"):
        return [morpheme.surface for morpheme in morphemes(text, short=True)]
    return _WORDS.findall(text)


def wording(group: Group) -> str:
    """The most typical question of a group, with … for words that fewer than K tabs used on one day."""
    members = group.members
    users: dict[str, set[tuple[str, str]]] = {}
    for member in members:
        for piece in filter(_is_word, member.pieces):
            users.setdefault(fold(piece), set()).add((member.day, member.asker))
    middle = max(members, key=lambda member: sum(likeness(member, other) for other in members))
    shown = [
        piece if not _is_word(piece) or _most_on_a_day(users[fold(piece)]) >= K else _HIDDEN for piece in middle.pieces
    ]
    return re.sub(rf"{_HIDDEN}(?:\s*{_HIDDEN})+", _HIDDEN, "".join(shown)).strip()


def _most_on_a_day(people: Iterable[tuple[str, str]]) -> int:
    """The largest number of the (day, asker) pairs that share a day."""
    return max(Counter(day for day, _ in people).values(), default=0)


def _is_word(piece: str) -> bool:
    return any(character.isalnum() for character in piece)


def nearest(group: Group) -> list[str]:
    """The passages nearest to most of the questions, at most three."""
    return [name for name, _ in Counter(name for member in group.members for name in member.passages).most_common(3)]
