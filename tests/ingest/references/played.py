"""What the tests of fetching share: articles that are long enough to be ones, works that cite them, one fetch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.document import Reference
from ingest.fetching import FetchLimits, Wire
from ingest.references.cited_work import CitedWork
from ingest.references.crawler import CrawlPolicy
from ingest.references.fetch import CrawlOptions, fetch_references
from ingest.references.fetch_record import FetchRecord, not_fetched
from ingest.references.matching import with_fetch_records
from ingest.references.store import Store
from retriever.index.open import open_index
from tests.ingest.loopback import Page, Site, answer
from tests.retriever.letters import NoProgress

LIMITS = FetchLimits(max_bytes=2_000_000, connect_seconds=3, idle_seconds=1, total_seconds=2)
HASTE = CrawlPolicy(delay=0.0, backoff=0.02, longest_delay=0.05, longest_wait=1.0)
PAPER = "paper.txt"
_WORDS = (
    "The keeper of the {title} wrote down the height of the tide on day {day}, and the wind had turned to the north. "
    "In the village below, {day} boats were drawn up on the sand, and the nets were dried until the evening came. "
)


def article(title: str, *, days: int = 12, head: str = "") -> bytes:
    """A page with a title and an article of a dozen paragraphs, in English."""
    text = "".join(f"<p>{_WORDS.format(title=title, day=day)}</p>" for day in range(1, days + 1))
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{text}</article></body></html>"
    ).encode()


def work(key: str, url: str, title: str = "", *, listed_in: str = PAPER, **fields: Any) -> CitedWork:
    """A work in the bibliography of the paper, or of another one."""
    known = {"authors": ("Edith Calloway",), "date": "1902", "language": "en", "kind": "article"} | fields
    entry = Reference(number=1, key=key, title=title or f"The {key} Lighthouse", url=url, **known)
    return CitedWork(listed_in, entry, not_fetched(listed_in, entry))


def changed(cited: CitedWork, **fields: Any) -> CitedWork:
    """The work with other words in its entry."""
    entry = replace(cited.entry, **fields)
    return replace(cited, entry=entry, fetched=not_fetched(cited.listed_in, entry))


def works(site: Site, *names: str) -> list[CitedWork]:
    """A work for each name, whose address is the page of that name."""
    return [work(name, site.url(f"/{name}")) for name in names]


def title_of(name: str) -> str:
    """The title of the work that `works` makes of a name."""
    return f"The {name} Lighthouse"


def asked(site: Site) -> list[str]:
    """The paths that were asked for, without those of rules."""
    return [path for path in site.paths if path != "/robots.txt"]


def pages(*names: str) -> dict[str, Page]:
    """An article for each name."""
    return {f"/{name}": answer(article(title_of(name))) for name in names}


def fetch_all(
    folder: Path,
    cited: Sequence[CitedWork],
    site: Site | None = None,
    *,
    policy: CrawlPolicy = HASTE,
    wire: Wire | None = None,
    contact: str = "",
    **flags: Any,
) -> dict[str, FetchRecord]:
    """One run over all works; returns where each stands, by key."""
    options = CrawlOptions(site.allowed if site else frozenset(), contact, policy, LIMITS, wire)
    fetch_references(folder, cited, options=options, progress=NoProgress(), **flags)
    return stand(folder, cited)


def stand(folder: Path, cited: Sequence[CitedWork]) -> dict[str, FetchRecord]:
    """Where each work stands, by key."""
    works = with_fetch_records(cited, Store(folder), open_index(folder).documents)
    return {one.key: one.fetched for one in works}


def texts(folder: Path) -> dict[str, str]:
    """The words of each document of the index, by id."""
    index = open_index(folder)
    return {name: " ".join(one.text for one in index.passages_of(name)) for name in index.documents}
