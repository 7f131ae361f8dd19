"""comparison.html, and the comparison as text: what two runs differ in."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import chain
from typing import Any

from app.evaluation.differences import Change, Run, prediction_at
from app.evaluation.scores import VERDICTS, Prediction
from app.report.filters import ALL, Select, filter_styles, filters, group_selects, numbered
from app.report.labels import METRIC_GROUPS, METRIC_LABELS, both, printed
from app.report.page import page, question_list, row, section, table
from app.report.question_items import answer_markup, lang, verdict_name
from app.report.run_report import metric_head

_DIRECTIONS = {
    "worse": ("悪化", "worse", "bad"),
    "better": ("改善", "better", "good"),
    "other": ("変化", "changed", "middling"),
}
_SIGNIFICANT = 0.05


def comparison_html(comparison: Mapping[str, Any], changes: Sequence[Change], run_a: Run, run_b: Run) -> Iterator[str]:
    """The pieces of the page; answers are read back from the two runs one question at a time."""
    languages = [run_b.tally.groups["language"][one.places[1]] for one in changes]
    types = [run_b.tally.groups["type"][one.places[1]] for one in changes]
    counts = comparison["verdicts"]
    options = [(tone, f"{ja} / {en}", counts[name]) for name, (ja, en, tone) in _DIRECTIONS.items() if counts[name]]
    selects = [
        Select("direction", "変化", "Change", (("", ALL, len(changes)), *options)),
        *group_selects(languages, types),
    ]
    heading = f"<section><h2>{both('判定が変わった質問', 'Questions whose verdict changed')}</h2>"
    body = chain(
        [_overview(comparison), _metrics(comparison), heading, filters(selects) if changes else "<p>–</p>"],
        [question_list(len(changes))],
        _changed(changes, run_a, run_b, languages, types),
        ["</div></section>", _settings(comparison)],
    )
    return page(
        ("評価の比較", "Comparison of two runs"),
        f"A: {comparison['a']} · B: {comparison['b']}",
        body,
        filter_styles(selects),
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


def _overview(comparison: Mapping[str, Any]) -> str:
    counts = comparison["verdicts"]
    lead = both(
        f"共通の{comparison['questions']}問のうち、判定が悪化したもの{counts['worse']}、改善したもの"
        f"{counts['better']}、その他の変化{counts['other']}。片方にしかない質問: "
        f"Aのみ{comparison['only_in_a']}、Bのみ{comparison['only_in_b']}。",
        f"Of {comparison['questions']} questions in both runs, {counts['worse']} got worse, {counts['better']} better, "
        f"{counts['other']} changed otherwise. Only in A: {comparison['only_in_a']}, "
        f"only in B: {comparison['only_in_b']}.",
    )
    return f"<p>{lead}</p>"


def _metrics(comparison: Mapping[str, Any]) -> str:
    rows = []
    for (ja, en), labels in METRIC_GROUPS.items():
        rows.append(f'<tr class="group"><th colspan="6" scope="colgroup">{both(ja, en)}</th></tr>')
        for name in labels:
            figures = comparison["metrics"].get(name)
            if figures and figures["difference"] is not None:
                rows.append(row(metric_head(name), _cells(name, figures)))
    test = comparison["test"]
    note = both(
        f"区間は対応のあるブートストラップ（{test['resamples']}回）、p は対応のある並べ替え検定（各質問のAとBを"
        f"無作為に入れ替える、{test['permutations']}回、両側）。指標ごとの値で、多重比較の補正はしていない。"
        f"色は p < {_SIGNIFICANT} のもの。",
        f"Intervals: paired bootstrap ({test['resamples']} resamples). p: paired randomisation test, which swaps A "
        f"and B of each question at random ({test['permutations']} times, two-sided), each metric for itself, with "
        f"no correction for testing several. Coloured where p < {_SIGNIFICANT}.",
    )
    heads = [both("指標", "Metric"), "A", "B", "B − A", both("95%区間", "95% interval"), "p"]
    return section("指標の差", "Differences", table(heads, rows), f'<p class="note">{note}</p>')


def _cells(name: str, figures: Mapping[str, Any]) -> list[str]:
    difference = _signed(name, figures["difference"])
    better = METRIC_LABELS[name].higher_is_better
    if figures["p"] < _SIGNIFICANT and better is not None:
        style = "better" if (figures["difference"] > 0) == better else "worse"
        difference = f'<span class="{style}">{difference}</span>'
    interval = f"{_signed(name, figures['low'])} … {_signed(name, figures['high'])}"
    return [printed(name, figures["a"]), printed(name, figures["b"]), difference, interval, f"{figures['p']:.3f}"]


def _signed(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{'−' if value < 0 else '+'}{printed(name, abs(value))}"


def _changed(
    changes: Sequence[Change], run_a: Run, run_b: Run, languages: Sequence[str], types: Sequence[str]
) -> Iterator[str]:
    language_numbers, type_numbers = numbered(languages), numbered(types)
    for change, language, kind in zip(changes, languages, types, strict=True):
        a, b = change.places
        classes = f"l{language_numbers[language]} t{type_numbers[kind]}"
        verdicts = VERDICTS[run_a.tally.verdicts[a]], VERDICTS[run_b.tally.verdicts[b]]
        yield _item(change, prediction_at(run_a, a), prediction_at(run_b, b), verdicts, classes)


def _item(change: Change, a: Prediction, b: Prediction, verdicts: tuple[str, str], classes: str) -> str:
    ja, en, tone = _DIRECTIONS[change.direction]
    question = a.question
    meta = " · ".join(escape(word) for word in (question.id, question.language, question.type) if word)
    entries = ""
    if question.answers:
        entries += f"<dt>{both('正解', 'Expected')}</dt><dd>{escape(' | '.join(question.answers))}</dd>"
    for letter, prediction, verdict in (("A", a, verdicts[0]), ("B", b, verdicts[1])):
        answer = answer_markup(prediction.answer) if prediction.answer is not None else escape(prediction.error or "")
        entries += f"<dt>{letter}: {verdict_name(verdict)}</dt><dd>{answer}</dd>"
    return (
        f'<article class="q {tone} {classes}"{lang(question.language)}><h3><span class="verdict">{both(ja, en)}</span>'
        f'{escape(question.text)}</h3><p class="meta">{meta}</p><dl>{entries}</dl></article>\n'
    )


def _settings(comparison: Mapping[str, Any]) -> str:
    if not comparison["settings"]:
        return section("条件の違い", "What was different", f"<p>{both('違いはない', 'nothing')}</p>")
    rows = [
        row(f"<code>{escape(name)}</code>", [escape(str(a)), escape(str(b))])
        for name, (a, b) in comparison["settings"].items()
    ]
    return section("条件の違い", "What was different", table(["", "A", "B"], rows))
