"""Answers as JSON, made by hand for tests of metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.evaluation.measures.scores import Prediction
from app.evaluation.question_files.question_file import QuestionRow, question_from_fields


def hit(text: str, document_id: str = "d") -> dict[str, Any]:
    """A hit whose passage is `text`."""
    return {
        "rank": 1, "score": 1.0, "passage_id": text, "document_id": document_id, "document_title": document_id,
        "section": "", "page": None, "text": text,
    }  # fmt: skip


def citation(quote: str, text: str | None = None, start: int | None = None) -> dict[str, Any]:
    """A citation of `quote` in the passage `text`, at its place there or at `start`."""
    passage = quote if text is None else text
    begin = passage.find(quote) if start is None else start
    return {
        **hit(passage), "number": 1, "quote": quote, "quote_start": begin, "quote_end": begin + len(quote), "url": None,
    }  # fmt: skip


def answer(
    text: str = "",
    *,
    citations: Sequence[Mapping[str, Any]] = (),
    hits: Sequence[Mapping[str, Any]] = (),
    confidence: float = 0.5,
    total_ms: float | None = 10.0,
) -> dict[str, Any]:
    """An answer of the sentences in `text`; without text, an abstention."""
    sentences = [f"{sentence}。" for sentence in text.split("。") if sentence]
    return {
        "question": "?", "language": "ja", "abstained": not text, "confidence": confidence, "method": "extractive",
        "text": text or "文書にありません。", "sentences": [{"text": text, "citations": [1]} for text in sentences],
        "citations": list(citations), "hits": list(hits), "timings_ms": {} if total_ms is None else {"total": total_ms},
    }  # fmt: skip


def question(**fields: Any) -> QuestionRow:
    """A question with these fields."""
    return question_from_fields(1, {"question": "問い", **fields})


def prediction(answer_json: dict[str, Any] | None, **fields: Any) -> Prediction:
    """A question with these fields and its answer; None for one that failed."""
    return Prediction(question(**fields), answer_json, None if answer_json else "ValueError: broken")
