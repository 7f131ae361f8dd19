"""Parse bibliography entries in Japanese, Chinese and Western styles into `Reference`.

Written here on purpose: the known tools for parsing references (GROBID, AnyStyle) are trained on Western styles and run
as a server or a separate program, while most entries here are Japanese.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_letters

from ingest.bibliography.fields import (
    ITALIC,
    PAGES,
    PUBLISHER,
    THESIS,
    Date,
    entry_type,
    find_dates,
    is_organisation,
    split_authors,
    venue_of,
    without_italics,
)
from ingest.bibliography.work_names import distinct_keys, short_key
from ingest.document import Document, Reference
from ingest.text import close_up
from retriever.text import language_of

_LABEL = re.compile(
    r"^\s*(?:[\[［〔]\s*([\w+\-.]{1,12})\s*[\]］〕]|[(（](\d{1,3})[)）]|(\d{1,3})\s*[.．)）、:](?=\s|[^\d])"
    r"|([⁰¹²³⁴-⁹]{1,3})(?=\S))\s*"
)
_MARK = re.compile(r"^\s*(?:[-–*•‣▪◦●○・■□◆◇]\s*)")
_URL = re.compile(
    r"(?:[<＜]\s*+(?:URL:\s*+)?|(?<!\s)\s++)?((?:(?:https?|ftp)://|\bwww\.(?=[\w-]+\.[a-z]))[^\s<>「」『』（）＜＞、。，]+)\s*[>＞]?"
)
_DOI = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|doi\s*+(?:[:：]\s*+)?)(10\.\d{4,9}/(?:[^\s<>「」、。，]|<\d[^\s<>]{0,40}>)+)",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"(?:[（(\[](?:\s*+最終)?|(?<!\s)\s*+最終|(?<![\d年月日/.\-\s]))[\d年月日/.\-\s]*+(?:閲覧|アクセス|最終確認|参照|取得|访问|引用)日?"
    r"(?:\s*+[:：])?[\d年月日/.\-\s]*(?:[）)\]]\s*+)?(?=$|[。.、,])"
    r"|[（(\[]?\b(?:Last )?(?:accessed|retrieved|viewed)(?: on)?:?\s*"
    r"(?:[A-Z][a-z]+\.? \d{1,2},? \d{4}|\d{1,2} [A-Z][a-z]+\.? \d{4})?,?\s*(?:from\b)?:?[）)\]]?"
    r"|\[\d{4}-\d\d-\d\d\]",  # GB/T 7714
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\b(?:Available (?:at|from|online)|Retrieved from|URL)\s*:?\s*|\bOnline:\s*|\[Online\]\.?\s*"
    r"|(?:入手先|参照先|URL)\s*[:：]?\s*",
    re.IGNORECASE,
)
_YEAR_IN_BRACKETS = re.compile(
    r"^(.{1,300}?)\s*[(（]((?:1[5-9]|20)\d\d[a-z]?(?:[,，][^()（）]*)?|n\.\s?d\.|in press|forthcoming|近刊|刊行年不明)"
    r"[)）]\s*[.．:：,，、]?\s*(.+)$"
)
_YEAR_BETWEEN_COMMAS = re.compile(r"^((?:(?![^\sA-Z.]{2}\.\s)[^,\[。]){2,80}),\s*((?:1[5-9]|20)\d\d[a-z]?),\s*(.{6,})$")
_YEAR_BETWEEN_POINTS = re.compile(r"^([^\d]{2,200}?)[.．]\s+((?:1[5-9]|20)\d\d[a-z]?)[.．]\s+(.{6,})$")
# "Nye, Joseph S., Jr. Soft Power: …": after a full given name, the full stop of an initial ends the names
_INVERTED_NAME = re.compile(
    r"^([A-Z][\w’'-]+, [A-Z][a-zà-ÿ]+(?:[ -][A-Z]\.)*(?:,? (?:Jr\.|Sr\.|III?))?)\.?\s+(?=[A-Z0-9])(.{6,})$"
)
_PERSON = (
    r"(?:[A-ZÀ-Þ]\.[\s-]?){1,5}(?:(?:van|von|de|der|den|di|da|la|le)\s)*(?:[Dd]['’])?[A-ZÀ-Þ][\w’'-]+"
    r"(?:,? (?:Jr\.|II|III|IV))?"
)
_INITIALS_FIRST = re.compile(
    rf"^({_PERSON}(?:(?:,\s*(?:and\s+|&\s+)?|\s+(?:and|&)\s+){_PERSON})*(?:,?\s+et al\.?)?)[,.:]\s+(?!in\b)(.{{6,}})$"
)
# "Peter J. Rousseeuw and Annick M. Leroy. Robust Regression. …": full given names, as BibTeX's style plain has them
_FULL_NAME = (
    r"(?:[A-ZÀ-ÞŠŽ][\w’'-]{1,30}+|(?:[A-ZÀ-Þ]\.[ -]?){1,5}+[A-ZÀ-Þ]?)"
    r"(?: (?:[A-ZÀ-Þ]\.-?|[A-ZÀ-ÞŠŽ][\w’'-]{1,30}+|van|von|de|der|den|di|da|la|le)){1,5}"
)
_BETWEEN = r"(?:, (?:and |& )?| (?:and|&) )"
_FULL_NAMES_FIRST = re.compile(
    rf"^((?>{_FULL_NAME}(?:{_BETWEEN}(?:{_FULL_NAME}|others|et al))*+))(?<!\bNo)\. ([^\s\d].{{5,}})$"
)
_INITIAL = re.compile(r"\b[A-ZÀ-Þ]\.")
# "Gibson, T. A. and Tucker, M. A., 2008, The Big Book, …": inverted names, then the year
_INVERTED_THEN_YEAR = re.compile(
    r"^([^\d「『“\"]{3,300}?[A-Z]\.[^\d「『“\"]{0,20}?),\s+((?:1[5-9]|20)\d\d[a-z]?),\s+(.{6,})$"
)
# "Phys. Rev. B 53, 7227 (1996).": a periodical with volume and page, without a title before it
_PERIODICAL = re.compile(
    r"^([A-Z][^\d,;]{1,60}?)[,\s]\s*(?:[Vv]ol\.?\s*)?\d+[A-Z]?,\s*[A-Z]?\d+(?:[–-]\d+)?\s*\((?:1[5-9]|20)\d\d\)"
)
_POINT = re.compile(
    r"(?<=[^\sA-Z.][^\s.])[.．](?:\s+|(?=[^\x00-\x7f]))|(?<=[一-鿿ぁ-ヿ])[.．]\s+|(?<=\b[A-Z])\.\s+(?=[A-Z][a-z]+\s+[a-z])|(?<=\])[.．]\s*"
)
# APA: "Title (2nd ed., pp. 5–19). Publisher", "Title (Report No. 7)."
_EDITION_BRACKETS = re.compile(
    r"(?:(?<!\s)\s++)?\((?:(?:\d+(?:st|nd|rd|th)|[Rr]ev(?:ised|\.)) ed(?:ition|n)?\b[^()]*"
    r"|(?:Report|Publication|Working Paper) (?=[^()]*\d)[^()]*+)\)"
)
_VOLUME_FIRST = re.compile(r"[\s.,]*(?:\*?\d|[Vv]ol|[Nn]o\.|第)")  # follows the name of a journal
_YEAR_AT_END = re.compile(r"[(（](?:1[5-9]|20)\d\d[a-z]?[)）]\s*[.,，、]?$|,\s*(?:1[5-9]|20)\d\d[a-z]?,?$")
_YEAR_AND_BOOK = re.compile(r",\s(?:1[5-9]|20)\d\d[a-z]?,\s")  # between the authors and the book of a chapter
_TYPE_MARK = re.compile(r"(?:(?<!\s)\s++)?\[(?:J|M|C|D|R|N|S|P|G|A|Z|EB|DB|CP)(?:/OL)?\]")  # GB/T 7714
_QUOTES = (("「", "」"), ("“", "”"), ("『", "』"), ("《", "》"), ('"', '"'), ("‘", "’"))
_NO_YEAR = re.compile(r"[(（](?:n\.\s?d\.|in press|forthcoming|近刊|刊行年不明)[)）]")
# "Moreau A, Silva BC. Title.": names in Vancouver style, which is used in medicine
_VANCOUVER = re.compile(
    r"^((?:[A-ZÀ-Þ][\w’'-]+ [A-Z]{1,3},\s+){0,30}[A-ZÀ-Þ][\w’'-]+ [A-Z]{1,3}(?:,? et al)?)\.\s+(.{6,})$"
)
_ET_AL = re.compile(r"^et al|^ibid|^in$", re.IGNORECASE)
_LEAST_LETTERS = 4  # minimum letters of a title
# Marks of italics in plain text: *…*, _…_ at word boundaries, <i>…</i>. Marks of bold are removed.
_BOLD = re.compile(r"\*\*|__(?!\w)|(?<!\w)__|</?(?:b|strong)>")
_ENDS_WITH_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d[a-z]?[)）\]]?[.,:]?$")
_ITALIC_MARKS = re.compile(r"</?(?:i|em|cite)>|(?<![\w_])_(?=[^\W_])|(?<=[^\s_])_(?![\w_])")


def with_references(document: Document) -> Document:
    """The document with its bibliography parsed, unless it already has references."""
    return document if document.references else replace(document, references=parse_bibliography(document))


def parse_bibliography(document: Document) -> tuple[Reference, ...]:
    """Parse the entries of a document: numbered from 1 in order, each with a distinct key."""
    entries = [parse_entry(block.text, block.italics) for block in document.blocks if block.kind == "entry"]
    keys = distinct_keys([entry.key for entry in entries], [entry.raw for entry in entries])
    return tuple(
        replace(entry, number=number, key=key) for number, (entry, key) in enumerate(zip(entries, keys, strict=True), 1)
    )


def parse_entry(text: str, italics: Sequence[str] = ()) -> Reference:
    """Parse one entry. Fields that it does not give are ""; `number` is 0.

    `italics` are its italic phrases, if the file format has italics; plain text marks them with *asterisks*.
    """
    raw = text.strip()
    body = _with_italics_marked(" ".join(_MARK.sub("", raw).split()), italics)
    label = _LABEL.match(body)
    body = body[label.end() :] if label else body
    url, body = _take_url(body)
    body = _LEAD.sub("", _ACCESS.sub("", body)).strip()
    head, title, rest = _divide(_EDITION_BRACKETS.sub("", body))
    head, title = without_italics(head), close_up(without_italics(_TYPE_MARK.sub("", title)))
    date = _date(head, rest, body if not title else "")
    authors = split_authors(_without_date(_YEAR_AND_BOOK.split(head)[0], date))
    container, publisher = venue_of(rest, date, authors, bool(THESIS.search(body)))
    if not title:
        title = close_up(without_italics(body).strip(" .。"))
    kind = entry_type(body, container, publisher, authors, url)
    by_organisation = len(authors) == 1 and is_organisation(authors[0])
    if (
        kind == "news" and by_organisation and not container and "『" not in body
    ):  # a newspaper is both author and container
        container = authors[0]
    key = unicodedata.normalize("NFKC", next((group for group in label.groups() if group), "")) if label else ""
    return Reference(
        number=0,
        key=key or short_key(authors, title, date),
        authors=authors,
        title=title,
        container=close_up(container),
        publisher=publisher or (authors[0] if by_organisation else ""),
        date=date.iso if date else "",
        date_text=close_up(date.text) if date else "",
        url=url,
        language=language_of(title if re.search(r"[^\W\d_]", title) else raw, "ja"),
        kind=kind,
        raw=raw,
    )


def _take_url(body: str) -> tuple[str, str]:
    """Extract the URL of an entry (a DOI as a URL, "" without one); returns it and the rest of the entry."""
    url = ""
    if match := _URL.search(body):
        url = match.group(1).rstrip(".,;)>」")
        url = url if "://" in url else f"https://{url}"
    doi = _DOI.search(body)
    if doi and (not url or "doi.org" in url):
        url = "https://doi.org/" + _closed(doi.group(1).rstrip(".,;"))
    return url, _DOI.sub("", _URL.sub("", body)).strip()


def _closed(doi: str) -> str:
    """The DOI without a closing bracket that belongs to the text around it."""
    return doi[:-1].rstrip(".,;") if doi.endswith(")") and doi.count(")") > doi.count("(") else doi


def _divide(body: str) -> tuple[str, str, str]:
    """Divide an entry into (text before the title, title, text after the title)."""
    names = _INITIALS_FIRST.match(body)
    quoted = _quoted(body)
    if quoted and not (names and body[names.end(1)] == "." and names.end(1) + 2 < quoted[0]):
        start, end, title, host = quoted
        return body[:start].strip(), title.strip(" ,.，、"), f"{host}{body[end:]}".strip()
    if match := ITALIC.search(body):
        return _divide_by_italics(body, match)
    return _divide_by_points(body)


def _with_italics_marked(body: str, italics: Sequence[str]) -> str:
    """The entry with italic phrases between asterisks, and without marks of bold type."""
    body = _ITALIC_MARKS.sub("*", _BOLD.sub("", body))
    for words in (" ".join(stretch.split()) for stretch in italics):
        # Short italics (a volume, et al.) are not a title, and neither is an entry that is all in italics.
        is_title = len(re.findall(r"[^\W\d_]", words)) >= _LEAST_LETTERS and not _ET_AL.search(words)
        if is_title and "*" not in words and "://" not in words and len(words) < 0.8 * len(body):
            start, phrase, rest = body.rpartition(words)  # a journal may have words of the title, which comes first
            before = start.rstrip(ascii_letters)  # "R" of "R: A Language" may be in another font
            body = f"{before}*{start[len(before) :]}{phrase}*{rest}" if phrase else body
    return body


def _divide_by_italics(body: str, italic: re.Match[str]) -> tuple[str, str, str]:
    """Divide an entry with italics but without quotation marks. Italics mark the title of a book or journal.

    That is the work's own title, unless another title comes between the authors (or the year) and the italics.
    """
    before, after = body[: italic.start()].strip(), body[italic.end() :].strip()
    if _ENDS_WITH_YEAR.search(before):
        return before, italic.group(1).strip(" ,."), after
    parts = _divide_by_full_names(before) or _divide_by_year(before) or _divide_by_names(before)
    if parts is None and _VOLUME_FIRST.match(after):
        pieces = _POINT.split(before, maxsplit=1)
        parts = (pieces[0], *_first_sentence(pieces[1])) if len(pieces) == 2 else None
    if parts and len(re.findall(r"[^\W\d_]", parts[1])) >= _LEAST_LETTERS:
        head, title, rest = parts
        return head, title, f"{rest} {body[italic.start() :]}"
    return before, italic.group(1).strip(" ,."), after


def _quoted(body: str) -> tuple[int, int, str, str] | None:
    """(start, end, title, host) of the title in quotation marks; `host` is the containing work, in 『』.

    A part of a work is quoted after it: 「白書」資料編の「資料1」, 『新聞』5月3日「記事」. Two quotations with only a
    word between them are one title: 「灯台」と「霧笛」.
    """
    places = [(body.find(opening), opening, closing) for opening, closing in _QUOTES if opening in body]
    if not places:
        return None
    start, opening, closing = min(places)
    end = _closing(body, start, opening, closing)
    if end is None:
        return None
    words = body[start + 1 : end - 1]
    inner = body.find("「", end)
    if inner >= 0 and opening in "「『" and (inner_end := _closing(body, inner, "「", "」")):
        between, within = body[end:inner], body[inner + 1 : inner_end - 1]
        if match := re.fullmatch(r"([^、。，,.\d\s]{0,12})の", between):
            return start, inner_end, within, f"『{words} {match.group(1)}』".replace(" 』", "』")
        if start == 0 and opening == "『":
            return start, inner_end, within, f"『{words}』{between}"
    following = re.match(rf"[^、。，,.\d\s]{{1,12}}(?={re.escape(opening)})", body[end:])
    if following:  # 「灯台」と「霧笛」
        second = _closing(body, end + following.end(), opening, closing)
        if second is not None:
            return start, second, body[start + 1 : second - 1], ""
    return start, end, words, ""


def _closing(body: str, start: int, opening: str, closing: str) -> int | None:
    """Index after the bracket that closes the bracket at `start`; None if it is never closed."""
    depth = 0
    for index in range(start, len(body)):
        if body[index] == closing and (opening != closing or index > start):
            depth -= 1
            if depth == 0 or opening == closing:
                return index + 1
        elif body[index] == opening:
            depth += 1
    return None


def _divide_by_points(body: str) -> tuple[str, str, str]:
    """Divide an entry without quotation marks: "Authors (year). Title. Rest", "Authors. Title. Rest", "著者：題、…"."""
    if parts := _divide_by_full_names(body) or _divide_by_year(body) or _divide_by_names(body):
        return parts
    pieces = _POINT.split(body, maxsplit=2)
    if len(pieces) >= 2 and len(pieces[0]) <= 200:
        return pieces[0], pieces[1].strip(" ."), pieces[2] if len(pieces) > 2 else ""
    if match := re.match(r"^([^：:、，,]{2,40})[：:、，,]\s*([^、，,。]{4,})(.*)$", body):
        return match.group(1), match.group(2), match.group(3)
    return "", "", body


def _divide_by_year(body: str) -> tuple[str, str, str] | None:
    """Divide an entry with a year between authors and title ("A (2019). …", "A. 2019. …", "A, 2019, …"); else None."""
    if (match := _YEAR_IN_BRACKETS.match(body)) and len(re.findall(r"[^\W\d_]", match.group(3))) >= 4:
        title, rest = _until_publisher(*_first_sentence(match.group(3)))
    elif match := _YEAR_BETWEEN_POINTS.match(body):
        title, rest = _first_sentence(match.group(3))
    elif (match := _INVERTED_THEN_YEAR.match(body)) or (match := _YEAR_BETWEEN_COMMAS.match(body)):
        title, _, rest = match.group(3).partition(", ")
        title = title.strip(" .")
    else:
        return None
    year = f" ({match.group(2)})" if re.search(r"\d", match.group(2)) else ""
    return match.group(1) + year, title, rest


def _divide_by_full_names(body: str) -> tuple[str, str, str] | None:
    """Divide an entry after full names, one of them with a middle initial, whose point does not end the names."""
    match = _FULL_NAMES_FIRST.match(body)
    return (match.group(1), *_first_sentence(match.group(2))) if match and _INITIAL.search(match.group(1)) else None


def _divide_by_names(body: str) -> tuple[str, str, str] | None:
    """Divide an entry after authors that are recognised by the form of their names; else None."""
    names_end_sentence = _VANCOUVER.match(body)
    if match := names_end_sentence or _INITIALS_FIRST.match(body):
        after = match.group(2)
        if names_end_sentence or body[match.end(1)] == ".":
            return match.group(1), *_first_sentence(after)
        if periodical := _PERIODICAL.match(after):
            return match.group(1), after[: periodical.end()].rpartition("(")[0].strip(), after
        titled = re.match(r"([^,]*(?:, [^,]{1,80}){0,3}?), (?=[A-Z])", after)
        if titled and _PERIODICAL.match(after[titled.end() :]):
            return match.group(1), titled.group(1), after[titled.end() :]
        return match.group(1), *_until_edition(after)
    if match := _INVERTED_NAME.match(body):
        title, rest = _first_sentence(match.group(2))
        return (match.group(1), title, rest) if rest else None
    return None


def _first_sentence(text: str) -> tuple[str, str]:
    match = re.search(r"(?<=[^\s.][^\s.])[.?!。．？](?:\s+|$|(?=[^\x00-\x7f]))", text)
    if not match:
        return text.strip(), ""
    end = match.start() if match.group()[0] in ".。．" else match.start() + 1
    return text[:end].strip(), text[match.end() :].strip()


def _until_publisher(title: str, rest: str) -> tuple[str, str]:
    """Correct (title, rest) if only commas separate title and publisher: "Title, OECD Publishing, Paris"."""
    match = PUBLISHER.search(title)
    if not match or not title[: match.start()].rstrip().endswith(","):
        return title, rest
    return title[: match.start()].strip(" ,"), f"{title[match.start() :]} {rest}"


def _until_edition(text: str) -> tuple[str, str]:
    """Divide "Title, 2nd ed. City: Publisher" or "Title. City: Publisher" into (title, rest)."""
    match = re.search(r",\s*(?=\d+(?:st|nd|rd|th) ed)|(?<=[^\s.][^\s.])\.\s+(?=[A-Z])|\s\((?=[A-Z][^()]*\d{4}\))", text)
    return (text[: match.start()], text[match.end() :]) if match else (text, "")


def _date(head: str, rest: str, whole: str) -> Date | None:
    """The date of an entry: next to the authors in author–year styles, else the most precise date after the title."""
    for part in (rest, head, whole):
        dates = list(find_dates(PAGES.sub(_blank_pages, part)))
        if dates and (part is not rest or not _YEAR_AT_END.search(head)):
            return max(dates, key=lambda date: (len(date.iso), -date.start))
    return None


def _blank_pages(match: re.Match[str]) -> str:
    """Replace page numbers with spaces; "2016-08" in "2016-08-09" is not a page range."""
    following = match.string[match.end() : match.end() + 3]
    is_date = re.fullmatch(r"(?:1[5-9]|20)\d\d-\d\d-\d\d", match.group() + following)
    return match.group() if is_date else " " * len(match.group())


def _without_date(head: str, date: Date | None) -> str:
    head = _YEAR_AT_END.sub("", _NO_YEAR.sub("", head))
    head = head.replace(date.text, "") if date else head
    return re.sub(r"[(（\[]\s*[)）\]]", "", re.sub(r"[(（](?:1[5-9]|20)\d\d[a-z]?[)）]", "", head)).strip(
        " .,:：，、。"
    )
