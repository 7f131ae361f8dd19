"""Training examples for the span ranker: JSQuAD's questions over all paragraphs, with the F1 of each span."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from app.answering.read.sentences import Candidate, ranker_features, score_sentences, to_read
from app.answering.read.span_question import wanted_cross_lingual
from app.answering.read.span_ranker import SENTENCE_FEATURES, features, inputs, with_sentence_features
from app.answering.read.spans import Floats, Integers, Spans, spans
from app.answering.understand.question import QuestionTerms, ordinary_question, question_terms
from app.evaluation.measures.matching import character_f1
from app.training.jsquad import JsquadQuestion, indexed, read_jsquad, tells, with_and_without
from retriever.index.search import Index
from retriever.types import Hit

_LATIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,%-]*")
_KANJI_TOO = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,%-]*|[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class SpanExample:
    """A question over some sentences: the features of the n spans in all of them, and how right each span is.

    `f1` is SQuAD's character F1 against the best accepted answer, `exact` whether the span is one, and `sentence` the
    number of its sentence, all of shape (n,). A span in a sentence without the answer is never right. `holds` says
    for each sentence whether it contains the answer; `may_lack` whether possibly none of them does.
    """

    id: str
    article: int
    around: Integers = field(repr=False)
    numbers: Floats = field(repr=False)
    f1: Floats = field(repr=False)
    exact: Floats = field(repr=False)
    sentence: Integers = field(repr=False)
    holds: tuple[bool, ...]
    may_lack: bool


def examples(path: Path) -> tuple[list[SpanExample], list[SpanExample]]:
    """(native, cross-lingual) examples from a JSQuAD file.

    Native: each question over an index of all paragraphs, with and without those that contain the answer.
    Cross-lingual: every second question over its own sentence, as if asked in another language.
    """
    data = read_jsquad(path)
    native = []
    with indexed(data) as (index, encoder):
        for item in data.items:
            query = index.query(item.question, encoder)
            terms = question_terms(ordinary_question(item.question), query, index)
            twice = with_and_without(terms, index, partial(tells, item=item))
            native += [_example(item, terms, hits, index) for hits in twice]
    cross_lingual = [_cross_lingual(item, number) for number, item in enumerate(data.items) if number % 2]
    return [example for example in native if example], cross_lingual


def _example(item: JsquadQuestion, terms: QuestionTerms, hits: Sequence[Hit], index: Index) -> SpanExample | None:
    """The question over the sentences that would be read for it; None where there are none."""
    chosen = to_read(score_sentences(terms, hits, index))
    cut = [(sentence, spans(sentence.text)) for sentence in chosen]
    cut = [(sentence, of_sentence) for sentence, of_sentence in cut if len(of_sentence.first)]
    if not cut:
        return None
    holds = tuple(_holds(sentence, item) for sentence, _ in cut)
    wholes = ranker_features([sentence for sentence, _ in cut])
    seen = [inputs(item.question, of_sentence, row) for (_, of_sentence), row in zip(cut, wholes, strict=True)]
    right = [
        _right(of_sentence, sentence.text, item.answers if held else ())
        for (sentence, of_sentence), held in zip(cut, holds, strict=True)
    ]
    return SpanExample(
        item.id,
        item.article,
        np.concatenate([around for around, _ in seen]),
        np.concatenate([numbers for _, numbers in seen]),
        np.concatenate([f1 for f1, _ in right]),
        np.concatenate([exact for _, exact in right]),
        np.repeat(np.arange(len(cut)), [len(of_sentence.first) for _, of_sentence in cut]),
        holds,
        may_lack=True,
    )


def _holds(sentence: Candidate, item: JsquadQuestion) -> bool:
    return sentence.hit.passage.document_id == item.paragraph and any(
        answer in sentence.text for answer in item.answers
    )


def _cross_lingual(item: JsquadQuestion, number: int) -> SpanExample:
    alike = " ".join((_KANJI_TOO if number % 4 == 1 else _LATIN).findall(item.question))
    candidates = spans(item.sentence)
    around, numbers = features(wanted_cross_lingual(item.question, alike), candidates)
    f1, exact = _right(candidates, item.sentence, item.answers)
    numbers = with_sentence_features(numbers, np.zeros(SENTENCE_FEATURES, dtype=np.float32))
    sentence = np.zeros(len(numbers), dtype=np.int64)
    return SpanExample(item.id, item.article, around, numbers, f1, exact, sentence, (True,), may_lack=False)


def _right(candidates: Spans, sentence: str, answers: Sequence[str]) -> tuple[Floats, Floats]:
    """The F1 of each span and whether it is an answer (0 or 1), both of shape (n,); all 0 without `answers`."""
    count = len(candidates.first)
    if not answers:
        return np.zeros(count, np.float32), np.zeros(count, np.float32)
    texts = [_plain(sentence[slice(*candidates.places(number))]) for number in range(count)]
    golds = [_plain(answer) for answer in answers]
    f1 = np.array([max(character_f1(text, gold) for gold in golds) for text in texts], dtype=np.float32)
    return f1, np.array([text in golds for text in texts], dtype=np.float32)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).lower()
