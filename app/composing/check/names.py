"""The names and quotations of a composed sentence, and whether a text holds them, in the same language or another."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from app.composing.check.figures import word_lists
from retriever.cross_lingual.dictionary import japanese_for, japanese_synonyms
from retriever.cross_lingual.terms import cross_lingual_names, share_words, tokens
from retriever.text import is_asking, japanese_forms, letters, morphemes, proper_nouns, squeeze

_KATAKANA = re.compile(r"[ァ-ヴー]{3,}")
_QUOTED = re.compile(r"「([^「」]{2,})」|『([^『』]{2,})』|“([^“”]{2,})”|\"([^\"]{2,})\"|《([^《》]{2,})》")
_LATIN = "A-Za-zÀ-ɏ0-9"
_CAPITALISED = re.compile(rf"[A-ZÀ-Þ][{_LATIN}’'&.-]*[{_LATIN}]|[A-Z](?![{_LATIN}])")
_SEVERAL_CAPITALISED = re.compile(r"[A-Z][a-z]++(?: (?:of |the )?[A-Z][a-z]++)+")
_SUBJECT = re.compile(r"([\u4e00-\u9fffァ-ヴー・A-Za-z]{2,30}+)[はが]")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;“\"(]\s*)$")
_POSSESSIVE = re.compile(r"['’]s$")


@dataclass(frozen=True, slots=True)
class Source:
    """A text that a sentence is checked against, with what is looked up in it; `context` may name what it speaks of."""

    text: str
    language: str
    squeezed: str
    letters: str
    cross_lingual: frozenset[str]


@lru_cache(maxsize=256)  # a passage is looked up in for each sentence that cites it
def source_of(text: str, language: str, asked_in: str) -> Source:
    """The text prepared for sentences in the language `asked_in`."""
    is_foreign = not share_words(asked_in, language)
    return Source(text, language, squeeze(text), letters(text), frozenset(tokens(text)) if is_foreign else frozenset())


def quotations(text: str) -> list[str]:
    """What stands in quotation marks."""
    return [next(part for part in match.groups() if part) for match in _QUOTED.finditer(text)]


def lacks_quotation(sentence: str, sources: Collection[Source]) -> str:
    """The first quotation that stands in no source word for word, the sentence where one is not closed, or "".

    A quotation in another language than all sources is a translation, which is checked for its figures and names.
    """
    if any(sentence.count(opens) != sentence.count(closes) for opens, closes in ("「」", "『』", "“”", "《》")):
        return sentence
    for quoted in quotations(sentence):
        inside = squeeze(quoted)
        if not any(inside in source.squeezed for source in sources) and not _is_translated(quoted, sources):
            return quoted
    return ""


def _is_translated(quoted: str, sources: Collection[Source]) -> bool:
    is_latin = bool(re.fullmatch(r"[\x00-\u024f\u2000-\u206f]+", quoted))
    return all((source.language == "en") != is_latin for source in sources)


def names(sentence: str, language: str) -> list[str]:
    """The names in a sentence: proper nouns and katakana words in Japanese, capitalised words elsewhere."""
    if language in {"ja", "zh"}:
        candidates = [*proper_nouns(sentence), *_KATAKANA.findall(sentence), *_capitalised(sentence)]
    elif language == "ko":
        candidates = [*(term.text for term in cross_lingual_names(sentence, "ko")), *_capitalised(sentence)]
    else:
        candidates = _capitalised(sentence)
    return list(dict.fromkeys(candidates))


def _capitalised(text: str) -> list[str]:
    """Capitalised words; one that opens a sentence, where the next word is capitalised too or it has two capitals."""
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


def lacks_name(sentence: str, language: str, sources: Collection[Source]) -> str:
    """The first name of the sentence that no source holds, as it is written or in the source's language, or ""."""
    foreign = [source for source in sources if not share_words(language, source.language)]
    is_across = len(foreign) == len(sources)
    phrases = _phrases_abroad(sentence, foreign) if is_across and language == "en" else ""
    for name in names(sentence, language):
        if is_across and (_is_common(name, language) or name in phrases):
            continue
        plain = letters(name)
        if (
            plain
            and not any(plain in source.letters for source in sources)
            and not _is_named_abroad(name, language, foreign)
        ):
            return name
    return ""


def alike_names(text: str, language: str) -> list[str]:
    """The names of a text that any language writes alike: those in Latin letters."""
    return [name for name in names(text, language) if _CAPITALISED.match(name)]


def other_subject(sentence: str, source: str) -> str:
    """The subject of a Japanese sentence if it replaces the source's subject, which the sentence lacks; or "".

    The source may hold the name in another role: 大統領の政権が誕生し、首相は会談した tells of no 大統領は会談した.
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
    """The words with a name in them before は or が."""
    return [match[1] for match in _SUBJECT.finditer(text) if proper_nouns(match[1])]


def _phrases_abroad(sentence: str, sources: Collection[Source]) -> str:
    """The names of several words in an English sentence that the dictionary has and a source holds: United States."""
    phrases = [match.group() for match in _SEVERAL_CAPITALISED.finditer(sentence)]
    return "\n".join(phrase for phrase in phrases if _is_meant(phrase, sources))


def _is_meant(name: str, sources: Collection[Source]) -> bool:
    """Whether a source holds a translation of an English name or, of a people (Americans), of its country's name."""
    lowered = name.lower()
    forms = [lowered, *(lowered.removesuffix(ending) for ending in ("s", "n", "ns", "ese", "ian", "ians"))]
    meanings = ["".join(row) for form in dict.fromkeys(forms) for row in japanese_for(form)]
    meanings += word_lists()["phrases"].get(lowered.removeprefix("the "), ())
    return any(meaning in source.letters for meaning in meanings for source in sources)


def _is_common(name: str, language: str) -> bool:
    """Whether a word that looks like a name is a common word, which languages translate as they like.

    In Chinese, which Sudachi does not know, it counts as a name only if the dictionary has it as one in Japanese.
    """
    if language == "zh":
        return not (_CAPITALISED.match(name) or japanese_synonyms(japanese_forms(name)))
    return bool(_KATAKANA.fullmatch(name)) and all(morpheme.pos[1] != "固有名詞" for morpheme in morphemes(name))


def _is_named_abroad(name: str, language: str, sources: Collection[Source]) -> bool:
    """Whether a source in another language holds a spelling of the name, by dictionary or by sound."""
    if not sources:
        return False
    if language == "en" and _is_meant(name, sources):  # 砂見線 for "Sunami Line"
        return True
    terms = cross_lingual_names(f"of {name}" if language == "en" else name, language)
    return any(
        all(token in source.cross_lingual for token in spelling)
        for source in sources
        for term in terms
        for spelling in term.spellings
    )
