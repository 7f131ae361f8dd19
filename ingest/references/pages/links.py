"""Landing pages: pages about a work with its abstract and links to its file."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import unquote

from ingest.bibliography.same_work import similar_titles
from ingest.document import Block
from ingest.references.pages.page import WebPage, absolute, weight
from retriever.text import one_line

_MOST_RETURNED = 4  # maximum links returned
_MOST_READ = 2_000  # maximum links read from a page
_WORK = r"(?:report|paper|article|text|document|brief|publication|study)"
_LINK_TO_FILE = re.compile(
    r"(?:全文|ダウンロード)\s*+(?:[（(]\s*+)?pdf|本文\s*+(?:[（(]\s*+)?(?:pdf|を?(?:見る|表示|ダウンロード))"
    r"|pdf\s*+(?:(?:を|の|形式で)\s*+)?(?:ダウンロード|で読む|で見る|を?開く|を?表示)"
    rf"|(?:download|view|read|open|get)\s++(?:the\s++)?(?:full\s++)?{_WORK}?\s*+(?:as\s+(?:a\s+)?|\(|in\s+)?pdf"
    rf"|download\s+(?:the\s+)?(?:full\s+)?{_WORK}"
    r"|full[\s-]*+text\s*+(?:\(?pdf|access)|pdf\s*(?:download|version|full)|^\W*pdf\W*$",
    re.IGNORECASE,
)
# Patterns of file addresses on J-STAGE, CiNii, institutional repositories and arXiv.
_FILE = re.compile(
    r"\.pdf(?:$|[?#])|/_pdf(?:/|$|\?)|/pdf/(?:/|$|\d)|/record/\d+/files/|action=repository_(?:action|uri|view).{0,300}?file"
    r"|/bitstreams?/|arxiv\.org/pdf/|/article/download/",
    re.IGNORECASE,
)
_OTHER_FILE = re.compile(
    r"申込|様式|記入|チラシ|パンフ|規約|規程|annual report|brochure|form\b|flyer|privacy|terms|media kit|curriculum"
    r"|supplement"
    r"|cookie|年報|会報|投稿規定|利用案内|マニュアル|guide\b",
    re.IGNORECASE,
)
_ABSTRACT = ("citation_abstract", "dc.description.abstract", "dcterms.abstract", "dc.description", "eprints.abstract")
_SCHOLARLY = ("citation_title", "citation_pdf_url", "citation_journal_title", "citation_doi", "prism.publicationname")
_REFERENCES_HEADING = re.compile(
    r"^(?:引用文献|参考文献|文献|参照文献|references|bibliography|works cited|notes)\W*$", re.IGNORECASE
)


def links_to_the_work(page: WebPage, wanted_title: str) -> tuple[str, ...]:
    """Links from a landing page to the work itself, most likely first."""
    scored = [
        (score, -place, url) for place, (score, url) in enumerate(_candidates(page, wanted_title)) if url and score
    ]
    here = page.url.partition("#")[0]
    best = dict.fromkeys(url for _, _, url in sorted(scored, reverse=True) if url.partition("#")[0] != here)
    return tuple(best)[:_MOST_RETURNED]


def links_by_title(page: WebPage, wanted_title: str) -> tuple[str, ...]:
    """Links whose text is the cited title, such as links from a front page or list to the work's own page."""
    if weight(wanted_title) < 16:
        return ()
    urls = [
        absolute(link.get("href", ""), page.url)
        for link in islice(page.root.iter("a"), _MOST_READ)
        if weight(link.text_content()) < 400 and similar_titles(wanted_title, one_line(link.text_content()))
    ]
    here = page.url.partition("#")[0]
    return tuple(dict.fromkeys(url for url in urls if url and url.partition("#")[0] != here))[:_MOST_RETURNED]


def is_scholarly(page: WebPage) -> bool:
    """Whether a page has the bibliographic <meta> elements used by journals and repositories."""
    return any(page.metas.get(name) for name in _SCHOLARLY)


def abstract_of(page: WebPage) -> str:
    """The abstract from the page's <meta> elements; "" without one."""
    long = [value for name in _ABSTRACT for value in page.metas.get(name, ()) if weight(value) >= 120]
    return re.sub(r"<[^>]{1,80}>", "", max(long, key=len)).strip() if long else ""


def prose_weight(blocks: Sequence[Block]) -> int:
    """Total weight of the running text: paragraphs and list items with sentences, up to the bibliography."""
    total = 0
    for block in blocks:
        if _REFERENCES_HEADING.match(block.text.strip()):
            break
        if block.kind in ("paragraph", "list_item", "table_row") and weight(block.text) >= 60:
            total += weight(block.text)
    return total


def _candidates(page: WebPage, wanted_title: str) -> Iterator[tuple[int, str]]:
    for name in ("citation_pdf_url", "bepress_citation_pdf_url", "eprints.document_url", "wkhealth_pdf_url"):
        for value in page.metas.get(name, ()):
            yield 10, absolute(value, page.url)
    for href, kind in page.links:
        if kind == "application/pdf":
            yield 9, absolute(href, page.url)
    arxiv = re.match(r"https?://(?:www\.)?arxiv\.org/abs/([\w./-]+)$", page.url)
    if arxiv:
        yield 10, f"https://arxiv.org/pdf/{arxiv.group(1)}"
    for link in islice(page.root.iter("a"), _MOST_READ):
        url = absolute(link.get("href", ""), page.url)
        if url:
            yield _score(link, url, wanted_title), url


def _score(link: Any, url: str, wanted_title: str) -> int:
    """How likely a link leads to the work's file; higher is more likely, 0 excludes the link."""
    text = one_line(link.text_content()) or one_line(link.get("title") or link.get("aria-label") or "")
    address = unquote(url.partition("//")[2].partition("/")[2])
    is_file = bool(_FILE.search(url))
    says = weight(text) < 120 and bool(
        _LINK_TO_FILE.search(text) or (is_file and re.search(r"\bpdf\b", text, re.IGNORECASE))
    )
    if _OTHER_FILE.search(text) or _OTHER_FILE.search(address):
        return 0
    if (
        is_file
        and weight(wanted_title) >= 12
        and similar_titles(wanted_title, re.sub(r"\(?\bpdf\b.*", "", text, flags=re.IGNORECASE))
    ):
        return 8
    if says:
        return 7 if is_file else 5
    return 3 if is_file and "/_pdf" in url else 0
