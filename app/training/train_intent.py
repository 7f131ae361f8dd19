"""Fit the model of what is asked: python -m app.training.train_intent READING_FOLDER.

The examples are those of app/training/data/intents.toml. READING_FOLDER holds files of ordinary questions by others,
`*.questions.jsonl.gz`, of which every `split` but "test" is used: an ordinary question must never be taken for another.
A fifth of the examples' wordings and of the ordinary questions judges the fit first; then all of them are fitted.
"""

import argparse
import gzip
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.understand.intent import WEIGHTS, IntentModel, parts_of
from retriever.encoder import open_encoder
from retriever.text import japanese_forms

EXAMPLES = Path(__file__).with_name("data") / "intents.toml"
ORDINARY = "passage"
_OF_A_FILE = 1500  # ordinary questions
_SCALE, _RIDGE, _RATE, _STEPS = 12.0, 3e-5, 0.05, 600
_ORDINARY_WEIGHT = 3.0  # how much all ordinary questions count, against one of all other examples together


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its label, and how much it counts: all forms of one wording count as one."""

    text: str
    label: str
    weight: float
    wording: int


def examples() -> list[Asked]:
    """The examples with their slots filled in; a Chinese one also in Japanese characters, as it may be encoded."""
    data = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    slots = data.pop("slots")
    rows: list[Asked] = []
    wording = 0
    for label, by_language in data.items():
        for language, wordings in by_language.items():
            for text in wordings:
                forms = [text.replace("{doc}", name) for name in slots[language]] if "{doc}" in text else [text]
                forms += [japanese_forms(form) for form in forms] if language == "zh" else []
                rows += [Asked(form, label, 1 / len(forms), wording) for form in forms]
                wording += 1
    return rows


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
    vocabulary = frozenset[str]().union(*(parts_of(row.text) for row in rows if row.label != ORDINARY))
    return IntentModel(encoder, names, weights, bias, vocabulary)


def report(model: IntentModel, rows: Sequence[Asked], vectors: NDArray[np.float32]) -> str:
    """How many questions of each label are told right, and how surely ordinary ones are told from the others."""
    told = [model.chances(vector) for vector in vectors]
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
    vectors = encoder.encode_queries([row.text for row in rows])
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
    )
    print(f"{WEIGHTS}: {len(given)} examples of {total} wordings, {len(texts)} ordinary questions")


if __name__ == "__main__":
    main()
