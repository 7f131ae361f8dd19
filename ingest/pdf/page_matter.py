"""Leave out what is not running text: page headers and footers, page numbers, tables of contents, a book's index."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest.pdf.page import Page, Table, TextLine
from ingest.structure.headings import has_letters, is_contents, is_contents_line, is_index, normalised_heading
from retriever.numerals import roman_value

_EDGE = 3  # number of lines at the top and bottom of a page that may be headers and footers
_DRIFT = 8.0  # points: allowed difference in a header's height between pages, such as at the start of a chapter
_PAGE_NUMBER = re.compile(
    r"^[\s\-–—―・()\[\]|/pP.,頁ページPage]*(\d{1,4}|[ivxlc]{1,6})(?:\s*[/／of]+\s*\d{1,4})?[\s\-–—―・()\[\]|/.頁ページ]*$"
)
_NUMBER_FIRST = re.compile(r"^(?:\d{1,4}[:–-])?(\d{1,4}|[ivxlc]{1,6})\s+\S")  # "111:9" is page 9 of article 111
_NUMBER_LAST = re.compile(r"\s(?:\d{1,4}[:–-])?(\d{1,4}|[ivxlc]{1,6})$")
_ENTRY = re.compile(r"(?<=[\s.…・])(?:\d{1,4}|[ivxlc]{1,6})$")  # of a table of contents: its page number
_REFERRING = re.compile(r"[\s.…・,、，–-]\d{1,4}$")  # a line of an index: its last page number
_LEAST_INDEX = 10  # minimum lines of an index
_INDEX_SHARE = 0.5  # minimum share of its lines that end with a page number
_LONGEST_HEADER = 80
_LEAST_NUMBERED = 3  # minimum pages with a page number and words at the same height
_APART = 1.4  # minimum distance of a running head from the text, relative to the leading
_SHARED = 6  # characters that several running heads have in common at one end
_HEADED = 0.2  # minimum share of pages with a running head at one height
_LISTED = re.compile(r"(?<=[\s.．…‥・])(?:\d{1,4}|[ivxlc]{1,6})$")  # the page number of a section
_LEAST_LISTED = 4  # minimum lines of a table of contents without a heading
_ECHOED = 0.5  # minimum share of its lines whose words are a line of a later page
_MISSES = 2  # consecutive lines of a table of contents without a page number: parts of long titles, names of parts


def without_headers(pages: Sequence[Page]) -> list[Page]:
    """The pages without page headers and footers, page numbers, tables of contents and a book's index."""
    numbers = _page_numbers(pages)
    dropped = _repeated(pages) | numbers | _numbered_headers(pages) | _running_heads(pages)
    pages = _without(pages, dropped)
    return _without(pages, _contents(pages) | _listed_sections(pages) | _index(pages))


def _without(pages: Sequence[Page], dropped: set[tuple[int, int]]) -> list[Page]:
    """The pages without the items at these (page, index) positions."""
    return [
        replace(page, items=tuple(item for index, item in enumerate(page.items) if (page.number, index) not in dropped))
        for page in pages
    ]


def _edges(page: Page) -> list[tuple[int, TextLine, str]]:
    """(index, line, edge) of the lines at a page's edges; `edge` is "top", "bottom" or "side" (beside the text)."""
    lines = [(index, item) for index, item in enumerate(page.items) if isinstance(item, TextLine)]
    levels = sorted({round(line.y) for _, line in lines})
    top, bottom = set(levels[:_EDGE]), set(levels[-_EDGE:])
    usual = max((line.size for _, line in sorted(lines, key=lambda pair: -len(pair[1].text))[:3]), default=0.0)
    full = [line for _, line in lines if len(line.text) >= 8 and line.size > 0.9 * usual]
    left, right = min((line.x0 for line in full), default=0.0), max((line.x1 for line in full), default=page.width)
    outer = []
    for index, line in lines:
        if round(line.y) in top and line.y < page.height * 0.25:
            outer.append((index, line, "top"))
        if round(line.y) in bottom and line.y > page.height * 0.75:
            outer.append((index, line, "bottom"))
        if line.x1 <= left or line.x0 >= right:
            outer.append((index, line, "side"))
    return outer


def _key(text: str) -> str:
    """The constant part of a header: without spaces and without a page number at either end."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(re.sub(r"^\s*\d+(?=\s)|(?<=\s)\d+(?:\s*/\s*\d+)?\s*$", "", plain).split())


def _repeated(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """(page, index) of edge lines repeated at the same height on many pages."""
    places: dict[tuple[str, str], list[tuple[int, int, float]]] = defaultdict(list)
    for page in pages:
        for index, line, edge in _edges(page):
            if key := _key(line.text):
                places[key, edge].append((page.number, index, line.y))
    filled = sum(1 for page in pages if page.items)
    least = 2 if filled <= 4 else max(3, filled // 8)
    headers: set[tuple[int, int]] = set()
    for (_, edge), seen in places.items():
        for _, _, y in seen:
            level = [(number, index) for number, index, other in seen if abs(other - y) <= _DRIFT or edge == "side"]
            if len({number for number, _ in level}) >= least:
                headers.update(level)
    return headers


def _numbered_headers(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """(page, index) of headers with a page number at one end, whose words change with the chapter."""
    places: dict[tuple[int, str, str], list[tuple[int, int, float]]] = defaultdict(list)
    for page in pages:
        heights = [item.y for item in page.items if isinstance(item, TextLine)]
        sizes = [item.size for item in page.items if isinstance(item, TextLine)]
        for index, line, edge in _edges(page):
            plain = unicodedata.normalize("NFKC", line.text).strip()
            is_outmost = not min(heights) + 1 < line.y < max(heights) - 1
            if not is_outmost or len(plain) > _LONGEST_HEADER or line.size > 1.08 * median(sizes):
                continue
            for end, match in (("start", _NUMBER_FIRST.match(plain)), ("end", _NUMBER_LAST.search(plain))):
                if match:
                    places[_value(match.group(1)) - page.number, edge, end].append((page.number, index, line.y))
    numbered: set[tuple[int, int]] = set()
    for seen in places.values():
        for _, _, y in seen:
            level = [(number, index) for number, index, other in seen if abs(other - y) <= _DRIFT]
            if len({number for number, _ in level}) >= _LEAST_NUMBERED:
                numbered.update(level)
    return numbered


def _running_heads(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """(page, index) of headers that name the chapter or section of each page.

    Each is the only line at its height and is apart from the text. It has the same height on many pages, and its
    beginning or end recurs on some of them.
    """
    levels: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for page in pages:
        lines = sorted((item.y, index) for index, item in enumerate(page.items) if isinstance(item, TextLine))
        steps = [b - a for (a, _), (b, _) in pairwise(lines) if b - a > 1]
        top = [index for y, index in lines if y - lines[0][0] <= 1]
        if len(steps) > 1 and steps[0] > _APART * median(steps) and lines[0][0] < 0.2 * page.height:
            item = page.items[top[0]]
            text = item.text if isinstance(item, TextLine) and len(top) == 1 else ""
            levels[round(lines[0][0])].append((page.number, top[0], _key(text)))
    dropped: set[tuple[int, int]] = set()
    for heads in levels.values():
        ends = Counter(end for _, _, key in heads if len(key) > _SHARED for end in (key[:_SHARED], key[-_SHARED:]))
        if len(heads) >= max(_LEAST_NUMBERED, _HEADED * len(pages)):
            dropped.update(
                (number, index)
                for number, index, key in heads
                if max(ends[key[:_SHARED]], ends[key[-_SHARED:]]) >= _LEAST_NUMBERED
            )
    return dropped


def _contents(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """(page, index) of tables of contents: the heading, lines below it that end with page numbers, dot leaders."""
    dropped: set[tuple[int, int]] = set()
    inside, misses = False, 0
    for page in pages:
        for index, item in enumerate(page.items):
            text = item.text if isinstance(item, TextLine) else " ".join(item.rows[-1])
            is_entry = has_letters(text) and bool(_ENTRY.search(unicodedata.normalize("NFKC", text).strip()))
            if isinstance(item, TextLine) and is_contents(text):
                inside, misses = True, 0
                dropped.add((page.number, index))
            elif isinstance(item, TextLine) and is_contents_line(text):
                dropped.add((page.number, index))
                misses = 0
            elif inside and (is_entry or misses < _MISSES):
                misses = 0 if is_entry else misses + 1
                if is_entry:
                    dropped.add((page.number, index))
            else:
                inside = False
    return dropped


def _listed_sections(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """(page, index) of tables of contents without a heading: lines whose page numbers never decrease.

    At least half of the titles are also lines of later pages, which is not so in a ranking or a price list.
    """
    runs: list[list[tuple[int, int, list[str]]]] = [[]]
    last = 0
    for page in pages:
        for index, item in enumerate(page.items):
            rows = [item.text] if isinstance(item, TextLine) else [" ".join(row) for row in item.rows]
            matches = [_LISTED.search(unicodedata.normalize("NFKC", row).strip()) for row in rows]
            entries = [
                (match.string[: match.start()].strip(" .．…‥・\t"), _value(match.group())) for match in matches if match
            ]
            numbers = [number for _, number in entries]
            is_listed = len(entries) == len(rows) and all(has_letters(words) for words, _ in entries)
            if not is_listed or sorted([last, *numbers]) != [last, *numbers]:
                runs.append([])
                last = 0
            if is_listed and numbers[0] >= last:
                runs[-1].append((page.number, index, [words for words, _ in entries]))
                last = numbers[-1]
    long_runs = [run for run in runs if sum(len(words) for _, _, words in run) >= _LEAST_LISTED]
    if not long_runs:
        return set()
    latest = {
        normalised_heading(item.text): page.number
        for page in pages
        for item in page.items
        if isinstance(item, TextLine)
    }
    dropped: set[tuple[int, int]] = set()
    for run in long_runs:
        echoes = [latest.get(normalised_heading(line), 0) > page for page, _, words in run for line in words]
        if sum(echoes) >= _ECHOED * len(echoes):
            dropped.update((page, index) for page, index, _ in run)
    return dropped


def _index(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """(page, index) of a book's index: its heading, and the lines up to the next line that is as large as it.

    At least half of the lines of an index end with a page number.
    """
    items = [(page.number, index, item) for page in pages for index, item in enumerate(page.items)]
    dropped: set[tuple[int, int]] = set()
    for start, (_, _, head) in enumerate(items):
        if not isinstance(head, TextLine) or not is_index(head.text):
            continue
        section = items[start + 1 :]
        end = next((i for i, (_, _, item) in enumerate(section) if _is_as_large(item, head)), len(section))
        texts = [item.text if isinstance(item, TextLine) else " ".join(item.rows[-1]) for _, _, item in section[:end]]
        referring = sum(bool(_REFERRING.search(text)) for text in texts)
        if end >= _LEAST_INDEX and referring >= _INDEX_SHARE * end:
            dropped.update((number, index) for number, index, _ in items[start : start + 1 + end])
    return dropped


def _is_as_large(item: TextLine | Table, head: TextLine) -> bool:
    return isinstance(item, TextLine) and item.size > 0.97 * head.size and item.bold >= head.bold


def _page_numbers(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """(page, index) of page numbers: numbers at the edges that increase from page to page."""
    offsets: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for page in pages:
        for index, line, edge in _edges(page):
            match = _PAGE_NUMBER.match(unicodedata.normalize("NFKC", line.text))
            if match:
                offsets[_value(match.group(1)) - page.number, edge].append((page.number, index))
    dropped: set[tuple[int, int]] = set()
    for places in offsets.values():
        if len({number for number, _ in places}) >= min(2, len(pages)):
            dropped.update(places)
    return dropped


def _value(digits: str) -> int:
    return int(digits) if digits.isdigit() else roman_value(digits)
