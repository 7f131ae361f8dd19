"""Find the names and quotations of a composed sentence, and check that a text contains them, in any language."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from app.answering.statements.meanings import is_translated, japanese_words
from app.answering.statements.statement import word_lists
from retriever.cross_lingual.dictionary import base_forms, country_called, japanese_for, translations
from retriever.cross_lingual.terms import cross_lingual_names, japanese_synonyms, share_words
from retriever.cross_lingual.tokens import kana_key, latin_keys, tokens
from retriever.text import is_asking, japanese_forms, letters, morphemes, proper_nouns, squeeze

_KATAKANA = re.compile(r"[ァ-ヴー]{3,}")
_QUOTED = re.compile(r"「([^「」]{2,})」|『([^『』]{2,})』|“([^“”]{2,})”|\"([^\"]{2,})\"|《([^《》]{2,})》")
_QUOTATION_MARK = re.compile(r"[「」『』“”\"《》]")
_LATIN = "A-Za-zÀ-ɏ0-9"
_CAPITALISED = re.compile(rf"[A-ZÀ-Þ][{_LATIN}’'&.-]*[{_LATIN}]|[A-Z](?![{_LATIN}])")
_SEVERAL_CAPITALISED = re.compile(r"[A-Z][a-z]++(?: (?:of |the )?[A-Z][a-z]++)+")
_SUBJECT = re.compile(r"([\u4e00-\u9fffァ-ヴー・A-Za-z]{2,30}+)[はが]")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;“\"(]\s*)$")
_MOST_KEYS = 3  # phonetic keys of an English word that are tried
_POSSESSIVE = re.compile(r"['’]s$")


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text that a sentence is checked against, with its normal forms.

    `cross_lingual`: its cross-lingual index terms; empty if the sentence is in a language with the same words.
    """

    text: str
    language: str
    squeezed: str
    letters: str
    cross_lingual: frozenset[str]


@lru_cache(maxsize=256)  # the same passage is needed for each sentence that cites it
def source_of(text: str, language: str, asked_in: str) -> CheckedText:
    """The text prepared for sentences in the language `asked_in`."""
    is_foreign = not share_words(asked_in, language)
    return CheckedText(
        text, language, squeeze(text), letters(text), frozenset(tokens(text)) if is_foreign else frozenset()
    )


def may_quote(text: str) -> bool:
    """Whether a text has a quotation mark, so that `lacks_quotation` must look at its sources."""
    return bool(_QUOTATION_MARK.search(text))


def quotations(text: str) -> list[str]:
    """The parts of a text in quotation marks."""
    return [next(part for part in match.groups() if part) for match in _QUOTED.finditer(text)]


def lacks_quotation(sentence: str, sources: Collection[CheckedText]) -> str:
    """The first quotation that no source contains word for word; the sentence, if a quotation is not closed; or "".

    A quotation in another language than all sources is a translation; its figures and names are checked instead.
    """
    if any(sentence.count(opens) != sentence.count(closes) for opens, closes in ("「」", "『』", "“”", "《》")):
        return sentence
    for quoted in quotations(sentence):
        inside = squeeze(quoted)
        if not any(inside in source.squeezed for source in sources) and not _is_translated(quoted, sources):
            return quoted
    return ""


def _is_translated(quoted: str, sources: Collection[CheckedText]) -> bool:
    is_latin = bool(re.fullmatch(r"[\x00-\u024f\u2000-\u206f]+", quoted))
    return all((source.language == "en") != is_latin for source in sources)


def names(sentence: str, language: str) -> list[str]:
    """The names in a sentence: proper nouns and katakana words in Japanese, capitalised words elsewhere."""
    if language in {"ja", "zh"}:
        candidates = [*proper_nouns(sentence), *_KATAKANA.findall(sentence), *_in_latin(sentence)]
    elif language == "ko":
        candidates = [*(term.text for term in cross_lingual_names(sentence, "ko")), *_in_latin(sentence)]
    else:
        candidates = _capitalised(sentence)
    return list(dict.fromkeys(candidates))


def _in_latin(text: str) -> list[str]:
    """The capitalised words of a text that is not in Latin letters: all are names, wherever they are."""
    return [_POSSESSIVE.sub("", word) for word in _CAPITALISED.findall(text)]


def _capitalised(text: str) -> list[str]:
    """Capitalised words of an English text.

    The first word of a sentence counts only if the next word is capitalised too or it has two capitals.
    """
    capitalised = []
    for match in _CAPITALISED.finditer(text):
        word = _POSSESSIVE.sub("", match.group())
        opens = bool(_SENTENCE_START.search(text[: match.start()]))
        next_is_name = bool(_CAPITALISED.match(text[match.end() :].lstrip()))
        if opens and not next_is_name and sum(map(str.isupper, word)) < 2:
            continue
        if word != "I" and not is_asking(word):
            capitalised.append(word)
    return capitalised


def lacks_name(sentence: str, language: str, sources: Collection[CheckedText], *, names_only: bool = False) -> str:
    """The first name of the sentence that no source contains, as written or in the source's language; or "".

    `names_only`: a translation of a common word (Systems) is not enough; the source must contain it as it is written.
    """
    foreign = [source for source in sources if not share_words(language, source.language)]
    is_across = len(foreign) == len(sources)
    phrases = _phrases_abroad(sentence, foreign) if is_across and language == "en" else ""
    for name in names(sentence, language):
        if is_across and (_is_common(name, language) or name in phrases):
            continue
        if is_across and language == "en" and _opens_as_common_word(name, sentence):
            continue
        if is_across and "-" in name and _has_named_parts(name, sources):
            continue
        plain = letters(name)
        if (
            plain
            and not any(plain in source.letters for source in sources)
            and ((names_only and _is_common_word(name)) or not _is_named_abroad(name, language, foreign))
        ):
            return name
    return ""


def _has_named_parts(name: str, sources: Collection[CheckedText]) -> bool:
    """Whether a source contains the capitalised parts of a compound, whose other parts are words: FAT-formatted."""
    parts = [letters(part) for part in name.split("-") if part != part.lower()]
    return any(all(part in source.letters for part in parts) for source in sources)


def alike_names(text: str, language: str) -> list[str]:
    """The capitalised names in Latin letters of a text, which every language writes alike."""
    return [name for name in names(text, language) if _CAPITALISED.match(name)]


def other_subject(sentence: str, source: str) -> str:
    """The subject of a Japanese sentence if it replaces the source's subject, which the sentence lacks; or "".

    The source may contain the name in another role: 大統領の政権が誕生し、首相は会談した does not say 大統領は会談した.
    """
    subjects, there = _subjects(sentence), _subjects(source)
    if (
        not subjects
        or not there
        or any(subject in other or other in subject for subject in subjects for other in there)
    ):
        return ""
    return "" if any(letters(name) in letters(sentence) for name in there) else subjects[0]


def _subjects(text: str) -> list[str]:
    """The words before は or が that contain a name."""
    return [match[1] for match in _SUBJECT.finditer(text) if proper_nouns(match[1])]


def _phrases_abroad(sentence: str, sources: Collection[CheckedText]) -> str:
    """The names of several words in an English sentence that a source contains in translation: United States."""
    phrases = [match.group() for match in _SEVERAL_CAPITALISED.finditer(sentence)]
    return "\n".join(phrase for phrase in phrases if _is_meant(phrase, sources))


def _is_meant(name: str, sources: Collection[CheckedText]) -> bool:
    """Whether a source contains a translation of an English name or, for a people (Americans), its country."""
    lowered = name.lower()
    country = country_called(lowered.removeprefix("the "))
    abroad = (*country.japanese, *country.chinese, *country.korean) if country else ()
    if any(letters(called) in source.letters for called in abroad for source in sources):
        return True
    in_japanese = [source.text for source in sources if source.language == "ja"]
    if any(is_translated(lowered, japanese_words(text)) for text in in_japanese):
        return True
    meanings = ["".join(row) for form in base_forms(lowered) for row in japanese_for(form)]
    meanings += word_lists()["phrases"].get(lowered.removeprefix("the "), ())
    return any(meaning in source.letters for meaning in meanings for source in sources)


def _sounds_in(katakana: str, source: CheckedText) -> bool:
    """Whether an English source has words that together sound like a katakana word: solid state, ソリッドステート."""
    return kana_key(katakana) in _keys_of_runs(source.text) if source.language == "en" else False


@lru_cache(maxsize=64)
def _keys_of_runs(text: str) -> frozenset[str]:
    """The phonetic keys of each one to three consecutive words of an English text."""
    keys = [[key for key in latin_keys(word) if key][:_MOST_KEYS] for word in re.findall(r"[A-Za-z]+", text)]
    runs = (keys[start : start + length] for length in (1, 2, 3) for start in range(len(keys) - length + 1))
    return frozenset(
        "".join((first, *(key.removeprefix("a") for key in rest))) for run in runs for first, *rest in product(*run)
    )


def _is_common(name: str, language: str) -> bool:
    """Whether a word that looks like a name is a common word, for which each language may use another one.

    Sudachi does not know Chinese: there a word counts as a name only if the dictionary has it in Japanese forms.
    """
    if len(name) == 1 and not _CAPITALISED.match(name):  # Sudachi takes 行 for a person's name
        return True
    if language == "zh":
        return not (_CAPITALISED.match(name) or japanese_synonyms(japanese_forms(name)))
    return bool(_KATAKANA.fullmatch(name)) and all(morpheme.pos[1] != "固有名詞" for morpheme in morphemes(name))


def _opens_as_common_word(name: str, sentence: str) -> bool:
    """Whether an English sentence opens with a common word that counts as a name only because a name follows it."""
    return sentence.startswith(name) and _is_common_word(name)


def _is_common_word(name: str) -> bool:
    """Whether the dictionary has an English word, and not as a name."""
    return name.isascii() and bool(translations(name.lower())) and not _is_proper(name)


def _is_proper(name: str) -> bool:
    """Whether the dictionary has an English word as a name."""
    rows = japanese_for(name.lower())
    return any(morpheme.pos[1] == "固有名詞" for row in rows for morpheme in morphemes("".join(row), short=True))


def _is_named_abroad(name: str, language: str, sources: Collection[CheckedText]) -> bool:
    """Whether a source in another language contains the name, by dictionary or by sound."""
    if not sources:
        return False
    if language == "en" and _is_meant(name, sources):  # 砂見線 for "Sunami Line"
        return True
    if _KATAKANA.fullmatch(name) and any(_sounds_in(name, source) for source in sources):
        return True
    terms = cross_lingual_names(f"of {name}" if language == "en" else name, language)
    return any(
        all(token in source.cross_lingual for token in spelling)
        for source in sources
        for term in terms
        for spelling in term.spellings
    )
