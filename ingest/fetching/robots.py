"""robots.txt (RFC 9309), parsed by Protego: which pages a site asks programs not to fetch.

Protego is stricter than the RFC in one point: rules for "Tenky" also apply to "Tenkyo".
"""

import re
from collections.abc import Callable

from protego import Protego

from ingest.fetching.address import parse
from ingest.fetching.fetched import PRODUCT, Fetched, FetchError

# RFC 9309, 2.3.1.2 and 2.3.1.3: a robots.txt that is missing, refused, or redirected too often, restricts nothing.
_NO_RULES = ("dead", "paywalled", "redirect-loop")
# "User-agent: Tenkyo/2.0": the RFC ignores the version when it compares names, Protego does not.
_VERSION = re.compile(r"^([^\S\n]*+user-agent\s*+:\s*+[A-Za-z_-]++)/\S*", re.IGNORECASE | re.MULTILINE)

# Rules by site (scheme, host and port), as far as this run has met it; shared between threads.
RobotsRules = dict[str, Protego]


def allowed_by_robots(
    url: str, rules: RobotsRules, get: Callable[[str], Fetched], allow_hosts: frozenset[str] = frozenset()
) -> bool:
    """Whether the site's robots.txt permits an address. `get` fetches a robots.txt that is not in `rules` yet.

    Raises FetchError if the file may exist but cannot be fetched: RFC 9309 treats that as a refusal.
    """
    address = parse(url, allow_hosts)
    if address.origin not in rules:
        rules[address.origin] = Protego.parse(_rules_text(f"{address.origin}/robots.txt", get))
    return rules[address.origin].can_fetch(address.url, PRODUCT)


def crawl_delay(rules: Protego | None) -> float:
    """Seconds between two requests that the site asks for; 0 if it asks for none."""
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
