"""Publication date and authors of a page: from its metadata, else from its first lines."""

import re
from collections.abc import Sequence
from typing import Any

from ingest.bibliography.fields import find_date
from ingest.document import Block
from ingest.references.pages.page import WebPage
from retriever.text import one_line

_DATES = (
    "citation_publication_date", "citation_date", "citation_online_date", "article:published_time",
    "prism.publicationdate", "dc.date", "dc.date.issued", "dcterms.issued", "dcterms.date", "datepublished", "pubdate",
    "date",
)  # fmt: skip
_HEAD = 12  # number of blocks at the top to search for a date


def date_of(page: WebPage, extracted: Any, blocks: Sequence[Block]) -> str:
    """The publication date in ISO 8601, as precise as stated; "" if the page states none."""
    stated = [value for name in _DATES for value in page.metas.get(name, ())]
    stated += [str(item["datePublished"]) for item in page.data if isinstance(item.get("datePublished"), str)]
    for value in stated:
        date = find_date(value)
        if date:
            return date.iso
    for block in blocks[:_HEAD]:
        date = find_date(block.text) if len(block.text) < 120 else None
        if date and len(date.iso) == 10:
            return date.iso
    guessed = getattr(extracted, "date", None)
    return str(guessed) if guessed else ""


def authors_of(page: WebPage, extracted: Any) -> list[str]:
    """The distinct authors that the page names."""
    named = page.metas.get("citation_author") or page.metas.get("dc.creator") or _in_data(page)
    if not named:
        guessed = getattr(extracted, "author", None)
        named = [str(guessed)] if guessed else []
    parts = [one_line(part) for names in named for part in re.split(r"(?:(?<!\s)\s++)?;\s*", names)]
    return list(dict.fromkeys(part for part in parts if part and not part.startswith("http") and len(part) < 80))[:30]


def _in_data(page: WebPage) -> list[str]:
    names: list[str] = []
    for item in page.data:
        author = item.get("author")
        for person in author if isinstance(author, list) else [author]:
            name = person.get("name") if isinstance(person, dict) else person
            if isinstance(name, str):
                names.append(name)
    return names
