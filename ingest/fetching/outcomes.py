"""Outcomes of fetching and reading a source: codes with values, put into words by `outcomes.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

Language = Literal["en", "ja"]
Value = str | int | float | tuple["FetchOutcome", ...]
UNTRANSLATED = "earlier-version"  # the code of a text that an earlier version wrote in English


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """One thing to say about a fetch: a `code` of `outcomes.toml`, and the `values` that fill its words in.

    A value may be outcomes itself: what a redirect led to, why a page could not be fetched again.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The outcome as a fetch record stores it."""
        values = {
            name: [one.to_json() for one in value] if isinstance(value, tuple) else value
            for name, value in self.values.items()
        }
        return {"code": self.code, **values}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The outcome from what `to_json` made."""
        values = {
            name: tuple(map(FetchOutcome.from_json, value)) if isinstance(value, list) else value
            for name, value in data.items()
            if name != "code"
        }
        return cls(data["code"], values)


def outcome(code: str, **values: Value) -> FetchOutcome:
    """The outcome of this code."""
    return FetchOutcome(code, values)


def say(outcomes: Sequence[FetchOutcome], language: Language = "en") -> str:
    """The outcomes in words, on one line."""
    parts = (" ".join(_words(one, language).split()) for one in outcomes)
    return ("; " if language == "en" else "。").join(parts)


def _words(one: FetchOutcome, language: Language) -> str:
    filled = {name: say(value, language) if isinstance(value, tuple) else value for name, value in one.values.items()}
    known = catalogue().get(one.code)
    if known is None:  # stored by a later version
        return " ".join(map(str, (one.code, *filled.values())))
    return known[language].format(**filled, give=catalogue()["give"][language])


@cache
def catalogue() -> dict[str, dict[Language, str]]:
    """The words of each code by language; names in braces are filled in."""
    words: dict[str, dict[Language, str]] = tomllib.loads(
        Path(__file__).with_name("outcomes.toml").read_text(encoding="utf-8")
    )
    return words
