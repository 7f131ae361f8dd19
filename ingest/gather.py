"""From what a user named to the files to read: files, folders with all that lies in them, addresses fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.expand import expand
from ingest.fetching import FetchError, FetchLimits, fetch, is_address, save, user_agent
from ingest.ingest_plan import Outcome
from retriever.index.build import Progress


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read. `name` is what the index knows it by, its absolute path or its address; `url` where it led."""

    path: Path
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Fetching:
    """How addresses are fetched: hosts that may be private, and whom a site's owner can write to."""

    allow_hosts: frozenset[str] = frozenset()
    contact: str = ""


def gather(
    sources: Sequence[str], scratch: Path, fetching: Fetching, progress: Progress
) -> tuple[list[Source], list[Outcome]]:
    """The files of `sources` in their order, each once, and an outcome for each address that could not be fetched.

    Folders are walked in the order of names, hidden files passed over; what addresses lead to is put into `scratch`.
    Raises TenkyoError for a path that is not there.
    """
    addresses = [source for source in sources if is_address(source)]
    files = {
        source: [Source(path, str(path)) for path in expand([source])] for source in sources if not is_address(source)
    }
    fetched: dict[str, list[Source]] = {}
    skipped: list[Outcome] = []
    if addresses:
        progress.start("fetching", len(addresses), "addresses")
        for address in addresses:
            try:
                fetched[address] = [_fetched(address, scratch, fetching)]
            except FetchError as error:
                skipped.append(Outcome("skipped", address, str(error), error.reason))
            progress.advance(1)
        progress.finish()
    found = (one for source in sources for one in files.get(source, fetched.get(source, [])))
    return list(dict.fromkeys(found)), skipped


def _fetched(address: str, scratch: Path, fetching: Fetching) -> Source:
    agent = user_agent(fetching.contact)
    page = fetch(address, limits=FetchLimits(), allow_hosts=fetching.allow_hosts, user_agent=agent)
    return Source(save(page, scratch), address, page.url)
