"""Cross-lingual index terms of a passage: words, phonetic keys of names, Korean readings of kanji, translations.

A passage is indexed under the tokens that its words have in other languages.

A phonetic key is the sequence of consonants that survives transliteration: トランプ, Trump and 트럼프 are all "trnp".
Vowels, long marks and doubled consonants change on the way and are dropped, except that a key tells whether the name
begins with a vowel. Latin spelling is ambiguous (c, ch, g, th), so a word has several keys. The tables of Korean and
Mandarin readings are made from Unicode's Unihan database (Unicode License V3) by `retriever.cross_lingual.make_tables`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice, product

from retriever.cross_lingual.dictionary import (
    LATIN_WORD,
    POSSESSIVE,
    japanese_words,
    phrases_of,
    translations,
)
from retriever.text import fold, japanese_forms, language_of, morphemes, words

_KANJI = re.compile(r"[\u4e00-\u9fff]+")
KATAKANA = re.compile(r"[ァ-ヺー]{2,}")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]")
_AFTER_SENTENCE = re.compile(r"(?<=[。！？\n])|(?<=[.!?]\s)")
# Shorter phonetic keys are shared by too many words; in Hangul, where names are guessed, even more so.
SHORTEST_KEY, SHORTEST_HANGUL_KEY = 2, 3
SHORTEST_ROMAJI = 4
# Prefixes by kind of token, so that tokens of different kinds never match. A unit is a short unit of a Japanese
# compound (安保 in 日米安保条約), or a translation that is less certain.
WORD, UNIT, PHONETIC, COARSE, ROMAJI, PAIR = "w:", "u:", "s:", "c:", "r:", "k:"
SENTENCE_END = "."  # token after each sentence of a passage
_COMPOUNDED = {"名詞", "接頭辞", "接尾辞"}
HANGUL_START, _RIEUL, _NIEUN, _IEUNG = 0xAC00, 5, 2, 11
_BEFORE_Y = {2, 3, 6, 7, 12, 17, 20}  # medials that begin with y or i
_KANA_ROWS = {
    "アイウエオヤユヨァィゥェォャュョ": "",
    "カキクケコヵヶ": "k",
    "ガギグゲゴ": "g",
    "サシスセソザジズゼゾヂ": "s",  # s, sh, z, j: Latin spelling does not tell them apart
    "タチツテトヅ": "t",
    "ダデド": "d",
    "ナニヌネノン": "n",
    "ハヒヘホ": "h",
    "フ": "f",
    "バビブベボヴ": "b",
    "パピプペポ": "p",
    "マミムメモ": "m",
    "ラリルレロ": "r",
    "ワヰヱヲ": "w",
}
_SOUND_OF_KANA = {kana: sound for row, sound in _KANA_ROWS.items() for kana in row}
_VOWELS = "aeiouy"
_MOST_KEYS = 12
# Spellings of several letters, longest first, with the sounds that each may stand for (ch is ッハ in Bach).
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "tion": ("sn",),
    "sion": ("sn",),
    "sch": ("s",),
    "tch": ("t",),
    "dge": ("s",),
    "sh": ("s",),
    "ph": ("f",),
    "ck": ("k",),
    "dt": ("t",),
    "tz": ("t",),
    "ts": ("t",),
    "qu": ("k",),
    "ch": ("t", "k", "s", "h"),
    "th": ("s", "t"),
    "gh": ("", "g"),
    "gn": ("n", "gn"),
}
_LETTERS: dict[str, tuple[str, ...]] = {"l": ("r",), "q": ("k",), "v": ("b", "f"), "x": ("ks",), "z": ("s", "t")}
# Hangul merges sounds that Japanese separates: ㄷ is d or t (도요타 = トヨタ); フ is written 후 or 푸.
_HANGUL_SOUNDS = str.maketrans({"g": "k", "d": "t", "b": "p", "f": "p", "h": "p", "m": "n", "w": "a"})
_GLIDES = {"ya", "yu", "yo"}


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a question, `text`, with its spellings; a spelling is tokens that must all occur in a passage.

    `first_only`: spellings are ordered from the most to the least specific; only the first indexed one counts.
    `parts` stand for the term where no passage contains it: the words of a phrase, the units of a compound.
    """

    text: str
    spellings: tuple[tuple[str, ...], ...]
    is_name: bool = False
    first_only: bool = False
    parts: tuple["Term", ...] = ()


def tokens(text: str) -> list[str]:
    """Cross-lingual index terms of a passage: words, phonetic keys of names, readings, dictionary translations.

    They stand in the order of the sentences, with SENTENCE_END after each sentence.
    """
    language = language_of(text)
    written = japanese_forms(text) if language == "zh" else text
    # English entries of a Japanese bibliography have a Japanese heading and are not translated: with translations, two
    # of 45 development questions on the paper were wrongly refused (tests/quality)
    is_translated = language == "en" and not _KANA.search(text)
    terms = []
    for sentence in filter(str.strip, _AFTER_SENTENCE.split(written)):
        terms += _tokens_as_written(sentence)
        if is_translated:
            terms += _translated_tokens(sentence)
        terms.append(SENTENCE_END)
    return terms


def _tokens_as_written(sentence: str) -> list[str]:
    terms = [WORD + word for word in words(sentence)]
    folded = fold(sentence)
    terms += [token for of_name in phonetic_tokens(folded) for token in of_name]
    for run in _KANJI.findall(folded):
        terms += hangul_pairs(hangul_of(run))
        terms += [UNIT + unit for unit in short_units(run)]
    for match in LATIN_WORD.finditer(sentence):
        if match.group()[0].isupper():
            for key in latin_keys(POSSESSIVE.sub("", match.group())):
                terms += [PHONETIC + key, COARSE + coarse(key)]
    return terms


def _translated_tokens(sentence: str) -> list[str]:
    """Japanese translations of the words of an English sentence."""
    terms = []
    for phrase, rows in phrases_of(sentence):
        terms += [WORD + word for row in rows for word in row]
        for row in rows or translations(phrase[0][0].lower()):
            terms += [UNIT + unit for unit in units_of(row)]
    return terms


def kana_key(word: str) -> str:
    """Key of a katakana word: "trnp" for トランプ."""
    sounds: list[str] = []
    for place, kana in enumerate(word):
        is_glide = kana == "ウ" and word[place + 1 : place + 2] in tuple("ァィェォ")
        sound = "w" if is_glide else _SOUND_OF_KANA.get(kana)
        if sound is not None and (sound != "w" or not sounds):
            sounds.append(sound)
    return ("a" if sounds and not sounds[0] else "") + "".join(sounds)


def coarse(key: str) -> str:
    """Reduce a key to the sounds that Hangul distinguishes."""
    return key.translate(_HANGUL_SOUNDS)


@lru_cache(maxsize=65536)
def latin_keys(word: str) -> tuple[str, ...]:
    """Possible keys of a word in Latin letters, most likely first, at most 12; empty without letters."""
    letters = re.sub(r"([a-z])\1", r"\1", plain_letters(word))
    letters = re.sub(r"^wr", "r", re.sub(r"^kn", "n", re.sub(r"^x", "s", letters)))
    letters = re.sub(r"ng(?=[^aeiouy])", "n", re.sub(r"m(?=[bpf])", "n", letters.replace("ght", "t")))
    choices = []
    place = 0
    while place < len(letters):
        spelling = next((spelling for spelling in _SPELLINGS if letters.startswith(spelling, place)), letters[place])
        choices.append(_SPELLINGS.get(spelling) or _of_letter(letters, place))
        place += len(spelling)
    return tuple(dict.fromkeys(islice(map("".join, product(*choices)), _MOST_KEYS))) if letters else ()


def _of_letter(letters: str, place: int) -> tuple[str, ...]:
    """Sounds that the letter at `place` may stand for, given its neighbours."""
    letter, before, after = letters[place], letters[place - 1 : place], letters[place + 1 : place + 2]
    soft = bool(after) and after in "eiy"
    between_vowels = bool(after) and after in _VOWELS and bool(before) and before in _VOWELS
    sounds = _LETTERS.get(letter, (letter,))
    if letter in _VOWELS:
        sounds = ("" if place else "a",)
    elif letter == "c":
        sounds = ("s",) if soft else ("k",)
    elif letter == "g":
        sounds = ("g", "s") if soft else ("g",) if after else ("k", "g")
    elif letter == "j":
        sounds = ("s", "") if place else ("s", "a")
    elif letter == "h":
        sounds = ("h",) if not place else ("h", "") if between_vowels else ("",)
    elif letter == "r" and before and before in _VOWELS and (not after or after not in _VOWELS):
        sounds = ("r", "")
    elif letter == "w":
        sounds = ("w", "b") if not place else ("", "b") if between_vowels else ("",)
    elif letter == "d" and not after:
        sounds = ("d", "t")
    return sounds


def plain_letters(word: str) -> str:
    """Latin letters of `word` in lower case, without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", word.lower()) if "a" <= letter <= "z")


@lru_cache(maxsize=65536)
def kana_romaji(word: str) -> str:
    """Romanise a katakana word, with long vowels shortened."""
    syllables: list[str] = []
    for kana in word:
        if kana in "ーッ" or not "ァ" <= kana <= "ヶ":
            continue
        name = unicodedata.name(kana).split()
        syllable = name[-1].lower()
        if "SMALL" in name and syllables and (syllable in _GLIDES or len(syllable) == 1):
            syllable = syllables.pop()[:-1] + syllable
        syllables.append(syllable)
    return shortened("".join(syllables))


def shortened(romaji: str) -> str:
    """Romanised Japanese without long vowels."""
    return re.sub(r"ou", "o", re.sub(r"([aiueo])\1+", r"\1", romaji))


def units_of(row: tuple[str, ...]) -> tuple[str, ...]:
    """Short units of a Japanese translation, or its words where it has none (verbs)."""
    return short_units("".join(row)) or row


@lru_cache(maxsize=65536)
def short_units(text: str) -> tuple[str, ...]:
    """Nouns and affixes of Japanese text as Sudachi's short units, normalised."""
    return tuple(unit.normalised for unit in morphemes(fold(text), short=True) if unit.pos[0] in _COMPOUNDED)


def phonetic_tokens(folded: str) -> Iterator[list[str]]:
    """Phonetic tokens of each name and noun of Japanese text: of short units (東京 in 東京都) and katakana runs."""
    units = [(morpheme.surface, morpheme.pos, morpheme.reading) for morpheme in morphemes(folded, short=True)]
    runs = set(KATAKANA.findall(folded)).difference(surface for surface, _, _ in units)
    for surface, pos, reading in (*units, *((run, ("名詞", "固有名詞"), run) for run in sorted(runs))):
        phonetic = phonetic_tokens_of(surface, pos, reading)
        if phonetic:
            yield phonetic


def phonetic_tokens_of(surface: str, pos: Sequence[str], reading: str) -> list[str]:
    """Phonetic tokens of a Japanese morpheme: a noun's reading, and the keys of names and katakana words."""
    is_katakana = bool(KATAKANA.fullmatch(surface))
    if not is_katakana and not (pos[0] == "名詞" and _KANJI.search(surface)):
        return []
    kana = surface if is_katakana else reading
    romaji = kana_romaji(kana)
    readings = [ROMAJI + romaji] if len(romaji) >= SHORTEST_ROMAJI - 1 else []
    key = kana_key(kana) if is_katakana or pos[1] == "固有名詞" else ""  # of names
    return [*readings, PHONETIC + key, COARSE + coarse(key)] if len(key) >= SHORTEST_KEY else readings


def hangul_pairs(hangul: str) -> list[str]:
    """Tokens of the pairs of neighbouring syllables of a Hangul word."""
    pairs = (hangul[place : place + 2] for place in range(len(hangul) - 1))
    return [PAIR + pair for pair in pairs if " " not in pair]


def english_for(word: str) -> tuple[str, ...]:
    """English phrases for a Japanese word (of `text.words`), best first."""
    return japanese_words().get(word, ())


def english_spellings(word: str) -> list[tuple[str, ...]]:
    """English translations of a Japanese word as spellings."""
    spellings = (tuple(WORD + form for form in words(phrase)) for phrase in english_for(word))
    return [spelling for spelling in spellings if spelling]


@lru_cache(maxsize=1)
def hangul_readings() -> dict[str, str]:
    """The Korean reading of each kanji, one syllable."""
    table = (files(__package__) / "tables" / "hangul_readings.txt").read_text(encoding="utf-8")
    return {kanji: row[0] for row in table.splitlines() if not row.startswith("#") for kanji in row[2:]}


@lru_cache(maxsize=1)
def mandarin_readings() -> dict[str, frozenset[str]]:
    """The Mandarin readings of each character, without their tones."""
    table = (files(__package__) / "tables" / "mandarin_readings.txt").read_text(encoding="utf-8")
    rows = [row.split("\t") for row in table.splitlines() if not row.startswith("#")]
    readings: dict[str, set[str]] = {}
    for syllable, characters in rows:
        for character in characters:
            readings.setdefault(character, set()).add(syllable)
    return {character: frozenset(syllables) for character, syllables in readings.items()}


def hangul_of(kanji: str) -> str:
    """Korean readings of `kanji`, one syllable each; a space where there is none."""
    return as_at_starts("".join(hangul_readings().get(character, " ") for character in kanji))


def as_at_starts(hangul: str) -> str:
    """Apply the initial sound law (두음법칙) to every syllable: 이 for 리, 노 for 로."""
    return re.sub("[가-힣]", lambda match: _at_start(match.group()), hangul)


@lru_cache(maxsize=4096)
def _at_start(syllable: str) -> str:
    initial, rest = divmod(ord(syllable) - HANGUL_START, 588)
    if initial in {_RIEUL, _NIEUN}:
        initial = _IEUNG if rest // 28 in _BEFORE_Y else _NIEUN
    return chr(HANGUL_START + initial * 588 + rest)
