"""Whether a question names something that no document names: then what stands near it is no answer."""

import re

from retriever.cross_lingual.terms import Term, held, is_held, names_abroad, readings_term
from retriever.cross_lingual.translations import is_loan
from retriever.index.open import Index
from retriever.text import character_pairs, fold, japanese_forms, proper_nouns, words
from retriever.types import Query

# What stands behind a name in Japanese and shows it to be a person's.
OFFICES = (
    "大統領|首相|総理|議員|長官|教授|報道官|局長|公使|大使|知事|総裁|候補|書記長|国家主席|外相|大臣|会長|社長|監督"
    "|国王|女王|皇帝"
)
# A name in katakana, where offices of the same person may stand between it and the title (ヘグセス国防長官).
_TITLED_JA = re.compile(rf"(?<![ァ-ヺー・])([ァ-ヺー・]{{3,}}+)[\u4e00-\u9fff]{{0,4}}(?:{OFFICES})")
_TITLED_KO = re.compile(
    r"([가-힣]{2,5})\s?(?:전 |전임 |부)?"
    r"(?:대통령|총리|위원장|장관|의원|교수|지사|시장|총재|주석|국왕|여왕|박사|감독|회장)"
)
_SURNAMES_KO = frozenset("김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우민진시모마왕")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9&.’'-]*")
_QUOTED_HAN = re.compile(r"[“「『《\"]([\u4e00-\u9fff]{2,8})[”」』》\"]")


def names_unknown(query: Query, index: Index) -> bool:
    """Whether a question names something that no document names, in whatever writing.

    Names are what Sudachi's dictionary or a title behind it shows to be one in Japanese, capitalised words in Latin
    letters, what a title shows in Korean, and what is quoted in Chinese, where nothing else tells a name.
    """
    if query.language == "en":
        parted = query.text.replace("-", " ")  # GNSS-based
        return any(not is_held(name, index.abroad) for name in names_abroad(parted, "en"))
    if any(not is_held(name, index.abroad) for name in _latin_names(query.text)):
        return True
    if query.language == "ja":
        return any(_is_unknown(name, index) and not _sounds_known(name, index) for name in _japanese_names(query.text))
    if query.language == "ko":
        return any(not is_held(readings_term(name), index.abroad) for name in _korean_names(query.text))
    return any(_is_unknown(japanese_forms(name), index) for name in _QUOTED_HAN.findall(query.text))


def _latin_names(question: str) -> list[Term]:
    """The names in Latin letters in a question in another language; the first word of them is none the less one."""
    return names_abroad("a " + " ".join(_LATIN.findall(question)), "en")


def _japanese_names(question: str) -> list[str]:
    return list(dict.fromkeys([*proper_nouns(question), *_TITLED_JA.findall(fold(question))]))


def _korean_names(question: str) -> list[str]:
    """What stands before a title: a foreign name, or a surname with two syllables more."""
    found = _TITLED_KO.findall(question)
    return [name for name in found if is_loan(name) or (len(name) == 3 and name[0] in _SURNAMES_KO)]


def _sounds_known(name: str, index: Index) -> bool:
    """Whether a text in another writing holds a name that sounds like this one (モーゲンソー, Morgenthau)."""
    if all(language == "ja" for language, _ in index.manifest["groups"]):
        return False
    found = held(names_abroad(name, "ja"), index.abroad)
    return any(index.passage(int(row)).language != "ja" for one in found for row in one.rows)


def _is_unknown(name: str, index: Index) -> bool:
    """Whether no document holds `name`, neither as a word nor in its neighbouring letters."""
    as_word, as_pairs = words(name), character_pairs(name)
    return not index.words.knows(as_word).any() and not index.pairs.knows(as_pairs).all()
