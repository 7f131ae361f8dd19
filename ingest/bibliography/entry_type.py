"""The type of work that a bibliography entry describes, by its words."""

import re

from ingest.bibliography.authors import is_organisation

PAGES = re.compile(
    r"\b(?:pp?\.\s*|頁\s*)?\d+\s*[-–—~〜―]\s*\d+\s*(?:頁|ページ|页|pp?\.)?|\bpp?\.\s*\d+|(?<!\d)\d++\s*+(?:頁|ページ|页)"
)
VOLUME = re.compile(
    r"(?:第\s*+|(?<!\s)\s++)?(?<!\d)\d++\s*+[巻号輯集期](?:\s*+(?:第\s*+)?\d++\s*+号)?|\b(?:Vol|vol|No|no|Issue)\.?\s*\d+"
    r"|\b\d+\s*[(（]\s*\d+\s*[)）]|\bart\.\s*\d+"
)
_REPORT = re.compile(
    r"白書|報告書|調査報告|レポート|年報|要覧|Congressional Research Service|Working Papers?|Technical Report"
    r"|\bReport\b|\b(?:RL|IN|IF|R)\d{4,6}\b"
)
_NEWS = re.compile(
    r"新聞|通信社|ニュース|放送|NHK|\bNews\b|CNN|BBC|Bloomberg|Reuters|ロイター|\bTimes\b|Washington Post|Guardian|"
    r"Economist|Associated Press|Nikkei|Newsweek|日経|人民网|新华"
)
THESIS = re.compile(
    r"学位論文|博士論文|修士論文|卒業論文|(?:博士|硕士)学位论文|(?:박사|석사)\s?학위\s?논문|\[D\]"
    r"|(?:\bPh\.?\s?D\.?|\b[Dd]octoral|\b[Mm]aster[’']?s|\bM\.?A\.?) (?:diss(?:ertation|\.)|thesis)|\b[Dd]issertation\b"
)
_CONFERENCE = re.compile(
    r"\b[Ii]n:? Proc|Proceedings|Conference|Symposium|Workshop|予稿集|講演論文集|論文集|大会|\[C\]"
)


def entry_type(body: str, container: str, publisher: str, authors: tuple[str, ...], url: str) -> str:
    """The first of thesis, report, news, conference, chapter, article, web, book that the words fit, else other."""
    who = " ".join((*authors, container, publisher))
    periodical = bool(VOLUME.search(body))
    by_persons = bool(authors) and not is_organisation(authors[0])
    inside = bool(container) and not is_organisation(" ".join(authors))
    fits = {
        "thesis": THESIS.search(body),
        "report": _REPORT.search(who) or (_REPORT.search(body) and not periodical),
        "news": _NEWS.search(" ".join(authors[:2])) or (_NEWS.search(container) and not periodical),
        "conference": _CONFERENCE.search(body),
        "chapter": inside and publisher and not periodical and PAGES.search(body),
        "article": inside and (periodical or PAGES.search(body) or not publisher),
        "web": url and not publisher,
        "book": publisher or by_persons or "『" in body,
    }
    return next((kind for kind, fit in fits.items() if fit), "web" if url else "other")
