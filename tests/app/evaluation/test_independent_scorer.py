"""The figures of real question sets against a second scorer that reads only predictions.jsonl."""

import json
import math
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from app.commands.evaluation import ask_of
from app.evaluation.report.run_report import report_html
from app.evaluation.run import evaluate
from tests.app.evaluation.fake_library import PairLibrary, passage
from tests.app.evaluation.fake_progress import NotedProgress

SHARED = Path(__file__).resolve().parents[4] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared, which stands beside the checkout")


def bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def tokens(text: str) -> list[str]:
    """Numbers and Latin words whole, other letters and digits alone, "%" kept, the rest and articles left out."""
    kept: list[str] = []
    previous = ""
    plain = unicodedata.normalize("NFKC", text).lower().replace("パーセント", "%")
    for character, following in zip(plain, plain[1:] + " ", strict=True):
        kind = (
            "digit" if character.isdigit() else "latin" if character.isalpha() and ord(character) < 0x250 else "other"
        )
        if character == "," and previous == "digit":
            continue  # these sets have no other commas between digits
        if character == "." and previous == "digit" and following.isdigit():
            kept[-1] += character
            continue
        if kind != "other" and kind == previous:
            kept[-1] += character
        elif character.isalnum() or character in "%$¥€£°+<>=":
            kept.append(character)
        previous = kind
    return [token for token in kept if token not in {"a", "an", "the"}]


def holds(text: str, gold: str) -> bool:
    inside, wanted = tokens(text), tokens(gold)
    return any(inside[at : at + len(wanted)] == wanted for at in range(len(inside) - len(wanted) + 1))


def characters(text: str) -> str:
    """SQuAD's normalisation after NFKC, white space gone: letters with their marks and digits, no articles."""
    plain = unicodedata.normalize("NFKC", text).lower()
    words = "".join(character if unicodedata.category(character)[0] in "LNM" else "/" for character in plain).split("/")
    return "".join(word for word in words if word not in {"a", "an", "the"})


def f1(prediction: str, gold: str) -> float:
    mine, theirs = characters(prediction), characters(gold)
    return 2 * sum((Counter(mine) & Counter(theirs)).values()) / (len(mine) + len(theirs))


def mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)


def independent_figures(path: Path) -> dict[str, float]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    answerable = [row for row in rows if row["answers"]]
    ranks = []
    for row in answerable:
        held = [bare(row["evidence"][0]) in bare(hit["text"]) for hit in row["answer"]["hits"]]
        ranks.append(held.index(True) + 1 if True in held else math.inf)
    figures = {f"hit@{k}": mean(rank <= k for rank in ranks) for k in (1, 5, 10)}
    figures["recall@5"] = figures["hit@5"]
    figures["mrr@10"] = mean(1 / rank for rank in ranks)
    figures["ndcg@10"] = mean(1 / math.log2(1 + rank) for rank in ranks)
    figures["answer_match"] = mean(match_of(row) for row in answerable)
    figures["char_f1"] = mean(
        max(
            [f1(citation["quote"], gold) for citation in row["answer"]["citations"] for gold in row["answers"]],
            default=0,
        )
        for row in answerable
    )
    cited = [row for row in answerable if row["answer"]["citations"]]
    figures["citation_precision"] = mean(
        mean(bare(row["evidence"][0]) in bare(citation["text"]) for citation in row["answer"]["citations"])
        for row in cited
    )
    abstained = [row for row in rows if row["answer"]["abstained"]]
    figures["refused_answerable"] = mean(row["answer"]["abstained"] for row in answerable)
    if len(answerable) < len(rows):
        figures["abstention_precision"] = mean(not row["answers"] for row in abstained)
    return figures


def match_of(row: dict[str, Any]) -> float:
    if row["answer"]["abstained"]:
        return 0.0
    matched = [holds(row["answer"]["text"].replace("[1]", " "), gold) for gold in row["answers"]]
    return mean(matched) if row["type"] == "list" else float(any(matched))


def compare_scorers(questions: Path, library: PairLibrary, out: Path) -> None:
    metrics = evaluate(
        questions, out, ask=ask_of(library, 10), settings={"k": 10}, report=report_html, minimums={}, workers=2,
        progress=NotedProgress(),
    ).metrics  # fmt: skip
    expected = independent_figures(out / "predictions.jsonl")
    assert {name: metrics["overall"][name]["value"] for name in expected} == pytest.approx(expected, abs=1e-9)


@needs_shared
@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.thorough)])
def test_figures_on_jsquad_agree_with_an_independent_scorer(count: int, tmp_path: Path) -> None:
    files = [tmp_path / "corpus.jsonl", tmp_path / "questions.jsonl"]
    command: list[str | Path] = [
        sys.executable,
        SHARED / "tools" / "jsquad.py",
        SHARED / "data" / "jsquad-valid-v1.3.json",
        *files,
    ]
    subprocess.run([*command, "--sample", str(count)], check=True, capture_output=True)
    documents = [json.loads(line) for line in files[0].read_text(encoding="utf-8").splitlines()]
    library = PairLibrary([passage(document["id"], document["text"]) for document in documents], least=6)
    compare_scorers(files[1], library, tmp_path / "out")


@needs_shared
def test_figures_on_the_paper_agree_with_an_independent_scorer(tmp_path: Path) -> None:
    lines = (SHARED / "corpus" / "paper.txt").read_text(encoding="utf-8").splitlines()
    library = PairLibrary(
        [passage(f"line{number}", line) for number, line in enumerate(lines) if line.strip()], least=4
    )
    compare_scorers(SHARED / "data" / "paper_qa_dev.jsonl", library, tmp_path / "out")
