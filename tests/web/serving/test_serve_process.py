"""The one place that starts `tenkyo serve` for tests."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.web.serve_process import serving


def test_a_server_that_cannot_start_fails_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="--port"), serving("--port=70000", "--index", str(tmp_path)):
        pass


def test_no_other_file_starts_it() -> None:
    starting = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests" / "web").rglob("*.py")
        if re.search(r"Popen\([^)]*(?:\"serve\"|fake_server)", path.read_text(encoding="utf-8"))
    }
    assert starting == set()
