"""The text after the title of an entry → its venue: journal, book or newspaper (container), and publisher."""

import re

from ingest.bibliography.authors import is_organisation
from ingest.bibliography.dates import Date
from ingest.bibliography.entry_type import PAGES, THESIS, VOLUME

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
