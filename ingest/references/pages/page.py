"""Parse a fetched web page: decode it, remove hidden elements, collect its metadata."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from ingest.fetching import Fetched
from ingest.fetching.content import charset_of
from ingest.loaders.html import collapsed, drop_hidden, parse
from ingest.loaders.text import decode
from ingest.text import is_wide
from retriever.text import letters, one_line

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WIDER = {"shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "utf-8"}
_TAKE_ANYTHING = frozenset({"cp1252", "iso8859-15", "latin-1"})  # accept any bytes: success proves nothing
_BANNER = re.compile(r"cookie|consent|onetrust|gdpr|ccpa|didomi|usercentrics|truste|qc-cmp|sp_message", re.IGNORECASE)
_BANNER_WORDS = re.compile(r"cookie|consent|privacy|クッキー|同意|プライバシー|隐私|쿠키", re.IGNORECASE)
_CUT = re.compile(
    r"(?:(?<!\s)\s++)?(?:(?<=\s)[|｜–—]\s+|(?<=\s)-\s+|[|｜]\s*|：：\s*|::\s*|(?<=\s)[»›·]\s+|[（(](?=[^）)／/]{0,200}+[／/][^）)]{0,200}+[）)]$))"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ACCESS = "isaccessibleforfree"


@dataclass(frozen=True, slots=True)
class WebPage:
    """A parsed page. `metas` are its <meta> elements by lower-case name, `data` its JSON-LD objects.

    `root` is the tree without scripts and hidden elements; `banner` the text of the removed cookie banner.
    """

    url: str
    requested_url: str
    root: Any
    title: str
    metas: dict[str, list[str]]
    data: tuple[dict[str, Any], ...]
    links: tuple[tuple[str, str], ...]  # (href, type) of its <link rel="alternate"> elements
    site: str = ""
    banner: str = ""
    needs_script: bool = False
    language: str = ""
    headings: tuple[str, ...] = field(default=())

    def meta(self, *names: str) -> str:
        """The value of the first of these <meta> elements that exists; "" if none does."""
        return next((value for name in names for value in self.metas.get(name, ())), "")

    @property
    def titles(self) -> tuple[str, ...]:
        """The page's own titles without the site's name, most reliable first."""
        named = [self.meta("citation_title", "dc.title", "dcterms.title"), *self.headings[:2]]
        named += [self.meta("og:title", "twitter:title"), self.title]
        parts = [without_site(name, self.site) for name in named if name]
        return tuple(dict.fromkeys(part for part in parts if part))


def open_page(fetched: Fetched, name: str) -> WebPage:
    """Parse a fetched page. Raises SourceError if it cannot be read as HTML."""
    root = parse(_CONTROLS.sub(" ", decoded_page(fetched, name)), name)
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        key = (meta.get("name") or meta.get("property") or meta.get("itemprop") or "").strip().lower()
        value = one_line(meta.get("content") or "")
        if key and value:
            metas.setdefault(key, []).append(value)
    data = tuple(_objects(root))
    title = one_line(root.findtext(".//head/title") or root.findtext(".//title") or "")
    links = tuple(
        (link.get("href") or "", (link.get("type") or "").lower())
        for link in root.iter("link")
        if "alternate" in (link.get("rel") or "").lower().split()
    )
    without_script = " ".join(one_line(element.text_content()) for element in root.iter("noscript"))
    scripts = sum(1 for _ in root.iter("script"))
    _without_code(root)
    drop_hidden(root)
    banner = _without_banners(root)
    headings = tuple(text for heading in root.iter("h1") if (text := one_line(collapsed(heading.text_content()))))
    return WebPage(
        url=fetched.url,
        requested_url=fetched.requested_url,
        root=root,
        title=title,
        metas=metas,
        data=data,
        links=links,
        site=_site(metas, data),
        banner=banner,
        needs_script=bool(re.search(r"javascript|スクリプト", without_script, re.IGNORECASE)) or scripts > 0,
        language=(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower(),
        headings=headings,
    )


def decoded_page(fetched: Fetched, name: str) -> str:
    """Decode the page: by byte order mark, by the declaration of server or page, else by detection."""
    data = fetched.content
    if data.startswith(_MARKS):
        return decode(data, name)
    said = [_codec(fetched.charset), _codec(charset_of(data, "", "html"))]
    last = "iso2022_jp" if b"\x1b$" in data else "utf-8"  # ISO-2022-JP is plain ASCII to a UTF-8 decoder
    telling = [encoding for encoding in dict.fromkeys([*said, last]) if encoding and encoding not in _TAKE_ANYTHING]
    for encoding in telling:
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    for encoding in telling[:-1]:  # accept a declared encoding that fails only for a few characters
        text = data.decode(encoding, errors="replace")
        if text.count("\ufffd") * 500 <= len(text):
            return text
    if any(encoding in _TAKE_ANYTHING for encoding in said):
        text = data.decode("cp1252", errors="replace")
        if sum("\xc0" <= character <= "\xff" for character in text) * 10 < len(text):
            return text
    return decode(data, name)


def without_site(title: str, site: str) -> str:
    """The title without the site's name at its start or end."""
    parts = [part for part in _CUT.split(title) if part.strip()]
    if len(parts) < 2:
        return title.strip()
    if site:
        named = [part for part in parts if letters(site) not in letters(part) and letters(part) not in letters(site)]
        return max(named or parts, key=len).strip()
    return max(parts, key=lambda part: sum(2 if is_wide(character) else 1 for character in part)).strip()


def in_quotes(title: str) -> str:
    """The title in quotation marks, cut to 60 characters for display."""
    return f"“{title if len(title) <= 60 else title[:59] + '…'}”"


def weight(text: str) -> int:
    """Length of a text with wide characters counted twice, so that limits fit all scripts."""
    return sum(2 if is_wide(character) else 1 for character in text if not character.isspace())


def absolute(href: str, base: str) -> str:
    """The absolute address of a link, "" if it is not http(s)."""
    try:
        url = urljoin(base, href.strip())
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname and len(url) <= 2000 else ""


def is_free(page: WebPage) -> bool | None:
    """The page's `isAccessibleForFree` (schema.org), None if absent."""
    said = [str(value).lower() for item in page.data for key, value in item.items() if key.lower() == _ACCESS]
    said += [value.lower() for value in page.metas.get(_ACCESS, [])]
    if any(value.endswith("false") or value in ("no", "0") for value in said):
        return False
    return True if said else None


def _codec(name: str | None) -> str:
    try:
        known = codecs.lookup(name or "").name
    except LookupError:
        return ""
    return _WIDER.get(known, known)


def _objects(root: Any) -> Iterator[dict[str, Any]]:
    """The objects in the page's JSON-LD, including nested ones; invalid JSON is skipped."""
    for script in root.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            waiting = [json.loads(script.text or "")]
        except (ValueError, RecursionError):
            continue
        count = 0
        while waiting and count < 500:
            item = waiting.pop()
            count += 1
            if isinstance(item, dict):
                yield item
                waiting.extend(value for value in item.values() if isinstance(value, dict | list))
            elif isinstance(item, list):
                waiting.extend(item)


def _site(metas: dict[str, list[str]], data: tuple[dict[str, Any], ...]) -> str:
    for name in ("og:site_name", "application-name"):
        if metas.get(name):
            return metas[name][0]
    for item in data:
        publisher = item.get("publisher")
        if item.get("@type") == "WebSite" and isinstance(item.get("name"), str):
            return str(item["name"])
        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
            return str(publisher["name"])
    return ""


def _without_code(root: Any) -> None:
    """Remove scripts, templates and ruby (readings above kanji), which are not text of the page."""
    for element in list(root.iter("script", "noscript", "template", "rt", "rp")):
        element.drop_tree()


def _without_banners(root: Any) -> str:
    """Remove cookie banners and return their text. An element with most of the page's text is kept."""
    whole = weight(root.text_content())
    banners = []
    for element in list(filter(_is_banner, root.iter("div", "section", "aside", "dialog", "form"))):
        text = element.text_content()
        if element.getparent() is not None and weight(text) * 2 < whole and _BANNER_WORDS.search(text):
            banners.append(one_line(text))
            element.drop_tree()
    return " ".join(banners)


def _is_banner(element: Any) -> bool:
    return bool(_BANNER.search(f"{element.get('id', '')} {element.get('class', '')}"))
