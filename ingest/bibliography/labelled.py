"""Fields of an entry, read off the labels of its tokens."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.bibliography.fields import DIRECT
from ingest.bibliography.labels import Token, label_with_certainty, tokens_of

_CLOSES = {")": "(", "]": "[", "）": "（", "」": "「", "』": "『", "”": "“", "’": "‘", "》": "《"}
_TRIMMED = " .,:;，、。．：*"
# what may follow a name or a title, and what may come before it: marks, or a short word such as "and"
_SHORT = r"(?!(?:of|the|for|on|at|to|by|a|an|are|is|de|der|des|du|la|le|von)\b)\w{1,3}"
_ENDS = re.compile(rf" ?(?:$|[.,;:?!”“„\"'‘’»«*()\[\]–—/]|{_SHORT}(?!\w))")
_BEGINS = re.compile(rf"(?:^|[.,;:?!”“„\"'‘’»«*)\]–—/] ?|[\d\W][A-Z]{{0,3}}\s|\s{_SHORT}\s)$")
_SUFFIX = re.compile(r",\s*(Jr|Sr)\b\.?|,\s*(I{2,3}|I?V)$")
_GIVEN_ALONE = re.compile(r"[A-ZÀ-Þ]\w+(?: [A-ZÀ-Þ])+\.?$")  # of "Tom M. Brown"
_TWO_NAMES = re.compile(
    r"([A-ZÀ-Þ]\.? [\w’'-]+|[A-ZÀ-Þ][\w’'-]+ [A-Z]{1,3}), "
    r"((?:[A-ZÀ-Þ]\.[ -]?)+[A-ZÀ-Þ][\w’'-]+|[A-ZÀ-Þ][\w’'-]+ [A-Z]{1,3})"
)
_LAST_NAME = re.compile(rf"(?:and|&) ({DIRECT})\. (?=\S)")  # at the beginning of what is labelled as the title
_FIRST_WORD = re.compile(r"[.:,\s]*(?<![A-ZÀ-Þ]\. )((?=\w*[A-Za-z])[\w-]{2,20}(?: [\w-]{1,20})?):\s?")
_WORD = re.compile(r"[^\W\d_]{4}")
_INITIALED = re.compile(r"\b[A-ZÀ-Þ]\.|,[^,]*\s[A-ZÀ-Þ]$|^[A-ZÀ-Þ]\s")


@dataclass(frozen=True, slots=True)
class Labelled:
    """The fields of an entry as its labels show them, as written; empty for fields without a labelled word.

    `is_whole`: the title and the names begin and end at punctuation or a short word, every name has two letters in a
    row, no long word lies between two names, and the names do not look wrongly divided. `certain_authors`,
    `certain_title`: the probabilities (0–1) that all labels of the authors, or of the title, are right.
    """

    authors: tuple[str, ...]
    title: str
    container: str
    publisher: str
    date: str
    is_whole: bool = True
    certain_authors: float = 1.0
    certain_title: float = 1.0


NOTHING = Labelled((), "", "", "", "", is_whole=False)  # for entries that are read by rules alone


def labelled(entries: Sequence[str]) -> list[Labelled]:
    """The fields of each entry of one list. The entries are given without the numbers before them."""
    tokens = [tokens_of(text) for text in entries]
    return [
        replace(fields_of(text, each, labels), certain_authors=of_authors, certain_title=of_title)
        for text, each, (labels, (of_authors, of_title)) in zip(
            entries, tokens, label_with_certainty(tokens), strict=True
        )
    ]


def fields_of(text: str, tokens: Sequence[Token], labels: Sequence[str]) -> Labelled:
    """The fields of an entry from the labels of its tokens."""
    title, names = _stretch(labels, "title"), _names(labels)
    title = _with_first_word(text, tokens, title, names)
    stretches = [*names, title] if title else names
    words = {
        name: _words(text, tokens, _stretch(labels, name, apart))
        for name, apart in (("container", 1), ("series", 1), ("publisher", 1), ("date", 3))
    }
    authors = tuple(_name(text, tokens[start].start, tokens[end - 1].end) for start, end in names)
    authors = tuple(part for name in authors for part in _apart(name) if part != "others")  # "and others"
    wording = _words(text, tokens, title)
    if authors and (last := _LAST_NAME.match(wording)):
        authors, wording = (*authors, last.group(1)), wording[last.end() :]
    return Labelled(
        authors=authors,
        title=wording,
        container=words["container"] or words["series"],
        publisher=words["publisher"],
        date=words["date"],
        is_whole=all(_is_whole(text, tokens[start].start, tokens[end - 1].end) for start, end in stretches)
        and all(re.search(r"[^\W\d_]{2}", name) for name in authors)
        and not any(_WORD.search(text, tokens[a[1] - 1].end, tokens[b[0]].start) for a, b in pairwise(names))
        and not (
            len(authors) > 1
            and "," not in authors[0]
            and _GIVEN_ALONE.match(authors[-1])
            and _WORD.search(authors[0])
            and len(authors[0].split()) > 2
        )
        and not (len(authors) > 1 and authors[0].isalpha() and authors[1].isalpha()),
    )


def _stretch(labels: Sequence[str], name: str, apart: int = 1) -> tuple[int, int] | None:
    """(start, end) of the first run of tokens with the label `name`, with gaps of up to `apart` tokens; else None."""
    places = [place for place, label in enumerate(labels) if label == name]
    if not places:
        return None
    last = places[0]
    for place in places:
        if place - last > apart + 1:
            break
        last = place
    return places[0], last + 1


def _names(labels: Sequence[str]) -> list[tuple[int, int]]:
    """(start, end) of each author's name, in tokens: the names before the title, or all names if none is before it."""
    names = []
    for place, label in enumerate(labels):
        if label == "first":
            end = place + 1
            while end < len(labels) and labels[end] == "name":
                end += 1
            names.append((place, end))
    before = [name for name in names if "title" not in labels[: name[0]]]
    return before or names


def _with_first_word(
    text: str, tokens: Sequence[Token], title: tuple[int, int] | None, names: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    """The title with the word and colon before it, if these follow the names: "Reed, J.: R-LAMP: lamps of a coast"."""
    before = max((end for _, end in names if title and end < title[0]), default=None)
    if not title or before is None:
        return title
    gap = _FIRST_WORD.fullmatch(text, tokens[before - 1].end, tokens[title[0]].start)
    start = gap.start(1) if gap else -1
    first = next((place for place in range(before, title[0]) if tokens[place].start == start), title[0])
    return first, title[1]


def _apart(name: str) -> tuple[str, ...]:
    """The names in words that are labelled as one: "C Reed, V. Moor", "Reed WY, Moor N"."""
    match = _TWO_NAMES.fullmatch(name)
    return match.groups() if match else (name,)


def _is_whole(text: str, start: int, end: int) -> bool:
    return bool(_ENDS.match(text, end) and _BEGINS.search(text[max(start - 8, 0) : start]))


def _words(text: str, tokens: Sequence[Token], stretch: tuple[int, int] | None) -> str:
    return closed(text, tokens[stretch[0]].start, tokens[stretch[1] - 1].end) if stretch else ""


def closed(text: str, start: int, end: int) -> str:
    """The words at `start`–`end`, with the next character if it closes a bracket or quotation that begins in them."""
    following = text[end : end + 1]
    opening = _CLOSES.get(following)
    words = text[start:end]
    if opening and words.count(opening) > words.count(following):
        words += following
    return (words.replace("*", "") if text.count("*") > 1 else words).strip(_TRIMMED)


def _name(text: str, start: int, end: int) -> str:
    """A name as written, with the point of a last initial."""
    words = text[start:end].replace("*", "").strip(" ,;")
    is_initial = words[-1:].isupper() and not words[-2:-1].isalpha()
    words = _SUFFIX.sub(lambda match: f" {match.group(1)}." if match.group(1) else f" {match.group(2)}", words)
    return f"{words}." if is_initial and text[end : end + 1] == "." and _INITIALED.search(words) else words
