"""The README and the pages that it leads to say what the product does: its commands, settings and addresses."""

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.cli import build_parser
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [path for path in re.findall(r"\]\(([^)#:]+\.md)\)", README) if path != "tests/benchmarks/LOG.md"]


def commands() -> list[str]:
    actions = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return list(next(actions).choices)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_shown(command: str) -> None:
    assert f"tenkyo {command}" in README


@pytest.mark.parametrize("field", [field.name for field in fields(Settings)])
def test_every_setting_is_named(field: str) -> None:
    assert f"TENKYO_{field.upper()}" in "".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)


def test_every_command_that_is_shown_exists() -> None:
    shown = set(re.findall(r"^tenkyo ([a-z]+)", README, flags=re.MULTILINE))
    assert shown <= set(commands())


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_the_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for path in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / page).parent.joinpath(path).exists(), path
    for path in re.findall(r"`((?:retriever|ingest|app|corpus|tests)/[a-z/_.]*)`", text):
        assert (ROOT / path).exists(), path


def test_the_file_of_each_step_of_an_answer_is_there() -> None:
    table = README.split("## How an answer is made")[1].split("\n## ")[0]
    files = [path for line in table.splitlines() if line.startswith("| ") for path in re.findall(r"`([^`]+)`", line)]
    assert len(files) > 20
    for path in files:
        assert (ROOT / path).exists() or (ROOT / "app" / "answering" / path).exists(), path


@pytest.mark.parametrize("command", commands())
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([command, "--help"])
    assert ended.value.code == 0
    assert "--index" in capsys.readouterr().out
