"""How reports write verdicts and figures, and the words of the evaluation report in Chinese and Korean."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.evaluation.measures.metric_labels import METRIC_LABELS, Label
from app.evaluation.measures.scores import SUCCESSES

TRANSLATIONS: dict[str, dict[str, str]] = {
    language: tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))
    for language in ("zh", "ko")
}
"""By language, what stands for the English words of the evaluation report."""

VERDICT_LABELS = {
    "failed": Label("エラー", "failed", "質問の処理中にエラーが起きた", "an error took the answer's place"),
    "overanswered": Label(
        "答えのない質問に回答",
        "answered the unanswerable",
        "文書に答えがないのに答えた",
        "answered although the documents contain no answer",
    ),
    "refused": Label(
        "答えられるのに保留",
        "refused",
        "文書に答えがあるのに保留した",
        "abstained although the documents contain the answer",
    ),
    "wrong": Label("誤答", "wrong", "回答に正解がない", "the gold answer is not in the answer"),
    "partial": Label("一部正答", "partly correct", "列挙の一部だけが回答にある", "some items of the list are missing"),
    "unjudged": Label("判定なし", "not judged", "正解のデータがない", "the row has no gold answer or evidence"),
    "correct": Label("正答", "correct", "回答に正解がある", "the answer contains the gold answer"),
    "abstained": Label(
        "正しく保留", "correctly abstained", "文書に答えがなく、答えなかった", "no answer in the documents, none given"
    ),
}


def printed(name: str, value: float | None) -> str:
    """A metric's value for reading: 92.3%, 0.871, 13.4 ms, 181.0."""
    if value is None:
        return "–"
    unit = METRIC_LABELS[name].unit if name in METRIC_LABELS else "share"
    if unit == "share":
        return f"{value:.1%}"
    if unit == "ms":
        return f"{value:,.1f} ms" if value < 100 else f"{value:,.0f} ms"
    return f"{value:.3f}" if unit == "score" else f"{value:,.1f}"


def interval(name: str, figures: Mapping[str, Any]) -> str:
    """A metric's interval for reading; a dash where there is none."""
    if figures["low"] is None:
        return "–"
    return f"{printed(name, figures['low'])} – {printed(name, figures['high'])}".replace(" ms", "\u00a0ms")


def tone(verdict: str) -> str:
    """The CSS class that colours a verdict: amber for answers that are incomplete or missing but not false."""
    if verdict in SUCCESSES:
        return "good"
    return {"refused": "middling", "partial": "middling", "unjudged": "neutral"}.get(verdict, "bad")
