"""Parse what a question says of works in a bibliography: their numbers and names, and what it asks of their texts.

The patterns of source_signs.toml are certain signs. Whether another question may be about sources is decided here, by
the model of classifier.py and the works that it names; app.answering.understand.sources.asked decides what it asks.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Literal

from app.answering.understand.classifier import intent_model, source_words
from app.answering.understand.words import numeral_value, places, source_signs
from ingest.bibliography.fields import surname_of
from ingest.references.cited_work import CitedWork
from retriever.cross_lingual.terms import cross_lingual_names
from retriever.cross_lingual.tokens import KATAKANA, tokens
from retriever.numerals import KANJI_TO_99
from retriever.text import (
    character_pairs,
    fold,
    is_asking,
    is_named,
    japanese_forms,
    language_of,
    letters,
    morphemes,
    words,
)

# Requests to the bibliography: entries (by number, title, author and year); what works say in their own texts; the
# number of works; a list of all or some; works that could be read; works that could not; works that the text cites
# nowhere; where it cites a work; sources of a claim or topic; sources of a claim that is only referred to
# (この主張の出典は？).
Asks = Literal["entry", "text", "count", "list", "read", "unread", "uncited", "citing", "claim", "pointing"]

SOURCE_LABELS = (
    "works_count",
    "works_list",
    "work_entry",
    "claim_source",
    "topic_source",
    "works_read",
    "works_unread",
    "works_uncited",
    "work_citing",
)  # of the model
# The least chance that a question is about sources: where works, or a sentence that cites some, confirm it; where it
# also has a word for sources and restricts them by year, language or kind.
LEAST_ABOUT_SOURCES, LEAST_FILTERED = 0.3, 0.1
_LEAST_BY_WORDS = 0.02  # the least chance by its words alone of a question that names who made a work
_LEAST_WITHIN = 0.6  # the least chance of a question that says 文献里, "in the document" or "among the works"
_SHORTEST_TITLE = 6  # least letters of a title that is recognised anywhere
_SHORTEST_KEY = 3  # sounds of a name that is recognised in another script
YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
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


def plain(question: str) -> str:
    """The question in NFKC, on one line, without its closing marks."""
    text = " ".join(unicodedata.normalize("NFKC", question).split())
    return re.sub(r"(?<![?。.!！？])[?。.!！？]++$", "", text).strip()


def numbered(question: str) -> SourceRequest | None:
    """The works that a question mentions by their numbers, and what it asks of their texts; None for no mention."""
    for text in (plain(question), fold(plain(question))):  # keep the question's own letters where that will do
        match = next((match for pattern in _patterns("numbered") if (match := pattern.search(text))), None)
        if not match:
            continue
        named, end = [numeral_value(next(filter(None, match.groups())))], match.end()
        while more := _patterns("further")[0].match(text, end):
            named.append(int(more.group(1)))
            end = more.end()
        asked_words = asked_of_text(text, [(match.start(), end)])
        return SourceRequest("text" if asked_words else "entry", tuple(dict.fromkeys(named)), asked_words)
    return None


def holds_year(question: str) -> bool:
    """Whether a question holds a year, by which it may name a work."""
    return bool(YEAR.search(plain(question)))


def about_sources(chances: Mapping[str, float]) -> float:
    """The chance in [0, 1] that a question is about sources."""
    return sum(chances[label] for label in SOURCE_LABELS)


def asks_within(question: str, chances: Mapping[str, float]) -> bool:
    """Whether a question names the document as the place of its answer (文献里), and does not surely ask of works."""
    is_placed = any(pattern.search(plain(question)) for pattern in _patterns("within"))
    return is_placed and about_sources(chances) < _LEAST_WITHIN


def chances_about_sources(
    question: str, by_words: Mapping[str, float], naming: Mapping[str, float], works: Sequence[CitedWork]
) -> Mapping[str, float] | None:
    """The chances of a question that is likely about sources; None for others.

    They are the model's chances `by_words` of the question alone, or `naming` if it names one of the `works`.
    """
    is_titled = bool(titled(works, plain(question)))
    if about_sources(by_words) < _LEAST_BY_WORDS and not is_titled:
        return None  # what an author found, which is no question about the work
    chances = naming if is_titled or made_by_named(question, works) else by_words
    least = LEAST_FILTERED if source_words(question)[0] else LEAST_ABOUT_SOURCES
    likely = about_sources(chances)
    # less likely than what is asked of a document as a whole, and small talk: no question about sources
    return chances if likely >= max(least, 1 - likely - chances["passage"]) else None


def stated_claim(question: str) -> re.Match[str] | None:
    """The claim that a question states as one (the claim that …), its first group; None for other questions."""
    bare = plain(question)
    return next((match for pattern in _patterns("claim") if (match := pattern.search(bare))), None)


def placed(question: str) -> tuple[int, str] | None:
    """The number of the work that a question about works means (number 10, リストの四番目), and the rest of it."""
    text = fold(plain(question))
    match = next((match for pattern in _patterns("placed") if (match := pattern.search(text))), None)
    return (numeral_value(next(filter(None, match.groups()))), blanked(text, match)) if match else None


def blanked(text: str, match: re.Match[str]) -> str:
    """The text with what was matched replaced by spaces, so that offsets stay valid."""
    return text[: match.start()] + " " * len(match.group()) + text[match.end() :]


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


@lru_cache(maxsize=4)
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of source_signs.toml of this name, with what stands in braces filled in."""
    signs = source_signs()
    named = "|".join(sorted(places(), key=len, reverse=True))
    numeral = signs["numeral"].replace("{kanji}", KANJI_TO_99)
    fill = {"{n}": numeral, "{place}": f"({named})", "{amount}": signs["amount"]}
    templates = signs[name]
    templates = [templates] if isinstance(templates, str) else templates
    filled = [reduce(lambda text, slot: text.replace(slot, fill[slot]), fill, pattern) for pattern in templates]
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in filled)


def titled(works: Sequence[CitedWork], question: str) -> list[CitedWork]:
    """The works whose whole titles the question gives."""
    given = letters(question)
    return [
        work
        for work in works
        if any(
            len(name) >= _SHORTEST_TITLE and name in given for name in map(letters, _with_main_title(work.entry.title))
        )
    ]


def _with_main_title(title: str) -> list[str]:
    """A title with and without its subtitle."""
    main = title
    for mark in (": ", "：", "――", "──", " — ", "? "):
        main = main.partition(mark)[0]
    return [title, main]


def made_by_named(question: str, works: Iterable[CitedWork]) -> list[CitedWork]:
    """The works of which a question names an author, the publisher or what they appeared in, in any script."""
    folded, heard = fold(plain(question)), _heard(plain(question))
    return [
        work
        for work in works
        if any(len(name) > 1 and is_named(name, folded) for name in makers(work))
        or any(not heard.isdisjoint(_sounds(_surname(author))) for author in work.entry.authors if heard)
    ]


def makers(work: CitedWork) -> Iterator[str]:
    """What the authors, the publisher and the container of a work are called."""
    for author in work.entry.authors:
        yield author
        yield _surname(author)
    yield from filter(None, (work.entry.container, work.entry.publisher))


_surname = lru_cache(maxsize=4096)(surname_of)  # needed of each author for each question


def _heard(text: str) -> frozenset[str]:
    """The phonetic keys of the names that a Japanese or Korean question does not write in Latin letters."""
    if text.isascii() or not _may_name(text):
        return frozenset()
    named = cross_lingual_names(text, language_of(text))
    return frozenset(token for term in named for spelling in term.spellings for token in spelling if _is_key(token))


def _may_name(text: str) -> bool:
    """Whether a question may hold a name: in Japanese, a proper noun or katakana."""
    return (
        language_of(text) != "ja"
        or bool(KATAKANA.search(text))
        or any(morpheme.pos[1] == "固有名詞" for morpheme in morphemes(fold(text), short=True))
    )


@lru_cache(maxsize=4096)
def _sounds(surname: str) -> frozenset[str]:
    """The phonetic keys of a person's name in Latin letters."""
    is_one_word = surname.isascii() and " " not in surname  # the words of an institution's name are ordinary ones
    return frozenset(filter(_is_key, tokens(surname))) if is_one_word else frozenset()


def _is_key(token: str) -> bool:
    """Whether a cross-lingual token is a phonetic key, and one that few names share."""
    kind, _, key = token.partition(":")
    return kind in {"s", "c"} and len(key) >= _SHORTEST_KEY
