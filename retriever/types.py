"""The types of retrieval; the deadline of a question, and the steps that it takes.

To time the steps of some work, or to stop it between two steps, run it inside `watching`. Outside, a step costs one
read of a context variable.
"""

import contextlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class TenkyoError(Exception):
    """A failure that its message explains in one line: what, which value, what to do."""


@dataclass(frozen=True, slots=True)
class Cites:
    """An in-text citation, `text[start:end]` of a passage; `numbers` are the cited works' 1-based bibliography numbers.

    If not `certain`, it cites only one of these works, and which one is unknown.
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


BETWEEN_HEADINGS, BETWEEN_CONTEXTS = " > ", " / "  # the parts of a passage's section, and of its context


@dataclass(frozen=True, slots=True)
class Passage:
    """A quotable span of a document: `document.text[start:end] == text`.

    `page` (1-based) is the page on which the passage begins, None where the format has no pages; `page_starts` holds
    (offset in `text`, page) for each page that the passage touches. `section` is the path of headings joined by " > ";
    `row` is the number (1-based) of a row of a spreadsheet. `context` (the document's title, the section path, a
    table's caption and columns) is encoded and searched with the text but never quoted. `sentences` are the
    (start, end) in `text` of the spans that can be quoted alone; empty means the whole text. `cites` are the in-text
    citations. `cells` are the values of a table row from left to right, without the empty ones.
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
        return BETWEEN_HEADINGS.join(filter(None, (self.section, row)))

    @property
    def section_path(self) -> tuple[str, ...]:
        """The headings above the passage, the outermost first."""
        return tuple(self.section.split(BETWEEN_HEADINGS)) if self.section else ()

    @property
    def contexts(self) -> tuple[str, ...]:
        """The parts of its context: the document's title, the section, a table's caption and columns."""
        return tuple(self.context.split(BETWEEN_CONTEXTS))

    @property
    def searchable(self) -> str:
        """The text that is encoded and indexed: the context, then the passage."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def quotable(self) -> tuple[tuple[int, int], ...]:
        """The (start, end) in `text` of each span that can be quoted alone; at least one."""
        return self.sentences or ((0, len(self.text)),)

    def page_at(self, offset: int) -> int | None:
        """The 1-based page of the character at `offset` in `text`."""
        page = self.page
        for start, number in self.page_starts:
            if start <= offset:
                page = number
        return page


@dataclass(frozen=True, slots=True)
class Reranking:
    """The effect of a reranker on a hit: its `chance` in [0, 1], and the `score` and 1-based `rank` before it."""

    chance: float
    score: float
    rank: int


# Summands of a fused score: cosine of the passage, cosine of its best sentence, lexical and cross-lingual overlap.
SCORE_PARTS = ("passage_vector", "sentence_vector", "words", "cross_lingual")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search returned, from a `row` of the index; a higher `score` is better, `rank` is 1-based.

    `parts` are the summands of the retriever's score in the order of SCORE_PARTS, empty where it has none.
    If the reader has moved the hit, `score` is the score of its new rank, and `found_score` keeps the retriever's score
    of this passage.
    """

    passage: Passage
    score: float
    rank: int
    row: int = -1
    reranked: Reranking | None = None
    parts: tuple[float, ...] = ()
    found_score: float | None = None

    @property
    def own_score(self) -> float:
        """The retriever's score of this passage, also after a reranker or the reader has moved it."""
        if self.found_score is not None:
            return self.found_score
        return self.reranked.score if self.reranked else self.score


class Encoder(Protocol):
    """Turns texts into unit vectors of `dimension` float32 values. Safe to call from several threads."""

    name: str
    dimension: int

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of queries, shape (len(texts), dimension), L2-normalised."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), L2-normalised."""
        ...


@dataclass(frozen=True, slots=True)
class Alias:
    """A name in a query, its `other` form in the documents, and the query's text with that form.

    It is valid for the ranges of rows in `rows`, (first, end) each; None means all rows.
    """

    name: str
    other: str
    text: str
    rows: tuple[tuple[int, int], ...] | None = None

    def holds_for(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of `rows` it is valid for, shape (len(rows),)."""
        inside = np.full(len(rows), self.rows is None)
        for first, end in self.rows or ():
            inside |= (rows >= first) & (rows < end)
        return inside


@dataclass(frozen=True, slots=True)
class Query:
    """A query: the text, its language, its vector of shape (dimension,), and other forms of its names."""

    text: str
    language: str
    vector: Vectors
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document of the index, without its text.

    `source` is its path or address, `content_hash` the hash of what was read there. Its passages are the rows from
    `first` up to `first + count` (exclusive) of the index. A document of the kind "digest" replaces the paper whose
    title is `digest_of`. `listed` counts the works of its bibliography.
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
    """A deadline in seconds on the clock of `time.monotonic`; the default never ends.

    Optional steps check `spent` before they begin: reranking, marking the words that answer, following a quote's
    citations. Necessary steps do not. `hurried`: other questions are waiting, so the reader (a tenth of a second) is
    left out.
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


class StoppedError(TenkyoError):
    """The question was stopped: nobody waits for its answer."""

    def __init__(self, message: str = "the question was stopped: its client has gone") -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was carried out: its name, when it began (seconds since 1970), and how many seconds it took."""

    name: str
    began: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Watch:
    """Steps in the order in which they ended. `is_stopped` is called before each step begins."""

    is_stopped: Callable[[], bool] = lambda: False
    steps: list[Step] = field(default_factory=list)


_CURRENT: ContextVar[Watch | None] = ContextVar("tenkyo_watch", default=None)


def current_watch() -> Watch | None:
    """The watch that this thread's work runs under, or None."""
    return _CURRENT.get()


@contextlib.contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Record this thread's steps inside the block in `watch`; none begins once `watch.is_stopped`."""
    before = _CURRENT.set(watch)
    try:
        yield
    finally:
        _CURRENT.reset(before)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Record the block as a step of the current watch. Raises StoppedError before it begins if the work was stopped."""
    watch = _CURRENT.get()
    if watch is None:
        yield
        return
    if watch.is_stopped():
        raise StoppedError
    began, begin = time.time(), time.perf_counter()
    try:
        yield
    finally:
        watch.steps.append(Step(name, began, time.perf_counter() - begin))


Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """An LRU cache of at most `most` values by key. Safe to use from several threads."""

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
        """Keep a value; a full cache drops the least recently used one."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._values.clear()


class Deferred(Generic[Value]):
    """A value that is made once, on first use, such as a model. Safe to use from several threads."""

    def __init__(self, make: Callable[[], Value], thread: str) -> None:
        """`make` is called anew after it has raised an error; `thread` names the thread of `begin`."""
        self._make, self._thread = make, thread
        self._made: tuple[Value] | None = None
        self._lock = threading.Lock()

    def get(self) -> Value:
        """The value. Raises what `make` raises."""
        with self._lock:
            if self._made is None:
                self._made = (self._make(),)
            return self._made[0]

    def begin(self) -> None:
        """Start making it in a background thread. An error is raised by the next `get`."""

        def make_quietly() -> None:
            with contextlib.suppress(TenkyoError):
                self.get()

        threading.Thread(target=make_quietly, name=self._thread, daemon=True).start()


Group = tuple[str, str]


def group_of(passage: Passage) -> Group:
    """The group of a passage for z-scores: its language, and whether it is a bibliography entry.

    Encoders place texts of one language near each other, and bibliography entries near every question on their
    subject, so each group has its own mean.
    """
    return passage.language, "entry" if passage.kind == "entry" else "text"
