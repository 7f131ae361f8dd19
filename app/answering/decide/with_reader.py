"""Confidence from two judges: the rules' confidence, taken as one number, and the reader's log-odds.

A logistic regression with positive weights, so that confidence rises with each of the two
(`python -m app.training.reader calibrate`).
"""

import json
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from app.answering.decide.confidence import Decision

WEIGHTS = Path(__file__).with_name("reader_weights.json")
# Text in the question's language, English text for English questions (of which the reader has seen less and is less
# sure), text in another language.
GROUPS = ("native", "english", "foreign")
_FARTHEST = 8.0  # log-odds: what either judge can say at most


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the rules' and of the reader's log-odds, and the confidence below which to abstain."""

    rules: float
    reader: float
    intercept: float
    abstain_below: float

    def chance(self, confidence: float, evidence: float) -> float:
        """The confidence in [0, 1] from the rules' own and the reader's log-odds; rises with both."""
        odds = self.rules * log_odds(confidence) + self.reader * _bounded(evidence) + self.intercept
        return 1 / (1 + math.exp(-odds))


def with_reader(decision: Decision, evidence: float, group: str) -> Decision:
    """The decision with the reader's `evidence`, the log-odds that any passage answers, in one of `GROUPS`."""
    calibration = calibrations()[group]
    chance = calibration.chance(decision.confidence, evidence)
    told = {**decision.features, "rules": decision.confidence, "reader": evidence}
    return replace(decision, confidence=chance, abstained=chance < calibration.abstain_below, features=told)


def group_of(language: str, *, foreign: bool) -> str:
    """Which of `GROUPS` a question in `language` is of; `foreign`: what answers it is in another language."""
    return "foreign" if foreign else "english" if language == "en" else "native"


def log_odds(chance: float) -> float:
    """A probability as bounded log-odds."""
    least = 1e-6
    chance = min(max(chance, least), 1 - least)
    return _bounded(math.log(chance / (1 - chance)))


def _bounded(odds: float) -> float:
    return min(max(odds, -_FARTHEST), _FARTHEST)


@lru_cache(maxsize=1)
def calibrations() -> dict[str, Calibration]:
    """The calibration of each of `GROUPS`."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {name: Calibration(**stored[name]) for name in GROUPS}
