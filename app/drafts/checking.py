"""Drafts are checked by asking them: kept only if they are answered with the evidence that they were drafted from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from app.answering.types import Answer, Citation
from app.drafts.question import Draft
from retriever.text import without_space

# By kind: (share, always). At most one draft in `share` is of this kind, except for the first `always` of them.
_SHARES = {"section": (10, 0), "cell": (4, 4)}


def kept(drafts: Iterable[Draft], ask: Callable[[str], Answer], least: float = 0.0) -> Iterator[Draft]:
    """The drafts that are answered by their own evidence with at least `least` confidence, as soon as each is checked.

    A draft of a kind in `_SHARES` waits until its kind has room.
    """
    counts: Counter[str] = Counter()
    waiting: list[Draft] = []
    for draft in drafts:
        waiting.append(draft)
        due = [candidate for candidate in waiting if _has_room(candidate.question.kind, counts)]
        waiting = [candidate for candidate in waiting if candidate not in due]
        for candidate in due:
            if not _has_room(candidate.question.kind, counts):
                waiting.append(candidate)
            elif is_answered(candidate, ask(candidate.question.text), least):
                counts[candidate.question.kind] += 1
                yield candidate


def _has_room(kind: str, counts: Counter[str]) -> bool:
    if kind not in _SHARES:
        return True
    share, always = _SHARES[kind]
    return counts[kind] < always or (counts[kind] + 1) * share <= counts.total() + 1


def is_answered(draft: Draft, answer: Answer, least: float = 0.0) -> bool:
    """Whether the answer is sure enough and its first quote (of sections and cells: any quote) shows the evidence."""
    if answer.abstained or answer.confidence < least or not answer.citations:
        return False
    shown = answer.citations if draft.question.kind in {"section", "cell"} else answer.citations[:1]
    evidence = without_space(draft.evidence)
    return any(citation.document_id == draft.document_id and _shows(citation, evidence) for citation in shown)


def _shows(citation: Citation, evidence: str) -> bool:
    """Whether a quote contains the evidence or is part of it; of a table's row, whether its passage contains it."""
    quote = without_space(citation.quote)
    return (
        evidence in quote or quote in evidence or ("\n" in citation.text and evidence in without_space(citation.text))
    )
