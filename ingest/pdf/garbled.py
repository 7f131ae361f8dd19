"""Telling text from what broken encodings make of it, and pypdf's reading of a page as a second opinion."""

import re
import unicodedata
from collections import Counter
from typing import Any

from ingest.normalise import repair, without_letterspacing
from ingest.pdf.page import Line

GARBLED = 0.1  # the share of unlikely characters above which a page is not indexed
_CHARSETS = ("euc_jp", "gb2312", "big5", "euc_kr")
# what readers write for a glyph whose character they cannot tell: /g5A4E, /cid123, (cid:123)
_GLYPH_NAMES = re.compile(
    r"(?:(?:(?<!\s)\s++)?(?:/(?:g|gid|glyph|cid|uni|index|[A-Z])[0-9A-F]{1,6}(?![0-9A-Za-z])|\(cid:\d+\))){3,}"
)
_ODD_BLOCKS = 5  # so many scripts, none of them marginal, no page has: glyph numbers taken for code points do


def unlikely_share(text: str) -> float:
    """The share (0–1) of the characters that no correct page shows.

    Those are replacement and private-use characters, controls, unassigned code points, ideographs of no common
    character set, accented letters in a mass, letters of many scripts at once, and the names of glyphs.
    """
    named = sum(len("".join(names.split())) for names in _GLYPH_NAMES.findall(text))
    characters = Counter(character for character in repair(text) if not character.isspace())
    total = sum(characters.values())
    if total == 0:
        return 0.0
    broken = named + sum(count for character, count in characters.items() if _is_broken(character))
    accented = sum(count for character, count in characters.items() if "\u0080" <= character <= "\u00ff")
    if accented > 0.3 * total:  # the most accented European languages stay under a fifth
        broken += accented
    blocks = Counter[int]()
    for character, count in characters.items():
        if character.isalpha() and ord(character) < 0x2E80:
            blocks[ord(character) >> 7] += count
    if sum(1 for count in blocks.values() if count >= 0.02 * total) >= _ODD_BLOCKS:
        broken += sum(count for block, count in blocks.items() if block > 0)
    return min(1.0, broken / total)


def _is_broken(character: str) -> bool:
    category = unicodedata.category(character)
    if character == "\ufffd" or category in ("Cn", "Co", "Cs", "Cc"):
        return True
    return "\u3400" <= character <= "\u9fff" and not any(_encodes(character, charset) for charset in _CHARSETS)


def _encodes(character: str, charset: str) -> bool:
    return bool(character.encode(charset, "ignore"))


def pypdf_lines(reader: Any, number: int) -> list[Line]:
    """The page's lines as pypdf reads them, without places; empty where it cannot."""
    from pypdf.errors import PyPdfError

    try:
        text = reader.pages[number - 1].extract_text()
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, LookupError, OverflowError):
        return []
    lines = [without_letterspacing(repair(line)).strip() for line in text.split("\n")]
    return [Line(line, number, 0.0, 0.0, float(index), 0.0) for index, line in enumerate(lines) if line]
