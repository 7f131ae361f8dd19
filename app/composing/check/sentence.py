"""One composed sentence against the passages that it cites: the sentences of theirs that say it, or why it is withheld.

Everything that can be wrong without a trace in the meaning is compared by itself: figures, quotations, names, negation,
comparison, modality. What is left is compared by the encoder and by the words in common.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.composing.check.figures import figures, lacking_figure
from app.composing.check.names import lacks_name, lacks_quotation, names, source_of
from app.composing.check.polarity import Stance, contradiction, reporting, stance
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
_CANDIDATES = 3  # spans of the passages, the most similar first, that may stand behind a sentence
_WITHIN = 0.15  # spans whose likeness lies further below the best one's are not considered
_CLAUSE_END = re.compile(r"[、，,;；]\s*(?:また、|そして、|and |while |but )?| and ")
_LEAST_WORDS = 3  # of weight in each part of a sentence of two parts
# Set by hand; on the pairs of app.training.composed_pairs nothing is withheld by them that is right.
_LEAST_SHARE = 0.5  # of the sentence's words, where it is in the language of its source
_COPIED_SHARE = 0.75  # from which a sentence counts as copied
_LEAST_COSINE = 0.84  # of the vectors of the sentence and its source, of which any two of one subject have 0.8


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cited passage: its number in the answer, and the vectors of its `quotable` spans, shape (spans, dimension)."""

    number: int
    passage: Passage
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Quote:
    """The span of a cited passage that says what a composed sentence says."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a sentence is withheld ("" where it is shown), with what was wrong; else the quotes that say it."""

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
    shared: float  # share of the sentence's words that the span holds

    @property
    def likeness(self) -> float:
        """By which spans are tried."""
        return self.cosine + self.shared


def check(
    sentence: str,
    language: str,
    evidence: Sequence[Evidence],
    encode: Callable[[Sequence[str]], Vectors],
    asked: str = "",
) -> Verdict:
    """The verdict on a sentence in `language` that cites `evidence`; `asked` is the question that it answers.

    One span of the evidence must say all of it, or the sentence is of two parts, each of which is said by one span.
    If all are refused, the reason against the most similar span is given.
    """
    if not evidence:
        return Verdict("no_citation")
    whole = _by_one_span(sentence, language, evidence, encode, asked)
    if not whole.reason:
        return whole
    for first, second in _halves(sentence):
        told = _by_one_span(first, language, evidence, encode, asked)
        if not told.reason:
            rest = _by_one_span(second, language, evidence, encode, asked)
            if not rest.reason:
                return Verdict("", "", tuple(dict.fromkeys((*told.quotes, *rest.quotes))))
    return whole


def _by_one_span(
    sentence: str, language: str, evidence: Sequence[Evidence], encode: Callable[[Sequence[str]], Vectors], asked: str
) -> Verdict:
    spans = sorted(_spans(sentence, evidence, encode), key=lambda span: -span.likeness)[:_CANDIDATES]
    close = [span for span in spans if span.likeness >= spans[0].likeness - _WITHIN]
    verdicts = [_against(sentence, language, span, evidence, asked) for span in close]
    shown = next((verdict for verdict in verdicts if not verdict.reason), None)
    return shown or next(iter(verdicts), Verdict("meaning"))


def _halves(sentence: str) -> Iterator[tuple[str, str]]:
    """The sentence in two parts, at each place where a clause may end, if both parts say enough."""
    for match in _CLAUSE_END.finditer(sentence):
        parts = sentence[: match.start()], sentence[match.end() :]
        if all(len(content_words(part)) >= _LEAST_WORDS for part in parts):
            yield parts


def _spans(sentence: str, evidence: Sequence[Evidence], encode: Callable[[Sequence[str]], Vectors]) -> Iterator[_Span]:
    vector = encode([sentence])[0]
    own = set(words(sentence))
    for one in evidence:
        passage = one.passage
        previous = ""
        for (start, end), cosine in zip(passage.quotable, one.vectors @ vector, strict=True):
            text = passage.text[start:end]
            shared = len(own & set(words(text))) / max(1, len(own))
            around = f"{passage.context}\n{previous}"
            yield _Span(Quote(one.number, start, end), text, around, passage.language, float(cosine), shared)
            previous = text


def _against(sentence: str, language: str, span: _Span, evidence: Sequence[Evidence], asked: str) -> Verdict:
    """What speaks against a sentence, if `span` is what stands behind it."""
    quotes = (span.quote,)
    if lacking := lacking_figure(figures(sentence), figures(span.text)):
        return Verdict("figure", lacking.value, quotes)
    whole = [source_of(one.passage.text, one.passage.language, language) for one in evidence]
    if lacking_quotation := lacks_quotation(sentence, whole):
        return Verdict("quotation", lacking_quotation, quotes)
    if lacking_name := _lacking_name(sentence, language, span, evidence, asked):
        return Verdict("name", lacking_name, quotes)
    same = language == span.language
    told, said = stance(sentence, language), stance(span.text, span.language)
    if turned := contradiction(told, said, same_language=same):
        return Verdict(turned, "", quotes)
    if not same:
        return Verdict("" if span.cosine >= _LEAST_COSINE else "meaning", "", quotes)
    lacking_word = _lacking_word(told, said, stance(f"{span.around}\n{asked}", language), language)
    return Verdict("meaning", lacking_word, quotes) if lacking_word else Verdict("", "", quotes)


def _lacking_name(sentence: str, language: str, span: _Span, evidence: Sequence[Evidence], asked: str) -> str:
    """A name that the span lacks, if it may have been put in another one's place; else "".

    What stands before the span may name what the span calls "it", and the question may too, unless the sentence leaves
    out a name of the span: then the name was exchanged.
    """
    lacking = lacks_name(sentence, language, [source_of(span.text, span.language, language)])
    if not lacking:
        return ""
    of_sentence = letters(sentence)
    left_out = language == span.language and any(
        letters(name) not in of_sentence for name in names(span.text, span.language)
    )
    wider = [source_of(f"{span.text}\n{span.around}", span.language, language)]
    if letters(lacking) in letters(asked):
        wider += [source_of(one.passage.text, one.passage.language, language) for one in evidence]
    return lacking if left_out else lacks_name(sentence, language, wider)


def _lacking_word(told: Stance, said: Stance, around: Stance, language: str) -> str:
    """A word of the sentence that its source lacks, if that may change what is said; else "".

    A sentence that is all but a copy of its source may hold no other word of weight: one exchanged word is enough to
    make it wrong. A sentence in other words must share enough of them.
    """
    own = told.words - reporting(language)
    lacking = sorted(own - said.words - around.words)
    share = 1 - len(lacking) / len(own) if own else 1.0
    return lacking[0] if lacking and not _LEAST_SHARE <= share < _COPIED_SHARE else ""
