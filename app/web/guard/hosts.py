"""Which host names requests may use, and which pages may send questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from app.web.errors import RefusedError

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Hosts:
    """The host names that requests may use. Any other name is DNS rebinding or a mistake in the set-up.

    `addresses` admits every literal IP address: an IP address cannot be rebound, and a server that listens on all
    addresses cannot know which one clients use. `named` holds the names in TENKYO_ALLOWED_HOSTS, except *.
    """

    names: frozenset[str]
    addresses: bool = False
    named: frozenset[str] = frozenset()

    def allow(self, host: str) -> bool:
        """Whether `host`, the Host header with or without a port, is an allowed name."""
        name = _split_port(host)[0].rstrip(".")
        if "*" in self.names or name in self.names:
            return True
        return self.addresses and _is_address(name)

    def check(self, headers: Headers) -> None:
        """Raises RefusedError (400) for a host that is not served here."""
        host = headers.get("host", "")
        if not self.allow(host):
            raise RefusedError(
                400,
                "bad_host",
                f"host {host[:100]!r} is not served here: name it in TENKYO_ALLOWED_HOSTS",
                host=host[:100],
            )

    def check_origin(self, headers: Headers, has_tab: bool) -> None:
        """Raises RefusedError (400) for a request that a page of another site makes a browser send.

        Programs send neither header. Browsers send `Sec-Fetch-Site` over HTTPS and on this machine; elsewhere, `Origin`
        must name the requested host. Behind a proxy that does not forward the host, `Origin` may name a host in
        TENKYO_ALLOWED_HOSTS, or `has_tab` must be true: the request carries a tab id that this server issued. A page of
        another site cannot send that header: the browser first sends a CORS preflight, which is always refused.
        """
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        foreign = site not in (None, "same-origin", "none")
        if site != "same-origin" and origin is not None and not has_tab:
            foreign = foreign or not self._is_own(origin, headers.get("host", ""))
        if foreign:
            raise RefusedError(400, "cross_site", "questions are taken from this server's own pages: embed /widget")

    def _is_own(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        name, port = _split_port(parts.netloc)
        default = _DEFAULT_PORTS.get(parts.scheme)
        if default is None or not name:
            return False
        own_name, own_port = _split_port(host)
        return (name, port or default) == (own_name, own_port or default) or name in self.named


def allowed_hosts(host: str, extra: Sequence[str] = ()) -> Hosts:
    """The names of this machine, `host`, and `extra`: the names in `TENKYO_ALLOWED_HOSTS`."""
    everywhere = host in ("", "0.0.0.0", "::")  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    named = frozenset(name.lower() for name in extra if name)
    own = frozenset(name.lower() for name in (*_LOCAL_HOSTS, shown) if name)
    return Hosts(own | named, addresses=everywhere, named=named - {"*"})


def _split_port(host: str) -> tuple[str, str]:
    """Name in lower case and port, "" where there is none: "[::1]:80" → ("[::1]", "80")."""
    name, colon, port = host.lower().rpartition(":")
    return (name, port) if colon and port.isdigit() else (host.lower(), "")


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
