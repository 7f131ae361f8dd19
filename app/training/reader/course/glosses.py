"""Word-by-word glosses of questions and passages in another language, from the retriever's tables.

Glosses are no translations. Japanese is read from the end, because a head follows its modifiers; this gives an order
near that of English. Particles become prepositions. The reader learns from glosses which words of two languages
correspond.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random

from retriever.cross_lingual.dictionary import LONGEST_PHRASE, japanese_for
from retriever.cross_lingual.tokens import hangul_of, kana_key, kana_romaji, latin_keys
from retriever.text import Morpheme, morphemes

_CONTENT = {"名詞", "動詞", "形容詞", "形状詞", "副詞", "代名詞", "接尾辞", "接頭辞", "連体詞"}
_EMPTY_VERBS = {"為る", "居る", "有る", "成る", "出来る", "言う", "因る", "於く", "呼ぶ", "御座る", "置く", "来る"}
_KATAKANA = re.compile(r"[ァ-ヺー・]+")
_KANJI = re.compile(r"[\u4e00-\u9fff]+")
_WITH_ORIGINAL = re.compile(
    r"(?<![ァ-ヺー・=])([ァ-ヺ][ァ-ヺー・=]++)\s*+[(（][^A-Za-z()（）]{0,8}([A-Z][A-Za-z.'\-]+(?: [A-Z][A-Za-z.'\-]+)*)"
)
_PREPOSITIONS = {
    "の": "of",
    "に": "in",
    "で": "in",
    "から": "from",
    "まで": "until",
    "と": "and",
    "へ": "to",
    "より": "than",
}
# Question words, the longest first: Japanese, then English, Chinese and Korean.
_ASKING = (
    (r"何年|西暦何", "what year", "哪一年", "몇 년"),
    (r"何人", "how many people", "多少人", "몇 명"),
    (r"何(?:%|％|パーセント)", "what percentage", "百分之几", "몇 퍼센트"),
    (r"何月", "what month", "哪个月", "몇 월"),
    (r"(?:どれ|どの)(?:くらい|ぐらい|程)", "how much", "多少", "얼마나"),
    (r"いくつ|幾つ|何(?:個|件|種|回|つ|本|点)", "how many", "几个", "몇 개"),
    (r"いくら", "how much", "多少", "얼마"),
    (r"誰|だれ|何者", "who", "谁", "누구"),
    (r"いつ|何時", "when", "什么时候", "언제"),
    (r"どこ|何処", "where", "哪里", "어디"),
    (r"なぜ|何故|どうして", "why", "为什么", "왜"),
    (r"どのよう(?:な|に)|どんな|どう", "how", "怎样的", "어떤"),
    (r"どの|どちら|どれ", "which", "哪个", "어느"),
    (r"何", "what", "什么", "무엇"),
)
_LANGUAGES = ("en", "zh", "ko")
_HEPBURN = (
    ("sy", "sh"),
    ("ty", "ch"),
    ("zy", "j"),
    ("si", "shi"),
    ("ti", "chi"),
    ("tu", "tsu"),
    ("zi", "ji"),
    ("hu", "fu"),
)
_ENGLISH_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d[\d,.]*|\S")
_JAPANESE_ASKING = {
    "who": "誰",
    "when": "いつ",
    "where": "どこ",
    "why": "なぜ",
    "how": "どう",
    "which": "どの",
    "what": "何",
}


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Content morphemes and the particle behind them."""

    content: tuple[Morpheme, ...]
    particle: str


@dataclass(frozen=True, slots=True)
class Glosses:
    """Weighted `english` phrases by the Japanese words that they translate, and Latin spellings of `names`."""

    english: dict[tuple[str, ...], tuple[tuple[str, float], ...]]
    names: dict[str, str]

    def question(self, text: str, rng: Random) -> str:
        """A Japanese question in English, Chinese or Korean, most often in English."""
        (language,) = rng.choices(_LANGUAGES, (6, 1, 1))
        match, asking = _asking(text)
        rest = text.replace(match, "", 1) if match else text
        chunks = list(_chunks(morphemes(rest)))
        word = asking[_LANGUAGES.index(language)]
        if language == "zh":
            return "".join(_kanji_of(chunk) for chunk in chunks) + word + "？"
        if language == "ko":
            return (
                " ".join([*(hangul_of(_kanji_of(chunk)) or self._english(chunk, rng) for chunk in chunks), word]) + "?"
            )
        parts = [word, rng.choice(("is", "was", "did", "does", ""))]
        for chunk in reversed(chunks):
            parts += [_PREPOSITIONS.get(chunk.particle, ""), self._english(chunk, rng)]
        return " ".join(part for part in parts if part) + rng.choice(("?", ""))

    def _english(self, chunk: _Chunk, rng: Random) -> str:
        spelled: list[str] = []
        content = chunk.content
        start = 0
        while start < len(content):
            for length in range(min(LONGEST_PHRASE, len(content) - start), 0, -1):
                options = self.english.get(tuple(morpheme.normalised for morpheme in content[start : start + length]))
                if options:
                    spelled += rng.choices([phrase for phrase, _ in options], [weight for _, weight in options])
                    break
            else:
                length = 1
                spelled.append(self._spelled(content[start]))
            start += length
        return " ".join(spelled)

    def _spelled(self, morpheme: Morpheme) -> str:
        """A word that the table has no English for, in Latin letters."""
        if morpheme.surface in self.names:
            return self.names[morpheme.surface]
        if not (_KATAKANA.search(morpheme.surface) or _KANJI.search(morpheme.surface)):
            return morpheme.surface
        romaji = kana_romaji(morpheme.reading)
        for kunrei, hepburn in _HEPBURN:
            romaji = romaji.replace(kunrei, hepburn)
        return romaji.title() if morpheme.pos[1] == "固有名詞" or _KATAKANA.fullmatch(morpheme.surface) else romaji


def glosses(english_texts: Iterable[str], japanese_texts: Iterable[str]) -> Glosses:
    """Invert the dictionary; phrases are weighted by frequency in English texts, names come from Japanese texts."""
    counts = Counter(word for text in english_texts for word in re.findall(r"[a-z]+", text.lower()))
    phrases: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    table = (files("retriever.cross_lingual") / "tables" / "english_japanese.tsv").read_text(encoding="utf-8")
    for line in table.splitlines():
        phrase, *rows = line.split("\t")
        words = phrase.split()
        if line.startswith("#") or not rows:
            continue
        weight = min((counts[word] for word in words), default=0) ** 0.75 / len(rows)
        if weight and len(words) <= LONGEST_PHRASE:
            for row in rows:
                phrases[tuple(row.split(" "))][phrase] = weight
    best = {key: tuple(sorted(own.items(), key=lambda weighted: -weighted[1])[:4]) for key, own in phrases.items()}
    return Glosses(best, dict(_names(japanese_texts)))


def japanese_question(text: str, rng: Random) -> str:
    """An English question as Japanese words in the same order, its question word at the end."""
    words, asking = [], "何"
    for word, japanese in _in_japanese(text, rng):
        if word.lower() in _JAPANESE_ASKING:
            asking = _JAPANESE_ASKING[word.lower()]
        elif japanese:
            words.append(japanese)
    return rng.choice(("の", " ", "、")).join(words) + rng.choice((f"は{asking}ですか", f"は{asking}?", f" {asking}"))


def japanese_passage(text: str, span: tuple[int, int] | None, rng: Random) -> tuple[str, tuple[int, int] | None]:
    """An English passage as Japanese words in the same order, and where the span `text[start:end]` lies in it."""
    parts = [text[: span[0]], text[span[0] : span[1]], text[span[1] :]] if span else [text]
    translated = ["".join(japanese for _, japanese in _in_japanese(part, rng)) for part in parts]
    if span is None or not translated[1]:
        return "".join(translated), None
    return "".join(translated), (len(translated[0]), len(translated[0]) + len(translated[1]))


def _in_japanese(text: str, rng: Random) -> Iterator[tuple[str, str]]:
    """The words of English `text`, each with a Japanese word, itself if it is a name or a number, or nothing."""
    for match in _ENGLISH_WORD.finditer(text):
        word = match.group()
        rows = japanese_for(word.lower())
        if word in {".", "?", "!"}:
            yield word, "。"
        elif word[0].isdigit() or (word[0].isupper() and (match.start() or not rows)):
            yield word, word
        elif len(word) > 3 and rows:
            yield word, "".join(rng.choice(rows[:3]))
        else:
            yield word, ""


def _names(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(katakana, spelling) of names followed by their spelling in brackets, whole and in parts that sound alike."""
    for text in texts:
        for match in _WITH_ORIGINAL.finditer(text):
            kana = re.split("[・=]", match[1])
            latin = re.findall(r"[A-Z][a-z.'\-]*", match[2])  # some sets have lost the spaces
            alike = [
                (heard, spelled)
                for heard in kana
                for spelled in latin
                if len(heard) > 2 and kana_key(heard) in latin_keys(spelled)
            ]
            if alike and len(kana) == len(latin):
                yield match[1], " ".join(latin)
                yield from zip(kana, latin, strict=True)
            yield from alike


@lru_cache(maxsize=1)
def _asking_patterns() -> tuple[tuple[re.Pattern[str], tuple[str, str, str]], ...]:
    return tuple((re.compile(pattern), words) for pattern, *words in _ASKING)  # type: ignore[misc]


def _asking(text: str) -> tuple[str, tuple[str, str, str]]:
    """The question word of a Japanese question as it is written, and in the other languages."""
    for pattern, words in _asking_patterns():
        match = pattern.search(text)
        if match:
            return match.group(), words
    return "", ("what", "什么", "무엇")


def _chunks(words: Sequence[Morpheme]) -> Iterator[_Chunk]:
    content: list[Morpheme] = []
    for morpheme in words:
        if morpheme.pos[0] in _CONTENT and morpheme.normalised not in _EMPTY_VERBS:
            content.append(morpheme)
        elif morpheme.pos[0] == "助詞" and content:
            yield _Chunk(tuple(content), morpheme.surface)
            content = []
    if content:
        yield _Chunk(tuple(content), "")


def _kanji_of(chunk: _Chunk) -> str:
    return "".join(part for morpheme in chunk.content for part in _KANJI.findall(morpheme.normalised))
