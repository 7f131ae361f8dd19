"""Re-ranking of the first hits by any sentence-transformers CrossEncoder, by name or path.

A cross-encoder reads question and passage together, which is more accurate than two vectors and far slower; so only
the first hits are scored. Each model has its own scale of scores: they decide the order only, and the retriever's
scores are reassigned in that order.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.embedded.encoder import encodable
from retriever.encoder import canonical_name, expanded, open_offline_first
from retriever.types import Hit, Reranking, TenkyoError

DEPTH = 20  # hits that are re-ranked
_BATCH = 8  # pairs at once; larger batches are padded to their longest and are no faster on a CPU
_MOST_TOKENS = 512  # of question and passage together, also for models that take 8,192


class Reranker:
    """A cross-encoder on the CPU; calls from several threads run one after the other."""

    def __init__(self, model: str) -> None:
        """Load `model`, a hub name or a folder; takes seconds, as torch is imported here.

        Raises TenkyoError for a model that cannot be loaded or does not give one score a pair.
        """
        self.name = canonical_name(model)
        self._lock = threading.Lock()  # a tokenizer may not be used by two threads at once
        self._model = _load(model)

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Re-rank the first 20 hits; ties by the retriever's score, then by passage id."""
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
        """Scores of `texts` as log-odds, whose order survives where probabilities round to 1."""
        from torch.nn import Identity

        pairs = [(encodable(question), encodable(text)) for text in texts]
        with self._lock:
            chances = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=Identity())
        return np.asarray(chances, dtype=np.float64)


def _chance(odds: float) -> float:
    """Log-odds → probability in [0, 1]."""
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
    """Raise TenkyoError for a model without a trained scoring head, which would rank at random."""
    architectures = getattr(loaded.config, "architectures", None) or [""]
    is_scorer = len(loaded) > 1 or architectures[0].endswith("ForSequenceClassification")
    if not is_scorer:
        raise TenkyoError(
            f"reranker {model!r} is not a cross-encoder (its architecture is {architectures[0] or 'not named'}); "
            "give a model that scores a question with a passage"
        )
    if loaded.num_labels != 1:
        raise TenkyoError(
            f"reranker {model!r} gives {loaded.num_labels} labels for a question with a passage, not one score; "
            "give a cross-encoder made for ranking"
        )
