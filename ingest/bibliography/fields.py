"""Fields of a bibliography entry: authors (persons, organisations), ISO 8601 dates, type of work, venue, publisher."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from retriever.numerals import ERAS, MONTH_ABBREVIATIONS, MONTHS, era_year, month_number

_ROLES = re.compile(
    r"(?:(?<!\s)\s++)?(?:編著|共著|共編|監修|監訳|編集|編者|編|著|訳|作|主编|编著|编|译)(?=$|[・、，,\s])"
    r"|(?:(?<!\s)\s++)?[(（][^()（）]*(?:訳|編|著|eds?\.?|trans\.?|translator)[^()（）]*[)）]"
    r"|(?:,\s*+|(?<!\s)\s++)?\b(?:eds?|trans)\.(?=$|[\s,])|(?:,\s*+|(?<!\s)\s++)(?:eds?|editors?|trans|translators?)$"
    r"|,\s*(?:dirs?|comps?|hosts?|producers?|performers?|vocalists?|Hrsg|Hg)\.?$"
    r"|(?:(?<!\s)\s++)?\((?:Writers?|Directors?|(?:Executive )?Producers?|Hosts?|Narrators?|Artists?"
    r"|Composers?|Creators?)\)"
    r"|(?:(?<!\s)\s++)?\((?:Hrsg|Hg|dirs?|coords?)\.\)"
    r"|(?<=[\w.])\s*+\[[^\[\]]*\]",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:(?<![,，、\s])[,，、\s]++)?(?:\bet\s+al\b\.?|\band others$|ほか|(?<=[一-鿿])ら(?=著?$)|他(?:\d*名)?$|等$|外$)",
    re.IGNORECASE,
)
# "カント著，北野進訳", "カント (著)・北野進 (翻訳)": the translator is no author
_TRANSLATOR = re.compile(r"(?<=著|[)）])[・、，,]\s*+[^・、，,()（）]{2,20}(?:共?訳|\s?[(（]翻?訳[)）])(?=$|[・、，,])")
_ELLIPSIS = re.compile(r"(?:\.\s?){3}|…\s?")  # APA leaves out the authors between the nineteenth and the last
_EASTERN = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_WESTERN = re.compile("[A-Za-z\u00c0-\u024fァ-ヺ]")  # in names that begin with such a letter, the surname is last
_KANJI_OR_KATAKANA = re.compile("[一-鿿々ァ-ヺ]")
_ALL_INITIALS = re.compile(r"[A-Z.]{1,4}")
_INITIALS = re.compile(r"^(?:[A-ZÀ-Þ]\.?[\s-]?){1,4}(?:,?\s*(?:Jr|Sr|II|III)\.?)?$")
_ORGANISATION_JA = re.compile(
    r"省|庁|官房|新聞|通信|機関|社$|協会|学会|委員会|会議|銀行|機構|大学|研究所|政府|連合|連盟|組合|財団|センター|内閣|裁判所|国会|放送|事務局|本部|"
    r"日报|晚报|정부|신문|일보|방송|연구원|연구소|협회|학회|위원회|은행|공사|대학교|재단|센터|[가-힣]{2}[부청]$|"
    r"総局|府$|都$|道$|県$|市$|町$|村$|国$|会$|局$|院$|団$|部$|室$"
)
_ORGANISATION_EN = re.compile(
    r"\b(?:Council|Service|Agency|House|Department|Ministry|Institut\w*|University|Bank|Association|Organi[sz]ation"
    r"|Office|Committee|Cent(?:er|re)|Corporation|Inc|Ltd|News|Times|Post|Bloomberg|CNN|BBC|NHK|Reuters|Gallup|Foundation"
    r"|Federation|Union|Nations|Government|Commission|Bureau|Court|Congress\w*|Senate|Parliament|Board|Society|Group|Fund"
    r"|Forum|Press|Research|Administration|Japan|Team|Network|Company|Authority|Initiative|Alliance|Secretariat"
    r"|Program(?:me)?)\b"
)


_LAST_POINT = re.compile(r"(?<![A-ZÀ-Þ])[.\s]+$|^[.\s]+")
_IDEOGRAPHIC = re.compile(r"[一-鿿々ぁ-ん가-힣\s\u3000]{2,12}")
_BETWEEN_DOTS = re.compile(rf"{_IDEOGRAPHIC.pattern}|[A-Z][A-Za-z.’' -]{{2,30}}")
_CAPITALS = re.compile(r"[A-Z]{3,}$")  # a surname: "SATO, T."
_AND = re.compile(r"^(?:&|and\b|と\s)\s*")
_SUFFIX = re.compile(r",?\s(?:Jr|Sr)\.?$|\s(?:I{2,3}|IV)$")
# "Moha J A and Green C": no points after initials
BARE_NAME = r"(?:(?:van|von|de|der|den|ter|la|le) ){0,2}[A-ZÀ-Þ][\w’'-]{0,30}[a-zà-ž](?: [A-ZÀ-Þ]){1,4}"
_BARE_INITIALS = re.compile(rf"{BARE_NAME}(?:(?:, and |, | and ){BARE_NAME}){{0,30}}")
_LONGEST_SURNAME = 3  # words
_GIVEN = r"[A-ZÀ-ÞŠŽ](?:\.|[\w’'-]{0,30}[a-zà-ž]\.?)"
_SURNAME = r"(?:[\w’'-]{1,30} ){0,2}(?:[dlDL][’'])?[A-ZÀ-ÞŠŽ][\w’'-]{0,30}[a-zà-ž]"
_SUFFIXED = r"(?:,? (?:Jr|Sr)\.| I{2,3}| IV)?"
# "Reed, Joan, Tom Brown, and Paula Light": only the first name is inverted
_FIRST_INVERTED = re.compile(
    rf"({_SURNAME}, {_GIVEN}(?:[ -]{_GIVEN}|(?<=\.){_GIVEN}){{0,3}}{_SUFFIXED})(?=,\s|\s+(?:and|&)\s)"
)
# two names in their usual order, rather than one with two surnames
DIRECT = (
    r"(?:[A-ZÀ-ÞŠŽ](?:\.|[\w’'-]{1,30})?[ -]){1,4}(?:(?:van|von|de|der|den|di|da|la|le) ){0,3}[A-ZÀ-ÞŠŽ][\w’'-]{1,30}"
)
TWO_DIRECT = re.compile(rf"{DIRECT}, {DIRECT}")
_DIRECT_NAME = re.compile(rf"{_GIVEN}(?:[ -]{_GIVEN}|(?<=\.){_GIVEN}){{0,3}} {_SURNAME}{_SUFFIXED}$")


def is_organisation(name: str) -> bool:
    """Whether a name is an organisation's: it has a word such as "Council" or 省, or is a single ASCII word."""
    bare = name.strip()
    if _EASTERN.search(bare):
        return bool(_ORGANISATION_JA.search(bare) or (_ORGANISATION_EN.search(bare)))
    return bool(_ORGANISATION_EN.search(bare)) or (bare.isascii() and bare.isalnum())


def surname_of(author: str) -> str:
    """The surname, if the name's form shows it ("Smith, J.", "J. Smith", "Smith J.", 北野 進); else the whole name."""
    if is_organisation(author):
        return author
    if "," in author:
        return author.split(",", 1)[0].strip()
    words = _SUFFIX.sub("", author).split()
    if len(words) < 2 or not _WESTERN.match(author):
        return words[0] if words else author
    family = words[: next((i for i, word in enumerate(words) if i and _ALL_INITIALS.fullmatch(word)), len(words))]
    return " ".join(family) if _ALL_INITIALS.fullmatch(words[-1]) else words[-1]


def possible_surnames(author: str) -> tuple[str, ...]:
    """All possible surnames: 北野進 does not show where the surname ends. Empty for an organisation."""
    name = author.strip()
    if is_organisation(name):
        return ()
    if (surname := surname_of(name)) != name:
        return (surname,)
    parts = re.split("[・＝=]+", name)
    if len(parts) > 1:
        return (parts[-1] if _WESTERN.match(name) else parts[0],)
    return tuple(name[:end] for end in range(1, len(name))) if _KANJI_OR_KATAKANA.match(name) else ()


def split_authors(head: str) -> tuple[str, ...]:
    """The authors named in the head of an entry, in order. Names are as written; an organisation is not divided."""
    authors = _TRANSLATOR.sub("", head) if "著" in head else head
    text = _ELLIPSIS.sub("", _OTHERS.sub("", _ROLES.sub("", authors))).strip(" .,:：;，、。・[]")
    if not text or len(text) > 600:
        return ()
    is_suffix = re.search(r"[A-Z]\.,\s+(?:I{2,3}|I?V)$", text)  # "V" in "J. H. Lienhard, V"
    is_bare = re.search(r"[a-z] [A-Z]{1,3},", text) or _BARE_INITIALS.fullmatch(text)
    if not is_suffix and not is_bare and re.search(r"(?:^|[\s.-])[A-Z]$", text):
        text += "."  # strip() has removed the full stop of a last initial
    if _EASTERN.search(text):
        return _eastern(text)
    if not _persons(text):
        return (text,)
    text = re.sub(r",\s*(I{2,3}|I?V)(?=,|$|\s+(?:and|&)\s)", r" \1", re.sub(r",\s*(Jr|Sr)\b\.?", r" \1.", text))
    first, rest = "", text
    if match := _FIRST_INVERTED.match(text):
        others = re.split(r",\s*+(?:(?:and\b|&)\s*)?|(?<!\s)\s++(?:and\b|&)\s+", text[match.end() :].strip(" ,"))
        if all(map(_DIRECT_NAME.match, others)) and not (len(others) > 1 and TWO_DIRECT.fullmatch(match.group(1))):
            first, rest = match.group(1), text[match.end() :]
    names = (name for part in re.split(r"(?:(?<!\s)\s++)?(?:;|&|\band\b)\s*", rest) for name in _western(part))
    return (first, *names) if first else tuple(names)


def _eastern(text: str) -> tuple[str, ...]:
    """Split names at 、 ， ; and, between names in ideographs or Hangul, at the middle dot."""
    names: list[str] = []
    for part in re.split(r"(?:(?<!\s)\s++)?[、，,;；／/]\s*|(?<=[一-鿿가-힣])[＝=](?=[一-鿿가-힣])", text):
        pieces = re.split("[・·]", part)
        are_names = all(map(_BETWEEN_DOTS.fullmatch, pieces)) and any(map(_IDEOGRAPHIC.fullmatch, pieces))
        if len(pieces) > 1 and are_names and not is_organisation(part):
            names.extend(pieces)
        elif names and _INITIALS.match(part) and _WESTERN.match(names[-1]):  # "Abel, N. H.，高瀬正仁"
            names[-1] = f"{names[-1]}, {part}"
        else:
            names.append(_AND.sub("", part))
    bare = (_LAST_POINT.sub("", name.strip(" \u3000")) for name in names)
    return tuple(name for name in bare if name)


def _persons(text: str) -> bool:
    """Whether a head in Latin letters lists persons: names of organisations also contain commas and "and"."""
    return not _ORGANISATION_EN.search(text) or bool(re.search(r",\s*(?:[A-Z]\.[\s-]?)+(?:,|&|and|$)", text))


def _western(part: str) -> list[str]:
    """Split names at commas, but keep "Surname, Given" and "Surname, J." together."""
    pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
    names: list[str] = []
    index = 0
    while index < len(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        is_surname = " " not in pieces[0] or (" " not in following and len(pieces[0].split()) <= _LONGEST_SURNAME)
        inverted = _INITIALS.match(following) or (index == 0 and is_surname and len(pieces) == 2 and following)
        if inverted and (not _INITIALS.match(pieces[index]) or _CAPITALS.match(pieces[index])):
            names.append(f"{pieces[index]}, {following}")
            index += 2
        else:
            names.append(pieces[index])
            index += 1
    return names


_MONTH = rf"(?P<month>{'|'.join((*MONTHS, *MONTH_ABBREVIATIONS))})\.?"
_ERA_YEAR = f"(?P<era>{ERAS})" + r"\s*(?P<y>\d{1,2}|元)\s*年"
_PATTERNS = (
    re.compile(r"(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]"),
    re.compile(_ERA_YEAR + r"\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*日"),
    re.compile(r"(?<!\d)(?P<y>(?:1[5-9]|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(_MONTH + r"\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})(?:st|nd|rd|th)?\s+" + _MONTH + r",?\s+(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4}),?\s+" + _MONTH + r"\s+(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]"),
    re.compile(r"(?<![\d\-–/.])(?P<y>(?:1[5-9]|20)\d\d)-(?P<m>0[1-9]|1[0-2])(?![\d\-])"),
    re.compile(_ERA_YEAR + r"\s*(?P<m>\d{1,2})\s*月"),
    re.compile(_MONTH + r",?\s+(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:1[5-9]|20)\d\d),?\s+" + _MONTH + r"(?![a-z])"),
    re.compile(r"(?<!\d)(?P<y>(?:1[5-9]|20)\d\d)\s*[年년]"),
    re.compile(_ERA_YEAR + r"(?!版)"),
    re.compile(r"[(（](?P<y>(?:1[5-9]|20)\d\d)[a-z]?[)）]"),
    re.compile(r"(?<![\d\-–/.])(?P<y>(?:1[5-9]|20)\d\d)[a-z]?(?![\d\-–/]|\.\d)"),
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date in ISO 8601 (2025-02-10, 2024-12 or 1971), with its wording `text` at `start`–`end`."""

    iso: str
    text: str
    start: int
    end: int


def find_dates(text: str) -> Iterator[Date]:
    """The dates in a text without overlaps, the most precise forms first."""
    plain = unicodedata.normalize("NFKC", text)
    if len(plain) != len(text):  # keep offsets valid: normalise only characters that map to one character
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
    month = month_number(parts["month"]) if parts.get("month") else int(parts.get("m") or 0)
    day = int(parts.get("d") or 0)
    if not 1000 <= year <= 2200 or month > 12 or day > 31 or (parts.get("m") and month == 0):
        return None
    return f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if month and day else "")


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
# "Tern Press, New York, USA, 2003": the city after a publisher
_CITY = r"(?:,\s*[A-Z][\w. ]{1,20}+(?=[,.]|\s*$)){0,3}"
_EDITION = re.compile(
    r"\b\d+(?:st|nd|rd|th)\s+(?:rev\.\s*)?ed(?:ition|n)?\b\.?|(?:第\s*+|(?<!\s)\s++)?(?<!\d)\d++\s*+[版面]"
    r"|(?:改訂|増補|新装|新){1,9}版|付?[朝夕]刊"
)
_EDITORS_FIRST = re.compile(r"^\s*[Ii]n:?\s[^()]{3,150}\([Ee]ds?\.?\)\s*[.,:]?\s*")
_BY_SOMEBODY = re.compile(
    r"^(?:(?:[Ee]dited|[Tt]ranslated|[Cc]ompiled)\s+by\b|(?:[Ee]ds?|[Tt]rans)\.\s)|[一-鿿ァ-ヴー・](?:共?訳|监?译|共?編|编|編著|監修|監訳)$"
)
ITALIC = re.compile(r"(?<![A-Za-z0-9*])\*(?=[^\s*])([^*]{1,400})(?<!\s)\*(?![A-Za-z0-9*])")  # *italic* in plain text
_CONTAINER_MARKS = (re.compile("『([^』]{1,400})』"), re.compile("《([^》]{1,400})》"), ITALIC)
_VOLUME_AT_END = re.compile(r",\s*\d{1,4}$")  # APA sets the volume in italics, too: *Journal of Tides, 12*
# "IEEE Trans. Lang. Eng., vol. 8": the full stops belong to abbreviations, since a comma follows the last one
_ABBREVIATED = re.compile(r"^\W*(?:[Ii]n:?\s+)?((?:[A-Z][\w&-]*\.?\s){1,9}[A-Z][\w&-]*\.),")
_BETWEEN_PARTS = re.compile(r"[,，、。;]|(?<!Proc)(?<!Conf)(?<!Trans)(?<!Int)\.\s|:\s")


def venue_of(rest: str, date: Date | None, authors: tuple[str, ...], is_thesis: bool) -> tuple[str, str]:
    """(container, publisher) from the text after the title of an entry; "" if the entry does not give it."""
    bare = re.sub(rf"[(（]\s*{re.escape(date.text)}\s*[)）]|{re.escape(date.text)}", " ", rest) if date else rest
    container, text = _marked(_EDITORS_FIRST.sub("", bare))
    publisher, text = _publisher(without_italics(text))
    if container:
        return container, publisher
    parts = [part for part in _parts(THESIS.sub(" ", text)) if part not in authors and part != publisher]
    if is_thesis and not publisher:  # the publisher of a thesis is the university
        return "", next((part for part in parts if is_organisation(part)), "")
    return next(iter(parts), ""), publisher


def _marked(text: str) -> tuple[str, str]:
    """The title between marks of a book or journal (『』, 《》, italics), and the text without it."""
    for pattern in _CONTAINER_MARKS:
        if match := pattern.search(text):
            return _VOLUME_AT_END.sub("", match.group(1).strip()), text.replace(match.group(), " ")
    return "", text


def without_italics(text: str) -> str:
    """The text without the asterisks around italics."""
    return ITALIC.sub(r"\1", text)


def _publisher(text: str) -> tuple[str, str]:
    """The publisher, and the text without the publisher and its city."""
    if match := PUBLISHER.search(text):
        return match.group().strip(" ,.、。"), re.sub(_PLACE + re.escape(match.group()) + _CITY, " ", text)
    if match := _PLACE_AND_PUBLISHER.search(text):
        return (match.group(1) or match.group(2)).strip(), text.replace(match.group(), " ")
    return "", text


def _parts(text: str) -> list[str]:
    """Candidates for the container: parts between commas and full stops, without codes, numbers and editors."""
    if match := _ABBREVIATED.match(text):
        return [match.group(1)]
    clean = _EDITION.sub("", VOLUME.sub("、", PAGES.sub("、", text)))
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
    """The first type that fits: thesis, report, news, conference, chapter, article, web, book; else other."""
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
