"""Where sentences end, in Japanese, Chinese, Korean and Western texts."""

import re
from collections.abc import Iterator

# A full stop of CJK ends a sentence, and the closing brackets or quotes after it belong to the sentence; inside an
# open bracket or quotation it does not, so that 「……。」と述べた stays one sentence.
_END = re.compile(r"[。！？!?｡．.…]+[」』）)\]】〕》〉”’\"']*|\n+")
_OPENING = "「『（(【〔《〈“["
_CLOSING = "」』）)】〕》〉”]"
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"'])(?:[A-Za-z]|[A-Z]\.(?:[A-Z]\.?)+|e\.g|i\.e|et al|cf|vs|etc|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|Nos?|[Vv]ol"
    r"|pp|p|Fig|Figs|Eq|Eqs|Sec|ch|Ch|ed|eds|trans|Univ|Inc|Co|Ltd|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec"
    r"|approx|ca|op|cit|ibid|Gen|Sen|Rep|Gov|Lt|Col|Ph|U\.S)$"
)
_NUMBER = re.compile(r"\b(?:nos?|refs?)$", re.IGNORECASE)  # with a number behind it: reference no. 8
_LONGEST_QUOTATION = 200  # characters: beyond this an opening bracket is taken as never closed
ENDINGS = "。．！？!?｡.…"


def spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence, in order, without the white space around it. Every word is in one of them."""
    start = 0
    for end in _ends(text):
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = end


def split(text: str) -> list[str]:
    """The sentences of `text`."""
    return [text[start:end] for start, end in spans(text)]


def ends_sentence(text: str) -> bool:
    """Whether the text ends with the end of a sentence, so that no page or table has cut it."""
    bare = text.rstrip().rstrip("」』）)]】〕》〉”’\"'")
    closed = bare != text.rstrip()
    return bare.endswith(tuple(ENDINGS + ":：")) or (closed and text.rstrip()[-1] in "】]")


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        if match.group()[0] == "\n" or _is_end(text, match):
            yield match.end()
    yield len(text)


def _is_end(text: str, match: re.Match[str]) -> bool:
    """Whether this punctuation mark ends a sentence."""
    mark, after = match.group()[0], text[match.end() : match.end() + 1]
    if _is_inside_quotation(text, match.start()):
        # the sentence ends with the quotation only if nothing follows in it
        closed = match.group()[-1] in _CLOSING and not _is_inside_quotation(text, match.end())
        return closed and (after in ("", "\n", *_OPENING) or (after.isspace() and mark in ".!?"))
    if mark in ".…!?":
        return _is_western_end(text, match, mark, after)
    if mark == "．":  # a full-width stop, or the point of a number or of its heading
        return not (text[match.start() - 1 : match.start()].isdigit() and (after.isdigit() or _opens_line(text, match)))
    return True


def _opens_line(text: str, match: re.Match[str]) -> bool:
    """Whether the mark follows a number that opens its line: 1．はじめに."""
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
