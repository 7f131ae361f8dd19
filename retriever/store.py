"""Where an index keeps its passages: the protocols of a store and of the rows that it opens.

A store writes the rows of one segment at a time, and opens the rows of a snapshot for reading. A segment never changes
after it was written: later segments add rows, and a snapshot says which rows of its segments are live. The other parts
of a snapshot (documents, texts, abbreviations) lie in the index folder, whatever the store.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retriever import text
from retriever.cross_lingual import tokens as cross_lingual
from retriever.lexical.bm25 import Postings, Rows, Tokenizer, Tokens
from retriever.types import Passage, TenkyoError, Vectors

CROSS_LINGUAL = "abroad"  # directory name on disk, kept from before the rename
FAISS = "faiss"  # the address of the store that ships


@dataclass(frozen=True, slots=True)
class Lexical:
    """A tokenizer of the lexical indexes; `usual_length` is the mean number of tokens of a passage (JSQuAD)."""

    tokenizer: Tokenizer
    usual_length: float


LEXICAL: dict[str, Lexical] = {
    "words": Lexical(text.words, 55),
    "pairs": Lexical(text.character_pairs, 140),
    CROSS_LINGUAL: Lexical(cross_lingual.tokens, 144),
}


class StoreAwayError(TenkyoError):
    """A store does not answer; the message says which one, and what to do."""


class SnapshotGoneError(StoreAwayError):
    """A shared store deleted the rows of a snapshot after two later snapshots. What was read from it is incomplete."""


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows to be added: passages with their vectors and tokens, one entry a row in each field.

    `vectors` has the shape (rows, dimension); `sentences` holds arrays of shape (sentences, dimension); `tokens` the
    token hashes of each row by the names in LEXICAL.
    """

    passages: Sequence[Passage]
    vectors: Vectors
    sentences: Sequence[Vectors]
    tokens: Mapping[str, Sequence[Tokens]]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment by its name, which is that of the snapshot that added it, and the number of its rows."""

    name: str
    rows: int


class StoredRows(Protocol):
    """The rows of one snapshot, open for reading. Safe to use from several threads.

    Invariants, held for each implementation by tests/retriever/index/test_stores.py:

    - A row is a number from 0 on: those of the snapshot's first segment, then those of the second, and so on. It means
      the same passage as long as the store is open, whatever others add or remove meanwhile (snapshot semantics).
    - Rows that are not live are never found, and count in no frequency.
    - Scores: higher is better. A cosine is the inner product of unit vectors, exact to float32; sums of postings are
      exact to float32. Where more rows tie than are asked for, those with the lowest numbers are taken (with Milvus,
      those that it chooses); hits of equal score are then ordered by the id of the passage (Index.hits).
    - Any method raises StoreAwayError when the store does not answer, and works again when it does.
    - A store that is shared may delete the rows of a snapshot once there are two later snapshots. Searches then find
      fewer rows, without an error. `check` detects this: call it after the last search.
    """

    @property
    def postings(self) -> Mapping[str, Postings]:
        """Postings by the names in LEXICAL."""
        ...

    def nearest(self, vector: Vectors, k: int) -> Rows:
        """The `k` live rows with the highest cosines (nearly, where the index of the vectors is approximate)."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`, shape (len(rows), dimension)."""
        ...

    def sentences(self, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
        """The vectors of all sentences of `rows`, one row after the other, and how many each row has."""
        ...

    def passages(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """The passages of `rows` as JSON objects (segments.passage_from_json reads them)."""
        ...

    def check(self) -> None:
        """Raise SnapshotGoneError where rows of the snapshot were deleted; they never come back."""
        ...

    def faults(self) -> list[str]:
        """The faults of the rows (what is missing), one line each; reads everything."""
        ...


class Store(Protocol):
    """A place that keeps the rows of indexes."""

    @property
    def address(self) -> str:
        """The name of the store: "faiss", or the address of an engine."""
        ...

    def write(self, folder: Path, name: str, rows: NewRows) -> None:
        """Write the rows of a new segment of the index in `folder`; no snapshot refers to it yet.

        A segment of the same name that an interrupted writer left is replaced.
        """
        ...

    def open(self, folder: Path, segments: Sequence[Segment], live: NDArray[np.bool_]) -> StoredRows:
        """The rows of these segments; `live`, shape (rows,), says which rows are live."""
        ...

    def sweep(self, folder: Path, keep: Collection[str]) -> None:
        """Delete the rows of all segments but those in `keep`, which the snapshots in force refer to."""
        ...
