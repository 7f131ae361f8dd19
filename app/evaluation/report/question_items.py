"""The questions of a report as its templates show them: each with its answer, citations and verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from app.evaluation.measures.matching import evidence_form
from app.evaluation.measures.score_table import ScoreTable
from app.evaluation.measures.scores import FAILURES, VERDICTS, Prediction
from app.evaluation.predictions import parse_prediction
from app.evaluation.question_files.question_file import QuestionRow
from app.evaluation.report.filters import class_numbers
from app.evaluation.report.labels import tone
from app.pages.answer.messages import stored_answer_html

_EXCERPT = 90  # characters shown of a hit
_HITS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """One question of a run.

    `rank` (1-based) of the first hit with evidence, None if there is none or the row names no evidence (then
    `is_ranked` is false). `evidence` pairs each quote with whether a cited passage contains it. `hits` are places and
    excerpts, None if they need not be shown. `error` replaces the answer if there is none.
    """

    question: QuestionRow
    verdict: str
    css_classes: str
    identity: tuple[str, ...]
    confidence: float | None
    milliseconds: float | None
    is_ranked: bool
    rank: int | None
    evidence: tuple[tuple[str, bool], ...]
    answer: Markup | None
    error: str
    hits: tuple[tuple[str, str], ...] | None


def question_items(scores: ScoreTable, path: Path, *, failed: bool) -> Iterator[QuestionItem]:
    """The questions with a failing verdict, or all others, by verdict and file order; one is in memory at a time."""
    ranks = scores.columns().first_rank
    languages, types = scores.groups["language"], scores.groups["type"]
    language_numbers, type_numbers = class_numbers(languages), class_numbers(types)
    meant = [number for number, verdict in enumerate(scores.verdicts) if (VERDICTS[verdict] in FAILURES) == failed]
    order = sorted(meant, key=lambda number: (scores.verdicts[number], number))
    with path.open("rb") as file:
        for number in order:
            file.seek(scores.offsets[number])
            prediction = parse_prediction(file.readline(), number + 1, path)
            verdict = VERDICTS[scores.verdicts[number]]
            rank = None if np.isnan(ranks[number]) else int(ranks[number])
            groups = f"l{language_numbers[languages[number]]} t{type_numbers[types[number]]}"
            failure = " failure" if verdict in FAILURES else ""
            yield _question_item(
                prediction, verdict, rank, f"v{scores.verdicts[number]} {tone(verdict)} {groups}{failure}"
            )


def _question_item(prediction: Prediction, verdict: str, rank: int | None, css_classes: str) -> QuestionItem:
    question, answer = prediction.question, prediction.answer
    words = (question.id, question.language, question.type, question.document_id)
    shows_hits = answer is not None and rank != 1 and verdict in FAILURES
    return QuestionItem(
        question=question,
        verdict=verdict,
        css_classes=css_classes,
        identity=tuple(word for word in words if word),
        confidence=answer["confidence"] if answer else None,
        milliseconds=answer["timings_ms"].get("total") if answer else None,
        is_ranked=question.answerable and bool(question.evidence or question.document_id),
        rank=rank,
        evidence=() if question.unanswerable else tuple(_evidence(prediction)),
        answer=answer_markup(answer) if answer else None,
        error=prediction.error or "",
        hits=tuple(_hits(answer["hits"])) if answer and shows_hits else None,
    )


def answer_markup(answer: Mapping[str, Any]) -> Markup:
    """The HTML of an answer as the chat page shows it; `answer` is the JSON form of an answer."""
    return Markup(stored_answer_html(answer))  # noqa: S704 - its template escapes every value


def place_of(source: Mapping[str, Any]) -> str:
    """Document, section and page of a citation or hit."""
    page = f"p. {source['page']}" if source["page"] else ""
    return " · ".join(part for part in (source["document_title"], source["section"], page) if part)


def _evidence(prediction: Prediction) -> Iterator[tuple[str, bool]]:
    cited = [evidence_form(citation["text"]) for citation in (prediction.answer or {}).get("citations", ())]
    for quote in prediction.question.evidence or ():
        yield quote, any(evidence_form(quote) in text for text in cited)


def _hits(hits: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for hit in hits[:_HITS_SHOWN]:
        text = hit["text"]
        yield place_of(hit), text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
