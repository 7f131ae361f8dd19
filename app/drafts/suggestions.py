"""The checked drafts of an index: what is suggested after an answer, and what to begin with; kept beside the index."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from app.answering.types import Answer, Turn
from app.drafts.question import WRITTEN, Draft, Question
from retriever.text import letters, without_space
from retriever.whole_files import write_whole

SHOWN = 3  # questions at a time
_FAR = 12  # passages: beyond, a question is no longer about what was answered
_LAST_KINDS = frozenset({"cell", "section"})  # fit to go on with, less so to begin with
_FILE, _FORMAT = "questions.json", 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands: its document, its number there from 0, and its section."""

    document_id: str
    number: int
    section: str


@dataclass(frozen=True, slots=True)
class CheckedDrafts:
    """The drafts of a snapshot that were answered surely by their own evidence, those first to begin with.

    `places` has the passages of the documents that were drafted from. Looking up takes well under a millisecond.
    """

    snapshot_name: str = ""
    drafts: tuple[Draft, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    def starters(self, language: str, asked: Collection[str] = (), documents: Collection[str] = ()) -> list[str]:
        """At most three questions to begin with, of different kinds: in `language`, else in that of most drafts."""
        drafts = [draft for draft in self.drafts if not documents or draft.document_id in documents]
        languages = [draft.language for draft in drafts]
        if language not in languages and languages:
            language = max(sorted(set(languages)), key=languages.count)
        known = set(map(letters, asked))
        fitting = [one for one in drafts if one.language == language and letters(one.question.text) not in known]
        firsts = {_kind_of_starter(draft): draft for draft in reversed(fitting)}
        chosen = sorted(firsts.values(), key=lambda draft: (draft.question.kind in _LAST_KINDS, fitting.index(draft)))
        chosen += [draft for draft in fitting if draft not in chosen]
        return [draft.question.text for draft in chosen[:SHOWN]]

    def after(self, answer: Answer, history: Sequence[Turn] = (), documents: Collection[str] = ()) -> tuple[str, ...]:
        """At most three questions that can be asked after this answer: from the passages around those that it cites.

        After an abstention they come from the passages that are nearest to the question; after small talk they are
        those to begin with. `documents` restricts them (none: all).
        """
        if not self.drafts:
            return ()
        asked = [answer.question, answer.standalone, *(turn.question for turn in history)]
        if answer.intent == "smalltalk":
            return tuple(self.starters(answer.language, asked, documents))
        cited = [citation.passage_id for citation in answer.citations or answer.near]
        near = [self.places[name] for name in cited if name in self.places]
        known = set(map(letters, asked))
        quoted = [without_space(citation.quote) for citation in answer.citations]
        ranked = []
        for order, draft in enumerate(self.drafts):
            distance = _distance(self.places[draft.passage_id], near)
            if distance is not None and letters(draft.question.text) not in known and not _is_told(draft, quoted):
                ranked.append((draft.language != answer.language, draft.question.kind == "section", distance, order))
        return tuple(_of_different_sentences([self.drafts[order] for *_, order in sorted(ranked)]))

    def save(self, folder: Path) -> None:
        """Put the drafts beside the index, by one rename; not at all where its folder cannot be written."""
        body = {
            "format": _FORMAT,
            "snapshot": self.snapshot_name,
            "drafts": [asdict(draft) for draft in self.drafts],
            "places": {name: [place.document_id, place.number, place.section] for name, place in self.places.items()},
        }
        with suppress(OSError):  # a folder that only others may write
            write_whole(folder / _FILE, json.dumps(body, ensure_ascii=False).encode())

    @classmethod
    def load(cls, folder: Path, snapshot_name: str) -> Self:
        """The drafts that were put beside the index for this snapshot of it; none where there are no such."""
        nothing = cls(snapshot_name)
        try:
            body = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            if (body["format"], body["snapshot"]) != (_FORMAT, snapshot_name):
                return nothing
            places = {str(name): Place(*place) for name, place in body["places"].items()}
            return cls(snapshot_name, tuple(_draft(fields) for fields in body["drafts"]), places)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return nothing


def _kind_of_starter(draft: Draft) -> str:
    """Starters are of different kinds, those aside that were written by hand."""
    return draft.question.text if draft.question.kind == WRITTEN else draft.question.kind


def _draft(fields: dict[str, Any]) -> Draft:
    return Draft(**{**fields, "question": Question(**fields["question"])})


def _distance(place: Place, near: Sequence[Place]) -> tuple[int, int, bool] | None:
    """How far a passage is from the nearest of `near`: other sections, passages, behind; None if it is too far."""
    distances = [
        (int(place.section != other.section), abs(place.number - other.number), place.number < other.number)
        for other in near
        if place.document_id == other.document_id and abs(place.number - other.number) <= _FAR
    ]
    return min(distances, default=None)


def _is_told(draft: Draft, quoted: Sequence[str]) -> bool:
    """Whether the answer to a draft stands in what was just quoted."""
    evidence = without_space(draft.evidence)
    return any(evidence in quote or quote in evidence for quote in quoted)


def _of_different_sentences(drafts: Sequence[Draft]) -> list[str]:
    chosen = list({draft.evidence: draft for draft in reversed(drafts)}.values())[::-1]
    return [draft.question.text for draft in chosen[:SHOWN]]
