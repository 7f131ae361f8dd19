"""Print entries in citation styles as tokens with labels, with the errors of entries in PDFs."""

import html
import json
import random
import re
import subprocess
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from app.training.citations.works import Work
from ingest.bibliography.division import LEAST_LETTERS
from ingest.bibliography.labels import LABELS, Token, tokens_of
from ingest.bibliography.parser import LABEL

_PIECES = re.compile(r"<[^>]+>|\ue000[^\ue001]*\ue001|\ue002|[^<\ue000-\ue002]+")
_LABELS = {
    "issued": "date", "accessed": "access", "title": "title", "container-title": "container",
    "container-title-short": "container", "collection-title": "series", "publisher": "publisher",
    "publisher-place": "place", "event-place": "place", "volume": "volume", "issue": "volume", "edition": "volume",
    "number": "volume", "collection-number": "volume", "number-of-volumes": "volume", "version": "volume",
    "page": "pages", "page-first": "pages", "number-of-pages": "pages", "locator": "pages", "URL": "address",
    "DOI": "address", "ISBN": "address", "ISSN": "address", "PMID": "address", "PMCID": "address",
    "citation-number": "number", "citation-label": "number", "year-suffix": "date", "original-date": "note",
    "title-short": "title",
}  # fmt: skip
_PERSONS = frozenset(
    "author editor translator composer director container-author collection-editor editorial-director illustrator "
    "interviewer original-author recipient reviewed-author editortranslator chair compiler contributor curator host "
    "organizer producer series-creator".split()
)
_EDGES = frozenset(".,;:“”\"'‘’()[]（）「」『』《》«»„<>、。，．：･・〈〉")
_DASHES = frozenset("-–—―─⸺⸻_.,;: ")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of an entry, the field that it belongs to ("" for none), and whether it is italic."""

    text: str
    field: str
    italic: bool = False


@dataclass(frozen=True, slots=True)
class PrintedEntry:
    """An entry with the label of each of its tokens."""

    text: str
    tokens: tuple[Token, ...]
    labels: tuple[str, ...]


def styles_of(folder: Path) -> dict[str, list[Path]]:
    """The styles with a bibliography of their own, split into "fit", "choose" and "report".

    A style that was made from another names it as its template. Both belong to one family, which is in one part only.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.csl"))}
    own = {path: text for path, text in texts.items() if "independent-parent" not in text and "<bibliography" in text}
    templates = {
        path.stem: re.search(r'href="[^"]*/styles/([^"]+)" rel="template"', text) for path, text in own.items()
    }
    split: dict[str, list[Path]] = {"fit": [], "choose": [], "report": []}
    for path in own:
        family, seen = path.stem, {path.stem}
        while (match := templates.get(family)) and match.group(1) not in seen:
            family = match.group(1)
            seen.add(family)
        part = zlib.crc32(family.encode()) % 10
        split["fit" if part < 7 else "choose" if part < 8 else "report"].append(path)
    return split


def print_lists(
    lists: Sequence[Mapping[str, object]], works: Sequence[Work], tools: Path, scratch: Path
) -> Iterator[tuple[int, Work, str]]:
    """Print lists of works: (index of the list, work, HTML of its entry with marked fields)."""
    (scratch / "works.json").write_text(json.dumps(works), encoding="utf-8")
    (scratch / "lists.jsonl").write_text("\n".join(json.dumps(each) for each in lists), encoding="utf-8")
    command: list[str | Path] = [
        "node",
        Path(__file__).with_name("render.js"),
        tools / "package/citeproc_commonjs.js",
        tools / "locales",
    ]
    run = subprocess.run(
        [*command, scratch / "works.json", scratch / "lists.jsonl"], capture_output=True, text=True, check=True
    )
    for line in run.stdout.splitlines():
        entry = json.loads(line)
        yield entry["list"], works[entry["work"]], entry["html"]


def letters_of(markup: str) -> list[Letter]:
    """The letters of a printed entry; a letter in nested fields has the name of the inner one."""
    letters: list[Letter] = []
    fields: list[str] = []
    italic = capitals = 0
    for piece in _PIECES.findall(markup):
        if piece[0] == "\ue000":
            fields.append(piece[1:-1])
        elif piece == "\ue002":
            fields.pop()
        elif piece[0] == "<":
            italic += {"<i>": 1, "</i>": -1}.get(piece, 0)
            capitals = 1 if "small-caps" in piece else 0 if piece == "</span>" else capitals
            if piece.startswith(("<div", "</div")):
                letters.append(Letter(" ", ""))
        else:
            words = html.unescape(piece)
            field = fields[-1] if fields else ""
            letters.extend(Letter(c, field, italic > 0) for c in (words.upper() if capitals else words) if len(words))
    return one_space(letters)


def one_space(letters: Iterable[Letter]) -> list[Letter]:
    """The letters with single spaces, none at the ends."""
    kept: list[Letter] = []
    for letter in letters:
        if not letter.text.isspace():
            kept.append(letter)
        elif kept and kept[-1].text != " ":
            kept.append(replace(letter, text=" "))
    return kept[:-1] if kept and kept[-1].text == " " else kept


def entry_of(letters: Sequence[Letter], work: Work, italics: bool) -> PrintedEntry | None:
    """The entry with labels; None if the authors are printed in an unknown form."""
    share = sum(letter.italic for letter in letters) / max(len(letters), 1)
    marked = _with_asterisks(letters) if italics and share < 0.8 else list(letters)
    text = "".join(letter.text for letter in marked)
    number = LABEL.match(text)
    if number and all(letter.field in {"", "citation-number", "citation-label"} for letter in marked[: number.end()]):
        text, marked = text[number.end() :], marked[number.end() :]
    tokens = tokens_of(text)
    if not tokens:
        return None
    fields = [marked[token.start].field for token in tokens]
    labels = _labels(tokens, fields, work)
    return PrintedEntry(text, tuple(tokens), tuple(labels)) if labels else None


def _with_asterisks(letters: Sequence[Letter]) -> list[Letter]:
    """The letters, with asterisks around italics that are long enough for the parser to take them for a title."""
    marked: list[Letter] = []
    for is_italic, run in groupby(letters, key=lambda letter: letter.italic):
        words = list(run)
        mark = [Letter("*", "")] if is_italic and sum(each.text.isalpha() for each in words) >= LEAST_LETTERS else []
        marked += [*mark, *words, *mark]
    return marked


def _labels(tokens: Sequence[Token], fields: Sequence[str], work: Work) -> list[str] | None:
    labels = [
        "none" if not field or field in _PERSONS else field if field in LABELS else _LABELS.get(field, "note")
        for field in fields
    ]
    start = 0
    printed = False  # whether the authors have been
    while start < len(tokens):
        end = start + 1
        while end < len(tokens) and fields[end] == fields[start]:
            end += 1
        if fields[start] == "name":
            labels[start] = "first"
        elif fields[start] in _PERSONS:
            names = work.get("author") or work.get("editor") or ()
            words = tokens[start:end]
            if all(set(word.text) <= _DASHES for word in words):
                labels[start:end] = ["between"] * (end - start)
                printed = True
            elif not printed and (of_names := _names(words, names)):
                labels[start:end] = of_names
                printed = True
            elif start == 0 and not printed and len(words) > 0 and work.get("author"):
                return None
            else:
                labels[start:end] = ["other-person"] * (end - start)
        elif labels[start] != "none":
            first, last = start, end
            while first < last and tokens[first].text in _EDGES:
                labels[first] = "none"
                first += 1
            while first < last and tokens[last - 1].text in _EDGES:
                labels[last - 1] = "none"
                last -= 1
        start = end
    return labels


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _names(tokens: Sequence[Token], names: Sequence[dict[str, str]]) -> list[str] | None:
    """Labels of the tokens of printed names: "first" and "name" of each, "between" elsewhere; None if none is there."""
    labels = ["between"] * len(tokens)
    place = count = 0
    for name in names:
        span = next((span for start in range(place, len(tokens)) if (span := _span(tokens, start, name))), None)
        if span:
            count += 1
            labels[span[0] : span[1]] = ["first", *["name"] * (span[1] - span[0] - 1)]
            place = span[1]
    is_short = any(token.text.lower() in {"al", "others", "…", "mfl", "et", "ua", "a"} for token in tokens[place:])
    return labels if count and (count == len(names) or is_short or count + 1 >= len(names) > 3) else None


def _span(tokens: Sequence[Token], start: int, name: dict[str, str]) -> tuple[int, int] | None:
    """(start, end) of a name that begins at a token, in either order, with given names in full or as initials."""
    family = [_bare(t.text) for t in tokens_of(name.get("family", "") or name.get("literal", "")) if t.text.isalnum()]
    particles = [
        _bare(t.text) for key in ("non-dropping-particle", "dropping-particle") for t in tokens_of(name.get(key, ""))
    ]
    given = [_bare(t.text) for t in tokens_of(name.get("given", "")) if t.text.isalnum()]
    optional = particles + [_bare(t.text) for t in tokens_of(name.get("suffix", "")) if t.text.isalnum()]
    missing = list(family)
    end = start
    for index in range(start, len(tokens)):
        raw = tokens[index].text
        word = _bare(raw)
        if word in missing:
            missing.remove(word)
        elif word in optional:
            optional.remove(word)
        elif word in given:
            given.remove(word)
        elif (
            len(word) <= 2
            and (initial := next((each for each in given if each.startswith(word)), ""))
            and raw[:1].isupper()
        ):
            given.remove(initial)
        elif (
            raw.isupper() and 2 <= len(word) <= 5 and given and word == "".join(each[0] for each in given)[: len(word)]
        ):
            given = given[len(word) :]
        elif index > start and raw in ".-‐‑’',&" and (raw != "&" or "literal" in name):
            if raw == "." and end == index:
                end = index + 1
            continue
        elif index > start and raw == "and" and "literal" in name:
            continue
        else:
            break
        end = index + 1
    return (start, end) if not missing and end > start else None


def spoilt(letters: list[Letter], chance: random.Random) -> list[Letter]:
    """The letters with random errors of PDFs, typewriters and other keyboards."""
    changes: dict[str, str] = {}
    if chance.random() < 0.3:
        changes |= {"“": '"', "”": '"', "‘": "'", "’": "'"}
    if chance.random() < 0.25:
        changes |= {"–": "-"}
    if chance.random() < 0.03:
        changes |= {'"': "“"}
    if chance.random() < 0.1:
        changes |= {c: plain for c in "áàäâãåéèëêíìïîóòöôõøúùüûçñšžčř" if (plain := _bare(c))[0].isascii()}
    letters = [replace(letter, text=changes.get(letter.text, letter.text)) for letter in letters]
    if chance.random() < 0.06:  # a point or a comma without its space
        places = [i for i, letter in enumerate(letters[:-1]) if letter.text == " " and letters[i - 1].text in ".,:;"]
        if places:
            del letters[chance.choice(places)]
    if chance.random() < 0.05:  # a word divided at the end of a line
        places = [i for i in range(3, len(letters) - 3) if all(each.text.isalpha() for each in letters[i - 2 : i + 2])]
        if places:
            place = chance.choice(places)
            letters[place:place] = [replace(letters[place], text="-")] + (
                [replace(letters[place], text=" ")] if chance.random() < 0.5 else []
            )
    if chance.random() < 0.04:  # the capitals of a heading
        letters = [
            replace(each, text=each.text.upper()) if each.field == "title" and len(each.text.upper()) == 1 else each
            for each in letters
        ]
    if chance.random() < 0.05 and letters and letters[-1].text == ".":
        letters = letters[:-1]
    return letters
