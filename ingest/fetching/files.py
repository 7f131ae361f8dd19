"""Store fetched bytes as files for the loaders, with file names that cannot contain a path."""

import codecs
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from ingest.fetching.content import charset_of
from ingest.fetching.fetched import Fetched
from retriever.files import write_whole
from retriever.types import TenkyoError

# Strict encodings: text in another encoding is hardly ever valid in them. ISO-8859-1 accepts any bytes.
_STRICT = frozenset(
    {"shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr", "cp949"}
)
_SUFFIXES = {"pdf": ".pdf", "html": ".html", "text": ".txt", "docx": ".docx"}


def save(fetched: Fetched, folder: Path) -> Path:
    """Write a fetched body to a file in `folder`, named after the requested address; returns its path.

    The same address always gives the same name. Bytes are unchanged, except for text whose encoding is declared only
    in the HTTP header: it becomes UTF-8, since a file has no header. Raises TenkyoError if the file cannot be written.
    """
    path = folder / (name_of(fetched.requested_url) + _suffix(fetched))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, _readable(fetched))
    except OSError as error:
        raise TenkyoError(f"{path}: cannot be written ({error.strerror}); check the folder") from error
    return path


def name_of(url: str) -> str:
    """A file name for an address, without suffix: letters, digits and hyphens, made unique by an 8-digit hash."""
    parts = urlsplit(url)
    slug = re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname}{parts.path}".lower()).strip("-")
    return f"{slug[:60].strip('-')}-{hashlib.blake2b(url.encode(), digest_size=4).hexdigest()}"


def _readable(fetched: Fetched) -> bytes:
    kind, content, charset = fetched.content_type, fetched.content, fetched.charset
    if kind not in ("text", "html") or charset not in _STRICT or charset_of(content, "", kind) is not None:
        return content
    try:
        return codecs.BOM_UTF8 + content.decode("cp932" if charset == "shift_jis" else charset).encode()
    except UnicodeDecodeError:  # the header is wrong: the loader will detect the encoding from the bytes
        return content


def _suffix(fetched: Fetched) -> str:
    """The suffix that selects the loader. Text counts as Markdown if the suffix of its address says so."""
    if fetched.content_type == "text" and urlsplit(fetched.url).path.lower().endswith((".md", ".markdown")):
        return ".md"
    return _SUFFIXES.get(fetched.content_type, ".bin")
