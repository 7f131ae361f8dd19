"""Text utilities of ingestion: repair characters, join lines, split sentences, make file names printable."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from retriever.numerals import MONTH_ABBREVIATIONS

# All but two of the CJK Radicals Supplement (U+2E80–2EF3) have no decomposition in Unicode, so NFKC leaves them alone.
# The pairs are from EquivalentUnifiedIdeograph.txt (Unicode 15.1). NFKC itself maps Kangxi radicals (U+2F00–2FD5).
_SUPPLEMENT = (
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿"
    "⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳"
)
_UNIFIED = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹"
    "艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)


def _repairs() -> dict[int, str | None]:
    table: dict[int, str | None] = {ord(a): b for a, b in zip(_SUPPLEMENT, _UNIFIED, strict=True)}
    compatibility = (range(0x2F00, 0x2FD6), range(0xF900, 0xFB00), range(0x2F800, 0x2FA1E), range(0xFB00, 0xFB07))
    for code in (code for block in compatibility for code in block):
        table[code] = unicodedata.normalize("NFKC", chr(code))
    table[0x2015] = "\u2014"  # fonts draw both dashes with one glyph, so a ToUnicode map gives either
    table[0xA0] = " "
    table.update(dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), None))
    return table


REPAIRS = _repairs()
CJK = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u303b\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WIDE = CJK + "\u3001-\u3004\u3008-\u3020\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
_WIDE = re.compile(f"[{WIDE}]")
_SPACED = re.compile(f"(?<=[{WIDE}]) (?=[{WIDE}])")
_TOUCHING = re.compile(f"(?<=[{WIDE}])(?=[{WIDE}])")
_BESIDE_LATIN = re.compile(f"(?<=[{CJK}])( ?)(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])( ?)(?=[{CJK}])")
# Characters of a name that are unsafe in a terminal: controls, changes of writing direction, line ends.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # surrogates that do not represent a byte of a file name
_UNASSIGNED = re.compile("[\x80-\xa0\uf8f0-\uf8f3]")  # what Python decodes from bytes that are unassigned in Shift_JIS
_NUMBERED_PART = re.compile(r"^(?:資料|図|表|別紙|別表|付録|第) ?\d+ ?[章節部編回]?(?= )")
# A CJK full stop ends a sentence, including the closing brackets or quotes after it. Inside an open bracket or
# quotation it does not, so that 「……。」と述べた stays one sentence.
_END = re.compile(r"[。！？!?｡．.…]+[」』）)\]】〕》〉”’\"']*|\n+")
_OPENING = "「『（(【〔《〈“["
_CLOSING = "」』）)】〕》〉”]"
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"'])(?:[A-Za-z]|[A-Z]\.(?:[A-Z]\.?)+|e\.g|i\.e|et al|cf|vs|etc|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|Nos?|[Vv]ol"
    r"|pp|p|Fig|Figs|Eq|Eqs|Sec|ch|Ch|ed|eds|trans|Univ|Inc|Co|Ltd|Corp"
    rf"|{'|'.join(MONTH_ABBREVIATIONS)}"
    r"|approx|ca|op|cit|ibid|Gen|Sen|Rep|Gov|Lt|Col|Ph|U\.S)$"
)
_NUMBER = re.compile(r"\b(?:nos?|refs?)$", re.IGNORECASE)  # abbreviations if a number follows: reference no. 8
_LONGEST_QUOTATION = 200  # characters after which an opening bracket counts as never closed
ENDINGS = "。．！？!?｡.…"


def repair(text: str) -> str:
    """Replace radicals, compatibility ideographs and ligatures with the characters that the author typed."""
    return text.translate(REPAIRS)


@lru_cache(maxsize=70_000)
def is_wide(character: str) -> bool:
    """Whether a character is Japanese, Chinese or full-width: a line break next to it is not a space."""
    return bool(_WIDE.match(character))


def without_letterspacing(line: str) -> str:
    """Remove spaces between ideographs and kana that come from justification.

    The author's own spaces ("山田 花子") stay: only a line with spaces between most characters is changed.
    """
    spaced, touching = len(_SPACED.findall(line)), len(_TOUCHING.findall(line))
    return _SPACED.sub("", line) if spaced >= 3 and spaced > touching else line


def close_up(words: str) -> str:
    """Remove spaces between Latin letters or digits and ideographs or kana from a title or date: print has none.

    If only some of these boundaries have a space, it separates words ("灯台2020 北の海") and stays. The space after the
    number of a part ("資料16 灯台の取組") also stays.
    """
    spaces = [match.group() for match in _BESIDE_LATIN.finditer(words)]
    if not all(spaces):
        return words
    part = _NUMBERED_PART.match(words)
    name, rest = (words[: part.end() + 1], words[part.end() + 1 :]) if part else ("", words)
    return _BESIDE_LATIN.sub("", name.rstrip()) + (" " if part else "") + _BESIDE_LATIN.sub("", rest)


def join_texts(left: str, right: str) -> str:
    """Join two parts of a sentence: with a space only between Western words, without the hyphen of a divided word."""
    left, right = left.rstrip(), right.lstrip()
    if not left or not right:
        return left + right
    if re.fullmatch("[A-Za-z]-", left[-2:]) and right[0].islower():
        return left[:-1] + right
    if left[-1] == "\u00ad":
        return left[:-1] + right
    if is_wide(left[-1]) or is_wide(right[0]) or (left[-1] in "-/" and not left.endswith(" -")):
        return left + right
    return f"{left} {right}"


def shown_name(name: str) -> str:
    r"""A file name, or a line with one, as valid and printable Unicode.

    Bytes that are not valid UTF-8 are decoded as Shift_JIS, which ZIP files from Japanese Windows use for names. Bytes
    that are neither, and control characters, are escaped (`\xe9`).
    """
    if name.isprintable():
        return name
    parts = _NO_BYTE.sub("?", name).encode("utf-8", "surrogateescape").split(b"/")
    text = "/".join(map(_decoded_name, parts))
    return _UNSEEN.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def _decoded_name(part: bytes) -> str:
    for encoding in ("utf-8", "cp932"):
        try:
            text = part.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or not _UNASSIGNED.search(text):
            return text
    return part.decode("utf-8", "backslashreplace")


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence, in order, without surrounding white space. Every word is in a sentence."""
    start = 0
    for end in _ends(text):
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = end


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`."""
    return [text[start:end] for start, end in sentence_spans(text)]


def ends_sentence(text: str) -> bool:
    """Whether the text ends with a complete sentence, rather than being cut by a page or table."""
    bare = text.rstrip().rstrip("」』）)]】〕》〉”’\"'")
    closed = bare != text.rstrip()
    if closed and _is_aside(text.rstrip()):
        return False
    return bare.endswith(tuple(ENDINGS + ":：")) or (closed and text.rstrip()[-1] in "】]")


def _is_aside(text: str) -> bool:
    """Whether a text ends with brackets inside a sentence, as in 費用の縮減（以下「本取組」という。）."""
    start = max(text.rfind("（"), text.rfind("(")) if text.endswith(("）", ")")) else -1
    return start > 0 and is_wide(text[start - 1]) and text[start - 1] not in ENDINGS + "」』）"


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        if match.group()[0] == "\n" or _is_end(text, match):
            yield match.end()
    yield len(text)


def _is_end(text: str, match: re.Match[str]) -> bool:
    """Whether this punctuation mark ends a sentence."""
    mark, after = match.group()[0], text[match.end() : match.end() + 1]
    if _is_inside_quotation(text, match.start()):
        # the sentence ends with the quotation only if the sentence does not continue after it
        closed = match.group()[-1] in _CLOSING and not _is_inside_quotation(text, match.end())
        return closed and (after in ("", "\n", *_OPENING) or (after.isspace() and mark in ".!?"))
    if mark in ".…!?":
        return _is_western_end(text, match, mark, after)
    if mark == "．":  # a full-width stop, or the point in a number or after a heading number
        return not (text[match.start() - 1 : match.start()].isdigit() and (after.isdigit() or _opens_line(text, match)))
    return True


def _opens_line(text: str, match: re.Match[str]) -> bool:
    """Whether the mark follows a number at the start of its line: 1．はじめに."""
    return text[: match.start()].rpartition("\n")[2].strip().isdigit()


def _is_western_end(text: str, match: re.Match[str], mark: str, after: str) -> bool:
    following = text[match.end() :].lstrip()[:1]
    if mark in ".…" and after and not after.isspace():
        return False
    if mark == ".":
        before = text[max(0, match.start() - 12) : match.start()]
        numbers = following.isdigit() and _NUMBER.search(before)
        return not (numbers or _ABBREVIATION.search(before) or following.islower() or _opens_line(text, match))
    return not following.islower() or mark != "…"


def _is_inside_quotation(text: str, position: int) -> bool:
    """Whether `position` is inside a quotation or bracket that closes within `_LONGEST_QUOTATION` characters."""
    begin = max(0, position - _LONGEST_QUOTATION, text.rfind("\n", 0, position))
    depth = 0
    for character in text[begin:position]:
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING and depth:
            depth -= 1
    if not depth:
        return False
    ahead = text[position : position + _LONGEST_QUOTATION].split("\n", 1)[0]
    return any(character in _CLOSING for character in ahead)


def counted(count: int, noun: str) -> str:
    """A number and its English noun: "1 page", "1,200 pages"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
