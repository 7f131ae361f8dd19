"""What is told while an answer is composed. Imported by pages that may never see a language model, so it is light."""

from dataclasses import dataclass

from app.answering.types import Citation, Sentence


@dataclass(frozen=True, slots=True)
class Event:
    """What is new while an answer is composed: a sentence with its citations, or the reason that one is withheld."""

    sentence: Sentence | None = None
    citations: tuple[Citation, ...] = ()
    withheld: str = ""
