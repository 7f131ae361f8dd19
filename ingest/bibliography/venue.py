"""What follows the title of an entry: type of work, venue (journal, book, newspaper) and publisher."""

import re

from ingest.bibliography.authors import is_organisation
from ingest.bibliography.dates import Date

PUBLISHER = re.compile(
    r"(?<![^\s、。，,.:：()（）「」『』])[^\s、。，,.:：()（）「」『』]*(?:出版会|出版局|出版社|出版部|出版|书局|书店|書店|書房|新書|文庫|書院|選書|社|閣|堂|館)"
    r"(?=$|[\s、。，,.（()）])"
    r"|(?<![가-힣])[가-힣]+(?:출판사|출판부|출판회|출판|서원|문고)(?=$|[\s,.)])"
    r"|(?:[A-Z][\w&’'.-]{0,60}+\s++(?:(?:and|of|&)\s+)?){0,5}(?:Press|Publishers?|Publishing|Books|Verlag|Springer|Elsevier|Wiley"
    r"|Routledge|Blackwell|Macmillan|Penguin|Knopf|Norton|Sage|SAGE)(?:\s+(?:Press|Nature|Publications|[&] Sons))?"
)
_PLACE_AND_PUBLISHER = re.compile(
    r"(?:^|[.,;(]\s?)\s*(?:[A-Z][A-Za-z ]{2,30}(?:, [A-Z][A-Za-z.]{1,20}){0,2}:\s*"
    r"([A-Z][^\s,.:;\d()]+(?: [^\s,.:;\d()]+){0,4})(?=\s*[,.)]|\s*$)"
    r"|[一-鿿가-힣]{2,5}\s*[:：]\s*([^\s,，、.。:：()（）\d]{2,30})(?=\s*[,，、.。)）:：]|\s*$))"
)
_PLACE = r"(?:[A-Z][\w. ]*(?:, [A-Z][\w.]*){0,2}:\s*|[一-鿿가-힣]{2,5}\s*[:：]\s*)?"
_EDITION = re.compile(
    r"\b\d+(?:st|nd|rd|th)\s+(?:rev\.\s*)?ed(?:ition|n)?\b\.?|(?:第\s*+|(?<!\s)\s++)?(?<!\d)\d++\s*+[版面]"
    r"|(?:改訂|増補|新装|新){1,9}版|付?[朝夕]刊"
)
_EDITORS_FIRST = re.compile(r"^\s*[Ii]n:?\s[^()]{3,150}\([Ee]ds?\.?\)\s*[.,:]?\s*")
_BY_SOMEBODY = re.compile(
    r"^(?:(?:[Ee]dited|[Tt]ranslated|[Cc]ompiled)\s+by\b|(?:[Ee]ds?|[Tt]rans)\.\s)|[一-鿿ァ-ヴー・](?:共?訳|监?译|共?編|编|編著|監修|監訳)$"
)
_CONTAINER_MARKS = (r"『([^』]{1,400})』", r"《([^》]{1,400})》", r"(?<!\*)\*([^*]+)\*(?!\*)")
_BETWEEN_PARTS = re.compile(r"[,，、。;]|(?<!Proc)(?<!Conf)(?<!Trans)(?<!Int)\.\s|:\s")


def venue_of(rest: str, date: Date | None, authors: tuple[str, ...], is_thesis: bool) -> tuple[str, str]:
    """(container, publisher) from the text after the title of an entry; "" where it is not given."""
    text = _EDITORS_FIRST.sub("", rest.replace(date.text, " ") if date else rest)
    container, text = _marked(text)
    publisher, text = _publisher(text)
    if container:
        return container, publisher
    parts = [part for part in _parts(THESIS.sub(" ", text)) if part not in authors and part != publisher]
    if is_thesis and not publisher:  # the publisher of a thesis is the university
        return "", next((part for part in parts if is_organisation(part)), "")
    return next(iter(parts), ""), publisher


def _marked(text: str) -> tuple[str, str]:
    """The title in the marks of a book or a journal (『』, 《》, italics), and the text without it."""
    for pattern in _CONTAINER_MARKS:
        if match := re.search(pattern, text):
            return match.group(1).strip(), text.replace(match.group(), " ")
    return "", text


def _publisher(text: str) -> tuple[str, str]:
    """The publisher, and the text without it and the city."""
    if match := PUBLISHER.search(text):
        return match.group().strip(" ,.、。"), re.sub(_PLACE + re.escape(match.group()), " ", text)
    if match := _PLACE_AND_PUBLISHER.search(text):
        return (match.group(1) or match.group(2)).strip(), text.replace(match.group(), " ")
    return "", text


def _parts(text: str) -> list[str]:
    """The parts between commas and full stops that may name a container: not codes, numbers or editors."""
    clean = _EDITION.sub("", VOLUME.sub("", PAGES.sub("", text)))
    parts = (part.strip(" .。,，、;:：()（）[]") for part in _BETWEEN_PARTS.split(clean))
    names = (re.sub(r"^[Ii]n\s*:?\s+|(?<!\s)\s++\d{1,3}$", "", part) for part in parts)
    return [
        name
        for name in names
        if re.search(r"[^\W\d_]{2,}", name) and not re.fullmatch(r"[A-Z]+-?\d+", name) and not _BY_SOMEBODY.search(name)
    ]


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
