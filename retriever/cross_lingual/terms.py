"""Cross-lingual terms of a question, and which passages of an index contain them.

A term has several spellings, made of the tokens that passages are indexed under (tokens.py); any of them counts as the
term (Pirkola 1998: all translations of a word are one word).
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from retriever.cross_lingual.dictionary import (
    chinese_pieces,
    countries_in,
    english_japanese,
    japanese_for,
    phrases_of,
    translations,
)
from retriever.cross_lingual.korean import korean_terms
from retriever.cross_lingual.tokens import (
    KATAKANA,
    PHONETIC,
    ROMAJI,
    SHORTEST_KEY,
    SHORTEST_ROMAJI,
    UNIT,
    WORD,
    Term,
    english_spellings,
    latin_keys,
    phonetic_tokens,
    phonetic_tokens_of,
    plain_letters,
    short_units,
    shortened,
    units_of,
)
from retriever.lexical.bm25 import Bm25, Rows, Scores, hash_tokens
from retriever.text import Morpheme, content_words, fold, is_asking, japanese_forms, morphemes, words

# Least total weight for normalisation, in IDFs of a word that occurs in a single passage: a question with few indexed
# terms must not look fully covered (tests/benchmarks/LOG.md).
_LEAST_RARE = 1.5
_HEPBURN = re.compile(r"(?:(?:[kgsztdnhbpmrywjf]|[knhbpmgr]y|sh|ch|ts)?[aiueo]|n(?![aiueoy])|m(?=[bp]))+")
_TO_KUNREI = (("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("ji", "zi"), ("fu", "hu"), ("sh", "sy"), ("ch", "ty"))
_SHARED_WRITING = {"ja", "zh"}  # languages whose words are the same tokens in the lexical indexes
# Function words by language: those of Japanese that Sudachi classes as content words, and those of Chinese, which is
# cut as if it were Japanese.
_LIGHT = {
    "ja": frozenset("どこ 為 良い 出る 後 年 等 うち 主 主な より ため 無い".split()),
    "zh": frozenset(
        "的 了 這 那 把 被 有 没 会 対 和 与 在 到 従 於 也 都 就 還 又 很 不 得 地 着 過 個 其 之 以 及 他 我 最 更"
        " 所 第 年 等".split()
    ),
}


def share_words(language: str, other: str) -> bool:
    """Whether two languages share words as they are written (the same one, or Japanese and Chinese)."""
    return language == other or {language, other} <= _SHARED_WRITING


def terms_of(question: str, language: str) -> list[Term]:
    """Cross-lingual terms of a question in `language`."""
    if language == "en":
        return list(_english_terms(question))
    if language == "ko":
        return [*country_terms(question, "ko"), *korean_terms(question)]
    if language == "zh":
        return [*country_terms(question, "zh"), *_chinese_terms(question)]
    terms = _written_terms(question, "ja")
    for phonetic in phonetic_tokens(fold(question)):
        spellings = tuple((token,) for token in phonetic if token.startswith(PHONETIC))
        if spellings:
            terms.append(Term(spellings[0][0].removeprefix(PHONETIC), spellings, is_name=True))
    return terms


def _written_terms(text: str, language: str) -> list[Term]:
    """Terms for the content words of Japanese text, or of Chinese text, which is cut as if it were Japanese."""
    light = _LIGHT[language]
    return [_japanese_term(word) for word in content_words(text) if word not in light and set(word) - light]


def _chinese_terms(question: str) -> Iterator[Term]:
    """Terms for the words of a Chinese question: as written and in English; a word without English gives its parts."""
    seen = set()
    for piece, english in chinese_pieces(fold(japanese_forms(question))):
        parts = tuple(_written_terms(piece, "zh"))
        if piece in seen or not parts:
            continue
        seen.add(piece)
        if not english:
            yield from parts
            continue
        written = [tuple(WORD + part.text for part in parts), *(parts[0].spellings if len(parts) == 1 else ())]
        spellings = dict.fromkeys([*written, *(tuple(WORD + form for form in words(phrase)) for phrase in english)])
        yield Term(piece, tuple(filter(None, spellings)), parts=parts if len(parts) > 1 else parts[0].parts)


def country_terms(question: str, language: str) -> list[Term]:
    """The countries that a Chinese or Korean question names, by their Japanese and English names."""
    terms = []
    for name, country in countries_in(question, language):
        spellings = [tuple(WORD + word for word in row) for row in country.in_words()]
        spellings += [tuple(WORD + form for form in words(english)) for english in country.english]
        terms.append(Term(name, tuple(dict.fromkeys(filter(None, spellings))), is_name=True))
    return terms


def _japanese_term(word: str) -> Term:
    """A Japanese word (or a Chinese one in Japanese forms): as written, by its short units, by its English."""
    units = short_units(word)
    parts = tuple(Term(unit, ((UNIT + unit,), *english_spellings(unit))) for unit in units)
    spellings = [(WORD + word,), tuple(UNIT + unit for unit in units or (word,)), *english_spellings(word)]
    return Term(word, tuple(dict.fromkeys(spellings)), parts=parts if len(units) > 1 else ())


def _english_terms(question: str) -> Iterator[Term]:
    for phrase, japanese in phrases_of(question):
        term = _english_term(phrase, japanese)
        if term.spellings or term.parts:
            yield term


def _english_term(phrase: Sequence[tuple[str, int]], japanese: Sequence[tuple[str, ...]]) -> Term:
    """Term for a phrase of (word, offset): its translations, its words as written, the phonetic keys of a name."""
    spellings = [tuple(WORD + word for word in row) for row in japanese]
    text = " ".join(word for word, _ in phrase)
    rows = japanese or (translations(text.lower()) if len(phrase) == 1 else ())
    spellings += [tuple(UNIT + unit for unit in units_of(row)) for row in rows]
    is_name = any(
        word[0].isupper() and len(word) > 1 and (place or not japanese) and not is_asking(word)
        for word, place in phrase
    )
    if len(phrase) == 1 or is_name:
        for word, _ in phrase:
            spellings += _latin_spellings(word, is_name=is_name and word[0].isupper(), is_known=bool(japanese))
        return Term(text, tuple(dict.fromkeys(spellings)), is_name)
    spellings.append(tuple(WORD + form for word, _ in phrase for form in words(word)))
    parts = tuple(_english_term([entry], japanese_for(entry[0].lower())) for entry in phrase if not is_asking(entry[0]))
    return Term(text, tuple(dict.fromkeys(filter(None, spellings))), parts=parts)


def _latin_spellings(word: str, *, is_name: bool, is_known: bool) -> list[tuple[str, ...]]:
    """Spellings of a word in Latin letters: as written and, for a name, its phonetic keys and romanised Japanese."""
    spellings: list[tuple[str, ...]] = [(WORD + form,) for form in words(word)]
    if is_name:
        keys = () if word.isupper() else latin_keys(word)  # an abbreviation has no phonetic key
        spellings += [(PHONETIC + key,) for key in keys if len(key) >= SHORTEST_KEY < len(word)]
    romaji = latin_romaji(word) if is_name or not is_known else ""
    return [*spellings, (ROMAJI + romaji,)] if len(romaji) >= SHORTEST_ROMAJI - is_name else spellings


def latin_romaji(word: str) -> str:
    """A word in Hepburn romanisation in the form of `kana_romaji`; empty if it is not valid Hepburn."""
    letters = re.sub(r"([ksptc])(?=\1|ch)", "", plain_letters(word))
    if not _HEPBURN.fullmatch(letters):
        return ""
    letters = re.sub(r"m(?=[bp])", "n", letters)
    for hepburn, kunrei in _TO_KUNREI:
        letters = letters.replace(hepburn, kunrei)
    return shortened(re.sub(r"j(?=[aueo])", "zy", letters))


def japanese_name_term(morpheme: Morpheme) -> Term:
    """A Japanese name as one term: as it is written, by its phonetic key, and by its synonyms in the dictionary."""
    phonetic = phonetic_tokens_of(morpheme.surface, morpheme.pos, morpheme.reading)
    spellings = _written_names(morpheme.surface)
    spellings += [(token,) for token in phonetic if token.startswith(PHONETIC)]
    return Term(morpheme.surface, tuple(spellings), is_name=True)


def chinese_name_term(name: str, english: Sequence[str]) -> Term:
    """A Chinese name in Japanese characters as one term: as written and in English, not by its Japanese reading."""
    spellings = [*_written_names(name), *(tuple(WORD + form for form in words(phrase)) for phrase in english)]
    return Term(name, tuple(filter(None, spellings)), is_name=True)


def _written_names(name: str) -> list[tuple[str, ...]]:
    """A name in kanji or kana and its synonyms in the dictionary, as spellings."""
    written = words(name)
    synonyms = japanese_synonyms(written[0]) if len(written) == 1 else ()
    return [tuple(WORD + word for word in row) for row in (written, *filter(_is_name, synonyms)) if row]


def _is_name(written: Sequence[str]) -> bool:
    """Whether Japanese words are one name, not a common word of the same English spelling (私達 for "US")."""
    text = "".join(written)
    is_proper = bool(KATAKANA.fullmatch(text)) or all(morpheme.pos[1] == "固有名詞" for morpheme in morphemes(text))
    return len(text) > 1 and is_proper


@lru_cache(maxsize=4096)
def japanese_synonyms(word: str) -> tuple[tuple[str, ...], ...]:
    """Japanese words that share an English translation with `word`: アメリカ for 米国; each as `text.words` cuts it."""
    table, key = english_japanese(), b"\t" + word.encode()
    synonyms: dict[tuple[str, ...], None] = {}
    place = table.find(key)
    while place >= 0:
        end = place + len(key)
        if table[end : end + 1] in (b"\t", b"\n", b""):
            start, stop = table.rfind(b"\n", 0, place) + 1, table.find(b"\n", end)
            cells = table[start : stop if stop >= 0 else len(table)].decode().split("\t")[1:]
            synonyms |= dict.fromkeys(tuple(cell.split(" ")) for cell in cells)
        place = table.find(key, end)
    synonyms.pop((word,), None)
    return tuple(synonyms)


def number_term(digits: str) -> Term:
    """A number as a term that is not a name."""
    return Term(digits, ((WORD + digits,),))


def cross_lingual_names(question: str, language: str) -> list[Term]:
    """The terms of a question that are names: capitalised English words, countries, Korean loans …"""
    return [term for term in terms_of(question, language) if term.is_name]


@dataclass(frozen=True, slots=True)
class IndexedTerm:
    """A term looked up in an index: its indexed spellings, the rows that contain any of them, and their joint IDF.

    `rarest` is the IDF of a term in a single passage.
    """

    spellings: tuple[tuple[str, ...], ...]
    rows: NDArray[np.int64]
    weight: float
    rarest: float


def is_indexed(term: Term, lexical: Bm25) -> bool:
    """Whether any passage contains the term in any spelling."""
    return bool(indexed_terms([term], lexical))


def entries_aside(language: str, groups: Sequence[Sequence[str]]) -> list[bool]:
    """For each group, whether it holds bibliography entries in a language that shares no words with `language`.

    False for all if no group shares any. An entry has the language of its work, not of the document that lists it.
    """
    sharing = [share_words(language, other) for other, _ in groups]
    return [kind == "entry" and not shares and any(sharing) for shares, (_, kind) in zip(sharing, groups, strict=True)]


def indexed_terms(terms: Sequence[Term], lexical: Bm25) -> list[IndexedTerm]:
    """Look up terms in the index. A term in no passage is replaced by its parts; parts in no passage are left out."""
    spelled = (spelling for term in terms for each in (term, *term.parts) for spelling in each.spellings)
    tokens = list(dict.fromkeys(token for spelling in spelled for token in spelling))
    holding = dict(zip(tokens, lexical.postings.holding(hash_tokens(tokens)), strict=True))
    indexed: list[IndexedTerm] = []
    for term in terms:
        whole = _indexed(term, holding, lexical.count)
        of_parts = [] if whole else [_indexed(part, holding, lexical.count) for part in term.parts]
        indexed += filter(None, [whole, *of_parts])
    return indexed


def _indexed(term: Term, holding: Mapping[str, Rows], count: int) -> IndexedTerm | None:
    spellings, rows = [], []
    for spelling in term.spellings:
        holding_all = reduce(np.intersect1d, (holding[token] for token in spelling))
        if len(holding_all):
            spellings.append(spelling)
            rows.append(holding_all)
            if term.first_only:
                break
    if not rows:
        return None
    union = np.unique(np.concatenate(rows))
    return IndexedTerm(tuple(spellings), union, _idf(count, len(union)), _idf(count, 1))


def _idf(count: int, holding: int) -> float:
    """IDF of a term in `holding` of `count` passages."""
    return math.log1p((count - holding + 0.5) / (holding + 0.5))


def share_in(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    """Cross-lingual overlap in [0, 1] of a text whose tokens are `present`."""
    return _part(terms, present) / _whole(terms)


def share_of_known(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    """Share in [0, 1] of the known terms' weight: like `share_in`, but without the least total weight."""
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


def total_weight(terms: Sequence[Term], indexed: Sequence[IndexedTerm], lexical: Bm25) -> float:
    """Weight of all terms, of which `indexed` were found; each of the others weighs as a term in no passage."""
    unknown = max(0, len(terms) - len(indexed)) * _idf(lexical.count, 0)
    return unknown + sum(term.weight for term in indexed)


def shares(terms: Sequence[IndexedTerm], count: int) -> Scores:
    """Cross-lingual overlap of each of `count` rows: share of the terms' weight in [0, 1], shape (count,)."""
    total = np.zeros(count, np.float32)
    for term in terms:
        total[term.rows] += term.weight
    return total / np.float32(_whole(terms))
