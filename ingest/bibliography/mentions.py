"""In-text citations: find the works of the bibliography that each sentence cites."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from ingest.bibliography.fields import is_organisation, possible_surnames, surname_of
from ingest.bibliography.work_names import NUMBERED_KEY, by_name, document_names, points_back
from ingest.document import Document, Reference
from ingest.text import sentence_spans
from retriever.types import Cites, Passage

_NUMBERED = re.compile(r"[\[［]\s*(\d{1,3}[a-j]?(?:\s*[-–,，、;]\s*\d{1,3}[a-j]?)*)\s*[\]］]")
_YEAR = re.compile(r"(?<!\d)((?:1[5-9]|20)\d\d)([a-z])?(?!\d)")
# a surname before its year: 田中（2019）, (田中・林 2019), 田中ほか（2018, 2019）
_CITED = re.compile(
    r"(?<![一-鿿々ァ-ヴー])([一-鿿々]{1,4}|[ァ-ヴー]{2,12})(?:\s*+[・と、,&]\s*+(?:[一-鿿々]{1,4}|[ァ-ヴー]{2,12})){0,3}"
    r"\s*+(?:(?:ら|ほか|他|氏|編著?|著)\s*+)?(?:[(（,，、]\s*+)?(?:\d{4}[a-z]?\s*+[,，、]\s*+){0,3}$"
)
_KATAKANA = frozenset(map(chr, range(0x30A1, 0x30FD)))
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_SHORTEST = {True: 4, False: 3}  # minimum length of an organisation's name to search for, by whether it is ASCII
# Words for a publication, or for quoting one. Without such a word, an organisation's name and a year in one sentence
# are not a citation: the sentence reports what the organisation did.
_PUBLICATION = re.compile(
    r"調査|報告|白書|統計|論文|研究|記事|推計|試算|レポート|によれば|によると|に従えば|発表|公表|報じ|伝え|刊行"
    r"|survey|poll|report|study|statistic|estimat|paper|article|according to|publish|found that"
    r"|根据|调查|报告|报道|조사|보고서|에 따르면",
    re.IGNORECASE,
)
_SET_OFF = ("「」", "『』", "《》", "“”", '""', "‘’", "''", "**", "__")
_ALIAS = re.compile(r"([一-鿿々ァ-ヴー・]{2,30}?)(?:社|紙|誌)?\s*[(（]\s*([A-Za-z][\w .,&’'-]{2,60}?)\s*[)）]")
_BESIDE = re.compile(r"(?:[’']s?)?[\s,，、(（]{1,3}")  # between a name and its year: Smith (2019), 外務省、2025
_LEAST_TITLE = 4  # characters: shorter titles are not searched for
_BACK = 2  # how many sentences back "the same survey" may point

CitedPlace = tuple[int, int, tuple[int, ...]]  # start, length, numbers of the cited works


def with_cites(document: Document, passages: Iterable[Passage]) -> Iterator[Passage]:
    """The passages of a document, each with its in-text citations of the document's bibliography.

    A digest has no bibliography of its own; `Document.cites` holds its citations of the paper's bibliography.
    """
    cites = find_mentions(document, document.references) if document.cites is None else document.cites
    for passage in passages:
        places = tuple(
            replace(cite, start=cite.start - passage.start, end=min(cite.end, passage.end) - passage.start)
            for cite in cites
            if passage.start <= cite.start < passage.end
        )
        yield replace(passage, cites=places) if places else passage


def find_mentions(document: Document, references: Sequence[Reference]) -> list[Cites]:
    """The in-text citations of a document, in order.

    Recognised forms: [12], (田中 2019), Smith (2019), a title, the name of a survey or official statement, and
    back-references to these (同じ調査では …).
    """
    if not references:
        return []
    names = document_names(references)
    aliases = _aliases(document, references)
    mentions: set[Cites] = set()
    before: list[tuple[int, ...]] = []  # works cited by each earlier sentence of the section
    paragraph: list[tuple[int, ...]] = []  # works cited by each sentence of the previous paragraph
    for block, start, _ in document.spans():
        if block.kind in ("entry", "heading"):
            before, paragraph = [], []
            continue
        own: list[tuple[int, ...]] = []
        for begin, end in sentence_spans(block.text):
            sentence = block.text[begin:end]
            known = frozenset(number for numbers in (*paragraph, *own) for number in numbers)
            places = list(_in_sentence(sentence, references, aliases))
            taken = {number for _, _, numbers, _ in places for number in numbers}
            places += [
                (*place, len(place[2]) == 1) for place in by_name(sentence, names, known) if not taken & {*place[2]}
            ]
            if not places and (back := points_back(sentence)):
                meant = _meant(back[1], before, paragraph, own)
                places = [(0, back[0], meant, True)] if meant else []
            for place, length, numbers, certain in places:
                at = start + begin + place
                mentions.add(Cites(at, at + length, numbers, certain))
            cited = tuple(dict.fromkeys(number for _, _, numbers, certain in places if certain for number in numbers))
            own.append(cited)
            before.append(cited)
        paragraph = own
    return sorted(mentions, key=lambda cite: (cite.start, cite.end, cite.numbers))


def _meant(
    several: bool,
    before: Sequence[tuple[int, ...]],
    paragraph: Sequence[tuple[int, ...]],
    own: Sequence[tuple[int, ...]],
) -> tuple[int, ...]:
    """The works that a back-reference means: the last one cited or, if it means several, all of the paragraph."""
    if several:
        cited = [number for numbers in (own if any(own) else paragraph) for number in numbers]
        return tuple(dict.fromkeys(cited)) if len(set(cited)) > 1 else ()
    return next((numbers[-1:] for numbers in reversed(before[-_BACK:]) if numbers), ())


def _aliases(document: Document, references: Sequence[Reference]) -> dict[str, str]:
    """Names that the text gives to organisations listed in Latin letters: ギャラップ社 (Gallup)."""
    authors = {author for reference in references for author in reference.authors[:1] if is_organisation(author)}
    aliases: dict[str, str] = {}
    for block in document.blocks:
        for match in _ALIAS.finditer(block.text) if block.kind not in ("entry", "heading") else ():
            if match.group(2) in authors:
                aliases.setdefault(match.group(2), match.group(1).lstrip("・"))
    return aliases


def _in_sentence(
    sentence: str, references: Sequence[Reference], aliases: dict[str, str]
) -> Iterator[tuple[int, int, tuple[int, ...], bool]]:
    for numbered in _by_number(sentence, references):
        yield *numbered, True
    taken: set[int] = set()
    for place, length, numbers in _by_title(sentence, references):
        taken.update(numbers)
        yield place, length, numbers, len(numbers) == 1
    plain = sentence.translate(_DIGITS)
    for place, length, numbers in (*_by_author(plain, references, aliases), *_by_surname(plain, references)):
        if not taken & {*numbers}:
            taken.update(numbers)
            yield place, length, numbers, len(numbers) == 1


def _by_number(sentence: str, references: Sequence[Reference]) -> Iterator[CitedPlace]:
    """Numbered citations ([12], [3, 5-7], [3b]), if the entries themselves are numbered."""
    keys: dict[str, list[int]] = defaultdict(list)
    for reference in references:
        if match := NUMBERED_KEY.fullmatch(reference.key):
            keys[match.group(1)].append(reference.number)
            keys[f"{match.group(1)}{match.group(2) or 'a'}"].append(reference.number)
    if not keys:
        return
    for match in _NUMBERED.finditer(sentence):
        cited: list[str] = []
        for part in re.split(r"(?:(?<!\s)\s++)?[,，、;]\s*", unicodedata.normalize("NFKC", match.group(1))):
            first, *last = re.split(r"(?:(?<!\s)\s++)?[-–]\s*", part)
            if first.isdigit() and last and last[0].isdigit():
                cited.extend(map(str, range(int(first), int(last[0]) + 1)))
            else:
                cited.extend((first, *last))
        known = tuple(dict.fromkeys(number for key in cited[:50] for number in keys.get(key, ())))
        if known:
            yield match.start(), match.end() - match.start(), known


def _by_title(sentence: str, references: Sequence[Reference]) -> Iterator[CitedPlace]:
    """Citations by full title, or by the part before its colon; works with the same title are told apart by author."""
    works: dict[str, list[Reference]] = {}
    for reference in references:
        works.setdefault(reference.title, []).append(reference)
    for title, named in works.items():
        printed = _as_printed(title, named[0].raw)
        for part in dict.fromkeys((title, printed, re.split(r"[:：―—]", title, maxsplit=1)[0].strip())):
            place = _find_title(sentence, part)
            if place is not None:
                by = [work for work in named if work.authors and work.authors[0] in sentence]
                yield place, len(part), tuple(work.number for work in by or named)
                break


@lru_cache(maxsize=4096)
def _as_printed(title: str, entry: str) -> str:
    """The title with the spaces printed in its entry: the running text may have the same spaces."""
    match = re.search(r"\s?".join(re.escape(character) for character in title.replace(" ", "")), entry)
    return match.group() if match else title


def _find_title(sentence: str, title: str) -> int | None:
    """Offset of a title; None if absent. Short titles may be common phrases: they need quotation marks or capitals."""
    place = sentence.lower().find(title.lower())
    if len(title) < _LEAST_TITLE or place < 0:
        return None
    around = sentence[max(place - 1, 0) : place] + sentence[place + len(title) :][:1]
    if around in _SET_OFF or (around[:1] in "「『《“*" and len(around) == 2):
        return place
    words = re.findall(r"[^\W\d_]+", title)
    if len(title) < 12 or not title.isascii():
        return place if len(title) >= 12 else None
    exact = sentence[place : place + len(title)] == title and sum(word[0].isupper() for word in words) >= 3
    return place if len(words) >= 5 or exact else None


def _by_author(sentence: str, references: Sequence[Reference], aliases: dict[str, str]) -> Iterator[CitedPlace]:
    """Citations by author and year in one sentence; if several works fit, a letter (2019a) or title word decides."""
    by_name: dict[tuple[str, str], list[Reference]] = {}
    for reference in references:
        if reference.authors and reference.date:
            by_name.setdefault((surname_of(reference.authors[0]), reference.date[:4]), []).append(reference)
    for (name, year), works in by_name.items():
        place, length = _find_name(sentence, name), len(name)
        if place is None and name in aliases:
            place, length = _find_name(sentence, aliases[name]), len(aliases[name])
        if place is None:
            continue
        near = _years_near(sentence, place, length, year, organisation=is_organisation(works[0].authors[0]))
        if not near:
            continue
        chosen = works if len(works) == 1 else _by_letter(near, works) or _by_words(sentence, works)
        if not chosen and _BESIDE.fullmatch(sentence, place + length, near[0].start()):
            chosen = works
        if not chosen:
            continue
        beside = _BESIDE.fullmatch(sentence, place + length, near[0].start())
        end = near[0].end() if beside else place + length
        yield place, end - place, tuple(work.number for work in chosen)


def _years_near(sentence: str, place: int, length: int, year: str, *, organisation: bool) -> list[re.Match[str]]:
    """Occurrences of the year that belong to the name at `place`: next to it, or as the year of a survey."""
    years = [match for match in _YEAR.finditer(sentence) if match.group(1) == year]
    if not organisation:
        return [match for match in years if abs(match.start() - place) <= length + 40]
    beside = [match for match in years if _BESIDE.fullmatch(sentence, place + length, match.start())]
    return beside or (years if _PUBLICATION.search(sentence) else [])


def _by_surname(sentence: str, references: Sequence[Reference]) -> Iterator[CitedPlace]:
    """Citations by Japanese surname right before a year. The entry has 田中太郎, so every possible surname is tried."""
    for year in _YEAR.finditer(sentence):
        cited = _CITED.search(sentence, max(0, year.start() - 80), year.start())
        if not cited:
            continue
        works = [
            reference
            for reference in references
            if reference.authors and reference.date[:4] == year.group(1)
            if cited.group(1) in possible_surnames(reference.authors[0])
        ]
        chosen = works if len(works) == 1 else _by_letter([year], works) or works
        if chosen:
            yield cited.start(), year.end() - cited.start(), tuple(work.number for work in chosen)


def _find_name(sentence: str, name: str) -> int | None:
    """Offset of a name that is a word of its own; None if absent, or if the name is too short to identify anyone."""
    if len(name) < (_SHORTEST[name.isascii()] if is_organisation(name) else 2):
        return None
    # 中国外務省 is not 外務省; katakana may follow a word of kanji (米ギャラップ社)
    before, after = ("A-Za-z", "A-Za-z") if name.isascii() else ("ァ-ヴー" if name[0] in _KATAKANA else "一-鿿々", "")
    pattern = rf"(?<![{before}]){re.escape(name)}" + (f"(?![{after}])" if after else "")
    match = re.search(pattern, sentence)
    return match.start() if match else None


def _by_letter(years: Sequence[re.Match[str]], works: Sequence[Reference]) -> list[Reference]:
    """The works whose entries print the letter after the year: 2019a, 2019b."""
    letters = [match.group(2) for match in years if match.group(2)]
    if not letters:
        return []
    return [work for work in works if re.search(rf"\d{{4}}{letters[0]}(?![A-Za-z])", work.raw)]


def _by_words(sentence: str, works: Sequence[Reference]) -> list[Reference]:
    """The works with a distinguishing title word in the sentence: one that the other titles lack."""
    words = [set(re.findall(r"[A-Za-z]{4,}|[ァ-ヴー]{3,}|[一-鿿]{2,}", work.title)) for work in works]
    chosen = []
    for index, work in enumerate(works):
        others = set().union(*(words[:index] + words[index + 1 :]))
        if any(word in sentence for word in words[index] - others):
            chosen.append(work)
    return chosen
