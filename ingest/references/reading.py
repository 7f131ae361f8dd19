"""Classify a fetched file or page: the cited work, a page about it, or something else."""

from dataclasses import dataclass, replace
from pathlib import Path

from ingest.bibliography.fields import find_date
from ingest.bibliography.same_work import best_overlap, can_compare, part_of_title, similar_titles, title_overlap
from ingest.document import Block, Document, Publication, Reference
from ingest.fetching import Fetched
from ingest.fetching.outcomes import FetchOutcome, outcome
from ingest.loaders import Limits, Loaded, SourceError, check_size, load
from ingest.loaders.source import Reason as SourceReason
from ingest.references.fetch_record import State
from ingest.references.pages.links import abstract_of, is_scholarly, links_by_title, links_to_the_work, prose_weight
from ingest.references.pages.page import WebPage, in_quotes, open_page, weight
from ingest.references.pages.publication import authors_of, date_of
from ingest.references.pages.soft_404 import page_without_text, soft_404, visible_text
from ingest.references.pages.text import page_blocks
from ingest.structure.compose import compose
from retriever.text import language_of
from retriever.types import TenkyoError

_SUFFIXES = {"pdf": ".pdf", "docx": ".docx", "text": ".txt"}
# Loader error → (state, outcome code) of a fetched file. The loader's own message is not shown: it names a file of the
# store, which means nothing to the user.
_REFUSED: dict[SourceReason, tuple[State, str]] = {
    "scanned": ("scanned", "file-scanned"),
    "garbled": ("garbled", "file-garbled"),
    "too-large": ("too-large", "file-too-large"),
    "too-slow": ("unreadable", "file-too-slow"),
    "encrypted": ("unreadable", "file-encrypted"),
    "damaged": ("unreadable", "file-damaged"),
    "empty": ("unreadable", "file-empty"),
}
_UNREAD: tuple[State, str] = ("unreadable", "file-unreadable")
_WHOLE = 2400  # minimum weight of running text for a page to be the work itself, not a note about it
_WHOLE_SCHOLARLY = 9000  # the same for journals and repositories, with long abstracts in two languages
# Minimum title overlap for a text to be the cited work: with its titles; with its text; with either, if it also names
# an author of the work.
_LEAST_IN_TITLES, _LEAST_IN_TEXT, _LEAST_WITH_AUTHOR = 0.5, 0.6, 0.3


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The classification of a fetched file or page. `document` is its text if the state is readable, else None.

    `outcomes` are messages on the result and the remedy. `links` are addresses that the page gives for the work itself,
    most likely first.
    """

    state: State
    outcomes: tuple[FetchOutcome, ...]
    document: Document | None = None
    links: tuple[str, ...] = ()


def read(fetched: Fetched, path: Path, *, entry: Reference, limits: Limits) -> ReadResult:
    """Read and classify a file in `path` that was fetched for the work of an entry."""
    try:
        check_size(path, limits)
        if fetched.content_type == "html":
            return _page(open_page(fetched, path.name), path, entry)
        if fetched.content_type in _SUFFIXES:
            return _file(fetched, path, entry, limits)
    except SourceError as error:
        state, code = _REFUSED.get(error.reason, _UNREAD)
        return ReadResult(state, (outcome(code),))
    return ReadResult("unreadable", (outcome("content-not-read", type=fetched.content_type),))


def read_user_file(path: Path, *, entry: Reference, limits: Limits, password: str | None = None) -> ReadResult:
    """Read a file that the user provides for a work. It counts as that work, with a warning if it looks like another.

    Raises SourceError if it cannot be read, TenkyoError if it contains several documents.
    """
    loaded = load(path, limits=limits, password=password)
    if len(loaded.documents) != 1:
        raise TenkyoError(
            f"{path}: contains {len(loaded.documents)} documents, not one; name the file of the cited work"
        )
    document = loaded.documents[0]
    is_like = _is_like(entry, (document.title,), document.text)
    warning = () if is_like else (outcome("looks-like-another-work", title=_short(document.title)),)
    outcomes = (outcome("from-file", name=path.name), *warning, *_left_out(loaded, path))
    return ReadResult("fetched", outcomes, _named(document, path, entry))


def _file(fetched: Fetched, path: Path, entry: Reference, limits: Limits) -> ReadResult:
    loaded = load(path, limits=limits)
    document = loaded.documents[0]
    if not _is_like(entry, (document.title,), document.text):
        title = "" if document.title == path.stem else document.title  # the title is only the store's file name
        return ReadResult("not-the-document", (outcome("file-of-another-work", title=_short(title)),))
    is_pdf = bool(document.page_count)
    kind = outcome("pdf", pages=document.page_count or 0) if is_pdf else outcome("file", suffix=path.suffix[1:])
    outcomes = (kind, *_compared(entry, document.text), *_left_out(loaded, path))
    return ReadResult("fetched", outcomes, replace(_named(document, path, entry), url=fetched.url))


def _named(document: Document, path: Path, entry: Reference) -> Document:
    """A file's document with its date, and with the cited title if its own title is missing or wrong.

    Its own title is wrong if it differs from the cited title, while the first 3,000 characters contain that.
    """
    text = document.text
    is_named = similar_titles(entry.title, document.title) or not entry.title
    has_title = document.title not in ("", path.stem)
    is_usable = is_named or (has_title and title_overlap(entry.title, text[:3000]) < _LEAST_IN_TEXT)
    title = document.title if is_usable else entry.title
    return replace(document, title=title, publication=Publication(_first_date(text[:1500]) or ""))


def _left_out(loaded: Loaded, path: Path) -> tuple[FetchOutcome, ...]:
    places = ", ".join(part.place.removeprefix(path.name).strip() for part in loaded.skipped)
    return (outcome("left-out", places=places),) if places else ()


def _compared(entry: Reference, text: str) -> tuple[FetchOutcome, ...]:
    return () if can_compare(entry.title, text) else (outcome("not-compared"),)


def _page(page: WebPage, path: Path, entry: Reference) -> ReadResult:
    blocks, extracted = page_blocks(page)
    verdict = soft_404(page, blocks, entry.title)
    scholarly = is_scholarly(page)
    if verdict and verdict[0] == "paywalled" and scholarly and prose_weight(blocks) >= 300:
        verdict = None  # a journal page with an abstract of a paid work is not a wall
    if verdict:
        state, said = verdict
        links_of = links_to_the_work if state == "paywalled" else links_by_title
        return ReadResult(state, (said,), links=links_of(page, entry.title))
    empty = page_without_text(page, visible_text(page.root))
    if empty and not scholarly:
        state, said = empty
        return ReadResult(state, (said,), links=links_to_the_work(page, entry.title))
    text = "\n".join(block.text for block in blocks)
    if not _is_like(entry, (*page.titles, page.meta("description", "og:description")), text):
        said = outcome("page-of-another-work", title=_short(next(iter(page.titles), page.url)))
        return ReadResult("not-the-document", (said,), links=links_by_title(page, entry.title))
    return _work(page, path, entry, blocks, extracted)


def _work(page: WebPage, path: Path, entry: Reference, blocks: list[Block], extracted: object) -> ReadResult:
    """Classify a page as the work itself or as a page about it."""
    links = links_to_the_work(page, entry.title)
    prose = prose_weight(blocks)
    scholarly = is_scholarly(page)
    if scholarly and prose < _WHOLE_SCHOLARLY:
        abstract = abstract_of(page)
        if not abstract and prose < 300:
            return ReadResult("not-the-document", (outcome("no-text-on-page"),), links=links)
        if abstract and abstract[:80] not in "\n".join(block.text for block in blocks):
            blocks = [Block("heading", _title(page, entry), level=1), Block("paragraph", abstract)]
        document = _document(page, path, entry, blocks, extracted)
        return ReadResult("abstract-only", (outcome("abstract"),), document, links)
    document = _document(page, path, entry, blocks, extracted)
    if links and prose < _WHOLE and not scholarly:
        return ReadResult("abstract-only", (outcome("page-naming-file"),), document, links)
    outcomes = (outcome("page", characters=len(document.text)), *_compared(entry, document.text))
    return ReadResult("fetched", outcomes, document, links)


def _document(page: WebPage, path: Path, entry: Reference, blocks: list[Block], extracted: object) -> Document:
    known = page.language if page.language in ("ja", "en", "zh", "ko") else "ja"
    language = language_of("".join(block.text for block in blocks), known)
    publication = Publication(date_of(page, extracted, blocks), tuple(authors_of(page, extracted)), page.site)
    title = _title(page, entry)
    document = compose(path, blocks, language, title, by_typography=True)
    return replace(document, title=title, url=page.url, publication=publication)


def _title(page: WebPage, entry: Reference) -> str:
    """The work's title on the page, preferably in the wording of the citation."""
    same = [title for title in page.titles if similar_titles(entry.title, title)]
    return next(iter(same or page.titles), "") or entry.title


def _is_like(entry: Reference, titles: tuple[str, ...], text: str) -> bool:
    """Whether a text may be the cited work. True if it cannot be compared: different language, one-word title."""
    if not can_compare(entry.title, text):
        return True
    in_titles = best_overlap(entry.title, titles)
    in_text = title_overlap(entry.title, text)
    if in_titles >= _LEAST_IN_TITLES or in_text >= _LEAST_IN_TEXT:
        return True
    if any(part_of_title(title, entry.title) for title in titles):
        return True
    head = f"{' '.join(titles)} {text[:3000]}".lower()
    names_author = any(author.lower() in head for author in entry.authors if len(author) > 2)
    return names_author and max(in_titles, in_text) >= _LEAST_WITH_AUTHOR


def _first_date(text: str) -> str | None:
    date = find_date(text)
    return date.iso if date and len(date.iso) >= 7 else None


def _short(title: str) -> str:
    return in_quotes(title) if weight(title) else "–"
