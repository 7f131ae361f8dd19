"""Names, years and other numbers of a question that no document contains, or that the answer lacks.

A passage can match everything but the name asked about (the US rate instead of the EU's): it is no answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.answering.read.sentences import Candidate
from app.answering.understand.answer_forms import person_titles
from app.answering.understand.question import cross_lingual_words
from retriever.cross_lingual.dictionary import chinese_pieces
from retriever.cross_lingual.korean import is_loan, readings_term
from retriever.cross_lingual.terms import (
    chinese_name_term,
    country_terms,
    cross_lingual_names,
    indexed_terms,
    is_indexed,
    japanese_name_term,
    japanese_synonyms,
    number_term,
    share_words,
    terms_of,
)
from retriever.cross_lingual.tokens import COARSE, PHONETIC, WORD, Term
from retriever.index.search import Index
from retriever.numerals import ERA_STARTS, KANJI_DIGITS, KANJI_NUMERALS, LARGE_UNITS, kanji_value
from retriever.text import (
    Morpheme,
    character_pairs,
    fold,
    japanese_forms,
    letters,
    morphemes,
    number_values,
    proper_nouns,
    words,
)
from retriever.types import Hit, Query

# A number in digits; era years and large numbers are left out here and compared by their values.
_NUMBER = re.compile(rf"(?<![\d.])(?<!{'|'.join(ERA_STARTS)})\d[\d.]*+(?![{''.join(LARGE_UNITS)}])")
_KANJI_NUMBER = re.compile(f"[{KANJI_DIGITS[0]}{KANJI_NUMERALS}]{{2,}}+(?![{''.join(LARGE_UNITS)}])")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9&.’'-]*")
_KATAKANA = re.compile(r"[ァ-ヺー]{2,}")
_KANJI = re.compile(r"[\u4e00-\u9fff]")
_CJK = re.compile(r"[\u3041-\u9fff\uac00-\ud7a3]")
_QUOTED_HAN = re.compile(r"[“「『《\"]([\u4e00-\u9fff]{2,8})[”」』》\"]")
_SURNAMES_KO = frozenset("김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우민진시모마왕")
_PERSON_ZH = "人"  # after a country's name: 美国人
_SHORTEST = 2  # characters of a name or digits of a number; shorter ones are counts and parts of words
_ELSEWHERE = 1 / 3  # distance of a name in the rest of the passage, in the previous passage, or in another quote
_QUOTED = 4  # first sentences, which may be quoted together


@dataclass(frozen=True, slots=True)
class NamedThing:
    """A name or number of a question, with its `weight` in (0, 1]: 1 if at most one passage contains it."""

    term: Term
    weight: float

    @property
    def text(self) -> str:
        """The thing as the question writes it, folded if it is Japanese or a number."""
        return self.term.text

    @property
    def is_number(self) -> bool:
        """Whether it is a number, and no name."""
        return not self.term.is_name


def named_things(query: Query, index: Index, told: str = "") -> list[NamedThing]:
    """The numbers of a question and its names that some document contains, without names that `told` has verbatim.

    Names are proper nouns and katakana words in Japanese and Chinese, capitalised words in Latin letters, Korean words
    that transcribe a foreign name. `names_unknown` finds names that no document contains.
    """
    things = []
    for term in _names(query, told):
        indexed = indexed_terms([term], index.cross_lingual)
        if indexed:
            things.append(NamedThing(term, min(1.0, indexed[0].weight / indexed[0].rarest)))
    for number in sorted(_numbers(query.text)):
        term = number_term(number)
        indexed = indexed_terms([term], index.cross_lingual)
        things.append(NamedThing(term, min(1.0, indexed[0].weight / indexed[0].rarest) if indexed else 1.0))
    return things


def missing(query: Query, ranked: Sequence[Candidate], index: Index) -> tuple[float, float]:
    """The weight of the heaviest name and of the heaviest number that the best sentence lacks, each in [0, 1]."""
    of_names = of_numbers = 0.0
    told = _told(ranked[0])
    for thing in named_things(query, index, told):
        amount = thing.weight * _distance(thing, told, ranked, query, index)
        if thing.is_number:
            of_numbers = max(of_numbers, amount)
        else:
            of_names = max(of_names, amount)
    return of_names, of_numbers


def held_by_none(query: Query, hits: Sequence[Hit], index: Index) -> list[NamedThing]:
    """The names and numbers of a question that no passage of `hits` contains."""
    return [
        thing
        for thing in named_things(query, index)
        if not any(_stands(thing, _forms(thing.term, query, hit), hit.passage.searchable) for hit in hits)
    ]


def _told(best: Candidate) -> str:
    """The headings and the text of a sentence's passage up to the end of the sentence."""
    return f"{best.hit.passage.context}\n{best.hit.passage.text[: best.end]}"


def _distance(thing: NamedThing, told: str, ranked: Sequence[Candidate], query: Query, index: Index) -> float:
    """Distance of a thing from the best sentence: 0 if `told` contains it, 1/3 if it is nearby, else 1.

    A name known only by its sound counts as 0 in Chinese text, which writes foreign names in characters of its own.
    """
    hit = ranked[0].hit
    if hit.passage.language == "zh" and _is_known_by_its_sound(thing.term):
        return 0.0
    forms = _forms(thing.term, query, hit)
    if _stands(thing, forms, told):
        return 0.0
    around = [hit.passage.text, _text_before(hit, index), *(sentence.text for sentence in ranked[1:_QUOTED])]
    return _ELSEWHERE if any(_stands(thing, forms, text) for text in around) else 1.0


def _is_known_by_its_sound(term: Term) -> bool:
    return all(token.startswith((PHONETIC, COARSE)) for spelling in term.spellings for token in spelling)


def _text_before(hit: Hit, index: Index) -> str:
    """The passage before a hit in its section; empty where there is none."""
    if hit.row <= index.documents[hit.passage.document_id].first:
        return ""
    before = index.passage(hit.row - 1)
    same = (before.document_id, before.section) == (hit.passage.document_id, hit.passage.section)
    return before.text if same else ""


def _forms(term: Term, query: Query, hit: Hit) -> list[str]:
    """Spellings of a name, as letters: as asked, its aliases in the documents, its CJK translations."""
    name, row = letters(term.text), np.array([hit.row])
    defined = [
        letters(alias.other) for alias in query.aliases if name in letters(alias.name) and alias.holds_for(row).all()
    ]
    written = ["".join(token.removeprefix("w:") for token in spelling) for spelling in term.spellings]
    return [*defined, *(form for form in (name, *written) if len(form) > 1 and _CJK.search(form))]


def _stands(thing: NamedThing, forms: Sequence[str], text: str) -> bool:
    """Whether a text contains a name or number, in any script."""
    if thing.is_number:
        return thing.term.text in _numbers(text)
    present, plain = cross_lingual_words(text), letters(text)
    if any(all(token in present for token in spelling) for spelling in thing.term.spellings):
        return True
    return any(form in plain or _stands_shortened(form, plain) for form in forms)


def _stands_shortened(form: str, plain: str) -> bool:
    """Whether a text has a country's name shortened to its first kanji in a longer word: 米国 in 日米, 韓国 in 訪韓."""
    if not (len(form) > 1 and _KANJI.fullmatch(form[0]) and form[0] in plain and _is_country(form)):
        return False
    places = (match.start() for match in re.finditer(form[0], plain))
    return any(any(map(_KANJI.fullmatch, (plain[place - 1 : place], plain[place + 1 : place + 2]))) for place in places)


@lru_cache(maxsize=1024)
def _is_country(form: str) -> bool:
    return [morpheme.pos[3] for morpheme in morphemes(form, short=True)] == ["国"]


@lru_cache(maxsize=4096)
def _numbers(text: str) -> frozenset[str]:
    """The numbers of a text, of two digits or more, as digits."""
    folded = fold(text)
    numbers = {number.rstrip(".") for number in _NUMBER.findall(folded)} | set(number_values(folded))
    numbers |= {str(kanji_value(number)) for number in _KANJI_NUMBER.findall(folded)}
    return frozenset(number for number in numbers if len(number) >= _SHORTEST)


def _names(query: Query, told: str = "") -> Iterator[Term]:
    """The names of a question, each once; in CJK questions, names that `told` has verbatim are mostly left out."""
    if query.language == "en":
        yield from cross_lingual_names(query.text.replace("-", " "), "en")
        return
    if not _latin_forms(query.text) <= set(words(told)):
        yield from _latin_names(query.text)
    if query.language == "ko":
        yield from cross_lingual_names(query.text, "ko")
        return
    if query.language == "zh":
        countries = country_terms(query.text, "zh")
        yield from countries
        known = {fold(japanese_forms(country.text)) for country in countries}
        names = _chinese_names(fold(japanese_forms(query.text)), told)
        yield from (name for name in names if name.text.removesuffix(_PERSON_ZH) not in known)
        return
    seen, plain = set(), letters(told)
    for morpheme in morphemes(fold(query.text), short=True):
        if len(morpheme.surface) >= _SHORTEST and morpheme.surface not in seen and _is_name(morpheme):
            seen.add(morpheme.surface)
            if letters(morpheme.surface) not in plain:
                yield japanese_name_term(morpheme)


def _chinese_names(text: str, told: str) -> Iterator[Term]:
    """The names in Chinese text converted to Japanese characters, each once, without those that `told` contains.

    Sudachi cuts Chinese as if it were Japanese (和耶 in 和耶魯), so the text is cut into the words of a Chinese
    dictionary first. A word of the dictionary is a name only if its English translation is capitalised.
    """
    seen, plain = set(), letters(told)
    for piece, english in chinese_pieces(text):
        names = [morpheme.surface for morpheme in morphemes(piece, short=True) if _is_name(morpheme)]
        if english:
            names = [piece] if names and any(phrase[0].isupper() for phrase in english) else []
        for name in names:
            if len(name) >= _SHORTEST and name not in seen:
                seen.add(name)
                if letters(name) not in plain:
                    yield chinese_name_term(name, english)


def _is_name(morpheme: Morpheme) -> bool:
    """Whether a Japanese word is a name: a proper noun, or a katakana word that is not an everyday loan (タイトル)."""
    if morpheme.pos[1] == "固有名詞":
        return bool(_CJK.search(morpheme.surface)) and morpheme.surface not in ERA_STARTS
    return bool(_KATAKANA.fullmatch(morpheme.surface)) and not japanese_synonyms(morpheme.normalised)


def names_unknown(query: Query, index: Index) -> bool:
    """Whether a question names something that no document names, in any script.

    Names are, in Japanese, Sudachi's proper nouns and katakana before a title; in Latin letters, capitalised words;
    in Korean, words before a title; in Chinese, quoted words, since nothing else marks a name there.
    """
    if query.language == "en":
        parted = query.text.replace("-", " ")  # GNSS-based
        return any(not is_indexed(name, index.cross_lingual) for name in cross_lingual_names(parted, "en"))
    is_known = index.cross_lingual.knows([WORD + form for form in sorted(_latin_forms(query.text))]).all()
    if not is_known and any(not is_indexed(name, index.cross_lingual) for name in _latin_names(query.text)):
        return True
    if query.language == "ja":
        return any(
            _is_unknown(name, index) and not _is_known_abroad(name, "ja", index) for name in _japanese_names(query.text)
        )
    if query.language == "ko":
        return any(not is_indexed(readings_term(name), index.cross_lingual) for name in _korean_names(query.text))
    return any(
        _is_unknown(japanese_forms(name), index) and not _is_known_abroad(name, "zh", index)
        for name in _QUOTED_HAN.findall(query.text)
    )


def _latin_names(question: str) -> list[Term]:
    """Names in Latin letters in a question that is not English; its first Latin word counts as well."""
    latin = _LATIN.findall(question)
    return cross_lingual_names("a " + " ".join(latin), "en") if latin else []


def _latin_forms(question: str) -> set[str]:
    """The words in Latin letters of a question that is not English, in the forms under which they are indexed."""
    return {form for word in _LATIN.findall(question) for form in words(word)}


def _japanese_names(question: str) -> list[str]:
    return list(dict.fromkeys([*proper_nouns(question), *_titled()[0].findall(fold(question))]))


def _korean_names(question: str) -> list[str]:
    """Names before a title: foreign names, or a surname with two more syllables."""
    titled = _titled()[1].findall(question)
    return [name for name in titled if is_loan(name) or (len(name) == 3 and name[0] in _SURNAMES_KO)]


@lru_cache(maxsize=1)
def _titled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of a name before an office: a katakana name in Japanese, a hangul name in Korean.

    Up to four kanji may stand between a katakana name and the office (ヘグセス国防長官).
    """
    japanese = re.compile(rf"(?<![ァ-ヺー・])([ァ-ヺー・]{{3,}}+)[\u4e00-\u9fff]{{0,4}}(?:{person_titles('offices')})")
    korean = re.compile(rf"([가-힣]{{2,5}})\s?(?:전 |전임 |부)?(?:{person_titles('offices_ko')})")
    return japanese, korean


def _is_known_abroad(name: str, language: str, index: Index) -> bool:
    """Whether a passage in a language without shared words contains a name, by its sound or in translation.

    Bibliography entries count only for sounds (モーゲンソー, Morgenthau).
    """
    background = index.fusion.background
    kinds = [(not share_words(language, of), kind == "entry") for of, kind in background.names]
    if not any(is_foreign for is_foreign, _ in kinds):
        return False
    for terms, with_entries in ((cross_lingual_names(name, language), True), (terms_of(name, language), False)):
        indexed = indexed_terms(terms, index.cross_lingual)
        groups = {kinds[code] for term in indexed for code in np.unique(background.groups[term.rows])}
        if any(is_foreign and (with_entries or not is_entry) for is_foreign, is_entry in groups):
            return True
    return False


def _is_unknown(name: str, index: Index) -> bool:
    """Whether no document contains `name`, neither as a word nor as character pairs."""
    as_word, as_pairs = words(name), character_pairs(name)
    return not index.words.knows(as_word).any() and not index.pairs.knows(as_pairs).all()
