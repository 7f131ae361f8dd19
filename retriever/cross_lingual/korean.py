"""Terms of Korean questions: phonetic keys of names, pairs of syllables, Japanese words with the same kanji."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from retriever.cross_lingual.dictionary import english_japanese, japanese_words
from retriever.cross_lingual.tokens import (
    COARSE,
    HANGUL_START,
    PAIR,
    SHORTEST_HANGUL_KEY,
    UNIT,
    WORD,
    Term,
    as_at_starts,
    english_spellings,
    hangul_of,
    hangul_pairs,
    hangul_readings,
    units_of,
)

_HANGUL_INITIALS = "k k n t t r n p p s s _ s s t k t p p".split()
_HANGUL_FINALS = {1: "k", 2: "k", 4: "n", 7: "t", 8: "r", 16: "n", 17: "p", 19: "t", 20: "t", 21: "n", 22: "t"} | {
    23: "t",
    24: "k",
    25: "t",
    26: "p",
}
_ASPIRATES = {15, 16, 17}  # ㅋ ㅌ ㅍ: they transcribe foreign k, t, p and f
_KANJI_WORD = re.compile(r"[\u4e00-\u9fff]{2,4}")
_HANGUL = re.compile(r"[가-힣]+")
_LONGEST_HANGUL = 20  # syllables of a name; every length up to it is tried
_LONGEST_SINO_KOREAN = 4  # syllables of a word that the dictionary has in kanji
_SILENT_INITIAL, _RIEUL_INITIAL, _RIEUL_FINAL = 11, 5, 8


def korean_terms(question: str) -> Iterator[Term]:
    """The terms of a Korean question, apart from the countries that it names."""
    for written in _HANGUL.findall(question):
        # a name and its particles are written without a space (트럼프는, 트럼프에게), so every beginning is tried
        longest = min(len(written), _LONGEST_HANGUL)
        names = (written[:end] for end in range(longest, 1, -1) if is_loan(written[:end]))
        keys = dict.fromkeys(hangul_key(name) for name in names)
        phonetic = tuple((COARSE + key,) for key in keys if len(key) >= SHORTEST_HANGUL_KEY)
        if phonetic:
            yield Term(written, phonetic, is_name=True, first_only=True)
        at_starts = as_at_starts(written)
        for pair in dict.fromkeys(hangul_pairs(at_starts)):
            yield Term(pair.removeprefix(PAIR), ((pair,),))
        yield from _sino_korean_terms(at_starts)


def _sino_korean_terms(hangul: str) -> Iterator[Term]:
    """The longest prefix of a Hangul word that is the Korean reading of Japanese words: 실험 in 실험은 is 実験."""
    for end in range(min(len(hangul), _LONGEST_SINO_KOREAN), 1, -1):
        kanji = common_words_read(hangul[:end])
        if kanji:
            spellings = [spelling for word in kanji for spelling in _spellings_of_kanji(word)]
            yield Term(hangul[:end], tuple(dict.fromkeys(spellings)))
            return


def _spellings_of_kanji(word: str) -> list[tuple[str, ...]]:
    parts = tuple(word.split(" "))
    written = [tuple(WORD + part for part in parts), tuple(UNIT + unit for unit in units_of(parts))]
    return written + english_spellings(word)


def readings_term(hangul: str) -> Term:
    """A Hangul word as one term: by the readings of kanji, or by its phonetic key."""
    phonetic = ((COARSE + key,) for key in [hangul_key(hangul)] if len(key) >= SHORTEST_HANGUL_KEY)
    return Term(hangul, (tuple(hangul_pairs(as_at_starts(hangul))), *phonetic), is_name=True)


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


def is_loan(hangul: str) -> bool:
    """Whether a Hangul word is probably a loan: an aspirate begins a syllable that is not a reading of a kanji."""
    return any(
        (ord(syllable) - HANGUL_START) // 588 in _ASPIRATES and as_at_starts(syllable) not in _sino_korean()
        for syllable in hangul
    )


@lru_cache(maxsize=1)
def _sino_korean() -> frozenset[str]:
    return frozenset(as_at_starts(reading) for reading in hangul_readings().values())


def is_sino_korean(hangul: str) -> bool:
    """Whether a word is the Korean reading of a kanji word in the Japanese dictionary."""
    return as_at_starts(hangul) in _sino_korean_words()


@lru_cache(maxsize=1)
def _sino_korean_words() -> frozenset[str]:
    kanji_words = set(
        re.findall(
            r"(?<![\u3041-\u30ff\u4e00-\u9fff])[\u4e00-\u9fff]{2,4}(?![\u3041-\u30ff\u4e00-\u9fff])",
            english_japanese().decode(),
        )
    )
    return frozenset(map(hangul_of, kanji_words))


def common_words_read(hangul: str) -> tuple[str, ...]:
    """Common Japanese words whose Korean reading is `hangul` (in the form of `as_at_starts`): 実験 for 실험."""
    return tuple(_by_reading().get(hangul, ()))


@lru_cache(maxsize=1)
def _by_reading() -> dict[str, list[str]]:
    by_reading = defaultdict(list)
    for word in japanese_words():
        kanji = word.replace(" ", "")
        if _KANJI_WORD.fullmatch(kanji):
            by_reading[hangul_of(kanji)].append(word)
    return dict(by_reading)
