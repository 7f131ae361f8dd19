"""Events while an answer is composed. Imports little, because pages without a language model import it too."""

from dataclasses import dataclass, replace

from app.answering.types import Answer, Citation, Sentence


@dataclass(frozen=True, slots=True)
class Event:
    """What is new while an answer is composed: a sentence with its citations, or the reason that one is withheld.

    Or `tokens`: the cost of a call of the model that has ended.
    """

    sentence: Sentence | None = None
    citations: tuple[Citation, ...] = ()
    withheld: str = ""
    tokens: int = 0


def grown(so_far: Answer, event: Event) -> Answer:
    """An answer that is being composed, with the sentence of an event, if it has one, and its citations."""
    if event.sentence is None:
        return so_far
    known = {citation.number: citation for citation in (*so_far.citations, *event.citations)}
    return replace(so_far, sentences=(*so_far.sentences, event.sentence), citations=tuple(known.values()))
