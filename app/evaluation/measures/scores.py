"""From one question's answer to its verdict and its contribution to each metric.

Every metric is a ratio of two sums over questions. Groups, resamples and permutations of questions therefore need only
the two numbers that each question contributes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from app.answering.types import Intent
from app.evaluation.measures.matching import best_char_f1, evidence_form, share_held, without_citation_marks
from app.evaluation.measures.ranking import CUTOFFS, RECALL_CUTOFFS, Relevance, ranking_metrics, relevance
from app.evaluation.question_files.question_file import QuestionRow
from retriever.text import letters

VERDICTS = ("failed", "overanswered", "refused", "wrong", "partial", "unjudged", "correct", "abstained")
"""In the order of the report. overanswered: answered although the documents hold no answer; refused: abstained although
they do; partial: some items of a list; unjudged: the row has no gold; abstained: correctly."""

FAILURES = VERDICTS[:5]
SUCCESSES = ("correct", "abstained")

METRICS = (
    *(f"hit@{k}" for k in CUTOFFS),
    *(f"recall@{k}" for k in RECALL_CUTOFFS),
    "mrr@10",
    "ndcg@10",
    "accuracy",
    "answer_match",
    "first_match",
    "char_f1",
    "span_f1",
    "citation_precision",
    "citation_recall",
    "verbatim",
    "abstention_precision",
    "abstention_recall",
    "abstention_f1",
    "refused_answerable",
    "vital_nuggets",
    "all_nuggets",
    "intent_accuracy",
    "answer_length",
    "latency_mean",
)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A line of predictions.jsonl: the question, and its answer as JSON or the error that took its place."""

    question: QuestionRow
    answer: Mapping[str, Any] | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """What one question contributes: `parts` maps each metric that it counts for to (numerator, denominator).

    `confidence` and `correct` are set only for an answer that gold data can judge; `latency_ms` is None if unknown.
    """

    verdict: str
    parts: dict[str, tuple[float, float]]
    first_rank: int | None
    confidence: float | None
    correct: bool | None
    latency_ms: float | None


def score(predictions: Sequence[Prediction]) -> list[Score]:
    """The scores of some predictions, in order; ir-measures is fastest for several at once."""
    judged = [relevance(each.question, (each.answer or {}).get("hits", ())) for each in predictions]
    ranked = iter(ranking_metrics([relevant for relevant in judged if relevant]))
    return [
        _score(prediction, relevant, next(ranked) if relevant else {})
        for prediction, relevant in zip(predictions, judged, strict=True)
    ]


def _score(prediction: Prediction, relevant: Relevance | None, ranking: dict[str, float]) -> Score:
    question, answer = prediction.question, prediction.answer
    verdict, match = _judge(question, answer)
    parts = {name: (value, 1.0) for name, value in ranking.items()}
    if question.judgeable:
        parts["accuracy"] = (match if question.answerable else float(verdict == "abstained"), 1.0)
    parts |= _answer_parts(question, answer, match) | _citation_parts(question, answer)
    parts |= _abstention_parts(question, bool(answer and answer["abstained"]))
    parts |= _nugget_parts(question, answer) | _intent_part(question, answer)
    latency = answer["timings_ms"].get("total") if answer else None
    if latency is not None:
        parts["latency_mean"] = (latency, 1.0)
    rated = answer is not None and not answer["abstained"] and question.judgeable
    return Score(
        verdict=verdict,
        parts=parts,
        first_rank=relevant.first_rank if relevant else None,
        confidence=answer["confidence"] if answer and rated else None,
        correct=verdict == "correct" if rated else None,
        latency_ms=latency,
    )


def _judge(question: QuestionRow, answer: Mapping[str, Any] | None) -> tuple[str, float]:
    """The verdict, and how much of the answer is right, in [0, 1].

    Gold answers decide: all of them for a list, any of them otherwise. Without gold answers, the evidence decides:
    the share of its quotes that the cited passages contain.
    """
    if answer is None:
        return "failed", 0.0
    if question.unanswerable:
        return ("abstained" if answer["abstained"] else "overanswered"), 0.0
    if not question.judgeable:
        return ("refused" if question.answerable and answer["abstained"] else "unjudged"), 0.0
    if answer["abstained"]:
        return "refused", 0.0
    match = _match(question, answer["text"]) if question.answers else _cited_share(question, answer)
    return ("correct" if match == 1 else "partial" if match else "wrong"), match


def _match(question: QuestionRow, text: str) -> float:
    """How much of the gold an answer's text contains: the share of a list's items, otherwise whether any answer.

    As ALCE's string exact match (Gao et al. 2023), which also takes shares of several short answers.
    """
    share = share_held(without_citation_marks(text), question.answers or ())
    return share if question.type == "list" else float(share > 0)


def _answer_parts(
    question: QuestionRow, answer: Mapping[str, Any] | None, match: float
) -> dict[str, tuple[float, float]]:
    """answer_match, first_match (in the answer's first sentence), char_f1 (best of quotes and sentences), span_f1.

    span_f1 is the F1 of the first words marked as the answer; only answers that mark words count.
    """
    answered = answer is not None and not answer["abstained"]
    parts: dict[str, tuple[float, float]] = {}
    if answered and answer:
        parts["answer_length"] = (float(len(without_citation_marks(answer["text"]).strip())), 1.0)
    if question.answerable and question.answers:
        first, f1 = 0.0, 0.0
        if answered and answer:
            sentences = answer["sentences"]
            first = _match(question, sentences[0]["text"] if sentences else answer["text"])
            f1 = best_char_f1(_candidates(answer), question.answers)
            spans = [citation["span"] for citation in answer["citations"] if citation.get("span")]
            if spans:
                parts["span_f1"] = (best_char_f1(spans[:1], question.answers), 1.0)
        parts |= {"answer_match": (match, 1.0), "first_match": (first, 1.0), "char_f1": (f1, 1.0)}
    return parts


def _nugget_parts(question: QuestionRow, answer: Mapping[str, Any] | None) -> dict[str, tuple[float, float]]:
    """vital_nuggets, all_nuggets: the share of the points (nuggets) that the answer's text or quotes contain.

    Like recall in TREC RAG's AutoNuggetizer (Pradeep et al. 2024), but matched as strings without white space and
    punctuation, not judged by a model. The share is 0 for an abstention.
    """
    shown = "" if answer is None or answer["abstained"] else answer["text"]
    quotes = [citation["quote"] for citation in answer["citations"]] if answer and shown else []
    text = letters(" ".join([shown, *quotes]))
    parts = {}
    for name, nuggets in (
        ("vital_nuggets", [nugget for nugget in question.nuggets if nugget.vital]),
        ("all_nuggets", question.nuggets),
    ):
        if nuggets:
            points_made = sum(any(letters(wording) in text for wording in nugget.wordings) for nugget in nuggets)
            parts[name] = (points_made / len(nuggets), 1.0)
    return parts


def _intent_part(question: QuestionRow, answer: Mapping[str, Any] | None) -> dict[str, tuple[float, float]]:
    """intent_accuracy: whether the recognised intent is the one that the row expects, if it expects one."""
    if question.expects not in get_args(Intent):
        return {}
    return {"intent_accuracy": (float((answer or {}).get("intent") == question.expects), 1.0)}


def _candidates(answer: Mapping[str, Any]) -> Iterator[str]:
    """The candidates for character F1: marked words, quotes, sentences."""
    for citation in answer["citations"]:
        if citation.get("span"):
            yield citation["span"]
        yield citation["quote"]
    for sentence in answer["sentences"]:
        yield without_citation_marks(sentence["text"])


def _cited_share(question: QuestionRow, answer: Mapping[str, Any]) -> float:
    texts = [evidence_form(citation["text"]) for citation in answer["citations"]]
    quotes = {evidence_form(quote) for quote in question.evidence or ()}
    return sum(any(quote in text for text in texts) for quote in quotes) / len(quotes)


def _citation_parts(question: QuestionRow, answer: Mapping[str, Any] | None) -> dict[str, tuple[float, float]]:
    """citation_recall, citation_precision and verbatim.

    The first two in ALCE's sense (Gao et al. 2023), with the gold evidence in place of its entailment model:
    the share of evidence quotes that some cited passage holds (0 for an abstention), and the share of citations
    whose passage holds one (of the questions that cite at all). verbatim is the share of all quotes that stand in
    their passages at the very place named.
    """
    citations = answer["citations"] if answer else []
    parts: dict[str, tuple[float, float]] = {}
    if citations:
        parts["verbatim"] = (float(sum(map(_is_verbatim, citations))), float(len(citations)))
    if question.answerable and question.evidence:
        parts["citation_recall"] = (_cited_share(question, answer) if answer else 0.0, 1.0)
        if citations:
            quotes = [evidence_form(quote) for quote in question.evidence]
            texts = [evidence_form(citation["text"]) for citation in citations]
            right = sum(any(quote in text for quote in quotes) for text in texts)
            parts["citation_precision"] = (right / len(texts), 1.0)
    return parts


def _is_verbatim(citation: Mapping[str, Any]) -> bool:
    quote = citation["quote"]
    return bool(quote) and citation["text"][citation["quote_start"] : citation["quote_end"]] == quote


def _abstention_parts(question: QuestionRow, abstained: bool) -> dict[str, tuple[float, float]]:
    """Precision, recall and F1 of abstaining where the documents hold no answer; answerable questions refused."""
    if not (question.answerable or question.unanswerable):
        return {}
    right, wanted, refused = float(question.unanswerable and abstained), float(question.unanswerable), float(abstained)
    parts = {"abstention_f1": (2 * right, wanted + refused)} if wanted + refused else {}
    if abstained:
        parts["abstention_precision"] = (right, 1.0)
    if question.unanswerable:
        parts["abstention_recall"] = (right, 1.0)
    else:
        parts["refused_answerable"] = (refused, 1.0)
    return parts
