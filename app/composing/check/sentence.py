"""Check one composed sentence against the passages that it cites: find the quotes that support it, or withhold it.

Errors that hardly change a sentence's vector have checks of their own: figures, quotations, names, negation,
comparison, modality. The rest is compared by the encoder and by shared words.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.answering.statements.meanings import opposed
from app.answering.statements.statement import Stance, figures, stance
from app.composing.check.across import lacking_latin, support, swapped_across
from app.composing.check.agreement import (
    contradiction,
    exchanged,
    gives_orders,
    lacking_figure,
    lacks_side,
    reporting,
    without_number_words,
)
from app.composing.check.belonging import swapped_figures
from app.composing.check.names import (
    alike_names,
    lacks_name,
    lacks_quotation,
    may_quote,
    names,
    other_subject,
    source_of,
)
from retriever.cross_lingual.terms import share_words
from retriever.text import content_words, letters, words
from retriever.types import Passage, Vectors

Reason = Literal[
    "",
    "no_citation",
    "unknown_citation",
    "figure",
    "quotation",
    "name",
    "negation",
    "comparison",
    "modality",
    "meaning",
]
_CANDIDATES = 3  # most similar spans that are tried as support of a sentence
_HELD = 0.1  # bonus for a span in another language that contains all figures of the sentence
_WITHIN = 0.15  # spans further below the best likeness are skipped
_CLAUSE_END = re.compile(r"[、，,;；]\s*(?:また、|そして、|and |while |but )?| and ")
_LEAST_WORDS = 3  # least content words in each part of a sentence of two parts
# Set by hand; they withhold no correct sentence of the pairs of app.training.composed_pairs.
_LEAST_SHARE = 0.5  # least share of a sentence's words in a source in its language
_COPIED_SHARE = 0.75  # share from which a sentence counts as copied
_LEAST_ODDS = -1.5  # least odds of `support` at which a span in another language supports a sentence
_WITHIN_ODDS = 1.0  # spans in another language whose odds are further below the best ones are skipped


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A cited passage: its number in the answer, and the vectors of its `quotable` spans, shape (spans, dimension)."""

    number: int
    passage: Passage
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Quote:
    """The span of a cited passage that supports a composed sentence."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The `reason` why a sentence is withheld ("": it is shown), the wrong words, and the quotes compared with it."""

    reason: Reason
    detail: str = ""
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    """A quotable span of the evidence, with the words before it that may name what it speaks of."""

    quote: Quote
    text: str
    around: str
    language: str
    cosine: float
    shared: float  # share of the sentence's words that the span holds; in another language, of its figures
    odds: float = 0.0  # of `support`, in another language

    @property
    def likeness(self) -> float:
        """Spans are tried in descending order of this."""
        return self.cosine + self.shared


def check(
    sentence: str,
    language: str,
    evidence: Sequence[CitedPassage],
    encode: Callable[[Sequence[str]], Vectors],
    question: str = "",
) -> Verdict:
    """The verdict on a sentence in `language` that cites `evidence`; `question` is the question that it answers.

    One span of the evidence must support all of it, or each of its two parts must be supported by one span.
    If all are refused, the reason against the most similar span is given.
    """
    if not evidence:
        return Verdict("no_citation")
    spans = _Spans(evidence, language, encode)
    whole = _by_one_span(sentence, language, spans, question)
    if not whole.reason:
        return whole
    for first, second in _halves(sentence):
        if not (spans.may_say(first) and spans.may_say(second)):
            continue
        first_verdict = _by_one_span(first, language, spans, question)
        if first_verdict.reason:
            continue
        rest = _by_one_span(second, language, spans, question)
        if not rest.reason and not (first_verdict.quotes == rest.quotes and whole.reason == "figure"):
            return Verdict("", "", tuple(dict.fromkeys((*first_verdict.quotes, *rest.quotes))))
    return whole


class _Spans:
    """The quotable spans of the evidence; a sentence is encoded only if some span is in another language."""

    def __init__(
        self, evidence: Sequence[CitedPassage], language: str, encode: Callable[[Sequence[str]], Vectors]
    ) -> None:
        self.evidence, self._language = evidence, language
        self._encode = encode if any(item.passage.language != language for item in evidence) else None
        self._texts = [
            (item.passage.language == language, item.passage.text[start:end])
            for item in evidence
            for start, end in item.passage.quotable
        ]

    def likest(self, sentence: str) -> list[_Span]:
        """The spans that may support a sentence, the most similar first; none that gives orders to a model."""
        own, claimed = frozenset(words(sentence)), figures(sentence)
        vector = self._encode([sentence])[0] if self._encode and self.may_say(sentence, abroad=True) else None
        chosen: list[_Span] = []
        for is_same in (True, False):  # ranked apart: shared words would outweigh similarity across languages
            spans: list[_Span] = []
            for item in self.evidence:
                if (item.passage.language == self._language) == is_same:
                    cosines = item.vectors @ vector if vector is not None else [0.0] * len(item.passage.quotable)
                    spans += _spans_of(item, own if is_same else frozenset(), cosines)
            if not is_same and claimed:
                spans = [
                    replace(span, shared=_HELD * (not lacking_figure(claimed, figures(span.text)))) for span in spans
                ]
            spans.sort(key=lambda span: -span.likeness)
            near = [span for span in spans[:_CANDIDATES] if span.likeness >= spans[0].likeness - _WITHIN]
            chosen += near if is_same or vector is None else self._supporting(sentence, near, spans)
        return sorted(chosen, key=lambda span: -span.likeness)

    def _supporting(self, sentence: str, near: Sequence[_Span], spans: Sequence[_Span]) -> list[_Span]:
        """The spans in another language whose odds of `support` are near the best: of `near`, and of highest cosine."""
        likeliest = max(spans, key=lambda span: span.cosine, default=None)
        compared = list(dict.fromkeys([*near, *filter(None, [likeliest])]))
        judged = [
            replace(span, odds=support(sentence, self._language, span.text, span.language, span.cosine))
            for span in compared
        ]
        least = max((span.odds for span in judged), default=0.0) - _WITHIN_ODDS
        return [span for span in judged if span.odds >= least]

    def may_say(self, sentence: str, *, abroad: bool = False) -> bool:
        """Whether some span (`abroad`: in another language) holds all figures of a sentence; else none supports it."""
        claimed = figures(sentence)
        return not claimed or any(
            not lacking_figure(claimed if is_same else without_number_words(claimed, text), figures(text))
            for is_same, text in self._texts
            if not (abroad and is_same)
        )


def _spans_of(item: CitedPassage, own: frozenset[str], cosines: Sequence[float] | Vectors) -> Iterator[_Span]:
    passage, previous = item.passage, ""
    for (start, end), cosine in zip(passage.quotable, cosines, strict=True):
        text = passage.text[start:end]
        shared = len(own.intersection(words(text))) / len(own) if own else 0.0
        around = f"{passage.context}\n{previous}"
        if not gives_orders(text):
            yield _Span(Quote(item.number, start, end), text, around, passage.language, float(cosine), shared)
        previous = text


def _by_one_span(sentence: str, language: str, spans: _Spans, question: str) -> Verdict:
    verdicts = [_against(sentence, language, span, spans.evidence, question) for span in spans.likest(sentence)]
    shown = next((verdict for verdict in verdicts if not verdict.reason), None)
    return shown or next(iter(verdicts), Verdict("meaning"))


def _halves(sentence: str) -> Iterator[tuple[str, str]]:
    """The sentence in two parts, at each place where a clause may end, if both parts say enough."""
    for match in _CLAUSE_END.finditer(sentence):
        parts = sentence[: match.start()], sentence[match.end() :]
        if all(len(content_words(part)) >= _LEAST_WORDS for part in parts):
            yield parts


def _against(sentence: str, language: str, span: _Span, evidence: Sequence[CitedPassage], question: str) -> Verdict:
    """The verdict on a sentence if `span` is its support."""
    quotes = (span.quote,)
    same = language == span.language
    own = figures(sentence) if same else without_number_words(figures(sentence), span.text)
    lacking = lacking_figure(own, figures(span.text))
    wrong = lacking.value if lacking else ""
    if wrong := wrong or _other_place(sentence, language, span):
        return Verdict("figure", wrong, quotes)
    if may_quote(sentence):
        whole = [source_of(item.passage.text, item.passage.language, language) for item in evidence]
        if lacking_quotation := lacks_quotation(sentence, whole):
            return Verdict("quotation", lacking_quotation, quotes)
    is_japanese = language == span.language == "ja"
    wrong = _lacking_name(sentence, language, span, evidence, question)
    if wrong := wrong or (other_subject(sentence, span.text) if is_japanese else ""):
        return Verdict("name", wrong, quotes)
    sentence_stance, source_stance = stance(sentence, language), stance(span.text, span.language)
    turned = contradiction(sentence_stance, source_stance, same_language=same)
    if not turned and not same and _is_opposed(sentence, language, span):
        turned = "comparison"
    if turned:
        return Verdict(turned, "", quotes)
    if same:
        lacking_word = _lacking_word(
            sentence_stance, source_stance, stance(f"{span.around}\n{question}", language), language
        )
        return Verdict("meaning" if lacking_word else "", lacking_word, quotes)
    return Verdict("" if span.odds >= _LEAST_ODDS else "meaning", "", quotes)


def _is_opposed(sentence: str, language: str, span: _Span) -> bool:
    """Whether the sentence and the span, one in English and the other in Japanese, use words of opposite meaning."""
    if {language, span.language} != {"en", "ja"}:
        return False
    english, japanese = (sentence, span.text) if language == "en" else (span.text, sentence)
    return bool(opposed(english, japanese) or lacks_side(sentence, language, span.text, span.language))


def _other_place(sentence: str, language: str, span: _Span) -> str:
    """A figure that the span relates to something else than the sentence does; or ""."""
    if language == span.language:
        return exchanged(sentence, span.text) or swapped_figures(sentence, span.text)
    return swapped_across(sentence, language, span.text, span.language)


def _lacking_name(sentence: str, language: str, span: _Span, evidence: Sequence[CitedPassage], question: str) -> str:
    """A name that the span lacks, if it may have replaced another name; else "".

    The text before the span, or the question, may contain the name of what the span calls "it". But if the sentence
    leaves out a name of the span, the name was replaced.
    """
    of_sentence = letters(sentence)
    is_across = not share_words(language, span.language)
    if is_across and language != "en" and (lacking := lacking_latin(sentence, f"{span.text}\n{span.around}")):
        return lacking
    own_names = alike_names if language != span.language else names
    left_out = any(letters(name) not in of_sentence for name in own_names(span.text, span.language))
    source = source_of(span.text, span.language, language)
    lacking = lacks_name(sentence, language, [source], names_only=is_across and left_out)
    if not lacking:
        return ""
    wider = [source_of(f"{span.text}\n{span.around}", span.language, language)]
    if letters(lacking) in letters(question):
        cited = (item.passage for item in evidence if item.number == span.quote.number)
        wider += [source_of(passage.text, passage.language, language) for passage in cited]
    return lacking if left_out else lacks_name(sentence, language, wider)


def _lacking_word(sentence_stance: Stance, source_stance: Stance, around: Stance, language: str) -> str:
    """A word of the sentence that its source lacks, if that may change what is said; else "".

    A near-copy of its source may contain no other content word: one replaced word is enough to make it wrong. A
    paraphrase must share enough of its words with the source itself; `around` only names what the source speaks of.
    """
    own = sentence_stance.words - reporting(language)
    foreign = own - source_stance.words
    if len(foreign) > (1 - _LEAST_SHARE) * len(own):
        return min(foreign)
    lacking = sorted(foreign - around.words)
    return lacking[0] if lacking and len(lacking) <= (1 - _COPIED_SHARE) * len(own) else ""
