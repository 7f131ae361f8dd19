"""Dates as papers and bibliographies write them → ISO 8601, as precise as written."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from retriever.text import ERA_STARTS, era_year

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<{}>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_ERA_YEAR = f"(?P<era>{'|'.join(ERA_STARTS)})" + r"\s*(?P<y>\d{1,2}|元)\s*年"
_PATTERNS = (
    re.compile(r"(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]"),
    re.compile(_ERA_YEAR + r"\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*日"),
    re.compile(r"(?<!\d)(?P<y>(?:1[5-9]|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(_MONTH.format("month") + r"\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})(?:st|nd|rd|th)?\s+" + _MONTH.format("month") + r",?\s+(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4}),?\s+" + _MONTH.format("month") + r"\s+(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]"),
    re.compile(_ERA_YEAR + r"\s*(?P<m>\d{1,2})\s*月"),
    re.compile(_MONTH.format("month") + r",?\s+(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:1[5-9]|20)\d\d),?\s+" + _MONTH.format("month") + r"(?![a-z])"),
    re.compile(r"(?<!\d)(?P<y>(?:1[5-9]|20)\d\d)\s*[年년]"),
    re.compile(_ERA_YEAR + r"(?!版)"),
    re.compile(r"[(（](?P<y>(?:1[5-9]|20)\d\d)[a-z]?[)）]"),
    re.compile(r"(?<![\d\-–/.])(?P<y>(?:1[5-9]|20)\d\d)[a-z]?(?![\d\-–/]|\.\d)"),
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date as written (`text`, at `start`–`end`) and as ISO 8601: 2025-02-10, 2024-12 or 1971."""

    iso: str
    text: str
    start: int
    end: int


def find_dates(text: str) -> Iterator[Date]:
    """The dates in a text, the most precise forms first; they do not overlap."""
    plain = unicodedata.normalize("NFKC", text)
    if len(plain) != len(text):  # keep the offsets: normalise only characters that stay one character
        plain = "".join(
            c if len(unicodedata.normalize("NFKC", c)) != 1 else unicodedata.normalize("NFKC", c) for c in text
        )
    taken: list[tuple[int, int]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            iso = _iso(match)
            if iso and not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                yield Date(iso, text[match.start() : match.end()].strip("()（）"), *match.span())


def find_date(text: str) -> Date | None:
    """The most precise date in a text."""
    return next(find_dates(text), None)


def _iso(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    year = era_year(parts["era"], parts["y"]) if parts.get("era") else int(parts["y"])
    month = _MONTHS.index(parts["month"][:3].lower()) + 1 if parts.get("month") else int(parts.get("m") or 0)
    day = int(parts.get("d") or 0)
    if not 1000 <= year <= 2200 or month > 12 or day > 31 or (parts.get("m") and month == 0):
        return None
    return f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if month and day else "")
