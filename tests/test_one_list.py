"""Eras, numerals, months, units and offices are listed once: a second list would be mended in one place only."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NUMERALS = "retriever/numerals.py"
# Two neighbours of each list, and the only files that may hold them.
LISTS = {
    "eras": (r"昭和[\W\d]{0,12}(?:平成|大正)|平成[\W\d]{0,12}(?:昭和|令和)", {NUMERALS}),
    "kanji numerals": (r"二三四", {NUMERALS}),
    "Roman numerals": (r"Ⅰ\W{0,4}Ⅱ|Ⅰ-|IVX|IX\|IV", {NUMERALS}),
    "large units": (r"万[\W\d]{0,12}億|億[\W\d]{0,12}兆", {NUMERALS}),
    "months": (r"(?i)\bjan(?:uary)?\b\W{1,4}feb", {NUMERALS}),
    "numbers in letters": (r"seven\W{1,4}eight\W{1,4}nine", {NUMERALS}),
    "offices": (r"大統領\W{1,4}首相|長官\W{1,4}(?:教授|大臣)", {"app/answering/understand/answer_forms.toml"}),
    "lengths": (r"キロメートル\W{1,6}(?:キロ|メートル)", {"app/answering/statements/words.toml"}),
}
FILES = [
    path
    for package in ("app", "corpus", "ingest", "retriever")
    for ending in ("*.py", "*.toml")
    for path in sorted((ROOT / package).rglob(ending))
    if not path.is_relative_to(ROOT / "app" / "training")
]


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_in_one_place(name: str) -> None:
    pattern, places = LISTS[name]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
    assert {path for path, text in texts.items() if re.search(pattern, text)} == places
