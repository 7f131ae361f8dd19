"""Plots as inline SVG, coloured by the page's style sheet, with texts in both languages."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from markupsafe import Markup

from app.evaluation.score_table import Floats
from app.report.labels import printed

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 12, 38
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
Estimates = Mapping[str, Mapping[str, Any]]


def reliability_plot(bins: Sequence[Mapping[str, Any]]) -> Markup:
    """Accuracy (0 to 1) in each bin of confidence against the diagonal of perfect calibration, with counts."""
    parts = [_axes("確信度", "confidence", [(share, f"{share:g}") for share in (0, 0.2, 0.4, 0.6, 0.8, 1)])]
    parts.append(f'<path class="guide" d="M{_x(0):g} {_y(0):g}L{_x(1):g} {_y(1):g}"/>')
    for counted in bins:
        if not counted["n"]:
            continue
        left, right, top = _x(counted["from"]) + 1, _x(counted["to"]) - 1, _y(counted["accuracy"])
        parts.append(f'<rect class="bar" x="{left:g}" y="{top:g}" width="{right - left:g}" height="{_y(0) - top:g}"/>')
        parts.append(f'<circle class="dot" cx="{_x(counted["confidence"]):g}" cy="{top:g}" r="3"/>')
        parts.append(
            _text((left + right) / 2, top - 6 if top > TOP + 14 else top + 16, str(counted["n"]), "small middle")
        )
    return _figure(parts, "確信度ごとの正答率", "Accuracy by confidence")


def hit_plot(overall: Estimates) -> Markup:
    """hit@k over k with its interval as a band."""
    shares = [(k, overall[f"hit@{k}"]) for k in range(1, 11) if overall.get(f"hit@{k}", {}).get("value") is not None]
    last = shares[-1][0] if shares else 10
    places = {k: _x((k - 1) / max(last - 1, 1)) for k in range(1, last + 1)}
    parts = [_axes("順位 k", "rank k", [((k - 1) / max(last - 1, 1), str(k)) for k in places])]
    banded = [(k, share) for k, share in shares if share["low"] is not None]
    if banded:
        edge = [(places[k], _y(share["high"])) for k, share in banded]
        edge += [(places[k], _y(share["low"])) for k, share in reversed(banded)]
        parts.append(f'<path class="band" d="{_path(edge)}Z"/>')
    if shares:
        parts.append(f'<path class="line" d="{_path([(places[k], _y(share["value"])) for k, share in shares])}"/>')
    for k, share in shares:
        parts.append(f'<circle class="dot" cx="{places[k]:g}" cy="{_y(share["value"]):g}" r="3"/>')
        if k in {1, 5, 10}:
            anchor = "small end" if k == 10 else "small"
            below = _y(share["value"]) + 16
            parts.append(_text(places[k], below, printed("hit@1", share["value"]), anchor))
    return _figure(parts, "上位k件に根拠がある割合", "Share with evidence among k hits")


def latency_plot(latency_ms: Floats, percentiles: Mapping[str, Mapping[str, Any]]) -> Markup:
    """How many questions took how long (logarithmic milliseconds), with the percentiles marked."""
    known = latency_ms[~np.isnan(latency_ms)]
    if not len(known):
        return _figure([_text(WIDTH / 2, HEIGHT / 2, "–", "middle")], "応答時間", "Latency")
    low, high = (
        math.floor(math.log10(max(known.min(), 0.1)) * 2) / 2,
        math.ceil(math.log10(max(known.max(), 0.2)) * 2) / 2,
    )
    high = max(high, low + 0.5)
    counts, edges = np.histogram(np.log10(np.maximum(known, 0.1)), bins=24, range=(low, high))
    ticks = [
        (place, f"{10**value:.0f}" if value >= 2 else f"{10**value:.3g}")
        for value in np.arange(math.ceil(low * 2) / 2, high + 0.01, 0.5)
        if 0 <= (place := (value - low) / (high - low)) <= 1
    ]
    top = counts.max() / 0.78  # leaves room for the names of the percentiles
    parts = [_axes("ミリ秒（対数）", "milliseconds (log)", ticks, [(0, "0"), (0.78, str(counts.max()))])]
    for count, start, end in zip(counts, edges, edges[1:], strict=False):
        left, right = (_x((edge - low) / (high - low)) for edge in (start, end))
        y = _y(count / top)
        parts.append(f'<rect class="bar" x="{left:g}" y="{y:g}" width="{right - left - 1:g}" height="{_y(0) - y:g}"/>')
    for row, name in enumerate(("p50", "p95", "p99")):
        value = percentiles[name]["value"]
        x = _x((math.log10(max(value, 0.1)) - low) / (high - low))
        parts.append(f'<path class="guide" d="M{x:g} {_y(0):g}V{TOP:g}"/>')
        side, shift = ("small end", -4) if x > WIDTH * 0.7 else ("small", 4)
        parts.append(_text(x + shift, TOP + 10 + 14 * row, f"{name} {printed('latency_p50', value)}", side))
    return _figure(parts, "応答時間の分布", "How long questions took")


def group_plot(groups: Mapping[str, Estimates], first: str, second: str, names: tuple[str, str]) -> Markup:
    """Two metrics in [0, 1] for each group, with their intervals, one line a group (twelve at most)."""
    shown = list(groups.items())[:12]
    height = TOP + BOTTOM + 34 * max(len(shown), 1)
    bottom = height - BOTTOM
    left = 110
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = left + share * (WIDTH - RIGHT - left)
        parts.append(f'<path class="grid" d="M{x:g} {TOP}V{bottom:g}"/>')
        parts.append(_text(x, bottom + 14, f"{share:.0%}", "small middle" if share < 1 else "small end"))
    for row, (name, figures) in enumerate(shown):
        y = TOP + 34 * row + 17
        count = max((values["n"] for values in figures.values()), default=0)
        parts.append(_text(left - 8, y + 1, name if len(name) < 15 else f"{name[:14]}…", "end"))
        parts.append(_text(left - 8, y + 13, f"n = {count}", "small end"))
        for metric, style, shift in ((first, "dot", -5), (second, "dot second", 5)):
            parts.append(_whisker(figures.get(metric), left, y + shift, style))
    legend = bottom + 30
    for x, style, metric in ((left, "dot", first), (left + 120, "dot second", second)):
        parts.append(f'<circle class="{style}" cx="{x:g}" cy="{legend - 4:g}" r="4"/>')
        parts.append(_text(x + 9, legend, metric, "small"))
    return _figure(parts, *names, height)


def _whisker(figures: Mapping[str, Any] | None, left: float, y: float, style: str) -> str:
    if not figures or figures["value"] is None:
        return ""
    width = WIDTH - RIGHT - left
    line = ""
    if figures["low"] is not None:
        line = (
            f'<path class="whisker" d="M{left + figures["low"] * width:g} {y:g}H{left + figures["high"] * width:g}"/>'
        )
    return line + f'<circle class="{style}" cx="{left + figures["value"] * width:g}" cy="{y:g}" r="4"/>'


def _x(share: float) -> float:
    return round(LEFT + share * _INNER_WIDTH, 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * _INNER_HEIGHT, 1)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _axes(
    ja: str, en: str, ticks: Sequence[tuple[float, str]], heights: Sequence[tuple[float, str]] | None = None
) -> str:
    parts = []
    for share, text in heights or [(0, "0%"), (0.25, "25%"), (0.5, "50%"), (0.75, "75%"), (1, "100%")]:
        parts.append(f'<path class="grid" d="M{LEFT} {_y(share):g}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 5, _y(share) + 4, text, "small end"))
    parts += [_text(_x(share), HEIGHT - BOTTOM + 14, text, "small middle") for share, text in ticks]
    middle = LEFT + _INNER_WIDTH / 2
    parts += [_text(middle, HEIGHT - 6, ja, "small middle j"), _text(middle, HEIGHT - 6, en, "small middle e")]
    return "".join(parts)


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text class="{style}" x="{x:g}" y="{y:g}">{escape(text)}</text>'


def _figure(parts: Sequence[str], ja: str, en: str, height: float = HEIGHT) -> Markup:
    caption = f'<figcaption><i class="j">{escape(ja)}</i><i class="e">{escape(en)}</i></figcaption>'
    label = escape(f"{ja} / {en}")
    svg = f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return Markup(f"<figure>{caption}{svg}</figure>")  # noqa: S704 - every text in it is escaped above
