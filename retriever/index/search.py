"""An open snapshot of an index: its encoder, queries with other forms of their names, searches, passages."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever import text
from retriever.fusion import Fusion, Run, sentences_of
from retriever.index.segment_files import ChainedLines
from retriever.index.segments import passage_from_json
from retriever.index.snapshots import StoredManifest
from retriever.lexical.bm25 import Bm25
from retriever.reranker import DEPTH, Reranker
from retriever.store import Store, StoredRows
from retriever.types import (
    Alias,
    Deferred,
    DocumentRecord,
    Encoder,
    Hit,
    Passage,
    Query,
    Recent,
    TenkyoError,
    Vectors,
)

_MOST_ALIASES = 4  # aliases that a query is searched with
LATIN = re.compile("[A-Za-zÀ-ɏ]")  # a name that begins with it is in Latin letters
_KATAKANA, _HAN = "\u30a1-\u30fa\u30fc", "\u3400-\u9fff々"
_REMEMBERED = 256  # queries whose vectors are kept
_SHORT_HAN = 2  # characters; a name this short inside a longer word is mostly another word: 空気 in 空気抵抗
Rows = tuple[tuple[int, int], ...]


class IndexEncoder:
    """The encoder of an index, opened when the first text is encoded. It keeps the vectors of the last queries.

    (A message and its history are encoded several times: once for each way in which they can be understood.)
    """

    def __init__(self, name: str, dimension: int, opened: Callable[[], Encoder] | None = None) -> None:
        """`opened` opens it; by default that is `open_encoder(name)`, whose vectors must have `dimension`."""
        self.name, self.dimension = name, dimension
        self._encoder = Deferred(opened or self._open, "tenkyo-encoder")
        self._vectors = Recent[str, Vectors](_REMEMBERED)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension) for searching; those that are not kept are computed."""
        kept = {text: vector for text in texts if (vector := self._vectors.get(text)) is not None}
        missing = [text for text in dict.fromkeys(texts) if text not in kept]
        made = self._encoder.get().encode_queries(missing) if missing else ()
        for each, vector in zip(missing, made, strict=True):
            kept[each] = vector
            self._vectors.keep(each, vector)
        return np.stack([kept[text] for text in texts]) if texts else np.empty((0, self.dimension), np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension) for passages to be searched."""
        return self._encoder.get().encode_passages(texts)

    def open_ahead(self) -> None:
        """Start opening it in a background thread. An error is raised when the first text is encoded."""
        self._encoder.begin()

    def _open(self) -> Encoder:
        from retriever.encoder import open_encoder  # only where something is encoded: it imports the models

        encoder = open_encoder(self.name)
        if encoder.dimension != self.dimension:
            raise TenkyoError(
                f"encoder {self.name!r} makes vectors of {encoder.dimension} dimensions, the index holds "
                f"{self.dimension}; ingest the sources again into a new folder with --index"
            )
        return encoder


def encoder_of(index: "Index") -> IndexEncoder:
    """The encoder that an index was made with."""
    return IndexEncoder(index.manifest["encoder"], index.manifest["dimension"])


@dataclass(frozen=True, slots=True)
class Partner:
    """Another form of a name, and the rows where it is valid (None: all rows)."""

    form: str
    rows: Rows | None


@dataclass(frozen=True, slots=True)
class Aliases:
    """The other forms of names that documents define (retriever.lexical.abbreviations finds them), by name."""

    partners: dict[str, tuple[Partner, ...]]

    def of(self, text: str) -> tuple[Alias, ...]:
        """At most four aliases of the names in a query's text, those of longer names first."""
        plain = unicodedata.normalize("NFKC", text)
        lowered = plain.lower()
        named = [form for form in self.partners if form.lower() in lowered]
        aliases: list[Alias] = []
        taken: list[tuple[int, int]] = []
        for form in sorted(named, key=lambda form: (-len(form), form)):
            match = _pattern(form).search(plain)
            if not match or any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            for partner in self.partners[form]:
                if partner.form.lower() not in lowered:
                    replaced = f"{plain[: match.start()]}{partner.form}{plain[match.end() :]}"
                    aliases.append(Alias(form, partner.form, replaced, partner.rows))
        return tuple(aliases[:_MOST_ALIASES])


def _pattern(form: str) -> re.Pattern[str]:
    """Pattern of a name as a whole word; acronyms match by case."""
    escaped = re.escape(form)
    if LATIN.match(form):
        flags = re.NOFLAG if " " not in form else re.IGNORECASE
        return re.compile(rf"(?<![A-Za-zÀ-ɏ0-9]){escaped}(?![A-Za-zÀ-ɏ0-9])", flags)
    before = after = ""
    for script in (_KATAKANA, _HAN):
        strict = script == _KATAKANA or len(form) <= _SHORT_HAN
        if strict and re.match(f"[{script}]", form[0]):
            before = f"(?<![{script}])"
        if strict and re.match(f"[{script}]", form[-1]):
            after = f"(?![{script}])"
    return re.compile(before + escaped + after)


@dataclass(frozen=True, slots=True)
class Index:
    """One snapshot of an index. Safe to use from several threads; stays whole while a newer one is written."""

    folder: Path
    snapshot_name: str
    manifest: StoredManifest
    documents: dict[str, DocumentRecord]
    bodies: ChainedLines
    body_rows: dict[str, int]  # by document id
    store: Store
    stored: StoredRows  # the passages with their vectors, sentences and tokens
    words: Bm25
    pairs: Bm25
    cross_lingual: Bm25  # terms of the passages in other languages
    fusion: Fusion
    aliases: Aliases
    only: NDArray[np.bool_] | None = None  # the rows that are searched, shape (rows,); None: all

    @property
    def row_count(self) -> int:
        """The number of rows, those of removed passages included."""
        return len(self.fusion.background.groups)

    def within(self, document_ids: Collection[str]) -> "Index":
        """A view that searches only these documents (and only rows in `only`); IDF stays that of the whole index."""
        only = np.zeros(self.row_count, dtype=bool)
        for record in (self.documents[document_id] for document_id in document_ids):
            only[record.first : record.first + record.count] = True
        if self.only is not None:
            only &= self.only
        return replace(self, only=only)

    def searched_documents(self) -> list[DocumentRecord]:
        """The documents that are searched, in the order in which they were added."""
        records = list(self.documents.values())
        if self.only is None:
            return records
        return [record for record in records if self.only[record.first : record.first + record.count].any()]

    def query(self, question: str, encoder: Encoder) -> Query:
        """The query of a question: its text, its language and its vector.

        A Chinese question is encoded in Japanese characters unless there are Chinese passages: names are then the
        same words for the encoder as in the Japanese passages (measured: tests/benchmarks/LOG.md).
        """
        language = text.language_of(question)
        chinese_only_in_question = language == "zh" and not any(of == "zh" for of, _ in self.manifest["groups"])
        encoded = text.japanese_forms(question) if chinese_only_in_question else question
        return Query(question, language, encoder.encode_queries([encoded])[0], self.aliases.of(question))

    def part_of(self, query: Query, text: str) -> Query:
        """The query of a part of a question; it keeps the vector of the whole question."""
        return query if text == query.text else replace(query, text=text, aliases=self.aliases.of(text))

    def search(self, query: Query, k: int, reranker: Reranker | None = None) -> list[Hit]:
        """At most `k` hits, best first; equal scores by passage id. A reranker re-orders the first `DEPTH`."""
        if not self.manifest["passages"]:
            return []
        only = None if self.only is None else np.flatnonzero(self.only)
        if reranker is None:
            return self.hits(self.fusion.retrieve(query, k, only))
        return reranker.rerank(query.text, self.hits(self.fusion.retrieve(query, max(k, DEPTH), only)))[:k]

    def hits(self, run: Run) -> list[Hit]:
        """The hits of a run."""
        rows = run.rows.tolist()
        parts = ((),) * len(rows) if run.parts is None else map(tuple, run.parts.tolist())
        hits = [
            Hit(passage_from_json(record), float(score), 0, row, parts=summands)
            for record, row, score, summands in zip(self.stored.passages(rows), rows, run.scores, parts, strict=True)
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.id))
        return [replace(hit, rank=rank) for rank, hit in enumerate(hits, 1)]

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        return passage_from_json(self.stored.passages([row])[0])

    def sentences_of(self, row: int) -> Vectors:
        """The vectors of the sentences of a row, in order, shape (sentences, dimension)."""
        return self.stored.sentences(np.array([row]))[0]

    def passages_of(self, document_id: str) -> list[Passage]:
        """The passages of a document in their order; empty for an unknown id."""
        record = self.documents.get(document_id)
        rows = range(record.first, record.first + record.count) if record else ()
        return [passage_from_json(record) for record in self.stored.passages(rows)]

    def sentences_near(
        self, document_id: str, vector: Vectors, count: int
    ) -> Iterator[tuple[Passage, int, int, float]]:
        """The `count` sentences of a document nearest to a vector: passage, start and end in it, cosine."""
        record = self.documents[document_id]
        vectors, starts = sentences_of(self.stored, np.arange(record.first, record.first + record.count))
        cosines = vectors @ vector
        for place in np.argsort(-cosines, kind="stable")[:count].tolist():
            of_row = int(np.searchsorted(starts, place, side="right")) - 1
            passage = self.passage(record.first + of_row)
            yield passage, *passage.quotable[place - int(starts[of_row])], float(cosines[place])

    def body_of(self, document_id: str) -> Any:
        """The JSON body that was stored with a document; KeyError for an unknown id."""
        return self.bodies[self.body_rows[document_id]]
