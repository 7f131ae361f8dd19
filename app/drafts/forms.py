"""Questions that can be asked of any document: on the whole, its bibliography, a section, a table or a name."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from pathlib import Path

from app.answering.overview.outline import role_of
from app.answering.overview.tables import number_of
from app.answering.works import names_of
from app.drafts.question import BIBLIOGRAPHY, PARTS, WHOLE, DraftQuestion
from ingest.structure.headings import numbering
from retriever.text import language_of
from retriever.types import Passage

_FORMS = Path(__file__).with_name("forms.toml")
_LONGEST_TITLE, _LONGEST_HEADING = 60, 40  # characters that a question may quote
_SECTIONS, _TABLES, _NAMES = 8, 3, 8  # questions on parts of a document, at most
_FEWEST = 2  # least number of passages that hold a name, for a question on it
_PROSE = frozenset({"paragraph", "list_item"})
# NATO, USAID, LightConv, GPT-2: names that are the same in every language.
_NAME = re.compile(r"(?<![A-Za-z0-9/])(?:[A-Z][a-z]+[A-Z][A-Za-z]*|[A-Z]{3,}(?:-\d{1,2})?)(?!-?[A-Za-z0-9/])")


def questions_by_form(title: str, passages: Sequence[Passage], language: str) -> Iterator[DraftQuestion]:
    """Questions on a document, in `language`; those on the whole and those on its parts take turns.

    `title` names the document if there are several, "" if it is the only one. Whether Tenkyo can answer is not checked.
    """
    words = forms(language)
    name = _quotable(title)
    if title and not name:
        return
    paper = words["titled"].format(title=name) if name else words["this"]
    whole = [DraftQuestion(kind, words[kind].format(paper=paper), "") for kind in (*WHOLE, *BIBLIOGRAPHY)]
    parts = [*_sections(passages, language), *_tables(passages), *_names(passages)]
    by_kind: dict[str, list[DraftQuestion]] = {kind: [] for kind in PARTS}
    for kind, form, slot, value in parts:
        by_kind[kind].append(DraftQuestion(kind, words[form].format(paper=paper, **{slot: value}), value))
    yield from filter(None, chain.from_iterable(zip_longest(whole, *by_kind.values())))


@lru_cache(maxsize=1)
def _all_forms() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FORMS.read_text(encoding="utf-8"))


def forms(language: str) -> dict[str, str]:
    """The wordings of the questions in a language, by kind of question."""
    return _all_forms()[language]


def _quotable(title: str) -> str:
    """The longest name of a document that is short enough to be quoted; empty if there is none."""
    fitting = [name for name in names_of(title) if len(name) <= _LONGEST_TITLE] if title else []
    return fitting[0] if fitting else ""


_Part = tuple[str, str, str, str]  # kind of question, name of its wording, slot, filler


def _sections(passages: Sequence[Passage], language: str) -> Iterator[_Part]:
    """The top sections by their numbers; if they have none, by those headings that are in `language`."""
    tops = dict.fromkeys(
        passage.section_path[0] for passage in passages if passage.kind == "paragraph" and passage.section
    )
    numbers = [number.numbers[0] for top in tops if (number := numbering(top)) and len(number.numbers) == 1]
    if numbers:
        yield from (("part", "part", "number", str(number)) for number in dict.fromkeys(numbers[:_SECTIONS]))
        return
    body = [top for top in tops if role_of((top,)) not in {"abstract", "skipped"} and len(top) <= _LONGEST_HEADING]
    named = [top.strip(" []【】") for top in body if language_of(top) == language]
    yield from (("part", "headed", "heading", heading) for heading in named[:_SECTIONS])


def _tables(passages: Sequence[Passage]) -> Iterator[_Part]:
    numbers = dict.fromkeys(number_of(passage) for passage in passages if passage.kind in {"caption", "table_row"})
    yield from (("table", "table", "number", str(number)) for number in [*filter(None, numbers)][:_TABLES])


def _names(passages: Sequence[Passage]) -> Iterator[_Part]:
    """Names that at least two passages hold, those in most passages first."""
    counts = Counter(
        name for passage in passages if passage.kind in _PROSE for name in sorted(set(_NAME.findall(passage.text)))
    )
    told = [name for name, count in counts.most_common(_NAMES) if count >= _FEWEST]
    yield from (("name", "name", "name", name) for name in told)
