"""The checked drafts of an index: suggestions after an answer, and starters; they are kept beside the index."""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from app.answering.types import Answer, Turn
from app.drafts.choice import (
    PassagePlace,
    in_language,
    nearest_first,
    not_repeating,
    not_told,
    reading_well,
    to_begin_with,
    to_go_on_with,
)
from app.drafts.question import Draft, DraftQuestion
from retriever.files import write_whole
from retriever.text import letters
from retriever.types import Recent

_log = logging.getLogger("tenkyo")
_FILE, _FORMAT = "questions.json", 3
_REMEMBERED = 1000  # questions


@dataclass(frozen=True, slots=True)
class CheckedDrafts:
    """The drafts of a snapshot that Tenkyo answers correctly and surely; those to begin a conversation with come first.

    `places` holds the passages of the documents from which the drafts were made. A look-up takes under a millisecond.
    """

    snapshot_name: str = ""
    drafts: tuple[Draft, ...] = ()
    places: Mapping[str, PassagePlace] = field(default_factory=dict)
    complete: bool = True  # else more drafts are still to be checked

    def starters(self, language: str, asked: Collection[str] = (), documents: Collection[str] = ()) -> list[str]:
        """At most three starters of different kinds, in `language`, else in that of most drafts."""
        drafts = in_language(
            [draft for draft in self.drafts if not documents or draft.document_id in documents], language
        )
        return [draft.question.text for draft in to_begin_with(not_repeating(reading_well(drafts), asked))]

    def after(
        self,
        answer: Answer,
        history: Sequence[Turn] = (),
        documents: Collection[str] = (),
        offered: Collection[str] = (),
    ) -> tuple[str, ...]:
        """At most three questions to ask after this answer, on passages near those that it cites.

        After an abstention they are on passages near the question; after small talk they are starters. None repeats
        what was asked, answered or `offered` before. `documents` restricts them (none: all).
        """
        asked = [answer.question, answer.standalone, *(turn.question for turn in history), *offered]
        if answer.intent == "smalltalk" or not self.drafts:
            return tuple(self.starters(answer.language, asked, documents))
        cited = [citation.passage_id for citation in answer.citations or answer.near]
        near = [self.places[name] for name in cited if name in self.places]
        allowed = [draft for draft in self.drafts if not documents or draft.document_id in documents]
        ranked = nearest_first(in_language(allowed, answer.language), self.places, near)
        quoted = [*(citation.quote for citation in answer.citations), *(turn.answer for turn in history)]
        fitting = not_repeating(not_told(reading_well(ranked), quoted), asked)
        return tuple(draft.question.text for draft in to_go_on_with(fitting, answer.intent))

    def save(self, folder: Path) -> None:
        """Save the drafts beside the index, by one rename; if its folder cannot be written, only log a warning."""
        body = {
            "format": _FORMAT,
            "snapshot": self.snapshot_name,
            "complete": self.complete,
            "drafts": [asdict(draft) for draft in self.drafts],
            "places": {name: [place.document_id, place.number, place.section] for name, place in self.places.items()},
        }
        try:
            write_whole(folder / _FILE, json.dumps(body, ensure_ascii=False).encode())
        except OSError as error:  # a folder that only others may write
            _log.warning("the drafted questions are not kept: %s (%s)", folder / _FILE, error.strerror)

    @classmethod
    def load(cls, folder: Path, snapshot_name: str) -> Self:
        """The drafts that were saved for this snapshot of the index; none if there is no readable file of them."""
        nothing = cls(snapshot_name)
        try:
            body = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            if (body["format"], body["snapshot"]) != (_FORMAT, snapshot_name):
                return nothing
            places = {str(name): PassagePlace(*place) for name, place in body["places"].items()}
            drafts = tuple(_draft(fields) for fields in body["drafts"])
            if not places.keys() >= {draft.passage_id for draft in drafts}:
                return nothing
            return cls(snapshot_name, drafts, places, bool(body["complete"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return nothing


def _draft(fields: dict[str, Any]) -> Draft:
    return Draft(**{**fields, "question": DraftQuestion(**fields["question"])})


class Offered:
    """What was suggested after recent questions, so that a conversation is not offered it twice."""

    def __init__(self) -> None:
        self._after: Recent[str, tuple[str, ...]] = Recent(_REMEMBERED)

    def note(self, question: str, suggestions: tuple[str, ...]) -> None:
        """Remember what was suggested after a question."""
        self._after.keep(letters(question), suggestions)

    def before(self, history: Sequence[Turn]) -> list[str]:
        """What was suggested after the questions of a conversation."""
        return [text for turn in history for text in self._after.get(letters(turn.question)) or ()]
