"""Questions for readers: drafted from the documents that are served, and checked while nobody is waiting."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Protocol, TypeVar, Unpack

from app.answering.types import LIKELY, Answer, AskOptions
from app.answering.works import RECORDS
from app.drafts.checking import kept
from app.drafts.choice import PassagePlace
from app.drafts.drafting import drafts
from app.drafts.forms import questions_by_form
from app.drafts.question import WRITTEN, Draft, DraftQuestion
from app.drafts.suggestions import CheckedDrafts
from app.pages.labels.texts import LANGUAGES
from retriever.types import Budget, DocumentRecord, Passage

_log = logging.getLogger("tenkyo.web")
_DOCUMENTS, _PASSAGES, _ASKED = 30, 1500, 400  # most documents and passages read, most drafts asked
_SECONDS, _SECONDS_EACH = 600.0, 3.0  # for all questions together, and for one
_PAUSE = 0.05  # seconds between two looks at whether somebody waits for an answer
_BREATH = 0.001  # seconds in which other threads may run, before each step
_SHOWN_EVERY = 12  # the drafts are published after every so many new ones
_TRIED = 40  # most questions by form that are asked in one language

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Starter:
    """A question and its language (ja, en, zh, ko), fit for an index that holds all of `documents`."""

    language: str
    question: str
    documents: frozenset[str] = frozenset()


class Askable(Protocol):
    """What drafting questions needs of a library."""

    @property
    def snapshot_name(self) -> str:
        """Changes when the index does."""
        ...

    @property
    def drafts(self) -> CheckedDrafts:
        """The checked drafts of the snapshot that answers now."""
        ...

    def keep_drafts(self, drafts: CheckedDrafts) -> None:
        """Suggest from these drafts from now on."""
        ...

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """One answer."""
        ...

    def titles(self) -> dict[str, str]:
        """Document id → title."""
        ...

    def records(self) -> list[DocumentRecord]:
        """The documents without their texts."""
        ...

    def passages(self, document_id: str) -> list[Passage]:
        """The document's passages in order."""
        ...


class _StoppedError(Exception):
    """Nothing more is to be asked."""


class Starters:
    """Makes the questions of each snapshot once, in a thread of its own that waits while `is_busy`."""

    def __init__(self, written: Sequence[Starter] = (), is_busy: Callable[[], bool] = lambda: False) -> None:
        self._written = tuple(written)
        self._is_busy = is_busy
        self._lock = threading.Lock()
        self._made = self._making = ""
        self._stopped = threading.Event()

    def prepare(self, library: Askable) -> None:
        """Begins to make the questions unless that was done for this snapshot; returns at once."""
        snapshot = library.snapshot_name
        with self._lock:
            if self._stopped.is_set() or snapshot in (self._made, self._making):
                return
            self._making = snapshot
        threading.Thread(target=self._make, args=(library, snapshot), name="tenkyo-starters", daemon=True).start()

    def shown(self, library: Askable, language: str) -> list[str]:
        """At most three questions, in `language` or else in the language of most; none before any are made."""
        self.prepare(library)
        return library.drafts.starters(language)

    def stop(self) -> None:
        """Stop drafting: the thread ends before its next step."""
        self._stopped.set()

    def _make(self, library: Askable, snapshot: str) -> None:
        try:
            if not (library.drafts.drafts and library.drafts.complete):  # else they were kept beside the index
                self._make_all(library, snapshot)
        except _StoppedError:
            return
        except Exception:  # the pages go on without questions to begin with
            if not self._stopped.is_set():  # else the library was closed under it
                _log.exception("no starter questions could be made")
        with self._lock:
            self._made, self._making = snapshot, ""

    def _make_all(self, library: Askable, snapshot: str) -> None:
        """Make all questions, and publish them in batches."""
        checked: list[Draft] = []
        places: dict[str, PassagePlace] = {}
        for draft in self._checked(library, snapshot, places):
            checked.append(draft)
            if len(checked) % _SHOWN_EVERY == 0:
                self._keep(library, CheckedDrafts(snapshot, tuple(checked), places, complete=False))
        self._keep(library, CheckedDrafts(snapshot, tuple(checked), places))

    def _keep(self, library: Askable, made: CheckedDrafts) -> None:
        if library.snapshot_name == made.snapshot_name and not self._stopped.is_set():
            library.keep_drafts(made)

    def _checked(self, library: Askable, snapshot: str, places: dict[str, PassagePlace]) -> Iterator[Draft]:
        """The questions whose answers are likely right, and the places of all passages that were drafted from."""
        end = time.monotonic() + _SECONDS

        def goes_on() -> bool:
            return time.monotonic() < end and library.snapshot_name == snapshot

        def ask(question: str) -> Answer:
            self._wait()
            began = time.monotonic()
            answer = library.ask(question, budget=Budget.of(_SECONDS_EACH))
            self._stopped.wait(time.monotonic() - began)  # leaves half of the time to readers' questions
            return answer

        titles = dict(islice(_readable(library).items(), _DOCUMENTS))
        documents = {name: self._passages(library, name, places) for name in titles}
        for starter in self._written:
            if goes_on() and starter.documents <= library.titles().keys():
                yield from _answered(DraftQuestion(WRITTEN, starter.question, ""), starter.language, ask, places)
        for language in LANGUAGES:
            asked = _while(goes_on, islice(_by_form(titles, documents, language, ask), _TRIED))
            yield from (draft for question in asked for draft in _answered(question, language, ask, places))
        made = drafts(documents.values(), self._wait) if goes_on() else []
        yield from kept(_while(goes_on, islice(made, _ASKED)), ask, LIKELY)

    def _passages(self, library: Askable, document_id: str, places: dict[str, PassagePlace]) -> list[Passage]:
        """The first passages of a document, within _PASSAGES for all documents; `places` gets their places."""
        passages = library.passages(document_id)[: max(_PASSAGES - len(places), 0)]
        for number, passage in enumerate(passages):
            places[passage.id] = PassagePlace(document_id, number, passage.section)
        return passages

    def _wait(self) -> None:
        """Waits as long as somebody waits for an answer. Raises _StoppedError once nothing more is to be asked."""
        pause = _BREATH
        while not self._stopped.wait(pause):
            if not self._is_busy():
                return
            pause = _PAUSE
        raise _StoppedError


def _readable(library: Askable) -> dict[str, str]:
    """Document id → title of all but the records of cited works, which nobody reads."""
    aside = {record.id for record in library.records() if record.kind == RECORDS}
    return {name: title for name, title in library.titles().items() if name not in aside}


def _while(goes_on: Callable[[], bool], made: Iterable[Made]) -> Iterator[Made]:
    for question in made:
        if not goes_on():
            return
        yield question


def _by_form(
    titles: Mapping[str, str], documents: Mapping[str, Sequence[Passage]], language: str, ask: Callable[[str], Answer]
) -> Iterator[DraftQuestion]:
    """Questions by form: on "this paper" if Tenkyo can tell which one is meant, else on each document by title."""
    untitled = next(questions_by_form("", (), language))
    meant = [citation.document_id for citation in ask(untitled.text).citations[:1]]
    if meant and meant[0] in documents:
        yield from questions_by_form("", documents[meant[0]], language)
        return
    named = (questions_by_form(titles[name], passages, language) for name, passages in documents.items())
    for turn in zip_longest(*named):
        yield from filter(None, turn)


def _answered(
    question: DraftQuestion, language: str, ask: Callable[[str], Answer], places: Mapping[str, PassagePlace]
) -> Iterator[Draft]:
    """A question as a draft at the first passage that its answer cites, if the answer is likely right."""
    answer = ask(question.text)
    if answer.abstained or answer.confidence < LIKELY or not answer.citations:
        return
    cited = answer.citations[0]
    is_meant = question.kind == WRITTEN or (
        question.answer in cited.quote if question.kind == "name" else answer.intent in {"overview", "sources"}
    )
    if is_meant and cited.passage_id in places:
        yield Draft(question, language, cited.document_id, cited.passage_id, cited.section, cited.quote)
