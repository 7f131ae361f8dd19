"""report.html: what a run came to, for a teacher to read and an engineer to check."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

from app.evaluation.metrics import flat
from app.evaluation.score_table import Tally
from app.report import plots
from app.report.filters import filter_styles, filters, run_selects
from app.report.labels import METRIC_GROUPS, METRIC_LABELS, VERDICT_LABELS, both, printed
from app.report.page import page, question_list, row, section, table
from app.report.question_items import question_items, tone, verdict_name

_TILES = ("accuracy", "hit@5", "answer_match", "citation_recall", "abstention_f1", "refused_answerable", "latency_p50")
_BY_GROUP = (
    "accuracy",
    "hit@1",
    "hit@5",
    "mrr@10",
    "answer_match",
    "char_f1",
    "citation_recall",
    "refused_answerable",
    "latency_p50",
)
_DOCUMENTS_SHOWN = 20
Metrics = Mapping[str, Any]


def report_html(metrics: Metrics, tally: Tally, predictions_path: Path) -> Iterator[str]:
    """The pieces of the report, to be written one after another; questions are read back from the predictions."""
    run = metrics["run"]
    finished = run["finished"].replace("T", " ").replace("+00:00", " UTC")
    subtitle = f"{run['questions_file']} · {metrics['questions']} · {finished}"
    latencies, selects = tally.columns().latency_ms, run_selects(tally)
    body = chain(
        [_overview(metrics), _warnings(metrics)],
        [_plots(metrics, plots.latency_plot(latencies, metrics["latency_ms"])), _all_metrics(metrics)],
        _groups(metrics),
        [_reliability(metrics), f"<section><h2>{both('質問と回答', 'Questions and answers')}</h2>", filters(selects)],
        [question_list(metrics["questions"])],
        question_items(tally, predictions_path),
        ["</div></section>", made_of(metrics)],
    )
    return page(("評価レポート", "Evaluation report"), subtitle, body, filter_styles(selects))


def _overview(metrics: Metrics) -> str:
    counts, total = metrics["verdicts"], metrics["questions"]
    shares = "".join(
        f'<span class="is-{tone(name)}" style="flex:{count}" title="{VERDICT_LABELS[name].ja} {count}"></span>'
        for name, count in reversed(counts.items())
        if count
    )
    legend = "".join(
        f'<li><span class="is-{tone(name)}"></span>{verdict_name(name)} <b>{count}</b> '
        f'<small class="soft">{both(VERDICT_LABELS[name].ja_note, VERDICT_LABELS[name].en_note)}</small></li>'
        for name, count in reversed(counts.items())
        if count
    )
    tiles = "".join(_tile(name, metrics["overall"].get(name)) for name in _TILES)
    right = counts["correct"] + counts["abstained"]
    lead = both(
        f"{total}問のうち{right}問に正しく応じた(正答{counts['correct']}、正しく保留{counts['abstained']})。",
        f"Of {total} questions, {right} were met rightly: {counts['correct']} answered, and {counts['abstained']} not "
        "answered, as the documents do not hold the answer.",
    )
    bar = f'<div class="shares">{shares}</div><ul class="legend">{legend}</ul>'
    return f'<p>{lead}</p>{bar}<div class="tiles">{tiles}</div>'


def _tile(name: str, figures: Mapping[str, Any] | None) -> str:
    if not figures or figures["value"] is None:
        return ""
    label = METRIC_LABELS[name]
    return (
        f'<div class="tile"><small>{both(label.ja, label.en)}</small><b>{printed(name, figures["value"])}</b>'
        f"<small>{interval(name, figures)}<br>n = {figures['n']}</small></div>"
    )


def interval(name: str, figures: Mapping[str, Any]) -> str:
    """A metric's interval for reading; a dash where there is none."""
    if figures["low"] is None:
        return "–"
    return f"{printed(name, figures['low'])} – {printed(name, figures['high'])}".replace(" ms", "\u00a0ms")


def _warnings(metrics: Metrics) -> str:
    boxes = ""
    if metrics["gates"]["missed"]:
        items = "".join(f"<li><code>{escape(one)}</code></li>" for one in metrics["gates"]["missed"])
        title = both("基準に届かなかった指標", "Gates that were missed")
        boxes += f'<div class="warning"><b>{title}</b><ul>{items}</ul></div>'
    wrong = metrics["wrong_rows"]
    if wrong["n"]:
        items = "".join(f"<li>{escape(one)}</li>" for one in wrong["rows"])
        title = both(f"読めなかった行: {wrong['n']}", f"Rows that could not be asked: {wrong['n']}")
        boxes += f'<div class="warning"><b>{title}</b><ul>{items}</ul></div>'
    return boxes


def _all_metrics(metrics: Metrics) -> str:
    overall, rows = metrics["overall"], []
    for (ja, en), labels in METRIC_GROUPS.items():
        rows.append(f'<tr class="group"><th colspan="4" scope="colgroup">{both(ja, en)}</th></tr>')
        for name, figures in ((name, overall[name]) for name in labels if name in overall):
            rows.append(
                row(metric_head(name), [printed(name, figures["value"]), interval(name, figures), str(figures["n"])])
            )
    bootstrap = metrics["bootstrap"]
    note = both(
        f"n はその指標を数えられた質問の数。区間は質問の再標本抽出（ブートストラップ{bootstrap['resamples']}回）による"
        f"{bootstrap['level']:.0%}信頼区間で、n が30より小さいときは狭く出やすい。",
        f"n is the number of questions that a figure rests on. Intervals are {bootstrap['level']:.0%} bootstrap "
        f"intervals over questions ({bootstrap['resamples']} resamples); below n = 30 they tend to be too narrow.",
    )
    heads = [both("指標", "Metric"), both("値", "Value"), both("95%区間", "95% interval"), "n"]
    return section("指標", "Metrics", table(heads, rows), f'<p class="note">{note}</p>')


def metric_head(name: str) -> str:
    """A metric's label, identifier and explanation as markup."""
    label = METRIC_LABELS[name]
    note = f"<small>{both(label.ja_note, label.en_note)}</small>" if label.ja_note else ""
    return f"{both(label.ja, label.en)} <code>{name}</code>{note}"


def _plots(metrics: Metrics, latency: str) -> str:
    figures = [plots.hit_plot(metrics["overall"]), plots.reliability_plot(metrics["calibration"]["bins"]), latency]
    figures.append(plots.group_plot(metrics["by_type"], "accuracy", "hit@5", ("質問の種類ごと", "By type of question")))
    if len(metrics["by_language"]) > 1:
        figures.append(plots.group_plot(metrics["by_language"], "accuracy", "hit@5", ("言語ごと", "By language")))
    return section("図", "Plots", f'<div class="plots">{"".join(figures)}</div>')


def _groups(metrics: Metrics) -> Iterator[str]:
    for group, ja, en in (("by_language", "言語", "language"), ("by_type", "種類", "type")):
        yield section(f"{ja}別", f"By {en}", _group_table(list(metrics[group].items())))
    documents = metrics["by_document"]
    if len(documents) > 1:
        worst = sorted(
            documents.items(), key=lambda item: (_value(item[1], "accuracy"), _value(item[1], "hit@5"), item[0])
        )
        total, shown = len(documents), min(len(worst), _DOCUMENTS_SHOWN)
        note = both(
            f"全{total}文書のうち正答率の低い{shown}件。すべては metrics.json にある。",
            f"The {shown} of {total} documents answered worst; metrics.json has all.",
        )
        yield section("文書別", "By document", _group_table(worst[:_DOCUMENTS_SHOWN]), f'<p class="note">{note}</p>')


def _value(figures: Mapping[str, Any], name: str) -> float:
    value = figures.get(name, {}).get("value")
    return 2.0 if value is None else float(value)


def _group_table(groups: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    names = [name for name in _BY_GROUP if any(name in figures for _, figures in groups)]
    heads = ["", *(f"{both(METRIC_LABELS[name].ja, METRIC_LABELS[name].en)}<br><code>{name}</code>" for name in names)]
    rows = [row(escape(group), [_cell(name, figures.get(name)) for name in names]) for group, figures in groups]
    return table(heads, rows)


def _cell(name: str, figures: Mapping[str, Any] | None) -> str:
    if not figures:
        return "–"
    spread = "" if figures["low"] is None else f"{interval(name, figures)}<br>"
    return f"{printed(name, figures['value'])}<small>{spread}n = {figures['n']}</small>"


def _reliability(metrics: Metrics) -> str:
    rows = [
        row(
            f"{one['from']:.1f} – {one['to']:.1f}",
            [str(one["n"]), printed("ece", one["confidence"]), printed("accuracy", one["accuracy"])],
        )
        for one in metrics["calibration"]["bins"]
        if one["n"]
    ]
    heads = [both("確信度", "Confidence"), "n", both("確信度の平均", "Mean confidence"), both("正答率", "Accuracy")]
    note = both("回答した質問のうち正誤のわかるもの。", "Questions that were answered and can be judged.")
    return section("確信度の較正", "Calibration of confidence", table(heads, rows), f'<p class="note">{note}</p>')


def made_of(metrics: Metrics) -> str:
    """The settings, encoder, index manifest and versions behind the figures."""
    entries = {**flat(metrics["run"], "run"), **flat(metrics["settings"]), **flat(metrics["versions"], "version")}
    files = {name: entries.pop(name) for name in list(entries) if name.startswith("index.files.")}
    summary = both("索引のファイルの大きさと検査値", "Sizes and checksums of the files of the index")
    folded = f"<details><summary>{summary}</summary>{_listed(files)}</details>" if files else ""
    return section("この評価の条件", "What made these figures", _listed(entries), folded)


def _listed(entries: Mapping[str, Any]) -> str:
    items = "".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{escape(str(value))}</dd>" for name, value in entries.items()
    )
    return f'<dl class="made">{items}</dl>'
