"""Whether two entries mean the same work: comparison of URLs, titles and authors up to spelling."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from retriever.text import letters

# A title inside a longer one (a subtitle, a series) identifies the work from this many letters on: ASCII ones, others.
_LEAST_LETTERS = {True: 12, False: 6}


def same_address(url: str, other: str) -> bool:
    """Whether two addresses lead to the same page by their spelling; none does where one is empty."""
    return bool(url and other) and plain_address(url) == plain_address(other)


def plain_address(url: str) -> str:
    """A URL without scheme, "www.", tracking parameters and a last slash: the same for all spellings of one page."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # an address that cannot be taken apart is like none but itself
        return url
    query = "&".join(part for part in parts.query.split("&") if part and not part.startswith("utm_"))
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def same_title(title: str, other: str) -> bool:
    """Whether two titles are the same up to spelling, or one stands in the other."""
    short, long = sorted((letters(title), letters(other)), key=len)
    return bool(short) and (short == long or (len(short) >= _LEAST_LETTERS[short.isascii()] and short in long))


def share_author(authors: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two works have an author in common, up to spelling."""
    return bool(set(map(letters, authors)) & set(map(letters, others)))
