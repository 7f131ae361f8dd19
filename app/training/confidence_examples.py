"""Training rows for the confidence: each question with and without the passages that answer it, as features."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.answering.compose.extractive import choose
from app.answering.decide.confidence import confidence_features
from app.answering.read.sentences import Candidate, is_foreign, rank_sentences
from app.answering.understand.question import ordinary_question, question_terms
from app.commands.terminal.progress import TerminalProgress
from app.evaluation.measures.matching import evidence_form
from app.evaluation.question_files.question_file import QuestionRow, WrongRow, read_questions
from app.training.data import MadeUpPaper
from app.training.jsquad import indexed, read_jsquad, tells, with_and_without
from ingest.pipeline import encoder_for, ingest
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import Encoder, Hit, TenkyoError

PARTS = 4  # parts of the questions in cross-validation


@dataclass(frozen=True, slots=True)
class ConfidenceRow:
    """One way of asking a question: its `source`, its `features`, and how its answer turned out.

    `right`: the answer contains an accepted one; `answerable`: the passages contain one. `part` is the same for all
    questions on one text, so that a split never separates them. `cut`: the sentences that answer were removed but their
    neighbours kept; such rows are for fitting only, as no user meets them.
    """

    source: str
    part: int
    foreign: bool
    features: dict[str, float]
    right: bool
    answerable: bool
    cut: bool = False


def jsquad_rows(path: Path) -> list[ConfidenceRow]:
    """JSQuAD's questions on the articles with even numbers; the others are for training the reader."""
    data = read_jsquad(path)
    rows: list[ConfidenceRow] = []
    with indexed(data) as (index, encoder):
        for item in data.items:
            if item.article % 2 == 0:
                question = QuestionRow(0, {}, item.question, item.id, answers=item.answers)
                is_telling = partial(tells, item=item)
                part = item.article // 2 % PARTS
                rows += _rows("jsquad", part, question, index, encoder, is_telling)
    return rows


def paper_rows(paper: MadeUpPaper) -> list[ConfidenceRow]:
    """The questions on a made-up paper, asked over an index of that paper alone."""
    with tempfile.TemporaryDirectory() as folder:
        ingest(Path(folder), [str(paper.path)], progress=TerminalProgress())
        return own_rows(paper.path.with_name("questions.jsonl"), Path(folder))


def own_rows(questions: Path, folder: Path) -> list[ConfidenceRow]:
    """The questions of a file, asked over the index in `folder`; raises TenkyoError for a row without a question."""
    index = open_index(folder)
    encoder = encoder_for(index, None)
    rows: list[ConfidenceRow] = []
    for number, question in enumerate(read_questions(questions)):
        if isinstance(question, WrongRow):
            raise TenkyoError(f"{questions}: line {question.line}: {question.reason}")
        is_telling = partial(_holds_evidence, question=question)
        rows += _rows("also", number % PARTS, question, index, encoder, is_telling)
    return rows


def _holds_evidence(hit: Hit, question: QuestionRow) -> bool:
    text = evidence_form(hit.passage.text)
    return any(evidence_form(quote) in text for quote in (*(question.evidence or ()), *(question.answers or ())))


def _rows(
    source: str, part: int, question: QuestionRow, index: Index, encoder: Encoder, is_telling: Callable[[Hit], bool]
) -> Iterator[ConfidenceRow]:
    query = index.query(question.text, encoder)
    terms = question_terms(ordinary_question(question.text), query, index)
    whole, without = with_and_without(terms, index, is_telling)
    ranked = rank_sentences(terms, whole, index)
    cut = [sentence for sentence in ranked if not _tells(sentence.text, question)]
    ways = [(whole, ranked), (whole, cut), (without, rank_sentences(terms, without, index))]
    for way, (hits, chosen) in enumerate(ways if question.answers else ways[:1]):
        if chosen:
            values = confidence_features(terms, hits, chosen, index)
            answerable = way == 0 and bool(question.answers)
            right = answerable and _is_right(chosen, question)
            yield ConfidenceRow(source, part, is_foreign(query, chosen), values, right, answerable, cut=way == 1)


def _is_right(ranked: Sequence[Candidate], question: QuestionRow) -> bool:
    answer_text = evidence_form("".join(sentence.text for sentence in choose(ranked)))
    golds = [evidence_form(answer) in answer_text for answer in question.answers or ()]
    return bool(golds) and (all(golds) if question.type == "list" else any(golds))


def _tells(sentence: str, question: QuestionRow) -> bool:
    """Whether a sentence contains an accepted answer or is part of the evidence."""
    text = evidence_form(sentence)
    golds = (evidence_form(answer) for answer in question.answers or ())
    return any(gold in text for gold in golds) or any(text in evidence_form(quote) for quote in question.evidence or ())
