"""A fetched file or page → what it is: the cited work, a page about it, or something in its place."""

from dataclasses import dataclass, replace
from pathlib import Path

from ingest.bibliography.dates import find_date
from ingest.document import Block, Document, Publication
from ingest.fetching import Fetched
from ingest.loaders import Limits, Loaded, SourceError, check_size, load
from ingest.loaders.source import Reason as SourceReason
from ingest.references.cited import Cited
from ingest.references.landing import abstract_of, is_scholarly, links_by_title, links_to_the_work, prose_weight
from ingest.references.page_facts import authors_of, date_of
from ingest.references.page_text import page_blocks
from ingest.references.pages import Page, open_page, weight
from ingest.references.soft_404 import impostor, thin, visible_text
from ingest.references.state import Reading, State
from ingest.references.title_similarity import can_compare, closeness, closest, is_part, is_same
from ingest.structure.compose import compose
from retriever.text import language_of
from retriever.types import TenkyoError

_SUFFIXES = {"pdf": ".pdf", "docx": ".docx", "text": ".txt"}
_GIVE = "give the file with tenkyo ingest FILE --as KEY"
# What a fetched file is that its loader refuses, and what to do. The loader's own words name a file of the store.
_REFUSED: dict[SourceReason, tuple[State, str, str]] = {
    "scanned": ("scanned", "its pages are pictures without text", "recognise their text (OCR) and give the file"),
    "garbled": (
        "garbled",
        "its characters cannot be trusted",
        "find another edition, or recognise its text anew (OCR), and give the file",
    ),
    "too-large": (
        "too-large",
        "the file is larger than what is read",
        "save the part that matters and give the file",
    ),
    "too-slow": ("unreadable", "the file takes too long to read", "save the part that matters and give the file"),
    "encrypted": ("unreadable", "the file is encrypted", "save it without its password and give the file"),
    "damaged": ("unreadable", "the file is damaged", "find another copy and give the file"),
    "empty": ("unreadable", "the file holds no text", "find another copy and give the file"),
}
_UNREAD: tuple[State, str, str] = ("unreadable", "the file cannot be read", "find another copy and give the file")
_WHOLE = 2400  # weight of running text from which a page is the work and not a word about it
_WHOLE_SCHOLARLY = 9000  # the same where a journal or repository describes a work: abstracts are long, in two languages
_LIKE_TITLE = 0.5
_LIKE_TEXT = 0.6
_LEAST_LIKE = 0.3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the bibliography says of a work; empty where it does not say. `date` is ISO 8601, as precise as given."""

    title: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    url: str = ""
    language: str = ""
    kind: str = ""


def wanted_of(one: Cited) -> Wanted:
    """What the bibliography says of a cited work."""
    return Wanted(one.title, one.authors, one.date, one.url, one.language, one.kind)


def read(fetched: Fetched, path: Path, *, wanted: Wanted, limits: Limits) -> Reading:
    """What was fetched, and saved in `path`, turned out to be."""
    try:
        check_size(path, limits)
        if fetched.content_type == "html":
            return _page(open_page(fetched, path.name), path, wanted)
        if fetched.content_type in _SUFFIXES:
            return _file(fetched, path, wanted, limits)
    except SourceError as error:
        state, said, remedy = _REFUSED.get(error.reason, _UNREAD)
        return Reading(state, f"{said}; {remedy} with tenkyo ingest FILE --as KEY")
    said = f"the address gives {fetched.content_type}, which is not read"
    return Reading("unreadable", f"{said}; find the work as a PDF or page, and {_GIVE}")


def read_given(path: Path, *, wanted: Wanted, limits: Limits, password: str | None = None) -> Reading:
    """What a file holds that the user gives for a work: always that work, with a word where it looks like another.

    Raises SourceError where it cannot be read, TenkyoError where it holds several documents.
    """
    loaded = load(path, limits=limits, password=password)
    if len(loaded.documents) != 1:
        raise TenkyoError(f"{path}: holds {len(loaded.documents)} documents, not one; name the file of the cited work")
    document = loaded.documents[0]
    said = f"from the file {path.name}"
    if not _is_like(wanted, (document.title,), document.text):
        said += f"; it looks like another work (its title: {_short(document.title)}), check that it is the right one"
    return Reading("fetched", said + _left_out(loaded, path), _named(document, path, wanted))


def _file(fetched: Fetched, path: Path, wanted: Wanted, limits: Limits) -> Reading:
    loaded = load(path, limits=limits)
    document = loaded.documents[0]
    if not _is_like(wanted, (document.title,), document.text):
        title = "" if document.title == path.stem else document.title  # which names a file of the store
        said = f"the file is another work than the cited one (its title: {_short(title)})"
        return Reading("not-the-document", f"{said}; look for the right one and {_GIVE}")
    pages = f"{document.page_count} pages of a PDF" if document.page_count else f"a {path.suffix[1:]} file"
    said = pages + _compared(wanted, document.text) + _left_out(loaded, path)
    return Reading("fetched", said, replace(_named(document, path, wanted), url=fetched.url))


def _named(document: Document, path: Path, wanted: Wanted) -> Document:
    """A file's document with its date, and under the work's title where the file's own tells nothing of it."""
    text = document.text
    is_named = is_same(wanted.title, document.title) or not wanted.title
    usable = is_named or (document.title not in ("", path.stem) and closeness(wanted.title, text[:3000]) < _LIKE_TEXT)
    title = document.title if usable else wanted.title
    return replace(document, title=title, publication=Publication(_first_date(text[:1500]) or ""))


def _left_out(loaded: Loaded, path: Path) -> str:
    places = ", ".join(part.place.removeprefix(path.name).strip() for part in loaded.skipped)
    return f"; left out: {places}" if places else ""


def _compared(wanted: Wanted, text: str) -> str:
    return "" if can_compare(wanted.title, text) else "; not compared with the cited title, it is in another language"


def _page(page: Page, path: Path, wanted: Wanted) -> Reading:
    blocks, found = page_blocks(page)
    verdict = impostor(page, blocks, wanted.title)
    scholarly = is_scholarly(page)
    if verdict and verdict[0] == "paywalled" and scholarly and prose_weight(blocks) >= 300:
        verdict = None  # what a journal shows of a work that it sells is the abstract
    if verdict and verdict[0] == "paywalled":
        return Reading(*verdict, links=links_to_the_work(page, wanted.title))
    if verdict:
        return Reading(*verdict, links=links_by_title(page, wanted.title))
    nothing = thin(page, visible_text(page.root))
    if nothing and not scholarly:
        return Reading(*nothing, links=links_to_the_work(page, wanted.title))
    text = "\n".join(block.text for block in blocks)
    if not _is_like(wanted, (*page.titles, page.meta("description", "og:description")), text):
        title = next(iter(page.titles), page.url)
        said = f"the address gives another page than the cited work (its title: {_short(title)})"
        own = f"look for the work's own page and {_GIVE}"
        return Reading("not-the-document", f"{said}; {own}", links=links_by_title(page, wanted.title))
    return _work(page, path, wanted, blocks, found)


def _work(page: Page, path: Path, wanted: Wanted, blocks: list[Block], found: object) -> Reading:
    """The reading of a page that is the work, or that describes it."""
    links = links_to_the_work(page, wanted.title)
    prose = prose_weight(blocks)
    scholarly = is_scholarly(page)
    if scholarly and prose < _WHOLE_SCHOLARLY:
        abstract = abstract_of(page)
        if not abstract and prose < 300:
            said = "the page names the work and holds neither its text nor an abstract"
            return Reading("not-the-document", f"{said}; find the work itself and {_GIVE}", links=links)
        if abstract and abstract[:80] not in "\n".join(block.text for block in blocks):
            blocks = [Block("heading", _title(page, wanted), level=1), Block("paragraph", abstract)]
        detail = f"a page about the work, with its abstract; find the whole text and {_GIVE}"
        return Reading("abstract-only", detail, _document(page, path, wanted, blocks, found), links)
    document = _document(page, path, wanted, blocks, found)
    if links and prose < _WHOLE and not scholarly:
        detail = f"a page about the work, which names a file of it; if that is not had, find it and {_GIVE}"
        return Reading("abstract-only", detail, document, links)
    said = f"a page of {len(document.text):,} characters"
    return Reading("fetched", said + _compared(wanted, document.text), document, links)


def _document(page: Page, path: Path, wanted: Wanted, blocks: list[Block], found: object) -> Document:
    known = page.language if page.language in ("ja", "en", "zh", "ko") else "ja"
    language = language_of("".join(block.text for block in blocks), known)
    publication = Publication(date_of(page, found, blocks), tuple(authors_of(page, found)), page.site)
    title = _title(page, wanted)
    document = compose(path, blocks, language, title, by_typography=True)
    return replace(document, title=title, url=page.url, publication=publication)


def _title(page: Page, wanted: Wanted) -> str:
    """What the page calls the work, in the words nearest to the citation's."""
    same = [one for one in page.titles if is_same(wanted.title, one)]
    return next(iter(same or page.titles), "") or wanted.title


def _is_like(wanted: Wanted, titles: tuple[str, ...], text: str) -> bool:
    """Whether a text could be the cited work. Where the languages differ, or nothing is cited but a word, it could."""
    named = " ".join(titles)
    if not can_compare(wanted.title, text):
        return True
    by_title = closest(wanted.title, titles)
    by_text = closeness(wanted.title, text)
    if by_title >= _LIKE_TITLE or by_text >= _LIKE_TEXT or any(is_part(one, wanted.title) for one in titles):
        return True
    about = f"{named} {text[:3000]}".lower()
    vouched = any(name.lower() in about for name in wanted.authors if len(name) > 2)
    return vouched and max(by_title, by_text) >= _LEAST_LIKE


def _first_date(text: str) -> str | None:
    found = find_date(text)
    return found.iso if found and len(found.iso) >= 7 else None


def _short(title: str) -> str:
    return f"“{title if len(title) <= 60 else title[:59] + '…'}”" if weight(title) else "none"
