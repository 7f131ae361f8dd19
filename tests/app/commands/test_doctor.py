"""`tenkyo doctor`: a line for each check, and the remedy where one fails."""

import json
from pathlib import Path

import pytest

from app.cli import main
from tests.app.composing.scripted_model import scripted_model


@pytest.fixture(autouse=True)
def free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that the system chooses, so that what runs on this machine does not matter."""
    monkeypatch.setenv("TENKYO_PORT", "0")


def test_a_healthy_installation_is_told_line_by_line(library_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--index", str(library_folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[6:20].strip() for line in lines] == ["installation", "encoder", "index", "answer", "pages"]
    assert all(line.startswith("ok ") for line in lines)
    assert "5 documents" in lines[2]


def test_a_missing_index_fails_with_its_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--index", str(tmp_path / "none")]) == 1
    out, err = capsys.readouterr()
    report = json.loads(out)
    failed = {check["check"]: check for check in report["checks"] if not check["ok"]}
    assert set(failed) == {"index", "answer"}
    assert "no index" in failed["index"]["message"]
    assert "tenkyo ingest" in failed["index"]["remedy"]
    assert (report["ok"], err.count("\n")) == (False, 1)


def test_the_language_model_is_asked_where_one_is_set(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENKYO_LLM_MODEL", "scripted")
    monkeypatch.setenv("TENKYO_LLM_KEY", "sk-very-secret")
    with scripted_model(["yes"], [401]) as server:
        monkeypatch.setenv("TENKYO_LLM_URL", server.address)
        assert main(["doctor", "--index", str(library_folder)]) == 0
        assert "scripted at http://127.0.0.1" in capsys.readouterr().out
        assert main(["doctor", "--index", str(library_folder)]) == 1
    out, err = capsys.readouterr()
    assert "FAIL  language model  the language model answered with status 401; start the model's server" in out
    assert "secret" not in out + err
