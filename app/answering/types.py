"""An answer and its parts, and their JSON form (the one that commands, the API and evaluation share)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Self, TypedDict

from ingest.references.cited_work import CitedWork
from retriever.types import Budget, Cell, Hit

# Origin of a text: the paper, its digest, a cited work's own text, the record of a work in a bibliography; "document":
# any other document. "composed": a sentence that a language model wrote and that was checked against its citations.
Origin = Literal["paper", "digest", "reference", "record", "document", "composed"]

Intent = Literal["passage", "overview", "sources", "smalltalk"]  # kind of question; "passage": an ordinary one
# What an "overview" question asks about.
Aspect = Literal[
    "summary",
    "purpose",
    "conclusion",
    "points",
    "limits",
    "method",
    "outline",
    "section",
    "table",
    "compare",
    "focus",
    "topic",
]
# The kind of thing that a question asks for; "any" if it does not say.
Kind = Literal["percentage", "date", "number", "person", "place", "organisation", "reason", "list", "definition", "any"]
Smalltalk = Literal["greeting", "thanks", "identity", "ability", "opinion"]
LAST_SECTION = (-1,)  # the number of "the last section"
# Fields of a citation that the JSON of the nearest passage in a cited work has.
_PLACE = "passage_id document_id document_title section page quote text quote_start quote_end score".split()
SURE, LIKELY = 0.8, 0.5  # least confidence of answers labelled "sure" and "likely"; the rest are "weak"


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and its answer; "" if that is unknown or an abstention."""

    question: str
    answer: str = ""


class AskOptions(TypedDict, total=False):
    """Options of a question to a library, with their defaults in brackets.

    - `k`: how many of the hits the answer keeps (5)
    - `budget`: when it is spent, optional steps are skipped (unlimited)
    - `history`: the turns before, oldest first (none)
    - `documents`: the ids of those that are searched (all)
    """

    k: int
    budget: Budget
    history: Sequence[Turn]
    documents: Collection[str]


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What an answer looks like, in any language: an amount with its unit, a year, a person's name, a DOI.

    - `pattern`: a regular expression over folded text; empty for a person's name, which no pattern recognises
    - `needed`: a sentence without the form is not an answer (a reason may come without a "because")
    - `on_publication`: asks for the document's own publication data (its DOI, its price), not for its subject
    - `sure`: any text of this form is the datum asked for, whatever other words the question has
    """

    pattern: str
    needed: bool = True
    on_publication: bool = False
    sure: bool = False


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a question asks for, as far as the display of its answer depends on it.

    - `question`: as it was understood; `form`: what its answer looks like, None if it can be anything
    - `is_clause`: a purpose, a reason or a manner; `is_one_value`: a single figure, date or name
    """

    question: str
    kind: Kind = "any"
    form: AnswerForm | None = None
    is_clause: bool = False
    is_one_value: bool = False

    @property
    def needed_form(self) -> AnswerForm | None:
        """The form without which a sentence is no answer."""
        return self.form if self.form and self.form.needed else None


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """What a question asks of a document as a whole.

    - `number`: the section (2.1 → (2, 1), LAST_SECTION) or table that is meant; () if it is named by words or all are
    - `points`: how many points are wanted; 0 if the question does not say
    - `things`: the topic, the two things to compare, or the names of several sections
    """

    aspect: Aspect
    number: tuple[int, ...] = ()
    points: int = 0
    things: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A work that a quoted sentence cites, and the nearest passage in its text, if that was read.

    `passage` is not a citation of the answer yet: its number is 0, its score the cosine of the two sentences. If not
    `certain`, the sentence cites either this work or another one that is listed with it.
    """

    work: CitedWork
    passage: "Citation | None" = None
    certain: bool = True

    def to_json(self) -> dict[str, Any]:
        """The work as `ask --json` and the API give it."""
        work = self.work
        return {
            "number": work.number,
            "key": work.key,
            "entry": work.line,
            "url": work.url,
            "state": work.state,
            "listed_in": work.listed_in,
            "entry_document_id": work.hit.passage.document_id if work.hit else work.listed_in,
            "entry_passage_id": work.entry_passage_id,
            "document_id": work.document_id,
            "passage": {name: getattr(self.passage, name) for name in _PLACE} if self.passage else None,
            "certain": self.certain,
        }


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote with its place: `text[quote_start:quote_end] == quote`, `text` being the passage's.

    `span` is the part of the quote that answers, `text[span_start:span_end]`; all three are None if no part stands out.
    `span_share` is the reader's probability for exactly this span, in [0, 1]; None if the span was looked up. `page` is
    the 1-based page on which the quote begins, None if the format has no pages. `reference` is the bibliography number
    of the work whose text or record is quoted. `cites` are the works that the quote cites; `cells` are the values of a
    table's row in `text`, from left to right.
    """

    number: int
    passage_id: str
    document_id: str
    document_title: str
    section: str
    page: int | None
    quote: str
    text: str
    quote_start: int
    quote_end: int
    score: float
    url: str | None
    span: str | None = None
    span_start: int | None = None
    span_end: int | None = None
    span_share: float | None = None
    origin: Origin = "document"
    reference: int | None = None
    cites: tuple[CitedSource, ...] = ()
    cells: tuple[Cell, ...] = ()
    gloss: tuple[str, str] | None = None  # the language and the text of a checked translation by a language model


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer and the numbers of the citations that support it."""

    text: str
    citations: tuple[int, ...]
    origin: Origin = "document"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the question's `language`; an abstention has no citations but keeps its hits.

    `near` are the passages nearest to a refused question, at most three. They have the form of citations, but are no
    evidence.

    `confidence` lies in [0, 1] and rises with the evidence. `notes` say what a reader should know of the sources.
    `document_titles` maps the ids in `hits`. `standalone` is the question as it was understood, "" if it is the
    question itself; `suggestions` are questions that can be asked next; `withheld` says why composed sentences are not
    shown. `asked` has an entry for each question of the message, in order.
    """

    question: str
    language: str
    abstained: bool
    confidence: float
    method: str
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()
    document_titles: dict[str, str] = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)
    intent: Intent = "passage"
    standalone: str = ""
    suggestions: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    near: tuple[Citation, ...] = ()
    asked: tuple[AskedFor, ...] = ()

    @property
    def confidence_label(self) -> Literal["sure", "likely", "weak"]:
        """The confidence in a word."""
        return "sure" if self.confidence >= SURE else "likely" if self.confidence >= LIKELY else "weak"

    def to_json(self) -> dict[str, Any]:
        """The answer as `app/web/routes/openapi.json` describes it."""
        return {
            "question": self.question,
            "standalone": self.standalone or self.question,
            "intent": self.intent,
            "language": self.language,
            "abstained": self.abstained,
            "confidence": round(self.confidence, 4),
            "confidence_label": self.confidence_label,
            "method": self.method,
            "suggestions": list(self.suggestions),
            "withheld": [{"reason": reason} for reason in self.withheld],
            "text": self.text,
            "sentences": [sentence_to_json(sentence) for sentence in self.sentences],
            "citations": [_citation_to_json(citation) for citation in self.citations],
            "near": [_citation_to_json(citation) for citation in self.near],
            "hits": [hit_to_json(hit, self.document_titles) for hit in self.hits],
            "notes": list(self.notes),
            "timings_ms": {name: round(value, 2) for name, value in self.timings_ms.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """An answer from its JSON, to be shown again; hits, cited works and suggestions are left out."""
        return cls(
            question=stored.get("question", ""),
            language=stored["language"],
            abstained=stored["abstained"],
            confidence=stored["confidence"],
            method=stored.get("method", ""),
            text=stored["text"],
            sentences=tuple(_sentence_from_json(sentence) for sentence in stored["sentences"]),
            citations=tuple(_citation_from_json(citation) for citation in stored["citations"]),
            hits=(),
            notes=tuple(stored.get("notes", ())),
            intent=stored.get("intent", "passage"),
            standalone=stored.get("standalone", ""),
            near=tuple(_citation_from_json(citation) for citation in stored.get("near", ())),
        )


def _citation_to_json(citation: Citation) -> dict[str, Any]:
    body = asdict(replace(citation, cites=()))
    gloss, cells = body.pop("gloss"), body.pop("cells")
    of_row = {"cells": cells} if cells else {}
    glossed = {"gloss": {"language": gloss[0], "text": gloss[1]}} if gloss else {}
    cites = [cited.to_json() for cited in citation.cites]
    share = citation.span_share
    body["span_share"] = None if share is None else round(share, 4)
    return {**body, "score": round(citation.score, 4), "cites": cites, **of_row, **glossed}


def _citation_from_json(stored: Mapping[str, Any]) -> Citation:
    names = {field.name for field in fields(Citation)} - {"cites", "cells", "gloss"}
    gloss = stored.get("gloss")
    values = {name: value for name, value in stored.items() if name in names}
    cells = tuple(Cell(**cell) for cell in stored.get("cells", ()))
    return Citation(**values, cells=cells, gloss=(gloss["language"], gloss["text"]) if gloss else None)


def _sentence_from_json(stored: Mapping[str, Any]) -> Sentence:
    return Sentence(stored["text"], tuple(stored["citations"]), stored.get("origin", "document"))


def sentence_to_json(sentence: Sentence) -> dict[str, Any]:
    """One sentence as `ask --json` and the API print it."""
    return {"text": sentence.text, "citations": list(sentence.citations), "origin": sentence.origin}


def hit_to_json(hit: Hit, titles: dict[str, str]) -> dict[str, Any]:
    """One hit as `ask --json`, `search --json` and the API print it."""
    passage = hit.passage
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "document_title": titles.get(passage.document_id, passage.document_id),
        "section": passage.place,
        "page": passage.page,
        "text": passage.text,
    }
