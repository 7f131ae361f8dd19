"""The form of an answer: which form a question asks for (a year, an amount, a person), and whether a text has it.

The words and patterns of each language are in answer_forms.toml.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.answering.types import AnswerForm, AskedFor, Kind
from app.answering.understand.words import compiled, read_words
from retriever.text import fold, language_of, morphemes

_FORMS = Path(__file__).with_name("answer_forms.toml")
_LANGUAGES = ("ja", "en", "zh", "ko")
_ONE_VALUE = frozenset({"percentage", "date", "number", "person", "place", "organisation"})
_SENTENCE_END = re.compile(r"[。?？!！\n]")
_LATIN_NAME = re.compile(r"\b[A-Z][\w.’-]{1,40}(?: [A-Z][\w.’-]{0,40}){1,3}")
_folded = lru_cache(maxsize=4096)(fold)


def kind_asked(question: str) -> Kind:
    """The kind of thing that `question` asks for; "any" where it does not show."""
    folded = fold(question)
    return next((kind for kind, pattern in _kinds().items() if pattern.search(folded)), "any")


def wants_list(question: str) -> bool:
    """Whether `question` asks for several things, of any kind."""
    return bool(_kinds()["list"].search(fold(question)))


def asks_clause(question: str) -> bool:
    """Whether `question` asks for a purpose, a reason or a manner: the answer is a clause, rarely a single word."""
    return _asks(_in_any_language(_forms()["clause"]), fold(question))


def asked_for(question: str, kind: Kind, form: AnswerForm | None) -> AskedFor:
    """What `question` asks for, given its kind and form; a message whose sentences ask for two values asks for none."""
    values = sum(kind_asked(sentence) in _ONE_VALUE for sentence in _SENTENCE_END.split(question) if sentence)
    return AskedFor(question, kind, form, asks_clause(question), kind in _ONE_VALUE and values < 2)


def names_table(question: str) -> bool:
    """Whether `question` says that the answer stands in a table."""
    return bool(compiled(_forms()["table"]["asked"]).search(fold(question)))


def form_asked(kind: Kind, question: str, language: str) -> AnswerForm | None:
    """The form of the answer to `question`, which asks for `kind`; None where the question does not show it."""
    folded, forms = fold(question), _forms()
    datum = _publication_asked(folded, language)
    if datum:
        return AnswerForm(datum["told"], on_publication=True, sure=datum.get("sure", False))
    if kind in {"number", "date", "person", "any"}:
        amounts = [row["told"] for row in forms["amount"] if _asks(row.get(language), folded)]
        if amounts:
            return AnswerForm("|".join(amounts))
    if kind == "date" and _asks(forms["year"]["asked"], folded):
        return AnswerForm(forms["year"]["told"])
    if kind == "person" or (kind in {"any", "definition"} and _asks(forms["person"].get(language), folded)):
        return AnswerForm("")
    pattern = next((row["told"] for row in forms["kind"] if row["name"] == kind and "told" in row), None)
    return AnswerForm(pattern, needed=kind != "reason") if pattern else None


def _publication_asked(folded: str, language: str) -> dict[str, Any] | None:
    """The row of answer_forms.toml for the publication data (DOI, price …) that a folded question asks for, if any."""
    of_document = _asks(_forms()["document"].get(language), folded)
    rows: list[dict[str, Any]] = _forms()["publication"]
    for row in rows:
        alone, of = (row.get(way, {}).get(language) for way in ("alone", "of"))
        if _asks(alone, folded) or (of_document and _asks(of, folded)):
            return row
    return None


def asks_front_matter(question: str, language: str) -> bool:
    """Whether a question asks for front matter: title, authors, affiliation, date, subject."""
    return _asks(_forms()["front"].get(language), fold(question))


def asks_publication(question: str, language: str) -> bool:
    """Whether a question asks about the publication of a work, not about what happened."""
    return _asks(_forms()["published"].get(language), fold(question))


def asks_author(question: str, language: str) -> bool:
    """Whether a question says that somebody wrote, edited or translated something."""
    return _asks(_forms()["authored"].get(language), fold(question))


def person_titles(name: str) -> str:
    """The titles after persons' names, as alternatives of a pattern; `name`: "offices", "others" or "offices_ko"."""
    return str(_forms()["titles"][name])


def holds_form(form: AnswerForm, text: str, question: str) -> bool:
    """Whether `text` has the form of the answer to `question`."""
    if not form.pattern:
        return _names_another_person(text, fold(question))
    return bool(compiled(form.pattern).search(_folded(text)))


# Cached: the same sentences are checked when passages are ordered and when sentences are scored.
@lru_cache(maxsize=1024)
def _names_another_person(text: str, folded_question: str) -> bool:
    """Whether `text` names a person whom the question does not name itself."""
    names = [match.group() for match in _LATIN_NAME.finditer(text)]
    if language_of(text) != "en":
        names += [morpheme.surface for morpheme in morphemes(text) if morpheme.pos[1:3] == ("固有名詞", "人名")]
        names += [match.group(1) for match in _titled().finditer(_folded(text))]
    return any(not _is_in(name, folded_question) for name in names)


@lru_cache(maxsize=1)
def _titled() -> re.Pattern[str]:
    """A name before a title."""
    return re.compile(
        rf"([ァ-ヺー・]{{2,}}|[a-z]{{2,}}|[\u4e00-\u9fff]{{1,4}})(?:{person_titles('offices')}|{person_titles('others')})"
    )


def _is_in(name: str, folded: str) -> bool:
    return any(part in folded for part in re.split(r"[\s・]+", fold(name)) if part)


def _asks(pattern: str | None, folded: str) -> bool:
    return bool(pattern and compiled(pattern).search(folded))


@lru_cache(maxsize=1)
def _forms() -> dict[str, Any]:
    return read_words(_FORMS)


@lru_cache(maxsize=1)
def _kinds() -> dict[Kind, re.Pattern[str]]:
    return {row["name"]: re.compile(_in_any_language(row)) for row in _forms()["kind"]}


def _in_any_language(patterns: Mapping[str, str]) -> str:
    return "|".join(patterns[language] for language in _LANGUAGES)
