"""Drafts are checked by asking them: kept only if they are answered with the evidence that they were drafted from."""

from collections.abc import Callable, Iterable, Iterator

from app.answering.types import Answer, Citation
from app.drafts.question import Draft
from retriever.text import without_space

_SECTIONS = 10  # one draft in so many may ask what a section describes


def kept(drafts: Iterable[Draft], ask: Callable[[str], Answer], least: float = 0.0) -> Iterator[Draft]:
    """The drafts that are answered by their own evidence with a confidence of `least`, as they are asked."""
    count = sections = 0
    for draft in drafts:
        asks_section = draft.question.kind == "section"
        if asks_section and (sections + 1) * _SECTIONS > count + 1:
            continue
        if is_answered(draft, ask(draft.question.text), least):
            count, sections = count + 1, sections + asks_section
            yield draft


def is_answered(draft: Draft, answer: Answer, least: float = 0.0) -> bool:
    """Whether the answer is sure enough and quotes the draft's evidence first, or its section's first sentence."""
    if answer.abstained or answer.confidence < least or not answer.citations:
        return False
    shown = answer.citations if draft.question.kind in {"section", "cell"} else answer.citations[:1]
    evidence = without_space(draft.evidence)
    return any(one.document_id == draft.document_id and _shows(one, evidence) for one in shown)


def _shows(citation: Citation, evidence: str) -> bool:
    """Whether a quote holds the evidence or is a part of it; a table's row is quoted in other words than it is cut."""
    quote = without_space(citation.quote)
    return evidence in quote or quote in evidence or ("\n" in citation.text and evidence in without_space(citation.text))
