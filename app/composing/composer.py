"""Compose an answer from a model's sentences as they arrive; each is checked before it is shown.

The extractive answer is made first. It is kept if the model is slow, unreachable or wrong. Its sentences are appended
verbatim if no composed sentence covers them.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.answering.compose.extractive import citation_of, text_of
from app.answering.types import Answer, Citation, Sentence, Turn
from app.composing.check.sentence import CitedPassage, Quote, check
from app.composing.check.translation import is_faithful
from app.composing.check.whole_question import is_made_of
from app.composing.events import Event
from app.composing.limits import Calls, DailyTokens, LimitedModel, WrittenBefore
from app.composing.model import LanguageModel, ModelError, Usage
from app.composing.notes import note
from app.composing.prompt import Messages, answer_messages, gloss_messages, wanted_form, whole_messages
from app.composing.written import Writing, WrittenSentence
from retriever.cross_lingual.terms import share_words
from retriever.index.search import Index
from retriever.text import language_of
from retriever.types import Encoder

_PASSAGES, _EXTRACTED, _CHARACTERS = 6, 12, 3000  # for the model, at most: passages, those of an overview, characters
_MOST_SENTENCES = 8
_MOST_REPEATED = 2  # times that a sentence may occur; after that, the model repeats itself and is stopped
_GLOSSES = 3
_ASKS = re.compile(r"[?？]$|か。$")  # a question is not an answer: small models repeat the one that was asked
_COMPOSED = frozenset({"passage", "overview"})  # intents; answers from the bibliography and small talk stay as they are


@dataclass(slots=True)
class _Composed:
    """State of an answer that is being composed."""

    sentences: list[Sentence]
    citations: dict[tuple[str, int, int], Citation]
    withheld: list[str]
    seen: Counter[str]
    note: str = ""


class Composer:
    """Composes answers with one language model. Safe to use from several threads."""

    def __init__(
        self,
        model: LanguageModel,
        calls: Calls,
        tokens: DailyTokens,
        before: WrittenBefore | None,
        *,
        makes_whole: bool = False,
    ) -> None:
        self._model = LimitedModel(model, calls, tokens, before)
        self.makes_whole = makes_whole  # whether follow-ups are to be made whole by the model

    def compose(
        self,
        answer: Answer,
        index: Index,
        encoder: Encoder,
        emit: Callable[[Event], None] = lambda _: None,
        stopped: threading.Event | None = None,
    ) -> Answer:
        """The answer with composed sentences; unchanged, with a note, if the model failed; never raises ModelError.

        `emit` gets an event for each sentence that is shown or withheld. `stopped` ends the work early.
        """
        if answer.abstained or answer.intent not in _COMPOSED or not answer.citations:
            return answer
        evidence = _evidence(answer, index)
        if not evidence:
            return answer
        state = _Composed([], {}, [], Counter())
        messages = answer_messages(
            answer.standalone or answer.question,
            answer.language,
            wanted_form(answer),
            _texts_for_model(answer, evidence),
        )
        try:
            for written in self._sentences(messages, index, emit, stopped):
                if not _take(written, answer, evidence, encoder, state, emit):
                    break
        except ModelError as error:
            state.note = note(answer.language, error.kind)
        composed = _finished(answer, state)
        return self._with_glosses(composed, index, emit, stopped)

    def whole_question(
        self, answer: Answer, turns: Sequence[Turn], index: Index, emit: Callable[[Event], None] = lambda _: None
    ) -> str:
        """The question of an answer, completed from the turns before it; "" if the model's text fails the check."""
        text = self._text(whole_messages(answer.question, answer.language, turns), index, emit)
        return text if is_made_of(text, answer.question, answer.language, turns) else ""

    def _sentences(
        self, messages: Messages, index: Index, emit: Callable[[Event], None], stopped: threading.Event | None
    ) -> Iterator[WrittenSentence]:
        writing, usage = Writing(), Usage()
        try:
            for piece in self._model.pieces(messages, index.snapshot_name, usage):
                if stopped is not None and stopped.is_set():
                    return
                yield from writing.add(piece) if piece else writing.pause()
            yield from writing.finish(ended=usage.ended)
        finally:
            _tell_cost(usage, emit)

    def _text(self, messages: Messages, index: Index, emit: Callable[[Event], None]) -> str:
        usage = Usage()
        text = self._model.text(messages, index.snapshot_name, usage)
        _tell_cost(usage, emit)
        return text

    def _with_glosses(
        self, answer: Answer, index: Index, emit: Callable[[Event], None], stopped: threading.Event | None
    ) -> Answer:
        """The answer with a checked translation of each quote in another language, the first three."""
        citations, left = [], _GLOSSES
        for citation in answer.citations:
            record = index.documents.get(citation.document_id)  # None where it was removed meanwhile
            is_foreign = record is not None and not share_words(answer.language, record.language)
            if left and record and is_foreign and not (stopped and stopped.is_set()):
                left -= 1
                citation = self._glossed(citation, answer.language, record.language, index, emit)  # noqa: PLW2901
            citations.append(citation)
        return replace(answer, citations=tuple(citations))

    def _glossed(
        self, citation: Citation, language: str, quoted_in: str, index: Index, emit: Callable[[Event], None]
    ) -> Citation:
        text = self._text(gloss_messages(citation.quote, language), index, emit)
        if not is_faithful(text, language, citation.quote, quoted_in):
            return citation
        return replace(citation, gloss=(language, text))


def _tell_cost(usage: Usage, emit: Callable[[Event], None]) -> None:
    if usage.tokens:
        emit(Event(tokens=usage.tokens))


def _evidence(answer: Answer, index: Index) -> list[CitedPassage]:
    """The passages that the answer cites, then the other hits (not for an overview), with the vectors of their spans.

    A passage that is no longer in the index is left out.
    """
    rows = {hit.passage.id: hit.row for hit in answer.hits}
    for citation in answer.citations:
        if citation.passage_id not in rows:
            passages = index.passages_of(citation.document_id)
            first = index.documents[citation.document_id].first if passages else 0
            rows |= {passage.id: row for row, passage in enumerate(passages, first)}
    wanted = dict.fromkeys([citation.passage_id for citation in answer.citations])
    is_overview = answer.intent == "overview"
    if not is_overview:
        wanted |= dict.fromkeys(hit.passage.id for hit in answer.hits)
    chosen: list[CitedPassage] = []
    length = 0
    for name in list(wanted)[: _EXTRACTED if is_overview else _PASSAGES]:
        row = rows.get(name)
        if row is None or row >= index.row_count or (passage := index.passage(row)).id != name:
            continue
        length += 0 if is_overview else len(passage.searchable)
        if not chosen or length <= _CHARACTERS:
            chosen.append(CitedPassage(len(chosen) + 1, passage, index.sentences_of(row)))
    return chosen


def _texts_for_model(answer: Answer, evidence: Sequence[CitedPassage]) -> list[str]:
    """The text of each passage for the prompt: all of it or, for an overview, the extracted sentences."""
    if answer.intent != "overview":
        return [item.passage.searchable for item in evidence]
    extracts: dict[str, list[str]] = {item.passage.id: [item.passage.context] for item in evidence}
    for citation in answer.citations:
        if citation.passage_id in extracts:
            extracts[citation.passage_id].append(citation.quote)
    return ["\n".join(filter(None, extracts[item.passage.id])) for item in evidence]


def _take(
    written: WrittenSentence,
    answer: Answer,
    evidence: Sequence[CitedPassage],
    encoder: Encoder,
    state: _Composed,
    emit: Callable[[Event], None],
) -> bool:
    """Check a sentence, and show or withhold it; False if the model should be stopped."""
    state.seen[written.text] += 1
    if state.seen[written.text] > 1:
        return state.seen[written.text] <= _MOST_REPEATED
    reason, quotes = _judge(written, answer, evidence, encoder)
    if reason:
        state.withheld.append(reason)
        emit(Event(withheld=reason))
        return len(state.withheld) < _MOST_SENTENCES
    citations = tuple(_cited(quote, evidence, answer, state) for quote in quotes)
    sentence = Sentence(written.text, tuple(citation.number for citation in citations), origin="composed")
    state.sentences.append(sentence)
    emit(Event(sentence, citations))
    return len(state.sentences) < _MOST_SENTENCES


def _judge(
    written: WrittenSentence, answer: Answer, evidence: Sequence[CitedPassage], encoder: Encoder
) -> tuple[str, tuple[Quote, ...]]:
    """Why a sentence is withheld, or the quotes that support it.

    A sentence that cites no number is checked against all passages.
    """
    if written.has_markup:
        return "markup", ()
    if _ASKS.search(written.text):
        return "question", ()
    if set(written.numbers) - {item.number for item in evidence}:
        return "unknown_citation", ()
    if language_of(written.text, answer.language) != answer.language:
        return "language", ()
    cited = [item for item in evidence if item.number in written.numbers] or list(evidence)
    verdict = check(written.text, answer.language, cited, encoder.encode_passages, answer.standalone or answer.question)
    return verdict.reason, verdict.quotes


def _cited(quote: Quote, evidence: Sequence[CitedPassage], answer: Answer, state: _Composed) -> Citation:
    """The citation of a quote, numbered by its first use."""
    passage = next(item.passage for item in evidence if item.number == quote.number)
    key = passage.id, quote.start, quote.end
    if key not in state.citations:
        known = next(
            (quoted for quoted in answer.citations if (quoted.passage_id, quoted.quote_start, quoted.quote_end) == key),
            None,
        )
        score = next((hit.score for hit in answer.hits if hit.passage.id == passage.id), 0.0)
        citation = known or citation_of(
            passage, quote.start, quote.end, number=0, title=answer.document_titles[passage.document_id], score=score
        )
        state.citations[key] = replace(citation, number=len(state.citations) + 1)
    return state.citations[key]


def _finished(answer: Answer, state: _Composed) -> Answer:
    """The composed sentences, then each extractive sentence whose quote none of them cites, so nothing is lost."""
    notes = (*answer.notes, state.note) if state.note else answer.notes
    if not state.sentences:
        if state.withheld and not state.note:
            notes = (*notes, note(answer.language, "withheld"))
        return replace(answer, withheld=tuple(state.withheld), notes=notes)
    sentences, citations = list(state.sentences), list(state.citations.values())
    is_mixed = False
    for quoted in answer.sentences:
        missing = [
            citation
            for citation in answer.citations
            if citation.number in quoted.citations and not _is_cited(citation, citations)
        ]
        if missing:
            is_mixed = True
            numbered = [replace(citation, number=len(citations) + place) for place, citation in enumerate(missing, 1)]
            citations += numbered
            sentences.append(replace(quoted, citations=tuple(citation.number for citation in numbered)))
    return replace(
        answer,
        method="mixed" if is_mixed else "generative",
        text=text_of(sentences),
        sentences=tuple(sentences),
        citations=tuple(citations),
        withheld=tuple(state.withheld),
        notes=notes,
    )


def _is_cited(citation: Citation, citations: Sequence[Citation]) -> bool:
    """Whether a quote is cited, whole or by a part that holds the words that answer."""
    start, end = citation.span_start, citation.span_end
    if start is None or end is None:
        start, end = citation.quote_start, citation.quote_end
    return any(
        other.passage_id == citation.passage_id and other.quote_start <= start and end <= other.quote_end
        for other in citations
    )
