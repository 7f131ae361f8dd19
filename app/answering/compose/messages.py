"""Fixed phrases of answers, in the language of the question. Quotes are never translated."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

_TITLES, _LONGEST_TITLE = 3, 80  # titles that are named, characters of each
_DATA: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
MESSAGES = _DATA["messages"]  # by language; placeholders in braces
STATES = _DATA["states"]  # by language: what a state of a cited work's text is called


def say(language: str, message: str, **values: object) -> str:
    """A message in `language` ("ja", "en", "zh" or "ko"; else English), filled in."""
    return MESSAGES.get(language, MESSAGES["en"])[message].format(**values)


def state_word(language: str, state: str) -> str:
    """Name of a state of a cited work's text, in `language`."""
    return STATES.get(language, STATES["en"]).get(state, state)


def origin_label(language: str, origin: str, number: int | None) -> str:
    """Label for the source of a quote: 〔論文〕, (reference 5); empty if it is unknown."""
    if origin == "document":
        return ""
    return say(language, origin, number="" if number is None else number)


def bare_origin_label(language: str, origin: str, number: int | None = None) -> str:
    """The label for the source of a quote without its brackets."""
    return origin_label(language, origin, number).strip("〔〕()").strip()


def cites_words(language: str, *, certain: bool) -> str:
    """Words before a work that a quote cites; not `certain`: the quote may cite another work instead."""
    return say(language, "cites") + ("" if certain else f" ({say(language, 'one_of')})")


def quoted(language: str, text: str) -> str:
    """A title or place in the quotation marks of `language`; unchanged if it already begins with them."""
    opening = say(language, "quoted", text="")[:1]
    return text if text.startswith(opening) else say(language, "quoted", text=text)


def spaced(language: str) -> str:
    """The separator between sentences or words: empty in Japanese and Chinese, else a space."""
    return "" if language in {"ja", "zh"} else " "


def listed_titles(language: str, titles: Sequence[str]) -> str:
    """The first titles in quotation marks, shortened, and how many more there are."""
    shown = (title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…" for title in titles[:_TITLES])
    named = say(language, "place_separator").join(quoted(language, title) for title in shown)
    more = len(titles) - _TITLES
    return named if more <= 0 else say(language, "and_more", titles=named, more=more)
