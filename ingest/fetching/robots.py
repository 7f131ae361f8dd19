"""robots.txt: what a site asks programs to leave alone (RFC 9309).

The standard library's reader knows no wildcards, and takes the first rule that fits instead of the longest.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ingest.fetching.address import parse
from ingest.fetching.fetched import PRODUCT, Fetched, FetchError

# What has no rules by RFC 9309, 2.3.1.3: a robots.txt that is not there, or that redirects without end.
_NO_RULES = ("dead", "paywalled", "redirect-loop")
_LINE = re.compile(r"\s*+([A-Za-z-]++)\s*+:([^#]*+)(?:#.*)?")
_MOST_RULES = 5_000
_KEPT = "/%:@!$&'()*+,;=~-._?[]"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site asks of this program. `paths` has (is allowed, pattern), `delay` the seconds between requests."""

    paths: tuple[tuple[bool, str], ...] = ()
    delay: float = 0.0

    def allow(self, target: str) -> bool:
        """Whether a path with its query may be read: by the longest pattern that fits, allowing before forbidding."""
        target = _spelled(target)
        fitting = [(len(pattern), is_allowed) for is_allowed, pattern in self.paths if _fits(pattern, target)]
        return max(fitting)[1] if fitting else True


# The rules of each site (scheme, host and port) that a run has met; several threads may share them.
RobotsRules = dict[str, Rules]


def allowed_by_robots(
    url: str, rules: RobotsRules, get: Callable[[str], Fetched], allow_hosts: frozenset[str] = frozenset()
) -> bool:
    """Whether a site's robots.txt lets this program read an address; `get` fetches the file where `rules` lacks it.

    Raises FetchError where the file may be there and cannot be had: RFC 9309 takes that for a refusal.
    """
    address = parse(url, allow_hosts)
    found = rules.get(address.origin)
    if found is None:
        found = rules[address.origin] = read_robots(_lines(f"{address.origin}/robots.txt", get))
    return found.allow(address.target)


def read_robots(lines: Iterable[str]) -> Rules:
    """The rules for this program: those of all groups that name it, else of those for everybody."""
    groups: dict[str, list[tuple[bool, str]]] = {}
    delays: dict[str, float] = {}
    names: list[str] = []
    in_head = False
    for line in lines:
        match = _LINE.fullmatch(line)
        field, value = (match.group(1).lower(), match.group(2).strip()) if match else ("", "")
        if field == "user-agent":
            value = value.lower().partition("/")[0].strip()
            names = [*(names if in_head else ()), value]
            in_head = True
            groups.setdefault(value, [])
        elif field in ("allow", "disallow", "crawl-delay"):
            in_head = False
            for name in names:
                if field == "crawl-delay":
                    delays[name] = _seconds(value)
                elif value and len(groups[name]) < _MOST_RULES:
                    groups[name].append((field == "allow", _spelled(value)))
    name = PRODUCT.lower() if PRODUCT.lower() in groups else "*"
    return Rules(tuple(groups.get(name, ())), delays.get(name, 0.0))


def _seconds(value: str) -> float:
    return float(value) if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", value) else 0.0


def _fits(pattern: str, target: str) -> bool:
    """Whether a path begins as a pattern says, in which * stands for anything and a last $ for the end."""
    ends = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    place = len(first)
    for number, part in enumerate(parts, 1):
        if ends and number == len(parts):
            return len(target) - len(part) >= place and target.endswith(part)
        found = target.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return not ends or place == len(target)


def _spelled(path: str) -> str:
    """A path in the one spelling by which paths are compared: what need not be percent-encoded is not."""

    def spelled(match: re.Match[str]) -> str:
        character = unquote(match.group())
        return character if character.isascii() and re.fullmatch(r"[\w.~-]", character) else match.group().upper()

    return re.sub("%[0-9A-Fa-f]{2}", spelled, quote(path, safe=_KEPT))


def _lines(url: str, get: Callable[[str], Fetched]) -> list[str]:
    try:
        return get(url).content.decode("utf-8-sig", errors="replace").splitlines()
    except FetchError as error:
        refused = error.reason == "status" and error.status is not None and 400 <= error.status < 500
        if error.reason in _NO_RULES or (refused and error.status != 429):
            return []
        raise
