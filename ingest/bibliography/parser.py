"""Parse bibliography entries in Japanese, Chinese and Western styles into `Reference`.

Written here on purpose: the known tools for parsing references (GROBID, AnyStyle) are trained on Western styles and run
as a server or a separate program, while most entries here are Japanese.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_letters

from ingest.bibliography.chosen import (
    chosen_authors,
    chosen_container,
    chosen_date,
    chosen_publisher,
    chosen_title,
)
from ingest.bibliography.division import LEAST_LETTERS, NO_YEAR, YEARS, divide
from ingest.bibliography.fields import (
    PAGES,
    THESIS,
    Date,
    entry_type,
    find_dates,
    is_organisation,
    split_authors,
    venue_of,
    without_italics,
)
from ingest.bibliography.labelled import NOTHING, Labelled, labelled
from ingest.bibliography.work_names import NUMBERED_KEY, distinct_keys, short_key
from ingest.document import Document, Reference
from ingest.text import close_up
from retriever.text import language_of

LABEL = re.compile(
    r"^\s*(?:[\[［〔]\s*([\w+\-.]{1,12})\s*[\]］〕]|[(（](\d{1,3})[)）]|(\d{1,3})\s*[.．)）、:](?=\s|[^\d])"
    r"|([⁰¹²³⁴-⁹]{1,3})(?=\S))\s*"
)
# natbib's label before an entry that has its year as well: "[Reed and Moor (1996)] Reed, J. and Moor, B. (1996) …"
_LONG_LABEL = re.compile(r"^\s*\[[^\[\]]{3,80}?[(, ](?:1[5-9]|20)\d\d[a-z]?[^\[\]]{0,60}\]\s*(?=.*(?:1[5-9]|20)\d\d)")
_PART = re.compile(r"^\s*\(([a-j])\)\s+")  # of an entry that holds several works under one number
_MARK = re.compile(r"^\s*(?:[-–*•‣▪◦●○・■□◆◇]\s*)")
_URL = re.compile(
    r"(?:[<＜]\s*+(?:URL:\s*+)?|(?<!\s)\s++)?((?:(?:https?|ftp)://|\bwww\.(?=[\w-]+\.[a-z]))[^\s<>「」『』（）＜＞、。，]+)\s*[>＞]?"
)
_DOI = re.compile(
    r"(?:https?\s?:\s?//\s?(?:dx\.)?doi\.org/|doi\s*+(?:[:：]\s*+)?|(?<=[\s,.，、：])(?=10\.\d+/))(10\.\d{4,9}/(?:[^\s<>「」、。，]|<\d[^\s<>]{0,40}>)+)",
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
    r"|(?:入手先|参照先|\bURL\b)\s*[:：]?\s*",
    re.IGNORECASE,
)
# APA: "Title (2nd ed., pp. 5–19). Publisher", "Title (Report No. 7)."
_EDITION_BRACKETS = re.compile(
    r"(?:(?<!\s)\s++)?\((?:(?:\d+(?:st|nd|rd|th)|[Rr]ev(?:ised|\.)) ed(?:ition|n)?\b[^()]*"
    r"|(?:Report|Publication|Working Paper|Version|Vols?\.|Nos?\.) ?(?=[^()]*\d)[^()]*+"
    r"|[A-Z][^()]*, (?:Trans|Eds?|Illus)\.|[^()]{2,40}, [編訳])\)"
)
_YEAR_AT_END = re.compile(
    rf"[(（\[](?:[Cc]a?\. )?{YEARS}(?:[,，][^()（）]*)?[)）\]]\s*[.,，、]?$|(?<!\d)[.,]\s*{YEARS}[.,]?$|^{YEARS}[.,]?$"
)
# the years of a work in several volumes, or of one that goes on: "Tern Press, 1975–1985.", "(Paris, 1987–)"
_SPAN = re.compile(r"(?<=[\s(\[])(?<!pp\. )(?<!p\. )((?:1[5-9]|20)\d\d)\s?[–-]\s?(?:(?:1[5-9]|20)?\d\d)?(?=[.,;)\]]|$)")
_MONTH = re.compile(r"(?:1[5-9]|20)\d\d-(?:0[1-9]|1[0-2])$")  # 2002-10 is October 2002
_STOP_INSIDE = re.compile(r"[.,](?=[”’]$)")
_YEAR_ALONE = re.compile(r"[.．]\s(?:1[5-9]|20)\d\d年[.．]?$")
_BARE_YEAR_AT_END = re.compile(rf"\s{YEARS}[.,]?$")
_DESCRIPTION = re.compile(r"(?<=\S)\s*\[[^\[\]]*[A-Za-z]{3}[^\[\]]*\]$")  # APA: "Title [Letter to the editor]"
# a dash, or a remnant of a line drawn on the page, which stands for the authors of the previous entry
_AS_BEFORE = re.compile(
    rf"^\s*(?:[-–—―─⸺⸻_‐‑‒]{{2,8}}|[—―─⸺⸻])\s?[.,，、:：]?(?=\s|[(（「『“])|^\s*[.,]\s(?=(?:eds?\.\s)?{YEARS}|[(])|^\s*[–-]\s?(?=[(（]?{YEARS})"
)
_YEAR_AND_BOOK = re.compile(r",\s(?:1[5-9]|20)\d\d[a-z]?,\s")  # between the authors and the book of a chapter
_TYPE_MARK = re.compile(r"(?:(?<!\s)\s++)?\[(?:J|M|C|D|R|N|S|P|G|A|Z|EB|DB|CP)(?:/OL)?\]")  # GB/T 7714
_NO_YEAR = re.compile(rf"[(（](?:{NO_YEAR})[)）]|[.,]\s+(?:n\.\s?d|[Ff]orthcoming|[Ii]n press)\.?,?$")
_EASTERN = re.compile("[ぁ-ヿ一-鿿가-힣]")
_ET_AL = re.compile(r"^et al|^ibid|^in$", re.IGNORECASE)
_NOBODY = "Nobody, N."  # replaces such a dash while an entry is divided
# Marks of italics in plain text: *…*, _…_ at word boundaries, <i>…</i>. Marks of bold are removed.
_BOLD = re.compile(r"\*\*|__(?!\w)|(?<!\w)__|</?(?:b|strong)>")
_ITALIC_MARKS = re.compile(r"</?(?:i|em|cite)>|(?<![\w_])_(?=[^\W_])|(?<=[^\s_])_(?![\w_])")


def with_references(document: Document) -> Document:
    """The document with its bibliography parsed, unless it already has references."""
    return document if document.references else replace(document, references=parse_bibliography(document))


def parse_bibliography(document: Document) -> tuple[Reference, ...]:
    """Parse the entries of a document: numbered from 1 in order, each with a distinct key."""
    blocks = [block for block in document.blocks if block.kind == "entry"]
    bodies = [_body(block.text, block.italics, place > 0)[1] for place, block in enumerate(blocks)]
    shown = iter(labelled([body for body in bodies if not _EASTERN.search(body)]))
    entries: list[Reference] = []
    for block, body in zip(blocks, bodies, strict=True):
        fields = NOTHING if _EASTERN.search(body) else next(shown)
        entries.append(parse_entry(block.text, block.italics, entries[-1].authors if entries else (), fields))
    entries = _with_keys_of_parts(entries)
    keys = distinct_keys([entry.key for entry in entries], [entry.raw for entry in entries])
    return tuple(
        replace(entry, number=number, key=key) for number, (entry, key) in enumerate(zip(entries, keys, strict=True), 1)
    )


def _with_keys_of_parts(entries: Sequence[Reference]) -> list[Reference]:
    """The entries, with keys such as "3b" for a further work under the number 3: marked (b), or without a number."""
    keyed: list[Reference] = []
    for entry in entries:
        before = NUMBERED_KEY.fullmatch(keyed[-1].key) if keyed else None
        part = _PART.match(entry.raw)
        if before and (part or not LABEL.match(entry.raw)):
            letter = part.group(1) if part else chr(ord(before.group(2) or "a") + 1)
            keyed.append(replace(entry, key=before.group(1) + letter))
        else:
            keyed.append(entry)
    return keyed


def parse_entry(
    text: str, italics: Sequence[str] = (), authors_before: tuple[str, ...] = (), fields: Labelled | None = None
) -> Reference:
    """Parse one entry. Fields that it does not give are ""; `number` is 0.

    `authors_before` are those of the entry before, for which a dash may stand.
    `italics` are its italic phrases, if the file format has italics; plain text marks them with *asterisks*.
    `fields` are those that the labels of its words show, found together with those of the other entries of its list:
    NOTHING in lists with Japanese, Chinese or Korean entries, whose layouts the rules know.
    """
    label, body, same = _body(text, italics, bool(authors_before))
    shown = fields or labelled([body])[0]
    url, body = _take_url(body)
    body = _LEAD.sub("", _ACCESS.sub("", body)).strip()
    head, title, rest = divide(_EDITION_BRACKETS.sub("", body))
    head, title = without_italics(head), close_up(_DESCRIPTION.sub("", without_italics(_TYPE_MARK.sub("", title))))
    date = _date(head, rest, body if not title else "")
    authors = authors_before if same else split_authors(_without_date(_YEAR_AND_BOOK.split(head)[0], date))
    container, publisher = venue_of(rest, date, authors, bool(THESIS.search(body)))
    if shown is not NOTHING and not _EASTERN.search(body):
        shown = replace(shown, title=_DESCRIPTION.sub("", _EDITION_BRACKETS.sub("", shown.title)))
        title = chosen_title(title, shown, body)
        authors = authors_before if same else chosen_authors(authors, shown, title, body)
        date = date if _NO_YEAR.search(body) else chosen_date(date, _shown_date(shown.date), title)
        between_commas = re.search(rf", {re.escape(shown.publisher)},? *(?:$|\w)", body)
        is_journal = shown.publisher == container and re.search(rf"{re.escape(container)}\*,? \d", body)
        shown_publisher = "" if shown.publisher in title or is_journal else shown.publisher
        publisher = chosen_publisher(publisher, shown_publisher, bool(shown.container and between_commas))
        container = (
            "" if shown.container in title and shown.container else chosen_container(container, shown.container, body)
        )
    title = _STOP_INSIDE.sub("", title)
    if not title:
        title = close_up(without_italics(body).strip(" .。"))
    kind = entry_type(body, container, publisher, authors, url)
    by_organisation = len(authors) == 1 and is_organisation(authors[0])
    if (
        kind == "news" and by_organisation and not container and "『" not in body
    ):  # a newspaper is both author and container
        container = authors[0]
    return Reference(
        number=0,
        key=label or short_key(authors, title, date),
        authors=authors,
        title=title,
        container=close_up(container),
        publisher=publisher or (authors[0] if by_organisation else ""),
        date=date.iso if date else "",
        date_text=close_up(date.text) if date else "",
        url=url,
        language=language_of(title if re.search(r"[^\W\d_]", title) else text, "ja"),
        kind=kind,
        raw=text.strip(),
    )


def _body(text: str, italics: Sequence[str], follows: bool) -> tuple[str, str, bool]:
    """(number or key before an entry, the entry without it, whether a dash stands for the authors).

    Italics in the entry are marked with asterisks. `follows`: another entry precedes this one, so a dash can stand for
    its authors; a placeholder name replaces the dash.
    """
    raw = text.strip()
    dash = _AS_BEFORE.match(raw) if follows else None
    bare = _NOBODY + raw[dash.end() :] if dash else _LONG_LABEL.sub("", _MARK.sub("", raw), count=1)
    body = _with_italics_marked(" ".join(bare.split()), italics)
    label = LABEL.match(body)
    key = next((group for group in label.groups() if group), "") if label else ""
    bare = _PART.sub("", body[label.end() :] if label else body, count=1)
    return unicodedata.normalize("NFKC", key), bare, dash is not None


def _take_url(body: str) -> tuple[str, str]:
    """Extract the URL of an entry (its DOI as a URL, if it has one); returns it and the rest of the entry."""
    url = ""
    if match := _URL.search(body):
        url = match.group(1).rstrip(".,;)>」")
        url = url if "://" in url else f"https://{url}"
    doi = _DOI.search(body)
    if doi:
        url = "https://doi.org/" + _closed(doi.group(1).rstrip(".,;*"))
    return url, _DOI.sub("", _URL.sub("", body)).strip()


def _closed(doi: str) -> str:
    """The DOI without a closing bracket that belongs to the text around it."""
    return doi[:-1].rstrip(".,;") if doi.endswith(")") and doi.count(")") > doi.count("(") else doi


def _with_italics_marked(body: str, italics: Sequence[str]) -> str:
    """The entry with italic phrases between asterisks, and without marks of bold type."""
    body = _ITALIC_MARKS.sub("*", _BOLD.sub("", body))
    for words in (" ".join(stretch.split()) for stretch in italics):
        # Short italics (a volume, et al.) are not a title, and neither is an entry that is all in italics.
        is_title = len(re.findall(r"[^\W\d_]", words)) >= LEAST_LETTERS and not _ET_AL.search(words)
        if is_title and "*" not in words and "://" not in words and len(words) < 0.8 * len(body):
            start, phrase, rest = body.rpartition(words)  # the last place: a title may contain its journal's name
            before = start.rstrip(ascii_letters)  # "R" of "R: A Language" may be in another font
            body = f"{before}*{start[len(before) :]}{phrase}*{rest}" if phrase else body
    return body


def _date(head: str, rest: str, whole: str) -> Date | None:
    """The date of an entry: next to the authors in author–year styles, else the most precise date after the title."""
    stated = _YEAR_AT_END.search(head) or _BARE_YEAR_AT_END.search(head)
    year = re.search(r"\d{4}", stated.group()) if stated else None
    if stated and year:
        dates = [date for part in (rest, head) for date in find_dates(PAGES.sub(_blank_pages, part))]
        own = [date for date in dates if date.iso[:4] == year.group()]
        if own:
            return max(own, key=lambda date: len(date.iso))
        return Date(year.group(), stated.group().strip(" .,，、()（）[]"), *stated.span())
    for part in (rest, head, whole):
        dates = list(find_dates(PAGES.sub(_blank_pages, part)))
        if dates:
            return max(dates, key=lambda date: (len(date.iso), -date.start))
    span = _SPAN.search(rest) or _SPAN.search(head)
    return Date(span.group(1), span.group(), *span.span()) if span else None


def _shown_date(words: str) -> Date | None:
    """The most precise date in words that are labelled as a date; for a span of years, the first year."""
    dates = list(find_dates(words))
    if dates:
        return max(dates, key=lambda date: (len(date.iso), -date.start))
    year = re.search(YEARS, words)
    return Date(year.group()[:4], words, *year.span()) if year else None


def _blank_pages(match: re.Match[str]) -> str:
    """Replace page numbers with spaces; "2016-08" in "2016-08-09" is not a page range."""
    following = match.string[match.end() : match.end() + 3]
    is_date = _MONTH.match(match.group()) or re.fullmatch(r"(?:1[5-9]|20)\d\d-\d\d-\d\d", match.group() + following)
    return match.group() if is_date else " " * len(match.group())


def _without_date(head: str, date: Date | None) -> str:
    head = _YEAR_AT_END.sub("", _NO_YEAR.sub("", _YEAR_ALONE.sub("", head)))
    head = _BARE_YEAR_AT_END.sub("", head.replace(date.text, "") if date else head)
    return re.sub(r"[(（\[]\s*[)）\]]", "", re.sub(r"[(（](?:1[5-9]|20)\d\d[a-z]?[)）]", "", head)).strip(
        " .,:：，、。"
    )
