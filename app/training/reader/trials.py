"""Questions to judge the reader by, each with what Tenkyo finds and answers today; made once, kept as JSON lines."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from app.answering.decide.confidence import decide
from app.answering.read.sentences import Candidate, answering_first, rank_sentences
from app.answering.read.span_ranker import mark
from app.answering.understand.question import ordinary_question, question_terms
from app.evaluation.matching import evidence_form, holds_answer, normalise
from app.progress import Progress
from app.training.reader.course.corpus import Corpus, Question, read_corpus
from ingest.pipeline import encoder_for, ingest, ingest_documents
from retriever.index.open import Index, open_index
from retriever.types import Encoder, Hit

_READ = 10  # hits
_SPARE = 8  # more are searched, as some are taken away
_SHORTEST = 8  # characters of what counts as a part of the evidence
_PAPER = ("paper_qa_dev", "dialogues_dev", "short_dev", "hard_unanswerable_dev")
_NO_QUESTIONS = {"smalltalk", "reference", "table"}  # types of the paper's sets that are no questions on its text


@dataclass(frozen=True, slots=True)
class Seen:
    """A passage that was found: `answers` tells whether it is known to hold the answer or the evidence."""

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
        return _holds(text, self.answers, self.evidence)


def make_trials(data: Path, kind: str, count: int) -> Iterator[Trial]:
    """`count` trials of a kind: "jsquad" (the half not trained on), "jaquad", "qasper" (their dev parts), "paper"."""
    with tempfile.TemporaryDirectory(prefix="tenkyo-trials-") as scratch:
        folder = Path(scratch)
        if kind == "paper":
            yield from _paper_trials(data, folder)
            return
        corpus = read_corpus(data, [kind])
        questions = _chosen(corpus, kind, count)
        documents = dict.fromkeys(question.document for question in questions)
        ingest_documents(folder, [corpus.documents[document] for document in documents], progress=Progress())
        index = open_index(folder)
        encoder = encoder_for(index, None)
        for question in questions:
            evidence = tuple(corpus.texts[name].text for name in question.passages) if kind == "qasper" else ()
            within = index.within([question.document]) if kind == "qasper" else index
            rows = (kind, "without") if kind == "jaquad" else (kind,)
            for row in rows:
                yield _trial(question.id, row, question.text, question.answers, evidence, within, encoder)


def write_trials(path: Path, trials: Iterator[Trial]) -> None:
    """Write trials as they are made; the file appears when all are there."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        for trial in trials:
            file.write(json.dumps(asdict(trial), ensure_ascii=False) + "\n")
            file.flush()
    new.replace(path)


def read_trials(path: Path) -> list[Trial]:
    """What `write_trials` wrote."""
    return [_from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _from_json(row: dict[str, Any]) -> Trial:
    row["hits"] = tuple(Seen(**hit) for hit in row["hits"])
    row["answers"], row["evidence"] = tuple(row["answers"]), tuple(row["evidence"])
    return Trial(**row)


def _chosen(corpus: Corpus, kind: str, count: int) -> list[Question]:
    """Questions that are not for training, in a fixed random order.

    Of JSQuAD single ones, so that nearly all of its documents are searched; of the others whole documents.
    """
    rng = Random(1)  # noqa: S311
    judging = [question for question in corpus.questions if not question.fitting]
    if kind == "jsquad":
        return rng.sample(judging, min(count, len(judging)))
    documents = sorted({question.document for question in judging})
    rng.shuffle(documents)
    return [question for document in documents for question in judging if question.document == document][:count]


def _paper_trials(data: Path, folder: Path) -> Iterator[Trial]:
    """The questions on the paper and on the SAMSum paper, both in one index; dialogues as standalone questions."""
    sources = [data.parent / "corpus" / "paper.txt", data / "papers" / "1911.12237.txt"]
    ingest(folder, [str(source) for source in sources], progress=Progress())
    index = open_index(folder)
    encoder = encoder_for(index, None)
    for name in _PAPER:
        for line in (data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["type"] not in _NO_QUESTIONS:
                text = row.get("standalone") or row["question"]
                answers = (*row["answers"], *row.get("answers_translated", ()))
                yield _trial(row["id"], name, text, answers, tuple(row["evidence"]), index, encoder)


def _trial(
    name: str,
    kind: str,
    question: str,
    answers: Sequence[str],
    evidence: Sequence[str],
    index: Index,
    encoder: Encoder,
) -> Trial:
    query = index.query(question, encoder)
    terms = question_terms(ordinary_question(question), query, index)
    searched = index.search(query, _READ + _SPARE)
    if kind == "without":
        searched = [hit for hit in searched if not _holds(hit.passage.text, answers, evidence)]
    hits = answering_first(terms, searched[:_READ])
    ranked = rank_sentences(terms, hits, index)
    decision = decide(terms, hits, ranked, index)
    return Trial(
        id=name,
        kind=kind,
        language=query.language,
        question=question,
        answers=tuple(answers),
        evidence=tuple(evidence),
        answerable=bool(answers) and kind != "without",
        hits=tuple(_seen(hit, answers, evidence) for hit in hits),
        confidence=decision.confidence,
        abstained=decision.abstained,
        sentence=ranked[0].text if ranked else "",
        span=_marked(question, ranked[0]) if ranked else None,
    )


def _marked(question: str, best: Candidate) -> str | None:
    """The words of the best sentence that the rules mark."""
    if best.span is not None:
        return best.hit.passage.text[slice(*best.span)]
    marked = mark(question, best.text, best.hit.passage.language)
    return best.text[slice(*marked)] if marked else None


def _seen(hit: Hit, answers: Sequence[str], evidence: Sequence[str]) -> Seen:
    passage = hit.passage
    return Seen(passage.context, passage.text, hit.score, _holds(passage.text, answers, evidence))


def _holds(text: str, answers: Sequence[str], evidence: Sequence[str]) -> bool:
    if not evidence:
        tokens = normalise(text)
        return any(holds_answer(tokens, normalise(answer)) for answer in answers)
    bare = evidence_form(text)
    return any(
        evidence_form(quote) in bare or (len(bare) >= _SHORTEST and bare in evidence_form(quote)) for quote in evidence
    )
