"""Train the ranker of answer spans: python -m app.training.train_span [JSQUAD.json].

Each question is asked over all paragraphs; the ranker learns which span in the best sentences is the answer. Training
takes a quarter of an hour and 7 GB of memory.

A ranker trained on the articles with odd numbers is judged on the others; the weights file reports these held-out
figures. The weights that ship are then trained on all articles. With `--half` those of the odd articles are kept, to
measure whole answers on questions that the ranker has not seen.
JSQuAD v1.3 is part of JGLUE (Yahoo Japan / Waseda University), CC BY-SA 4.0.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.read.span_ranker import WEIGHTS, Ranker, ranker_from_json, ranker_to_json
from app.answering.read.spans import ROLES, Floats, Integers
from app.training.jsquad import JSQUAD, LICENCE
from app.training.span_examples import SpanExample, examples
from retriever.types import TenkyoError

_HIDDEN, _NETWORKS = 48, 3  # units of a network, and networks whose scores are averaged
_EPOCHS, _QUESTIONS, _RATE, _DECAY, _DROPPED = 8, 16, 4e-3, 0.5, 0.3


def train(data: Sequence[SpanExample]) -> Ranker:
    """A ranker trained on `data`: several networks, their scores averaged."""
    mean, scale = _mean_and_scale(data)
    networks = [_network(data, mean, scale, seed) for seed in range(_NETWORKS)]
    roles = np.concatenate([first[: -len(mean)] for first, _, _ in networks], axis=1)
    first = np.concatenate([first[-len(mean) :] for first, _, _ in networks], axis=1)
    numbers = np.asarray(first / scale[:, None], np.float32)
    bias = np.concatenate([bias for _, bias, _ in networks]) - np.asarray(mean @ numbers, np.float32)
    output = np.concatenate([output / np.float32(_NETWORKS) for _, _, output in networks])
    trained = Ranker(roles.reshape(-1, len(ROLES), len(output)), numbers, bias, output)
    return ranker_from_json(ranker_to_json(trained))  # as it will be read


def _mean_and_scale(data: Sequence[SpanExample]) -> tuple[Floats, Floats]:
    """Mean and deviation of each numeric feature over all spans, example by example (all at once would fill 8 GB)."""
    count = sum(len(example.numbers) for example in data)
    mean: NDArray[np.float64] = (
        np.sum([example.numbers.sum(axis=0, dtype=np.float64) for example in data], axis=0) / count
    )
    variance = np.sum([((example.numbers - mean) ** 2).sum(axis=0) for example in data], axis=0) / count
    return mean.astype(np.float32), (np.sqrt(variance) + 1e-3).astype(np.float32)


def _network(data: Sequence[SpanExample], mean: Floats, scale: Floats, seed: int) -> tuple[Floats, Floats, Floats]:
    """The weights of one network, by Adam with decoupled weight decay (Loshchilov and Hutter 2019).

    The loss of a question is −log of the expected rightness of a span drawn from the softmax of the scores. Where no
    sentence may contain the answer, "none of these" with score 0 takes part, and is right if none does.
    """
    random = np.random.default_rng(seed)
    width = data[0].around.shape[1] * len(ROLES) + len(mean)
    weights = [
        random.normal(0, 40**-0.5, (width, _HIDDEN)).astype(np.float32),
        np.zeros(_HIDDEN, dtype=np.float32),
        random.normal(0, _HIDDEN**-0.5, _HIDDEN).astype(np.float32),
    ]
    moments = [(np.zeros_like(layer), np.zeros_like(layer)) for layer in weights]
    steps = [batch for _ in range(_EPOCHS) for batch in _batches(random.permutation(len(data)))]
    for number, batch in enumerate(steps, 1):
        chosen = [data[place] for place in batch]
        kept = (random.random(_HIDDEN) > _DROPPED).astype(np.float32) / (1 - _DROPPED)
        gradients = _gradients(weights, chosen, mean, scale, kept)
        rate = _RATE * (1 - number / len(steps)) + 1e-5
        for place, gradient in enumerate(gradients):
            first, second = moments[place]
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            moments[place] = first, second
            step = first / (1 - 0.9**number) / (np.sqrt(second / (1 - 0.999**number)) + 1e-8)
            weights[place] -= rate * (step + _DECAY * weights[place])
    return weights[0], weights[1], weights[2]


def _batches(order: Integers) -> list[Integers]:
    return [order[start : start + _QUESTIONS] for start in range(0, len(order), _QUESTIONS)]


def _gradients(
    weights: Sequence[Floats], chosen: Sequence[SpanExample], mean: Floats, scale: Floats, kept: Floats
) -> tuple[Floats, Floats, Floats]:
    first, bias, output = weights
    rows = np.concatenate([_rows(example, mean, scale) for example in chosen])
    before = rows @ first + bias
    hidden = np.maximum(before, 0) * kept
    scores = hidden @ output
    slopes = np.zeros_like(scores)
    start = 0
    for example in chosen:
        place = slice(start, start + len(example.f1))
        start = place.stop
        highest = max(float(scores[place].max()), 0.0)
        odds = np.exp(scores[place] - highest)
        chance = odds / (odds.sum() + (np.exp(-highest) if example.may_lack else 0))
        right = chance * np.maximum(example.exact, example.f1**3 / 2)
        if right.sum() > 1e-8:
            slopes[place] = (chance - right / right.sum()) / len(chosen)
        elif example.may_lack and not any(example.holds):
            slopes[place] = chance / len(chosen)
    back = np.outer(slopes, output) * kept * (before > 0)
    return rows.T @ back, back.sum(axis=0), hidden.T @ slopes


def _rows(example: SpanExample, mean: Floats, scale: Floats) -> Floats:
    count, columns = example.around.shape
    roles = np.zeros((count, columns * len(ROLES)), dtype=np.float32)
    roles[np.arange(count)[:, None], example.around + np.arange(columns) * len(ROLES)] = 1
    return np.concatenate([roles, (example.numbers - mean) / scale], axis=1)


def judge(ranker: Ranker, data: Sequence[SpanExample]) -> dict[str, float]:
    """How often the best sentence contains the answer, and mean F1 and exact match of its best span.

    `told_apart` (an AUC): how often a question with an answer in its sentences scores higher than one without.
    """
    rows = []
    holding: list[float] = []
    lacking: list[float] = []
    for example in data:
        scores = ranker.scores(example.around, example.numbers)
        odds = np.exp(scores - scores.max())
        (holding if any(example.holds) else lacking).append(float(scores.max() + np.log(odds.sum())))
        if any(example.holds):
            chosen = int(np.argmax(np.bincount(example.sentence, weights=odds)))
            best = int(np.argmax(np.where(example.sentence == chosen, scores, -np.inf)))
            rows.append((example.holds[chosen], example.f1[best], example.exact[best]))
    right, f1, exact = (round(float(value), 4) for value in np.mean(np.array(rows, dtype=np.float64), axis=0))
    below = np.searchsorted(np.sort(lacking), holding) if lacking else np.zeros(0)
    told_apart = {"told_apart": round(float(below.mean()) / len(lacking), 4)} if lacking else {}
    return {"questions": len(rows), "sentence": right, "f1": f1, "exact": exact, **told_apart}


def half_ranker(jsquad: Path) -> Ranker:
    """A ranker trained on JSQuAD's articles with odd numbers (counted from 0)."""
    native, cross_lingual = examples(jsquad)
    return train([example for example in native + cross_lingual if example.article % 2])


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, judge and write the weights; 1 for a file that cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jsquad", type=Path, nargs="?", default=JSQUAD, help="jsquad-valid-v1.3.json")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--half", action="store_true", help="keep the weights of the first half of the articles")
    args = parser.parse_args(arguments)
    try:
        native, cross_lingual = examples(args.jsquad)
    except TenkyoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    ranker = train([example for example in native + cross_lingual if example.article % 2])
    held_out = {
        "asked in Japanese": judge(ranker, [example for example in native if not example.article % 2]),
        "asked in another language": judge(ranker, [example for example in cross_lingual if not example.article % 2]),
    }
    print(json.dumps(held_out), file=sys.stderr)
    if not args.half:
        ranker = train(native + cross_lingual)
    trained_on = "the articles with odd numbers, from 0" if args.half else "all articles"
    about = {"data": LICENCE, "trained_on": trained_on, "held_out_even_articles": held_out}
    args.out.write_text(json.dumps({**about, **ranker_to_json(ranker)}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
