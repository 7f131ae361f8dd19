"""A cross-encoder, real and tiny, with weights whose order can be told beforehand: the share of the word "lamp"."""

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.answering.decide.confidence import confidence_features, models
from app.answering.read.sentences import rank_sentences
from app.answering.understand.question import ordinary_question, question_terms
from app.cli import main
from ingest.pipeline import ingest
from retriever.index.open import open_index
from retriever.reranker import DEPTH, Reranker
from retriever.types import Hit, Passage, TenkyoError
from tests.conftest import ROOT, tenkyo_environment
from tests.retriever.letters import LetterEncoder, NoProgress

pytestmark = pytest.mark.slow

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "lamp"]
TEXTS = {"some": "harbour wall lamp", "none": "harbour wall stone", "most": "lamp lamp harbour"}


def write_model(folder: Path, *, labels: int = 1, scorer: bool = True) -> str:
    """A BERT of one layer that looks at all words alike; its score rises with the share of "lamp" among them."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=4, num_hidden_layers=1, num_attention_heads=1, intermediate_size=4,
        max_position_embeddings=64, id2label={n: str(n) for n in range(labels)},
    )  # fmt: skip
    model: Any = BertForSequenceClassification(config) if scorer else BertModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        bert = model.bert if scorer else model
        words = bert.embeddings.word_embeddings.weight
        words[:, 3] = 1
        words[VOCABULARY.index("lamp")] = torch.tensor([1.0, 0, 0, 0])
        layer = bert.encoder.layer[0]
        for norm in (bert.embeddings.LayerNorm, layer.attention.output.LayerNorm, layer.output.LayerNorm):
            norm.weight.fill_(1)
        for matrix in (layer.attention.self.value, layer.attention.output.dense, bert.pooler.dense):
            matrix.weight.copy_(torch.eye(4))
        if scorer:
            model.classifier.weight[:, 0] = 4
    model.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of that model."""
    return write_model(tmp_path_factory.mktemp("models") / "lamps")


@pytest.fixture
def harbour(letters: LetterEncoder, tmp_path: Path) -> str:
    """The folder of an index of three documents, with the encoder that counts letters."""
    for name, text in TEXTS.items():
        (tmp_path / f"{name}.txt").write_text(text + ".", encoding="utf-8")
    ingest(tmp_path / "index", [str(tmp_path / f"{name}.txt") for name in TEXTS], progress=NoProgress())
    assert letters.encoded
    return str(tmp_path / "index")


def hit(rank: int, text: str, score: float) -> Hit:
    """A hit of a made passage."""
    return Hit(Passage(f"p{rank:02}", "d", text, 0, len(text)), score, rank, rank)


def ids(hits: Sequence[Hit]) -> list[str]:
    """The passages' ids."""
    return [hit.passage.id for hit in hits]


def test_passages_come_in_the_models_order_and_scores_stay_the_retrievers(lamps: str) -> None:
    hits = [hit(1, TEXTS["some"], 0.9), hit(2, TEXTS["none"], 0.5), hit(3, TEXTS["most"], 0.4)]
    reranked = Reranker(lamps).rerank("lamp?", hits)
    assert [(hit.passage.id, hit.rank, hit.score, hit.own_score) for hit in reranked] == [
        ("p03", 1, 0.9, 0.4),
        ("p01", 2, 0.5, 0.9),
        ("p02", 3, 0.4, 0.5),
    ]
    chances = [hit.reranked.chance for hit in reranked if hit.reranked]
    assert 1 > chances[0] > chances[1] > chances[2] > 0
    assert [hit.reranked.rank for hit in reranked if hit.reranked] == [3, 1, 2]
    assert Reranker(lamps).rerank("lamp?", []) == []


def test_equals_come_by_score_then_id_and_what_lies_beyond_stays_where_it_was(lamps: str) -> None:
    equal = [replace(hit(3, "stone", 0.9), rank=1), hit(2, "stone", 0.9), replace(hit(1, "stone", 0.95), rank=3)]
    rest = [hit(rank, "lamp", 0.5 - rank / 100) for rank in range(4, DEPTH + 3)]
    reranked = Reranker(lamps).rerank("?", [*equal, *rest])
    assert ids(reranked)[-5:] == ["p01", "p02", "p03", f"p{DEPTH + 1}", f"p{DEPTH + 2}"]
    assert reranked[-1].reranked is None
    assert [hit.rank for hit in reranked] == list(range(1, DEPTH + 3))
    assert [hit.score for hit in reranked] == sorted((hit.score for hit in reranked), reverse=True)


def test_many_threads_get_what_one_gets(lamps: str) -> None:
    reranker = Reranker(lamps)
    hits = [hit(rank, "lamp " * (rank * 7 % 10) + "stone " * 5, 1 - rank / 100) for rank in range(1, 15)]
    alone = ids(reranker.rerank("stone", hits))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: ids(reranker.rerank("stone", hits)), range(16))) == [alone] * 16


def test_an_order_that_the_retriever_does_not_share_makes_no_answer_surer(
    harbour: str, letters: LetterEncoder, lamps: str
) -> None:
    index = open_index(Path(harbour))
    query = index.query("harbour wall stone", letters)
    reranker = Reranker(lamps)
    reranked = {name: index.search(query, 10, model) for name, model in (("own", None), ("moved", reranker))}
    assert [hits[0].passage.document_id for hits in reranked.values()] == ["none.txt", "most.txt"]
    terms = question_terms(ordinary_question(query.text), query, index)
    said = {
        name: confidence_features(terms, hits, rank_sentences(terms, hits, index), index)
        for name, hits in reranked.items()
    }
    assert said["moved"]["reranker_gap"] > 0 == said["own"]["reranker_gap"]
    assert all(model.weights["reranker_gap"] < 0 for model in models().values())


def test_search_ask_explain_and_evaluate_take_it(
    harbour: str, lamps: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = ("harbour wall stone", "--index", harbour)
    assert main(["search", *asking, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["document_id"] == "none.txt"
    assert main(["search", *asking, "--json", "-k", "1", "--reranker", lamps]) == 0
    assert [hit["document_id"] for hit in json.loads(capsys.readouterr().out)["hits"]] == ["most.txt"]
    monkeypatch.setenv("TENKYO_RERANKER", lamps)
    assert main(["ask", *asking, "--json", "--explain"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [hit["document_id"] for hit in answer["hits"]] == ["most.txt", "some.txt", "none.txt"]
    first = answer["explanation"]["hits"][0]
    assert first["reranked"]["rank"] == 3
    assert first["reranked"]["score"] < first["score"]
    assert main(["ask", *asking, "--explain"]) == 0
    assert f"reranker {first['reranked']['chance']:.3f}, before it 3 with" in capsys.readouterr().out
    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps({"question": "harbour wall stone", "document_id": "most.txt"}), encoding="utf-8")
    assert main(["evaluate", str(questions), "--out", str(tmp_path / "out"), "--index", harbour, "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert (metrics["overall"]["hit@1"]["value"], metrics["settings"]["reranker"]) == (1, lamps)


def test_models_that_cannot_rank_are_refused_in_one_line(
    harbour: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    three, encoder = write_model(tmp_path / "three", labels=3), write_model(tmp_path / "encoder", scorer=False)
    (tmp_path / "empty").mkdir()
    capsys.readouterr()  # transformers' own bars
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    reasons = {
        "/no/such": "reranker '/no/such': no such folder; give a model's folder or its name on the hub",
        three: f"reranker '{three}' gives 3 labels for a question with a passage, not one score; ",
        encoder: f"reranker '{encoder}' is not a cross-encoder (its architecture is BertModel); ",
        str(tmp_path / "empty"): "cannot be loaded (",
        "nobody/no-such-model": "reranker 'nobody/no-such-model' cannot be loaded (",
    }
    for model, reason in reasons.items():
        assert main(["search", "lamp", "--index", harbour, "--reranker", model]) == 1
        said = capsys.readouterr().err.splitlines()
        assert [line for line in said if line.startswith("error: ") and reason in line] == said[-1:]
    assert main(["search", "lamp", "--index", harbour, "--reranker", ""]) == 1
    assert "--reranker is empty" in capsys.readouterr().err
    with pytest.raises(TenkyoError, match="no such folder"):
        Reranker("~no-such-user/model")


def test_without_one_nothing_of_torch_is_imported(library_folder: Path) -> None:
    looking = (
        "import sys; from app.cli import main; "
        f"main(['search', '館長', '--json', '--index', {str(library_folder)!r}]); "
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", looking], env=tenkyo_environment(), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
