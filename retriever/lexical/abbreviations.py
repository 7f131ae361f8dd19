"""Abbreviations and other names that a text defines: 世界貿易機関（WTO）, World Trade Organization (WTO), 以下「両国」.

A definition is a name directly before brackets that hold an acronym, the name in another script, or a name after
words such as 以下, 略称, hereinafter, 简称, 이하. The letters of an acronym must occur in this order in its Latin name
(Schwartz & Hearst 2003, "A simple algorithm for identifying abbreviation definitions").
"""

import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from retriever.numerals import ROMAN_LETTERS
from retriever.text import morphemes

_LONGEST = 40  # characters of a Japanese, Chinese or Korean name
_CJK = "\u3041-\u30ff\u3400-\u9fff々〆ー\uac00-\ud7a3"
_BRACKETS = re.compile(r"[(（]([^()（）\n]{2,120})[)）]")
_HAS_CJK = re.compile(f"[{_CJK}]")
_HAS_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
# At least two capitals: neither a unit (hPa) nor a plain word.
_SHORT = re.compile(r"(?=(?:[^A-Z]*[A-Z]){2})[A-Z][A-Za-z0-9]*(?:[&.\-][A-Za-z0-9]+)*\.?")
_ROMAN = re.compile(f"[{ROMAN_LETTERS}]+")
_NO_NAMES = frozenset("PDF HTML URL DOI ISBN ISSN ASIN".split())  # written in brackets after titles and links
_LATIN_NAME = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ.'’&\-]*(?: (?:[A-Za-zÀ-ɏ.'’&\-]+))*")
_LATIN_CHARACTERS = "".join(map(chr, range(0xC0, 0x250))) + string.ascii_letters + string.digits + ".'’&- "
_NO_LATIN_NAME = re.compile(
    r"(?:see|cf|e\.?g|i\.?e|p|pp|vol|no|ed|eds|ibid|op\. cit|et al|trans|photo|source|note|from|in|of|by|or|and)\b",
    re.IGNORECASE,
)
# A language label ("英語: …"), which is not part of the name.
_LANGUAGE = re.compile(
    r"^(?:[\u30a1-\u30fcA-Za-z\u4e00-\u9fff]{1,6}語(?:名|表記)?|[英独仏露伊西羅蘭葡中韓台]|[英独仏]名|英文名?|영어|독일어|프랑스어)"
    r"(?:で)?[:：;\s]\s*"
)
_PART = re.compile(r"(?:(?<!\s)\s++)?[,，、;；:：/／]\s*")
# Words before and after a name in brackets that introduce it as another name.
_SAID_BEFORE = re.compile(
    r"^(?:以下[、,，\s]*(?:简称为?|簡稱為?|称为?|稱為?)?|(?:略称|略語|通称|略記|略号|略して|正式名称|正式名|正式には|简称|簡稱|简称为|全称|全稱"
    r"|이하|약칭|줄여서|hereinafter|hereafter|henceforth|abbreviated(?: as)?|abbr\.?|short for|known as)"
    r"(?:は|を|の名称は)?)[:：、,，\s]*(?:referred to as |called )?(?:the )?",
    re.IGNORECASE,
)
_HEREAFTER = re.compile(r"以下|이하|hereinafter|hereafter|henceforth", re.IGNORECASE)
_SAID_AFTER = re.compile(
    r"(?:(?<![、,\s])[、,\s]++)?(?:と(?:略称?|略記|略す|いう|言う|呼ぶ|称する?|する|表記|記す|記載)(?:する|す|される|した)?|の略称?|"
    r"라 한다|이라 한다|라고 한다|라 함|이라 함)[。.]?$"
)
_QUOTES = {"「": "」", "『": "』", "“": "”", '"': '"', "‘": "’", "'": "'", "《": "》"}
_CLOSED = {closing: opening for opening, closing in _QUOTES.items()}
_JOINTS = frozenset("・＝=-‐－/＆&")
# Adverbial nouns date or introduce a name without being part of it.
_NO_PART_OF_NAME = "副詞可能"
# Chinese has no spaces: these words and dates end the text before a name.
_CHINESE_BREAK = re.compile(
    r".*\d[年月日]|[的了在是與与及向從从被把将將為为於于等而或該该此給给讓让]|和(?!平)|[对對](?!外)|(?<!自)由|以(?!色列)"
    r"|(?<!耳)其|加入|退出|根据|根據|通过|通過|包括|设立|設立|成立"
)
_KOREAN_PARTICLE = re.compile(r"(?:은|는|을|를|에|에서|와|과|으로|의|에게|부터|까지|하고|이며|라는|하는|한|된|인)$")
_ENGLISH_SMALL = frozenset("of the and for in on to a an at by with de la du des und der".split())


@dataclass(frozen=True, slots=True)
class Definition:
    """Two or more `forms` of one name; a `local` definition (以下「両国」という) is valid in its own document only."""

    forms: tuple[str, ...]
    local: bool = False


def definitions(text: str, language: str) -> list[Definition]:
    """Definitions in `text`, whose language is `language`, in order."""
    defined = []
    for match in _BRACKETS.finditer(unicodedata.normalize("NFKC", text) if not text.isascii() else text):
        before = match.string[max(0, match.start() - 2 * _LONGEST - 40) : match.start()].rstrip(" ")
        inside = match.group(1).strip()
        forms = tuple(dict.fromkeys(_forms(before, inside, language)))
        if len(forms) > 1:
            defined.append(Definition(forms, local=bool(_HEREAFTER.match(inside)) and not _is_short(forms[-1])))
    return defined


def _forms(before: str, inside: str, language: str) -> Iterator[str]:
    """The name at the end of `before` and its other forms in `inside`; nothing if `inside` defines none."""
    said, inside_said = _said(inside)
    latin = _latin_before(before)
    if latin:
        yield from _of_latin(latin, inside_said, said=said)
        return
    if not before or not (_HAS_CJK.match(before[-1]) or before[-1] in _CLOSED or before[-1].isalnum()):
        return
    name = _quoted(before) or _name_before(before, language)
    if len(name) < 2 or not _HAS_CJK.search(name):
        return
    others = [inside_said] if said and _is_name(inside_said, language) else list(_latin_parts(inside_said))
    if others and name not in others:
        yield name
        yield from others


def _said(inside: str) -> tuple[bool, str]:
    """Whether the bracket introduces a name (以下 … という), and the name without these words and quotes."""
    rest = _LANGUAGE.sub("", inside)
    opened = _SAID_BEFORE.sub("", rest)
    closed = _SAID_AFTER.sub("", opened)
    name = closed.strip(" 、,:：")
    is_quoted = len(name) > 2 and _QUOTES.get(name[0]) == name[-1]
    if is_quoted:
        name = name[1:-1]
    is_said = opened != rest or closed != opened
    if rest.startswith("以下") and not (is_quoted or closed != opened or _SHORT.fullmatch(name)):
        is_said = rest.startswith(("以下、", "以下,", "以下简", "以下簡", "以下称", "以下稱"))
    return is_said, name


def _latin_parts(inside: str) -> Iterator[str]:
    """Latin names and acronyms in brackets after a name in another script; nothing if the brackets contain other text.

    The letters of an acronym after a Latin name must occur in the name.
    """
    parts = [_LANGUAGE.sub("", part) for part in _PART.split(inside)]
    names: list[str] = []
    for part in (part.strip(" \"'“”「」") for part in parts):
        if _is_short(part):
            fitting = [name for name in names if not _is_short(name)]
            if not fitting or any(_has_letters(part, name) for name in fitting):
                names.append(part)
        elif _is_latin_name(part) and not names:
            names.append(part)
    first = parts[0].strip(" \"'“”「」")
    yield from names if (names and names[0] == first) or any(_is_short(name) for name in names) else ()


def _of_latin(latin: str, inside: str, *, said: bool) -> Iterator[str]:
    """A Latin name or acronym before the brackets, and its other form inside them."""
    words = latin.split()
    first = _PART.split(inside)[0].strip(" \"'“”")
    if _is_short(first):
        long = _long_form(words, first)
        if long:
            yield from (long, first)
    elif _is_short(words[-1]) and _is_latin_name(first) and _has_letters(words[-1], first):
        yield from (words[-1], first)
    elif said and (_is_latin_name(inside) or _HAS_CJK.search(inside)) and words[-1][:1].isupper():
        name = " ".join(_capitalised(words))
        if name.lower() != inside.lower():
            yield from (name, inside)
    elif _is_short(words[-1]) and _is_cjk_name(first):
        yield from (words[-1], first)


def _is_short(text: str) -> bool:
    return (
        2 <= len(text) <= 10
        and bool(_SHORT.fullmatch(text))
        and not _ROMAN.fullmatch(text)
        and text not in _NO_NAMES
        and sum(character.isdigit() for character in text) <= len(text) // 2
    )


def _is_latin_name(text: str) -> bool:
    return (
        bool(_LATIN_NAME.fullmatch(text))
        and len(text) >= 4
        and len(text.split()) <= 10
        and not _NO_LATIN_NAME.match(text)
        and text not in _NO_NAMES
    )


def _is_name(text: str, language: str) -> bool:
    """Whether a text after 以下 and the like is a name, not a clause."""
    if not 1 < len(text) <= _LONGEST or _PART.search(text):
        return False
    if not _HAS_CJK.search(text):
        return _is_short(text) or _is_latin_name(text)
    return language != "ja" or _noun_start(text) == 0


def _is_cjk_name(text: str) -> bool:
    """Whether a text in brackets after an acronym is its long form: several nouns, not just a place."""
    if not 4 <= len(text) <= _LONGEST or not _HAS_CJK.search(text) or re.search(r"[^\w・ー]", text):
        return False
    if _HAS_HANGUL.search(text):
        return True
    parts = [morpheme.pos for morpheme in morphemes(text)]
    return _noun_start(text) == 0 and len(parts) > 1 and not all("地名" in pos for pos in parts)


def _latin_before(before: str) -> str:
    """The Latin words at the end of `before`, at most eleven; empty if it ends otherwise."""
    words = before[len(before.rstrip(_LATIN_CHARACTERS)) :].split()[-11:]
    return " ".join(words).strip(" .") if any(_LATIN_NAME.match(word) for word in words) else ""


def _long_form(words: list[str], short: str) -> str:
    """The shortest run of last words that contains the letters of `short` in order; empty if there is none.

    Its first word begins with the first letter; at most min(letters + 5, 2 × letters) words are considered.
    """
    letters = [character.lower() for character in short if character.isalnum()]
    most = min(len(letters) + 5, 2 * len(letters))
    for count in range(1, min(most, len(words)) + 1):
        run = words[-count:]
        if run[0].lower().startswith(letters[0]) and _has_letters(short, " ".join(run)) and len(" ".join(run)) > 3:
            return " ".join(run)
    return ""


def _has_letters(short: str, long: str) -> bool:
    """Whether `long` contains the letters of `short` in order; the first letter from each word must be its initial.

    At most one word may give no letter, apart from small words (of, the, and …).
    """
    letters = "".join(character.lower() for character in short if character.isalnum())
    words = [word.lower() for word in re.split(r"[\s\-]+", long)]
    if not letters or (len(words) == 1 and short.lower() == long.lower()):
        return False
    return _fits(letters, words, skipped=0)


def _fits(letters: str, words: list[str], *, skipped: int) -> bool:
    if not letters:
        return skipped + sum(word not in _ENGLISH_SMALL for word in words) <= 1
    if not words:
        return letters == "s"  # a plural: NGOs
    word, rest = words[0], words[1:]
    if word[:1] == letters[0] and any(
        _fits(letters[taken:], rest, skipped=skipped)
        for taken in range(1, len(letters) + 1)
        if _within(letters[:taken], word)
    ):
        return True
    cost = 0 if word in _ENGLISH_SMALL else 1
    return skipped + cost <= 1 and _fits(letters, rest, skipped=skipped + cost)


def _within(letters: str, word: str) -> bool:
    """Whether the word contains the letters in order and begins with the first."""
    places = iter(word)
    return word.startswith(letters[0]) and all(letter in places for letter in letters)


def _capitalised(words: list[str]) -> list[str]:
    """The longest run of last words that are capitalised, with small words between them."""
    taken: list[str] = []
    for word in reversed(words):
        if not (word[:1].isupper() or word.lower() in _ENGLISH_SMALL):
            break
        taken.insert(0, word)
    while taken and taken[0].lower() in _ENGLISH_SMALL:
        taken.pop(0)
    return taken


def _quoted(before: str) -> str:
    """The quoted text at the end of `before`, closed or still open; empty if there is none."""
    if before[-1] in _CLOSED and before[-1] != _CLOSED[before[-1]]:
        start = before.rfind(_CLOSED[before[-1]], 0, -1)
        name = before[start + 1 : -1] if start >= 0 else ""
    else:
        start = max(before.rfind(opening) for opening in "「『“《")
        name = before[start + 1 :] if start >= 0 else ""
    return name if 1 < len(name) <= _LONGEST and not re.search(r"[、。，．,「」『』“”《》？！!?:：]", name) else ""


def _name_before(before: str, language: str) -> str:
    """The name at the end of `before`: a run of nouns in Japanese, of letters in Chinese, of words in Korean."""
    if _HAS_HANGUL.search(before[-1]):
        return _korean_name(before)
    if language == "zh" and not _KANA.search(before[-_LONGEST:]):
        run = re.search(r"(?<![\u3400-\u9fff々·・A-Za-z0-9])[\u3400-\u9fff々·・A-Za-z0-9]*+$", before)
        return _CHINESE_BREAK.split(run.group())[-1] if run else ""
    tail = before[-_LONGEST:]
    return tail[_noun_start(tail) :].strip("・-= ")


def _noun_start(text: str) -> int:
    """Start of the run of nouns at the end of `text`; its length if there is none."""
    start = len(text)
    for morpheme in reversed(morphemes(text)):
        is_noun = morpheme.pos[0] in {"名詞", "接尾辞", "接頭辞"} and _NO_PART_OF_NAME not in morpheme.pos
        is_number = morpheme.pos[1] == "数詞"
        if not is_noun and morpheme.surface not in _JOINTS and not is_number and morpheme.pos[0] != "形状詞":
            break
        start = morpheme.start
    return start


def _korean_name(before: str) -> str:
    """The last words of `before`, at most four; only the last may end in a particle."""
    words = re.split(r"(?<![^\w·-])[^\w·-]+(?<! )|(?<=\S) ", before)
    taken: list[str] = []
    for word in reversed([word for word in words if word]):
        if taken and (_KOREAN_PARTICLE.search(word) or not _HAS_HANGUL.search(word)):
            break
        taken.insert(0, word)
        if len(taken) == 4:
            break
    return " ".join(taken)
