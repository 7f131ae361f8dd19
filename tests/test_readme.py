"""The README says what the product does: its commands, settings and addresses."""

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.cli import build_parser
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    actions = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return list(next(actions).choices)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_shown(command: str) -> None:
    assert f"tenkyo {command}" in README


@pytest.mark.parametrize("field", [field.name for field in fields(Settings)])
def test_every_setting_is_named(field: str) -> None:
    assert f"TENKYO_{field.upper()}" in README


def test_every_command_that_is_shown_exists() -> None:
    shown = set(re.findall(r"^tenkyo ([a-z]+)", README, flags=re.MULTILINE))
    assert shown <= set(commands())


def test_the_files_that_it_names_are_there() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`((?:retriever|ingest|app|corpus|tests)/[a-z/_.]*)`", README):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("command", commands())
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([command, "--help"])
    assert ended.value.code == 0
    assert "--index" in capsys.readouterr().out
