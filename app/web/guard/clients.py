"""Identify clients: by address, as trusted proxies report it, and by the id that a browser tab was given."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from retriever.types import TenkyoError

Network = IPv4Network | IPv6Network
_NONCE = 16  # bytes; too many to guess
_FORWARDED = (b"forwarded", b"x-forwarded-", b"x-real-ip")


def parse_proxies(texts: Sequence[str]) -> tuple[Network, ...]:
    """Parse the addresses and networks of `TENKYO_TRUSTED_PROXIES`; raises TenkyoError."""
    networks = []
    for text in texts:
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            raise TenkyoError(
                f"trusted proxy {text!r}: write an address or a network, as in 127.0.0.1 or 10.0.0.0/8"
            ) from error
    return tuple(networks)


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted; other clients' are removed."""

    trusted: tuple[Network, ...] = ()

    def resolve(self, scope: Scope) -> Scope:
        """The scope with the client and scheme that proxies report; `client`: the nearest address that is no proxy."""
        peer = scope.get("client")
        if not peer:
            return scope
        if not self.trusts(peer[0]):
            kept = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(_FORWARDED)]
            return {**scope, "headers": kept}
        headers = Headers(scope=scope)
        client = peer[0]
        for hop in reversed(",".join(headers.getlist("x-forwarded-for")).split(",")):
            name = _without_port(hop.strip())
            if _address(name) is None:
                break
            client = name
            if not self.trusts(name):
                break
        scheme = headers.get("x-forwarded-proto", "")
        return {**scope, "client": (client, 0), "scheme": scheme if scheme in ("http", "https") else scope["scheme"]}

    def trusts(self, name: str) -> bool:
        """Whether the address `name` is a trusted proxy's."""
        address = _address(name) if self.trusted else None
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return address is not None and any((mapped or address) in network for network in self.trusted)


def _without_port(hop: str) -> str:
    """An address without its port: 192.0.2.1:80 → 192.0.2.1, [2001:db8::1]:80 → 2001:db8::1."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def client_key(client: str) -> str:
    """The rate-limit key of an address: itself, or for IPv6 its /64, because one machine may own a whole /64."""
    address = _address(client)
    if not isinstance(address, IPv6Address):
        return client
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address) >> 64 << 64, 64)))


class Tabs:
    """Ids of browser tabs. They are signed, so the server stores none; it knows none from before a restart."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def issue(self) -> str:
        """A new id, 43 characters of base64url."""
        return self.issue_for(secrets.token_bytes(_NONCE))

    def issue_for(self, nonce: bytes) -> str:
        """The id for a nonce of 16 bytes; equal nonces give equal ids, which share their limits."""
        return base64.urlsafe_b64encode(nonce + self._sign(nonce)).decode().rstrip("=")

    def key(self, tab: str | None) -> str | None:
        """The rate-limit key of a tab's id; None for an id that this server did not issue."""
        if tab is None or len(tab) != 43 or not tab.isascii():
            return None
        try:
            raw = base64.b64decode(tab + "=", altchars=b"-_", validate=True)
        except ValueError:
            return None
        nonce, signature = raw[:_NONCE], raw[_NONCE:]
        return nonce.hex() if hmac.compare_digest(signature, self._sign(nonce)) else None

    def _sign(self, nonce: bytes) -> bytes:
        return hmac.digest(self._secret, nonce, hashlib.sha256)[:_NONCE]
