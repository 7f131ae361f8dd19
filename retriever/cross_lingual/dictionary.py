"""Bilingual dictionary: Japanese for English, English for Japanese, kanji words for their Korean readings.

`retriever.cross_lingual.make_tables` makes the tables, from JMdict (Electronic Dictionary Research and Development
Group, CC BY-SA 4.0) and from WordNet's lists of irregular forms (Princeton University, WordNet 3.0 licence).
"""

import re
from bisect import bisect_left
from collections import defaultdict
from functools import lru_cache
from importlib.resources import files

from retriever.cross_lingual.equivalents import as_at_starts, hangul_of
from retriever.text import morphemes, stem

LONGEST_PHRASE = 3  # words of an English phrase in the table
# Inflectional endings of English words and their replacements for lookup.
_ENDINGS = (("", ""), ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""))
_MORE_ENDINGS = (("ing", "e"), ("'s", ""))
_INFLECTIONS = (
    *(("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")), ("ing", ("", "e"))),
    *(("ier", ("y",)), ("iest", ("y",)), ("er", ("", "e")), ("est", ("", "e")), ("ly", ("",))),
)
# Shorter stems are shared by unrelated words.
_SHORTEST_STEM, _MOST_BY_STEM = 5, 8
_KANJI_WORD = re.compile(r"[\u4e00-\u9fff]{2,4}")


@lru_cache(maxsize=1)
def _table() -> bytes:
    return (files(__package__) / "tables" / "english_japanese.tsv").read_bytes()


@lru_cache(maxsize=1)
def _phrases() -> list[bytes]:
    return _table().split(b"\n")


@lru_cache(maxsize=16384)
def japanese_for(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Japanese translations of a lower-case English phrase, inflected or not; each as words of `text.words`."""
    for ending, base in (*_ENDINGS, *_MORE_ENDINGS):
        if phrase.endswith(ending) and len(phrase) > len(ending) + 2 * bool(ending):
            found = _row(phrase.removesuffix(ending) + base)
            if found:
                return found
    return ()


def is_country(word: str) -> bool:
    """Whether Sudachi has a Japanese word as the name of a country."""
    return [morpheme.pos[3] for morpheme in morphemes(word, short=True)] == ["国"]


@lru_cache(maxsize=4096)
def japanese_synonyms(word: str) -> tuple[tuple[str, ...], ...]:
    """Other Japanese words for what `word` (of `text.words`) names in English: アメリカ for 米国; each as words."""
    table, key = _table(), b"\t" + word.encode()
    found: dict[tuple[str, ...], None] = {}
    place = table.find(key)
    while place >= 0:
        end = place + len(key)
        if table[end : end + 1] in (b"\t", b"\n", b""):
            start, stop = table.rfind(b"\n", 0, place) + 1, table.find(b"\n", end)
            cells = table[start : stop if stop >= 0 else len(table)].decode().split("\t")[1:]
            found |= dict.fromkeys(tuple(cell.split(" ")) for cell in cells)
        place = table.find(key, end)
    found.pop((word,), None)
    return tuple(found)


def _row(phrase: str) -> tuple[tuple[str, ...], ...]:
    key = phrase.encode() + b"\t"
    place = bisect_left(_phrases(), key)
    if place == len(_phrases()) or not _phrases()[place].startswith(key):
        return ()
    return tuple(tuple(words.split(" ")) for words in _phrases()[place][len(key) :].decode().split("\t"))


@lru_cache(maxsize=16384)
def translations(phrase: str) -> tuple[tuple[str, ...], ...]:
    """`japanese_for` a phrase or, where there is none, for its base form (began) or words of its stem (asymmetric)."""
    found = japanese_for(phrase) or japanese_for(_irregular().get(phrase, ""))
    return found or (_by_stem(phrase) if phrase.isalpha() else ())


@lru_cache(maxsize=1)
def _irregular() -> dict[str, str]:
    """Base form of each irregular English form: begin for began."""
    return {row[0]: row[1] for row in rows_of("english_irregular.tsv")}


def _by_stem(word: str) -> tuple[tuple[str, ...], ...]:
    """Japanese translations of the single words in the table with the stem of `word`."""
    own = stem(word)
    if len(own) < _SHORTEST_STEM:
        return ()
    found: dict[tuple[str, ...], None] = {}
    for place in range(bisect_left(_phrases(), own.encode()), len(_phrases())):
        phrase = _phrases()[place].split(b"\t", 1)[0].decode()
        if not phrase.startswith(own):
            break
        if phrase.isalpha() and stem(phrase) == own:
            found |= dict.fromkeys(_row(phrase))
    return tuple(found)[:_MOST_BY_STEM]


def english_for(word: str) -> tuple[str, ...]:
    """English phrases for a Japanese word (of `text.words`), best first."""
    return _english().get(word, ())


@lru_cache(maxsize=1)
def _english() -> dict[str, tuple[str, ...]]:
    return {word: tuple(phrases) for word, *phrases in rows_of("japanese_english.tsv")}


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


def is_sino_korean(hangul: str) -> bool:
    """Whether a word is how Korean reads the kanji of a Japanese word that the dictionary has."""
    return as_at_starts(hangul) in _sino_korean_words()


@lru_cache(maxsize=1)
def _sino_korean_words() -> frozenset[str]:
    found = set(
        re.findall(
            r"(?<![\u3041-\u30ff\u4e00-\u9fff])[\u4e00-\u9fff]{2,4}(?![\u3041-\u30ff\u4e00-\u9fff])", _table().decode()
        )
    )
    return frozenset(map(hangul_of, found))


def common_words_read(hangul: str) -> tuple[str, ...]:
    """Common Japanese words whose kanji Korean reads as `hangul` (written as at starts): 実験 for 실험."""
    return tuple(_by_reading().get(hangul, ()))


@lru_cache(maxsize=1)
def _by_reading() -> dict[str, list[str]]:
    found = defaultdict(list)
    for word in _english():
        kanji = word.replace(" ", "")
        if _KANJI_WORD.fullmatch(kanji):
            found[hangul_of(kanji)].append(word)
    return dict(found)
