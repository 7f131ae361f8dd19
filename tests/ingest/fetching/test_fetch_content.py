import gzip
import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator

import pytest

from ingest.fetching import FetchError
from ingest.fetching.content import charset_of, decompressed, type_of

HTML = b"<!DOCTYPE html><html><head><title>T</title></head><body>x</body></html>"


def _gzip(content: bytes) -> bytes:
    """Packed without the time of day, as the workers that run the tests must collect equal names."""
    return gzip.compress(content, mtime=0)


def zipped(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n1 0 obj", "pdf"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4\n1 0 obj", "pdf"),
        (b"<b>Warning</b>: header\n%PDF-1.4\n1 0 obj", "pdf"),
        (b"A note.\n%PDF-1.4 is how a PDF begins", "text"),
        (HTML, "html"),
        (b"\xef\xbb\xbf\n <!-- made by hand -->\n<HTML lang=ja>", "html"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'><html xmlns='y'>", "html"),
        (b"Warning: a line\n<!doctype html><html>", "html"),
        ("<html><body>日本".encode("utf-16"), "html"),
        ("<html><body>日本".encode("iso2022_jp"), "html"),
        ("日本語の文章".encode("cp932"), "text"),
        ("日本語の文章".encode("euc_jp"), "text"),
        ("日本語の文章".encode("iso2022_jp"), "text"),
        ("日本語の文章".encode("utf-16"), "text"),
        (b"a < b and <c>", "text"),
        (b"[1] A list\n[2] of works", "text"),
        (b'{"error": "none"}', "json"),
        (b"<?xml version='1.0'?><rss></rss>", "xml"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (zipped("word/document.xml"), "docx"),
        (zipped("a.txt"), "archive"),
        (b"\x7fELF\x02\x01\x00", "binary"),
        (b"\x00\x00\x00\x18ftypmp42", "binary"),
        (b" \r\n\t", "empty"),
        (b"", "empty"),
    ],
)
def test_a_type_is_told_from_the_bytes(content: bytes, kind: str) -> None:
    assert type_of(content) == kind


def test_a_charset_is_what_is_declared_and_python_knows() -> None:
    meta = b"<html><meta charset='Shift_JIS'>"
    assert charset_of(meta, "text/html", "html") == "shift_jis"
    assert charset_of(meta, "text/html; charset=EUC-JP", "html") == "euc_jp"
    assert charset_of(meta, "text/html; charset=none-such", "html") == "shift_jis"
    assert charset_of(meta, "text/plain", "text") is None
    assert charset_of(b"\xef\xbb\xbfa", "text/plain; charset=cp932", "text") == "utf-8"
    assert charset_of(b"a", "text/plain; charset=hex", "text") is None


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (HTML, ""),
        (HTML, "identity"),
        (_gzip(HTML), "gzip"),
        (_gzip(HTML), "X-GZIP"),
        (_gzip(HTML[:20]) + _gzip(HTML[20:]) + b"\0\0\0", "gzip"),
        (zlib.compress(HTML), "deflate"),
        (raw_deflate(HTML), "deflate"),
    ],
)
def test_bodies_are_decompressed_however_they_are_cut(packed: bytes, encoding: str, size: int) -> None:
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert decompressed(pieces, encoding, 1000, "page") == HTML


@pytest.mark.parametrize(
    ("packed", "encoding", "reason"),
    [
        (_gzip(HTML)[:-9], "gzip", "unreachable"),
        (b"not packed at all", "gzip", "wrong-type"),
        (HTML, "br", "wrong-type"),
        (_gzip(_gzip(HTML)), "gzip, gzip", "wrong-type"),
        (_gzip(b"") * 200, "gzip", "wrong-type"),
        (b"a" * 10_001, "", "too-large"),
        (_gzip(b"a" * 10_001), "gzip", "too-large"),
    ],
)
def test_broken_and_oversized_bodies_are_named(packed: bytes, encoding: str, reason: str) -> None:
    with pytest.raises(FetchError) as caught:
        decompressed([packed], encoding, 10_000, "page")
    assert caught.value.reason == reason


def test_a_bomb_is_neither_read_nor_unpacked_to_its_end() -> None:
    bomb = _gzip(b"\0" * 10_000_000)
    read = []

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(bomb), 5000):
            read.append(start)
            yield bomb[start : start + 5000]

    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="100,000 bytes"):
            decompressed(pieces(), "gzip", 100_000, "page")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read == [0]
    assert peak < 1_000_000
