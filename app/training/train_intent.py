"""Fit the model of what is asked: python -m app.training.train_intent READING_FOLDER.

The examples are in app/training/data: {intents,source_intents}.toml, and source_wordings.jsonl by people who know no
code, of which every fifth wording is kept out to check the model. READING_FOLDER holds ordinary questions by others
(`*.questions.jsonl.gz`, all but the "test" split), so that the model learns not to take them for anything else.
Only the ridge is chosen by cross-validation. Similar wordings are in the same fold, so that each fold is judged on
wordings unlike those it was fitted to. The final model is fitted to all examples with that ridge.
"""

import argparse
import gzip
import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.understand.classifier import ON_TOPIC, OPINION
from app.answering.understand.intent_model import (
    SOURCE_LABELS,
    WEIGHTS,
    IntentModel,
    features,
    parts_of,
    wording_of,
)
from app.answering.understand.sources.source_questions import frame_words
from retriever.encoder import open_encoder
from retriever.text import japanese_forms

_DATA = Path(__file__).with_name("data")
EXAMPLES = tuple(_DATA / name for name in ("intents.toml", "source_intents.toml"))
WORDINGS = _DATA / "source_wordings.jsonl"
ORDINARY = "passage"
_OF_A_FILE = 1500  # ordinary questions
_CLOSE_WEIGHT = 4.0  # of an ordinary question that names a work or who made it
_FORMS = 5  # of a wording, at most
_UNITS = 24  # of the hidden layer
_LEAST_WORDINGS = 10  # that have a part of a word for it to be an input
LEAST_WORDINGS_OF_FRAME = 2  # that have a word of the frame of questions about sources
_CHECKED = 5  # one of so many wordings of source_wordings.jsonl, of each language, is not fitted to
_SCALE, _RATE, _STEPS = 12.0, 0.02, 500
_RIDGES = (3e-4, 1e-3, 3e-3)  # of which cross-validation chooses
_FOLDS = 5
_ALIKE = 0.93  # cosine of two wordings of a label that are left out together
_EVERY = 3  # one of so many ordinary questions is used in cross-validation, for its time
_ORDINARY_WEIGHT = 2.0  # how much all ordinary questions count, against one of all other examples together


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


@dataclass(frozen=True, slots=True)
class Network:
    """Weights and biases of a hidden layer and of the labels; shapes as in IntentModel, transposed."""

    hidden_weights: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def chances(self, read: NDArray[np.float32]) -> NDArray[np.float32]:
        """The chance of each label, shape (rows, labels), for inputs of shape (rows, inputs)."""
        return _softmax(np.tanh(read @ self.hidden_weights + self.hidden_bias) @ self.weights + self.bias)


def fit(
    read: NDArray[np.float32],
    labels: Sequence[str],
    weights: NDArray[np.float64],
    names: Sequence[str],
    ridge: float,
) -> Network:
    """Fit a network of one hidden layer with a ridge, by Adam on the full batch; always from the same start.

    `read` has shape (examples, inputs).
    """
    mean = read.mean(axis=0)
    seen = ((read - mean) * _SCALE).astype(np.float32)
    target = np.array([[label == name for name in names] for label in labels], dtype=np.float32)
    share = (weights / weights.sum())[:, None].astype(np.float32)
    start = np.random.default_rng(0)
    inputs = seen.shape[1]
    theta = [
        start.normal(0, 0.5 / np.sqrt(inputs), (inputs, _UNITS)).astype(np.float32),
        np.zeros(_UNITS, np.float32),
        start.normal(0, 0.3, (_UNITS, len(names))).astype(np.float32),
        np.zeros(len(names), np.float32),
    ]
    first = [np.zeros_like(part) for part in theta]
    second = [np.zeros_like(part) for part in theta]
    for step in range(1, _STEPS + 1):
        hidden = np.tanh(seen @ theta[0] + theta[1])
        missed = share * (_softmax(hidden @ theta[2] + theta[3]) - target)
        behind = (missed @ theta[2].T) * (1 - hidden**2)
        slopes = (
            seen.T @ behind + ridge * theta[0],
            behind.sum(axis=0),
            hidden.T @ missed + ridge * theta[2],
            missed.sum(axis=0),
        )
        for place, slope in enumerate(slopes):
            first[place] = 0.9 * first[place] + 0.1 * slope
            second[place] = 0.999 * second[place] + 0.001 * slope**2
            pace = np.sqrt(second[place] / (1 - 0.999**step)) + 1e-9
            theta[place] -= _RATE * (first[place] / (1 - 0.9**step)) / pace
    plain = theta[0] * _SCALE
    return Network(plain, theta[1] - mean @ plain, theta[2], theta[3])


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def folds(rows: Sequence[LabelledQuestion], vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The fold of each row, shape (rows,); forms of one wording and similar wordings of a label share a fold."""
    leaders: dict[str, list[tuple[NDArray[np.float32], int]]] = {}
    of_wording: dict[int, int] = {}
    count = 0
    for row, vector in zip(rows, vectors, strict=True):
        if row.wording in of_wording:
            continue
        known = leaders.setdefault(row.label, []) if row.frame else []
        fold = next((fold for leader, fold in known if float(leader @ vector) >= _ALIKE), None)
        if fold is None:
            fold, count = count % _FOLDS, count + 1
            known.append((vector, fold))
        of_wording[row.wording] = fold
    return np.array([of_wording[row.wording] for row in rows])


def losses(
    rows: Sequence[LabelledQuestion], read: NDArray[np.float32], folded: NDArray[np.int64], ridge: float
) -> float:
    """The mean log loss in cross-validation over the folds."""
    total = 0.0
    weights = np.array([row.weight for row in rows])
    labels = np.array([row.label for row in rows])
    names = tuple(sorted(set(labels.tolist())))
    for fold in range(_FOLDS):
        left = folded == fold
        chances = fit(read[~left], labels[~left].tolist(), weights[~left], names, ridge).chances(read[left])
        own = chances[np.arange(int(left.sum())), [names.index(label) for label in labels[left].tolist()]]
        total -= float((weights[left] * np.log(np.maximum(own, 1e-9))).sum())
    return total / float(weights.sum())


def chosen_ridge(rows: Sequence[LabelledQuestion], vectors: NDArray[np.float32], read: NDArray[np.float32]) -> float:
    """The ridge with the least loss in cross-validation; prints the loss of each."""
    used = [place for place, row in enumerate(rows) if row.frame or row.wording % _EVERY == 0]
    some = [rows[place] for place in used]
    folded = folds(some, vectors[used])
    loss_of = {ridge: losses(some, read[used], folded, ridge) for ridge in _RIDGES}
    for ridge, loss in loss_of.items():
        print(f"ridge {ridge:.0e}: loss {loss:.4f} in {_FOLDS}-fold cross-validation", flush=True)
    return min(loss_of, key=loss_of.__getitem__)


def train(
    rows: Sequence[LabelledQuestion],
    read: NDArray[np.float32],
    wording: Mapping[str, int],
    encoder: str,
    ridge: float,
) -> IntentModel:
    """Fit the model to labelled questions; `read` holds its inputs, shape (rows, inputs), by this `wording`."""
    labels = [row.label for row in rows]
    names = tuple(sorted(set(labels)))
    network = fit(read, labels, np.array([row.weight for row in rows]), names, ridge)
    return IntentModel(
        encoder,
        names,
        network.hidden_weights.T,
        network.hidden_bias,
        network.weights.T,
        network.bias,
        wording,
        vocabulary=vocabulary(rows),
        frames=frames(rows, SOURCE_LABELS, LEAST_WORDINGS_OF_FRAME),
        topic_frames=frames(rows, (ON_TOPIC, OPINION)),
    )


def wording_inputs(rows: Sequence[LabelledQuestion]) -> dict[str, int]:
    """The parts of words that enough wordings have outside their slots, with their places among the inputs."""
    counts: Counter[str] = Counter()
    for frame in dict.fromkeys(row.frame for row in rows if row.frame):
        counts.update(wording_of(frame))
    kept = sorted(part for part, count in counts.items() if count >= _LEAST_WORDINGS)
    return {part: place for place, part in enumerate(kept)}


def vocabulary(rows: Sequence[LabelledQuestion]) -> frozenset[str]:
    """The word parts that occur in examples of overviews and small talk, without questions on a topic."""
    of_whole = [row for row in rows if row.label not in {ORDINARY, ON_TOPIC, *SOURCE_LABELS}]
    about_whole = (row.frame if row.on_subject else row.text for row in of_whole)
    return frozenset[str]().union(*map(parts_of, about_whole))


def frames(rows: Sequence[LabelledQuestion], labels: Collection[str], least: int = 1) -> frozenset[str]:
    """The words that questions with these labels are made of, apart from their slots.

    At least so many wordings have them, with these labels or of other kinds that are no ordinary questions.
    """
    wordings = dict.fromkeys((row.frame, row.label in labels) for row in rows if row.frame and row.label != ORDINARY)
    counts, own = Counter[str](), set[str]()
    for frame, is_own in wordings:
        counts.update(frame_words(frame))
        own.update(frame_words(frame) if is_own else ())
    return frozenset(word for word in own if counts[word] >= least)


def inputs(
    rows: Sequence[LabelledQuestion], vectors: NDArray[np.float32], wording: Mapping[str, int]
) -> NDArray[np.float32]:
    """The model's inputs: vector and features of each question, shape (rows, inputs)."""
    return np.stack(
        [
            features(row.text, vector, wording, names_work=row.names_work, gives_title=row.gives_title)
            for row, vector in zip(rows, vectors, strict=True)
        ]
    )


def print_check(rows: Sequence[LabelledQuestion], read: NDArray[np.float32], model: IntentModel) -> None:
    """Print how many wordings that were not fitted to are labelled right, about sources and ordinary ones."""
    network = Network(model.hidden_weights.T, model.hidden_bias, model.weights.T, model.bias)
    likeliest = [model.labels[place] for place in network.chances(read).argmax(axis=1)]
    pairs = [(row.label, label) for row, label in zip(rows, likeliest, strict=True)]
    asked = [(own, label) for own, label in pairs if own in SOURCE_LABELS]
    ordinary_ones = [label for own, label in pairs if own == ORDINARY]
    about = sum(label in SOURCE_LABELS for _, label in asked) / len(asked)
    right = sum(own == label for own, label in asked) / len(asked)
    misrouted = sum(label in SOURCE_LABELS for label in ordinary_ones) / len(ordinary_ones)
    print(f"kept out: {len(asked)} about sources, {about:.3f} taken for such, label right {right:.3f};", end=" ")
    print(f"{len(ordinary_ones)} ordinary, {misrouted:.3f} taken for ones about sources")


def main() -> None:
    """Choose the ridge, fit, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reading", type=Path, help="folder with *.questions.jsonl.gz")
    folder = parser.parse_args().reading
    texts = ordinary(folder)
    labelled = examples(folder)
    total = len({row.wording for row in labelled})
    rows = labelled + [
        LabelledQuestion(text, ORDINARY, _ORDINARY_WEIGHT * total / len(texts), total + number)
        for number, text in enumerate(texts)
    ]
    encoder = open_encoder()
    vectors = encoder.encode_queries([row.text for row in rows])
    wording = wording_inputs([row for row in rows if not row.is_checked])
    read = inputs(rows, vectors, wording)
    fitted = np.array([not row.is_checked for row in rows])
    own = [row for row in rows if not row.is_checked]
    ridge = chosen_ridge(own, vectors[fitted], read[fitted])
    model = train(own, read[fitted], wording, encoder.name, ridge)
    print_check([row for row in rows if row.is_checked], read[~fitted], model)
    save(model)
    print(f"{WEIGHTS}: ridge {ridge:.0e}, {len(own)} examples of {total} wordings, {len(texts)} ordinary questions")


def save(model: IntentModel) -> None:
    """Write the weights."""
    np.savez_compressed(
        WEIGHTS,
        encoder=np.array(model.encoder),
        labels=np.array(model.labels),
        hidden_weights=model.hidden_weights.astype(np.float16),
        hidden_bias=model.hidden_bias,
        weights=model.weights.astype(np.float16),
        bias=model.bias,
        wording=np.array(list(model.wording)),
        vocabulary=np.array(sorted(model.vocabulary)),
        frames=np.array(sorted(model.frames)),
        topic_frames=np.array(sorted(model.topic_frames)),
    )


if __name__ == "__main__":
    main()
