"""Works that a question mentions as running text cites them: by their author and year, or by their key."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from app.answering.sources.works import Work
from app.answering.understand.source_mention import asked_of, plain
from ingest.bibliography.authors import is_organisation

_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DATED_KEY = re.compile(r"^(.*?)(?<!\s)\s*+((?:1[5-9]|20)\d\d)([a-z]?)")
# Latin letters, kanji, katakana or hangul before a name make it the end of another one.
_BEGINS = r"(?<![A-Za-z\u4e00-\u9fff々ァ-ヺー가-힣])"
_JOINT = (
    r"(?:\s*+(?:and|&|,|と|・)\s*+[A-Z][\w.]+)?(?:,?\s*+(?:et al\.?|ほか|他|ら|等|외))?"
    r"(?:['’]s|の|的|의|,|、)?\s*[(\[]?\s*"
)
# 2021年の文献 is of that year as 2021 is; 2021年に is when something was.
_OF_A_YEAR = (
    r"(?:年(?:の|的)(?=[^、,]{0,4}(?:文献|論文|論考|記事|報告|調査|研究|著|文章|论文|报告))|(?!\d|年|[A-Za-z]))[)\]]?"
)


def dated(question: str, works: Iterable[Work]) -> tuple[list[Work], str]:
    """The works that a question mentions by author and year or by key, and what it asks of their texts.

    Where that is empty, it asks about the works themselves. No works where it mentions none so.
    """
    text = plain(question)
    if not _YEAR.search(text):
        return [], ""
    near = [work for work in works if _year_of(work) in text]
    found = [(work, match.span()) for work in near for match in [_forms(work).search(text)] if match]
    places = sorted({place for _, place in found})
    apart = [
        one for one in places if not any(one != wide and wide[0] <= one[0] and one[1] <= wide[1] for wide in places)
    ]
    return [work for work, place in found if place in apart], asked_of(text, apart) if apart else ""


def _forms(work: Work) -> re.Pattern[str]:
    """What mentions a work: its keys, or its author and year, with the letter that tells it from others of the year."""
    keys = [work.key, *(key for _, key in work.record["also"])]
    forms = [rf"{_BEGINS}{re.escape(key)}(?![A-Za-z0-9-])" for key in keys if _YEAR.search(key)]
    match = _DATED_KEY.fullmatch(_normal(work.key))
    letter = f"{match.group(3)}?" if match and match.group(3) else ""
    names = "|".join(re.escape(name) for name in sorted(set(_names(work)), key=lambda name: (-len(name), name)))
    if names:
        forms.append(rf"{_BEGINS}(?:{names}){_JOINT}{_year_of(work)}{letter}{_OF_A_YEAR}")
    return re.compile("|".join(forms) or r"(?!)", re.IGNORECASE)


def _year_of(work: Work) -> str:
    """The year that a work is cited by; what no question holds, where there is none."""
    year = _YEAR.search(_normal(work.key)) or _YEAR.match(str(work.record["date"] or ""))
    return year.group() if year else "\n"


def _names(work: Work) -> Iterator[str]:
    """What the first author is called: in full, and by what may be the surname."""
    match = _DATED_KEY.fullmatch(_normal(work.key))
    if match and match.group(1):
        yield match.group(1)
    for author in map(_normal, work.record["authors"][:1]):
        yield author
        if is_organisation(author):
            continue
        parts = re.split(r"[\s,・]+", author)
        if len(parts) > 1:
            yield parts[0] if "," in author or not re.match(r"[A-Za-z\u00c0-\u024fァ-ヺ]", author) else parts[-1]
        elif re.fullmatch(r"[\u4e00-\u9fff々]+", author):
            # 北野進 does not tell where the surname ends
            yield from (author[:end] for end in range(1, len(author)))


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
