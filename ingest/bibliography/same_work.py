"""Whether two entries, or an entry and a text, mean the same work: by addresses, titles and authors.

Titles are compared letter by letter (`same_title`), or by how many of their terms occur close together.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from ingest.document import Reference
from retriever.text import fold, language_of, letters

# A title inside a longer one (a subtitle, a series) identifies the work from this many letters on: ASCII ones, others.
_LEAST_LETTERS = {True: 12, False: 6}
_WIDE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af々"
_TERM = re.compile(f"[a-z0-9]+(?:['’][a-z]+)?|[{_WIDE}]+")
# Stop words: left out of a title unless it holds nothing else.
_COMMON = frozenset("a an the of and or in on for to from by with at as is its their new into s".split())


def lists_half(records: Sequence[Reference], bibliography: Sequence[Reference]) -> bool:
    """Whether a bibliography lists at least half of the works of records made by hand."""
    return len(paired(records, bibliography)) * 2 >= len(records)


def paired(records: Sequence[Reference], printed: Sequence[Reference]) -> dict[int, int]:
    """The indices of the printed entries with the indices of the records of the same works, the surest pairs first."""
    scored = [
        (score, -place, -number)
        for place, entry in enumerate(printed)
        for number, record in enumerate(records)
        if (score := _match_score(record, entry))
    ]
    pairs: dict[int, int] = {}
    for _, place, number in sorted(scored, reverse=True):
        if -place not in pairs and -number not in pairs.values():
            pairs[-place] = -number
    return pairs


def _match_score(entry: Reference, other: Reference) -> int:
    """How sure it is that two entries are of one work: 0 not at all, 1 by URL, 2 by title and year, 3 by all."""
    same_url = same_address(entry.url, other.url)
    years = {entry.date[:4], other.date[:4]} - {""}
    if not same_title(entry.title, other.title):
        # a URL of its own, not a site's front page, which several works may give
        return 1 if same_url and len(years) < 2 and "/" in plain_address(entry.url) else 0
    if len(years) > 1:
        return 0
    if entry.url and other.url and not same_url and not share_author(entry.authors, other.authors):
        return 0
    return 3 if same_url else 2


def same_address(url: str, other: str) -> bool:
    """Whether two addresses lead to the same page by their spelling; none does where one is empty."""
    return bool(url and other) and plain_address(url) == plain_address(other)


def plain_address(url: str) -> str:
    """A URL without scheme, "www.", tracking parameters and a last slash: the same for all spellings of one page."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # an address that cannot be taken apart is like none but itself
        return url
    query = "&".join(part for part in parts.query.split("&") if part and not part.startswith("utm_"))
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def same_title(title: str, other: str) -> bool:
    """Whether two titles are the same up to spelling, or one stands in the other."""
    short, long = sorted((letters(title), letters(other)), key=len)
    return bool(short) and (short == long or (len(short) >= _LEAST_LETTERS[short.isascii()] and short in long))


def share_author(authors: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two works have an author in common, up to spelling."""
    return bool(set(map(letters, authors)) & set(map(letters, others)))


def title_overlap(title: str, text: str) -> float:
    """Term overlap of a title with the window of the text where it is largest, 0 to 1.

    Terms are words of Latin letters and digits, and pairs of neighbouring characters in other scripts. The window is
    three times as long as the title, since a long text holds most words somewhere.
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


def best_overlap(title: str, candidates: Iterable[str]) -> float:
    """The largest `title_overlap` of the title with any of the candidates; 0 without any."""
    return max((title_overlap(title, candidate) for candidate in candidates), default=0.0)


def similar_titles(title: str, other: str) -> bool:
    """Whether two titles are the same, but for a short addition such as a subtitle."""
    return min(title_overlap(title, other), title_overlap(other, title)) >= 0.6


def part_of_title(shorter: str, title: str) -> bool:
    """Whether all terms of a title, at least two, stand in another, as without its subtitle."""
    return len(set(_terms(shorter)) - _COMMON) >= 2 and title_overlap(shorter, title) == 1


def can_compare(title: str, text: str) -> bool:
    """Whether a title can be compared with a text: it has two terms or more, and the language of the text."""
    return len(set(_terms(title))) >= 2 and language_of(title, "ja") == language_of(text, "ja")


def _terms(text: str) -> list[str]:
    parts: list[str] = []
    for run in _TERM.findall(fold(re.sub(f"(?<=[{_WIDE}])[\\W_]+(?=[{_WIDE}])", "", text))):
        if run[0].isascii() or len(run) < 2:
            parts.append(_stem(run))
        else:
            parts.extend(run[place : place + 2] for place in range(len(run) - 1))
    return parts


def _stem(word: str) -> str:
    """A word without the ending of a plural or a possessive."""
    word = re.sub(r"['’]s?$", "", word)
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
