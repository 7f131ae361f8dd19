"""No pattern of the project takes long, whatever text it is given: a question, a document, a page from the network."""

import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from types import FrameType

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.attack_strings import COMMON, Found, attacks, letters_of, patterns

_QUESTION = 2_000  # characters, as many as a question may have
_LINE = 5_000  # characters of one line of a document; it may have more, but quadratic time shows here as well
_SECONDS, _SECONDS_OF_A_LINE = 0.05, 0.07  # of the processor's time
# Matched against no more than 120 characters around brackets.
_SHORT = ("retriever.lexical.abbreviations._CHINESE_BREAK",)
_SHARDS = 4


class _LateError(Exception):
    """The pattern was stopped."""


@pytest.fixture
def stopped() -> Iterator[None]:
    """Lets `_seconds` stop a pattern that goes on and on."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _LateError

    before = signal.signal(signal.SIGVTALRM, stop)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@lru_cache(maxsize=1)
def _patterns() -> list[Found]:
    return patterns()


def _seconds(located: Found, method: str, text: str, limit: float) -> float:
    """The processor's time that the method takes, at most `limit`."""
    pattern: re.Pattern[str] | re.Pattern[bytes] = located.pattern
    subject: str | bytes = text if isinstance(pattern.pattern, str) else text.encode()[: len(text)]
    arguments: Sequence[str | bytes] = (subject[:0], subject) if method == "sub" else (subject,)
    call: Callable[..., object] = getattr(pattern, method)
    begin = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        call(*arguments)
    except _LateError:
        return limit
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - begin


def _telling(methods: frozenset[str]) -> list[str]:
    """The methods that can take longest: `sub` goes on where `search` ends, and `search` begins as `match` does."""
    quicker = {"search", "match"} if "sub" in methods else {"match"} if "search" in methods else set()
    return sorted(methods - quicker)


def _late(located: Found, texts: Sequence[str], seconds: float) -> list[str]:
    """What is said of the first text that takes longer, and does so again: other work slows the machine at times."""
    for text in texts:
        for method in _telling(located.methods):
            if any(_seconds(located, method, text, 2 * seconds) < seconds for _ in range(2)):
                continue
            return [f"{located.where} {method} takes over {seconds} s for {text[:24]!r}…{text[-4:]!r}"]
    return []


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("shard", range(_SHARDS))
def test_no_pattern_takes_long_for_a_text_of_a_questions_length(shard: int) -> None:
    late = []
    for located in _patterns()[shard::_SHARDS]:
        if not located.where.startswith(_SHORT):
            late += _late(located, attacks(located.pattern.pattern, located.pattern.flags, _QUESTION), _SECONDS)
    assert late == []


@pytest.mark.usefixtures("stopped")
def test_no_pattern_of_ingestion_takes_long_for_a_line_of_one_kind_of_character() -> None:
    late = []
    for located in _patterns():
        if located.where.startswith(("ingest.", "retriever.text")):
            letters = sorted({*letters_of(located.pattern.pattern, located.pattern.flags), *" \t\n\u3000"})
            late += _late(located, [f"{letter * _LINE}\0" for letter in letters], _SECONDS_OF_A_LINE)
    assert late == []


def _late_for(text: str) -> list[str]:
    return [late for located in _patterns() if not located.where.startswith(_SHORT)
            for late in _late(located, [text], _SECONDS)]  # fmt: skip


_UNITS = st.text(st.sampled_from(COMMON) | st.characters(codec="utf-8"), min_size=1, max_size=4)
_HOSTILE = st.builds(
    lambda parts, end: ("".join(unit * count for unit, count in parts))[: _QUESTION - 1] + end,
    st.lists(st.tuples(_UNITS, st.integers(1, _QUESTION)), min_size=1, max_size=4),
    st.sampled_from(("", "\0", "x", "。")),
)


@pytest.mark.usefixtures("stopped")
@settings(max_examples=4, phases=(Phase.explicit, Phase.generate))  # to shrink takes minutes
@given(_HOSTILE)
def test_no_pattern_takes_long_for_what_is_repeated_at_random(text: str) -> None:
    assert _late_for(text) == []


@pytest.mark.thorough
@pytest.mark.usefixtures("stopped")
@settings(max_examples=100, phases=(Phase.explicit, Phase.generate))
@given(_HOSTILE)
def test_no_pattern_takes_long_for_much_that_is_repeated_at_random(text: str) -> None:
    assert _late_for(text) == []


def test_patterns_are_found_wherever_they_stand() -> None:
    located = {entry.where.partition(":")[0] for entry in _patterns()}
    assert "retriever.text._REQUEST" in located, "held by a module"
    assert "ingest.bibliography.fields._PATTERNS" in located, "in a tuple"
    assert "app.answering.decide.contradictions._ASKED_UNIT" in located, "in a dictionary"
    assert any(where.startswith("app.answering.understand") and where.endswith(".toml") for where in located), (
        "in a file of data"
    )
    assert "ingest.structure.front_matter" in located, "written where it is used"


def test_the_attacks_find_a_pattern_that_takes_long() -> None:
    texts = attacks(r"a\s*b?\s*c?\s*d", 0, 12)
    assert any(text.startswith("a" + " " * 9) and text.endswith("\0") for text in texts), "what leads to the blanks"
    assert "a" * 12 in texts
