"""The types that retrieval is written in."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class TenkyoError(Exception):
    """A failure that its message explains in one line: what, which value, what to do."""


@dataclass(frozen=True, slots=True)
class Cites:
    """A place in a passage, `text[start:end]`, that cites the works with these 1-based numbers of the bibliography.

    Not `certain`: it cites one of them, and does not tell which.
    """

    start: int
    end: int
    numbers: tuple[int, ...]
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a table row, `text[start:end]` of the passage (characters, half-open), and the name of its column.

    `column` is written as in the table, unit included ("移動時間（分）"); "" where the column has no name.
    """

    column: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A quotable span of a document: `document.text[start:end] == text`.

    `page` (1-based) is the page on which the passage begins, None where the format has no pages;
    `page_starts` holds (offset in `text`, page) for each page that the passage touches.
    `section` is the path of headings joined by " > "; `row` is the number (1-based) in a sheet of a spreadsheet.
    `context` is encoded and searched with the text but never quoted: the document's title, the section path, a table's
    caption and columns. `sentences` holds
    the (start, end) in `text` of the spans that can be quoted alone; empty means the whole text. `cites` are the
    places that cite works. `cells` are the values of a table row from left to right, without the empty ones.
    """

    id: str
    document_id: str
    text: str
    start: int
    end: int
    section: str = ""
    page: int | None = None
    page_starts: tuple[tuple[int, int], ...] = ()
    kind: str = "paragraph"
    language: str = "ja"
    context: str = ""
    url: str | None = None
    sentences: tuple[tuple[int, int], ...] = ()
    cites: tuple[Cites, ...] = ()
    cells: tuple[Cell, ...] = ()
    row: int | None = None

    @property
    def place(self) -> str:
        """The section as readers see it, with the number of a spreadsheet's row: 来館者 > 5行目."""
        row = (f"{self.row}行目" if self.language == "ja" else f"row {self.row}") if self.row else ""
        return " > ".join(filter(None, (self.section, row)))

    @property
    def searchable(self) -> str:
        """What is encoded and indexed: the context, then the text."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def quotable(self) -> tuple[tuple[int, int], ...]:
        """The (start, end) in `text` of each span that can be quoted alone; at least one."""
        return self.sentences or ((0, len(self.text)),)

    def page_at(self, offset: int) -> int | None:
        """The 1-based page on which the character at `offset` in `text` stands."""
        page = self.page
        for start, number in self.page_starts:
            if start <= offset:
                page = number
        return page


@dataclass(frozen=True, slots=True)
class Reranking:
    """The effect of a reranker on a hit: its own `chance` in [0, 1], and the `score` and 1-based `rank` before."""

    chance: float
    score: float
    rank: int


# Summands of a fused score: cosine of the passage, cosine of its best sentence, lexical and cross-lingual overlap.
SCORE_PARTS = ("passage_vector", "sentence_vector", "words", "cross_lingual")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a retriever found, from a `row` of the index; a higher `score` is better, `rank` is 1-based.

    `parts` are the summands of the retriever's score in the order of SCORE_PARTS, empty where it has none.
    """

    passage: Passage
    score: float
    rank: int
    row: int = -1
    reranked: Reranking | None = None
    parts: tuple[float, ...] = ()

    @property
    def own_score(self) -> float:
        """The score that the retriever gave this passage, whatever a reranker made of its place."""
        return self.reranked.score if self.reranked else self.score


class Encoder(Protocol):
    """Turns texts into unit vectors of `dimension` float32 values. Safe to call from several threads."""

    name: str
    dimension: int

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), L2-normalised, for searching."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), L2-normalised, for being found."""
        ...


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of a query, the `other` form that documents give it, and the query's text with that form in its place.

    It holds for the rows in `rows`, (first, end) each, or for all of them where it is None.
    """

    name: str
    other: str
    text: str
    rows: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: the question's text, its language, its vector of shape (dimension,), its names' other forms."""

    text: str
    language: str
    vector: Vectors
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What a retriever found, best first: `rows` of the index (int64) and their `scores` (higher is better).

    `parts` are the summands of fused scores, shape (rows, len(SCORE_PARTS)).
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    parts: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document of the index, without its text.

    `source` is the path or address that it came from and `content_hash` that of what was read there; its
    passages are the rows `first` to `first + count` of the index. `digest_of` is the title of the paper that
    a document of the kind "digest" stands in for. `listed` counts the works of its bibliography.
    """

    id: str
    title: str
    source: str
    content_hash: str
    language: str = "ja"
    kind: str = "document"
    digest_of: str = ""
    page_count: int | None = None
    url: str | None = None
    characters: int = 0
    first: int = 0
    count: int = 0
    listed: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """A deadline on the clock of `time.monotonic`, in seconds; without one, time is never spent.

    Steps that refine an answer look at `spent` before they begin: reranking, reading sentences for the answer itself,
    following what a quote cites. Steps that an answer cannot do without never look. With `hurried`, others wait for
    their answers: what takes a tenth of a second, reading passages by the reader, is left out.
    """

    ends: float = math.inf
    hurried: bool = False

    @classmethod
    def of(cls, seconds: float, *, hurried: bool = False) -> Self:
        """A budget of `seconds` from now."""
        return cls(time.monotonic() + seconds, hurried)

    @property
    def spent(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.ends


UNLIMITED = Budget()


Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The values that were used last, at most `most`, by their keys. Safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value of a key, or None if it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def keep(self, key: Key, value: Value) -> None:
        """Keep a value, in place of the one that was used least recently."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._values.clear()


Group = tuple[str, str]


def group_of(passage: Passage) -> Group:
    """Group for z-scores: language, and whether the passage is an entry of a bibliography.

    Encoders place all texts of one language near each other, and all bibliography entries near every question on
    the bibliography's subject.
    """
    return passage.language, "entry" if passage.kind == "entry" else "text"
