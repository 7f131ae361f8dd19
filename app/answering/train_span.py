"""Train the ranker that marks answers in sentences: python -m app.answering.train_span JSQUAD.json.

The articles are halved; a ranker trained on the one half is judged on the other, and that is what the weights file
reports. The weights themselves are then trained on both halves (with `--half`, on the first only, for measuring whole
answers on questions of the second, which it names, without having seen them).
JSQuAD v1.3 is part of JGLUE (Yahoo Japan / Waseda University), CC BY-SA 4.0.
"""

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.answering.span import WEIGHTS, Ranker, ranker_from_json, ranker_to_json
from app.answering.span_candidates import ROLES, Integers, spans
from app.answering.span_features import features
from app.answering.span_form import Floats
from app.answering.span_question import Wanted, wanted, wanted_abroad
from retriever.types import TenkyoError

_LICENCE = "JSQuAD v1.3, part of JGLUE (Yahoo Japan Corporation and Waseda University), CC BY-SA 4.0"
_HIDDEN, _NETWORKS = 48, 3  # units of a network, and networks whose scores are averaged
_EPOCHS, _QUESTIONS, _RATE, _DECAY, _DROPPED = 12, 16, 4e-3, 0.5, 0.3
_LATIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,%-]*")
_KANJI_TOO = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,%-]*|[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Example:
    """A question over a sentence: the features of its n spans, and how right each is.

    `f1` is SQuAD's character F1 against the best accepted answer and `exact` whether it is one, both of shape (n,).
    """

    id: str
    article: int
    around: Integers = field(repr=False)
    numbers: Floats = field(repr=False)
    f1: Floats = field(repr=False)
    exact: Floats = field(repr=False)


def examples(path: Path) -> tuple[list[Example], list[Example]]:
    """The questions of a JSQuAD file whose answer stands in one sentence, and every other one as if asked abroad."""
    try:
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError) as error:
        raise TenkyoError(f"{path}: not a JSQuAD file ({error}); give jsquad-valid-v1.3.json") from error
    native, abroad = [], []
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            _, _, text = paragraph["context"].partition(" [SEP] ")
            offset = len(paragraph["context"]) - len(text)
            for item in paragraph["qas"]:
                answers = sorted({answer["text"] for answer in item["answers"]})
                sentence = _answer_sentence(text, answers, item["answers"][0]["answer_start"] - offset)
                if sentence is None:
                    continue
                question = item["question"]
                native.append(_example(item["id"], number, wanted(question), sentence, answers))
                if len(native) % 2:
                    alike = " ".join((_KANJI_TOO if len(native) % 4 == 1 else _LATIN).findall(question))
                    asked = wanted_abroad(question, alike)
                    abroad.append(_example(item["id"], number, asked, sentence, answers))
    return native, abroad


def _answer_sentence(text: str, answers: Sequence[str], start: int) -> str | None:
    """The sentence nearest to `start` that holds one of `answers`."""
    held = [
        one for one in re.finditer(r"[^。！？\n]+[。！？]?", text) if any(answer in one.group() for answer in answers)
    ]
    return min(held, key=lambda one: abs(one.start() - start)).group().strip() if held else None


def _example(question_id: str, article: int, asked: Wanted, sentence: str, answers: Sequence[str]) -> Example:
    candidates = spans(sentence)
    texts = [_plain(sentence[slice(*candidates.places(number))]) for number in range(len(candidates.first))]
    golds = [_plain(answer) for answer in answers]
    f1 = np.array([max(_f1(text, gold) for gold in golds) for text in texts], dtype=np.float32)
    exact = np.array([text in golds for text in texts], dtype=np.float32)
    return Example(question_id, article, *features(asked, candidates), f1, exact)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).lower()


def _f1(text: str, gold: str) -> float:
    shared = (Counter(text) & Counter(gold)).total()
    return 2 * shared / (len(text) + len(gold)) if shared else 0.0


def train(data: Sequence[Example]) -> Ranker:
    """A ranker trained on `data`: several networks, their scores averaged."""
    everything = np.concatenate([one.numbers for one in data])
    mean, scale = everything.mean(axis=0), everything.std(axis=0) + 1e-3
    networks = [_network(data, mean, scale, seed) for seed in range(_NETWORKS)]
    roles = np.concatenate([first[: -len(mean)] for first, _, _ in networks], axis=1)
    numbers = np.concatenate([first[-len(mean) :] for first, _, _ in networks], axis=1) / scale[:, None]
    bias = np.concatenate([bias for _, bias, _ in networks]) - mean @ numbers
    output = np.concatenate([output / np.float32(_NETWORKS) for _, _, output in networks])
    trained = Ranker(roles.reshape(-1, len(ROLES), len(output)), numbers, bias, output)
    return ranker_from_json(ranker_to_json(trained))  # as it will be read


def _network(data: Sequence[Example], mean: Floats, scale: Floats, seed: int) -> tuple[Floats, Floats, Floats]:
    """The weights of one network, by Adam with decoupled weight decay (Loshchilov and Hutter 2019).

    The loss of a question is -log of the expected rightness of a span drawn by the softmax of the scores.
    """
    random = np.random.default_rng(seed)
    width = data[0].around.shape[1] * len(ROLES) + len(mean)
    weights = [
        random.normal(0, 40**-0.5, (width, _HIDDEN)).astype(np.float32),
        np.zeros(_HIDDEN, dtype=np.float32),
        random.normal(0, _HIDDEN**-0.5, _HIDDEN).astype(np.float32),
    ]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in weights]
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
    weights: Sequence[Floats], chosen: Sequence[Example], mean: Floats, scale: Floats, kept: Floats
) -> tuple[Floats, Floats, Floats]:
    first, bias, output = weights
    rows = np.concatenate([_rows(one, mean, scale) for one in chosen])
    before = rows @ first + bias
    hidden = np.maximum(before, 0) * kept
    scores = hidden @ output
    slopes = np.zeros_like(scores)
    start = 0
    for one in chosen:
        place = slice(start, start + len(one.f1))
        start = place.stop
        odds = np.exp(scores[place] - scores[place].max())
        chance = odds / odds.sum()
        right = chance * np.maximum(one.exact, one.f1**3 / 2)
        if right.sum() > 1e-8:  # a question none of whose spans is near the answer teaches nothing
            slopes[place] = (chance - right / right.sum()) / len(chosen)
    back = np.outer(slopes, output) * kept * (before > 0)
    return rows.T @ back, back.sum(axis=0), hidden.T @ slopes


def _rows(one: Example, mean: Floats, scale: Floats) -> Floats:
    count, columns = one.around.shape
    roles = np.zeros((count, columns * len(ROLES)), dtype=np.float32)
    roles[np.arange(count)[:, None], one.around + np.arange(columns) * len(ROLES)] = 1
    return np.concatenate([roles, (one.numbers - mean) / scale], axis=1)


def judge(ranker: Ranker, data: Sequence[Example]) -> dict[str, float]:
    """The mean character F1 and the share of exact matches of the spans that the ranker marks."""
    best = [int(np.argmax(ranker.scores(one.around, one.numbers))) for one in data]
    f1 = [float(one.f1[place]) for one, place in zip(data, best, strict=True)]
    exact = [float(one.exact[place]) for one, place in zip(data, best, strict=True)]
    return {"questions": len(data), "f1": round(float(np.mean(f1)), 4), "exact": round(float(np.mean(exact)), 4)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, judge, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jsquad", type=Path, help="jsquad-valid-v1.3.json")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--half", action="store_true", help="keep the weights of the first half of the articles")
    given = parser.parse_args(arguments)
    try:
        native, abroad = examples(given.jsquad)
    except TenkyoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    seen = [one for one in native + abroad if one.article % 2]
    ranker = train(seen)
    held_out = {
        "asked in Japanese": judge(ranker, [one for one in native if not one.article % 2]),
        "asked in another language": judge(ranker, [one for one in abroad if not one.article % 2]),
    }
    print(json.dumps(held_out), file=sys.stderr)
    if not given.half:
        ranker = train(native + abroad)
    trained_on = "the articles with odd numbers, from 0" if given.half else "all articles"
    about = {"data": _LICENCE, "trained_on": trained_on, "held_out_even_articles": held_out}
    given.out.write_text(json.dumps({**about, **ranker_to_json(ranker)}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
