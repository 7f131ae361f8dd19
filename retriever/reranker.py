"""A cross-encoder's opinion of the first hits: any sentence-transformers CrossEncoder, by name or path.

It reads the question together with each passage, which tells more than two vectors and takes far longer; so only the
first hits are read anew. The scores of cross-encoders lie on scales of their own, and differ from one to the next:
they decide the order, while the hits' scores stay those of the retriever, dealt out anew in that order.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.embedded.tokens import encodable
from retriever.encoder import canonical_name, expanded, open_offline_first
from retriever.types import Hit, Reranking, TenkyoError

DEPTH = 20  # hits that are read anew
_BATCH = 8  # pairs at once: a larger batch is padded to its longest and is no faster on a processor
_MOST_TOKENS = 512  # of a question and a passage together; models that take 8,192 would take them all


class Reranker:
    """A cross-encoder on the processor, safe to use from several threads (one after the other)."""

    def __init__(self, model: str) -> None:
        """Load `model`, a hub name or a folder; takes seconds, as torch is imported here.

        Raises TenkyoError for a model that cannot be had, or that does not give a pair one score.
        """
        self.name = canonical_name(model)
        self._lock = threading.Lock()  # a tokenizer may not be used by two threads at once
        self._model = _load(model)

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits with the first 20 in the model's order; equal scores by the retriever's, then by passage id."""
        first = list(hits[:DEPTH])
        if not first:
            return []
        odds = self._odds(question, [hit.passage.searchable for hit in first])
        order = sorted(range(len(first)), key=lambda i: (-odds[i], -first[i].score, first[i].passage.id))
        scores = sorted((hit.score for hit in first), reverse=True)
        moved = [
            replace(first[i], score=score, rank=rank, reranked=Reranking(_chance(odds[i]), first[i].score, i + 1))
            for rank, (i, score) in enumerate(zip(order, scores, strict=True), 1)
        ]
        return moved + list(hits[DEPTH:])

    def _odds(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """The model's score of each of `texts` as log-odds: their order survives where chances round to 1."""
        from torch.nn import Identity

        pairs = [(encodable(question), encodable(text)) for text in texts]
        with self._lock:
            found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=Identity())
        return np.asarray(found, dtype=np.float64)


def _chance(odds: float) -> float:
    """Log-odds as a chance in [0, 1]."""
    return float(1 / (1 + np.exp(-np.clip(odds, -500, 500))))


def _load(model: str) -> Any:
    source = expanded(model)
    if (Path(source).is_absolute() or source.startswith((".", "~"))) and not Path(source).is_dir():
        raise TenkyoError(f"reranker {model!r}: no such folder; give a model's folder or its name on the hub")
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder

    try:
        loaded = open_offline_first(CrossEncoder, source, "config.json")
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise TenkyoError(
            f"reranker {model!r} cannot be loaded ({reason}); give the folder of a sentence-transformers "
            "CrossEncoder, or leave --reranker out"
        ) from error
    _check(model, loaded)
    loaded.max_seq_length = min(loaded.max_seq_length or _MOST_TOKENS, _MOST_TOKENS)
    return loaded


def _check(model: str, loaded: Any) -> None:
    """Raise TenkyoError for a model without a trained score of a pair, which would order the passages by chance."""
    architectures = getattr(loaded.config, "architectures", None) or [""]
    is_scorer = len(loaded) > 1 or architectures[0].endswith("ForSequenceClassification")
    if not is_scorer:
        raise TenkyoError(
            f"reranker {model!r} is no cross-encoder (its architecture is {architectures[0] or 'not named'}); "
            "give a model that scores a question with a passage"
        )
    if loaded.num_labels != 1:
        raise TenkyoError(
            f"reranker {model!r} gives {loaded.num_labels} labels for a question with a passage, not one score; "
            "give a cross-encoder made for ranking"
        )
