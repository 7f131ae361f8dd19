"""Plots as lists of shapes; templates/plots.html draws them as SVG, and the page's style sheet colours them.

Lengths are in the units of the drawing, which is `WIDTH` wide; y grows downwards. A plot without data is None.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.evaluation.measures.metric_labels import Label
from app.evaluation.measures.score_table import Floats
from app.evaluation.report.labels import TRANSLATIONS, printed

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 12, 38
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_GROUP_LEFT, _GROUP_HEIGHT, _MOST_GROUPS = 110, 34, 12
Estimates = Mapping[str, Mapping[str, Any]]
Point = tuple[float, float]
Tick = tuple[float, str]  # a share of an axis in [0, 1], and its text


@dataclass(frozen=True, slots=True)
class PlotLine:
    """A line through points; a closed one is an area."""

    style: str
    points: tuple[Point, ...]
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of the data."""

    style: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class PlotText:
    """A text; `x`, `y` is the start, middle or end of its base line, as `style` says."""

    x: float
    y: float
    text: str
    style: str


Shape = PlotLine | Dot | PlotText


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing of `WIDTH` × `height` with its caption."""

    caption: Label
    shapes: tuple[Shape, ...]
    height: float = HEIGHT


def reliability_plot(bins: Sequence[Mapping[str, Any]]) -> Plot | None:
    """Accuracy (0 to 1) in each bin of confidence against the diagonal of perfect calibration, with counts."""
    filled = [counted for counted in bins if counted["n"]]
    if not filled:
        return None
    shapes = [*_axes("確信度", "confidence", [(share, f"{share:g}") for share in (0, 0.2, 0.4, 0.6, 0.8, 1)])]
    shapes.append(PlotLine("guide", ((_x(0), _y(0)), (_x(1), _y(1)))))
    for counted in filled:
        left, right, top = _x(counted["from"]) + 1, _x(counted["to"]) - 1, _y(counted["accuracy"])
        shapes.append(_bar(left, right, top))
        shapes.append(Dot("dot", _x(counted["confidence"]), top, 3))
        beside = top - 6 if top > TOP + 14 else top + 16
        shapes.append(PlotText((left + right) / 2, beside, str(counted["n"]), "small middle"))
    return Plot(Label("確信度ごとの正答率", "Accuracy by confidence"), tuple(shapes))


def hit_plot(overall: Estimates) -> Plot | None:
    """hit@k over k with its interval as a band."""
    shares = [(k, overall[f"hit@{k}"]) for k in range(1, 11) if overall.get(f"hit@{k}", {}).get("value") is not None]
    if not shares:
        return None
    last = shares[-1][0]
    ticks = {k: (k - 1) / max(last - 1, 1) for k in range(1, last + 1)}
    places = {k: _x(share) for k, share in ticks.items()}
    shapes = [*_axes("順位 k", "rank k", [(share, str(k)) for k, share in ticks.items()])]
    banded = [(k, share) for k, share in shares if share["low"] is not None]
    if banded:
        edge = [(places[k], _y(share["high"])) for k, share in banded]
        edge += [(places[k], _y(share["low"])) for k, share in reversed(banded)]
        shapes.append(PlotLine("band", tuple(edge), is_closed=True))
    shapes.append(PlotLine("line", tuple((places[k], _y(share["value"])) for k, share in shares)))
    for k, share in shares:
        shapes.append(Dot("dot", places[k], _y(share["value"]), 3))
        if k in {1, 5, 10}:
            style = "small end" if k == 10 else "small"
            shapes.append(PlotText(places[k], _y(share["value"]) + 16, printed("hit@1", share["value"]), style))
    return Plot(Label("上位k件に根拠がある割合", "Share with evidence among k hits"), tuple(shapes))


def latency_plot(latency_ms: Floats, percentiles: Mapping[str, Mapping[str, Any]]) -> Plot | None:
    """A histogram of latencies (milliseconds, logarithmic) with the percentiles marked."""
    known = latency_ms[~np.isnan(latency_ms)]
    if not len(known):
        return None
    low = math.floor(math.log10(max(known.min(), 0.1)) * 2) / 2
    high = max(math.ceil(math.log10(max(known.max(), 0.2)) * 2) / 2, low + 0.5)
    counts, edges = np.histogram(np.log10(np.maximum(known, 0.1)), bins=24, range=(low, high))
    ticks = [
        (place, f"{10**value:.0f}" if value >= 2 else f"{10**value:.3g}")
        for value in np.arange(math.ceil(low * 2) / 2, high + 0.01, 0.5)
        if 0 <= (place := (value - low) / (high - low)) <= 1
    ]
    top = counts.max() / 0.78  # leaves room for the names of the percentiles
    shapes = [*_axes("ミリ秒（対数）", "milliseconds (log)", ticks, [(0, "0"), (0.78, str(counts.max()))])]
    for count, start, end in zip(counts, edges, edges[1:], strict=False):
        left, right = (_x((edge - low) / (high - low)) for edge in (start, end))
        shapes.append(_bar(left, right - 1, _y(count / top)))
    for row, name in enumerate(("p50", "p95", "p99")):
        value = percentiles[name]["value"]
        x = _x((math.log10(max(value, 0.1)) - low) / (high - low))
        shapes.append(PlotLine("guide", ((x, _y(0)), (x, TOP))))
        style, shift = ("small end", -4) if x > WIDTH * 0.7 else ("small", 4)
        shapes.append(PlotText(x + shift, TOP + 10 + 14 * row, f"{name} {printed('latency_p50', value)}", style))
    return Plot(Label("応答時間の分布", "How long questions took"), tuple(shapes))


def group_plot(groups: Mapping[str, Estimates], first: str, second: str, caption: Label) -> Plot | None:
    """Two metrics in [0, 1] with their intervals for each group (at most twelve), one line a group."""
    filled = {
        name: figures
        for name, figures in groups.items()
        if any(figures.get(metric, {}).get("value") is not None for metric in (first, second))
    }
    shown = list(filled.items())[:_MOST_GROUPS]
    if not shown:
        return None
    height = TOP + BOTTOM + _GROUP_HEIGHT * len(shown)
    bottom = height - BOTTOM
    shapes: list[Shape] = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _group_x(share)
        shapes.append(PlotLine("grid", ((x, TOP), (x, bottom))))
        shapes.append(PlotText(x, bottom + 14, f"{share:.0%}", "small middle" if share < 1 else "small end"))
    for row, (name, figures) in enumerate(shown):
        y = TOP + _GROUP_HEIGHT * row + 17
        count = max((values["n"] for values in figures.values()), default=0)
        shapes.append(PlotText(_GROUP_LEFT - 8, y + 1, name if len(name) < 15 else f"{name[:14]}…", "end"))
        shapes.append(PlotText(_GROUP_LEFT - 8, y + 13, f"n = {count}", "small end"))
        for metric, style, shift in ((first, "dot", -5), (second, "dot second", 5)):
            shapes += _whisker(figures.get(metric), y + shift, style)
    legend = bottom + 30
    for x, style, metric in ((_GROUP_LEFT, "dot", first), (_GROUP_LEFT + 120, "dot second", second)):
        shapes += [Dot(style, x, legend - 4, 4), PlotText(x + 9, legend, metric, "small")]
    return Plot(caption, tuple(shapes), height)


def _bar(left: float, right: float, top: float) -> PlotLine:
    """An upright rectangle on the axis."""
    return PlotLine("bar", ((left, _y(0)), (left, top), (right, top), (right, _y(0))), is_closed=True)


def _whisker(figures: Mapping[str, Any] | None, y: float, style: str) -> Iterator[Shape]:
    if not figures or figures["value"] is None:
        return
    if figures["low"] is not None:
        yield PlotLine("whisker", ((_group_x(figures["low"]), y), (_group_x(figures["high"]), y)))
    yield Dot(style, _group_x(figures["value"]), y, 4)


def _group_x(share: float) -> float:
    return _GROUP_LEFT + share * (WIDTH - RIGHT - _GROUP_LEFT)


def _x(share: float) -> float:
    return round(LEFT + share * _INNER_WIDTH, 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * _INNER_HEIGHT, 1)


def _axes(ja: str, en: str, ticks: Sequence[Tick], heights: Sequence[Tick] = ()) -> Iterator[Shape]:
    for share, text in heights or [(share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)]:
        yield PlotLine("grid", ((LEFT, _y(share)), (WIDTH - RIGHT, _y(share))))
        yield PlotText(LEFT - 5, _y(share) + 4, text, "small end")
    for share, text in ticks:
        is_at_edge = share > 0.97 and len(text) > 3
        yield PlotText(_x(share), HEIGHT - BOTTOM + 14, text, "small end" if is_at_edge else "small middle")
    middle = LEFT + _INNER_WIDTH / 2
    yield PlotText(middle, HEIGHT - 6, ja, "small middle j")
    yield PlotText(middle, HEIGHT - 6, en, "small middle e")
    yield PlotText(middle, HEIGHT - 6, TRANSLATIONS["zh"][en], "small middle z")
    yield PlotText(middle, HEIGHT - 6, TRANSLATIONS["ko"][en], "small middle k")
