"""JSQuAD's questions and an index of its paragraphs, on which the learned parts of answering are trained."""

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.answering.read.sentences import answering_first
from app.answering.understand.question import QuestionTerms
from app.commands.terminal.progress import TerminalProgress
from ingest.document import Block, Document
from ingest.pipeline import ingest_documents
from retriever.encoder import open_encoder
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import Encoder, Hit, TenkyoError

JSQUAD = Path(__file__).resolve().parents[3] / "shared" / "data" / "jsquad-valid-v1.3.json"
LICENCE = "JSQuAD v1.3, part of JGLUE (Yahoo Japan Corporation and Waseda University), CC BY-SA 4.0"
_SEARCHED = 10


@dataclass(frozen=True, slots=True)
class JsquadQuestion:
    """A question of JSQuAD: accepted `answers`, the id of its `paragraph`, the `sentence` with an answer.

    `article` is the number of its article in the file, from 0.
    """

    id: str
    article: int
    question: str
    answers: tuple[str, ...]
    paragraph: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Jsquad:
    """The questions whose answer lies within one sentence, and the distinct paragraphs."""

    items: tuple[JsquadQuestion, ...]
    paragraphs: tuple[Document, ...]


def read_jsquad(path: Path) -> Jsquad:
    """The questions of a JSQuAD file; raises TenkyoError for a file of another kind."""
    try:
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError) as error:
        raise TenkyoError(f"{path}: not a JSQuAD file ({error}); give jsquad-valid-v1.3.json") from error
    paragraphs: dict[str, Document] = {}
    items = tuple(_items(articles, paragraphs))
    return Jsquad(items, tuple(paragraphs.values()))


@contextmanager
def indexed(data: Jsquad) -> Iterator[tuple[Index, Encoder]]:
    """A temporary index of all paragraphs, and its encoder."""
    encoder = open_encoder()
    with tempfile.TemporaryDirectory() as folder:
        ingest_documents(Path(folder), data.paragraphs, progress=TerminalProgress())
        yield open_index(Path(folder)), encoder


def tells(hit: Hit, item: JsquadQuestion) -> bool:
    """Whether a passage may answer a question: it is from its paragraph or contains an accepted answer."""
    passage = hit.passage
    return passage.document_id == item.paragraph or any(answer in passage.text for answer in item.answers)


def with_and_without(
    terms: QuestionTerms, index: Index, is_telling: Callable[[Hit], bool]
) -> tuple[list[Hit], list[Hit]]:
    """The first ten hits of a question, and the first ten without any passage that tells the answer.

    Other passages of the same text stay, so that the second list makes the question a hard one without an answer.
    """
    hits = index.search(terms.query, 3 * _SEARCHED)
    without = [hit for hit in hits if not is_telling(hit)]
    return answering_first(terms, hits[:_SEARCHED]), answering_first(terms, without[:_SEARCHED])


def _items(articles: Sequence[Mapping[str, Any]], paragraphs: dict[str, Document]) -> Iterator[JsquadQuestion]:
    """The questions; each distinct paragraph is added to `paragraphs` under its id."""
    ids: dict[str, str] = {}
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            title, _, text = paragraph["context"].partition(" [SEP] ")
            offset = len(paragraph["context"]) - len(text)
            document_id = ids.setdefault(text, f"paragraph-{len(ids)}")
            blocks = (Block("paragraph", text),)
            paragraphs[document_id] = Document(document_id, title, document_id, blocks)
            for item in paragraph["qas"]:
                answers = tuple(sorted({answer["text"] for answer in item["answers"]}))
                sentence = _answer_sentence(text, answers, item["answers"][0]["answer_start"] - offset)
                if sentence is not None:
                    yield JsquadQuestion(item["id"], number, item["question"], answers, document_id, sentence)


def _answer_sentence(text: str, answers: Sequence[str], start: int) -> str | None:
    """The sentence nearest to `start` that holds one of `answers`."""
    held = [
        sentence
        for sentence in re.finditer(r"[^。！？\n]+[。！？]?", text)
        if any(answer in sentence.group() for answer in answers)
    ]
    return min(held, key=lambda sentence: abs(sentence.start() - start)).group().strip() if held else None
