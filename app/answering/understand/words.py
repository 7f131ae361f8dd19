"""Read word lists in TOML whose patterns take what many of them need from one place: numerals, eras, titles."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from retriever.text import ERA_STARTS, KANJI_DIGITS, KANJI_NUMERALS, KANJI_TO_99, LARGE_UNITS, fold

_SOURCE_SIGNS = Path(__file__).with_name("source_signs.toml")
# Placeholders for patterns: kanji numerals as the inside of a character class, eras as alternatives.
_SHARED = {
    "digits": KANJI_DIGITS[1:],
    "below_100": KANJI_TO_99,
    "numerals": KANJI_NUMERALS + "".join(LARGE_UNITS),
    "eras": "|".join(ERA_STARTS),
}


def read_words(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, with {digits}, {below_100}, {numerals} and {eras} in its strings filled in.

    A table [titles] of the file itself may define further names: {offices} is its `offices`.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    filled: dict[str, Any] = _filled(data, {**_SHARED, **data.get("titles", {})})
    return filled


def _filled(value: Any, lists: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, listed in lists.items():
            value = value.replace(f"{{{name}}}", listed)
        return value
    if isinstance(value, dict):
        return {key: _filled(inner, lists) for key, inner in value.items()}
    return [_filled(inner, lists) for inner in value] if isinstance(value, list) else value


# Compiles a pattern of answer_forms.toml once; in ASCII mode, as a Latin word ends where Japanese begins.
compiled = lru_cache(maxsize=512)(partial(re.compile, flags=re.ASCII))


@lru_cache(maxsize=1)
def source_signs() -> dict[str, Any]:
    """The tables of source_signs.toml."""
    return tomllib.loads(_SOURCE_SIGNS.read_text(encoding="utf-8"))


def any_word(listed: str) -> re.Pattern[str]:
    """Any of the words in a list: a Latin word as a whole, others wherever they stand."""
    folded = [fold(word) for word in listed.split()]
    latin = [word for word in folded if word.isascii()]
    others = sorted((word for word in folded if not word.isascii()), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, others), rf"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])"]))
