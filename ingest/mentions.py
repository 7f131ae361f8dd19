"""In-text citations: which records of the bibliography a sentence means, where it means just one."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.authors import is_organisation
from ingest.bibliography import Reference
from ingest.document import Document
from ingest.sentences import spans

_NUMBERED = re.compile(r"[\[［]\s*(\d{1,3}(?:\s*[-–,，、;]\s*\d{1,3})*)\s*[\]］]")
_YEAR = re.compile(r"(?<!\d)((?:1[5-9]|20)\d\d)([a-z])?(?!\d)")
# a surname before its year: 田中（2019）, (田中・林 2019), 田中ほか（2018, 2019）
_CITED = re.compile(
    r"(?<![一-鿿々ァ-ヴー])([一-鿿々]{1,4}|[ァ-ヴー]{2,12})(?:\s*[・と、,&]\s*(?:[一-鿿々]{1,4}|[ァ-ヴー]{2,12})){0,3}"
    r"\s*(?:ら|ほか|他|氏|編著?|著)?\s*[(（,，、]?\s*(?:\d{4}[a-z]?\s*[,，、]\s*){0,3}$"
)
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_SHORTEST = {True: 4, False: 3}  # letters of an organisation's name, in Latin letters or not, that single it out


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in the document's text (`start`–`end`) that cites the references with these 1-based numbers."""

    start: int
    end: int
    numbers: tuple[int, ...]


def mentions(document: Document, references: Sequence[Reference]) -> list[Mention]:
    """The citations in the running text, in order: [12], (田中 2019), Smith (2019), a title, a named survey."""
    found: list[Mention] = []
    for block, start, _ in document.spans():
        if block.kind in ("entry", "heading"):
            continue
        for begin, end in spans(block.text):
            sentence = block.text[begin:end]
            for place, length, numbers in _in_sentence(sentence, references):
                found.append(Mention(start + begin + place, start + begin + place + length, numbers))
    return sorted(set(found), key=lambda mention: (mention.start, mention.end))


def _in_sentence(sentence: str, references: Sequence[Reference]) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    yield from _by_number(sentence, references)
    taken: set[int] = set()
    for place, length, number in _by_title(sentence, references):
        taken.add(number)
        yield place, length, (number,)
    plain = sentence.translate(_DIGITS)
    for place, length, number in (*_by_author(plain, references), *_by_surname(plain, references)):
        if number not in taken:
            taken.add(number)
            yield place, length, (number,)


def _by_number(sentence: str, references: Sequence[Reference]) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """[12], [3, 5-7]: only where the entries themselves are numbered."""
    keys = {reference.key: reference.number for reference in references if reference.key.isdigit()}
    if not keys:
        return
    for match in _NUMBERED.finditer(sentence):
        numbers: list[int] = []
        for part in re.split(r"\s*[,，、;]\s*", unicodedata.normalize("NFKC", match.group(1))):
            first, *last = re.split(r"\s*[-–]\s*", part)
            numbers.extend(range(int(first), int(last[0] if last else first) + 1))
        known = tuple(keys[str(number)] for number in numbers[:50] if str(number) in keys)
        if known:
            yield match.start(), match.end() - match.start(), known


def _by_title(sentence: str, references: Sequence[Reference]) -> Iterator[tuple[int, int, int]]:
    """A work's title, or its part before the colon, written out in full."""
    for reference in references:
        for title in dict.fromkeys((reference.title, re.split(r"[:：―—]", reference.title, maxsplit=1)[0].strip())):
            if len(title) < (12 if title.isascii() else 6):
                continue
            place = sentence.lower().find(title.lower())
            if place >= 0:
                yield place, len(title), reference.number
                break


def _by_author(sentence: str, references: Sequence[Reference]) -> Iterator[tuple[int, int, int]]:
    """An author's name with the year of a work of theirs in one sentence; of two works, a title's word decides."""
    by_name: dict[tuple[str, str], list[Reference]] = {}
    for reference in references:
        if reference.authors and reference.date:
            by_name.setdefault((_surname(reference.authors[0]), reference.date[:4]), []).append(reference)
    for (name, year), works in by_name.items():
        place = _find_name(sentence, name)
        if place is None:
            continue
        years = [match for match in _YEAR.finditer(sentence) if match.group(1) == year]
        near = [
            match
            for match in years
            if is_organisation(works[0].authors[0]) or abs(match.start() - place) <= len(name) + 40
        ]
        if not near:
            continue
        chosen = works if len(works) == 1 else _by_letter(near, works) or _by_words(sentence, works)
        if len(chosen) == 1:
            end = max(place + len(name), near[0].end() if near[0].start() - place <= len(name) + 12 else 0)
            yield place, end - place, chosen[0].number


def _by_surname(sentence: str, references: Sequence[Reference]) -> Iterator[tuple[int, int, int]]:
    """A Japanese author's surname right before the year: entries write 田中太郎, and do not tell where it ends."""
    for year in _YEAR.finditer(sentence):
        cited = _CITED.search(sentence, max(0, year.start() - 80), year.start())
        if not cited:
            continue
        works = [
            reference
            for reference in references
            if reference.authors and reference.date[:4] == year.group(1)
            if _is_surname(cited.group(1), reference.authors[0])
        ]
        chosen = works if len(works) == 1 else _by_letter([year], works)
        if len(chosen) == 1:
            yield cited.start(), year.end() - cited.start(), chosen[0].number


def _is_surname(name: str, author: str) -> bool:
    """Whether the name may be the author's surname: what a Japanese name begins with, a foreign one ends on."""
    if is_organisation(author):
        return False
    parts = re.split(r"[\s・＝=]+", author.strip())
    if len(parts) > 1:
        return name == (parts[-1] if re.match("[ァ-ヴ]", author) else parts[0])
    return author.startswith(name) and len(author) > len(name)


def _surname(author: str) -> str:
    if is_organisation(author):
        return author
    if "," in author:
        return author.split(",", 1)[0].strip()
    parts = author.split()
    return parts[-1] if author.isascii() else parts[0]


def _find_name(sentence: str, name: str) -> int | None:
    """Where a name stands as a word of its own; names too short to single anyone out are not looked for."""
    if len(name) < (_SHORTEST[name.isascii()] if is_organisation(name) else 2):
        return None
    pattern = rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])" if name.isascii() else re.escape(name)
    match = re.search(pattern, sentence)
    return match.start() if match else None


def _by_letter(years: Sequence[re.Match[str]], works: Sequence[Reference]) -> list[Reference]:
    """2019a, 2019b: the letter as the entry gives it, else the place among the works of that year."""
    letters = [match.group(2) for match in years if match.group(2)]
    if not letters:
        return []
    return [work for work in works if re.search(rf"\d{{4}}{letters[0]}(?![A-Za-z])", work.raw)]


def _by_words(sentence: str, works: Sequence[Reference]) -> list[Reference]:
    """The work with a word in its title that the sentence has and the titles of the others have not."""
    words = [set(re.findall(r"[A-Za-z]{4,}|[ァ-ヴー]{3,}|[一-鿿]{2,}", work.title)) for work in works]
    chosen = []
    for index, work in enumerate(works):
        others = set().union(*(words[:index] + words[index + 1 :]))
        if any(word in sentence for word in words[index] - others):
            chosen.append(work)
    return chosen
