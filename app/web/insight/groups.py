"""Questions without an answer, grouped by likeness; words are shown only where enough people used them.

Questions stay in memory with a digest of the browser tab that asked. The digest's salt is thrown away daily, so that no
tab is known again the next day. A group is written down once `K` different tabs have asked alike on one day. Each word
that fewer than `K` of them used on one day is left out. Five tabs may belong to fewer than five people.
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
_COMPARED = 8  # the newest members of a group, with which a question is compared
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
        """The most browser tabs that asked on one day; questions without a tab's id count as one tab."""
        return _most_on_a_day({(member.day, member.asker) for member in self.members})


class Groups:
    """The groups since the server's start, the least recent left out beyond a bound. Thread-safe."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._lock = threading.Lock()

    def add(self, text: str, day: str, asker: str, passages: Sequence[str]) -> Group:
        """The group that a question joins, or the new one that it begins."""
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
        """Questions of groups that too few tabs have asked."""
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
    """The question that is most like the others, without each word that fewer than K tabs used."""
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
    """The largest number of (day, asker) pairs on one day."""
    return max(Counter(day for day, _ in people).values(), default=0)


def _is_word(piece: str) -> bool:
    return any(character.isalnum() for character in piece)


def nearest(group: Group) -> list[str]:
    """The passages nearest to most of the questions, at most three."""
    return [name for name, _ in Counter(name for member in group.members for name in member.passages).most_common(3)]
