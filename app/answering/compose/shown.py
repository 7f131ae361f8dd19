"""The parts of an answer as a terminal or page shows them: sentences with their source, citations, cited works."""

from dataclasses import dataclass, replace
from typing import Literal

from app.answering.compose.messages import cites_words, origin_label, state_word
from app.answering.types import Answer, Citation, CitedSource
from app.answering.understand.answer_forms import holds_form

Certainty = Literal["sure", "likely", "weak", "extract", ""]
_EXCERPT = 120  # characters shown of a near passage's quote


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence with its citations; `origin` says whose words it has, in the answer's language, or is empty."""

    text: str
    citations: tuple[Citation, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class ShownWork:
    """A work that a quote cites: the words before it, its numbered entry, and the state of its text.

    `state` is empty if the full text was read.
    """

    label: str
    entry: str
    state: str
    cited: CitedSource


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A citation, whose words it quotes, and the works that it cites, without those that the answer cites itself."""

    citation: Citation
    origin: str
    works: tuple[ShownWork, ...]


def shown_certainty(answer: Answer) -> Certainty:
    """The answer's certainty; always weak if no quoted sentence has the form that the question needs.

    An overview consists of the document's own sentences ("extract"); no other intent but "passage" has a certainty.
    """
    if answer.intent == "overview" and answer.citations and answer.method == "extractive":
        return "extract"
    if answer.intent != "passage":
        return ""
    asked = answer.asked[0] if len(answer.asked) == 1 else None
    quoted = [sentence for sentence in answer.sentences if sentence.citations and sentence.origin != "composed"]
    if asked is None or asked.needed_form is None or len(quoted) < len(answer.sentences):
        return answer.confidence_label
    fits = any(holds_form(asked.needed_form, sentence.text, asked.question) for sentence in quoted)
    return answer.confidence_label if fits else "weak"


def shown_near(answer: Answer) -> list[ShownSource]:
    """The near passages of an abstention, their quotes shortened; they are not evidence, so nothing is followed."""
    return [ShownSource(_shortened(citation), _origin(answer.language, citation), ()) for citation in answer.near]


def _shortened(citation: Citation) -> Citation:
    quote = " ".join(citation.quote.split())
    return citation if len(quote) <= _EXCERPT else replace(citation, quote=quote[: _EXCERPT - 1] + "…")


def shown_sentences(answer: Answer) -> list[ShownSentence]:
    """The sentences of an answer."""
    citations = {citation.number: citation for citation in answer.citations}
    shown = []
    for sentence in answer.sentences:
        cited = tuple(citations[number] for number in sentence.citations if number in citations)
        composed = sentence.origin == "composed"
        origin = origin_label(answer.language, "composed", None) if composed else ""
        if cited and not composed:
            origin = _origin(answer.language, cited[0])
        shown.append(ShownSentence(sentence.text, cited, origin))
    return shown


def shown_sources(answer: Answer) -> list[ShownSource]:
    """The citations of an answer."""
    cited_ids = {citation.passage_id for citation in answer.citations}
    return [
        ShownSource(
            citation,
            _origin(answer.language, citation),
            tuple(
                _work(answer.language, cited)
                for cited in citation.cites
                if cited.work.entry_passage_id not in cited_ids
            ),
        )
        for citation in answer.citations
    ]


def _origin(language: str, citation: Citation) -> str:
    return origin_label(language, citation.origin, citation.reference)


def _work(language: str, cited: CitedSource) -> ShownWork:
    work = cited.work
    state = "" if work.state == "fetched" else state_word(language, work.state)
    return ShownWork(cites_words(language, certain=cited.certain), f"{work.number}. {work.line}", state, cited)
