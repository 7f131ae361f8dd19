"""Confidence from two judges: the rules' confidence, taken as one number, and the reader's log-odds.

A logistic regression with positive weights, so that confidence rises with each of the two
(`python -m app.training.reader calibrate`).
"""

import json
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from app.answering.decide.confidence import Decision, models

WEIGHTS = Path(__file__).with_name("reader_weights.json")
# Text in the question's language, English text for English questions (of which the reader has seen less and is less
# sure), text in another language.
GROUPS = ("native", "english", "foreign")
# The rules' log-odds below which they alone refuse: no word of the question is told, a name or year of it is lacking.
# Set by hand; on the rows that the calibration was fitted to, it refuses two more unanswerable questions and one more
# answerable one.
_REFUSED_BY_RULES = -4.5
_LACKING = ("missing_names", "missing_numbers")  # features that the reader does not see
_FARTHEST = 8.0  # log-odds: what either judge can say at most


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the rules' and of the reader's log-odds, and the confidence below which to abstain."""

    rules: float
    reader: float
    intercept: float
    abstain_below: float

    def chance(self, confidence: float, evidence: float, lacking: float = 0.0) -> float:
        """The confidence in [0, 1] from the rules' own and the reader's log-odds; rises with both.

        `lacking` are the log-odds, at most 0, of what the best sentence lacks of the question's names and numbers. The
        reader does not see those, so that they count in full, not by the share of the rules alone.
        """
        odds = self.rules * log_odds(confidence) + self.reader * _bounded(evidence) + self.intercept
        return 1 / (1 + math.exp(-odds - max(0.0, 1 - self.rules) * lacking))


def with_reader(decision: Decision, evidence: float, group: str) -> Decision:
    """The decision with the reader's `evidence`, the log-odds that any passage answers, in one of `GROUPS`."""
    calibration = calibrations()[group]
    weights = models()["foreign" if group == "foreign" else "native"].weights
    lacking = sum(weights[name] * decision.features.get(name, 0.0) for name in _LACKING)
    chance = calibration.chance(decision.confidence, evidence, lacking)
    told = {**decision.features, "rules": decision.confidence, "reader": evidence}
    abstained = chance < calibration.abstain_below or log_odds(decision.confidence) < _REFUSED_BY_RULES
    return replace(decision, confidence=chance, abstained=abstained, features=told)


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
