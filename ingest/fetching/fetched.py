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
# The IP addresses of a host name, as text; raises OSError where the name has none.
Resolver = Callable[[str, int], Sequence[str]]


class FetchError(TenkyoError):
    """An address that gave no document: `reason` is a word for programs, `outcomes` are for people.

    `status` is the last HTTP status, None where there was none; `retry_after` the seconds that a server asked to wait;
    `lacks` the "host:port" that allow_hosts would need to hold for the address to be fetched, "" where none helps.
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

    `max_bytes` binds the bytes on the wire and the decompressed ones, `idle_seconds` each wait for the next byte.
    """

    max_bytes: int = 50_000_000
    max_redirects: int = 5
    connect_seconds: float = 10.0
    idle_seconds: float = 20.0
    total_seconds: float = 90.0


@dataclass(frozen=True, slots=True)
class Validators:
    """The version of `url` (the final address of an earlier fetch); sent to that address only."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave. `asked` is the address asked for, `url` the one that answered, after redirects.

    `content_type` is told from the content; `charset` is what the header or the page declares, a codec of Python.
    `not_modified`: the version that the validators named still stands, and `content` is empty.
    """

    asked: str
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
        """The validators for the next fetch, by which the server tells whether anything has changed."""
        return Validators(self.url, self.etag, self.last_modified)


@dataclass(frozen=True, slots=True)
class Wire:
    """How the network is reached; None means the system's way. `network` connects to IP addresses only."""

    resolve: Resolver | None = None
    network: "httpcore.NetworkBackend | None" = None
    tls: "ssl.SSLContext | None" = None


def user_agent(contact: str = "") -> str:
    """How a fetch introduces itself, with an address to write to; raises TenkyoError where that is not plain ASCII."""
    contact = contact.strip()
    if not (contact.isascii() and contact.isprintable()) or set(contact) & set("()\\"):
        raise TenkyoError(f"contact {contact!r}: give an e-mail or web address in ASCII, without brackets")
    return f"{PRODUCT} ({contact})" if contact else PRODUCT
