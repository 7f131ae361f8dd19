"""What the words of a question say of sources and works, by the lists of source_signs.toml.

Signs that it is about sources: words for a source, what restricts works (year, language, kind, age), numbers in a list,
claims that are stated as such, and names of listed works (title, author, publisher or what they appeared in). Then its
subject, the works that it mentions by number, and what it asks of their texts.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Literal

from app.answering.understand.words import any_word, numeral_value, places, source_signs
from ingest.bibliography.fields import surname_of
from ingest.references.cited_work import CitedWork
from retriever.cross_lingual.terms import cross_lingual_names
from retriever.cross_lingual.tokens import KATAKANA, tokens
from retriever.files import load_arrays
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

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d.,]*%?")
_NAMING = {"名詞", "動詞", "形容詞", "形状詞"}  # the parts of speech of words that tell a subject
YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DECADE = re.compile(r"(?<!\d)(?:1[5-9]|20)\d0(?:\s?(?:年代|년대)|s\b)")
WEIGHTS = Path(__file__).with_name("intent_weights.npz")
_SHORTEST_TITLE = 6  # least letters of a title that is recognised anywhere
_SHORTEST_KEY = 3  # sounds of a name that is recognised in another script
_YEARS = {"since": (0, None), "after": (1, None), "until": (None, 0), "before": (None, -1)}


def plain(question: str) -> str:
    """The question in NFKC, on one line, without its closing marks."""
    text = " ".join(unicodedata.normalize("NFKC", question).split())
    return re.sub(r"(?<![?。.!！？])[?。.!！？]++$", "", text).strip()


def holds_year(question: str) -> bool:
    """Whether a question holds a year, by which it may name a work."""
    return bool(YEAR.search(plain(question)))


def source_words(text: str) -> tuple[bool, bool]:
    """Whether a question has a word for a source, and whether it has one that may be."""
    folded = fold(text)
    return bool(_sources("plain").search(folded)), bool(_sources("weak").search(folded))


def stated_claim(question: str) -> re.Match[str] | None:
    """The claim that a question states as one (the claim that …), its first group; None for other questions."""
    bare = plain(question)
    return next((match for pattern in patterns_for("claim") if (match := pattern.search(bare))), None)


def mentions_number(question: str) -> bool:
    """Whether a question mentions a work by its number in the list."""
    texts = (plain(question), fold(plain(question)))
    return any(pattern.search(text) for text in texts for pattern in patterns_for("numbered"))


def placed(question: str) -> tuple[int, str] | None:
    """The number of the work that a question about works means (number 10, リストの四番目), and the rest of it."""
    text = fold(plain(question))
    match = next((match for pattern in patterns_for("placed") if (match := pattern.search(text))), None)
    return (numeral_value(next(filter(None, match.groups()))), blanked(text, match)) if match else None


def blanked(text: str, match: re.Match[str]) -> str:
    """The text with what was matched replaced by spaces, so that offsets stay valid."""
    return text[: match.start()] + " " * len(match.group()) + text[match.end() :]


@dataclass(frozen=True, slots=True)
class Filters:
    """What restricts the works that are asked for; `rest` is the question without these words, of the same length.

    `years` are the first and the last year, `newest` and `oldest` ask for one work alone.
    """

    rest: str
    years: tuple[int, int] | None = None
    languages: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    newest: bool = False
    oldest: bool = False

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.years or self.languages or self.kinds or self.newest or self.oldest)


def filters(question: str) -> Filters:
    """The filters in a question about works."""
    text, signs = fold(plain(question)), source_signs()["filters"]
    text, years = _without_years(text)
    matched: dict[str, set[str]] = {}
    for what in ("language", "kind", "order"):
        for name, listed in signs[what].items():
            if (pattern := any_word(listed)).search(text):
                matched.setdefault(what, set()).add(name)
                text = pattern.sub(lambda match: " " * len(match.group()), text)
    order = matched.get("order", set())
    languages, kinds = (frozenset(matched.get(what, ())) for what in ("language", "kind"))
    return Filters(text, years, languages, kinds, "newest" in order, "oldest" in order)


def _without_years(folded: str) -> tuple[str, tuple[int, int] | None]:
    """The question without a year and its relation (since 2019, 2019年以降), and the years that it stands for."""
    for pattern in _year_ranges():
        if match := pattern.search(folded):
            ends = sorted(int(year) for year in match.groups())
            return blanked(folded, match), (ends[0], ends[1])
    for relation, offsets in _YEARS.items():
        if match := _year_with(relation).search(folded):
            year = int(YEAR.search(match.group())[0])  # type: ignore[index]  # the pattern holds a year
            first, last = (year + offset if offset is not None else None for offset in offsets)
            return blanked(folded, match), (first or 0, last or 9999)
    if match := _DECADE.search(folded):
        first = int(match.group()[:4])
        return blanked(folded, match), (first, first + 9)
    if match := re.search(rf"(?<!\d){YEAR.pattern}\s?(?:年|년)?", folded):
        year = int(match.group()[:4])
        return blanked(folded, match), (year, year)
    return folded, None


@lru_cache(maxsize=1)
def _year_ranges() -> tuple[re.Pattern[str], ...]:
    """Patterns of a first and a last year: between 2019 and 2021, 2019年から2021年."""
    year = rf"(?<!\d)({YEAR.pattern})(?!\d)"
    return tuple(re.compile(pattern.replace("{year}", year)) for pattern in source_signs()["filters"]["year"]["range"])


@lru_cache(maxsize=4)
def _year_with(relation: str) -> re.Pattern[str]:
    listed = [fold(word) for word in source_signs()["filters"]["year"][relation].split()]
    english = "|".join(word.replace("_", " ") for word in listed if word.isascii())
    after = "|".join(re.escape(word) for word in listed if not word.isascii())
    year = rf"(?<!\d){YEAR.pattern}"
    stated = rf"\b(?:{english})\s{{1,3}}(?:the year )?{year}(?! or )|{year}\s{{1,3}}(?:{english})\b"
    return re.compile(rf"{stated}|{year}\s?(?:年|년)?\s?(?:{after})")


@lru_cache(maxsize=4)
def patterns_for(name: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of source_signs.toml of this name, with what stands in braces filled in."""
    signs = source_signs()
    named = "|".join(sorted(places(), key=len, reverse=True))
    numeral = signs["numeral"].replace("{kanji}", KANJI_TO_99)
    fill = {"{n}": numeral, "{place}": f"({named})", "{amount}": signs["amount"]}
    templates = signs[name]
    templates = [templates] if isinstance(templates, str) else templates
    filled = [reduce(lambda text, slot: text.replace(slot, fill[slot]), fill, pattern) for pattern in templates]
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in filled)


@lru_cache(maxsize=2)
def _sources(kind: str) -> re.Pattern[str]:
    return any_word(source_signs()["words"][kind])


def titled(works: Sequence[CitedWork], question: str) -> list[CitedWork]:
    """The works whose whole titles the question gives."""
    given = letters(question)
    return [work for work in works if any(name in given for name in _letters_of_title(work.entry.title))]


@lru_cache(maxsize=4096)
def _letters_of_title(title: str) -> tuple[str, ...]:
    """The letters of a title with and without its subtitle, if they are enough to recognise it by."""
    main = title
    for mark in (": ", "：", "――", "──", " — ", "? "):
        main = main.partition(mark)[0]
    return tuple(name for name in map(letters, (title, main)) if len(name) >= _SHORTEST_TITLE)


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


@lru_cache(maxsize=1)
def intent_weights() -> dict[str, Any]:
    """The arrays of the intent model, read once."""
    return load_arrays(WEIGHTS)


@lru_cache(maxsize=1)
def source_frames() -> frozenset[str]:
    """The words that questions about sources are made of, apart from what they ask for; kept with the intent model."""
    return frozenset(map(str, intent_weights()["frames"]))


def content(text: str, frames: Collection[str] | None = None) -> Content:
    """The subject of a question: its words outside the frame, by default the frame of questions about sources."""
    frames, language = source_frames() if frames is None else frames, language_of(text)
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
