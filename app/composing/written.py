"""Cut a model's text, as it arrives, into sentences with the numbers that they cite, each as soon as it is complete."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.text import sentence_spans

_CITATION = re.compile(r"(?:(?<!\s)\s++)?[\[［【](\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)[\]］】]")
_ENDS = re.compile(r"[。．.!?！？]$")
_MARKUP = re.compile(r"!\[|\]\s*\(|</?[A-Za-z!]|https?:|www\.|`|\$\$")
_LIST_MARK = re.compile(r"^\s*(?:[-*•・]+|#+|\d{1,2}[.)])\s+")
# A sentence with its mark and its citation, in either order: nothing more is needed to check it.
_IS_CITED = re.compile(r"[。．.!?！？]\s*(?:[\[［【][\d,，、 ]+[\]］】]\s*)+$|[\]］】]\s*[。．.!?！？]\s*$")
_LETTER = re.compile(r"[^\W_]")
_EMPHASIS = re.compile(r"\*{1,3}|_{2,3}")
_THINKS, _THOUGHT = "<think>", "</think>"
_UNSEEN = {"Cc", "Cf", "Co", "Cs"}  # Unicode categories: control, format, private use, surrogate
_LONGEST = 1200  # characters of a sentence; a longer one is not a sentence


@dataclass(frozen=True, slots=True)
class WrittenSentence:
    """A sentence without its citation marks, the numbers cited there, and whether it contains markup or addresses."""

    text: str
    numbers: tuple[int, ...]
    has_markup: bool = False


class Writing:
    """Collects the pieces of a model's text, and returns the sentences that they complete."""

    def __init__(self) -> None:
        self._rest = ""
        self._may_think = True  # what some models think before they answer is not an answer

    def add(self, piece: str) -> Iterator[WrittenSentence]:
        """The sentences that `piece` completes; the last one waits, as its citation may follow."""
        self._rest += piece
        if self._may_think and not self._has_thought():
            return
        while cut := self._end_of_first():
            yield from _sentence(self._rest[:cut])
            self._rest = self._rest[cut:]

    def pause(self) -> Iterator[WrittenSentence]:
        """The sentence that is complete with its citation when the model pauses."""
        if _IS_CITED.search(self._rest):
            rest, self._rest = self._rest, ""
            yield from _sentence(rest)

    def finish(self, *, ended: bool = True) -> Iterator[WrittenSentence]:
        """The rest of the text; a last sentence without an end mark counts if the model `ended` by itself."""
        rest, self._rest = self._rest, ""
        if rest.lstrip().startswith(_THINKS):
            return
        for line in rest.splitlines():
            start = 0
            for end in _ends(line):
                yield from _sentence(line[start:end], ended=ended)
                start = end

    def _has_thought(self) -> bool:
        """Whether the answer has begun; thoughts before it, between their marks, are dropped."""
        begun = self._rest.lstrip()
        if begun.startswith(_THINKS):
            _, ended, self._rest = begun.partition(_THOUGHT)
            if not ended:
                self._rest = begun
                return False
        elif len(begun) < len(_THINKS) and _THINKS.startswith(begun):
            return False
        self._may_think = False
        return True

    def _end_of_first(self) -> int:
        """The end of the first sentence with its citations; 0 while it is incomplete."""
        line_end = self._rest.find("\n")
        line = self._rest if line_end < 0 else self._rest[:line_end]
        first, *more = _ends(line) or [0]
        if more and not _is_open_citation(line[first:]):
            return first
        if line_end >= 0:
            return line_end + 1
        return len(self._rest) if len(self._rest) > _LONGEST else 0


def _ends(line: str) -> list[int]:
    """The ends of the sentences of a line, after their citations; the "!" of an image ends none."""
    ends: list[int] = []
    for _, end in sentence_spans(line):
        cited = end
        while match := _CITATION.match(line, cited):
            cited = match.end()
        if not line[end - 1 :].startswith("![") and (not ends or cited > ends[-1]):
            ends.append(cited)
    return ends


def has_markup(text: str) -> bool:
    """Whether a text contains markup, addresses or invisible characters; no answer needs them."""
    return bool(_MARKUP.search(text)) or any(unicodedata.category(character) in _UNSEEN for character in text)


def _is_open_citation(text: str) -> bool:
    return bool(re.match(r"\s*[\[［【][\d\s,，、]*$", text))


def _sentence(text: str, *, ended: bool = False) -> Iterator[WrittenSentence]:
    """The sentence in a piece of text; nothing if the piece has no complete one."""
    numbers = [int(number) for match in _CITATION.finditer(text) for number in re.findall(r"\d+", match[1])]
    plain = _EMPHASIS.sub("", _LIST_MARK.sub("", _CITATION.sub("", text))).strip()
    plain = re.sub(r"(?<!\s)\s++([。．.!?！？])$", r"\1", plain)
    if _LETTER.search(plain) and (ended or _ENDS.search(plain)) and len(plain) <= _LONGEST:
        yield WrittenSentence(plain, tuple(dict.fromkeys(numbers)), has_markup(" ".join(text.split())))
