"""The words of outcomes: each code that the code base uses has them, filled in with the values that it is given."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from ingest.fetching import FetchError
from ingest.fetching.fetch import _MEANINGS
from ingest.fetching.outcomes import UNTRANSLATED, FetchOutcome, Language, catalogue, outcome, say
from ingest.references.fetch_record import FetchRecord
from ingest.references.reading import _REFUSED, _UNREAD
from tests.ingest.references.made_cases import FIRST, HELD_OUT
from tests.ingest.references.made_pages import reading_of

LANGUAGES: tuple[Language, ...] = get_args(Language)
SOURCES = sorted((Path(__file__).parents[3] / "ingest").rglob("*.py"))
TABLES = {code for _, code in (*_MEANINGS.values(), *_REFUSED.values(), _UNREAD)}


def calls() -> Iterator[tuple[str, set[str]]]:
    """(code, names of the values) of each outcome that the source makes under codes written there."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "outcome":
                for code in ast.walk(node.args[0]):
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield code.value, {keyword.arg or "" for keyword in node.keywords}


def fields(text: str) -> set[str]:
    """The names that a text has in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name} - {"give"}


def test_each_code_has_words_in_every_language_for_the_values_that_it_is_given() -> None:
    made = dict(calls())
    assert len(made) > 40
    for code, values in made.items():
        for language in LANGUAGES:
            assert fields(catalogue()[code][language]) == values, code


def test_every_code_has_all_languages_with_the_same_placeholders() -> None:
    for code, words in catalogue().items():
        assert words.keys() == set(LANGUAGES), code
        assert all(fields(text) == fields(words["en"]) for text in words.values()), code


def test_no_words_are_left_over() -> None:
    used = {code for code, _ in calls()} | TABLES | {UNTRANSLATED, "give"}
    computed = {"status-server-error", "status-other", "found-before"}
    assert catalogue().keys() == used | computed


def test_outcomes_are_joined_to_a_line_in_every_language() -> None:
    gone = (outcome("status-404", url="https://a.example/x", status="404 Not Found"),)
    kept = outcome("kept", read_on="2026-01-02", asked_on="2026-03-04", cause=gone)
    outcomes = (kept, outcome("left-out", places="page\n2"))
    assert say(outcomes) == (
        "read on 2026-01-02; checked again on 2026-03-04: https://a.example/x answers 404 Not Found: the page is not "
        "there; look for its new address; left out: page 2"
    )
    assert say(outcomes, "ja") == (
        "2026-01-02に読んだもの。2026-03-04に再び確かめると、https://a.example/xの応答は404 Not Foundで、ページがない。"
        "新しいアドレスを探す。読めなかった部分：page 2"
    )
    assert say(outcomes, "zh") == (
        "读取于 2026-01-02；2026-03-04 再次检查：https://a.example/x 的响应为 404 Not Found：页面不存在；"
        "请查找新的网址。未能读取的部分：page 2"
    )
    assert say(outcomes, "ko") == (
        "2026-01-02에 읽음. 2026-03-04에 다시 확인: https://a.example/x: 응답 404 Not Found. 페이지가 없습니다. "
        "새 주소를 찾아 주세요. 읽지 못한 부분: page 2"
    )
    assert tuple(map(FetchOutcome.from_json, json.loads(json.dumps([one.to_json() for one in outcomes])))) == outcomes


def test_values_that_look_like_placeholders_are_shown_as_they_are() -> None:
    assert say((outcome("from-file", name="{give} {name}"),)) == "from the file {give} {name}"


def test_an_outcome_of_a_later_version_is_shown_by_its_code() -> None:
    assert say((FetchOutcome("moved-to-mars", {"site": "a.example"}),), "ja") == "moved-to-mars a.example"


def test_what_pages_turn_out_to_be_is_told_in_japanese(tmp_path: Path) -> None:
    for case in (*FIRST, *HELD_OUT):
        told = say(reading_of(tmp_path, case.content, case.wanted, case.url, case.asked).outcomes, "ja")
        own = re.sub(r"“.*?”", "", told).replace(catalogue()["give"]["ja"], "")
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", own), told


def test_an_error_says_its_outcomes() -> None:
    error = FetchError(
        "refused-address", outcome("host-not-public", host="10.0.0.1"), outcome("allow-host", host="a:80")
    )
    assert str(error) == (
        "10.0.0.1 is not an address of the public web; if you mean this server, add --allow-host a:80"
    )


def test_the_line_that_an_earlier_version_stored_is_shown_as_it_is() -> None:
    stored = {**FetchRecord("paper", "1", "dead").to_json(), "detail": "the page is gone; look for it"}
    del stored["outcomes"]
    record = FetchRecord.from_json(json.loads(json.dumps(stored)))
    assert say(record.outcomes) == "the page is gone; look for it"
    assert say(record.outcomes, "ja") == "以前の版の記録：the page is gone; look for it"
    assert FetchRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("wrong", [{}, {"state": "lost"}, {"outcomes": [{}]}])
def test_what_is_no_fetch_record_is_refused(wrong: dict[str, object]) -> None:
    data = {**FetchRecord("paper", "1", "dead").to_json(), **wrong} if wrong else {}
    with pytest.raises((KeyError, ValueError)):
        FetchRecord.from_json(data)
