"""The result of a fetch, its limits, and its error."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ingest.fetching.outcomes import FetchOutcome, say
from retriever.types import TenkyoError

if TYPE_CHECKING:  # takes a quarter of a second to import
    import ssl

    import httpcore

Reason = Literal[
    "bad-url", "not-http", "refused-address", "robots", "unreachable", "too-slow", "too-large", "redirect-loop",
    "dead", "paywalled", "status", "wrong-type",
]  # fmt: skip
ContentType = Literal["pdf", "html", "text", "docx", "json", "xml", "image", "archive", "binary", "empty"]
READABLE: frozenset[ContentType] = frozenset({"pdf", "html", "text", "docx"})
PRODUCT = "Tenkyo"  # the name of this program in User-Agent and in robots.txt
# Resolve a host name to IP addresses as text. Raises OSError if the name has none.
Resolver = Callable[[str, int], Sequence[str]]


class FetchError(TenkyoError):
    """A failed fetch: `reason` is a machine-readable word, `outcomes` are for people.

    `status` is the last HTTP status, None without a response; `retry_after` the seconds that the server asked to wait;
    `lacks` the "host:port" to add to allow_hosts so that the fetch is permitted, "" if that would not help.
    """

    def __init__(
        self,
        reason: Reason,
        *outcomes: FetchOutcome,
        status: int | None = None,
        retry_after: float | None = None,
        lacks: str = "",
    ) -> None:
        super().__init__(*outcomes)
        self.reason: Reason = reason
        self.outcomes = outcomes
        self.status = status
        self.retry_after = retry_after
        self.lacks = lacks

    def __str__(self) -> str:
        return say(self.outcomes)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """The most that one fetch may cost, all redirects together.

    `max_bytes` limits both compressed and decompressed bytes, `idle_seconds` each wait for the next byte.
    """

    max_bytes: int = 50_000_000
    max_redirects: int = 5
    connect_seconds: float = 10.0
    idle_seconds: float = 20.0
    total_seconds: float = 90.0


@dataclass(frozen=True, slots=True)
class Validators:
    """HTTP validators (ETag, Last-Modified) of an earlier fetch. They are sent only to `url`, its final address."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A successful fetch. `url` is the final address, after redirects.

    `content_type` is detected from the content; `charset` is the declared encoding, as the name of a Python codec.
    `not_modified`: nothing has changed since the validators were issued, and `content` is empty.
    """

    requested_url: str
    url: str
    status: int
    content: bytes
    content_type: ContentType
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False

    @property
    def validators(self) -> Validators:
        """The validators for the next fetch; the server compares them to tell whether anything has changed."""
        return Validators(self.url, self.etag, self.last_modified)


@dataclass(frozen=True, slots=True)
class Wire:
    """Replaceable access to the network; None means the system's. `network` is given IP addresses, never names."""

    resolve: Resolver | None = None
    network: "httpcore.NetworkBackend | None" = None
    tls: "ssl.SSLContext | None" = None


def user_agent(contact: str = "") -> str:
    """The User-Agent header, with a contact address. Raises TenkyoError if the contact is not plain ASCII."""
    contact = contact.strip()
    if not (contact.isascii() and contact.isprintable()) or set(contact) & set("()\\"):
        raise TenkyoError(f"contact {contact!r}: give an e-mail or web address in ASCII, without brackets")
    return f"{PRODUCT} ({contact})" if contact else PRODUCT
