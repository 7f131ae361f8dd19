"""Two tables: Japanese translations of English phrases, and Korean readings of kanji.

Made by `python -m retriever.cross_lingual.make_tables`. The Japanese words are from JMdict (Electronic Dictionary
Research and Development Group, CC BY-SA 4.0), the readings from Unicode's Unihan database (Unicode License V3).
"""

import re
from bisect import bisect_left
from functools import lru_cache
from importlib.resources import files

LONGEST_PHRASE = 3  # words of an English phrase in the table
# Inflectional endings of English words and their replacements for lookup.
_ENDINGS = (("", ""), ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""))
_MORE_ENDINGS = (("ing", "e"), ("'s", ""))
_HANGUL_START, _RIEUL, _NIEUN, _IEUNG = 0xAC00, 5, 2, 11
_ASPIRATES = {15, 16, 17}  # ㅋ ㅌ ㅍ: they transcribe foreign k, t, p and f
_BEFORE_Y = {2, 3, 6, 7, 12, 17, 20}  # medials that begin with y or i


@lru_cache(maxsize=1)
def _phrases() -> list[bytes]:
    return (files(__package__) / "tables" / "english_japanese.tsv").read_bytes().split(b"\n")


@lru_cache(maxsize=16384)
def japanese_for(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Japanese translations of a lower-case English phrase, inflected or not; each as words of `text.words`."""
    for ending, stem in (*_ENDINGS, *_MORE_ENDINGS):
        if phrase.endswith(ending) and len(phrase) > len(ending) + 2 * bool(ending):
            found = _row(phrase.removesuffix(ending) + stem)
            if found:
                return found
    return ()


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
    """Whether a Hangul word is probably a loan: an aspirate begins a syllable that is no reading of a kanji."""
    return any(
        (ord(one) - _HANGUL_START) // 588 in _ASPIRATES and as_at_starts(one) not in _sino_korean() for one in hangul
    )


@lru_cache(maxsize=1)
def _sino_korean() -> frozenset[str]:
    return frozenset(as_at_starts(reading) for reading in _readings().values())


def hangul_of(kanji: str) -> str:
    """Korean readings of `kanji`, one syllable each; a space where there is none."""
    return as_at_starts("".join(_readings().get(one, " ") for one in kanji))


def as_at_starts(hangul: str) -> str:
    """Apply the initial sound law (두음법칙) to every syllable: 이 for 리, 노 for 로."""
    return re.sub("[가-힣]", lambda match: _at_start(match.group()), hangul)


@lru_cache(maxsize=4096)
def _at_start(syllable: str) -> str:
    initial, rest = divmod(ord(syllable) - _HANGUL_START, 588)
    if initial in {_RIEUL, _NIEUN}:
        initial = _IEUNG if rest // 28 in _BEFORE_Y else _NIEUN
    return chr(_HANGUL_START + initial * 588 + rest)
