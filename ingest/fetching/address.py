"""Which addresses may be fetched: rules for the spelling of a URL and for the IP addresses of its host."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ingest.fetching.fetched import FetchError
from ingest.fetching.outcomes import outcome

_SCHEMES = ("http", "https")
_STANDARD_PORTS = (80, 443)
_LONGEST = 4096
_KEPT = "/%:@!$&'()*+,;=~-._?[]|"  # left unchanged; all other characters are percent-encoded as UTF-8
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Networks without public web sites that `is_global` reports as global in some Python releases.
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carriers' NAT
        "168.63.129.16/32",  # Azure's metadata service
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "3fff::/20",  # documentation
    )
]
# Metadata services, which hand out a cloud machine's credentials: never fetched, not even for an allowed host.
_METADATA = {ipaddress.ip_address(ip) for ip in ("168.63.129.16", "192.0.0.192", "100.100.100.200", "fd00:ec2::254")}
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")  # leaves out NAT64, IPv4-mapped, site-local, unique local, multicast


@dataclass(frozen=True, slots=True)
class Address:
    """A validated URL in parts: lower-case ASCII `host` (an IPv6 address without brackets), ASCII `target`."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as written in a URL."""
        return _bracketed(self.host) if self.port == _default_port(self.scheme) else _key(self.host, self.port)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The address in normalised spelling, without a fragment."""
        return self.origin + self.target


def parse(url: str, allow_hosts: frozenset[str] = frozenset()) -> Address:
    """Parse and validate a URL. Raises FetchError if its spelling, scheme, host or port is not allowed.

    `allow_hosts` holds "host" (standard ports only) or "host:port" (any port).
    """
    url = url.strip()
    if len(url) > _LONGEST or "\\" in url or not url.isprintable():
        raise FetchError("bad-url", outcome("url-too-long", url=shown(url)))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchError("bad-url", outcome("url-malformed", url=shown(url), error=str(error))) from error
    if parts.scheme not in _SCHEMES:
        raise FetchError("not-http", outcome("url-not-http", url=shown(url)))
    if "@" in parts.netloc:
        raise FetchError("bad-url", outcome("url-with-password", host=parts.hostname or ""))
    host = _host(parts.hostname or "", url)
    target = (quote(parts.path, safe=_KEPT) or "/") + ("?" + quote(parts.query, safe=_KEPT) if parts.query else "")
    address = Address(parts.scheme, host, _default_port(parts.scheme) if port is None else port, target)
    if address.port not in _STANDARD_PORTS and not is_allowed(host, address.port, allow_hosts):
        lacks = _key(host, address.port)
        refused = outcome("port-refused", url=shown(address.url))
        raise FetchError("refused-address", refused, outcome("allow-host", host=lacks), lacks=lacks)
    return address


def is_allowed(host: str, port: int, allow_hosts: frozenset[str]) -> bool:
    """Whether the user allowed a host: with exactly this port, or without a port if this one is a standard port."""
    names = {name.strip().lower() for name in allow_hosts}
    return _key(host, port) in names or (port in _STANDARD_PORTS and bool({_bracketed(host), host} & names))


def allowed_host(text: str) -> str:
    """Normalise "host" or "host:port" for `allow_hosts`. Raises FetchError if the text is not a host."""
    said = text.strip()
    try:
        parts = urlsplit(f"//{_bracketed(said)}" if is_ip(said) else f"//{said}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise FetchError("bad-url", outcome("url-malformed", url=shown(text), error=str(error))) from error
    if not host or "@" in parts.netloc or parts.path or parts.query or parts.fragment:
        raise FetchError("bad-url", outcome("host-malformed", url=shown(text)))
    name = _host(host, said)
    return _bracketed(name) if port is None else _key(name, port)


def would_allow(allow_hosts: frozenset[str], lacks: str) -> bool:
    """Whether `allow_hosts` now permits an address that was refused for want of this host (`FetchError.lacks`)."""
    host, _, port = lacks.rpartition(":")
    return bool(host) and is_allowed(host.strip("[]"), int(port), allow_hosts)


def check_reachable(host: str, port: int, resolved: Iterable[str], allow_hosts: frozenset[str]) -> list[str]:
    """The distinct IP addresses of a host. Raises FetchError if any of them may not be reached."""
    addresses = list(dict.fromkeys(resolved))
    if not addresses:
        raise FetchError("unreachable", outcome("name-without-address", host=host))
    allowed = is_allowed(host, port, allow_hosts)
    for text in addresses:
        ip = _ip(text)
        if ip is None or not (_is_local(ip) if allowed else is_public(ip)):
            is_ip_itself = text == host
            refused = (
                outcome("host-not-public", host=host)
                if is_ip_itself
                else outcome("host-leads-inside", host=host, address=text)
            )
            lacks = _key(host, port) if ip and _is_local(ip) else ""
            remedy = (outcome("allow-host", host=lacks),) if lacks else ()
            raise FetchError("refused-address", refused, *remedy, lacks=lacks)
    return addresses


def is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an IP address is public, including any address embedded in it (6to4, NAT64, IPv4-mapped)."""
    if not ip.is_global or ip.is_multicast or any(ip in network for network in _REFUSED):
        return False
    return ip.version == 4 or ip in _PUBLIC_IPV6


def is_ip(host: str) -> bool:
    """Whether a host is an IP address rather than a name."""
    return _ip(host) is not None


def shown(url: str) -> str:
    """A URL for display: shortened, without control characters, user name and password."""
    plain = "".join(character if character.isprintable() else "?" for character in url)
    plain = re.sub(r"(?<=//)[^/?#]*@", "", plain)
    return plain if len(plain) <= 200 else plain[:199] + "…"


def _host(host: str, url: str) -> str:
    """The host in lower-case ASCII. Refuses unusual spellings of IP addresses (decimal, octal, hexadecimal)."""
    if ":" in host:
        ip = _ip(host)
        if ip is None or "%" in host:
            raise FetchError("refused-address", outcome("host-not-public", host=shown(url)))
        return str(ip)
    try:
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError as error:
        raise FetchError("bad-url", outcome("host-malformed", url=shown(url))) from error
    labels = name.split(".")
    # the rule of the WHATWG's URL standard: a name that ends in a number is an IPv4 address
    if _NUMBER.fullmatch(labels[-1]):
        if _ip(name) is None or name != host:
            raise FetchError("refused-address", outcome("ip-spelling", url=shown(url)))
        return name
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise FetchError("bad-url", outcome("host-malformed", url=shown(url)))
    return name


def _is_local(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an allowed host may have this address: private and loopback are fine, embedded addresses are not."""
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _METADATA:
        return False
    if ip.version == 6 and ip.ipv4_mapped is not None:
        return False
    return ip.is_private or ip in _REFUSED[0] or is_public(ip)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _key(host: str, port: int) -> str:
    return f"{_bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
