"""The words of refusals: the same in four languages, for every reason in the code, and nothing of the server."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.pages.labels.texts import LANGUAGES
from app.web.error_page import refusal_words, said
from app.web.errors import RefusedError
from app.web.lti.adapter import _CHECKS, _FAULTS
from app.web.teach.view import words_of
from tests.conftest import ROOT
from tests.web.refusals import reason_of
from tests.web.teach.test_words import shape

WEB = ROOT / "app" / "web"
# where the name of the words stands among the arguments, unless there is a `reason`
_NAMED_AT = {"LtiError": 1, "WordedError": 1, "refused": 1, "RefusedError": 1}
# words that English pages and those of other languages have in common
_TERMS = re.compile(
    r"Tenkyo|LTI|RS256|https?|TENKYO_[A-Z_]+|tenkyo lti [a-z]+|`[^`]*`|\{[a-z]+\}|aud|lti|deployment|MB|ID|/widget|://"
)


def named() -> Iterator[tuple[str, ast.Call]]:
    """Each name of words that is written in the code, with the call that names it."""
    for folder in ("lti", "courses", "teach"):
        for path in sorted((WEB / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from ((name, node) for name in _names_of(node))


def _names_of(call: ast.Call) -> Iterator[str]:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    if not given and (place := _NAMED_AT.get(getattr(call.func, "id", ""))) is not None:
        given = call.args[place : place + 1]
    yield from (str(node.value) for node in given if isinstance(node, ast.Constant) and node.value)


def test_every_refusal_in_the_code_has_words_and_the_values_that_stand_in_them() -> None:
    desk = words_of("en")
    words = {**desk["question_files"], **refusal_words("en")["words"]}
    calls = list(named())
    assert len(calls) > 70
    for name, call in calls:
        if name == "not_found":  # said by the status
            continue
        assert name in words, name
        keywords = {keyword.arg for keyword in call.keywords}
        if None not in keywords:
            assert set(re.findall(r"\{([a-z]+)\}", words[name])) <= keywords | {"seconds"}, name
    assert {reason for _, reason in (*_CHECKS, *_FAULTS)} <= set(words)


@pytest.mark.parametrize("language", ["ja", "zh", "ko"])
def test_every_language_has_the_same_words_with_the_same_values(language: str) -> None:
    assert shape(refusal_words(language)) == shape(refusal_words("en"))


@pytest.mark.parametrize("language", ["ja", "zh", "ko"])
def test_no_word_of_english_is_left_in_another_language(language: str) -> None:
    words: dict[str, Any] = refusal_words(language)
    for name, text in (*words["titles"].items(), *words["words"].items(), ("run_this", words["run_this"])):
        assert not re.findall(r"[A-Za-z]{2,}", _TERMS.sub("", text)), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_hold_the_values_and_no_message_for_programs(language: str) -> None:
    error = RefusedError(403, "launch_refused", "/srv/secret is damaged", reason="platform_unknown", issuer="<x>" * 200)
    text = said(error, language)
    assert "<x><x>" in text
    assert len(text) < 1000
    assert "/srv" not in text
    assert said(RefusedError(418, "unheard_of", "/srv/secret"), language) == refusal_words(language)["words"]["0"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_it_in_the_readers_language(client: TestClient, language: str) -> None:
    response = client.get("/lti/login", headers={"Accept-Language": language})
    words = refusal_words(language)
    assert response.status_code == 404
    assert reason_of(response) == "lti_off"
    assert words["words"]["lti_off"] in response.text
    assert words["titles"]["404"] in response.text
