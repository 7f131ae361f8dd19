"""robots.txt: what a site asks programs to leave alone (RFC 9309), as Protego reads it.

Protego is stricter than the RFC in one point: a group for "Tenky" also binds "Tenkyo".
"""

import re
from collections.abc import Callable

from protego import Protego

from ingest.fetching.address import parse
from ingest.fetching.fetched import PRODUCT, Fetched, FetchError

# RFC 9309, 2.3.1.3: a robots.txt that is not there, or that is redirected without end, restricts nothing.
_NO_RULES = ("dead", "paywalled", "redirect-loop")
# "User-agent: Tenkyo/2.0": the RFC compares names without a version, Protego with it.
_VERSION = re.compile(r"^([^\S\n]*+user-agent\s*+:\s*+[A-Za-z_-]++)/\S*", re.IGNORECASE | re.MULTILINE)

# The rules of each site (scheme, host and port) that a run has met; several threads may share them.
RobotsRules = dict[str, Protego]


def allowed_by_robots(
    url: str, rules: RobotsRules, get: Callable[[str], Fetched], allow_hosts: frozenset[str] = frozenset()
) -> bool:
    """Whether a site's robots.txt lets this program read an address; `get` fetches the file where `rules` lacks it.

    Raises FetchError where the file may exist and cannot be fetched: RFC 9309 takes that for a refusal.
    """
    address = parse(url, allow_hosts)
    if address.origin not in rules:
        rules[address.origin] = Protego.parse(_rules_text(f"{address.origin}/robots.txt", get))
    return rules[address.origin].can_fetch(address.url, PRODUCT)


def crawl_delay(rules: Protego | None) -> float:
    """The seconds between two requests that a site asks for; 0 where it asks for none."""
    return (rules.crawl_delay(PRODUCT) or 0.0) if rules else 0.0


def _rules_text(url: str, get: Callable[[str], Fetched]) -> str:
    try:
        text = get(url).content.decode("utf-8-sig", errors="replace")
    except FetchError as error:
        is_refused = error.reason == "status" and error.status is not None and 400 <= error.status < 500
        if error.reason in _NO_RULES or (is_refused and error.status != 429):
            return ""
        raise
    return _VERSION.sub(r"\1", text)
