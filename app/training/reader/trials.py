"""Trials to judge the reader by: questions with Tenkyo's hits and answer of today, stored as JSON lines."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.answering.decide.confidence import decide
from app.answering.read.sentences import Candidate, rank_sentences
from app.answering.read.span_ranker import mark
from app.training.reader.cases import Case, cases, holds
from retriever.embedded.reader import most_similar_part
from retriever.files import whole_file
from retriever.types import Hit


@dataclass(frozen=True, slots=True)
class Seen:
    """A retrieved passage: the `text` that is read of it, and whether the whole passage is known to answer."""

    context: str
    text: str
    score: float
    answers: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """A question over an index and what today's rules make of it.

    Where there is `evidence` it decides what answers, else the `answers` do.

    `kind` is the set that it is from, and for a near miss "without": its answering passages were taken away. The
    rules' best sentence and span are given whether or not they would abstain.
    """

    id: str
    kind: str
    language: str
    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]
    answerable: bool
    hits: tuple[Seen, ...]
    confidence: float
    abstained: bool
    sentence: str
    span: str | None

    def holds(self, text: str) -> bool:
        """Whether a text holds evidence or is a part of it; where there is none, whether it holds an answer."""
        return holds(text, self.answers, self.evidence)


def make_trials(data: Path, kind: str, count: int, folder: Path) -> Iterator[Trial]:
    """At most `count` questions of a kind as trials; their index is kept in `folder`."""
    return map(_trial, cases(data, kind, count, folder))


def write_trials(path: Path, trials: Iterator[Trial]) -> None:
    """Write trials as they are made; the file appears when all are there."""
    with whole_file(path) as file:
        for trial in trials:
            file.write(json.dumps(asdict(trial), ensure_ascii=False).encode() + b"\n")
            file.flush()


def read_trials(path: Path) -> list[Trial]:
    """What `write_trials` wrote."""
    return [_from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _from_json(row: dict[str, Any]) -> Trial:
    row["hits"] = tuple(Seen(**hit) for hit in row["hits"])
    row["answers"], row["evidence"] = tuple(row["answers"]), tuple(row["evidence"])
    return Trial(**row)


def _trial(case: Case) -> Trial:
    terms = case.terms
    ranked = rank_sentences(terms, case.hits, case.index)
    decision = decide(terms, case.hits, ranked, case.index)
    return Trial(
        id=case.id,
        kind=case.kind,
        language=terms.query.language,
        question=terms.query.text,
        answers=case.answers,
        evidence=case.evidence,
        answerable=case.answerable,
        hits=tuple(_seen(case, hit) for hit in case.hits),
        confidence=decision.confidence,
        abstained=decision.abstained,
        sentence=ranked[0].text if ranked else "",
        span=marked_words(case, ranked[0]) if ranked else None,
    )


def _seen(case: Case, hit: Hit) -> Seen:
    part, _ = most_similar_part(case.terms.query, hit, case.index.sentences_of)
    return Seen(part.context, part.text, hit.score, case.holds(hit.passage.text))


def marked_words(case: Case, best: Candidate) -> str | None:
    """The words of a sentence that are marked as the answer."""
    if best.span is not None:
        return best.hit.passage.text[slice(*best.span)]
    marked = mark(case.terms.question.searched, best.text, best.hit.passage.language)
    return best.text[slice(*marked)] if marked else None
