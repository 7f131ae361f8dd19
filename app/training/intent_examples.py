"""Examples to which the model of what is asked is fitted, and ordinary questions.

The examples are in app/training/data: {intents,source_intents}.toml, and source_wordings.jsonl by writers who know no
code, of which every fifth wording is kept out to check the model.
"""

import gzip
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retriever.text import japanese_forms

_DATA = Path(__file__).with_name("data")
EXAMPLES = tuple(_DATA / name for name in ("intents.toml", "source_intents.toml"))
WORDINGS = _DATA / "source_wordings.jsonl"
ORDINARY = "passage"
_OF_A_FILE = 1500  # ordinary questions
_CLOSE_WEIGHT = 4.0  # of an ordinary question that names a work or who made it
_FORMS = 5  # of a wording, at most
_CHECKED = 5  # one of so many wordings of source_wordings.jsonl, of each language, is not fitted to
_SLOT = re.compile(r"\{(\w+)\}")
_OF_SLOT = 400  # fillers of a slot from passages
# The first short sentence of a passage that can be a clause of another one, by language; and titles of works in it.
_CLAIMS = {
    "ja": re.compile(
        r"(?<=[。\n])([^。、\n「」()（）]{4,30}(?:、[^。、\n「」()（）]{4,18})?(?:[るただ]|である|ない))。"
    ),
    "en": re.compile(r"(?<=[.] )([A-Z][a-z]+ [^.;:()\"\[\]\n]{20,80})[.] "),
    "zh": re.compile(r"(?<=。)([^。「」“”（）()《》\n]{8,36})。"),
}
_WORKS = re.compile(r"[『《]([^』》\n]{4,24})[』》]")
_LOWERED = frozenset(
    "The A An In On At By From After Before During Most Many Some All These This It They He She".split()
)
_OF_WORKS = frozenset({"name", "title"})  # slots that hold what a bibliography would list


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with its label and weight; the weights of all forms of one wording sum to that of one question.

    - `frame`: the wording without its slots
    - `names_work`: it names a cited work or its author, `gives_title`: by its title
    - `on_subject`: it has a slot for a subject, whose words say nothing of the label
    - `is_checked`: it is not fitted to
    """

    text: str
    label: str
    weight: float
    wording: int
    frame: str = ""
    names_work: bool = False
    gives_title: bool = False
    on_subject: bool = False
    is_checked: bool = False


def examples(folder: Path | None = None) -> list[LabelledQuestion]:
    """The examples with their slots filled; Chinese ones also in Japanese characters, as the encoder may see them.

    Most claims, topics and titles are of the passages in `folder`: few fillers would be learnt as signs themselves.
    """
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]
    slots: dict[str, dict[str, list[str]]] = {}
    for data in files:
        for language, by_name in data.pop("slots").items():
            slots.setdefault(language, {}).update(by_name)
    for language, by_name in (read_slots(folder) if folder else {}).items():
        for name, words in by_name.items():
            slots[language][name] = [*slots[language][name], *words]
    labelled = [
        (label, language, text)
        for data in files
        for label, by_language in data.items()
        for language, wordings in by_language.items()
        for text in wordings
    ]
    checked = checked_places(written := written_wordings(), len(labelled))
    labelled += written
    rows: list[LabelledQuestion] = []
    for wording, (label, language, text) in enumerate(labelled):
        forms = _filled(text, slots[language], wording)
        forms += [japanese_forms(form) for form in forms] if language == "zh" else []
        frame = _SLOT.sub(" ", text.replace("{doc}", slots[language]["doc"][0]))
        names = set(_SLOT.findall(text))
        named = not _OF_WORKS.isdisjoint(names)
        weight = (_CLOSE_WEIGHT if label == ORDINARY and named else 1.0) / len(forms)
        rows += [
            LabelledQuestion(
                form,
                label,
                weight,
                wording,
                frame,
                named,
                gives_title="title" in names,
                on_subject="subject" in names,
                is_checked=wording in checked,
            )
            for form in forms
        ]
    return rows


def written_wordings() -> list[tuple[str, str, str]]:
    """(label, language, text) of source_wordings.jsonl."""
    rows = map(json.loads, WORDINGS.read_text(encoding="utf-8").splitlines())
    return [(row["label"], row["lang"], row["text"]) for row in rows]


def checked_places(written: Sequence[tuple[str, str, str]], first: int) -> set[int]:
    """The places of the wordings that are kept out, each `_CHECKED`-th of a language; their places begin at `first`."""
    by_language: dict[str, list[int]] = defaultdict(list)
    for place, (_, language, _) in enumerate(written, first):
        by_language[language].append(place)
    return {place for places in by_language.values() for place in places[_CHECKED - 1 :: _CHECKED]}


def _filled(text: str, slots: Mapping[str, Sequence[str]], start: int) -> list[str]:
    """At most `_FORMS` forms of a wording, with successive words in its slots, beginning at word number `start`."""
    names = _SLOT.findall(text)
    count = min(_FORMS, max((len(slots[name]) for name in names), default=1))
    forms = []
    for place in range(start * _FORMS, start * _FORMS + count):
        form = text
        for nth, name in enumerate(names):  # a slot may stand twice, for two things
            chosen = place + sum(len(slots[other]) // 2 for other in names[:nth])
            form = form.replace(f"{{{name}}}", slots[name][chosen % len(slots[name])], 1)
        forms.append(form)
    return forms


def read_slots(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Claims, topics and titles by language and slot: short sentences of passages, their headings, works they name."""
    found: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for path in sorted(folder.glob("*.passages.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                of_language, language = found[row["lang"]], row["lang"]
                claim = _CLAIMS[language].search(row["text"]) if row.get("split") != "test" else None
                if claim:
                    of_language["claim"][_lowered(claim[1])] = None
                    title = row["title"].replace("_", " ")
                    of_language["title" if "document_id" in row else "topic"][title] = None
                for work in _WORKS.findall(row["text"]):
                    of_language["title"][work] = None
    return {
        language: {slot: list(words)[:: max(1, len(words) // _OF_SLOT)][:_OF_SLOT] for slot, words in by_slot.items()}
        for language, by_slot in found.items()
    }


def _lowered(sentence: str) -> str:
    """A sentence as part of another one: without the capital of an article or preposition."""
    first, *rest = sentence.split(" ", 1)
    return f"{first.lower()} {rest[0]}" if first in _LOWERED and rest else sentence


def ordinary(folder: Path) -> list[str]:
    """Ordinary questions of the files in `folder`, evenly spread over each."""
    questions = []
    for path in sorted(folder.glob("*.questions.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        texts = [row["question"] for row in rows if row.get("split") != "test"]
        questions += texts[:: max(1, len(texts) // _OF_A_FILE)][:_OF_A_FILE]
    return questions
