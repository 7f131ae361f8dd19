"""Fetched bytes → files that the loaders read, under names that never become paths."""

import codecs
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from ingest.fetching.content import charset_of
from ingest.fetching.fetched import Fetched
from retriever.types import TenkyoError
from retriever.whole_files import write_whole

# Encodings in which text of another encoding is hardly ever valid; not ISO-8859-1, in which any bytes are.
_STRICT = frozenset(
    {"shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr", "cp949"}
)
_SUFFIXES = {"pdf": ".pdf", "html": ".html", "text": ".txt", "docx": ".docx"}


def save(fetched: Fetched, folder: Path) -> Path:
    """Write what was fetched into a file of `folder`, named after the address that was asked for; returns its path.

    The same address gives the same name each time. Bytes stay as they are, except text in an encoding that only the
    server's header names: that becomes UTF-8, since a file has no header.
    Raises TenkyoError where the file cannot be written.
    """
    path = folder / (name_of(fetched.asked) + _suffix(fetched))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, _readable(fetched))
    except OSError as error:
        raise TenkyoError(f"{path}: cannot be written ({error.strerror}); check the folder") from error
    return path


def name_of(url: str) -> str:
    """A file name of letters, digits and hyphens for an address, its own by a hash of 8 digits; without a suffix."""
    parts = urlsplit(url)
    slug = re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname}{parts.path}".lower()).strip("-")
    return f"{slug[:60].strip('-')}-{hashlib.blake2b(url.encode(), digest_size=4).hexdigest()}"


def _readable(fetched: Fetched) -> bytes:
    kind, content, charset = fetched.content_type, fetched.content, fetched.charset
    if kind not in ("text", "html") or charset not in _STRICT or charset_of(content, "", kind) is not None:
        return content
    try:
        return codecs.BOM_UTF8 + content.decode("cp932" if charset == "shift_jis" else charset).encode()
    except UnicodeDecodeError:  # the header is wrong: the loader tells the encoding from the bytes
        return content


def _suffix(fetched: Fetched) -> str:
    """The suffix by which a loader is chosen; Markdown is text that its address calls so."""
    if fetched.content_type == "text" and urlsplit(fetched.url).path.lower().endswith((".md", ".markdown")):
        return ".md"
    return _SUFFIXES.get(fetched.content_type, ".bin")
