"""Questions that a newcomer can click."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A question in its language (ja, en, zh, ko)."""

    question: str
    language: str = "ja"
