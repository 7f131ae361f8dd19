"""The public data sets as documents cut into Tenkyo's passages, with the questions on them."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.training.jsquad import read_jsquad
from ingest.document import Block, Document
from ingest.passages import cut
from ingest.text import sentence_spans
from retriever.text import character_pairs, fold

# The licence of weights trained on all of these is the strictest of theirs: CC BY-SA 4.0.
SETS = ("jaquad", "squad2_dev", "qasper", "covid_qa", "drcd", "cmrc2018")
_JSQUAD = "jsquad-valid-v1.3.json"
_CHOOSING = {"jaquad", "qasper"}  # their `dev` parts are for choosing, never for fitting


@dataclass(frozen=True, slots=True)
class CorpusText:
    """A passage as Tenkyo cuts it: `text` may contain the answer, `context` (title, section) is read with it."""

    id: str
    document: str
    context: str
    text: str
    language: str

    def sentence_at(self, place: int) -> tuple[int, int]:
        """The (start, end) of the sentence that holds the character at `place`."""
        return next(((start, end) for start, end in sentence_spans(self.text) if place < end), (0, len(self.text)))


@dataclass(frozen=True, slots=True)
class CorpusQuestion:
    """A question on a document: `answers` are verbatim; `passages` are the ids of the texts that answer it, if any.

    `near` are the ids of the texts that it was written for, also if it has no answer. `fitting`: for training; the
    other questions are for choosing and judging.
    """

    id: str
    source: str
    language: str
    text: str
    answers: tuple[str, ...]
    document: str
    passages: tuple[str, ...]
    near: tuple[str, ...]
    fitting: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts by id, documents by id, the ids of each document's texts (`members`), and the questions."""

    texts: dict[str, CorpusText]
    documents: dict[str, Document]
    members: dict[str, tuple[str, ...]]
    questions: tuple[CorpusQuestion, ...]


def read_corpus(data: Path, names: Sequence[str] = (*SETS, "jsquad")) -> Corpus:
    """The sets called `names` from the folder `data`, which holds JSQuAD's file and the folder `reading`."""
    texts: dict[str, CorpusText] = {}
    documents: dict[str, Document] = {}
    members: dict[str, tuple[str, ...]] = {}
    questions: list[CorpusQuestion] = []
    for name in names:
        cuts, set_questions = _jsquad(data / _JSQUAD) if name == "jsquad" else _reading(data / "reading", name)
        for key, cut_document in cuts.items():
            documents[key], members[key] = cut_document.document, tuple(text.id for text in cut_document.texts)
            texts |= {text.id: text for text in cut_document.texts}
        questions += set_questions
    return Corpus(texts, documents, members, tuple(questions))


@dataclass(frozen=True, slots=True)
class _Cut:
    """A document with its texts; `touching` maps the id of each passage of the set to the texts that overlap it."""

    document: Document
    texts: tuple[CorpusText, ...]
    touching: dict[str, tuple[CorpusText, ...]]


def _jsquad(path: Path) -> tuple[dict[str, _Cut], list[CorpusQuestion]]:
    """JSQuAD's validation part; every other article is for training."""
    data = read_jsquad(path)
    article_of = {item.paragraph: item.article for item in data.items}
    by_article: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    titles: dict[str, str] = {}
    for paragraph in data.paragraphs:
        if paragraph.id in article_of:
            key = f"jsquad-{article_of[paragraph.id]}"
            by_article[key].append((paragraph.id, "", paragraph.blocks[0].text))
            titles[key] = paragraph.title
    cuts = {key: _cut(key, titles[key], rows, "ja") for key, rows in by_article.items()}
    questions = []
    for item in data.items:
        document = f"jsquad-{item.article}"
        holding = tuple(
            text.id for text in cuts[document].touching[item.paragraph] if any(a in text.text for a in item.answers)
        )
        questions.append(
            CorpusQuestion(
                id=f"jsquad-{item.id}",
                source="jsquad",
                language="ja",
                text=item.question,
                answers=item.answers,
                document=document,
                passages=holding,
                near=(),
                fitting=item.article % 2 == 1,
            )
        )
    return cuts, [question for question in questions if question.passages]


def _reading(folder: Path, name: str) -> tuple[dict[str, _Cut], list[CorpusQuestion]]:
    """A set of `reading`."""
    rows: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    titles: dict[str, str] = {}
    document_of: dict[str, str] = {}
    languages: dict[str, str] = {}
    for row in _lines(folder / f"{name}.passages.jsonl.gz"):
        key = f"{name}-{row.get('document_id') or row['title']}"
        rows[key].append((row["id"], row.get("section") or "", row["text"]))
        titles[key], document_of[row["id"]] = row["title"], key
    question_rows = list(_lines(folder / f"{name}.questions.jsonl.gz"))
    for row in question_rows:
        for passage in _passages_of(row):
            languages.setdefault(document_of.get(passage, ""), row["lang"])
    default = question_rows[0]["lang"]
    cuts = {key: _cut(key, titles[key], group, languages.get(key, default)) for key, group in rows.items()}
    questions = []
    for row in question_rows:
        document = document_of.get(next(iter(_passages_of(row)), ""), f"{name}-{row.get('document_id')}")
        if document in cuts:
            questions.append(_question(row, name, document, cuts[document].touching))
    return cuts, [question for question in questions if question is not None]


def _question(
    row: dict[str, Any], name: str, document: str, cuts: dict[str, tuple[CorpusText, ...]]
) -> CorpusQuestion | None:
    """The question of a row, or None if none of the texts contains the answer or evidence."""
    answers = tuple(answer.strip() for answer in row["answers"] if answer.strip())
    near = [text for passage in _passages_of(row) for text in cuts.get(passage, ())]
    holding: list[CorpusText] = []
    if row["answerable"]:
        evidence = [quote.strip() for quote in row.get("evidence") or ()]
        holding = [text for text in near if any(answer in text.text for answer in answers)]
        holding = holding or [text for text in near if any(_overlap(quote, text.text) for quote in evidence)]
        if not holding:
            return None
    return CorpusQuestion(
        id=f"{name}-{row['id']}",
        source=name,
        language=row["lang"],
        text=row["question"].strip(),
        answers=answers,
        document=document,
        passages=tuple(text.id for text in holding),
        near=tuple(text.id for text in near),
        fitting=row["split"] != "dev" or name not in _CHOOSING,
    )


def _overlap(evidence: str, text: str) -> bool:
    """Whether a sentence of the text is a part of the evidence, or the other way round."""
    return evidence in text or any(
        end - start > 40 and text[start:end] in evidence for start, end in sentence_spans(text)
    )


def _passages_of(row: dict[str, Any]) -> list[str]:
    return list(row.get("passage_ids") or ([row["passage_id"]] if row.get("passage_id") else []))


def _cut(key: str, title: str, rows: Sequence[tuple[str, str, str]], language: str) -> _Cut:
    """A document of the rows (the set's own passage, section, text), cut as Tenkyo cuts it."""
    blocks: list[Block] = []
    owners: list[str | None] = []
    section = ""
    for passage, heading, words in rows:
        if heading and heading != section:
            blocks.append(Block("heading", heading.replace(" ::: ", " > "), level=1))
            owners.append(None)
        section = heading
        if words.strip():
            blocks.append(Block("paragraph", words))
            owners.append(passage)
    document = Document(key, title, key, tuple(blocks), language)
    cuts = cut(document)
    texts = {passage.id: CorpusText(passage.id, key, passage.context, passage.text, language) for passage in cuts}
    touching: dict[str, list[CorpusText]] = defaultdict(list)
    for owner, (_, start, end) in zip(owners, document.spans(), strict=True):
        if owner is not None:
            touching[owner] += [texts[passage.id] for passage in cuts if passage.start < end and passage.end > start]
    return _Cut(document, tuple(texts.values()), {owner: tuple(own) for owner, own in touching.items()})


def answer_span(text: str, question: str, answers: Sequence[str]) -> tuple[int, int] | None:
    """(start, end) of the answer in `text`: the occurrence whose sentence is most similar to the question."""
    question_pairs = set(character_pairs(fold(question)))
    best: tuple[float, int, int] | None = None
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        shared = len(question_pairs & set(character_pairs(fold(sentence))))
        for answer in answers:
            place = sentence.find(answer)
            if place >= 0 and (best is None or shared > best[0]):
                best = shared, start + place, start + place + len(answer)
    if best is not None:
        return best[1:]
    place, answer = min(((text.find(answer), answer) for answer in answers if answer in text), default=(-1, ""))
    return (place, place + len(answer)) if place >= 0 else None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
