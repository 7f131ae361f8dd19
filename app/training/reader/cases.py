"""Questions that the reader was not trained on, each with an index and the hits of Tenkyo's retriever."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from app.answering.read.sentences import answering_first
from app.answering.understand.question import QuestionTerms, ordinary_question, question_terms
from app.commands.terminal.progress import TerminalProgress
from app.evaluation.measures.matching import evidence_form, holds_answer, normalise
from app.training.data import FITTING, HELD_OUT, ON_PUBLIC_DOCUMENTS, PAPERS
from app.training.reader.course.corpus import Corpus, CorpusQuestion, read_corpus
from app.training.reader.course.facts import changed
from ingest.document import Block, Document
from ingest.pipeline import encoder_for, ingest, ingest_documents
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import Encoder, Hit

KINDS = (
    "jsquad",
    "jaquad",
    "qasper",
    "squad2_dev",
    "drcd",
    "own",
    "paper",
    "made_up",
    "made_up_held_out",
    "near_misses",
    "search",
)
_READ = 10  # hits
_SPARE = 8  # further hits, as some are removed for "without"
_SHORTEST = 8  # characters of a text that counts as a part of the evidence
_PAPER = ("paper_qa_dev", "dialogues_dev", "short_dev", "hard_unanswerable_dev")
_OWN = ("jsquad", "qasper")  # sets on whose documents there are questions of our own
_OF_WHOLE_DOCUMENTS = ("jaquad", "qasper", "drcd")  # sets of which all questions of a document are taken
_TRAINED_ON = ("squad2_dev", "drcd", "cmrc2018")  # sets of which all parts were for training
_SEARCHED = ("jaquad", "squad2_dev", "drcd")  # sets of which "search" is made
_SEARCHED_DOCUMENTS = 24  # documents of each of these sets
_SEARCHED_FOR = 40  # hits from which the near passages are taken
_OTHERS = 6  # passages that names and numbers are taken from for a changed question
_NO_QUESTIONS = {"smalltalk", "reference"}  # types of the sets that are not questions on a text


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its accepted answers and the `hits` that are read for it.

    `source` is the set of the question. `kind` is its set or file, or how it was made from another question:
    "without" (the passages that answer were removed) or "changed" (a name, number or noun was replaced). A text
    answers if it matches the `evidence`; without evidence, if it contains one of the `answers`.
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
        """Whether a text answers: it contains evidence or is part of it, or, without evidence, contains an answer."""
        return holds(text, self.answers, self.evidence)


@dataclass(frozen=True, slots=True)
class _CaseQuestion:
    id: str
    kind: str
    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]


def cases(data: Path, kind: str, count: int, folder: Path, only: Collection[str] | None = None) -> Iterator[Case]:
    """At most `count` questions of a kind, most of them also as "without", those of public sets also as "changed".

    `only`: the ids of the questions that may be taken from sets that were trained on; None for all.

    "jsquad": the half that is not trained on; "jaquad", "qasper": their dev parts; "squad2_dev", "drcd": sets of
    which the reader has seen a part; "own": our questions on documents of JSQuAD and QASPER; "paper": the dev sets on
    the paper and on the SAMSum paper; "made_up", "made_up_held_out", "near_misses": the papers of app/training/data;
    "search": as in a web search, each question over ten near passages of its own, the last of which answers, and over
    ten that do not answer ("without"). Indexes are kept in `folder`.
    """
    if kind == "paper":
        sources = [data.parent / "corpus" / "paper.txt", data / "papers" / "1911.12237.txt"]
        yield from _over(
            kind, sources, [row for name in _PAPER for row in _rows(data / f"{name}.jsonl")], folder / kind
        )
    elif kind in {"made_up", "made_up_held_out", "near_misses"}:
        papers = {"made_up": FITTING, "made_up_held_out": HELD_OUT, "near_misses": PAPERS}[kind]
        for paper in papers:
            questions = list(
                _rows(paper.path.with_name("near_misses.jsonl" if kind == "near_misses" else "questions.jsonl"))
            )
            yield from _over(
                kind, [paper.path], questions if kind == "near_misses" else _doubled(questions), folder / paper.name
            )
    elif kind == "own":
        for name in _OWN:
            yield from _own(data, name, folder / f"{name}_own")
    elif kind == "search":
        for name in _SEARCHED:
            yield from _search(data, name, count, folder, only)
    else:
        yield from _of_set(data, kind, count, folder / kind, only)


def _of_set(data: Path, kind: str, count: int, folder: Path, only: Collection[str] | None) -> Iterator[Case]:
    """The questions of a public set; of QASPER each over its own paper."""
    corpus = read_corpus(data, [kind])
    questions = _chosen(corpus, kind, count, only)
    index, encoder = _indexed(corpus, [question.document for question in questions], folder)
    for question in questions:
        evidence = tuple(corpus.texts[name].text for name in question.passages) if kind == "qasper" else ()
        within = index.within([question.document]) if kind == "qasper" else index
        whole = _CaseQuestion(question.id, kind, question.text, question.answers, evidence)
        for variant in (whole, *_absent(whole, question, corpus)):
            yield _case(kind, variant, within, encoder)


def _own(data: Path, name: str, folder: Path) -> Iterator[Case]:
    """Our questions on documents of a public set; those on QASPER's each over its own paper."""
    written = [json.loads(line) for line in ON_PUBLIC_DOCUMENTS.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in written if row["document"].startswith(f"{name}-")]
    index, encoder = _indexed(read_corpus(data, [name]), [row["document"] for row in rows], folder)
    for row in rows:
        within = index.within([row["document"]]) if name == "qasper" else index
        for variant in _doubled([_CaseQuestion(row["id"], f"{name}_own", row["question"], tuple(row["answers"]), ())]):
            yield _case(f"{name}_own", variant, within, encoder)


def _search(data: Path, name: str, count: int, folder: Path, only: Collection[str] | None) -> Iterator[Case]:
    """Questions of a public set, each over an index of ten passages, with and without one that answers."""
    corpus = read_corpus(data, [name])
    questions = _one_a_passage(_judging(corpus, name, only), count)
    if not questions:
        return
    index, encoder = _indexed(corpus, [question.document for question in questions], folder / f"search_{name}")
    for question in questions:
        searched = _CaseQuestion(question.id, "search", question.text, question.answers, ())
        hits = index.search(index.query(question.text, encoder), _SEARCHED_FOR)
        near = [
            hit.passage.id
            for hit in hits
            if hit.passage.id not in question.near and not holds(hit.passage.text, question.answers, ())
        ][:_READ]
        own, _ = _indexed_texts(corpus, [*near, question.passages[0]], folder / "search" / question.id)
        yield _case("search", searched, own.within([*near[: _READ - 1], question.passages[0]]), encoder)
        yield _case("search", replace(searched, kind="without"), own.within(near), encoder)


def _one_a_passage(questions: Sequence[CorpusQuestion], count: int) -> list[CorpusQuestion]:
    """Random questions that have an answer, each on another passage, of a few documents."""
    rng = Random(2)  # noqa: S311
    documents = sorted({question.document for question in questions})
    chosen = set(rng.sample(documents, min(_SEARCHED_DOCUMENTS, len(documents))))
    on = {question.passages[0]: question for question in questions if question.passages and question.document in chosen}
    return rng.sample(list(on.values()), min(count, len(on)))


def _indexed_texts(corpus: Corpus, names: Sequence[str], folder: Path) -> tuple[Index, Encoder]:
    """An index of some passages, each as a document of its own, kept in `folder`."""
    texts = [corpus.texts[name] for name in names]
    documents = [
        Document(text.id, text.context or text.id, text.id, (Block("paragraph", text.text),), text.language)
        for text in texts
    ]
    ingest_documents(folder, documents, progress=TerminalProgress())
    index = open_index(folder)
    return index, encoder_for(index, None)


def _indexed(corpus: Corpus, documents: Sequence[str], folder: Path) -> tuple[Index, Encoder]:
    """An index of some documents of a corpus, kept in `folder`."""
    ingest_documents(folder, [corpus.documents[name] for name in dict.fromkeys(documents)], progress=TerminalProgress())
    index = open_index(folder)
    return index, encoder_for(index, None)


def _absent(whole: _CaseQuestion, question: CorpusQuestion, corpus: Corpus) -> Iterator[_CaseQuestion]:
    """The question as "without", and as "changed" if a fact in it can be replaced."""
    if not question.passages:
        return
    yield replace(whole, kind="without")
    rng = Random(question.id)  # noqa: S311
    others = [corpus.texts[name].text for name in corpus.members[question.document] if name not in question.passages]
    some = rng.sample(others, min(_OTHERS, len(others)))
    other = changed(question.text, corpus.texts[question.passages[0]].text, some, question.language, rng)
    if other:
        yield _CaseQuestion(question.id, "changed", other, (), ())


def _over(kind: str, sources: Sequence[Path], questions: Sequence[_CaseQuestion], folder: Path) -> Iterator[Case]:
    """Questions over an index of some files."""
    ingest(folder, [str(source) for source in sources], progress=TerminalProgress())
    index = open_index(folder)
    encoder = encoder_for(index, None)
    for question in questions:
        yield _case(kind, question, index, encoder)


def _rows(path: Path) -> Iterator[_CaseQuestion]:
    """The questions of a file on its document's text; dialogues as standalone questions."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        if row["type"] not in _NO_QUESTIONS:
            answers = (*row["answers"], *row.get("answers_translated", ()))
            text = row.get("standalone") or row["question"]
            yield _CaseQuestion(row["id"], path.stem.partition(".")[0], text, answers, tuple(row["evidence"]))


def _doubled(questions: Sequence[_CaseQuestion]) -> list[_CaseQuestion]:
    """The questions, and those that have an answer once more as "without"."""
    return [*questions, *(replace(question, kind="without") for question in questions if question.answers)]


def _judging(corpus: Corpus, kind: str, only: Collection[str] | None) -> list[CorpusQuestion]:
    """The questions of a set that are not for training; of a set that is, those of `only`."""
    if kind not in _TRAINED_ON:
        return [question for question in corpus.questions if not question.fitting]
    return [question for question in corpus.questions if only is None or question.id in only]


def _chosen(corpus: Corpus, kind: str, count: int, only: Collection[str] | None) -> list[CorpusQuestion]:
    """Questions that are not for training, in a fixed random order.

    JSQuAD and SQuAD: single questions, so that nearly all documents are searched. Other sets: all questions of a
    document; QASPER: of documents that have a question without an answer.
    """
    rng = Random(1)  # noqa: S311
    judging = _judging(corpus, kind, only)
    if kind not in _OF_WHOLE_DOCUMENTS:
        return rng.sample(judging, min(count, len(judging)))
    documents = sorted({question.document for question in judging if kind != "qasper" or not question.answers})
    rng.shuffle(documents)
    return [question for document in documents for question in judging if question.document == document][:count]


def _case(source: str, question: _CaseQuestion, index: Index, encoder: Encoder) -> Case:
    query = index.query(question.question, encoder)
    terms = question_terms(ordinary_question(question.question), query, index)
    searched = index.search(query, _READ + _SPARE)
    if question.kind == "without":
        searched = [hit for hit in searched if not holds(hit.passage.text, question.answers, question.evidence)]
    hits = tuple(answering_first(terms, searched[:_READ]))
    return Case(question.id, source, question.kind, question.answers, question.evidence, index, terms, hits)


def holds(text: str, answers: Sequence[str], evidence: Sequence[str]) -> bool:
    """Whether a text answers: it contains evidence or is part of it, or, without evidence, contains an answer."""
    if not evidence:
        tokens = normalise(text)
        return any(holds_answer(tokens, normalise(answer)) for answer in answers)
    bare = evidence_form(text)
    return any(
        evidence_form(quote) in bare or (len(bare) >= _SHORTEST and bare in evidence_form(quote)) for quote in evidence
    )
