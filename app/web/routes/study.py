"""Self-check questions: drafts from definitions, figures, table cells and other facts, with their evidence."""

from collections.abc import Iterable
from typing import Any

from app.drafts.question import Draft
from app.pages.source.view import below_root, source_address
from app.web.service.service import AnswerSource
from retriever.types import Passage

_KINDS = frozenset({"definition", "figure", "cell", "date", "identity", "agent", "object", "place"})
_MOST_CARDS = 60
_LONGEST_ANSWER = 80  # characters; a longer answer is too long to type


def cards(library: AnswerSource) -> list[dict[str, Any]]:
    """At most 60 cards from the checked drafts of the index; none before the drafts are made."""
    fitting = [draft for draft in library.drafts.drafts if _is_fit(draft)][:_MOST_CARDS]
    titles = library.titles()
    passages = _passages(library, {draft.document_id for draft in fitting})
    made_cards = (_card(draft, passages.get(draft.passage_id), titles) for draft in fitting)
    return [card for card in made_cards if card is not None]


def _is_fit(draft: Draft) -> bool:
    answer = draft.question.answer.strip()
    return draft.question.kind in _KINDS and 0 < len(answer) <= _LONGEST_ANSWER


def _passages(library: AnswerSource, documents: Iterable[str]) -> dict[str, Passage]:
    return {passage.id: passage for name in documents for passage in library.passages(name)}


def _card(draft: Draft, passage: Passage | None, titles: dict[str, str]) -> dict[str, Any] | None:
    """A draft as a card; None if its passage no longer contains its evidence."""
    start = passage.text.find(draft.evidence) if passage else -1
    if passage is None or start < 0:
        return None
    end = start + len(draft.evidence)
    return {
        "question": draft.question.text,
        "answer": draft.question.answer.strip(),
        "kind": draft.question.kind,
        "language": draft.language,
        "evidence": draft.evidence,
        "section": draft.section,
        "page": passage.page_at(start),
        "document_id": draft.document_id,
        "document_title": titles.get(draft.document_id, draft.document_id),
        "address": below_root(source_address(draft.document_id, draft.passage_id, start, end)),
    }
