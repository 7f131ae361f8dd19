"""The states of a cited work's text, their words in four languages, and what to do for each."""

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.fetching.outcomes import Language
from ingest.references.fetch_record import State

Tone = Literal["good", "abstract", "middling", "bad"]
Words = Mapping[Language, str]
_GIVE = "tenkyo ingest FILE.pdf --as {key}"
_WORDS: dict[str, dict[str, dict[Language, str]]] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
REPORT_WORDS: Mapping[str, Words] = _WORDS["report"]
"""What the health report says around the works."""


@dataclass(frozen=True, slots=True)
class StateWords:
    """A state in plain words, what to do about it, and the command for it (`command_for` fills `{key}` and `{ocr}`).

    `tone` colours it: bad where somebody must do something, middling where another try may do.
    """

    tone: Tone
    name: Words
    remedy: Words
    command: str


def _state(state: State, tone: Tone, command: str = _GIVE) -> tuple[State, StateWords]:
    return state, StateWords(tone, _WORDS["states"][state], _WORDS["remedies"][state], command)


STATE_WORDS: dict[State, StateWords] = dict(
    (
        _state("not-the-document", "bad"),
        _state("dead", "bad"),
        _state("paywalled", "bad"),
        _state("no-address", "bad"),
        _state("robots", "bad"),
        _state("scanned", "bad", "ocrmypdf --language {ocr} SCAN.pdf FILE.pdf\ntenkyo ingest FILE.pdf --as {key}"),
        _state(
            "garbled",
            "bad",
            "ocrmypdf --force-ocr --language {ocr} GARBLED.pdf FILE.pdf\ntenkyo ingest FILE.pdf --as {key}",
        ),
        _state("unreadable", "bad"),
        _state("too-large", "bad"),
        _state("redirected", "bad"),
        _state("refused", "bad"),
        _state("unreachable", "middling", "tenkyo references fetch --retry --only {key}"),
        _state("not-tried", "middling", "tenkyo references fetch --only {key}"),
        _state("abstract-only", "abstract"),
        _state("fetched", "good", ""),
    )
)
_OCR = {"ja": "jpn", "en": "eng", "zh": "chi_sim", "ko": "kor", "de": "deu", "fr": "fra"}


def command_for(state: State, key: str, language: str, index: str = "") -> str:
    """The commands, one a line, that get the text of the work `key` in a state; "" if nothing is to be done.

    `index` is the folder of the index, "" for the default one.
    """
    command = STATE_WORDS[state].command.replace("{ocr}", _OCR.get(language, "eng"))
    joint = "=" if key.startswith("-") else " "  # a key that begins with a hyphen would be read as an option
    command = command.replace(" {key}", joint + _quoted(key))
    return f"{command} --index {_quoted(index)}" if command and index else command


def _quoted(word: str) -> str:
    """A word of a command line; in double quotes where possible, which work in cmd.exe too."""
    if re.search(r"""["$`\\!%\x00-\x1f]""", word):
        return shlex.quote(word)
    return word if re.fullmatch(r"[\w.+@:/-]+", word) else f'"{word}"'
