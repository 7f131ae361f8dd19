"""The words of the desk: the same in all four languages, none missing, none too many."""

from typing import Any, get_args

import pytest

from app.references.states import STATE_WORDS
from app.web.teach.view import words_of
from ingest.fetching.outcomes import Language, outcome, say
from ingest.loaders import SUFFIXES
from tests.app.references.test_references_report import record
from tests.web.teach.conftest import Teacher


def shape(words: dict[str, Any]) -> dict[str, Any]:
    """The names, and of each text the values that it takes."""
    return {
        name: shape(value) if isinstance(value, dict) else sorted(part.split("}")[0] for part in value.split("{")[1:])
        for name, value in words.items()
    }


@pytest.mark.parametrize("language", ["ja", "zh", "ko"])
def test_every_language_has_the_same_words_with_the_same_values(language: str) -> None:
    assert shape(words_of(language)) == shape(words_of("en"))


KINDS = {
    "PDF": (".pdf",), "Word": (".docx",), "PowerPoint": (".pptx",), "Excel": (".xlsx",), "CSV": (".csv",),
    "TSV": (".tsv",), "EPUB": (".epub",), "HTML": (".html", ".htm"), "Markdown": (".md", ".markdown"),
    "JSONL": (".jsonl",),
}  # fmt: skip
TEXT = {"ja": "テキスト", "en": "text", "zh": "文本", "ko": "텍스트"}


@pytest.mark.parametrize("language", get_args(Language))
def test_the_field_for_files_names_all_types_that_it_takes(teacher: Teacher, language: Language) -> None:
    page = teacher.get("documents", lang=language).text
    assert {suffix for suffixes in KINDS.values() for suffix in suffixes} | {".txt"} == set(SUFFIXES)
    assert f'accept="{",".join(SUFFIXES)}"' in page
    said = page.partition('accept="')[2].partition('<p class="note">')[2].partition("</p>")[0]
    assert [kind for kind in (*KINDS, TEXT[language]) if kind not in said] == []


def test_every_state_of_a_cited_work_has_words() -> None:
    assert set(STATE_WORDS) == set(words_of("en")["works"])


@pytest.mark.parametrize("language", get_args(Language))
def test_what_became_of_a_work_is_told_in_the_language_of_the_desk(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    gone = (outcome("site-silent", site="a.example", cause=(outcome("asks-to-wait", seconds=30.0),)),)
    monkeypatch.setattr("app.web.teach.references.references", lambda _folder: [record("dead", outcomes=gone)])
    assert say(gone, language) in teacher.get("references", lang=language).text
    report = teacher.get("references/report").text
    assert f'<html lang="{language}">' in report
    assert STATE_WORDS["dead"].remedy[language] in report
