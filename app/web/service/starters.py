"""Questions for readers: drafted from the documents that are served, and checked while nobody is waiting."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol, TypeVar, Unpack

from app.answering.types import LIKELY, Answer, AskOptions
from app.drafts.checking import kept
from app.drafts.drafting import drafts
from app.drafts.question import WRITTEN, Draft, Question
from app.drafts.structure import questions_by_form
from app.drafts.suggestions import SHOWN, CheckedDrafts, Place
from app.web.pages.labels import LANGUAGES
from retriever.types import Budget, Passage

_log = logging.getLogger("tenkyo.web")
_DOCUMENTS, _PASSAGES, _ASKED = 30, 1500, 400  # looked at, and drafts asked, at most
_SECONDS, _SECONDS_EACH = 600.0, 3.0  # for all of them, and for one
_PAUSE = 0.05  # seconds between two looks at whether somebody waits for an answer
_BREATH = 0.001  # seconds in which other threads may run, before each step
_SHOWN_AFTER = 12  # drafts that are kept before the first ones are shown
_TRIED, _BY_FORM = 16, 6  # questions of a language that lacks drafts: asked, and kept, at most

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Starter:
    """A question and its language (ja, en, zh, ko), fit for an index that holds all of `documents`."""

    language: str
    question: str
    documents: frozenset[str] = frozenset()


class Askable(Protocol):
    """What the making of questions needs of a library."""

    @property
    def snapshot_name(self) -> str:
        """Changes when the index does."""
        ...

    @property
    def drafts(self) -> CheckedDrafts:
        """Those of the snapshot that answers now."""
        ...

    def keep_drafts(self, drafts: CheckedDrafts) -> None:
        """Suggest from these from now on."""
        ...

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """One answer."""
        ...

    def titles(self) -> dict[str, str]:
        """Document id → title."""
        ...

    def passages(self, document_id: str) -> list[Passage]:
        """The document's passages in order."""
        ...


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
        """At most three questions, in `language`, else in that of most of them; none while they are being made."""
        self.prepare(library)
        return library.drafts.starters(language)

    def stop(self) -> None:
        """Asks nothing more."""
        self._stopped.set()

    def _make(self, library: Askable, snapshot: str) -> None:
        try:
            if not library.drafts.drafts:  # else they were kept beside the index
                self._make_all(library, snapshot)
        except Exception:  # the pages go on without questions to begin with
            _log.exception("no starter questions could be made")
        with self._lock:
            self._made, self._making = snapshot, ""

    def _make_all(self, library: Askable, snapshot: str) -> None:
        """Makes and keeps the questions; the first ones are kept before the last are made."""
        found: list[Draft] = []
        places: dict[str, Place] = {}
        for draft in self._checked(library, snapshot, places):
            found.append(draft)
            if len(found) == _SHOWN_AFTER:
                self._keep(library, CheckedDrafts(snapshot, tuple(found), places))
        self._keep(library, CheckedDrafts(snapshot, tuple(found), places))

    def _keep(self, library: Askable, made: CheckedDrafts) -> None:
        if library.snapshot_name == made.snapshot_name and not self._stopped.is_set():
            library.keep_drafts(made)

    def _checked(self, library: Askable, snapshot: str, places: dict[str, Place]) -> Iterator[Draft]:
        """The questions whose answers are likely right, and the places of all passages that were drafted from."""
        end = time.monotonic() + _SECONDS

        def goes_on() -> bool:
            return not self._stopped.is_set() and time.monotonic() < end and library.snapshot_name == snapshot

        def ask(question: str) -> Answer:
            self._wait()
            began = time.monotonic()
            answer = library.ask(question, budget=Budget.of(_SECONDS_EACH))
            self._stopped.wait(time.monotonic() - began)  # leaves half of the time to those who ask
            return answer

        documents = [self._passages(library, name, places) for name in islice(library.titles(), _DOCUMENTS)]
        made = drafts(documents, self._wait) if goes_on() else []
        for starter in self._written:
            if goes_on() and starter.documents <= library.titles().keys():
                yield from _written(starter, ask(starter.question), places)
        found: Counter[str] = Counter()
        for draft in kept(_while(goes_on, islice(made, _ASKED)), ask, LIKELY):
            found[draft.language] += 1
            yield draft
        for language in LANGUAGES:
            if found[language] < SHOWN:
                by_form = chain.from_iterable(questions_by_form(one, language) for one in documents)
                asked = _while(goes_on, islice(dict.fromkeys(by_form), _TRIED))
                answered = (_written(Starter(language, one), ask(one), places) for one in asked)
                yield from islice(chain.from_iterable(answered), _BY_FORM)

    def _passages(self, library: Askable, document_id: str, places: dict[str, Place]) -> list[Passage]:
        """The first passages of a document, as far as the room suffices; their places are noted."""
        passages = library.passages(document_id)[: max(_PASSAGES - len(places), 0)]
        for number, passage in enumerate(passages):
            places[passage.id] = Place(document_id, number, passage.section)
        return passages

    def _wait(self) -> None:
        """Waits as long as somebody waits for an answer."""
        self._stopped.wait(_BREATH)
        while self._is_busy() and not self._stopped.wait(_PAUSE):
            pass


def _while(goes_on: Callable[[], bool], made: Iterable[Made]) -> Iterator[Made]:
    for one in made:
        if not goes_on():
            return
        yield one


def _written(starter: Starter, answer: Answer, places: dict[str, Place]) -> Iterator[Draft]:
    """A question that was written by hand, if its answer is likely right, at the first passage that it cites."""
    if answer.abstained or answer.confidence < LIKELY or not answer.citations:
        return
    cited = answer.citations[0]
    if cited.passage_id in places:
        question = Question(WRITTEN, starter.question, cited.quote)
        yield Draft(question, starter.language, cited.document_id, cited.passage_id, cited.section, cited.quote)
