"""An encoder whose vectors can be computed on paper, and documents made by hand for it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retriever.index.build import update
from retriever.index.changes import Entry
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.segments import Chain, ChainedPostings
from retriever.index.snapshots import writing
from retriever.lexical.bm25 import Bm25, Tokenizer, hash_tokens, open_postings, write_postings
from retriever.types import DocumentRecord, Passage, Vectors

DIMENSION = 64


class LetterEncoder:
    """Counts characters: component `ord(character) % 64`, normalised; queries and passages alike.

    `encoded` lists every passage text that was encoded, in order; `stop_after` of them, it raises KeyboardInterrupt.
    """

    dimension = DIMENSION

    def __init__(self, name: str = "letters", stop_after: int | None = None) -> None:
        self.name = name
        self.encoded: list[str] = []
        self.stop_after = stop_after

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 64)."""
        return letter_vectors(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 64)."""
        if self.stop_after is not None and len(self.encoded) >= self.stop_after:
            raise KeyboardInterrupt
        self.encoded += texts
        return letter_vectors(texts)


def letter_vectors(texts: Sequence[str]) -> Vectors:
    """Unit vectors of the counts of characters, shape (len(texts), 64)."""
    counts = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for row, text in enumerate(texts):
        for character in text:
            counts[row, ord(character) % DIMENSION] += 1
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(lengths, 1), dtype=np.float32)


def lexical_index(folder: Path, rows: Sequence[Sequence[str]], tokenizer: Tokenizer, usual_length: float) -> Bm25:
    """The lexical index of rows of tokens, written to `folder` and opened."""
    write_postings(folder, [hash_tokens(row) for row in rows], usual_length)
    chain = Chain(np.array([0, len(rows)]), np.ones(len(rows), dtype=bool))
    return Bm25(tokenizer, ChainedPostings(chain, [open_postings(folder)]), len(rows))


class NoProgress:
    """Is told how far the work has come, and keeps only the totals, by label."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.done: dict[str, int] = {}
        self.finished: list[str] = []
        self._label = ""

    def start(self, label: str, total: int, _unit: str) -> None:
        """A piece of work begins."""
        self._label = label
        self.totals[label], self.done[label] = total, 0

    def advance(self, count: int) -> None:
        """`count` more units are done."""
        self.done[self._label] += count

    def finish(self) -> None:
        """The piece of work has ended."""
        self.finished.append(self._label)


def entry(document_id: str, *texts: str, language: str = "en", context: str = "") -> Entry:
    """A document of one passage for each of `texts`, named DOCUMENT:1, DOCUMENT:2, …"""
    passages = []
    start = 0
    for number, text in enumerate(texts, 1):
        passages.append(
            Passage(
                f"{document_id}:{number}",
                document_id,
                text,
                start,
                start + len(text),
                language=language,
                context=context,
            )
        )
        start += len(text) + 2
    record = DocumentRecord(document_id, document_id.title(), f"/made/{document_id}", f"hash of {texts}")
    return Entry(record, tuple(passages), {"texts": list(texts)})


def write(
    folder: Path,
    *entries: Entry,
    encoder: LetterEncoder | None = None,
    old: Index | None = None,
    removed: Sequence[str] = (),
    store: str = "faiss",
) -> Index:
    """Write a snapshot with `entries` and open it."""
    with writing(folder):
        update(
            folder,
            old,
            encoder or LetterEncoder(),
            entries=entries,
            removed=removed,
            passage_rules="made",
            progress=NoProgress(),
            store=store,
        )
    return open_index(folder)
