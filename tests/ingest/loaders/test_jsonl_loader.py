"""JSON Lines: their encoding is told by the whole file, block by block."""

import json
from pathlib import Path

import pytest

from ingest.loaders import Limits, jsonl, load

TEXT = "灯台の光は遠くまで届く。"


def test_an_escape_sequence_that_two_blocks_share_tells_iso_2022_jp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = json.dumps({"id": "a", "title": "", "text": TEXT}, ensure_ascii=False).encode("iso2022_jp")
    monkeypatch.setattr(jsonl, "_BLOCK", row.index(b"\x1b$") + 1)
    (tmp_path / "a.jsonl").write_bytes(row)
    assert load(tmp_path / "a.jsonl", limits=Limits()).documents[0].text == TEXT
