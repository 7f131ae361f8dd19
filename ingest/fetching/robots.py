"""robots.txt: what a site asks programs to leave alone."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest.fetching.address import parse
from ingest.fetching.fetched import PRODUCT, Fetched, FetchError

if TYPE_CHECKING:
    from urllib.robotparser import RobotFileParser

# The rules of each site (scheme, host and port) that a run has met; several threads may share them.
RobotsRules = dict[str, "RobotFileParser"]
# What has no rules by RFC 9309, 2.3.1.3: a robots.txt that is not there, or that redirects without end.
_NO_RULES = ("dead", "paywalled", "redirect-loop")


def allowed_by_robots(
    url: str, rules: RobotsRules, get: Callable[[str], Fetched], allow_hosts: frozenset[str] = frozenset()
) -> bool:
    """Whether a site's robots.txt lets this program read an address; `get` fetches the file where `rules` lacks it.

    Raises FetchError where the file may be there and cannot be had: RFC 9309 takes that for a refusal.
    """
    from urllib.robotparser import RobotFileParser

    address = parse(url, allow_hosts)
    parser = rules.get(address.origin)
    if parser is None:
        parser = RobotFileParser()
        parser.parse(_lines(f"{address.origin}/robots.txt", get))
        rules[address.origin] = parser
    return parser.can_fetch(PRODUCT, address.url)


def _lines(url: str, get: Callable[[str], Fetched]) -> list[str]:
    try:
        return get(url).content.decode("utf-8-sig", errors="replace").splitlines()
    except FetchError as error:
        refused = error.reason == "status" and error.status is not None and 400 <= error.status < 500
        if error.reason in _NO_RULES or (refused and error.status != 429):
            return []
        raise
