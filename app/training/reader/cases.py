"""Questions that the reader was not trained on, each over an index, with what Tenkyo's retriever finds for it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from app.answering.read.sentences import answering_first
from app.answering.understand.question import QuestionTerms, ordinary_question, question_terms
from app.commands.terminal.progress import Progress
from app.evaluation.matching import evidence_form, holds_answer, normalise
from app.training.data import FITTING, HELD_OUT
from app.training.reader.course.corpus import Corpus, Question, read_corpus
from ingest.pipeline import encoder_for, ingest, ingest_documents
from retriever.index.open import Index, open_index
from retriever.types import Encoder, Hit

KINDS = ("jsquad", "jaquad", "qasper", "paper", "made_up", "made_up_held_out")
_READ = 10  # hits
_SPARE = 8  # more are searched, as some are taken away
_SHORTEST = 8  # characters of what counts as a part of the evidence
_PAPER = ("paper_qa_dev", "dialogues_dev", "short_dev", "hard_unanswerable_dev")
_NO_QUESTIONS = {"smalltalk", "reference"}  # types of the sets that are not questions on a text


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what it accepts, and the `hits` that are read for it.

    `source` is the set that it is from. `kind` is its set or file; for a near miss "without": the passages that answer
    were taken away. Where there is `evidence` it decides what answers, else the `answers` do.
    """

    id: str
    source: str
    kind: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]
    index: Index
    terms: QuestionTerms
    hits: tuple[Hit, ...]

    @property
    def answerable(self) -> bool:
        """Whether the index holds an answer, as far as is known."""
        return bool(self.answers) and self.kind != "without"

    def holds(self, text: str) -> bool:
        """Whether a text holds evidence or is a part of it; where there is none, whether it holds an answer."""
        return holds(text, self.answers, self.evidence)


@dataclass(frozen=True, slots=True)
class _Asked:
    id: str
    kind: str
    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]


def cases(data: Path, kind: str, count: int, folder: Path) -> Iterator[Case]:
    """At most `count` questions of a kind, each also without what answers it where the set has no near misses.

    "jsquad": the half that is not trained on; "jaquad", "qasper": their dev parts; "paper": the dev sets on the paper
    and on the SAMSum paper; "made_up", "made_up_held_out": the papers of app/training/data. Indexes are kept in
    `folder`.
    """
    if kind == "paper":
        sources = [data.parent / "corpus" / "paper.txt", data / "papers" / "1911.12237.txt"]
        yield from _over(
            kind, sources, [one for name in _PAPER for one in _rows(data / f"{name}.jsonl")], folder / kind
        )
    elif kind in {"made_up", "made_up_held_out"}:
        for paper in HELD_OUT if kind == "made_up_held_out" else FITTING:
            asked = list(_rows(paper.path.with_name("questions.jsonl")))
            yield from _over(kind, [paper.path], _doubled(asked), folder / paper.name)
    else:
        yield from _of_set(data, kind, count, folder / kind)


def _of_set(data: Path, kind: str, count: int, folder: Path) -> Iterator[Case]:
    """The questions of a public set; of QASPER each over its own paper."""
    corpus = read_corpus(data, [kind])
    questions = _chosen(corpus, kind, count)
    documents = dict.fromkeys(question.document for question in questions)
    ingest_documents(folder, [corpus.documents[document] for document in documents], progress=Progress())
    index = open_index(folder)
    encoder = encoder_for(index, None)
    for question in questions:
        evidence = tuple(corpus.texts[name].text for name in question.passages) if kind == "qasper" else ()
        within = index.within([question.document]) if kind == "qasper" else index
        for row in (kind,) if kind == "qasper" else (kind, "without"):
            asked = _Asked(question.id, row, question.text, question.answers, evidence)
            yield _case(kind, asked, within, encoder)


def _over(kind: str, sources: Sequence[Path], asked: Sequence[_Asked], folder: Path) -> Iterator[Case]:
    """Questions over an index of some files."""
    ingest(folder, [str(source) for source in sources], progress=Progress())
    index = open_index(folder)
    encoder = encoder_for(index, None)
    for one in asked:
        yield _case(kind, one, index, encoder)


def _rows(path: Path) -> Iterator[_Asked]:
    """The questions of a file on its document's text; dialogues as standalone questions."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        if row["type"] not in _NO_QUESTIONS:
            answers = (*row["answers"], *row.get("answers_translated", ()))
            text = row.get("standalone") or row["question"]
            yield _Asked(row["id"], path.stem.partition(".")[0], text, answers, tuple(row["evidence"]))


def _doubled(asked: Sequence[_Asked]) -> list[_Asked]:
    """Each question, and those that have an answer also without what answers them."""
    without = [_Asked(one.id, "without", one.question, one.answers, one.evidence) for one in asked if one.answers]
    return [*asked, *without]


def _chosen(corpus: Corpus, kind: str, count: int) -> list[Question]:
    """Questions that are not for training, in a fixed random order.

    Of JSQuAD single ones, so that nearly all of its documents are searched; of the others whole documents, of QASPER
    those that have a question without an answer.
    """
    rng = Random(1)  # noqa: S311
    judging = [question for question in corpus.questions if not question.fitting]
    if kind == "jsquad":
        return rng.sample(judging, min(count, len(judging)))
    documents = sorted({question.document for question in judging if kind != "qasper" or not question.answers})
    rng.shuffle(documents)
    return [question for document in documents for question in judging if question.document == document][:count]


def _case(source: str, asked: _Asked, index: Index, encoder: Encoder) -> Case:
    query = index.query(asked.question, encoder)
    terms = question_terms(ordinary_question(asked.question), query, index)
    found = index.search(query, _READ + _SPARE)
    if asked.kind == "without":
        found = [hit for hit in found if not holds(hit.passage.text, asked.answers, asked.evidence)]
    hits = tuple(answering_first(terms, found[:_READ]))
    return Case(asked.id, source, asked.kind, asked.answers, asked.evidence, index, terms, hits)


def holds(text: str, answers: Sequence[str], evidence: Sequence[str]) -> bool:
    """Whether a text holds evidence or is a part of it; where there is none, whether it holds an answer."""
    if not evidence:
        tokens = normalise(text)
        return any(holds_answer(tokens, normalise(answer)) for answer in answers)
    bare = evidence_form(text)
    return any(
        evidence_form(quote) in bare or (len(bare) >= _SHORTEST and bare in evidence_form(quote)) for quote in evidence
    )
