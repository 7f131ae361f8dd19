"""Lay out a comparison of two runs as comparison.html and as text for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app.evaluation.comparison.differences import Change, FinishedRun, prediction_at
from app.evaluation.measures.metric_labels import METRIC_GROUPS, METRIC_LABELS
from app.evaluation.measures.scores import VERDICTS, Prediction
from app.evaluation.question_files.question_file import QuestionRow
from app.evaluation.report.filters import ALL, Option, Select, class_numbers, group_selects
from app.evaluation.report.labels import printed
from app.evaluation.report.page import render
from app.evaluation.report.question_items import answer_markup

_DIRECTIONS = {
    "worse": ("悪化", "worse", "bad"),
    "better": ("改善", "better", "good"),
    "other": ("変化", "changed", "middling"),
}
_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric in A and B as printed; `direction` is "better" or "worse" where the difference is significant."""

    name: str
    a: str
    b: str
    change: str
    direction: str | None
    interval: str
    p: str


@dataclass(frozen=True, slots=True)
class SideOfChange:
    """The answer of one run to a question, or the error that took its place."""

    letter: str
    verdict: str
    answer: Markup | None
    error: str


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """A question whose verdict changed, with both answers."""

    question: QuestionRow
    ja: str
    en: str
    css_classes: str
    identity: tuple[str, ...]
    sides: tuple[SideOfChange, SideOfChange]


def comparison_html(
    comparison: Mapping[str, Any], changes: Sequence[Change], run_a: FinishedRun, run_b: FinishedRun
) -> Iterator[str]:
    """The pieces of the page; answers are read back from the two runs one question at a time."""
    languages = [run_b.scores.groups["language"][change.places[1]] for change in changes]
    types = [run_b.scores.groups["type"][change.places[1]] for change in changes]
    counts = comparison["verdicts"]
    options = [Option(tone, ja, en, counts[name]) for name, (ja, en, tone) in _DIRECTIONS.items() if counts[name]]
    return render(
        "comparison.html",
        {"ja": "評価の比較", "en": "Comparison of two runs", "zh": "两次评测的比较", "ko": "두 평가의 비교"},
        f"A: {comparison['a']} · B: {comparison['b']}",
        comparison=comparison,
        differences=_differences(comparison["metrics"]),
        significant=_SIGNIFICANT,
        selects=[
            Select("direction", "変化", "Change", (Option("", *ALL, len(changes)), *options)),
            *group_selects(languages, types),
        ],
        changes=_changed_items(changes, run_a, run_b, languages, types),
    )


def comparison_text(comparison: Mapping[str, Any]) -> str:
    """The comparison for a terminal."""
    counts = comparison["verdicts"]
    lines = [
        f"A: {comparison['a']}",
        f"B: {comparison['b']}",
        (
            f"{comparison['questions']} questions in both runs ({comparison['only_in_a']} only in A, "
            f"{comparison['only_in_b']} only in B); verdicts: {counts['worse']} worse, {counts['better']} better, "
            f"{counts['other']} otherwise changed"
        ),
        "",
        f"{'':22}{'A':>10}{'B':>10}{'B − A':>11}   95% interval            p",
    ]
    for name in METRIC_LABELS:
        figures = comparison["metrics"].get(name)
        if figures and figures["difference"] is not None:
            interval = f"[{_signed(name, figures['low'])}, {_signed(name, figures['high'])}]"
            lines.append(
                f"{name:22}{printed(name, figures['a']):>10}{printed(name, figures['b']):>10}"
                f"{_signed(name, figures['difference']):>11}   {interval:22} {figures['p']:.3f}"
            )
    return "\n".join(lines)


def _differences(metrics: Mapping[str, Any]) -> list[tuple[tuple[str, str], list[Difference]]]:
    """The metrics that both runs have, in their groups."""
    return [
        (names, [_difference(name, metrics[name]) for name in labels if _is_known(metrics.get(name))])
        for names, labels in METRIC_GROUPS.items()
    ]


def _is_known(figures: Mapping[str, Any] | None) -> bool:
    return bool(figures and figures["difference"] is not None)


def _difference(name: str, figures: Mapping[str, Any]) -> Difference:
    better = METRIC_LABELS[name].higher_is_better
    direction = None
    if figures["p"] < _SIGNIFICANT and better is not None:
        direction = "better" if (figures["difference"] > 0) == better else "worse"
    return Difference(
        name=name,
        a=printed(name, figures["a"]),
        b=printed(name, figures["b"]),
        change=_signed(name, figures["difference"]),
        direction=direction,
        interval=f"{_signed(name, figures['low'])} … {_signed(name, figures['high'])}",
        p=f"{figures['p']:.3f}",
    )


def _signed(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{'−' if value < 0 else '+'}{printed(name, abs(value))}"


def _changed_items(
    changes: Sequence[Change], run_a: FinishedRun, run_b: FinishedRun, languages: Sequence[str], types: Sequence[str]
) -> Iterator[ChangedItem]:
    language_numbers, type_numbers = class_numbers(languages), class_numbers(types)
    for change, language, kind in zip(changes, languages, types, strict=True):
        ja, en, tone = _DIRECTIONS[change.direction]
        places = zip("AB", (run_a, run_b), change.places, strict=True)
        first, second = (_side(letter, run, place) for letter, run, place in places)
        question = prediction_at(run_a, change.places[0]).question
        yield ChangedItem(
            question=question,
            ja=ja,
            en=en,
            css_classes=f"{tone} l{language_numbers[language]} t{type_numbers[kind]}",
            identity=tuple(word for word in (question.id, question.language, question.type) if word),
            sides=(first, second),
        )


def _side(letter: str, run: FinishedRun, place: int) -> SideOfChange:
    prediction: Prediction = prediction_at(run, place)
    answer = answer_markup(prediction.answer) if prediction.answer is not None else None
    return SideOfChange(letter, VERDICTS[run.scores.verdicts[place]], answer, prediction.error or "")
