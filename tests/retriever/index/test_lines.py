"""JSON Lines on disk: any record comes back."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retriever.index.segment_files import open_lines, write_lines

ANY_TEXT = st.text(st.characters(exclude_categories=["Cn"]), max_size=40)  # surrogates too: names of files hold them


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers() | st.none(), max_size=4), max_size=6))
def test_every_record_comes_back(records: list[dict[str, str | int | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_lines(Path(folder) / "records.jsonl", records)
        lines = open_lines(Path(folder) / "records.jsonl")
        assert [lines[row] for row in range(len(lines))] == records
        del lines
