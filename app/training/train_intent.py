"""Fit the model of what is asked: python -m app.training.train_intent READING_FOLDER.

The examples are in app/training/data/{intents,source_intents}.toml. READING_FOLDER holds ordinary questions by others
(`*.questions.jsonl.gz`, all but the "test" split), so that the model learns not to take them for anything else.
Only the ridge is chosen by cross-validation. Similar wordings are in the same fold, so that each fold is judged on
wordings unlike those it was fitted to. The final model is fitted to all examples with that ridge.
"""

import argparse
import gzip
import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.understand.classifier import ON_TOPIC, OPINION, WEIGHTS, IntentModel, features, parts_of
from app.answering.understand.sources.source_questions import SOURCE_LABELS, frame_words
from retriever.encoder import open_encoder
from retriever.text import japanese_forms

EXAMPLES = tuple(Path(__file__).with_name("data") / name for name in ("intents.toml", "source_intents.toml"))
ORDINARY = "passage"
_OF_A_FILE = 1500  # ordinary questions
_CLOSE_WEIGHT = 4.0  # of an ordinary question that names a work or who made it
_FORMS = 5  # of a wording, at most
_SCALE, _RATE, _STEPS = 12.0, 0.05, 300
_RIDGES = (1e-4, 3e-4, 1e-3, 3e-3)  # of which cross-validation chooses
_FOLDS = 5
_ALIKE = 0.93  # cosine of two wordings of a label that are left out together
_EVERY = 3  # one of so many ordinary questions is used in cross-validation, for its time
_ORDINARY_WEIGHT = 2.0  # how much all ordinary questions count, against one of all other examples together


_SLOT = re.compile(r"\{(\w+)\}")
_OF_WORKS = frozenset({"name", "title"})  # slots that hold what a bibliography would list


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with its label and weight; the weights of all forms of one wording sum to that of one question.

    `frame` is the wording without its slots; `names_work`: it names a cited work or its author; `on_subject`: it has a
    slot for a subject, whose words say nothing of the label.
    """

    text: str
    label: str
    weight: float
    wording: int
    frame: str = ""
    names_work: bool = False
    on_subject: bool = False


def examples() -> list[LabelledQuestion]:
    """The examples with their slots filled; Chinese ones also in Japanese characters, as the encoder may see them."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]
    slots: dict[str, dict[str, list[str]]] = {}
    for data in files:
        for language, by_name in data.pop("slots").items():
            slots.setdefault(language, {}).update(by_name)
    labelled = [
        (label, language, text)
        for data in files
        for label, by_language in data.items()
        for language, wordings in by_language.items()
        for text in wordings
    ]
    rows: list[LabelledQuestion] = []
    for wording, (label, language, text) in enumerate(labelled):
        forms = _filled(text, slots[language], wording)
        forms += [japanese_forms(form) for form in forms] if language == "zh" else []
        frame = _SLOT.sub(" ", text.replace("{doc}", slots[language]["doc"][0]))
        named = not _OF_WORKS.isdisjoint(_SLOT.findall(text))
        weight = (_CLOSE_WEIGHT if label == ORDINARY and named else 1.0) / len(forms)
        on_subject = "{subject}" in text
        rows += [LabelledQuestion(form, label, weight, wording, frame, named, on_subject) for form in forms]
    return rows


def _filled(text: str, slots: Mapping[str, Sequence[str]], start: int) -> list[str]:
    """At most `_FORMS` forms of a wording, with successive words in its slots, beginning at word number `start`."""
    names = _SLOT.findall(text)
    count = min(_FORMS, max((len(slots[name]) for name in names), default=1))
    forms = []
    for place in range(start, start + count):
        form = text
        for name in names:
            form = form.replace(f"{{{name}}}", slots[name][place % len(slots[name])])
        forms.append(form)
    return forms


def ordinary(folder: Path) -> list[str]:
    """Ordinary questions of the files in `folder`, evenly spread over each."""
    questions = []
    for path in sorted(folder.glob("*.questions.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        texts = [row["question"] for row in rows if row.get("split") != "test"]
        questions += texts[:: max(1, len(texts) // _OF_A_FILE)][:_OF_A_FILE]
    return questions


def fit(
    vectors: NDArray[np.float32],
    labels: Sequence[str],
    weights: NDArray[np.float64],
    names: Sequence[str],
    ridge: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit a softmax regression with a ridge, by Adam on the full batch.

    `vectors` has shape (examples, inputs); returns weights (len(names), inputs) and bias (len(names),).
    """
    mean = vectors.mean(axis=0)
    seen = np.column_stack([(vectors - mean) * _SCALE, np.ones(len(vectors))]).astype(np.float32)
    target = np.array([[label == name for name in names] for label in labels], dtype=np.float32)
    share = (weights / weights.sum())[:, None].astype(np.float32)
    theta = np.zeros((seen.shape[1], len(names)), np.float32)
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for step in range(1, _STEPS + 1):
        slope = seen.T @ (share * (_softmax(seen @ theta) - target)) + ridge * theta
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        theta -= _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
    plain = theta[:-1].T * _SCALE
    return plain.astype(np.float32), (theta[-1] - plain @ mean).astype(np.float32)


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
        plain, bias = fit(read[~left], labels[~left].tolist(), weights[~left], names, ridge)
        chances = _softmax(read[left] @ plain.T + bias)
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


def train(rows: Sequence[LabelledQuestion], read: NDArray[np.float32], encoder: str, ridge: float) -> IntentModel:
    """Fit the model to labelled questions; `read` holds its inputs, shape (rows, inputs)."""
    labels = [row.label for row in rows]
    names = tuple(sorted(set(labels)))
    weights, bias = fit(read, labels, np.array([row.weight for row in rows]), names, ridge)
    return IntentModel(
        encoder,
        names,
        weights,
        bias,
        vocabulary=vocabulary(rows),
        frames=frames(rows, SOURCE_LABELS),
        topic_frames=frames(rows, (ON_TOPIC, OPINION)),
    )


def vocabulary(rows: Sequence[LabelledQuestion]) -> frozenset[str]:
    """The word parts that occur in examples of overviews and small talk, without questions on a topic."""
    of_whole = [row for row in rows if row.label not in {ORDINARY, ON_TOPIC, *SOURCE_LABELS}]
    about_whole = (row.frame if row.on_subject else row.text for row in of_whole)
    return frozenset[str]().union(*map(parts_of, about_whole))


def frames(rows: Sequence[LabelledQuestion], labels: Collection[str]) -> frozenset[str]:
    """The words that questions with these labels are made of apart from their slots."""
    return frozenset[str]().union(*map(frame_words, {row.frame for row in rows if row.label in labels}))


def inputs(rows: Sequence[LabelledQuestion], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The model's inputs: vector and features of each question, shape (rows, inputs)."""
    return np.stack(
        [features(row.text, vector, names_work=row.names_work) for row, vector in zip(rows, vectors, strict=True)]
    )


def main() -> None:
    """Choose the ridge, fit, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reading", type=Path, help="folder with *.questions.jsonl.gz")
    texts = ordinary(parser.parse_args().reading)
    labelled = examples()
    total = len({row.wording for row in labelled})
    rows = labelled + [
        LabelledQuestion(text, ORDINARY, _ORDINARY_WEIGHT * total / len(texts), total + number)
        for number, text in enumerate(texts)
    ]
    encoder = open_encoder()
    vectors = encoder.encode_queries([row.text for row in rows])
    read = inputs(rows, vectors)
    ridge = chosen_ridge(rows, vectors, read)
    model = train(rows, read, encoder.name, ridge)
    np.savez_compressed(
        WEIGHTS,
        encoder=np.array(model.encoder),
        labels=np.array(model.labels),
        weights=model.weights.astype(np.float16),
        bias=model.bias,
        vocabulary=np.array(sorted(model.vocabulary)),
        frames=np.array(sorted(model.frames)),
        topic_frames=np.array(sorted(model.topic_frames)),
    )
    print(
        f"{WEIGHTS}: ridge {ridge:.0e}, {len(labelled)} examples of {total} wordings, {len(texts)} ordinary questions"
    )


if __name__ == "__main__":
    main()
