"""Fit the network that labels bibliography entries: python -m app.training.citations BIB TOOLS [--without BIB].

BIB is a folder with .bib files, TOOLS one with `package/` (npm's citeproc), `styles/` and `locales/` (Debian's
citation-style-language-styles and -locales). pandoc, node and Faker are needed. Works in the .bib files of --without,
on which the parser is measured, are left out.
"""

import argparse
import math
import random
import time
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.training.citations.japanese import JapaneseLists
from app.training.citations.model import Labeller
from app.training.citations.printed import PrintedEntry, entry_of, letters_of, print_lists, spoilt, styles_of
from app.training.citations.works import MadeUp, Work, compact, read_works
from ingest.bibliography import labels as network
from ingest.bibliography.labels import LABELS, WEIGHTS, label_entries, rows_of

_SEED = 1
_LOCALES = (None, None, None, None, "en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "it-IT", "nl-NL", "pt-BR")
_SHOWN = ("first", "date", "title", "container", "publisher", "volume", "pages")
_BATCH = 64  # entries
List = list[PrintedEntry]


def main() -> None:
    """Print works in styles, fit the network on some of the styles, and report its figures on the others."""
    parser = argparse.ArgumentParser(prog="python -m app.training.citations", description=__doc__)
    parser.add_argument("bib", type=Path)
    parser.add_argument("tools", type=Path)
    parser.add_argument("--without", type=Path)
    parser.add_argument("--scratch", type=Path, required=True, help="a folder for what is printed")
    parser.add_argument("--styles", type=int, default=1800, help="how many styles to fit on")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    torch.manual_seed(_SEED)
    torch.set_num_threads(1)
    works = _works(options.bib, options.without)
    lists = _lists(works, options)
    for part, printed in lists.items():
        print(part, len(printed), "lists", sum(map(len, printed)), "entries", flush=True)
    fit(lists, options.epochs)
    for part in ("choose", "report", "japanese"):
        print(part, judged(lists[part]), flush=True)


def _works(bib: Path, without: Path | None) -> dict[str, list[Work]]:
    left_out = {compact(work["title"]) for work in read_works(without)} if without else set()
    works = [work for work in read_works(bib) if compact(work["title"]) not in left_out]
    held = [zlib.crc32(compact(work["title"]).encode()) % 10 >= 8 for work in works]
    real = {
        "fit": [w for w, h in zip(works, held, strict=True) if not h],
        "report": [w for w, h in zip(works, held, strict=True) if h],
    }
    print({part: len(each) for part, each in real.items()}, "works", flush=True)
    made = {part: MadeUp(each, _SEED + len(part)) for part, each in real.items()}
    return {
        part: real[part] * 2 + [made[part].work() for _ in range(12000 if part == "fit" else 3000)] for part in real
    }


def _lists(works: dict[str, list[Work]], options: argparse.Namespace) -> dict[str, list[List]]:
    chance = random.Random(_SEED)  # noqa: S311
    styles = styles_of(options.tools / "styles")
    print({part: len(each) for part, each in styles.items()}, "styles", flush=True)
    wanted = {"fit": (options.styles, 24), "choose": (80, 14), "report": (160, 14)}  # styles, longest list
    lists: dict[str, list[List]] = {}
    for part, (count, longest) in wanted.items():
        pool = works["fit" if part == "fit" else "report"]
        orders = [
            {
                "style": str(style),
                "locale": chance.choice(_LOCALES),
                "works": chance.sample(range(len(pool)), chance.randint(longest // 3, longest)),
            }
            for style in chance.sample(styles[part], min(count, len(styles[part])))
        ]
        lists[part] = _printed(orders, pool, options, chance)
    japanese = JapaneseLists(_SEED)
    for part, count in (("fit", 600), ("japanese", 150)):
        for _ in range(count):
            entries = [entry_of(spoilt(letters, chance), {}, italics=False) for letters in japanese.printed()]
            lists.setdefault(part, []).append([entry for entry in entries if entry])
    return {part: [each for each in printed if each] for part, printed in lists.items()}


def _printed(
    orders: Sequence[Mapping[str, object]], pool: Sequence[Work], options: argparse.Namespace, chance: random.Random
) -> list[List]:
    lists: dict[int, List] = {}
    italics: dict[int, bool] = {}
    lost = Counter[str]()
    for number, work, markup in print_lists(orders, pool, options.tools, options.scratch):
        keeps = italics.setdefault(number, chance.random() < 0.6)
        entry = entry_of(spoilt(letters_of(markup), chance), work, keeps)
        if entry and "title" in entry.labels:
            lists.setdefault(number, []).append(entry)
        else:
            lost["no title" if entry else "no names"] += 1
    print("left out:", dict(lost), flush=True)
    return list(lists.values())


def fit(lists: dict[str, list[List]], epochs: int) -> None:
    """Fit the network, and write its weights."""
    model = Labeller()
    chance = random.Random(_SEED)  # noqa: S311
    coded = [[(rows_of(e.tokens), [LABELS.index(label) for label in e.labels]) for e in each] for each in lists["fit"]]
    batches = _batches(coded, chance)
    steps = epochs * len(batches)
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(1, (step + 1) / 100) * (0.02 + 0.98 * (1 + math.cos(math.pi * min(step / steps, 1))) / 2),
    )
    for epoch in range(epochs):
        model.train()
        start, total = time.process_time(), 0.0
        batches = _batches(coded, chance)
        for rows, mask, labels, numbers in batches:
            loss = model.loss(model(rows, mask, numbers), mask, labels)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        model.write(WEIGHTS)
        network._network.cache_clear()
        print(
            epoch,
            f"loss {total / len(batches):.4f}",
            f"{time.process_time() - start:.0f} s",
            judged(lists["choose"]),
            flush=True,
        )


def _batches(
    coded: Sequence[list[tuple[np.ndarray, list[int]]]], chance: random.Random
) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Batches of lists: rows, mask, labels, the number of each entry's list. Lists are cut into random sizes."""
    pieces = []
    for entries in coded:
        rest = chance.sample(entries, len(entries))
        while rest:
            size = chance.choice((1, 2, 4, 8, 14))
            pieces.append(rest[:size])
            rest = rest[size:]
    chance.shuffle(pieces)
    batches, gathered = [], []
    for piece in pieces:
        gathered.append(piece)
        if sum(map(len, gathered)) >= _BATCH:
            batches.append(_padded(gathered))
            gathered = []
    return batches


def _padded(lists: Sequence[list[tuple[np.ndarray, list[int]]]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    entries = [(number, rows, labels) for number, each in enumerate(lists) for rows, labels in each]
    longest = max(len(rows) for _, rows, _ in entries)
    rows_out = torch.zeros(len(entries), longest, entries[0][1].shape[1], dtype=torch.long)
    mask = torch.zeros(len(entries), longest)
    labels_out = torch.zeros(len(entries), longest, dtype=torch.long)
    for place, (_, rows, labels) in enumerate(entries):
        rows_out[place, : len(rows)] = torch.from_numpy(rows)
        mask[place, : len(rows)] = 1
        labels_out[place, : len(rows)] = torch.tensor(labels)
    return rows_out, mask, labels_out, torch.tensor([number for number, _, _ in entries])


def judged(lists: Sequence[List]) -> str:
    """Shares of entries whose words of a field are all labelled right; "all": those of names, date and title."""
    right, count = Counter[str](), 0
    for entries in lists:
        for entry, labels in zip(entries, label_entries([entry.tokens for entry in entries]), strict=True):
            count += 1
            good = {name: _places(entry.labels, name) == _places(labels, name) for name in _SHOWN}
            right.update(name for name, is_right in good.items() if is_right)
            right["all"] += good["first"] and good["date"] and good["title"]
    return " ".join(f"{name} {right[name] / count:.3f}" for name in ("all", *_SHOWN))


def _places(labels: Sequence[str], name: str) -> list[int]:
    names = {"first", "name"} if name == "first" else {name}
    return [place for place, label in enumerate(labels) if label in names]


if __name__ == "__main__":
    main()
