"""Choices that filter the questions of a report by verdict, language and type."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.evaluation.measures.score_table import ScoreTable
from app.evaluation.measures.scores import FAILURES, VERDICTS
from app.evaluation.report.labels import VERDICT_LABELS

ALL = ("すべて", "All")


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: the CSS class of the questions that it shows ("" for all), its text, and their number."""

    css_class: str
    ja: str
    en: str
    count: int


@dataclass(frozen=True, slots=True)
class Select:
    """A named list of choices; the first shows every question."""

    name: str
    ja: str
    en: str
    options: tuple[Option, ...]


def run_selects(scores: ScoreTable) -> list[Select]:
    """The filters of a run's page: verdict, language, question type."""
    counts = scores.verdict_counts()
    failed = sum(counts[name] for name in FAILURES)
    options = [Option("", *ALL, len(scores.verdicts)), Option("failure", "失敗のみ", "Failures", failed)]
    options += [
        Option(f"v{number}", VERDICT_LABELS[name].ja, VERDICT_LABELS[name].en, counts[name])
        for number, name in enumerate(VERDICTS)
        if counts[name]
    ]
    groups = group_selects(scores.groups["language"], scores.groups["type"])
    return [Select("verdict", "判定", "Verdict", tuple(options)), *groups]


def group_selects(languages: Sequence[str], types: Sequence[str]) -> list[Select]:
    """The choices of language and of type, given each question's language and type."""
    return [
        _select("language", "l", "言語", "Language", languages),
        _select("type", "t", "種類", "Type", types),
    ]


def _select(name: str, letter: str, ja: str, en: str, values: Sequence[str]) -> Select:
    numbers = class_numbers(values)
    options = [Option(f"{letter}{number}", value, value, values.count(value)) for value, number in numbers.items()]
    return Select(name, ja, en, (Option("", *ALL, len(values)), *options))


def class_numbers(values: Sequence[str]) -> dict[str, int]:
    """A number for each distinct value, so that CSS classes hold no text of the user's."""
    return {value: number for number, value in enumerate(sorted(set(values)))}
