"""Fit the model of what is asked: python -m app.training.train_intent READING_FOLDER.

The examples are those of intent_examples.py. READING_FOLDER holds ordinary questions by others (`*.questions.jsonl.gz`,
all but the "test" split), so that the model learns not to take them for anything else, and passages, whose sentences,
headings and works fill the slots of the examples.
Only the ridge is chosen by cross-validation. Similar wordings are in the same fold, so that each fold is judged on
wordings unlike those it was fitted to. The final model is fitted to all examples with that ridge.
"""

import argparse
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.understand.classifier import (
    ON_TOPIC,
    OPINION,
    SOURCE_LABELS,
    IntentModel,
    features,
    parts_of,
    wording_of,
)
from app.answering.understand.source_signs import WEIGHTS, frame_words
from app.training.intent_examples import ORDINARY, LabelledQuestion, examples, ordinary
from retriever.encoder import open_encoder

_UNITS = 24  # of the hidden layer
_LEAST_WORDINGS = 10  # that have a part of a word for it to be an input
_VERDICTS = frozenset("賛成 反対 支持 批判 成功 失敗".split())  # words that a wording has from a claim
LEAST_WORDINGS_OF_FRAME = 2  # that have a word of the frame of questions about sources
_SCALE, _RATE, _STEPS = 12.0, 0.02, 500
_RIDGES = (3e-4, 1e-3, 3e-3)  # of which cross-validation chooses
_FOLDS = 5
_ALIKE = 0.93  # cosine of two wordings of a label that are left out together
_EVERY = 3  # one of so many ordinary questions is used in cross-validation, for its time
_ORDINARY_WEIGHT = 2.0  # how much all ordinary questions count, against one of all other examples together


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

    At least so many wordings have them, with these labels or of other kinds that are no ordinary questions. Verdicts
    are none of them: they belong to claims.
    """
    wordings = dict.fromkeys((row.frame, row.label in labels) for row in rows if row.frame and row.label != ORDINARY)
    counts, own = Counter[str](), set[str]()
    for frame, is_own in wordings:
        counts.update(frame_words(frame))
        own.update(frame_words(frame) if is_own else ())
    return frozenset(word for word in own if counts[word] >= least and word not in _VERDICTS)


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
