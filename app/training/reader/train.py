"""Train the reader: AdamW on adapter and heads, with warm-up, a constant rate and a linear decay to zero at the end.

A checkpoint holds the position in the examples, the weights and the optimizer's state; a run resumes from the last one.
The rate decays only if a `--last` step is set, so that a later session can resume from before the decay.
"""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.training.reader.course.examples import Batch, ExampleStream
from app.training.reader.losses import Losses, losses
from app.training.reader.model import ReaderModel
from app.training.reader.weights import load_state, trained_state

_RATE = 8e-4
_DECAY = 0.01
_WARM_UP = 60  # steps
_LONGEST_GRADIENT = 1.0
_GRADIENT_SCALE = 256.0  # keeps small gradients within float16
_MEMORY = 0.98  # decay of the reported running means


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a run ends and when it saves; the rate decays linearly over the `fall` steps before step `last`, if set."""

    folder: Path
    seconds: float
    last: int | None
    fall: int
    saved_every: float = 600.0  # seconds
    kept_every: int = 100  # steps between checkpoints that stay

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        share = min(1.0, (step + 1) / _WARM_UP)
        if self.last is not None:
            share *= min(1.0, max(0.0, (self.last - step) / self.fall))
        return _RATE * share


@dataclass(slots=True)
class TrainingPosition:
    """The position of a run: the next pool and batch, and the numbers of steps and pairs done."""

    pool: int = 0
    batch: int = 0
    step: int = 0
    pairs: int = 0


def train(
    reader: ReaderModel, course: ExampleStream, schedule: Schedule, stopped: threading.Event | None = None
) -> TrainingPosition:
    """Train until `schedule` ends the run or `stopped` is set; resumes from the folder's last checkpoint, if any."""
    schedule.folder.mkdir(parents=True, exist_ok=True)
    parameters = [parameter for parameter in reader.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=_RATE, weight_decay=_DECAY, betas=(0.9, 0.98))
    place = _resumed(reader, optimizer, schedule.folder)
    workers = ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,))
    began = saved = time.monotonic()
    means: dict[str, float] = {}
    for pool, number, batch in _ahead(course, place):
        if time.monotonic() - began > schedule.seconds or place.step == schedule.last or (stopped and stopped.is_set()):
            break
        started = time.monotonic()
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(place.step)
        reported = _step(reader, batch, workers, parameters, optimizer)
        place = TrainingPosition(pool, number + 1, place.step + 1, place.pairs + sum(len(group) for group in batch))
        reported["seconds"] = time.monotonic() - started
        means = {key: _MEMORY * means.get(key, value) + (1 - _MEMORY) * value for key, value in reported.items()}
        if place.step % 25 == 0:
            _report(schedule.folder, place, means)
        if place.step % schedule.kept_every == 0:
            torch.save(trained_state(reader), schedule.folder / f"step-{place.step:06d}.pt")
        if time.monotonic() - saved > schedule.saved_every:
            saved = time.monotonic()
            _save(reader, optimizer, place, schedule.folder)
    workers.shutdown()
    _save(reader, optimizer, place, schedule.folder)
    return place


def _step(
    reader: ReaderModel,
    batch: Batch,
    workers: ThreadPoolExecutor,
    parameters: list[nn.Parameter],
    optimizer: torch.optim.Optimizer,
) -> dict[str, float]:
    """One step; overflowing gradients are dropped. Returns the losses and norms to report.

    Two threads process one half of the batch each. Two threads on the same matrix product would wait for each other
    at every product, which on a busy machine takes longer than the product itself.
    """
    halves = [half for half in (batch[::2], batch[1::2]) if half]
    done = list(workers.map(lambda half: _gradients(losses(reader, half), parameters), halves))
    for place, parameter in enumerate(parameters):
        parameter.grad = torch.stack([gradients[place] for gradients, _ in done]).mean(0) / _GRADIENT_SCALE
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, _LONGEST_GRADIENT))
    finite = norm < float("inf")
    if finite:
        optimizer.step()
    means = {name: sum(parts[name] for _, parts in done) / len(done) for name in done[0][1]}
    return means | {"norm": norm if finite else 0.0, "dropped": float(not finite)}


def _gradients(half: Losses, parameters: list[nn.Parameter]) -> tuple[tuple[Tensor, ...], dict[str, float]]:
    """The scaled gradients of half a batch, and its losses by name."""
    gradients = torch.autograd.grad(half.total * _GRADIENT_SCALE, parameters)
    parts = {name: float(getattr(half, name).detach()) for name in ("relevance", "among", "span")}
    return gradients, parts | {"right": half.right}


def _ahead(course: ExampleStream, place: TrainingPosition) -> Iterator[tuple[int, int, Batch]]:
    """(pool, number, batch) from `place` on; a thread prepares the next pool meanwhile."""
    pool, first = place.pool, place.batch
    with ThreadPoolExecutor(1) as maker:
        ready = maker.submit(course.batches, pool)
        while True:
            batches = ready.result()
            ready = maker.submit(course.batches, pool + 1)
            for number in range(first, len(batches)):
                yield pool, number, batches[number]
            pool, first = pool + 1, 0


def _report(folder: Path, place: TrainingPosition, means: dict[str, float]) -> None:
    row = asdict(place) | {key: round(value, 4) for key, value in means.items()} | {"at": round(time.time())}
    with (folder / "curve.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _save(reader: ReaderModel, optimizer: torch.optim.Optimizer, place: TrainingPosition, folder: Path) -> None:
    """Write the checkpoint that a run resumes from, under a temporary name first."""
    state: dict[str, Any] = {
        "reader": trained_state(reader),
        "optimizer": optimizer.state_dict(),
        "place": asdict(place),
    }
    torch.save(state, folder / "last.new")
    (folder / "last.new").replace(folder / "last.pt")


def _resumed(reader: ReaderModel, optimizer: torch.optim.Optimizer, folder: Path) -> TrainingPosition:
    """Load the last checkpoint in `folder` and return its position; the start if there is none."""
    path = folder / "last.pt"
    if not path.exists():
        return TrainingPosition()
    state = torch.load(path, weights_only=True)
    load_state(reader, state["reader"])
    optimizer.load_state_dict(state["optimizer"])
    return TrainingPosition(**state["place"])
