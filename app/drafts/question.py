"""A question that a sentence, a row or a heading answers, and the draft that names its passage."""

from dataclasses import dataclass

WRITTEN = "written"  # the kind of a question that somebody wrote by hand
# Kinds of questions by form (forms.toml), which suit any document: on the whole, on its bibliography, on a part.
WHOLE = ("summary", "conclusion", "points", "limits", "outline", "aim", "method")
BIBLIOGRAPHY = ("works", "oldest", "count")
PARTS = ("name", "part", "table")
BY_FORM = frozenset({*WHOLE, *BIBLIOGRAPHY, *PARTS})
# Kinds of questions drafted from a text, the most reliable first; drafts take turns among kinds in this order.
KINDS = (
    *("definition", "figure", "reason", "cell", "date", "identity", "agent", "quotation", "list", "manner", "purpose"),
    *("place", "object", "section"),
)
_TYPES = {
    "definition": "explain", "reason": "explain", "manner": "explain", "purpose": "explain", "section": "explain",
    "list": "list", "cell": "table",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """A question of one of the kinds above, with the words that answer it, verbatim from the text."""

    kind: str
    text: str
    answer: str

    @property
    def type(self) -> str:
        """The type of question, as question files name it."""
        return _TYPES.get(self.kind, "factoid")


@dataclass(frozen=True, slots=True)
class Draft:
    """A question with the passage that answers it and its `evidence`, a verbatim part of that passage."""

    question: DraftQuestion
    language: str
    document_id: str
    passage_id: str
    section: str
    evidence: str
