"""A reader of random weights that is small enough to train in a test, and data sets of a few lines."""

import gzip
import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
import torch

from app.training.reader.model import ReaderModel
from app.training.reader.pairs import tokenizer
from retriever.embedded.encoder import Shape, Weights

_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_SHAPE = Shape(width=32, layers=2, heads=2, inner=64, longest=512, epsilon=1e-5)
_PARTS = (("q", 32, 32), ("k", 32, 32), ("v", 32, 32), ("ao", 32, 32), ("fi", 32, 64), ("fo", 64, 32))


def tiny_reader(seed: int = 0) -> ReaderModel:
    """A reader of two layers, of which the second has an adapter; the same for the same seed."""
    torch.manual_seed(seed)
    return ReaderModel(_weights(), rank=2, frozen=1)


def _weights() -> Weights:
    rng = np.random.default_rng(0)
    vocabulary = tokenizer().vocabulary
    data = bytearray()
    places: dict[str, tuple[int, int, int]] = {}

    def blocks(name: str, count: int) -> None:
        blocks = np.zeros(count // 32, _BLOCK)
        blocks["scale"] = 0.05
        blocks["nibbles"] = rng.integers(0, 256, (len(blocks), 16))
        places[name] = (2, count, len(data))
        data.extend(blocks.tobytes())

    def vector(name: str, values: Any) -> None:
        places[name] = (0, len(values), len(data))
        data.extend(np.asarray(values, "<f4").tobytes())

    blocks("emb.word", len(vocabulary.scores) * 32)
    vector("emb.pos", rng.normal(0, 0.1, 512 * 32))
    vector("emb.type", np.zeros(32))
    norms = ["emb.ln", *(f"l{number}.{name}" for number in range(2) for name in ("aln", "oln"))]
    for name in norms:
        vector(f"{name}.w", np.ones(32))
        vector(f"{name}.b", np.zeros(32))
    for number in range(2):
        for name, width, height in _PARTS:
            blocks(f"l{number}.{name}.w", width * height)
            vector(f"l{number}.{name}.b", np.zeros(height))
    file = mmap.mmap(-1, len(data))
    file.write(bytes(data))
    return Weights(_SHAPE, vocabulary, places, file, 0)


_RIVERS = {
    "arno": "アルノ川は1966年に氾濫し、街の図書館が水に沈んだ。救助にはカルロ市長が当たった。",
    "tiber": "テベレ川の堤防は1876年に着工され、五十年後に完成した。技師はラファエレだった。",
    "po": "ポー川の流域では米が作られる。最も長い橋は1951年に流された。",
}
_ASKED = (
    ("arno", "アルノ川が氾濫したのは何年ですか", ["1966年"], "train"),
    ("arno", "救助に当たった市長は誰ですか", ["カルロ"], "train"),
    ("tiber", "テベレ川の堤防の技師は誰か", ["ラファエレ"], "train"),
    ("po", "ポー川の流域で作られるのは何か", ["米"], "dev"),
)


def write_sets(data: Path) -> None:
    """JaQuAD of one document of three passages, SQuAD 2.0 of one with a question that nothing answers, DRCD of one."""
    japanese = [{"id": name, "title": "川", "text": text * 4} for name, text in _RIVERS.items()]
    questions = [
        {"id": f"q{number}", "lang": "ja", "question": text, "answers": answers, "passage_id": name}
        | {"answerable": True, "split": split}
        for number, (name, text, answers, split) in enumerate(_ASKED)
    ]
    _write(data, "jaquad", japanese, questions)
    english = "The Severn bridge was opened in 1966 by the Queen. It links England and Wales. " * 6
    shared_fields = {"lang": "en", "passage_id": "severn", "split": "dev"}
    answered = {"id": "e0", "question": "Who opened the Severn bridge?", "answers": ["the Queen"], "answerable": True}
    untold = {"id": "e1", "question": "Who painted the bridge?", "answers": [], "answerable": False}
    passages = [{"id": "severn", "title": "Bridges", "text": english}]
    _write(data, "squad2_dev", passages, [answered | shared_fields, untold | shared_fields])
    chinese = [{"id": "tamsui", "title": "河流", "text": "淡水河的大橋於1925年完工，由工程師林氏設計。" * 8}]
    asked = {"id": "c0", "lang": "zh", "question": "淡水河的大橋由誰設計？", "answers": ["林氏"], "answerable": True}
    _write(data, "drcd", chinese, [asked | {"passage_id": "tamsui", "split": "dev"}])


def _write(data: Path, name: str, passages: list[dict[str, Any]], questions: list[dict[str, Any]]) -> None:
    folder = data / "reading"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, rows in (("passages", passages), ("questions", questions)):
        with gzip.open(folder / f"{name}.{kind}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
