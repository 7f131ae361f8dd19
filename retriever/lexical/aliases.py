"""Aliases of the names in a query: the other forms that documents define for them (`abbreviations`)."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from retriever.lexical.abbreviations import Definition
from retriever.types import Alias, DocumentRecord

_MOST = 4  # aliases that a query is searched with
_ALIKE = 0.5  # least share of common letter pairs of two variants of one form
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_KATAKANA, _HAN = "\u30a1-\u30fa\u30fc", "\u3400-\u9fff々"
_SHORT_HAN = 2  # characters; a name this short inside a longer word is mostly another word: 空気 in 空気抵抗

Rows = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Partner:
    """Another form of a name, and the rows where it holds (None: everywhere)."""

    form: str
    rows: Rows | None


@dataclass(frozen=True, slots=True)
class Aliases:
    """All defined aliases by name."""

    partners: dict[str, tuple[_Partner, ...]]

    def of(self, text: str) -> tuple[Alias, ...]:
        """Aliases of the names in a query's text, of longer names first, four at most."""
        plain = unicodedata.normalize("NFKC", text)
        lowered = plain.lower()
        named = [form for form in self.partners if form.lower() in lowered]
        aliases: list[Alias] = []
        taken: list[tuple[int, int]] = []
        for form in sorted(named, key=lambda form: (-len(form), form)):
            match = _pattern(form).search(plain)
            if not match or any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            for partner in self.partners[form]:
                if partner.form.lower() not in lowered:
                    replaced = f"{plain[: match.start()]}{partner.form}{plain[match.end() :]}"
                    aliases.append(Alias(form, partner.form, replaced, partner.rows))
        return tuple(aliases[:_MOST])


def aliases_of(defined: Iterable[tuple[str, Definition]], documents: dict[str, DocumentRecord]) -> Aliases:
    """Combine definitions, each with its document's id, into aliases.

    An alias holds everywhere if no document defines the name differently; otherwise, and if it was defined as local,
    only in its own document. A name with two meanings in one document has no alias there.
    """
    meanings: dict[str, dict[str, dict[str, bool]]] = defaultdict(lambda: defaultdict(dict))
    for document_id, definition in defined:
        for name, other in permutations(definition.forms, 2):
            if name.lower() not in other.lower() and other.lower() not in name.lower():
                meanings[name][document_id].setdefault(other, definition.local)
    return Aliases({name: partners for name, by in meanings.items() if (partners := tuple(_partners(by, documents)))})


def _partners(by_document: dict[str, dict[str, bool]], documents: dict[str, DocumentRecord]) -> Iterator[_Partner]:
    clear = {name: others for name, others in by_document.items() if not _differ(list(others))}
    everywhere = {other for others in by_document.values() for other in others}
    is_clear = not _differ(sorted(everywhere))
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    is_local: dict[str, bool] = {}
    for document_id, others in clear.items():
        record = documents[document_id]
        for other, local in others.items():
            places[other].append((record.first, record.first + record.count))
            is_local[other] = is_local.get(other, True) and local
    for other, rows in places.items():
        yield _Partner(other, None if is_clear and not is_local[other] else tuple(rows))


def _differ(forms: Sequence[str]) -> bool:
    """Whether two of the forms have the same script and kind but are not variants of each other."""
    return any(_kind(a) == _kind(b) and not _alike(a.lower(), b.lower()) for a, b in combinations(forms, 2))


def _kind(form: str) -> str:
    if not _LATIN.match(form):
        return "other"
    return "short" if form.isupper() or " " not in form else "latin"


def _alike(a: str, b: str) -> bool:
    if a in b or b in a:
        return True
    first, second = ({text[i : i + 2] for i in range(len(text) - 1)} for text in (a, b))
    return len(first & second) >= _ALIKE * min(len(first), len(second))


def _pattern(form: str) -> re.Pattern[str]:
    """Pattern of a name as a whole word; acronyms match by case."""
    escaped = re.escape(form)
    if _LATIN.match(form):
        flags = re.NOFLAG if " " not in form else re.IGNORECASE
        return re.compile(rf"(?<![A-Za-zÀ-ɏ0-9]){escaped}(?![A-Za-zÀ-ɏ0-9])", flags)
    before = after = ""
    for script in (_KATAKANA, _HAN):
        strict = script == _KATAKANA or len(form) <= _SHORT_HAN
        if strict and re.match(f"[{script}]", form[0]):
            before = f"(?<![{script}])"
        if strict and re.match(f"[{script}]", form[-1]):
            after = f"(?![{script}])"
    return re.compile(before + escaped + after)


def holds_for(alias: Alias, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of `rows` an alias applies to, shape (len(rows),)."""
    inside = np.full(len(rows), alias.rows is None)
    for first, end in alias.rows or ():
        inside |= (rows >= first) & (rows < end)
    return inside
