"""Look up works in the bibliographies by their numbers, and by author and year."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.answering.understand.source_signs import YEAR, SourceRequest, asked_of_text, plain
from app.answering.understand.words import LAST
from app.answering.works import Sources
from ingest.bibliography.fields import possible_surnames
from ingest.references.cited_work import CitedWork

_DATED_KEY = re.compile(r"^(.*?)(?<!\s)\s*+((?:1[5-9]|20)\d\d)([a-z]?)")
# A name after Latin letters, kanji, katakana or hangul is the end of another name.
_BEGINS = r"(?<![A-Za-z\u4e00-\u9fff々ァ-ヺー가-힣])"
_JOINT = (
    r"(?:\s*+(?:and|&|,|と|・)\s*+[A-Z][\w.]+)?(?:,?\s*+(?:et al\.?|ほか|他|ら|等|외))?"
    r"(?:['’]s|の|的|의|,|、)?\s*[(\[]?\s*"
)
# 2021年の文献 gives the year of a work, as 2021 does; 2021年に gives the time of an event.
_OF_A_YEAR = (
    r"(?:年(?:の|的)(?=[^、,]{0,4}(?:文献|論文|論考|記事|報告|調査|研究|著|文章|论文|报告))|(?!\d|年|[A-Za-z]))[)\]]?"
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The works of the bibliographies that a request means.

    `listings` are the documents whose bibliographies are meant, `works` the works meant, in the order of the lists, and
    `missing` the numbers that none of the lists has.
    """

    listings: tuple[str, ...] = ()
    works: tuple[CitedWork, ...] = ()
    missing: tuple[int, ...] = ()


def last_listed(works: dict[int, CitedWork]) -> int:
    """The number of the last entry of a bibliography; works that only the text names come after it."""
    return max((number for number, work in works.items() if work.entry.listed), default=0)


def by_number(numbers: Iterable[int], listings: list[str], sources: Sources) -> Lookup:
    """The works with these numbers in the bibliographies `listings`."""
    lists = [list(sources.works(name).values()) for name in listings]
    works = [work for listed in lists for number in numbers if (work := at_number(listed, number))]
    missing = [number for number in numbers if not any(at_number(listed, number) for listed in lists)]
    return Lookup(tuple(listings), tuple(works), tuple(missing))


def at_number(works: Iterable[CitedWork], number: int) -> CitedWork | None:
    """The work of a list printed with a number, else the unnumbered one at that place; for LAST, the last one."""
    works = list(works)
    if number == LAST:
        return max((work for work in works if work.entry.listed), key=lambda work: work.number, default=None)
    printed = (work for work in works if work.key == str(number))
    placed = (work for work in works if work.number == number and not work.key.isdigit())
    return next(printed, None) or next(placed, None)


def by_date(text: str, listings: list[str], sources: Sources) -> tuple[SourceRequest | None, Lookup]:
    works, words = dated(text, (work for name in listings for work in sources.works(name).values()))
    if not works:
        return None, Lookup()
    request = SourceRequest("text" if words else "entry", words=words, by_date=True)
    return request, Lookup(tuple(listings), tuple(works))


def dated(question: str, works: Iterable[CitedWork]) -> tuple[list[CitedWork], str]:
    """The works that a question cites as running text does, by author and year or by key.

    Second, what it asks of their texts; empty where it asks about the works themselves.
    """
    text = plain(question)
    if not YEAR.search(text):
        return [], ""
    near = [work for work in works if (year := _year_of(work)) and year in text]
    mentions = [(work, match.span()) for work in near for match in [_mention_of(work).search(text)] if match]
    places = sorted({place for _, place in mentions})
    apart = [
        place
        for place in places
        if not any(place != wide and wide[0] <= place[0] and place[1] <= wide[1] for wide in places)
    ]
    return [work for work, place in mentions if place in apart], asked_of_text(text, apart) if apart else ""


def _mention_of(work: CitedWork) -> re.Pattern[str]:
    """Pattern that cites a work: its keys, or author and year, with the letter that tells works of one year apart."""
    keys = [work.key, *(key for _, key in work.also)]
    forms = [rf"{_BEGINS}{re.escape(key)}(?![A-Za-z0-9-])" for key in keys if YEAR.search(key)]
    match = _DATED_KEY.fullmatch(_normal(work.key))
    letter = f"{match.group(3)}?" if match and match.group(3) else ""
    names = "|".join(re.escape(name) for name in sorted(set(_names(work)), key=lambda name: (-len(name), name)))
    if names:
        forms.append(rf"{_BEGINS}(?:{names}){_JOINT}{_year_of(work)}{letter}{_OF_A_YEAR}")
    return re.compile("|".join(forms) or r"(?!)", re.IGNORECASE)


def _year_of(work: CitedWork) -> str:
    """Citation year of a work; empty if it has none."""
    year = YEAR.search(_normal(work.key)) or YEAR.match(work.entry.date)
    return year.group() if year else ""


def _names(work: CitedWork) -> Iterator[str]:
    """What the first author is called: in full, and by what may be the surname."""
    match = _DATED_KEY.fullmatch(_normal(work.key))
    if match and match.group(1):
        yield match.group(1)
    for author in map(_normal, work.entry.authors[:1]):
        yield author
        yield from possible_surnames(author)


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
