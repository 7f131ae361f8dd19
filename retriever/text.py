"""Normalisation, language and tokenisation of queries and passages."""

import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from retriever.numerals import ERA_YEAR, KANJI_DIGITS, KANJI_NUMERALS, LARGE_UNITS, era_year, kanji_value

RULES = "6"  # version of normalisation and tokenisation, recorded in each index

_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
# Particles after a word of at least two syllables; other Korean endings are left to matching by pairs of syllables.
_KOREAN_PARTICLE = re.compile(
    r"(?<=..)(?:에서는|에게서|으로부터|에서|에게|으로|까지|부터|처럼|보다|은|는|이|가|을|를|의|에|도|만|와|과|로)$"
)
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa\uff66-\uff9f]")
_HIRAGANA = re.compile(r"[\u3041-\u309f]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_ASCII_WORD = re.compile(r"[a-z]+")
_HANGUL_WORD = re.compile(r"[\uac00-\ud7a3]+")
_ENDS_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]\W*$")
_QUOTATION = re.compile(r"「[^」]*」|『[^』]*』|《[^》]*》|“[^”]*”|‘[^’]*’|\"[^\"]*\"")
# Chinese words that Japanese does not use: in any text, and (more) in questions. Simplified forms need no list.
_CHINESE_WORDS = re.compile(r"[嗎麼們這沒妳你您它她]|是否|關於|哪些|為了|還是|對於|以及")
_CHINESE_QUESTION_WORDS = re.compile(
    r"(?<!目)的|[嗎嘛呢麼們這哪誰沒還請妳你您它她吃讓該几]|^列出|什麼|甚麼|為何|如何|多少|是否|關於|哪些"
)
_NUMBER_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_KANJI = f"[{KANJI_DIGITS[0]}{KANJI_NUMERALS}]"
_LARGE_NUMBER = re.compile(rf"((?<!\d)\d++(?:\.\d++)?|(?<!{_KANJI}){_KANJI}++)([{''.join(LARGE_UNITS)}])")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ0-9][A-Za-zÀ-ɏ0-9]*(?:[.'’&-][A-Za-zÀ-ɏ0-9]+)*%?")
_ABBREVIATION = re.compile(r"\b(?:[A-Z][A-Z0-9&.-]*[A-Z0-9]|[A-Za-z]*\d[\w.]*%?)")
_PAIR_CHARACTERS = re.compile(r"[^\W_]+")
_FUNCTION_CLASSES = {"助詞", "助動詞", "補助記号", "空白", "記号"}
_SUDACHI_BYTES = 40_000  # Sudachi takes at most 49,149 bytes of UTF-8 a call
# Function words and question words of English; the rest is left to idf.
_ENGLISH_STOP_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it"
    " its many me much of on or our she should so such than that the their them then there these they this to was we"
    " were what when where which who whom whose why will with would you your".split()
)
# Question words and request verbs, in the normalised forms of `words`; they say nothing about a question's subject.
_ASKING = frozenset(
    "何 誰 何時 何処 何れ どれ どの どんな どう 如何 どのような 幾つ 幾ら どれ位"
    " 何故 どうして 理由 訳 教える 言う 呼ぶ 有る 居る 為る 成る 出来る 下さる 頂く 事 物 者 方 其れ 此れ その"
    " この どちら 何方 何と 何という 呼ばれる 答える 説明 述べる 内 位 程 時 名前 名 %"
    " what which who when where why how tell explain name call said say 什么 哪 谁 吗 呢 请 是"
    " 얼마나 얼마 무엇 무엇인가요 무엇입니까 누구 누구인가요 누가 언제 어디 어느 어떤 어떻게 왜 몇 무슨".split()
)

# The request phrase of a question, apart from its subject: …をすべて挙げてください, List all …
_REQUEST = re.compile(
    rf"(?:を|は|、)?(?:すべて|全て|全部|[1-9１-９{KANJI_DIGITS[1:]}]つ)?(?:を|、)?(?:挙げ|列挙し?|教え|述べ|答え|説明し)"
    r"(?:て(?:ください|下さい|くれますか|欲しい|ほしい)?|なさい|せよ|よ|ろ)?[。．.!！?？\s]*$"
    r"|^\s*+(?:please )?(?:list|name|enumerate|give|tell me)(?: me)?(?: all(?: of)?)?\b"
    r"|^\s*+请?(?:列举|列出)(?:所有|全部)?"
    r"|(?:[을를]\s*+|(?<!\s)\s++)?(?:(?:모두|전부)\s*+)?(?:나열|열거)"
    r"(?:하시오|하라|해 ?주세요|해 ?주십시오|해 ?줘)[.?\s]*$",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _character_converters() -> tuple[Any, Any]:
    """OpenCC's tables of simplified to traditional, and of traditional to Japanese characters."""
    from opencc import OpenCC

    return OpenCC("s2t"), OpenCC("t2jp")


@dataclass(frozen=True, slots=True)
class Morpheme:
    """A morpheme of a text, `text[start:end] == surface`.

    `pos` is its part of speech in the six fields of UniDic; `reading` is in katakana.
    """

    surface: str
    normalised: str
    pos: tuple[str, ...]
    start: int
    end: int
    reading: str


def fold(text: str) -> str:
    """`text` for comparison: NFKC, lower case, today's forms of kanji, % for percent, no commas inside numbers."""
    folded = _NUMBER_COMMA.sub("", unicodedata.normalize("NFKC", text).lower()).replace("パーセント", "%")
    return _todays_kanji(folded) if _HAN.search(folded) else folded


def without_space(text: str) -> str:
    """`text` without white space, so that texts that differ only in their line breaks are equal."""
    return "".join(text.split())


def one_line(text: str) -> str:
    """`text` with each run of white space replaced by one space."""
    return " ".join(text.split())


def squeeze(text: str) -> str:
    """Folded text without white space, so that texts that differ only in typesetting are equal."""
    return without_space(fold(text))


def letters(text: str) -> str:
    """Folded text without white space and punctuation: the letters and digits that two spellings of a name share."""
    return re.sub(r"[\W_]+", "", fold(text))


def name_pattern(name: str) -> str:
    """A pattern for a name: its words, with any marks between them; no match begins or ends inside a Latin word."""
    apart, parts = r"(?!(?<=[0-9A-Za-zÀ-ɏ])[0-9A-Za-zÀ-ɏ])", re.findall(r"[^\W_]+", name)
    return apart + r"[\W_]*+".join(map(re.escape, parts)) + apart if parts else r"(?!)"


def is_named(name: str, folded: str) -> bool:
    """Whether a folded text contains a name."""
    parts = _name_parts(name)
    return all(part in folded for part in parts) and bool(re.search(name_pattern(" ".join(parts)), folded))


@lru_cache(maxsize=8192)  # the same names are looked for in each question
def _name_parts(name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(name)))


def _todays_kanji(text: str) -> str:
    """Kanji in the forms of 1946 and after, by OpenCC's table: 國 as 国, 邊 as 辺."""
    return str(_character_converters()[1].convert(text))


def number_values(folded: str) -> list[str]:
    """The values of era years and large numbers in folded text, as tokens: 令和6年 is 2024, 2000億 equals 二千億."""
    eras = (str(era_year(era, year)) for era, year in ERA_YEAR.findall(folded))
    return [*eras, *(_large_value(*match.groups()) for match in _LARGE_NUMBER.finditer(folded))]


def _large_value(digits: str, unit: str) -> str:
    if digits[0].isdigit():
        return f"{float(digits) * LARGE_UNITS[unit]:.0f}"
    return f"{kanji_value(digits) * LARGE_UNITS[unit]}"


def language_of(text: str, default: str | None = None) -> str:
    """The language of a text by the share of its scripts and by its function words: "ja", "en", "zh" or "ko".

    Words in quotation marks count only if there is nothing outside them: 「한류」とは何ですか is Japanese. `default`
    is the language of the document that the text is from, None for a question. It decides where there are no letters.
    Ideographs without kana are Chinese if `default` is "zh", or if some words or characters are not used in Japanese.
    """
    kana, hangul, han, latin = _script_counts(text)
    if not kana + hangul + han:
        return "en" if latin else default or "ja"
    if hangul or latin >= kana + han:
        outside = _QUOTATION.sub(" ", text)
        outside = outside if any(_script_counts(outside)) else text
        if _is_english(outside, latin, kana + hangul + han, default):
            return "en"
        if hangul and _is_korean(outside):
            return "ko"
    if kana and kana * 20 >= han:
        return "zh" if default is None and _quotes_japanese(text) else "ja"
    return "zh" if default == "zh" or _is_chinese(text, default) else "ja"


def _script_counts(text: str) -> tuple[int, int, int, int]:
    """How many kana, Hangul, ideographs and Latin letters a text has."""
    if text.isascii():
        return 0, 0, 0, len(_LATIN.findall(text))
    hangul = len(_HANGUL.findall(text)) if _HANGUL.search(text) else 0
    return len(_KANA.findall(text)), hangul, len(_HAN.findall(text)), len(_LATIN.findall(text))


def _is_english(outside: str, latin: int, cjk: int, default: str | None) -> bool:
    """Whether the words outside quotations are English, given the letters of the whole text by script.

    English may name something in another script; a Japanese question may name a long English title.
    """
    has_hiragana = bool(_HIRAGANA.search(outside))
    if latin > 4 * cjk:
        return not (default is None and has_hiragana and _ENDS_JAPANESE.search(outside))
    if latin < cjk or has_hiragana or len(_HANGUL_WORD.findall(outside)) > 1 or _is_chinese(outside, None):
        return False
    return len(_ENGLISH_STOP_WORDS & set(_ASCII_WORD.findall(outside.lower()))) >= 2


def _is_korean(outside: str) -> bool:
    kana, hangul, han, _ = _script_counts(outside)
    return 2 * hangul > kana + hangul + han


def _quotes_japanese(text: str) -> bool:
    """Whether a question whose only kana are in quotation marks is Chinese: “砂見線の歴史”一节讲了什么？"""
    outside = _QUOTATION.sub(" ", text)
    return not _KANA.search(outside) and bool(_HAN.search(outside)) and _is_chinese(outside, None)


def _is_chinese(text: str, default: str | None) -> bool:
    """Whether ideographs are Chinese: by characters that Japanese lacks, or by words that it does not write in kanji.

    Kanji-only parts of documents (names, cells of tables) may hold 的 or 該; questions do not.
    """
    words = _CHINESE_QUESTION_WORDS if default is None else _CHINESE_WORDS
    return bool(words.search(text)) or any(not _in_japanese_set(character) for character in _HAN.findall(text))


@lru_cache(maxsize=8192)
def _in_japanese_set(character: str) -> bool:
    """Whether JIS X 0208 or its extensions contain the character; they have no simplified Chinese forms."""
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def japanese_forms(text: str) -> str:
    """Chinese `text` in the characters that Japanese writes, by OpenCC's tables: 钓鱼岛 as 釣魚島."""
    to_traditional, to_japanese = _character_converters()
    return str(to_japanese.convert(to_traditional.convert(text)))


_local = threading.local()


def _sudachi() -> Any:
    """This thread's tokenizer (a SudachiPy tokenizer may not be used by two threads at once)."""
    if not hasattr(_local, "tokenizer"):
        _local.tokenizer = _dictionary().tokenizer()
    return _local.tokenizer


_dictionary_lock = threading.Lock()


def _dictionary() -> Any:
    with _dictionary_lock:
        return _load_dictionary()


@lru_cache(maxsize=1)
def _load_dictionary() -> Any:
    from sudachipy import Dictionary

    return Dictionary()


def _stemmer() -> Any:
    """This thread's stemmer (a Snowball stemmer holds the word that it is working on)."""
    if not hasattr(_local, "stemmer"):
        import snowballstemmer

        _local.stemmer = snowballstemmer.stemmer("english")
    return _local.stemmer


def _comparable(text: str) -> str:
    """`text` folded, Chinese in Japanese characters, so that words that both languages share match."""
    return fold(japanese_forms(text) if language_of(text) == "zh" else text)


def words(text: str) -> list[str]:
    """The content words of `text` in their normalised form (Sudachi's for Japanese, stems for English), in order."""
    folded = _comparable(text)
    tokens: list[str] = []
    start = 0
    for match in _LATIN_WORD.finditer(folded):
        tokens += _sudachi_words(folded[start : match.start()])
        tokens += _latin_words(match.group())
        start = match.end()
    return tokens + _sudachi_words(folded[start:]) + number_values(folded)


def content_words(question: str) -> list[str]:
    """The words of `question` about its subject, normalised, each once, in order; without 何人 or すべて挙げて."""
    remaining = words(_REQUEST.sub("", question))
    return list(dict.fromkeys(word for word in remaining if word not in _ASKING and not word.startswith("何")))


def written_alike(question: str) -> list[str]:
    """The content words of a question that texts in other languages write in the same way, each once, in order.

    In an English question, these are numbers and abbreviations; in any other question, numbers and all Latin words.
    """
    pattern = _ABBREVIATION if language_of(question) == "en" else _LATIN_WORD
    alike = set(words(" ".join(pattern.findall(unicodedata.normalize("NFKC", question)))))
    return [word for word in content_words(question) if word in alike]


def is_asking(word: str) -> bool:
    """Whether an English word only asks or joins: it says nothing of a question's subject."""
    return word.lower() in _ENGLISH_STOP_WORDS or word.lower() in _ASKING


def _latin_words(word: str) -> list[str]:
    if word in _ENGLISH_STOP_WORDS:
        return []
    return [word if any(character.isdigit() for character in word) else stem(word)]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The Snowball stem of a lower-case English word."""
    return str(_stemmer().stemWord(word.removesuffix("'s").removesuffix("’s")))


def _sudachi_words(text: str) -> list[str]:
    tokens = []
    for piece in _pieces(text):
        for morpheme in _sudachi().tokenize(piece):
            if morpheme.part_of_speech()[0] not in _FUNCTION_CLASSES:
                tokens.append(str(morpheme.normalized_form()))
            elif _HANGUL.match(morpheme.surface()):  # Sudachi classes some Hangul as symbols
                tokens.append(_KOREAN_PARTICLE.sub("", morpheme.surface()))
    return tokens


def proper_nouns(text: str) -> list[str]:
    """The names in Japanese `text`, as written, each once: the proper nouns of Sudachi's dictionary."""
    nouns = (
        str(morpheme.surface())
        for piece in _pieces(fold(text))
        for morpheme in _sudachi().tokenize(piece)
        if morpheme.part_of_speech()[1] == "固有名詞"
    )
    return list(dict.fromkeys(nouns))


def morphemes(text: str, *, short: bool = False) -> list[Morpheme]:
    """The morphemes of Japanese `text` as it is written (not folded), by Sudachi's longest or short units, in order."""
    from sudachipy import SplitMode

    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates, from file names that are not UTF-8
    step = _SUDACHI_BYTES // 4
    mode = SplitMode.A if short else SplitMode.C
    return [
        Morpheme(
            morpheme.surface(),
            morpheme.normalized_form(),
            morpheme.part_of_speech(),
            start + morpheme.begin(),
            start + morpheme.end(),
            morpheme.reading_form(),
        )
        for start in range(0, len(text), step)
        for morpheme in _sudachi().tokenize(text[start : start + step], mode)
    ]


def _pieces(text: str) -> list[str]:
    """`text` in pieces short enough for Sudachi; none if it has no letter or digit."""
    if not _PAIR_CHARACTERS.search(text):
        return []
    step = _SUDACHI_BYTES // 4
    return [text[start : start + step] for start in range(0, len(text), step)]


def character_pairs(text: str) -> list[str]:
    """Bigrams of the letters and digits of `text`; an isolated character and a Latin word stay whole."""
    pairs: list[str] = []
    for run in _PAIR_CHARACTERS.findall(_comparable(text)):
        start = 0
        for match in _LATIN_WORD.finditer(run):
            pairs += _pairs(run[start : match.start()])
            pairs += _latin_words(match.group())
            start = match.end()
        pairs += _pairs(run[start:])
    return pairs


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
