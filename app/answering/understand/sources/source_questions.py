"""Parse what a question says of works in a bibliography: numbers, its subject, what it asks of the works' texts."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from app.answering.understand.intent_model import intent_model
from app.answering.understand.sources.signs import patterns_for, plain
from app.answering.understand.words import numeral_value, source_signs
from retriever.text import (
    character_pairs,
    fold,
    is_asking,
    japanese_forms,
    language_of,
    morphemes,
    words,
)

# Requests to the bibliography: entries (by number, title, author and year); what works say in their own texts; the
# number of works; a list of all or some; works that could be read; works that could not; works that the text cites
# nowhere; where it cites a work; sources of a claim or topic; sources of a claim that is only referred to
# (この主張の出典は？).
Asks = Literal["entry", "text", "count", "list", "read", "unread", "uncited", "citing", "claim", "pointing"]

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d.,]*%?")
_NAMING = {"名詞", "動詞", "形容詞", "形状詞"}  # the parts of speech of words that tell a subject


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a question asks of the bibliography.

    - `numbers`: the works that are meant, 1-based, or LAST
    - `words`: what is asked of the works' texts ("text"), the claim or topic ("claim")
    - `on_topic`: the words name a topic on which the paper may cite something, not a claim
    - `some`: "count" and "list" mean only the works looked up, not all
    - `sure`: if False, a claim is answered only if the paper cites a work for it
    - `by_date`: the works are named by author and year, so that the paper's own text may answer, too
    """

    asks: Asks
    numbers: tuple[int, ...] = ()
    words: str = ""
    on_topic: bool = False
    by_date: bool = False
    some: bool = False
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """The words of a question outside its frame (list the works on …): `text` from the first to the last of them.

    `words`: their normal forms; `names`: whether one of them looks like a name or a figure.
    """

    text: str
    words: tuple[str, ...]
    names: bool


def numbered(question: str) -> SourceRequest | None:
    """The works that a question mentions by their numbers, and what it asks of their texts; None for no mention."""
    for text in (plain(question), fold(plain(question))):  # keep the question's own letters where that will do
        match = next((match for pattern in patterns_for("numbered") if (match := pattern.search(text))), None)
        if not match:
            continue
        named, end = [numeral_value(next(filter(None, match.groups())))], match.end()
        while more := patterns_for("further")[0].match(text, end):
            named.append(int(more.group(1)))
            end = more.end()
        asked_words = asked_of_text(text, [(match.start(), end)])
        return SourceRequest("text" if asked_words else "entry", tuple(dict.fromkeys(named)), asked_words)
    return None


def content(text: str, frames: Collection[str] | None = None) -> Content:
    """The subject of a question: its words outside the frame, by default the frame of questions about sources."""
    frames, language = intent_model().frames if frames is None else frames, language_of(text)
    tokens = _tokens(text, language, frames)
    kept = [(start, end, form) for start, end, form in tokens if form and not _is_frame(form, language, frames)]
    if not kept:
        return Content("", (), names=False)
    end = kept[-1][1]
    subject = text[kept[0][0] : end + (text[end : end + 1] in {"%", "％"})]
    forms = tuple(dict.fromkeys(form for _, _, form in kept))
    return Content(subject, forms, any(_looks_like_name(text, start, end) for start, end, _ in kept))


def _tokens(text: str, language: str, frames: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, normal form) of the words of a text; the form is empty for a word that says nothing by itself."""
    if language == "zh":
        yield from _chinese_tokens(text, frames)
        return
    if language == "ja":
        for morpheme in morphemes(text):
            names = morpheme.pos[0] in _NAMING and not is_asking(morpheme.normalised)
            yield morpheme.start, morpheme.end, morpheme.normalised.lower() if names else ""
        return
    for match in _WORD.finditer(text):
        yield match.start(), match.end(), "" if is_asking(match.group()) else next(iter(words(match.group())), "")


def _chinese_tokens(text: str, frames: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, form) of Latin words, and of runs of characters that no pair of a frame covers."""
    comparable = fold(japanese_forms(text))
    covered = [False] * len(text)
    for at in range(len(text) - 1) if len(comparable) == len(text) else ():
        if comparable[at : at + 2] in frames:
            covered[at] = covered[at + 1] = True
    for match in re.finditer(r"[A-Za-z0-9]+(?:[.%'’-][A-Za-z0-9]+)*%?|[^\W\d_a-zA-Z]+", text):
        if match.group().isascii():
            yield match.start(), match.end(), match.group().lower()
            continue
        start = None
        for at in range(match.start(), match.end() + 1):
            is_open = at < match.end() and not covered[at]
            if is_open and start is None:
                start = at
            elif not is_open and start is not None:
                yield start, at, text[start:at] if at - start > 1 else ""  # a single character says little
                start = None


def _is_frame(form: str, language: str, frames: Collection[str]) -> bool:
    return form in frames or (language == "ko" and "\uac00" <= form[0] <= "\ud7a3" and form[:2] in frames)


def frame_words(text: str) -> Collection[str]:
    """The words of an example for `frames`; also first two syllables of Korean words, and Chinese character pairs."""
    kept = set(words(text))
    kept |= {word[:2] for word in kept if "\uac00" <= word[0] <= "\ud7a3"}
    return kept | set(character_pairs(text)) if language_of(text) == "zh" else kept


def _looks_like_name(text: str, start: int, end: int) -> bool:
    word = text[start:end]
    return word[0].isdigit() or (start > 0 and word[0].isupper()) or bool(re.match(r"[ァ-ヺ]{3}", word))


def asked_of_text(text: str, mentions: Sequence[tuple[int, int]]) -> str:
    """What a question asks of the texts of the works mentioned at these (start, end).

    Empty where it asks about the works themselves: all of its words are those of such questions.
    """
    ends = [end for _, end in mentions]
    starts = [*(start for start, _ in mentions[1:]), len(text)]
    before = text[: mentions[0][0]]
    after = "".join(text[end:start].lstrip("])〕」』") for end, start in zip(ends, starts, strict=True))
    if not content(f"{before} {after}").words:
        return ""
    joined = (_joining("before").sub("", before), _joining("after").sub("", after))
    return " ".join(" ".join(joined).split()).strip(" 、,")


@lru_cache(maxsize=2)
def _joining(side: str) -> re.Pattern[str]:
    """A pattern of the words between a work's mention and the question to its text; `side`: of the mention."""
    joins = source_signs()["joins"][side]
    return re.compile(rf"(?:{joins})\s*$" if side == "before" else rf"^\s*(?:{joins})?[\s、,，:：]*", re.IGNORECASE)
