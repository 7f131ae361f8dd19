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


SECRET = "sk-very-secret"  # noqa: S105 - no key of anybody


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A file that holds the key."""
    path = tmp_path / "key"
    path.write_text(f"{SECRET}\n", encoding="ascii")
    return path


def test_the_language_model_is_asked_where_one_is_set(
    library_folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENKYO_LLM_MODEL", "scripted")
    monkeypatch.setenv("TENKYO_LLM_KEY_FILE", str(key_file))
    with scripted_model(["yes"], ["It is about nothing at all. [1]"]) as server:
        monkeypatch.setenv("TENKYO_LLM_URL", server.address)
        assert main(["doctor", "--index", str(library_folder)]) == 0
    out, err = capsys.readouterr()
    assert f"{server.address} lists 1 models: scripted" in out
    assert "scripted answers in" in out
    assert "0 sentences shown, 1 withheld" in out
    assert server.keys == [f"Bearer {SECRET}"] * len(server.keys)
    assert SECRET not in out + err


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_refused_key_is_not_shown(
    flags: list[str],
    library_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("TENKYO_LLM_MODEL", "scripted")
    monkeypatch.setenv("TENKYO_LLM_KEY", SECRET)
    with scripted_model([401]) as server:
        monkeypatch.setenv("TENKYO_LLM_URL", server.address)
        assert main(["doctor", *flags, "--index", str(library_folder)]) == 1
    out, err = capsys.readouterr()
    assert "answered with status 401" in out
    assert "TENKYO_LLM_KEY" in out
    assert "secret" not in out + err + caplog.text


def test_an_address_that_is_no_model_is_told(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENKYO_LLM_MODEL", "scripted")
    with scripted_model([b"<html>a page of another server</html>"]) as server:
        monkeypatch.setenv("TENKYO_LLM_URL", server.address)
        assert main(["doctor", "--index", str(library_folder)]) == 1
    assert "not as the OpenAI API does" in capsys.readouterr().out


def test_a_key_without_an_address_is_told(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENKYO_LLM_KEY", SECRET)
    assert main(["doctor", "--index", str(library_folder)]) == 1
    out, err = capsys.readouterr()
    assert "TENKYO_LLM_URL is missing" in out
    assert "secret" not in out + err
