"""Response bodies: decompress them within a limit, and detect their type and encoding from the bytes."""

import codecs
import re
import zlib
from collections.abc import Iterable, Iterator

from ingest.fetching.fetched import ContentType, FetchError
from ingest.fetching.outcomes import outcome

ENCODINGS = "gzip, deflate"  # can be decompressed incrementally, so that a limit holds
_HEAD = 4096
_GZIP = b"\x1f\x8b"
_MOST_MEMBERS = 100
_PDF = re.compile(rb"(?:^|[\r\n])%PDF-\d")
# What may come before the first tag of a page, and first tags that only HTML has (WHATWG MIME Sniffing, 7.1).
_PROLOGUE = re.compile(rb"(?:\s|<!--(?>.*?-->)|<\?(?>.*?\?>))++", re.DOTALL)
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|script|iframe|h[1-6]|div|font|table|a|style|title|b|body|br|p|meta)"
    rb"(?=[\s/>])",
    re.IGNORECASE,
)
_HTML_LATER = re.compile(
    rb"(?<![\r\n])[\r\n]\s*+<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE
)  # after a server's warnings
_JSON = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")  # without escape, which ISO-2022-JP uses
_MAGIC: tuple[tuple[bytes, ContentType], ...] = (
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"<svg", "image"),
    (b"PK\x03\x04", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"%!PS", "binary"),
    (b"{\\rtf", "binary"),
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHARSET = re.compile(r"""charset\s*+=\s*+(?:["']\s*+)?([A-Za-z0-9_.:\-]+)""", re.IGNORECASE)


def decompressed(pieces: Iterable[bytes], encoding: str, max_bytes: int, url: str) -> bytes:
    """Undo the Content-Encoding of a body.

    Raises FetchError as soon as the body exceeds `max_bytes`, compressed or decompressed. `url` is for the message.
    """
    chain = [name.strip().lower() for name in encoding.split(",") if name.strip().lower() not in ("", "identity")]
    if not chain:
        return b"".join(_capped(pieces, max_bytes, url))
    if len(chain) > 1 or chain[0] not in ("gzip", "x-gzip", "deflate"):
        raise FetchError("wrong-type", outcome("compression-unknown", url=url, encoding=encoding))
    try:
        return b"".join(_capped(_inflated(_capped(pieces, max_bytes, url), max_bytes, url), max_bytes, url))
    except zlib.error as error:
        damaged = outcome("compression-damaged", url=url, encoding=chain[0], error=str(error))
        raise FetchError("wrong-type", damaged) from error


def type_of(content: bytes) -> ContentType:
    """Detect the type of a body from its bytes alone, since servers often declare a wrong one."""
    if not content.strip():
        return "empty"
    if _PDF.search(content[:1024]) and (content.startswith(b"%PDF-") or b" obj" in content):
        return "pdf"
    if content.startswith(b"PK\x03\x04") and b"word/document.xml" in content:
        return "docx"
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    return _text_type(content)


def charset_of(content: bytes, content_type: str, kind: ContentType) -> str | None:
    """The declared encoding: by byte order mark, Content-Type header or, in HTML, the page itself; None without one."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    page = content[:_HEAD].decode("latin-1") if kind == "html" else ""
    for text in (content_type, page):
        declared = _CHARSET.search(text)
        if declared:
            try:
                b"text".decode(declared.group(1))
            except (LookupError, UnicodeError):
                continue
            return codecs.lookup(declared.group(1)).name
    return None


def _text_type(content: bytes) -> ContentType:
    """The kind of text in a body, or "binary"."""
    head = content[:_HEAD]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: len(head) // 2 * 2].decode("utf-16", errors="replace").encode()
    head = head.removeprefix(codecs.BOM_UTF8)
    if b"\0" in head or len(_CONTROLS.findall(head)) * 100 > len(head):
        return "binary"
    prologue = _PROLOGUE.match(head)
    start = head[prologue.end() :] if prologue else head
    if _HTML.match(start) or start.startswith(b"<!--") or _HTML_LATER.search(head):
        return "html"
    if head.lstrip().startswith(b"<?xml") or re.match(rb"<[A-Za-z][^>]*\sxmlns", start):
        return "xml"
    if _JSON.match(head) and content.rstrip()[-1:] in (b"}", b"]"):
        return "json"
    return "text"


def _capped(pieces: Iterable[bytes], max_bytes: int, url: str) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            raise too_large(url, max_bytes)
        yield piece


def too_large(url: str, max_bytes: int) -> FetchError:
    """The error for a body over the limit."""
    return FetchError("too-large", outcome("too-large", url=url, bytes=max_bytes))


def _inflated(pieces: Iterable[bytes], max_bytes: int, url: str) -> Iterator[bytes]:
    """Decompress gzip (also several members) or deflate (zlib or raw), never holding more than the limit."""
    decoder = None
    waiting = b""
    members = 0
    for piece in pieces:
        waiting += piece
        while waiting and (decoder or len(waiting) >= 2):
            if decoder is None:
                if members and not waiting.startswith(_GZIP):
                    return  # padding after the last member
                members += 1
                if members > _MOST_MEMBERS:
                    raise zlib.error(f"over {_MOST_MEMBERS} gzip members")
                decoder = zlib.decompressobj(_window(waiting))
            out = decoder.decompress(waiting, max_bytes + 1)
            waiting = decoder.unconsumed_tail
            if out:
                yield out
            if decoder.eof:
                waiting, decoder = decoder.unused_data, None
    if decoder is not None:
        raise FetchError("unreachable", outcome("broken-off", url=url))


def _window(head: bytes) -> int:
    """zlib's `wbits` for a stream that begins with `head`: gzip, zlib (header check of RFC 1950) or raw deflate."""
    if head.startswith(_GZIP):
        return 31
    return 15 if head[0] & 15 == 8 and (head[0] * 256 + head[1]) % 31 == 0 else -15
