"""Whether a text has the form of the answer to a question: an amount with its unit, a year, another person's name."""

import re
from functools import lru_cache

from app.answering.types import AnswerForm
from app.answering.understand.question import person_titles
from app.answering.understand.words import compiled
from retriever.text import fold, language_of, morphemes

_LATIN_NAME = re.compile(r"\b[A-Z][\w.’-]+(?: [A-Z][\w.’-]*){1,3}")


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


_folded = lru_cache(maxsize=4096)(fold)
