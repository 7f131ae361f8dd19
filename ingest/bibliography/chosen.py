"""Choose each field of an entry: the value found by rules, or the value by the labels of its words (`labelled`).

Each choice was measured on entries in styles that neither rules nor labels had seen (tests/benchmarks/LOG.md).
"""

import re

from ingest.bibliography.fields import PUBLISHER, TWO_DIRECT, Date, is_organisation
from ingest.bibliography.labelled import Labelled

CERTAIN = 0.85  # minimum probability at which the value by labels needs no other evidence
_PLACE = re.compile(r"[^:]{2,30}: (?=\w)")
_AFTER_TITLE = r"\W{0,4}(?:\. |(?:by|edited|eds?|trans|translated|\d{0,3} ?vols?)\b)"
_JOURNAL = r" \*[^*]+\*,? \d"  # in italics, with its volume
_ENDS_INITIAL = re.compile(r"[A-Z]\.?$")
_AND = r"(?:and|und|et|y|e|&) "
_LONGEST_NAME = 100  # characters of an organisation's name
_BEGINNING = 8  # letters of a title that tell it


def chosen_title(ruled: str, shown: Labelled, body: str) -> str:
    """The title by labels if it is whole or certain, unless the title by rules is better; else the title by rules.

    The title by rules is better if it goes on after a colon, or if the labels show less than half of it and fewer than
    eight letters. If the labels are not certain, it is also better if it is in quotation marks or italics, or is
    followed by an editor, a number of volumes, or a journal in italics.
    """
    certain = shown.certain_title >= CERTAIN
    if not shown.title or not ruled or not (shown.is_whole or certain):
        return ruled or shown.title
    words, others = _letters(ruled), _letters(shown.title)
    is_shorter = 2 * len(others) < len(words)
    is_part = words.startswith(others) and (f"{shown.title}:" in body or len(words) == len(others))
    if is_part or (is_shorter and len(others) < _BEGINNING):
        return ruled
    if certain:
        return shown.title
    is_followed = re.search(re.escape(ruled) + _AFTER_TITLE, body.replace("*", ""))
    if others.startswith(words) and (is_followed or re.search(re.escape(ruled) + _JOURNAL, body)):
        return ruled
    overlap = words[:_BEGINNING] in others or others[:_BEGINNING] in words or is_shorter
    return ruled if overlap and _between_marks(ruled, body, others.find(words) > 0) else shown.title


def _between_marks(words: str, body: str, later: bool) -> bool:
    """Whether words of an entry are in quotation marks or italics, and the phrase does not go on after these.

    `later`: the title by labels begins before these words; then only italics count.
    """
    start = re.escape(words).replace("\\ ", r"\s+")
    opening, closing = ("*", "*") if later else ("“\"‘„«*'", "”\"’“»*'")
    return bool(re.search(rf"[{opening}]{start}[.,?!]?[{closing}](?!\w|\s[a-z]{{3}})", body))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def chosen_authors(ruled: tuple[str, ...], shown: Labelled, title: str, body: str) -> tuple[str, ...]:
    """The authors that the labels show if they are whole, or certain, and none stands in the title; else by rules.

    If they are only whole: nor are these parts of one organisation's or of longer names, or all names but a last one.
    """
    words = _letters(title)
    is_inside = any(_letters(name) in words for name in shown.authors)
    certain = shown.certain_authors >= CERTAIN and words not in map(_letters, shown.authors)
    if not shown.authors and certain and shown.certain_title >= CERTAIN and not any(map(is_organisation, ruled)):
        return ()
    if not shown.authors or not ruled or not (shown.is_whole or certain) or _is_joined(shown.authors, ruled):
        return ruled or (() if is_inside else shown.authors)
    if certain:
        return shown.authors
    is_organised = (
        len(ruled) == 1
        and len(ruled[0]) <= _LONGEST_NAME
        and is_organisation(ruled[0])
        and all(name in ruled[0] for name in shown.authors)
    )
    is_divided = len(ruled) < len(shown.authors) and _letters("".join(ruled)) == _letters("".join(shown.authors))
    has_more = ruled[: len(shown.authors)] == shown.authors and len(ruled) == len(shown.authors) + 1
    is_longer = has_more and (_ENDS_INITIAL.search(ruled[-1]) or re.search(_AND + re.escape(ruled[-1]), body))
    is_cut = len(ruled) == len(shown.authors) and all(map(_goes_on_after_initial, shown.authors, ruled))
    return ruled if is_inside or is_organised or is_divided or is_longer or is_cut else shown.authors


def _is_joined(names: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Whether the first of several names is two, which the others show: "Ada Reed, Bea Moor" before "Cora Light"."""
    is_two = TWO_DIRECT.fullmatch(names[0]) and len(names) > 2 and not any("," in name for name in names[1:])
    return bool(is_two and len(longer) == len(names) + 1 and longer[2:] == names[1:])


def _goes_on_after_initial(name: str, longer: str) -> bool:
    """Whether both names are equal, or `name` ends at an initial and `longer` adds its full stop, a word, or both."""
    rest = longer.removeprefix(name)
    return name == longer or bool(rest != longer and name[-1:].isupper() and re.fullmatch(r"\.?(?: [A-Z]\w+)?", rest))


def chosen_container(ruled: str, shown: str, body: str) -> str:
    """The container by labels; else the container by rules if a volume number follows it."""
    return shown or (ruled if ruled and re.search(re.escape(ruled) + r"\*?,? (?:[Vv]ol\.? )?\d", body) else "")


def chosen_publisher(ruled: str, shown: str, inside: bool) -> str:
    """The publisher by labels, unless the publisher by rules is better.

    It is better if only it has a word such as "Press", or if the publisher by labels contains it after a comma.
    `inside`: the work is in a container, and its publisher is between commas; then a publisher of one word must be a
    known one (Springer).
    """
    shown = _PLACE.sub("", shown, count=1)
    is_known = bool(PUBLISHER.search(shown))
    if ruled and (f", {ruled}" in shown or (PUBLISHER.search(ruled) and not is_known)):
        return ruled
    return "" if inside and " " not in shown and not is_known else shown


def chosen_date(ruled: Date | None, shown: Date | None, title: str) -> Date | None:
    """The date by labels; the date by rules if the former is missing, in the title, or only less precise."""
    if ruled and (
        not shown or shown.text in title or (ruled.iso.startswith(shown.iso[:4]) and len(ruled.iso) > len(shown.iso))
    ):
        return ruled
    return shown
