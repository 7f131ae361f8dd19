"""What the quality gate and the side-by-side benchmark measure: figures of answers in their JSON form.

Nothing here imports the code that answers: answers of two versions are judged by one measure.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.evaluation.measures.matching import evidence_form, share_held, without_citation_marks

Row = Mapping[str, Any]  # a line of a question file
Answer = Mapping[str, Any]  # what `tenkyo ask --json` prints
Judge = Callable[[Row, Answer], float | None]

_SOURCE_QUESTIONS = {"count", "list", "entry", "claim_source"}
_ENOUGH_NUGGETS = 0.8  # share of a list's vital items that makes the list right
_NO_MATTER = re.compile(r"[\W_]+")


def _bare(text: str) -> str:
    """`text` without white space, punctuation and the difference between capitals and small letters."""
    return _NO_MATTER.sub("", unicodedata.normalize("NFKC", text)).lower()


def _answerable(row: Row) -> bool:
    return bool(row["answers"] or row["evidence"] or row.get("nuggets"))


def _shown(answer: Answer) -> str:
    """What a reader sees of an answer: its text and its quotations; empty for an abstention."""
    if answer["abstained"]:
        return ""
    return " ".join([answer["text"], *(citation["quote"] for citation in answer["citations"])])


def _evidence_in(k: int) -> Judge:
    def judge(row: Row, answer: Answer) -> float | None:
        if not row["evidence"]:
            return None
        passages = [_bare(hit["text"]) for hit in answer["hits"][:k]]
        return float(any(_bare(quote) in passage for quote in row["evidence"] for passage in passages))

    return judge


def _match(row: Row, text: str) -> float | None:
    """How much of what is accepted stands in a text: the share of a list's items, otherwise whether any does."""
    accepted = [*row["answers"], *row.get("answers_translated", [])]
    if not accepted:
        return None
    if row.get("computed"):  # a number that no passage says: "4" must not be found in "2024"
        return float(any(re.search(rf"(?<!\d){re.escape(word)}(?!\d)", text) for word in accepted))
    share = share_held(without_citation_marks(text), row["answers"])
    if row["type"] == "list" and "expects" not in row:
        return share
    return float(share > 0 or share_held(without_citation_marks(text), accepted) > 0)


def _answer(row: Row, answer: Answer) -> float | None:
    if row.get("nuggets") and row.get("expects") in _SOURCE_QUESTIONS:
        return float((_vital_nuggets(row, answer) or 0.0) >= _ENOUGH_NUGGETS)
    return _match(row, "" if answer["abstained"] else answer["text"])


def _first_sentence(row: Row, answer: Answer) -> float | None:
    sentences = [] if answer["abstained"] else answer["sentences"]
    return _match(row, sentences[0]["text"] if sentences else "")


def _vital_nuggets(row: Row, answer: Answer) -> float | None:
    """The share of the points that an answer must make and does."""
    vital = [nugget["any"] for nugget in row.get("nuggets", []) if nugget["vital"]]
    text = _bare(_shown(answer))
    return (
        sum(any(_bare(wording) in text for wording in wordings) for wordings in vital) / len(vital) if vital else None
    )


def _absent_refused(row: Row, answer: Answer) -> float | None:
    """Whether a question without an answer is refused; a quotation that denies its premise counts as well."""
    if _answerable(row) or row.get("expects") in {"smalltalk", "ordinary"}:
        return None
    shown = evidence_form(_shown(answer))
    return float(answer["abstained"] or any(evidence_form(quote) in shown for quote in row.get("corrections", [])))


def _wrongly_refused(row: Row, answer: Answer) -> float | None:
    return float(answer["abstained"]) if _answerable(row) else None


def _smalltalk(row: Row, answer: Answer) -> float | None:
    return float(answer.get("intent") == "smalltalk") if row.get("expects") == "smalltalk" else None


def _ordinary(row: Row, answer: Answer) -> float | None:
    """Whether a question about the content is not taken for one about its sources."""
    return float(answer.get("intent") != "sources") if row.get("expects") == "ordinary" else None


FIGURES: dict[str, Judge] = {
    "evidence_first": _evidence_in(1),
    "evidence_in_five": _evidence_in(5),
    "answer": _answer,
    "first_sentence": _first_sentence,
    "absent_refused": _absent_refused,
    "wrongly_refused": _wrongly_refused,
    "vital_nuggets": _vital_nuggets,
    "smalltalk": _smalltalk,
    "ordinary": _ordinary,
}
"""What is measured, each in [0, 1]. Higher is better, but for `wrongly_refused`."""

LOWER_IS_BETTER = {"wrongly_refused"}


@dataclass(frozen=True, slots=True)
class Figure:
    """The mean of one measure over the `n` questions for which it is defined."""

    value: float
    n: int

    @property
    def standard_error(self) -> float:
        """Of the mean, for questions drawn from many like these; too large where a question may count in part."""
        return math.sqrt(self.value * (1 - self.value) / self.n)


def measured_figures(judged: Iterable[tuple[Row, Answer]]) -> dict[str, Figure]:
    """The figures of a set of questions; those that are defined for none of them are left out."""
    pairs = list(judged)
    result = {}
    for name, judge in FIGURES.items():
        values = [value for row, answer in pairs if (value := judge(row, answer)) is not None]
        if values:
            result[name] = Figure(sum(values) / len(values), len(values))
    return result


def table(columns: Mapping[str, Mapping[str, Figure]]) -> str:
    """The figures of several sets with their standard errors as lines of text, one set a line."""
    width = max(map(len, columns), default=0)
    heads = [f"{name:>22}" for name in FIGURES]
    lines = [" " * width + "".join(heads)]
    for name, measured in columns.items():
        cells = [_cell(measured[key]) if key in measured else "-" for key in FIGURES]
        lines.append(f"{name:{width}}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


def _cell(figure: Figure) -> str:
    return f"{figure.value:.3f} ± {figure.standard_error:.3f} of {figure.n:>4}"


def shortfalls(measured: Mapping[str, Figure], bounds: Mapping[str, float]) -> list[str]:
    """One phrase for each bound that does not hold."""
    missed = []
    for name, bound in bounds.items():
        value = measured[name].value
        worse = value > bound + 1e-9 if name in LOWER_IS_BETTER else value < bound - 1e-9
        if worse:
            relation = "more" if name in LOWER_IS_BETTER else "less"
            missed.append(f"{name} is {value:.3f} over {measured[name].n} questions, {relation} than {bound}")
    return missed


def wrong_answers(judged: Sequence[tuple[Row, Answer]]) -> list[str]:
    """The questions of a set that were not answered as they should be, one line each, for a developer to read."""
    lines = []
    for row, answer in judged:
        right = _absent_refused(row, answer) if not _answerable(row) else _answer(row, answer)
        if right is not None and right < 1:
            lines.append(f"{row['id']} {row['question'][:60]!r} → {answer['text'][:80]!r}")
    return lines
