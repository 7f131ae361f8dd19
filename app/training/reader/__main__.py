"""Train and judge the reader: python -m app.training.reader {mine,train,calibrate,compare,keep} -h."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from app.answering.read.sentences import USED, Uses
from app.training.reader.calibrate import (
    Judged,
    calibrated,
    for_papers,
    write_calibrations,
)
from app.training.reader.calibration_figures import calibration_figures, left_out
from app.training.reader.cases import KINDS, cases
from app.training.reader.comparison import judged_by, side_by_side
from app.training.reader.course.corpus import SETS, Corpus, read_corpus
from app.training.reader.course.examples import ExampleStream
from app.training.reader.course.glosses import Glosses, glosses
from app.training.reader.course.mine import Near, near_by_retriever, near_by_words, read_near, write_near
from app.training.reader.model import new_reader
from app.training.reader.train import Schedule, train
from app.training.reader.weights import load_state, read_weights, write_weights
from retriever.embedded.adapter import ADAPTER
from retriever.types import TenkyoError

_DATA = Path("../shared/data")
_SEED = 1
# COVID-QA has long passages and answers that are seldom verbatim, which teach less for their cost; JaQuAD outnumbers
# all other sets.
_WEIGHTS = {"covid_qa": 0.7, "jaquad": 0.3}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app.training.reader", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    mine = commands.add_parser("mine", help="find hard negatives with Tenkyo's own retriever, once")
    mine.add_argument("--sets", nargs="+", default=[*SETS, "jsquad"])
    mine.add_argument("--part", type=int, nargs=2, default=(0, 1), metavar=("N", "OF"), help="documents N, N+OF, …")
    learn = commands.add_parser(
        "train", help="train, going on from the folder's last checkpoint; Ctrl-C ends it after a step"
    )
    learn.add_argument("--out", type=Path, required=True, help="folder of the run's checkpoints")
    learn.add_argument("--start", type=Path, help="weights to start from where the folder has no checkpoint")
    learn.add_argument("--mined", action="store_true", help="leave out questions of a mined set that were not mined")
    learn.add_argument("--seed", type=int, default=_SEED, help="of the order of the examples")
    learn.add_argument("--minutes", type=float, default=60.0)
    learn.add_argument("--last", type=int, help="the step at which the rate has fallen to nothing")
    learn.add_argument("--fall", type=int, default=500, help="steps over which it falls")
    keep = commands.add_parser("keep", help="write a checkpoint's weights as the compact file")
    keep.add_argument("weights", type=Path, help="a checkpoint (.pt)")
    keep.add_argument("out", type=Path, help="the file to write (.npz)")
    fit_it = commands.add_parser("calibrate", help="fit the confidence from the rules and the reader that ships")
    fit_it.add_argument("--count", type=int, default=120, help="questions of each public set")
    fit_it.add_argument("--out", type=Path, help="write the weights there (default: only show the figures)")
    uses = {name: getattr(USED, name) for name in ("order", "sentences", "spans")}
    fit_it.add_argument("--uses", nargs="*", default=[name for name in uses if uses[name]], choices=[*uses])
    beside = commands.add_parser("compare", help="weights side by side, through the pipeline's own steps")
    beside.add_argument("weights", type=Path, nargs="+", help="checkpoints (.pt) or compact files (.npz)")
    beside.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    beside.add_argument("--count", type=int, default=60, help="questions of each public set")
    for command in (fit_it, beside):
        command.add_argument("--only", type=Path, help="JSON list: the questions to take of sets that were trained on")
    for command in (mine, learn, fit_it, beside):
        command.add_argument("--data", type=Path, default=_DATA)
        command.add_argument(
            "--cache", type=Path, required=True, help="folder of mined negatives, outside the repository"
        )
    return parser


def _mine(args: argparse.Namespace) -> None:
    corpus = read_corpus(args.data, args.sets)
    number, of = args.part
    documents = set(sorted({question.document for question in corpus.questions if question.fitting})[number::of])
    questions = [question for question in corpus.questions if question.fitting and question.document in documents]
    name = f"{'-'.join(args.sets)}.{number}-{of}"
    write_near(args.cache / f"near.{name}.jsonl", near_by_retriever(corpus, questions, args.cache / f"index.{name}"))


def _course(args: argparse.Namespace) -> ExampleStream:
    corpus = read_corpus(args.data)
    mined: Near = {}
    for path in sorted(args.cache.glob("near.*.jsonl")):
        mined |= read_near(path)
    words = args.cache / "words.jsonl"
    if not words.exists():
        write_near(
            words, iter(near_by_words(corpus, [question for question in corpus.questions if question.fitting]).items())
        )
    if args.mined:
        corpus = _mined_only(corpus, mined)
    print(f"negatives of {len(mined)} questions are by the retriever, the others by words", file=sys.stderr)
    return ExampleStream(corpus, read_near(words) | mined, _glosses(corpus), args.seed, _WEIGHTS)


def _mined_only(corpus: Corpus, mined: Near) -> Corpus:
    """The corpus without the questions that `mine` has not searched, in sets of which it has searched some."""
    sets = {question.source for question in corpus.questions if question.id in mined}
    kept = tuple(question for question in corpus.questions if question.id in mined or question.source not in sets)
    return replace(corpus, questions=kept)


def _glosses(corpus: Corpus) -> Glosses:
    texts = corpus.texts.values()
    return glosses(
        (text.text for text in texts if text.language == "en"), (text.text for text in texts if text.language == "ja")
    )


def _train(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    schedule = Schedule(args.out, args.minutes * 60, args.last, args.fall)
    reader = new_reader(_SEED)
    if args.start:
        load_state(reader, read_weights(args.start))
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    place = train(reader, _course(args), schedule, stopped)
    print(f"{place.step} steps, {place.pairs} pairs", file=sys.stderr)


def _only(args: argparse.Namespace) -> list[str] | None:
    """The ids of the questions that may be taken of sets that were trained on; None for all."""
    return list(json.loads(args.only.read_text(encoding="utf-8"))) if args.only else None


def _calibrate(args: argparse.Namespace) -> None:
    used = Uses(**dict.fromkeys(args.uses, True))
    rows = {}
    for kind in KINDS:
        asked = cases(args.data, kind, args.count, args.cache / "judged", _only(args))
        rows[kind] = judged_by([ADAPTER], asked, f"{kind}.{args.count}", args.cache, used)[ADAPTER]
    every = [row for group in rows.values() for row in group]
    calibrations = calibrated(every)
    for row in (*calibration_figures(every, calibrations), *left_out(every)):
        print(json.dumps(row), flush=True)
    if args.out:
        write_calibrations(args.out, for_papers(calibrations))


def _compare(args: argparse.Namespace) -> None:
    rows: dict[Path, list[Judged]] = {path: [] for path in args.weights}
    for kind in args.kinds:
        asked = cases(args.data, kind, args.count, args.cache / "judged", _only(args))
        for path, judgements in judged_by(args.weights, asked, f"{kind}.{args.count}", args.cache).items():
            rows[path] += judgements
    for line in side_by_side({path.stem: of for path, of in rows.items()}):
        print(line, flush=True)


def _keep(args: argparse.Namespace) -> None:
    write_weights(args.out, read_weights(args.weights))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 for an expected error."""
    args = _parser().parse_args(arguments)
    try:
        {
            "mine": _mine,
            "train": _train,
            "calibrate": _calibrate,
            "compare": _compare,
            "keep": _keep,
        }[args.command](args)
    except (TenkyoError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
