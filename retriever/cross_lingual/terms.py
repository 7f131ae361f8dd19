"""Cross-lingual index terms: words, phonetic keys of names, Korean readings of kanji, dictionary translations.

A passage is indexed under the tokens that its words have in other languages. A question becomes terms with several
spellings, any of which counts as the term (Pirkola 1998: all translations of a word are one word).
"""

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from retriever.cross_lingual.equivalents import (
    LONGEST_PHRASE,
    as_at_starts,
    coarse,
    hangul_key,
    hangul_of,
    is_loan,
    japanese_for,
    japanese_synonyms,
    kana_key,
    kana_romaji,
    latin_keys,
    latin_romaji,
)
from retriever.lexical.bm25 import Bm25
from retriever.lexical.postings import hash_tokens
from retriever.text import Morpheme, content_words, fold, is_asking, language_of, morphemes, words

_KANJI = re.compile(r"[\u4e00-\u9fff]+")
_KATAKANA = re.compile(r"[ァ-ヺー]{2,}")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]")
_HANGUL = re.compile(r"[가-힣]+")
_LONGEST_HANGUL = 20  # syllables of a name; every length up to it is tried
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+(?:-[A-Za-zÀ-ɏ]+)*(?:[’'][a-z]+)?|\d[\d.,]*")
_JOINED_NAMES = re.compile(r"(?<=[A-Za-z])-(?=[A-Z])")  # Japan-US
_POSSESSIVE = re.compile(r"[’']s?$")
# Shorter phonetic keys are shared by too many words; in Hangul, where names are guessed, even more so.
_SHORTEST_KEY, _SHORTEST_HANGUL_KEY = 2, 3
_SHORTEST_ROMAJI = 4
# Least total weight for normalisation, in words that occur in a single passage: a question of which less is known
# must not look fully covered (tests/benchmarks/LOG.md).
_LEAST_RARE = 1.5
# Prefixes by kind of token, so that tokens of different kinds never match.
_WORD, _PHONETIC, _COARSE, _ROMAJI, _PAIR = "w:", "s:", "c:", "r:", "k:"
_SHARED_WRITING = {"ja", "zh"}  # languages whose words are the same tokens in the lexical indexes

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a question, `text`, with its spellings; a spelling is tokens that must all occur in a passage.

    `first_only`: spellings are ordered from the most to the least specific; only the first indexed one counts.
    """

    text: str
    spellings: tuple[tuple[str, ...], ...]
    is_name: bool = False
    first_only: bool = False


@dataclass(frozen=True, slots=True)
class IndexedTerm:
    """A term looked up in an index: its indexed spellings, the rows that contain any of them, and their joint IDF.

    `rarest` is the IDF of a term in a single passage.
    """

    spellings: tuple[tuple[str, ...], ...]
    rows: NDArray[np.int64]
    weight: float
    rarest: float


def tokens(text: str) -> list[str]:
    """Cross-lingual index terms of a passage: words, phonetic keys of names, readings, dictionary translations."""
    terms = [_WORD + word for word in words(text)]
    folded = fold(text)
    terms += [token for of_name in _phonetic_tokens(folded) for token in of_name]
    for run in _KANJI.findall(folded):
        terms += _pairs(hangul_of(run))
    for match in _LATIN.finditer(text):
        if match.group()[0].isupper():
            for key in latin_keys(_POSSESSIVE.sub("", match.group())):
                terms += [_PHONETIC + key, _COARSE + coarse(key)]
    # English entries of a Japanese bibliography come with a Japanese heading; with translations, two of 45 development
    # questions on the paper were wrongly refused (tests/quality)
    if language_of(text) == "en" and not _KANA.search(text):
        terms += [_WORD + word for _, rows in _phrases(text) for row in rows for word in row]
    return terms


def _phonetic_tokens(folded: str) -> Iterator[list[str]]:
    """Phonetic tokens of each name and noun of Japanese text: of short units (東京 in 東京都) and katakana runs."""
    units = [(morpheme.surface, morpheme.pos, morpheme.reading) for morpheme in morphemes(folded, short=True)]
    runs = set(_KATAKANA.findall(folded)).difference(surface for surface, _, _ in units)
    for surface, pos, reading in (*units, *((run, ("名詞", "固有名詞"), run) for run in sorted(runs))):
        phonetic = _phonetic_tokens_of(surface, pos, reading)
        if phonetic:
            yield phonetic


def _phonetic_tokens_of(surface: str, pos: Sequence[str], reading: str) -> list[str]:
    """Phonetic tokens of a Japanese morpheme: a noun's reading, and the keys of names and katakana words."""
    is_katakana = bool(_KATAKANA.fullmatch(surface))
    if not is_katakana and not (pos[0] == "名詞" and _KANJI.search(surface)):
        return []
    kana = surface if is_katakana else reading
    romaji, key = kana_romaji(kana), kana_key(kana)
    readings = [_ROMAJI + romaji] if len(romaji) >= _SHORTEST_ROMAJI - 1 else []
    is_name = is_katakana or pos[1] == "固有名詞"
    return [*readings, _PHONETIC + key, _COARSE + coarse(key)] if is_name and len(key) >= _SHORTEST_KEY else readings


def _pairs(hangul: str) -> list[str]:
    pairs = (hangul[place : place + 2] for place in range(len(hangul) - 1))
    return [_PAIR + pair for pair in pairs if " " not in pair]


def share_words(language: str, other: str) -> bool:
    """Whether two languages share words as they are written (the same one, or Japanese and Chinese)."""
    return language == other or {language, other} <= _SHARED_WRITING


def terms_of(question: str, language: str) -> list[Term]:
    """Cross-lingual terms of a question in `language`."""
    if language == "en":
        return list(_english_terms(question))
    if language == "ko":
        return list(_korean_terms(question))
    terms = [Term(word, ((_WORD + word,),)) for word in content_words(question)]
    if language == "ja":
        for phonetic in _phonetic_tokens(fold(question)):
            spellings = tuple((token,) for token in phonetic if token.startswith(_PHONETIC))
            if spellings:
                terms.append(Term(spellings[0][0].removeprefix(_PHONETIC), spellings, is_name=True))
    return terms


def _phrases(text: str) -> Iterator[tuple[list[tuple[str, int]], tuple[tuple[str, ...], ...]]]:
    """Split English `text` into the longest phrases of the dictionary and single words, each with its Japanese.

    A phrase is a list of (word, offset); function words and question words are left out.
    """
    plain = _JOINED_NAMES.sub(" ", text)
    word_places = [(_POSSESSIVE.sub("", match.group()), match.start()) for match in _LATIN.finditer(plain)]
    start = 0
    while start < len(word_places):
        for length in range(min(LONGEST_PHRASE, len(word_places) - start), 0, -1):
            phrase = word_places[start : start + length]
            is_single = length == 1
            if is_single and is_asking(phrase[0][0]):
                break
            japanese = japanese_for(" ".join(word for word, _ in phrase).lower())
            if japanese or is_single:
                yield phrase, japanese
                break
        start += length


def _english_terms(question: str) -> Iterator[Term]:
    for phrase, japanese in _phrases(question):
        spellings = [tuple(_WORD + word for word in row) for row in japanese]
        is_name = False
        for word, place in phrase:
            spellings += [(_WORD + form,) for form in words(word)]
            if word[0].isupper() and len(word) > 1 and (place or not japanese) and not is_asking(word):
                is_name = True
                keys = () if word.isupper() else latin_keys(word)  # an abbreviation is written alike, not heard
                spellings += [(_PHONETIC + key,) for key in keys if len(key) >= _SHORTEST_KEY < len(word)]
            romaji = latin_romaji(word) if is_name or not japanese else ""
            if len(romaji) >= _SHORTEST_ROMAJI - is_name:
                spellings.append((_ROMAJI + romaji,))
        if spellings:
            yield Term(" ".join(word for word, _ in phrase), tuple(dict.fromkeys(spellings)), is_name)


def _korean_terms(question: str) -> Iterator[Term]:
    for written in _HANGUL.findall(question):
        # a name and its particles are written without a space (트럼프는, 트럼프에게), so every beginning is tried
        longest = min(len(written), _LONGEST_HANGUL)
        names = (written[:end] for end in range(longest, 1, -1) if is_loan(written[:end]))
        keys = dict.fromkeys(hangul_key(name) for name in names)
        phonetic = tuple((_COARSE + key,) for key in keys if len(key) >= _SHORTEST_HANGUL_KEY)
        if phonetic:
            yield Term(written, phonetic, is_name=True, first_only=True)
        for pair in dict.fromkeys(_pairs(as_at_starts(written))):
            yield Term(pair.removeprefix(_PAIR), ((pair,),))


def japanese_name_term(morpheme: Morpheme) -> Term:
    """A Japanese name as one term: as it is written, by its phonetic key, and by its synonyms in the dictionary."""
    phonetic = _phonetic_tokens_of(morpheme.surface, morpheme.pos, morpheme.reading)
    written = words(morpheme.surface)
    synonyms = japanese_synonyms(written[0]) if len(written) == 1 else ()
    spellings = [tuple(_WORD + word for word in row) for row in (written, *filter(_is_name, synonyms)) if row]
    spellings += [(token,) for token in phonetic if token.startswith(_PHONETIC)]
    return Term(morpheme.surface, tuple(spellings), is_name=True)


def _is_name(written: Sequence[str]) -> bool:
    """Whether Japanese words are one name, not a common word of the same English spelling (私達 for "US")."""
    text = "".join(written)
    is_proper = bool(_KATAKANA.fullmatch(text)) or all(morpheme.pos[1] == "固有名詞" for morpheme in morphemes(text))
    return len(text) > 1 and is_proper


def number_term(digits: str) -> Term:
    """A number as a term that is not a name."""
    return Term(digits, ((_WORD + digits,),))


def readings_term(hangul: str) -> Term:
    """A Hangul word as one term: by the readings of kanji, or by its phonetic key."""
    phonetic = ((_COARSE + key,) for key in [hangul_key(hangul)] if len(key) >= _SHORTEST_HANGUL_KEY)
    return Term(hangul, (tuple(_pairs(as_at_starts(hangul))), *phonetic), is_name=True)


def cross_lingual_names(question: str, language: str) -> list[Term]:
    """Names in a question: capitalised English words, Korean words whose syllables show a foreign name."""
    return [term for term in terms_of(question, language) if term.is_name]


def is_indexed(term: Term, lexical: Bm25) -> bool:
    """Whether any passage contains the term in any spelling."""
    return bool(indexed_terms([term], lexical))


def indexed_terms(terms: Sequence[Term], lexical: Bm25) -> list[IndexedTerm]:
    """Look up terms in the index; terms in no passage are left out."""
    tokens_of_terms = list(dict.fromkeys(token for term in terms for spelling in term.spellings for token in spelling))
    holding = dict(zip(tokens_of_terms, lexical.postings.holding(hash_tokens(tokens_of_terms)), strict=True))
    indexed = []
    for term in terms:
        spellings = []
        rows: list[NDArray[np.int64]] = []
        for spelling in term.spellings:
            holding_all = reduce(np.intersect1d, (holding[token] for token in spelling))
            if len(holding_all):
                spellings.append(spelling)
                rows.append(holding_all)
                if term.first_only:
                    break
        if rows:
            union = np.unique(np.concatenate(rows))
            weight, rarest = _idf(lexical.count, len(union)), _idf(lexical.count, 1)
            indexed.append(IndexedTerm(tuple(spellings), union, weight, rarest))
    return indexed


def _idf(count: int, holding: int) -> float:
    """IDF of a term in `holding` of `count` passages."""
    return math.log1p((count - holding + 0.5) / (holding + 0.5))


def shares(terms: Sequence[IndexedTerm], count: int) -> Scores:
    """Cross-lingual overlap of each of `count` rows: share of the terms' weight in [0, 1], shape (count,)."""
    total = np.zeros(count, np.float32)
    for term in terms:
        total[term.rows] += term.weight
    return total / np.float32(_whole(terms))


def share_in(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    """Cross-lingual overlap in [0, 1] of a text whose tokens are `present`."""
    return _part(terms, present) / _whole(terms)


def share_of_known(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    """The same without the least total weight: share in [0, 1] of the known terms' weight."""
    total = sum(term.weight for term in terms)
    return _part(terms, present) / total if total else 0.0


def _part(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    return sum(term.weight for term in terms if _is_present(term, present))


def _is_present(term: IndexedTerm, present: Collection[str]) -> bool:
    """Whether all tokens of any spelling of the term are in `present`."""
    return any(all(token in present for token in spelling) for spelling in term.spellings)


def _whole(terms: Sequence[IndexedTerm]) -> float:
    """Normalising constant: the score of a text that contains every term."""
    return max(sum(term.weight for term in terms), *(_LEAST_RARE * term.rarest for term in terms[:1]), 1e-9)
