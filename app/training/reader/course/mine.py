"""Hard negatives: the passages most similar to a question that do not answer it, mined once and kept on disk."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.commands.terminal.progress import TerminalProgress
from app.training.reader.course.corpus import Corpus, CorpusQuestion
from ingest.pipeline import encoder_for, ingest_documents
from retriever.index.open import open_index
from retriever.text import character_pairs, fold

Near = dict[str, tuple[str, ...]]  # ids of texts by the question's id, the nearest first

_KEPT = 8
_SEARCHED = 20
_SHORTEST_ANSWER = 2  # characters; shorter answers occur everywhere


def near_by_words(corpus: Corpus, questions: Sequence[CorpusQuestion]) -> Near:
    """For each question, the passages of its document that share its rarest character pairs."""
    pairs = {
        document: _pairs_of(corpus, document) for document in dict.fromkeys(question.document for question in questions)
    }
    near: Near = {}
    for question in questions:
        pairs_of_text, rarity = pairs[question.document]
        question_pairs = set(character_pairs(fold(question.text)))
        scores = {
            name: sum(rarity.get(pair, 0.0) for pair in question_pairs & own) for name, own in pairs_of_text.items()
        }
        ranked = sorted(scores, key=lambda name: (-scores[name], name))
        near[question.id] = _negatives(ranked, question, corpus)
    return near


def near_by_retriever(
    corpus: Corpus, questions: Sequence[CorpusQuestion], folder: Path
) -> Iterator[tuple[str, Sequence[str]]]:
    """For each question, the first hits of Tenkyo's retriever over all the questions' documents, indexed in `folder`.

    Yields (the question's id, ids of texts).
    """
    wanted = dict.fromkeys(question.document for question in questions)
    ingest_documents(folder, [corpus.documents[document] for document in wanted], progress=TerminalProgress())
    index = open_index(folder)
    encoder = encoder_for(index, None)
    for question in questions:
        hits = index.search(index.query(question.text, encoder), _SEARCHED)
        yield question.id, _negatives([hit.passage.id for hit in hits], question, corpus)


def write_near(path: Path, rows: Iterator[tuple[str, Sequence[str]]]) -> None:
    """Append rows to a file as JSON lines, each as soon as it is there."""
    with path.open("a", encoding="utf-8") as file:
        for question, names in rows:
            file.write(json.dumps([question, list(names)], ensure_ascii=False) + "\n")
            file.flush()


def read_near(path: Path) -> Near:
    """Read what `write_near` wrote; empty if there is no such file."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [json.loads(line) for line in lines if line.endswith("\n")]
    return {question: tuple(names) for question, names in rows}


def _pairs_of(corpus: Corpus, document: str) -> tuple[dict[str, frozenset[str]], Mapping[str, float]]:
    """The character pairs of each text of a document, and the weight of each pair: the rarer, the higher."""
    pairs_of_text = {
        name: frozenset(character_pairs(fold(corpus.texts[name].text))) for name in corpus.members[document]
    }
    counts = Counter(pair for own in pairs_of_text.values() for pair in own)
    return pairs_of_text, {pair: math.log1p(len(pairs_of_text) / count) for pair, count in counts.items()}


def _negatives(ranked: Sequence[str], question: CorpusQuestion, corpus: Corpus) -> tuple[str, ...]:
    """The first ranked texts that are not known to answer and contain no accepted answer."""
    answers = [fold(answer) for answer in question.answers if len(answer) >= _SHORTEST_ANSWER]
    known = {*question.passages, *question.near}
    kept = (name for name in ranked if name not in known)
    clear = (name for name in kept if not any(answer in fold(corpus.texts[name].text) for answer in answers))
    return tuple(name for name, _ in zip(clear, range(_KEPT), strict=False))
