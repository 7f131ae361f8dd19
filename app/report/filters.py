"""Filters over the questions of a report: selects that work by style sheet alone, and a search for the script."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from app.evaluation.score_table import Tally
from app.evaluation.scores import FAILURES, VERDICTS
from app.report.labels import VERDICT_LABELS, both

ALL = "すべて / all"


@dataclass(frozen=True, slots=True)
class Select:
    """A choice among classes of questions: `options` are (class, text, how many have it), the class "" being all."""

    name: str
    ja: str
    en: str
    options: tuple[tuple[str, str, int], ...]


def run_selects(tally: Tally) -> list[Select]:
    """Verdict, language and type of the questions of a run."""
    counts = tally.verdict_counts()
    failed = sum(counts[name] for name in FAILURES)
    verdicts = [("", ALL, len(tally.verdicts)), ("failure", "失敗のみ / failures", failed)]
    verdicts += [
        (f"v{number}", f"{VERDICT_LABELS[name].ja} / {VERDICT_LABELS[name].en}", counts[name])
        for number, name in enumerate(VERDICTS)
        if counts[name]
    ]
    return [
        Select("verdict", "判定", "Verdict", tuple(verdicts)),
        *group_selects(tally.groups["language"], tally.groups["type"]),
    ]


def group_selects(languages: Sequence[str], types: Sequence[str]) -> list[Select]:
    """Language and type, of one value each for every question."""
    return [
        Select(name, ja, en, (("", ALL, len(values)), *((f"{letter}{number}", value, values.count(value))
               for value, number in numbered(values).items())))
        for name, letter, ja, en, values in (
            ("language", "l", "言語", "Language", languages),
            ("type", "t", "種類", "Type", types),
        )
    ]  # fmt: skip


def numbered(values: Sequence[str]) -> dict[str, int]:
    """A number for each distinct value, for classes that hold no text of the user's."""
    return {value: number for number, value in enumerate(sorted(set(values)))}


def filters(selects: Sequence[Select]) -> str:
    """The selects and the search as markup; the search stays hidden until the script shows it."""
    parts = []
    for one in selects:
        choices = "".join(f'<option value="{value}">{escape(text)} ({n})</option>' for value, text, n in one.options)
        parts.append(f'<label>{both(one.ja, one.en)}<select id="filter-{one.name}">{choices}</select></label>')
    parts.append(f'<label hidden>{both("文字を含む", "Holds the text")}<input type="search" id="filter-text"></label>')
    parts.append(f'<label hidden>{both("表示", "Shown")}<output id="shown"></output></label>')
    return f'<div class="filters" id="filters">{"".join(parts)}</div>'


def filter_styles(selects: Sequence[Select]) -> str:
    """The style rules that make the selects work; questions lie in the `.list` after the filters."""
    return "".join(
        f'#filters:has(#filter-{one.name} option[value="{value}"]:checked) + .list .q:not(.{value}){{display:none}}'
        for one in selects
        for value, _, _ in one.options
        if value
    )
