"""The form that an answer comes in, by what a question asks: an amount's unit, a year, a person's name, a DOI.

A form is told by the words of the question, in its language, and looked for in sentences of any language. The patterns
lie in answer_forms.toml.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.answering.decide.names import OFFICES
from app.answering.read.span_candidates import ROLE, tokens
from app.answering.understand.question import Kind
from retriever.text import fold, language_of

_FORMS = Path(__file__).with_name("answer_forms.toml")


@dataclass(frozen=True, slots=True)
class Form:
    """What the answer to one question looks like: `held_by` tells whether a sentence has it.

    `needed`: a sentence without it is no answer (reasons are told without a "because", too). `on_publication`: it is a
    datum of the document as a publication (a DOI, a price), not of its subject. `sure`: what has it is that datum,
    whatever words the question has.
    """

    held_by: Callable[[str], bool]
    needed: bool = True
    on_publication: bool = False
    sure: bool = False


_OF_KIND: dict[Kind, str] = {
    "percentage": r"\d\s*(?:%|パーセント|ポイント|割)|[一二三四五六七八九]割|分の|percent|per cent",
    "date": (
        r"\d{3,4}\s*年|\d\s*月|\d\s*日|世紀|(?:明治|大正|昭和|平成|令和|慶応|天正|元禄)|年代|\b[12]\d{3}\b"
        r"|january|february|march|april|may|june|july|august|september|october|november|december"
    ),
    "number": (
        r"\d|[一二三四五六七八九十百千万億兆][人名回度個つ本件国位番倍社字歳年月日週種割]|数[日週カヵか年]"
        r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|hundred|thousand|million|half|twice|dozen)\b"
    ),
    "reason": (
        r"ため|から|ので|により|によって|理由|原因|として|よって|背景|目的|because|due to|since|so that|in order"
    ),
}
_YEAR_ASKED = re.compile(r"何年(?!代|間|度)|\b(?:what|which) year\b|[哪几]一?年|몇 ?년(?!간|도)", re.ASCII)
_YEAR = (
    r"\d{1,4}\s*年(?!間)|[一二三四五六七八九〇十]{1,4}年(?!間)|(?:明治|大正|昭和|平成|令和)元|\b1\d{3}\b|\b20\d{2}\b"
)
_TITLED = re.compile(
    r"((?<![ァ-ヺー・])[ァ-ヺー・]{2,}+|(?<![a-z])[a-z]{2,}+|[\u4e00-\u9fff]{1,4})"
    rf"(?:{OFFICES}|氏|さん|博士|記者|夫人|選手|将軍|王|公爵|伯爵)"
)
_LATIN_NAME = re.compile(r"\b[A-Z][\w.’-]+(?: [A-Z][\w.’-]*){1,3}")


def form_asked(kind: Kind, question: str, language: str) -> Form | None:
    """The form of the answer to `question`, which asks for `kind`; None where the question does not show it."""
    asked = fold(question)
    forms = _forms()
    datum = _publication_asked(asked, language)
    if datum:
        return Form(_matching(datum["told"]), on_publication=True, sure=datum.get("sure", False))
    if kind in {"number", "date", "person", "any"}:
        amounts = [one["told"] for one in forms["amount"] if _asks(one.get(language), asked)]
        if amounts:
            return Form(_matching("|".join(amounts)))
    if kind == "date" and _YEAR_ASKED.search(asked):
        return Form(_matching(_YEAR))
    if kind == "person" or (kind in {"any", "definition"} and _asks(forms["person"].get(language), asked)):
        # asked of the same sentences when passages are put in order and when sentences are weighed
        return Form(lru_cache(maxsize=256)(lambda text: _names_another_person(text, asked)))
    pattern = _OF_KIND.get(kind)
    return Form(_matching(pattern), needed=kind != "reason") if pattern else None


def _publication_asked(asked: str, language: str) -> dict[str, Any] | None:
    """The row of the datum of the publication that a folded question asks for."""
    of_document = _asks(_forms()["document"].get(language), asked)
    rows: list[dict[str, Any]] = _forms()["publication"]
    for one in rows:
        alone, of = (one.get(way, {}).get(language) for way in ("alone", "of"))
        if _asks(alone, asked) or (of_document and _asks(of, asked)):
            return one
    return None


def front_tells(question: str, language: str) -> bool:
    """Whether a question asks for what the lines before the text tell: title, authors, affiliation, date, subject."""
    return _asks(_forms()["front"].get(language), fold(question))


def _asks(pattern: str | None, asked: str) -> bool:
    return bool(pattern and _compiled(pattern).search(asked))


def _matching(told: str) -> Callable[[str], bool]:
    return lambda text: bool(_compiled(told).search(_folded(text)))


def _names_another_person(text: str, asked: str) -> bool:
    """Whether `text` names a person whom the folded question does not name itself."""
    names = [match.group() for match in _LATIN_NAME.finditer(text)]
    if language_of(text) != "en":
        names += [one.surface for one in tokens(text) if one.role == ROLE["person"]]
        names += [match.group(1) for match in _TITLED.finditer(_folded(text))]
    return any(not _is_in(name, asked) for name in names)


def _is_in(name: str, asked: str) -> bool:
    return any(part in asked for part in re.split(r"[\s・]+", fold(name)) if part)


@lru_cache(maxsize=1)
def _forms() -> dict[str, Any]:
    return tomllib.loads(_FORMS.read_text(encoding="utf-8"))


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)  # so that a Latin word ends where Japanese begins


_folded = lru_cache(maxsize=4096)(fold)
