"""Questions that a newcomer can click."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its language (ja, en, zh, ko)."""

    language: str
    question: str
