"""Ranking metrics of each question, computed from the evidence that its hits contain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.evaluation.measures.matching import evidence_form
from app.evaluation.question_files.question_file import QuestionRow

CUTOFFS = tuple(range(1, 11))
RECALL_CUTOFFS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Relevance:
    """Which of the relevant items of a question its hits contain.

    The relevant items are the evidence quotes, or the document if a row names only that. `new_items[i]` is the number
    of items that hit i contains and no earlier hit does, so that an item in several hits counts once.
    """

    items: int
    new_items: tuple[int, ...]

    @property
    def first_rank(self) -> int | None:
        """The 1-based rank of the first hit that contains an item, None if no hit does."""
        return next((rank for rank, new in enumerate(self.new_items, 1) if new), None)


def relevance(question: QuestionRow, hits: Sequence[Mapping[str, Any]]) -> Relevance | None:
    """Match the question's evidence with its hits; None if the row names neither evidence nor document."""
    if not question.answerable or not (question.evidence or question.document_id):
        return None
    wanted = {evidence_form(quote) for quote in question.evidence or ()}
    if not wanted:
        held = [hit["document_id"] == question.document_id for hit in hits]
        first = held.index(True) if True in held else -1
        return Relevance(1, tuple(int(place == first) for place in range(len(hits))))
    items, new_items = len(wanted), []
    for hit in hits:
        text = evidence_form(hit["text"])
        new = {quote for quote in wanted if quote in text}
        wanted -= new
        new_items.append(len(new))
    return Relevance(items, tuple(new_items))


def ranking_metrics(judged: Sequence[Relevance]) -> list[dict[str, float]]:
    """hit@k, recall@k, mrr@10 and ndcg@10 of each question, in order.

    hit@k is Success@k: whether the first k hits contain at least one item. recall@k is the share of items there
    (subtopic recall, Zhai et al. 2003). mrr@10 is the reciprocal rank of the first hit that holds an item, 0 beyond
    rank 10 (Voorhees 1999). ndcg@10 is that of Järvelin and Kekäläinen (2002) with trec_eval's linear gain and log2
    discount: a hit gains the number of items that it is the first to hold, and an item that no hit holds counts as one
    more relevant hit that was missed. All but recall@k are computed by ir-measures (MacAvaney et al. 2022).
    """
    import ir_measures
    from ir_measures import RR, Success, nDCG

    measures = [*(Success @ k for k in CUTOFFS), RR @ 10, nDCG @ 10]
    names = {str(measure): name for measure, name in zip(measures, _library_names(), strict=True)}
    qrels = {str(number): _qrels(relevant) for number, relevant in enumerate(judged)}
    run = {str(number): _run(relevant) for number, relevant in enumerate(judged)}
    results: list[dict[str, float]] = [_recalls(relevant) for relevant in judged]
    for value in ir_measures.iter_calc(measures, qrels, run) if judged else ():
        results[int(value.query_id)][names[str(value.measure)]] = float(value.value)
    return results


def _library_names() -> Iterable[str]:
    return [*(f"hit@{k}" for k in CUTOFFS), "mrr@10", "ndcg@10"]


def _qrels(judged: Relevance) -> dict[str, int]:
    missing = judged.items - sum(judged.new_items)
    held = {f"hit{rank}": new for rank, new in enumerate(judged.new_items) if new}
    return held | {f"missing{number}": 1 for number in range(missing)}


def _run(judged: Relevance) -> dict[str, float]:
    """The first ten hits in order, with scores that fall as the rank rises."""
    return {f"hit{rank}": -float(rank) for rank in range(min(len(judged.new_items), 10))}


def _recalls(judged: Relevance) -> dict[str, float]:
    return {f"recall@{k}": sum(judged.new_items[:k]) / judged.items for k in RECALL_CUTOFFS}
