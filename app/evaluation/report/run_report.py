"""report.html: the result of a run, for a teacher to read and an engineer to check."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.evaluation.measures.metric_labels import Label
from app.evaluation.measures.metrics import RunMetrics, flat
from app.evaluation.measures.score_table import ScoreTable
from app.evaluation.measures.scores import FAILURES
from app.evaluation.report import plots
from app.evaluation.report.filters import run_selects
from app.evaluation.report.page import render
from app.evaluation.report.question_items import question_items

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
Group = tuple[str, Mapping[str, Any]]  # a language, type or document, and its figures


def report_html(metrics: RunMetrics, scores: ScoreTable, predictions_path: Path) -> Iterator[str]:
    """The pieces of the report, to be written one after another; questions are read back from the predictions."""
    run, overall = metrics["run"], metrics["overall"]
    finished = run["finished"].replace("T", " ").replace("+00:00", " UTC")
    return render(
        "run.html",
        {"ja": "評価レポート", "en": "Evaluation report", "zh": "评测报告", "ko": "평가 보고서"},
        f"{run['questions_file']} · {metrics['questions']} · {finished}",
        metrics=metrics,
        verdicts=[(name, count) for name, count in reversed(metrics["verdicts"].items()) if count],
        tiles=[(name, overall[name]) for name in _TILES if overall.get(name, {}).get("value") is not None],
        plots=_plots(metrics, scores),
        plot_width=plots.WIDTH,
        by_language=_group_table(list(metrics["by_language"].items())),
        by_type=_group_table(list(metrics["by_type"].items())),
        by_document=_documents(metrics["by_document"]),
        selects=run_selects(scores),
        failures=question_items(scores, predictions_path, failed=True),
        others=question_items(scores, predictions_path, failed=False),
        failed=sum(scores.verdict_counts()[name] for name in FAILURES),
        made_of=made_of(metrics),
    )


def _plots(metrics: RunMetrics, scores: ScoreTable) -> list[plots.Plot]:
    """The plots that have data."""
    by_type, by_language = Label("質問の種類ごと", "By type of question"), Label("言語ごと", "By language")
    languages = metrics["by_language"] if len(metrics["by_language"]) > 1 else {}
    drawn = [
        plots.hit_plot(metrics["overall"]),
        plots.reliability_plot(metrics["calibration"]["bins"]),
        plots.latency_plot(scores.columns().latency_ms, metrics["latency_ms"]),
        plots.group_plot(metrics["by_type"], "accuracy", "hit@5", by_type),
        plots.group_plot(languages, "accuracy", "hit@5", by_language),
    ]
    return [plot for plot in drawn if plot is not None]


def _group_table(groups: Sequence[Group], total: int = 0) -> dict[str, Any]:
    """The metrics that at least one group has, and the groups; `total` also counts groups that are not shown."""
    names = [name for name in _BY_GROUP if any(name in figures for _, figures in groups)]
    return {"metrics": names, "rows": groups, "total": total}


def _documents(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The documents with the worst answers; None if there is only one document."""
    if len(documents) < 2:
        return None

    def badness(item: Group) -> tuple[float, float, str]:
        return _value(item[1], "accuracy"), _value(item[1], "hit@5"), item[0]

    return _group_table(sorted(documents.items(), key=badness)[:_DOCUMENTS_SHOWN], len(documents))


def _value(figures: Mapping[str, Any], name: str) -> float:
    """A metric for sorting; one that could not be computed comes last."""
    value = figures.get(name, {}).get("value")
    return 2.0 if value is None else float(value)


def made_of(metrics: RunMetrics) -> dict[str, dict[str, Any]]:
    """Settings, index manifest and versions behind the figures; the index's files are in a folded part."""
    entries = {**flat(metrics["run"], "run"), **flat(metrics["settings"]), **flat(metrics["versions"], "version")}
    folded = {name: entries.pop(name) for name in list(entries) if name.startswith("index.files.")}
    return {"shown": entries, "folded": folded}
