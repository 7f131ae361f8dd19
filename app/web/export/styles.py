"""Works as bibliography lines, in SIST 02 (2007) or APA (7th edition), and as BibTeX or RIS records."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.web.export.conversation import Style
from app.web.export.works import Work
from retriever.numerals import MONTHS

_LATIN_NAME = re.compile(r"[A-Za-zÀ-ž.'’\- ]+")


@dataclass(frozen=True, slots=True)
class _Form:
    """A kind of work: its types in BibTeX and RIS, and BibTeX's fields for its container and its publisher."""

    bibtex: str
    ris: str
    container: str = "howpublished"
    publisher: str = "publisher"


_FORMS = {
    "article": _Form("article", "JOUR", "journal"),
    "book": _Form("book", "BOOK"),
    "chapter": _Form("incollection", "CHAP", "booktitle"),
    "conference": _Form("inproceedings", "CONF", "booktitle"),
    "thesis": _Form("phdthesis", "THES", publisher="school"),
    "report": _Form("techreport", "RPRT", publisher="institution"),
    "news": _Form("article", "NEWS", "journal"),
    "web": _Form("online", "ELEC", "organization"),
}
_OTHER = _Form("misc", "GEN")
_INSIDE = frozenset({"article", "news"})  # both formats use these types only if the periodical is known
_SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL |= {character: f"\\{character}" for character in "%&$#_"}


def line(work: Work, style: Style, today: str, page: int | None = None) -> str:
    """The work as one line; `today` (ISO 8601) is the access date of its address, `page` the cited page."""
    return _sist02(work, today, page) if style == "sist02" else _apa(work, page)


def _sist02(work: Work, today: str, page: int | None) -> str:
    title = f"“{work.title}”" if work.kind in {"web", "news"} else work.title
    date = work.date if work.kind in {"web", "news"} else work.year
    issued = ", ".join(filter(None, [work.publisher, date, f"p. {page}" if page is not None else ""]))
    parts = [", ".join(work.authors), title, work.container, issued]
    text = " ".join(f"{part.rstrip('.．')}." for part in parts if part)
    return f"{text} {work.url}, (参照 {today})." if work.url else text


def _apa(work: Work, page: int | None) -> str:
    authors = _apa_authors(work)
    date = f"({_apa_date(work)})"
    head = [f"{authors} {date}", work.title] if authors else [work.title, date]
    parts = [*head, work.container, work.publisher if work.publisher != authors.rstrip(".") else ""]
    text = " ".join(f"{part.rstrip('.')}." for part in parts if part)
    text = f"{text} {work.url}" if work.url else text
    return f"{text} (p. {page})" if page is not None else text


def _apa_authors(work: Work) -> str:
    names = [_inverted(name) if work.personal else name for name in work.authors[:20]]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])}, & {names[-1]}"


def _inverted(name: str) -> str:
    """Jane Mary Doe → Doe, J. M.; names that are not in Latin script or are already inverted stay unchanged."""
    words = name.split()
    if len(words) < 2 or not _LATIN_NAME.fullmatch(name):
        return name
    return f"{words[-1]}, {' '.join(f'{word[0]}.' for word in words[:-1])}"


def _apa_date(work: Work) -> str:
    year, *rest = work.date.split("-") if work.date else ["n.d."]
    if work.kind not in {"web", "news", "report"} or not rest or not rest[0].isdigit() or not 1 <= int(rest[0]) <= 12:
        return year
    month = MONTHS[int(rest[0]) - 1]
    return f"{year}, {month} {int(rest[1])}" if len(rest) > 1 and rest[1].isdigit() else f"{year}, {month}"


def _form(work: Work) -> _Form:
    """The work's types in both formats; an article without a known periodical is a web page, or other without URL."""
    if work.kind in _INSIDE and not work.container:
        return _FORMS["web"] if work.url else _OTHER
    return _FORMS.get(work.kind, _OTHER)


def bibtex(works: Sequence[Work]) -> str:
    """BibTeX entries for biber and BibLaTeX."""
    taken: set[str] = set()
    return "\n".join(_bibtex_entry(work, _key(work, taken)) for work in works)


def _bibtex_entry(work: Work, key: str) -> str:
    form = _form(work)
    fields = {
        "author": " and ".join(_bibtex_author(name, work) for name in work.authors),
        "title": f"{{{_escaped(work.title)}}}",
        form.container: _escaped(work.container),
        form.publisher: _escaped(work.publisher),
        "year": work.year,
        "date": work.date if len(work.date) > 4 else "",
        "url": "".join(work.url.split()).replace("{", "%7B").replace("}", "%7D"),
        "language": {"ja": "japanese", "en": "english", "zh": "chinese", "ko": "korean"}.get(work.language, ""),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{form.bibtex}{{{key},\n{lines}\n}}\n"


def _bibtex_author(name: str, work: Work) -> str:
    """A name; in braces if it is not a person's, not in Latin script, or contains "and", where BibTeX splits."""
    whole = not work.personal or " and " in name.lower() or not _LATIN_NAME.fullmatch(name)
    return f"{{{_escaped(name)}}}" if whole else _escaped(name)


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))


def _key(work: Work, taken: set[str]) -> str:
    """A key of ASCII letters and digits, made unique with -2, -3 and so on."""
    words = re.findall(r"[A-Za-z]+", " ".join(work.authors[:1]))
    base = f"{words[-1].lower() if words else 'work'}{work.year}"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    taken.add(key)
    return key


def ris(works: Sequence[Work]) -> str:
    """RIS records, as Zotero, EndNote and Mendeley read them."""
    return "".join(_ris_record(work) for work in works)


def _ris_record(work: Work) -> str:
    fields = [
        ("TY", _form(work).ris),
        *(("AU", _inverted_whole(name) if work.personal else name) for name in work.authors),
        ("TI", work.title),
        ("T2", work.container),
        ("PB", work.publisher),
        ("PY", work.year),
        ("DA", work.date.replace("-", "/")),
        ("UR", work.url),
        ("LA", work.language),
    ]
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def _inverted_whole(name: str) -> str:
    """Jane Mary Doe → Doe, Jane Mary."""
    words = name.split()
    return f"{words[-1]}, {' '.join(words[:-1])}" if len(words) > 1 and _LATIN_NAME.fullmatch(name) else name
