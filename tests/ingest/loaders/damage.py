"""Damaged copies of files: bytes, text, parts of archives and sizes that are wrong in many ways."""

import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx

from ingest.loaders import Limits
from ingest.runs.gather import ReadOptions, Source, file_hash, load_source, take_source
from ingest.runs.ingest_plan import IngestPlan
from tests.ingest import made_pdfs
from tests.ingest.loaders import made_office

LIMITS = Limits(max_bytes=10_000_000, max_seconds=60.0, max_memory_bytes=1_500_000_000)
REASONS = {"damaged", "empty", "encrypted", "garbled", "scanned", "too-large", "hidden", "id", "duplicate"}
Change = Callable[[bytes, random.Random], bytes]
_ARCHIVES = frozenset({".docx", ".xlsx", ".pptx", ".epub"})
_ODD_NUMBERS = (b"0", b"-1", b"1", b"65536", b"2147483648", b"99999999999999999999", b"1e999", b"0.0000001")
_ODD_TEXTS = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b'"', b"<", b"]]>", b"<!--", b"<![CDATA[", b"&#0;",
    b"&#xD800;", b"&#1114112;", b"<table>" * 40, b"<div>" * 300, b"</", b"[", b"{" * 200, b"\\ud800", b"\x1b$B",
    b"> " * 200, b"|" * 200, b"\t" * 300, b"#" * 30, b"```\n", b"---\n", b"\n" * 50, b"A" * 3000, "\u202e".encode(),
)  # fmt: skip


def sources(folder: Path) -> dict[str, Path]:
    """A whole file of each kind, made in `folder`."""
    rows = "\n".join(f'{2000 + row},"{row * 31:,}",秋の記録{row}' for row in range(30))
    prose = "".join(made_pdfs.SENTENCES)
    markdown = f"# 灯台\n\n{prose}\n\n- 一つ目\n- 二つ目\n\n| 年 | 数 |\n|---|---|\n| 2020 | 31 |\n\n```\ncode\n```\n"
    page = "<table><tr><th>年<td>数<tr><td>2020<td>31</table><pre>a\n b</pre><ul><li>項目</ul>"
    lines = [json.dumps({"id": f"n{n}", "title": f"題{n}", "text": prose}, ensure_ascii=False) for n in range(5)]
    texts = {
        "a.csv": f"年,数,備考\n{rows}\n",
        "a.md": markdown,
        "a.txt": f"灯台の記録\n\n1 はじめに\n\n{prose}\n\n参考文献\n[1] 霧原誠『灯台』海辺書房、2019年。\n",
        "a.html": f"<html><head><title>灯台</title></head><body><h1>灯台</h1><p>{prose}</p>{page}</body></html>",
        "a.jsonl": "\n".join(lines),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = [
        made_pdfs.essay(folder / "a.pdf", pages=2),
        made_office.book(folder / "a.xlsx"),
        made_office.slides(folder / "a.pptx"),
        made_office.epub(folder / "a.epub"),
        _letter(folder / "a.docx"),
    ]
    return {path.suffix: path for path in [*(folder / name for name in texts), *made]}


def _letter(path: Path) -> Path:
    made = docx.Document()
    made.add_heading("灯台", 1)
    made.add_paragraph("".join(made_pdfs.SENTENCES))
    made.add_paragraph("一つ目", style="List Bullet")
    table = made.add_table(2, 2)
    for place, text in enumerate(("年", "数", "2020", "31")):
        table.cell(place // 2, place % 2).text = text
    made.save(str(path))
    return path


def damaged(data: bytes, suffix: str, chance: random.Random) -> bytes:
    """A copy that differs from `data` in one to three ways, drawn by chance."""
    changes: list[Change] = [_cut_short, _flipped, _without_a_span, _with_a_span_twice, _with_other_numbers]
    if suffix in _ARCHIVES:
        changes += [_with_another_part] * 5 + [_with_lies_about_sizes] * 3
    elif suffix == ".pdf":
        changes += [_with_another_stream] * 5
    else:
        changes += [_with_odd_text] * 5
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(changes)(data, chance) or data
    return data


def fault_of(path: Path) -> str:
    """What is wrong with how a file is read or refused; "" where nothing is."""
    options = ReadOptions(None, LIMITS, None)
    source = Source(path, str(path))
    plan = IngestPlan({}, {source.name: file_hash(path, options)})
    for outcome in take_source(source, load_source(source, options), plan):
        if outcome.state == "skipped" and outcome.reason not in REASONS:
            return f"refused as {outcome.reason}: {outcome.detail}"
        if len(outcome.detail) > 700 or not f"{outcome.name}{outcome.detail}".isprintable():
            return f"said in no clear line: {outcome!r}"
    for document, entry in plan.incoming.values():
        for passage in entry.passages:
            if document.text[passage.start : passage.end] != passage.text:
                return f"a passage is no span of its document: {passage.id}"
        document.text.encode()
    return ""


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _cut_short(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    copy = bytearray(data)
    for _ in range(chance.randrange(1, 40)):
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
    return bytes(copy)


def _without_a_span(data: bytes, chance: random.Random) -> bytes:
    start = _place(data, chance)
    return data[:start] + data[start + chance.randrange(1, 200) :]


def _with_a_span_twice(data: bytes, chance: random.Random) -> bytes:
    start, place = _place(data, chance), _place(data, chance)
    return data[:place] + data[start : start + chance.randrange(1, 2000)] + data[place:]


def _with_other_numbers(data: bytes, chance: random.Random) -> bytes:
    """Some numbers are zero, negative, or larger than anything."""
    share = chance.choice((0.02, 0.2))

    def other(match: re.Match[bytes]) -> bytes:
        return chance.choice(_ODD_NUMBERS) if chance.random() < share else match.group()

    return re.sub(rb"\d{1,12}", other, data)


def _with_odd_text(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randrange(1, 6)):
        place = _place(data, chance)
        data = data[:place] + chance.choice(_ODD_TEXTS) + data[place:]
    return data


def _with_another_part(data: bytes, chance: random.Random) -> bytes:
    """An archive one part of which is missing, empty, another one's, twice there, or damaged inside."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            parts = [(name, old.read(name)) for name in old.namelist()]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        return data
    if not parts:
        return data
    index = chance.randrange(len(parts))
    name, content = parts[index]
    way = chance.randrange(9)
    if way == 0:
        del parts[index]
    elif way == 1:
        parts[index] = name, b""
    elif way == 2:
        parts[index] = name, chance.choice(parts)[1]
    elif way == 3:
        parts[index] = chance.choice(parts)[0] + "x", content
    else:
        change = chance.choice((_cut_short, _flipped, _without_a_span, _with_other_numbers, _with_odd_text))
        parts[index] = name, change(content, chance) if content else content
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part, inside in dict(parts).items():
            new.writestr(part, inside)
    return made.getvalue()


def _with_lies_about_sizes(data: bytes, chance: random.Random) -> bytes:
    """An archive whose directory or parts state other sizes, sums, places or methods than they have."""
    copy = bytearray(data)
    heads = [
        (b"PK\x01\x02", (10, 16, 20, 24, 28, 42)),
        (b"PK\x03\x04", (8, 14, 18, 22, 26)),
        (b"PK\x05\x06", (8, 12, 16)),
    ]
    signature, fields = chance.choice(heads)
    places = [match.start() for match in re.finditer(re.escape(signature), data)]
    for place in chance.sample(places, min(len(places), chance.randrange(1, 4))):
        at = place + chance.choice(fields)
        if at + 4 <= len(copy):
            value = chance.choice((0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 99, struct.unpack_from("<I", copy, at)[0] * 7 % 2**32))
            struct.pack_into("<I", copy, at, value)
    return bytes(copy)


def _with_another_stream(data: bytes, chance: random.Random) -> bytes:
    """A PDF one stream of which is damaged inside and packed again; its stated length may be that of the old one."""
    streams = list(re.finditer(rb"(?<!end)stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL))
    if not streams:
        return data
    match = chance.choice(streams)
    try:
        content = zlib.decompress(match.group(1))
        packs = True
    except zlib.error:
        content, packs = match.group(1), False
    change = chance.choice((_cut_short, _flipped, _without_a_span, _with_a_span_twice, _with_other_numbers))
    content = change(content, chance) if content else content
    return data[: match.start(1)] + (zlib.compress(content) if packs else content) + data[match.end(1) :]
