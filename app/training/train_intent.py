"""Fit the model of what is asked: python -m app.training.train_intent READING_FOLDER.

The examples are those of app/training/data/{intents,source_intents}.toml. READING_FOLDER holds files of ordinary
questions by others, `*.questions.jsonl.gz`, of which every `split` but "test" is used: an ordinary question must never
be taken for another.
A fifth of the examples' wordings and of the ordinary questions judges the fit first; then all of them are fitted.
"""

import argparse
import gzip
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.understand.intent import WEIGHTS, IntentModel, features, parts_of
from app.answering.understand.source_questions import SOURCE_LABELS, frame_words
from retriever.encoder import open_encoder
from retriever.text import japanese_forms

EXAMPLES = tuple(Path(__file__).with_name("data") / name for name in ("intents.toml", "source_intents.toml"))
ORDINARY = "passage"
_OF_A_FILE = 1500  # ordinary questions
_CLOSE_WEIGHT = 4.0  # of an ordinary question that names a work or who made it
_FORMS = 5  # of a wording, at most
_SCALE, _RIDGE, _RATE, _STEPS = 12.0, 1e-4, 0.05, 300
_ORDINARY_WEIGHT = 2.0  # how much all ordinary questions count, against one of all other examples together


_SLOT = re.compile(r"\{(\w+)\}")
_OF_WORKS = frozenset({"name", "title"})  # slots that hold what a bibliography would list


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its label, and how much it counts: all forms of one wording count as one.

    `frame` is the wording without what stands in its slots; `names_work` says that it names a work or who made it.
    """

    text: str
    label: str
    weight: float
    wording: int
    frame: str = ""
    names_work: bool = False


def examples() -> list[Asked]:
    """The examples with their slots filled in; a Chinese one also in Japanese characters, as it may be encoded."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]
    slots: dict[str, dict[str, list[str]]] = {}
    for data in files:
        for language, by_name in data.pop("slots").items():
            slots.setdefault(language, {}).update(by_name)
    given = [
        (label, language, text)
        for data in files
        for label, by_language in data.items()
        for language, wordings in by_language.items()
        for text in wordings
    ]
    rows: list[Asked] = []
    for wording, (label, language, text) in enumerate(given):
        forms = _filled(text, slots[language], wording)
        forms += [japanese_forms(form) for form in forms] if language == "zh" else []
        frame = _SLOT.sub(" ", text.replace("{doc}", slots[language]["doc"][0]))
        named = not _OF_WORKS.isdisjoint(_SLOT.findall(text))
        weight = (_CLOSE_WEIGHT if label == ORDINARY and named else 1.0) / len(forms)
        rows += [Asked(form, label, weight, wording, frame, named) for form in forms]
    return rows


def _filled(text: str, slots: Mapping[str, Sequence[str]], start: int) -> list[str]:
    """The forms of a wording, one for each word of its longest slot, at most `_FORMS`, from the `start`-th word on."""
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
    vectors: NDArray[np.float32], labels: Sequence[str], weights: NDArray[np.float64], names: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights and bias of a softmax regression with a ridge, by Adam over all examples at once."""
    mean = vectors.mean(axis=0)
    seen = np.column_stack([(vectors - mean) * _SCALE, np.ones(len(vectors))]).astype(np.float64)
    target = np.array([[label == name for name in names] for label in labels], dtype=np.float64)
    share = (weights / weights.sum())[:, None]
    theta = np.zeros((seen.shape[1], len(names)))
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for step in range(1, _STEPS + 1):
        logits = seen @ theta
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = seen.T @ (share * (chances - target)) + _RIDGE * theta
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        theta -= _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
    plain = theta[:-1].T * _SCALE
    return plain.astype(np.float32), (theta[-1] - plain @ mean).astype(np.float32)


def train(rows: Sequence[Asked], vectors: NDArray[np.float32], encoder: str) -> IntentModel:
    """The model fitted to labelled questions with their vectors."""
    labels = [row.label for row in rows]
    names = tuple(sorted(set(labels)))
    weights, bias = fit(vectors, labels, np.array([row.weight for row in rows]), names)
    return IntentModel(encoder, names, weights, bias, vocabulary(rows), frames(rows))


def vocabulary(rows: Sequence[Asked]) -> frozenset[str]:
    """The parts of the words of overviews and small talk."""
    about_whole = (row.text for row in rows if row.label not in {ORDINARY, *SOURCE_LABELS})
    return frozenset[str]().union(*map(parts_of, about_whole))


def frames(rows: Sequence[Asked]) -> frozenset[str]:
    """The words that questions about sources are made of apart from their slots."""
    return frozenset[str]().union(*map(frame_words, {row.frame for row in rows if row.label in SOURCE_LABELS}))


def inputs(rows: Sequence[Asked], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the model reads of each question, shape (rows, dimension + signs)."""
    return np.stack(
        [features(row.text, vector, names_work=row.names_work) for row, vector in zip(rows, vectors, strict=True)]
    )


def report(model: IntentModel, rows: Sequence[Asked], vectors: NDArray[np.float32]) -> str:
    """How many questions of each label are told right, and how surely ordinary ones are told from the others."""
    logits = vectors @ model.weights.T + model.bias
    told = [dict(zip(model.labels, row, strict=True)) for row in logits.tolist()]
    lines = []
    for name in model.labels:
        own = [chances for chances, row in zip(told, rows, strict=True) if row.label == name]
        right = sum(max(chances, key=chances.__getitem__) == name for chances in own)
        lines.append(f"{name:12s} {right / max(1, len(own)):.3f}  n={len(own)}")
    return "\n".join(lines)


def main() -> None:
    """Fit, report and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reading", type=Path, help="folder with *.questions.jsonl.gz")
    folder = parser.parse_args().reading
    texts = ordinary(folder)
    given = examples()
    total = len({row.wording for row in given})
    rows = given + [
        Asked(text, ORDINARY, _ORDINARY_WEIGHT * total / len(texts), total + number)
        for number, text in enumerate(texts)
    ]
    encoder = open_encoder()
    vectors = inputs(rows, encoder.encode_queries([row.text for row in rows]))
    judged = np.array([row.wording % 5 == 4 for row in rows])
    half = [row for row, held in zip(rows, judged, strict=True) if not held]
    others = [row for row, held in zip(rows, judged, strict=True) if held]
    print(report(train(half, vectors[~judged], encoder.name), others, vectors[judged]))
    model = train(rows, vectors, encoder.name)
    np.savez_compressed(
        WEIGHTS,
        encoder=np.array(model.encoder),
        labels=np.array(model.labels),
        weights=model.weights.astype(np.float16),
        bias=model.bias,
        vocabulary=np.array(sorted(model.vocabulary)),
        frames=np.array(sorted(model.frames)),
    )
    print(f"{WEIGHTS}: {len(given)} examples of {total} wordings, {len(texts)} ordinary questions")


if __name__ == "__main__":
    main()
