"""Dictionary tables: Japanese for English, English for Japanese and Chinese, the names of countries.

`retriever.cross_lingual.make_tables` makes them, from JMdict (Electronic Dictionary Research and Development Group,
CC BY-SA 4.0), CC-CEDICT (MDBG, CC BY-SA 4.0), WordNet's lists of irregular forms (Princeton University, WordNet 3.0
licence) and CLDR (Unicode License V3).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from retriever.text import is_asking, morphemes, stem, words

LONGEST_PHRASE = 3  # words of an English phrase in the table
LONGEST_CHINESE = 8  # characters of a Chinese word in the table
# Inflectional endings of English words and their replacements for lookup.
_ENDINGS = (("", ""), ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""))
_MORE_ENDINGS = (("ing", "e"), ("'s", ""))
_INFLECTIONS = (
    *(("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")), ("ing", ("", "e"))),
    *(("ier", ("y",)), ("iest", ("y",)), ("er", ("", "e")), ("est", ("", "e")), ("ly", ("",))),
)
# Shorter stems are shared by unrelated words.
_SHORTEST_STEM, _MOST_BY_STEM = 5, 8
LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:-[A-Za-zÀ-ɏ]+)*(?:[’'][a-z]+)?|\d[\d.,]*")
_JOINED_NAMES = re.compile(r"(?<=[A-Za-z])-(?=[A-Z])")  # Japan-US
POSSESSIVE = re.compile(r"[’']s?$")


@lru_cache(maxsize=1)
def english_japanese() -> bytes:
    """The table of Japanese translations: an English phrase a line, then its translations, separated by tabs."""
    return (files(__package__) / "tables" / "english_japanese.tsv").read_bytes()


@lru_cache(maxsize=1)
def _lines() -> list[bytes]:
    return english_japanese().split(b"\n")


@lru_cache(maxsize=16384)
def japanese_for(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Japanese translations of a lower-case English phrase, inflected or not; each as words of `text.words`."""
    for ending, base in (*_ENDINGS, *_MORE_ENDINGS):
        if phrase.endswith(ending) and len(phrase) > len(ending) + 2 * bool(ending):
            row = _row(phrase.removesuffix(ending) + base)
            if row:
                return row
    return ()


def is_country(word: str) -> bool:
    """Whether Sudachi's dictionary lists a Japanese word as the name of a country."""
    return [morpheme.pos[3] for morpheme in morphemes(word, short=True)] == ["国"]


def _row(phrase: str) -> tuple[tuple[str, ...], ...]:
    key = phrase.encode() + b"\t"
    place = bisect_left(_lines(), key)
    if place == len(_lines()) or not _lines()[place].startswith(key):
        return ()
    return tuple(tuple(words.split(" ")) for words in _lines()[place][len(key) :].decode().split("\t"))


@lru_cache(maxsize=16384)
def translations(phrase: str) -> tuple[tuple[str, ...], ...]:
    """`japanese_for` a phrase, or else for its irregular base form (begin for began), or else for words of its stem."""
    direct = japanese_for(phrase) or japanese_for(_irregular().get(phrase, ""))
    return direct or (_by_stem(phrase) if phrase.isalpha() else ())


@lru_cache(maxsize=1)
def _irregular() -> dict[str, str]:
    """Base form of each irregular English form: begin for began."""
    return {row[0]: row[1] for row in rows_of("english_irregular.tsv")}


def _by_stem(word: str) -> tuple[tuple[str, ...], ...]:
    """Japanese translations of the single English words in the table that share the stem of `word`."""
    own = stem(word)
    if len(own) < _SHORTEST_STEM:
        return ()
    rows: dict[tuple[str, ...], None] = {}
    for place in range(bisect_left(_lines(), own.encode()), len(_lines())):
        phrase = _lines()[place].split(b"\t", 1)[0].decode()
        if not phrase.startswith(own):
            break
        if phrase.isalpha() and stem(phrase) == own:
            rows |= dict.fromkeys(_row(phrase))
    return tuple(rows)[:_MOST_BY_STEM]


@lru_cache(maxsize=1)
def japanese_words() -> dict[str, tuple[str, ...]]:
    """The common Japanese words, each with its English phrases, best first."""
    return {word: tuple(phrases) for word, *phrases in rows_of("japanese_english.tsv")}


@lru_cache(maxsize=1)
def _chinese_words() -> dict[str, tuple[str, ...]]:
    """Chinese words in Japanese characters, each with its English phrases, best first."""
    return {word: tuple(phrases) for word, *phrases in rows_of("chinese_english.tsv")}


def chinese_pieces(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Cut Chinese text in Japanese characters into dictionary words, each with its English, and the text between them.

    The cut chosen has the largest sum of squared word lengths.
    """
    known = _chinese_words()
    best: list[tuple[int, int]] = [(0, 0)]  # for each end: the sum, and where the last word starts or -1
    for end in range(1, len(text) + 1):
        ways = [(best[end - 1][0], -1)]
        ways += [
            (best[start][0] + (end - start) ** 2, start)
            for start in range(max(0, end - LONGEST_CHINESE), end - 1)
            if text[start:end] in known
        ]
        best.append(max(ways))
    pieces: list[tuple[str, tuple[str, ...]]] = []
    end = between = len(text)
    while end > 0:
        start = best[end][1]
        if start < 0:
            end -= 1
            continue
        if end < between:
            pieces.append((text[end:between], ()))
        pieces.append((text[start:end], known[text[start:end]]))
        end = between = start
    return [*([(text[:between], ())] if between else []), *reversed(pieces)]


def antonyms_of(word: str) -> tuple[str, ...]:
    """Antonyms of an English base form: decrease for increase."""
    return _antonyms().get(word, ())


@lru_cache(maxsize=1)
def _antonyms() -> dict[str, tuple[str, ...]]:
    return {word: tuple(antonyms) for word, *antonyms in rows_of("english_antonyms.tsv")}


@lru_cache(maxsize=16384)
def base_forms(word: str) -> tuple[str, ...]:
    """A lower-case English word and its possible base forms: large for larger, begin for began."""
    forms = [word, _irregular().get(word, "")]
    for ending, bases in _INFLECTIONS:
        stem_of = word.removesuffix(ending)
        if stem_of != word and len(stem_of) > 1:
            forms += [stem_of + base for base in bases]
            forms += [stem_of[:-1]] if len(stem_of) > 3 and stem_of[-1] == stem_of[-2] else []
    return tuple(dict.fromkeys(form for form in forms if form))


def rows_of(table: str) -> list[list[str]]:
    """The cells of each line of a table, without its head."""
    text = (files(__package__) / "tables" / table).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


@dataclass(frozen=True, slots=True)
class Country:
    """A country's names; the English ones are in lower case, with the words for its people: united states, american."""

    english: tuple[str, ...]
    japanese: tuple[str, ...]
    chinese: tuple[str, ...]
    korean: tuple[str, ...]

    def in_words(self) -> tuple[tuple[str, ...], ...]:
        """The Japanese names, each as words of `text.words`."""
        return tuple(dict.fromkeys(tuple(words(name)) for name in self.japanese))


@lru_cache(maxsize=1)
def _countries() -> tuple[Country, ...]:
    return tuple(Country(*(tuple(cell.split("|")) for cell in row)) for row in rows_of("countries.tsv"))


@lru_cache(maxsize=1)
def _by_english() -> dict[str, Country]:
    return {name: country for country in reversed(_countries()) for name in country.english}


def country_called(english: str) -> Country | None:
    """The country with this English name or demonym, ignoring case and a plural s (Americans)."""
    lowered = english.lower()
    return _by_english().get(lowered) or _by_english().get(lowered.removesuffix("s"))


@lru_cache(maxsize=256)
def countries_in(text: str, language: str) -> tuple[tuple[str, Country], ...]:
    """The countries that a Chinese or Korean text names, in order, each with its name there (the longest that fits)."""
    if language not in {"zh", "ko"}:
        return ()
    pattern, by_name = _names_in(language)
    return tuple((match.group(), by_name[match.group()]) for match in pattern.finditer(text))


@lru_cache(maxsize=2)
def _names_in(language: str) -> tuple[re.Pattern[str], dict[str, Country]]:
    by_name = {
        name: country
        for country in _countries()
        for name in (country.chinese if language == "zh" else country.korean)
        if len(name) > 1
    }
    longest_first = sorted(by_name, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), by_name


def phrases_of(text: str) -> Iterator[tuple[list[tuple[str, int]], tuple[tuple[str, ...], ...]]]:
    """Split English `text` into the longest phrases of the dictionary and single words, each with its Japanese.

    A phrase is a list of (word, offset); function words and question words are left out.
    """
    plain = _JOINED_NAMES.sub(" ", text)
    word_places = [(POSSESSIVE.sub("", match.group()), match.start()) for match in LATIN_WORD.finditer(plain)]
    start = 0
    while start < len(word_places):
        for length in range(min(LONGEST_PHRASE, len(word_places) - start), 0, -1):
            phrase = word_places[start : start + length]
            is_single = length == 1
            if is_single and is_asking(phrase[0][0]):
                break
            written = " ".join(word for word, _ in phrase)
            japanese = japanese_for(written.lower())
            if written[0].isupper() and (country := country_called(written)):
                japanese = tuple(dict.fromkeys((*japanese, *country.in_words())))
            if japanese or is_single:
                yield phrase, japanese
                break
        start += length
