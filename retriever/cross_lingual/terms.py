"""Cross-lingual index terms: words, phonetic keys of names, Korean readings of kanji, dictionary translations.

A passage is indexed under the tokens that its words have in other languages. A question becomes terms with several
spellings, any of which counts as the term (Pirkola 1998: all translations of a word are one word).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retriever.cross_lingual.countries import countries_in, country_called
from retriever.cross_lingual.dictionary import (
    LONGEST_PHRASE,
    common_words_read,
    english_for,
    japanese_for,
    japanese_synonyms,
    translations,
)
from retriever.cross_lingual.equivalents import (
    as_at_starts,
    coarse,
    hangul_key,
    hangul_of,
    is_loan,
    kana_key,
    kana_romaji,
    latin_keys,
    latin_romaji,
)
from retriever.text import Morpheme, content_words, fold, is_asking, japanese_forms, language_of, morphemes, words

_KANJI = re.compile(r"[\u4e00-\u9fff]+")
_KATAKANA = re.compile(r"[ァ-ヺー]{2,}")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]")
_HANGUL = re.compile(r"[가-힣]+")
_LONGEST_HANGUL = 20  # syllables of a name; every length up to it is tried
_LONGEST_SINO_KOREAN = 4  # syllables of a word that the dictionary has in kanji
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+(?:-[A-Za-zÀ-ɏ]+)*(?:[’'][a-z]+)?|\d[\d.,]*")
_JOINED_NAMES = re.compile(r"(?<=[A-Za-z])-(?=[A-Z])")  # Japan-US
_POSSESSIVE = re.compile(r"[’']s?$")
_AFTER_SENTENCE = re.compile(r"(?<=[。！？\n])|(?<=[.!?]\s)")
# Shorter phonetic keys are shared by too many words; in Hangul, where names are guessed, even more so.
_SHORTEST_KEY, _SHORTEST_HANGUL_KEY = 2, 3
_SHORTEST_ROMAJI = 4
# Prefixes by kind of token, so that tokens of different kinds never match. A unit is a short unit of a Japanese
# compound (安保 in 日米安保条約), or a translation that is less certain.
_WORD, _UNIT, _PHONETIC, _COARSE, _ROMAJI, _PAIR = "w:", "u:", "s:", "c:", "r:", "k:"
SENTENCE_END = "."  # token after each sentence of a passage
_SHARED_WRITING = {"ja", "zh"}  # languages whose words are the same tokens in the lexical indexes
_COMPOUNDED = {"名詞", "接頭辞", "接尾辞"}
# Function words by language: those that Sudachi takes for content words in Japanese, and those of Chinese, which it
# cuts as if it were Japanese.
_LIGHT = {
    "ja": frozenset("どこ 為 良い 出る 後 年 等 うち 主 主な より ため 無い".split()),
    "zh": frozenset(
        "的 了 這 那 把 被 有 没 会 対 和 与 在 到 従 於 也 都 就 還 又 很 不 得 地 着 過 個 其 之 以 及 他 我 最 更"
        " 所 第 年 等".split()
    ),
}


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
    # English entries of a Japanese bibliography come with a Japanese heading; with translations, two of 45 development
    # questions on the paper were wrongly refused (tests/quality)
    is_translated = language == "en" and not _KANA.search(text)
    terms = []
    for sentence in filter(str.strip, _AFTER_SENTENCE.split(written)):
        terms += _tokens_as_written(sentence)
        if is_translated:
            terms += _translated_tokens(sentence)
        terms.append(SENTENCE_END)
    return terms


def _tokens_as_written(sentence: str) -> list[str]:
    terms = [_WORD + word for word in words(sentence)]
    folded = fold(sentence)
    terms += [token for of_name in _phonetic_tokens(folded) for token in of_name]
    for run in _KANJI.findall(folded):
        terms += _pairs(hangul_of(run))
        terms += [_UNIT + unit for unit in _short_units(run)]
    for match in _LATIN.finditer(sentence):
        if match.group()[0].isupper():
            for key in latin_keys(_POSSESSIVE.sub("", match.group())):
                terms += [_PHONETIC + key, _COARSE + coarse(key)]
    return terms


def _translated_tokens(sentence: str) -> list[str]:
    """Japanese translations of the words of an English sentence."""
    terms = []
    for phrase, rows in _phrases(sentence):
        terms += [_WORD + word for row in rows for word in row]
        for row in rows or translations(phrase[0][0].lower()):
            terms += [_UNIT + unit for unit in _units(row)]
    return terms


def _units(row: tuple[str, ...]) -> tuple[str, ...]:
    """Short units of a Japanese translation, or its words where it has none (verbs)."""
    return _short_units("".join(row)) or row


@lru_cache(maxsize=65536)
def _short_units(text: str) -> tuple[str, ...]:
    """Nouns and affixes of Japanese text as Sudachi's short units, normalised."""
    return tuple(unit.normalised for unit in morphemes(fold(text), short=True) if unit.pos[0] in _COMPOUNDED)


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
    romaji = kana_romaji(kana)
    readings = [_ROMAJI + romaji] if len(romaji) >= _SHORTEST_ROMAJI - 1 else []
    key = kana_key(kana) if is_katakana or pos[1] == "固有名詞" else ""  # of names
    return [*readings, _PHONETIC + key, _COARSE + coarse(key)] if len(key) >= _SHORTEST_KEY else readings


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
        return [*country_terms(question, "ko"), *_korean_terms(question)]
    light = _LIGHT[language]
    terms = country_terms(question, language) + [
        _japanese_term(word) for word in content_words(question) if word not in light and set(word) - light
    ]
    if language == "ja":
        for phonetic in _phonetic_tokens(fold(question)):
            spellings = tuple((token,) for token in phonetic if token.startswith(_PHONETIC))
            if spellings:
                terms.append(Term(spellings[0][0].removeprefix(_PHONETIC), spellings, is_name=True))
    return terms


def country_terms(question: str, language: str) -> list[Term]:
    """The countries that a Chinese or Korean question names, by their Japanese and English names."""
    terms = []
    for name, country in countries_in(question, language):
        spellings = [tuple(_WORD + word for word in row) for row in country.in_words()]
        spellings += [tuple(_WORD + form for form in words(english)) for english in country.english]
        terms.append(Term(name, tuple(dict.fromkeys(filter(None, spellings))), is_name=True))
    return terms


def _japanese_term(word: str) -> Term:
    """A Japanese word (or a Chinese one in Japanese forms): as written, by its short units, by its English."""
    units = _short_units(word)
    parts = tuple(Term(unit, ((_UNIT + unit,), *_english_spellings(unit))) for unit in units)
    spellings = [(_WORD + word,), tuple(_UNIT + unit for unit in units or (word,)), *_english_spellings(word)]
    return Term(word, tuple(dict.fromkeys(spellings)), parts=parts if len(units) > 1 else ())


def _english_spellings(word: str) -> list[tuple[str, ...]]:
    """English translations of a Japanese word as spellings."""
    spellings = (tuple(_WORD + form for form in words(phrase)) for phrase in english_for(word))
    return [spelling for spelling in spellings if spelling]


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
            written = " ".join(word for word, _ in phrase)
            japanese = japanese_for(written.lower())
            if written[0].isupper() and (country := country_called(written)):
                japanese = tuple(dict.fromkeys((*japanese, *country.in_words())))
            if japanese or is_single:
                yield phrase, japanese
                break
        start += length


def _english_terms(question: str) -> Iterator[Term]:
    for phrase, japanese in _phrases(question):
        term = _english_term(phrase, japanese)
        if term.spellings or term.parts:
            yield term


def _english_term(phrase: Sequence[tuple[str, int]], japanese: Sequence[tuple[str, ...]]) -> Term:
    """A phrase or a word with its offset: by its translations, as it is written, by how a name sounds."""
    spellings = [tuple(_WORD + word for word in row) for row in japanese]
    text = " ".join(word for word, _ in phrase)
    rows = japanese or (translations(text.lower()) if len(phrase) == 1 else ())
    spellings += [tuple(_UNIT + unit for unit in _units(row)) for row in rows]
    is_name = any(
        word[0].isupper() and len(word) > 1 and (place or not japanese) and not is_asking(word)
        for word, place in phrase
    )
    if len(phrase) == 1 or is_name:
        for word, _ in phrase:
            spellings += _latin_spellings(word, is_name=is_name and word[0].isupper(), is_known=bool(japanese))
        return Term(text, tuple(dict.fromkeys(spellings)), is_name)
    spellings.append(tuple(_WORD + form for word, _ in phrase for form in words(word)))
    parts = tuple(_english_term([one], japanese_for(one[0].lower())) for one in phrase if not is_asking(one[0]))
    return Term(text, tuple(dict.fromkeys(filter(None, spellings))), parts=parts)


def _latin_spellings(word: str, *, is_name: bool, is_known: bool) -> list[tuple[str, ...]]:
    """Spellings of a word in Latin letters: as written and, for a name, its phonetic keys and romanised Japanese."""
    spellings: list[tuple[str, ...]] = [(_WORD + form,) for form in words(word)]
    if is_name:
        keys = () if word.isupper() else latin_keys(word)  # an abbreviation is written alike, not heard
        spellings += [(_PHONETIC + key,) for key in keys if len(key) >= _SHORTEST_KEY < len(word)]
    romaji = latin_romaji(word) if is_name or not is_known else ""
    return [*spellings, (_ROMAJI + romaji,)] if len(romaji) >= _SHORTEST_ROMAJI - is_name else spellings


def _korean_terms(question: str) -> Iterator[Term]:
    for written in _HANGUL.findall(question):
        # a name and its particles are written without a space (트럼프는, 트럼프에게), so every beginning is tried
        longest = min(len(written), _LONGEST_HANGUL)
        names = (written[:end] for end in range(longest, 1, -1) if is_loan(written[:end]))
        keys = dict.fromkeys(hangul_key(name) for name in names)
        phonetic = tuple((_COARSE + key,) for key in keys if len(key) >= _SHORTEST_HANGUL_KEY)
        if phonetic:
            yield Term(written, phonetic, is_name=True, first_only=True)
        at_starts = as_at_starts(written)
        for pair in dict.fromkeys(_pairs(at_starts)):
            yield Term(pair.removeprefix(_PAIR), ((pair,),))
        yield from _sino_korean_terms(at_starts)


def _sino_korean_terms(hangul: str) -> Iterator[Term]:
    """The longest beginning of a Hangul word that is the reading of Japanese words: 실험 in 실험은 is 実験."""
    for end in range(min(len(hangul), _LONGEST_SINO_KOREAN), 1, -1):
        kanji = common_words_read(hangul[:end])
        if kanji:
            spellings = [spelling for word in kanji for spelling in _spellings_of_kanji(word)]
            yield Term(hangul[:end], tuple(dict.fromkeys(spellings)))
            return


def _spellings_of_kanji(word: str) -> list[tuple[str, ...]]:
    parts = tuple(word.split(" "))
    written = [tuple(_WORD + part for part in parts), tuple(_UNIT + unit for unit in _units(parts))]
    return written + _english_spellings(word)


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
