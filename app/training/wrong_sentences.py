"""Make a sentence wrong by one change: a figure, a year, a unit, a name, a negation or a comparison.

Each maker takes a sentence, its text, another text and a source of random numbers, and returns the changed sentence, or
"" if there is nothing to change. The words that are exchanged are in composed_pairs.toml.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

from app.training.reader.course.corpus import CorpusText
from retriever.text import proper_nouns

_WORDS = tomllib.loads(Path(__file__).with_name("composed_pairs.toml").read_text(encoding="utf-8"))
_JAPANESE_ENDS, _ENGLISH_VERBS = _WORDS["japanese_ends"], _WORDS["english_verbs"]
_OPPOSITES: dict[str, list[list[str]]] = _WORDS["opposites"]
_UNITS: dict[str, str] = _WORDS["units"]
_NUMBER = re.compile(r"(?<![\d.A-Za-z-])\d+(?:\.\d+)?(?![\d.])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*")


def _other_number(sentence: str, text: CorpusText, _other: CorpusText, rng: Random) -> str:
    numbers = [
        match for match in _NUMBER.finditer(sentence) if not (len(match.group()) == 4 and match.group()[0] in "12")
    ]
    return _with_another(sentence, rng.choice(numbers), text, rng) if numbers else ""


def _other_year(sentence: str, text: CorpusText, _other: CorpusText, rng: Random) -> str:
    years = [match for match in _NUMBER.finditer(sentence) if re.fullmatch(r"[12]\d{3}", match.group())]
    return _with_another(sentence, rng.choice(years), text, rng) if years else ""


def _with_another(sentence: str, match: re.Match[str], text: CorpusText, rng: Random) -> str:
    """The sentence with the matched number replaced by another one of the passage, or by one close to it."""
    numbers: list[str] = _NUMBER.findall(text.text)
    others = {number for number in numbers if number not in sentence and len(number) == len(match.group())}
    near = str(int(float(match.group())) + rng.choice([-3, -2, -1, 1, 2, 7]))
    return sentence[: match.start()] + rng.choice([*sorted(others), near]) + sentence[match.end() :]


def _swapped(sentence: str, _text: CorpusText, _other: CorpusText, _rng: Random) -> str:
    """The sentence with two different numbers of the same unit exchanged."""
    by_unit: dict[str, list[re.Match[str]]] = defaultdict(list)
    for match in _NUMBER.finditer(sentence):
        by_unit[sentence[match.end() : match.end() + 1]].append(match)
    for matches in by_unit.values():
        first, *others = matches
        second = next((match for match in others if match.group() != first.group()), None)
        if second:
            between = sentence[first.end() : second.start()]
            return f"{sentence[: first.start()]}{second.group()}{between}{first.group()}{sentence[second.end() :]}"
    return ""


def _other_unit(sentence: str, text: CorpusText, _other: CorpusText, _rng: Random) -> str:
    for unit, instead in _UNITS.items():
        if text.language == "en" and not instead.isascii():
            continue
        changed = re.sub(rf"(\d ?){re.escape(unit)}(?![A-Za-z])", rf"\g<1>{instead}", sentence, count=1)
        if changed != sentence:
            return changed
    return ""


def _other_name(sentence: str, text: CorpusText, other: CorpusText, rng: Random) -> str:
    """The sentence with a name replaced by one of the same passage, or of `other` where there is none."""
    names_of: Callable[[str], list[str]] = _NAME.findall if text.language == "en" else proper_nouns
    own = [name for name in names_of(sentence) if len(name) > 1 and name in sentence]
    there = [name for name in names_of(text.text) if name not in sentence and len(name) > 1]
    there = there or [name for name in names_of(other.text) if name not in text.text and len(name) > 1]
    return sentence.replace(rng.choice(own), rng.choice(there)) if own and there else ""


def _turned(sentence: str, text: CorpusText, _other: CorpusText, _rng: Random) -> str:
    if text.language == "en":
        for verb in _ENGLISH_VERBS:
            if f" {verb} not " in sentence:
                return sentence.replace(f" {verb} not ", f" {verb} ", 1)
            if f" {verb} " in sentence:
                return sentence.replace(f" {verb} ", f" {verb} not ", 1)
        return ""
    for plain, denied in _JAPANESE_ENDS:
        if sentence.endswith(denied):
            return f"{sentence.removesuffix(denied)}{plain}"
    for plain, denied in _JAPANESE_ENDS:
        if sentence.endswith(plain):
            return f"{sentence.removesuffix(plain)}{denied}"
    return ""


def _opposite(sentence: str, text: CorpusText, _other: CorpusText, rng: Random) -> str:
    pairs = list(_OPPOSITES.get(text.language, ()))
    rng.shuffle(pairs)
    for here, there in (*pairs, *((there, here) for here, there in pairs)):
        pattern = rf"\b{here}\b" if text.language == "en" else re.escape(here)
        changed = re.sub(pattern, there, sentence, count=1)
        if changed != sentence:
            return changed
    return ""


MAKERS: dict[str, Callable[[str, CorpusText, CorpusText, Random], str]] = {
    "figure": _other_number,
    "year": _other_year,
    "swapped": _swapped,
    "unit": _other_unit,
    "name": _other_name,
    "negation": _turned,
    "comparison": _opposite,
}
