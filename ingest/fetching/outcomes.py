"""Outcomes of fetching and reading a source: codes with parameters; messages lie beside this file.

Japanese and English in `outcomes.toml`, Chinese and Korean in `outcomes_zh.toml` and `outcomes_ko.toml`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

Language = Literal["ja", "en", "zh", "ko"]
Value = str | int | float | tuple["FetchOutcome", ...]
_JOINTS: dict[Language, str] = {"ja": "。", "en": "; ", "zh": "。", "ko": ". "}
UNTRANSLATED = "earlier-version"  # the code for an English message stored by an earlier version


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """One message about a fetch: a `code` from `outcomes.toml`, and the `values` for its placeholders.

    A value may itself be outcomes: where a redirect led, why a page could not be fetched again.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The outcome as a fetch record stores it."""
        values = {
            name: [part.to_json() for part in value] if isinstance(value, tuple) else value
            for name, value in self.values.items()
        }
        return {"code": self.code, **values}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The outcome from the output of `to_json`."""
        values = {
            name: tuple(map(FetchOutcome.from_json, value)) if isinstance(value, list) else value
            for name, value in data.items()
            if name != "code"
        }
        return cls(data["code"], values)


def outcome(code: str, **values: Value) -> FetchOutcome:
    """An outcome with this code and these values."""
    return FetchOutcome(code, values)


def say(outcomes: Sequence[FetchOutcome], language: Language = "en") -> str:
    """The messages of the outcomes, joined to one line."""
    parts = (" ".join(_words(part, language).split()) for part in outcomes)
    return _JOINTS[language].join(parts)


def _words(part: FetchOutcome, language: Language) -> str:
    filled = {name: say(value, language) if isinstance(value, tuple) else value for name, value in part.values.items()}
    known = catalogue().get(part.code)
    if known is None:  # stored by a later version
        return " ".join(map(str, (part.code, *filled.values())))
    return known[language].format(**filled, give=catalogue()["give"][language])


@cache
def catalogue() -> dict[str, dict[Language, str]]:
    """The message of each code, by language. Names in braces are placeholders."""
    words: dict[str, dict[Language, str]] = _read("outcomes.toml")
    more: tuple[Language, ...] = ("zh", "ko")
    for language in more:
        for code, text in _read(f"outcomes_{language}.toml").items():
            words[code][language] = text
    return words


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
