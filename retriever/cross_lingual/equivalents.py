"""Equivalents of words in other languages: phonetic keys of names, Korean readings of kanji, dictionary translations.

A phonetic key is the sequence of consonants that survives transliteration: トランプ, Trump and 트럼프 are all "trnp".
Vowels, long marks and doubled consonants change on the way and are dropped, except that a key tells whether the name
begins with a vowel. Latin spelling is ambiguous (c, ch, g, th), so a word has several keys.

`retriever.cross_lingual.make_tables` makes the two tables: Japanese translations of English phrases from JMdict
(Electronic Dictionary Research and Development Group, CC BY-SA 4.0), Korean readings of kanji from Unicode's Unihan
database (Unicode License V3).
"""

import re
import unicodedata
from bisect import bisect_left
from functools import lru_cache
from importlib.resources import files
from itertools import islice, product

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
_KANA = {kana: sound for row, sound in _KANA_ROWS.items() for kana in row}
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
_HANGUL_INITIALS = "k k n t t r n p p s s _ s s t k t p p".split()
_HANGUL_FINALS = {1: "k", 2: "k", 4: "n", 7: "t", 8: "r", 16: "n", 17: "p", 19: "t", 20: "t", 21: "n", 22: "t"} | {
    23: "t",
    24: "k",
    25: "t",
    26: "p",
}
_SILENT_INITIAL, _RIEUL_INITIAL, _RIEUL_FINAL = 11, 5, 8
# Sounds that Hangul does not distinguish as Japanese does: 도요타 is トヨタ, 후쿠오카 and 푸 both begin like フ.
_COARSE = str.maketrans({"g": "k", "d": "t", "b": "p", "f": "p", "h": "p", "m": "n", "w": "a"})
_HEPBURN = re.compile(r"(?:(?:[kgsztdnhbpmrywjf]|[knhbpmgr]y|sh|ch|ts)?[aiueo]|n(?![aiueoy])|m(?=[bp]))+")
_TO_KUNREI = (("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("ji", "zi"), ("fu", "hu"), ("sh", "sy"), ("ch", "ty"))
_GLIDES = {"ya", "yu", "yo"}


def kana_key(word: str) -> str:
    """Key of a katakana word: "trnp" for トランプ."""
    sounds: list[str] = []
    for place, kana in enumerate(word):
        is_glide = kana == "ウ" and word[place + 1 : place + 2] in tuple("ァィェォ")
        sound = "w" if is_glide else _KANA.get(kana)
        if sound is not None and (sound != "w" or not sounds):
            sounds.append(sound)
    return ("a" if sounds and not sounds[0] else "") + "".join(sounds)


def coarse(key: str) -> str:
    """Reduce a key to the sounds that Hangul distinguishes."""
    return key.translate(_COARSE)


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


def hangul_key(word: str) -> str:
    """Coarse key of a Hangul word: "trnp" for 트럼프."""
    sounds: list[str] = []
    final_before = 0
    for place, syllable in enumerate(word):
        code = ord(syllable) - 0xAC00
        initial, final = code // 588, code % 28
        if initial == _SILENT_INITIAL:
            sounds.append("" if place else "a")
        elif not (initial == _RIEUL_INITIAL and final_before == _RIEUL_FINAL):
            sounds.append(_HANGUL_INITIALS[initial])
        closing = _HANGUL_FINALS.get(final, "")
        sounds.append("" if closing == "t" and place + 1 < len(word) else closing)
        final_before = final
    return "".join(sounds)


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
    return _short("".join(syllables))


def latin_romaji(word: str) -> str:
    """A word in Hepburn romanisation in the form of `kana_romaji`; empty if it is not valid Hepburn."""
    letters = re.sub(r"([ksptc])(?=\1|ch)", "", plain_letters(word))
    if not _HEPBURN.fullmatch(letters):
        return ""
    letters = re.sub(r"m(?=[bp])", "n", letters)
    for hepburn, kunrei in _TO_KUNREI:
        letters = letters.replace(hepburn, kunrei)
    return _short(re.sub(r"j(?=[aueo])", "zy", letters))


def _short(romaji: str) -> str:
    return re.sub(r"ou", "o", re.sub(r"([aiueo])\1+", r"\1", romaji))


LONGEST_PHRASE = 3  # words of an English phrase in the table
# Inflectional endings of English words and their replacements for lookup.
_ENDINGS = (("", ""), ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""))
_MORE_ENDINGS = (("ing", "e"), ("'s", ""))
_HANGUL_START, _RIEUL, _NIEUN, _IEUNG = 0xAC00, 5, 2, 11
_ASPIRATES = {15, 16, 17}  # ㅋ ㅌ ㅍ: they transcribe foreign k, t, p and f
_BEFORE_Y = {2, 3, 6, 7, 12, 17, 20}  # medials that begin with y or i


@lru_cache(maxsize=1)
def _table() -> bytes:
    return (files(__package__) / "tables" / "english_japanese.tsv").read_bytes()


@lru_cache(maxsize=1)
def _phrases() -> list[bytes]:
    return _table().split(b"\n")


@lru_cache(maxsize=16384)
def japanese_for(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Japanese translations of a lower-case English phrase, inflected or not; each as words of `text.words`."""
    for ending, stem in (*_ENDINGS, *_MORE_ENDINGS):
        if phrase.endswith(ending) and len(phrase) > len(ending) + 2 * bool(ending):
            translations = _row(phrase.removesuffix(ending) + stem)
            if translations:
                return translations
    return ()


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


@lru_cache(maxsize=1)
def _readings() -> dict[str, str]:
    table = (files(__package__) / "tables" / "hangul_readings.txt").read_text(encoding="utf-8")
    return {kanji: row[0] for row in table.splitlines() if not row.startswith("#") for kanji in row[2:]}


def is_loan(hangul: str) -> bool:
    """Whether a Hangul word is probably a loan: an aspirate begins a syllable that is not a reading of a kanji."""
    return any(
        (ord(syllable) - _HANGUL_START) // 588 in _ASPIRATES and as_at_starts(syllable) not in _sino_korean()
        for syllable in hangul
    )


@lru_cache(maxsize=1)
def _sino_korean() -> frozenset[str]:
    return frozenset(as_at_starts(reading) for reading in _readings().values())


def hangul_of(kanji: str) -> str:
    """Korean readings of `kanji`, one syllable each; a space where there is none."""
    return as_at_starts("".join(_readings().get(character, " ") for character in kanji))


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


def as_at_starts(hangul: str) -> str:
    """Apply the initial sound law (두음법칙) to every syllable: 이 for 리, 노 for 로."""
    return re.sub("[가-힣]", lambda match: _at_start(match.group()), hangul)


@lru_cache(maxsize=4096)
def _at_start(syllable: str) -> str:
    initial, rest = divmod(ord(syllable) - _HANGUL_START, 588)
    if initial in {_RIEUL, _NIEUN}:
        initial = _IEUNG if rest // 28 in _BEFORE_Y else _NIEUN
    return chr(_HANGUL_START + initial * 588 + rest)
