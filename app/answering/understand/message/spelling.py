"""Correct misspelt words in a question (ギャロップ for ギャラップ, lerners, 首悩 for 首脳) by words of the hits.

Only words that the index lacks are corrected, and only to words of the first passages: a few hundred candidates,
whatever the size of the index. Names in the dictionary are left alone: アフリカ is not アメリカ.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

from app.answering.understand.classifier import intent_model
from app.answering.understand.message.question_parts import english_words, parts_of, patterns
from retriever.cross_lingual.dictionary import japanese_for
from retriever.cross_lingual.korean import is_sino_korean
from retriever.cross_lingual.terms import latin_romaji
from retriever.cross_lingual.tokens import as_at_starts, hangul_of, kana_romaji, mandarin_readings
from retriever.index.search import Index
from retriever.text import Morpheme, is_asking, japanese_forms, language_of, morphemes, words
from retriever.types import Hit

LOOK_ALIKES = Path(__file__).with_name("look_alikes.txt")
_LATIN = re.compile(r"[A-Za-z]{4,}")
_KATAKANA = re.compile(r"[ァ-ヺー]{3,}")
_HIRAGANA = re.compile(r"[\u3041-\u3096ー]{3,}")
_HANGUL = re.compile(r"[가-힣]{2,}")
_KANJI = re.compile(r"[\u4e00-\u9fff々]{2,}")
_LONG_LATIN, _LONG_KATAKANA = 8, 7  # least letters of a word in which two letters may differ, not only one
_SHORTEST_COMMON = 5  # least katakana of a word that may be corrected by more than long vowels and small ツ
_SHORTEST_HIRAGANA = 4
_LONGEST_RUN = 12  # kanji that are compared at once
_COMPARED = 3  # characters of a Chinese run that must be in the passages once one of them is corrected
_MOST_WORDS = 6  # words of a question that are corrected
_KATAKANA_OF = {code: code + 96 for code in range(0x3041, 0x3097)}  # hiragana to katakana
_VOICED = str.maketrans(
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポ", "カキクケコサシスセソタチツテトハヒフヘホハヒフヘホ"
)


def respelt(question: str, hits: Sequence[Hit], index: Index) -> str:
    """The question with its misspelt words corrected by words of the hits; unchanged if there are none."""
    text = unicodedata.normalize("NFKC", question)
    passages_text = unicodedata.normalize("NFKC", "\n".join(hit.passage.text for hit in hits))
    slips = [
        *_latin_slips(text, passages_text, index),
        *_katakana_slips(text, passages_text, index),
        *_hiragana_slips(text, passages_text),
        *(_chinese_slips if language_of(text) == "zh" else _kanji_slips)(text, passages_text, index),
        *(_korean_slips(text, passages_text) if _HANGUL.search(text) else ()),
    ]
    mended, done = "", 0
    for start, end, meant in sorted(slips)[:_MOST_WORDS]:
        if start >= done:
            mended, done = f"{mended}{text[done:start]}{meant}", end
    return mended + text[done:] if slips else question


def _latin_slips(text: str, passages_text: str, index: Index) -> Iterator[tuple[int, int, str]]:
    """Words in Latin letters: (start, end, word that was meant)."""
    held = Counter(word for word in _LATIN.findall(passages_text) if not is_asking(word))
    for match in _LATIN.finditer(text):
        word = match.group()
        if index.words.knows(words(word)).any() or _is_english(word.lower()):
            continue
        most = 2 if len(word) >= _LONG_LATIN else 1
        meant = _nearest(word, held, most)
        if word.islower() and japanese_for(meant.lower()):
            meant = meant.lower()
        if meant := meant or _in_kana(word, passages_text):
            yield *match.span(), meant


def _is_english(word: str) -> bool:
    """Whether a word in small letters is one of the dictionary, inflected or not."""
    return is_asking(word) or bool(japanese_for(word)) or word in english_words("irregular") | english_words("verbs")


def _in_kana(word: str, passages_text: str) -> str:
    """The katakana word of the passages that a word in romaji spells; empty for none."""
    romaji = latin_romaji(word)
    return next((kana for kana in _KATAKANA.findall(passages_text) if romaji and kana_romaji(kana) == romaji), "")


def _katakana_slips(text: str, passages_text: str, index: Index) -> Iterator[tuple[int, int, str]]:
    held = Counter(_KATAKANA.findall(passages_text))
    for match in _KATAKANA.finditer(text):
        word = match.group()
        if word in held or index.words.knows(words(word)).all():
            continue
        parts = morphemes(word)
        if len(parts) == 1 and parts[0].pos[1] == "固有名詞":
            continue
        most = 2 if len(word) >= _LONG_KATAKANA else 1
        meant = _nearest(word, held, most) if len(word) >= _SHORTEST_COMMON else _lengthened(word, held)
        if meant:
            yield *match.span(), meant


def _hiragana_slips(text: str, passages_text: str) -> Iterator[tuple[int, int, str]]:
    """Katakana words of the passages that begin a run of hiragana in the question, or, if short, are the whole run."""
    held = {word for word in _KATAKANA.findall(passages_text) if len(word) >= _SHORTEST_HIRAGANA}
    for match in _HIRAGANA.finditer(text):
        typed = match.group().translate(_KATAKANA_OF)
        word = max((word for word in held if typed.startswith(word)), key=len, default="")
        word = word or (typed if typed in _KATAKANA.findall(passages_text) else "")
        if word and word not in text:
            yield match.start(), match.start() + len(word), word


def _lengthened(word: str, held: Counter[str]) -> str:
    """The word that differs in long vowels and small ツ alone: アンケート for アンケト; empty for none."""
    bare = re.sub("[ーッ]", "", word)
    return next((other for other in held if re.sub("[ーッ]", "", other) == bare), "")


def _kanji_slips(text: str, passages_text: str, index: Index) -> Iterator[tuple[int, int, str]]:
    """Compounds in which one kanji sounds or looks like the one that was meant: 嘆願所 for 嘆願書, 首悩 for 首脳."""
    for match in _KANJI.finditer(text):
        run = match.group()[:_LONGEST_RUN]
        if run in passages_text or (len(run) == 2 and (_is_word(run) or index.words.knows(words(run)).all())):
            continue
        windows = ((start, start + size) for size in range(len(run), 1, -1) for start in range(len(run) - size + 1))
        for start, end in windows:
            part = run[start:end]
            if (
                (len(part) > 2 or part == run)
                and part not in passages_text
                and (meant := _meant(part, passages_text, index))
            ):
                yield match.start() + start, match.start() + end, meant
                break


def _is_word(run: str) -> bool:
    """Whether the dictionary has a compound: 史料 is a word, not a slip for 資料. Unknown words have no reading."""
    parts = morphemes(run)
    return len(parts) == 1 and parts[0].reading != run


def _meant(run: str, passages_text: str, index: Index) -> str:
    """The compound of the passages that differs from `run` in one kanji that sounds or looks alike; empty for none."""
    pairs = [run[place : place + 2] for place in range(len(run) - 1)]
    if len(run) > 2 and index.pairs.knows(pairs).all():
        return ""
    for place in range(len(run)):
        other = rf"{run[:place]}[\u4e00-\u9fff]{run[place + 1 :]}"
        for meant in dict.fromkeys(re.findall(other, passages_text)):
            if run[place] in look_alikes().get(meant[place], "") or _reading(meant) == _reading(run):
                return str(meant)
    return ""


def _chinese_slips(text: str, passages_text: str, index: Index) -> Iterator[tuple[int, int, str]]:
    """Characters that sound or look like the one that was meant: 收城 for 收成; only those that form no known pair."""
    typed, held = japanese_forms(text), japanese_forms(passages_text)
    if len(typed) != len(text) or len(held) != len(passages_text):
        return
    asking = intent_model().vocabulary | intent_model().frames  # pairs that questions are made of
    for start, end in parts_of(text, "zh").slots:
        for place in range(start, end):
            around = [typed[at : at + 2] for at in (place - 1, place) if start <= at < end - 1]
            if not _KANJI.fullmatch("".join(around)) or any(pair in asking or _is_word(pair) for pair in around):
                continue
            if not index.pairs.knows(around).any() and (meant := _alike_there(typed, place, (start, end), held)):
                yield place, place + 1, passages_text[held.index(meant)]


def _alike_there(typed: str, place: int, run: tuple[int, int], held: str) -> str:
    """The character like the typed one that the passages have between the same neighbours; empty for none.

    The neighbours, at least one, are the nearest two in the run.
    """
    start, end = run
    size = min(_COMPARED, end - start)
    for first in range(max(start, place - size + 1), min(place, end - size) + 1):
        before, after = typed[first:place], typed[place + 1 : first + size]
        if before not in held or after not in held:  # most are not: no pattern is compiled for these
            continue
        between = re.findall(f"{re.escape(before)}(.){re.escape(after)}", held)
        alike = filter(partial(_sounds_or_looks_like, typed[place]), between)
        if meant := next(alike, ""):
            return meant
    return ""


def _sounds_or_looks_like(typed: str, meant: str) -> bool:
    known = mandarin_readings()
    sounds = known.get(typed, frozenset()) & known.get(meant, frozenset())
    return typed != meant and bool(sounds or typed in look_alikes().get(meant, ""))


@lru_cache(maxsize=1)
def look_alikes() -> dict[str, str]:
    """For each kanji, those that may be typed for it because they look alike; made by app.training.look_alikes."""
    return {line[0]: line[1:] for line in LOOK_ALIKES.read_text(encoding="utf-8").splitlines()}


def _korean_slips(text: str, passages_text: str) -> Iterator[tuple[int, int, str]]:
    """Korean words with one wrong letter, whose kanji stand in the passages: 간세 for 관세 (関税)."""
    held = sorted({hangul_of(run) for run in _compounds(passages_text)}, key=lambda word: (-len(word), word))
    model, asks = intent_model(), patterns("ko")["asks"]
    asking = model.vocabulary | model.frames | model.topic_frames  # words that questions are made of
    for match in _HANGUL.finditer(text):
        typed = match.group()[:_LONGEST_RUN]
        if typed[:2] in asking or any(word in as_at_starts(typed) for word in held) or asks.match(typed):
            continue
        starts = [start for start in range(len(typed) - 1) if not start or is_sino_korean(typed[:start])]
        slips = ((start, word) for start in starts for word in held if _is_slip_of(typed[start:][: len(word)], word))
        if slip := next(slips, None):
            start, word = slip
            yield match.start() + start, match.start() + start + len(word), word


def _is_slip_of(typed: str, word: str) -> bool:
    """Whether `typed` is `word` with one mistyped letter, not its first, and is no Sino-Korean word itself."""
    letters, wanted = (unicodedata.normalize("NFD", as_at_starts(text)) for text in (typed, word))
    return letters[0] == wanted[0] and _slips(letters, wanted, 1) == 1 and not is_sino_korean(typed)


def _compounds(passages_text: str) -> set[str]:
    """The compounds of kanji in the passages: common nouns, and such a noun with a suffix."""
    nouns = [
        morpheme for morpheme in morphemes(passages_text) if _KANJI.match(morpheme.surface) or _is_suffix(morpheme)
    ]
    common = [morpheme for morpheme in nouns if morpheme.pos[1] == "普通名詞" and morpheme.pos[2] != "副詞可能"]
    suffixed = {
        noun.surface + suffix.surface
        for noun, suffix in pairwise(nouns)
        if noun.end == suffix.start and _is_suffix(suffix)
    }
    return {morpheme.surface for morpheme in common if _KANJI.fullmatch(morpheme.surface)} | {
        compound for compound in suffixed if _KANJI.fullmatch(compound)
    }


def _is_suffix(morpheme: Morpheme) -> bool:
    return morpheme.pos[0] == "接尾辞"


def _reading(run: str) -> str:
    """The reading of a compound, with voiced kana made unvoiced."""
    return "".join(morpheme.reading for morpheme in morphemes(run)).translate(_VOICED)


def _nearest(word: str, held: Counter[str], most: int) -> str:
    """The word of `held` at the smallest edit distance, at most `most`; ties: the commonest; empty for none.

    Its first letter must be among the first two of `word`.
    """
    near = [
        (slips, -count, other)
        for other, count in held.items()
        if abs(len(other) - len(word)) <= most
        and word[:2].lower()[::-1].find(other[0].lower()) >= 0
        and 0 < (slips := _slips(word.lower(), other.lower(), most)) <= most
    ]
    return min(near, default=(0, 0, ""))[2]


def _slips(word: str, other: str, most: int) -> int:
    """Edit distance in letters, with swaps of neighbours; `most` + 1 as soon as it must exceed `most`.

    Optimal string alignment (Damerau 1964), row by row.
    """
    older: list[int] = []
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
