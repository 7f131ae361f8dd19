"""Gates: the least, or the most, that a metric may be before a run counts as failed."""

import math
from collections.abc import Mapping
from typing import Any

from app.evaluation.bootstrap import NAMES


def parse_gate(text: str) -> tuple[str, float]:
    """`METRIC=VALUE` as a metric's name and a number; raises ValueError saying what is wrong."""
    name, separator, value = text.partition("=")
    name = name.strip().lower()
    if name not in NAMES:
        raise ValueError(f"no metric is named '{name}'; there are {', '.join(NAMES)}")
    try:
        bound = float(value)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):  # nothing is less than NaN: as a gate it would hold for every run
        given = f"'{value}'" if separator else "nothing"
        raise ValueError(f"'{name}' needs a number, as in {name}=0.95, not {given}")
    return name, bound


def missed_gates(
    overall: Mapping[str, Mapping[str, Any]], minimums: Mapping[str, float], maximums: Mapping[str, float]
) -> tuple[str, ...]:
    """What fell short, one phrase a gate. A metric that could not be computed misses its gate."""
    missed = []
    for name, bound, is_minimum in [
        *((name, bound, True) for name, bound in minimums.items()),
        *((name, bound, False) for name, bound in maximums.items()),
    ]:
        value = overall.get(name, {}).get("value")
        if value is None:
            missed.append(
                f"{name} could not be computed (no question has the data it needs, or -k is below its cutoff)"
            )
        elif value < bound if is_minimum else value > bound:
            missed.append(f"{name} is {value:.4g}, {'less' if is_minimum else 'more'} than {bound:g}")
    return tuple(missed)
