"""The reader's mathematics: adapters, padding, what a span and a passage cost, the choice of a span."""

from pathlib import Path

import numpy as np
import pytest
import torch

from app.training.reader.comparison import area
from app.training.reader.course.examples import Example
from app.training.reader.losses import losses
from app.training.reader.model import AdaptedLinear
from app.training.reader.pairs import padded, pair, read
from app.training.reader.weights import load_state, read_weights, trained_state, write_weights
from retriever.embedded.adapter import SCALE
from retriever.types import TenkyoError
from tests.app.training.tiny import tiny_reader


def test_an_adapter_adds_its_product_to_the_weights_and_has_its_gradients() -> None:
    torch.manual_seed(1)
    layer = AdaptedLinear(torch.randn(5, 4), torch.randn(5), 2)
    layer.weight, layer.bias = layer.weight.float(), layer.bias.float()
    with torch.no_grad():
        layer.up.normal_()
    x = torch.randn(3, 4, requires_grad=True)
    down, up, same = (parameter.detach().clone().requires_grad_() for parameter in (layer.down, layer.up, x))
    expected = same @ (layer.weight + SCALE * up @ down).t() + layer.bias
    got = layer(x)
    torch.testing.assert_close(got, expected)
    ours = torch.autograd.grad(got.square().sum(), (layer.down, layer.up, x))
    theirs = torch.autograd.grad(expected.square().sum(), (down, up, same))
    torch.testing.assert_close(ours, theirs)


def test_what_a_pair_is_padded_with_does_not_change_what_is_read() -> None:
    reader = tiny_reader()
    short, long = pair("誰か", "", "王だ。"), pair("何年か", "川", "1966年に橋が架かった。" * 5)
    alone, _ = reader(*padded([short]))
    beside, _ = reader(*padded([short, long]))
    torch.testing.assert_close(beside[:1, : len(short.ids)], alone, atol=2e-2, rtol=0)


def test_the_layers_below_learn_nothing_and_the_others_do() -> None:
    names = trained_state(tiny_reader()).keys()
    assert not any(name.startswith("layers.0") for name in names)
    assert {"layers.1.qkv.down", "layers.1.first_norm.weight", "span.weight", "relevance.bias"} <= names


def test_a_pair_that_is_read_right_costs_less() -> None:
    """With heads that give nothing, each passage costs log 2, the choice of two and none log 3 of 3 equal ones."""
    reader = tiny_reader()
    with torch.no_grad():
        for parameter in (reader.relevance.weight, reader.relevance.bias, reader.span.weight, reader.span.bias):
            parameter.zero_()
    read_pair = pair("何年か", "", "1966年だ。")
    span = read_pair.tokens_of(0, 5)
    loss = losses(reader, ((Example(read_pair, True, span), Example(read_pair, False)),))
    assert loss.relevance.item() == pytest.approx(np.log(2))
    assert loss.among.item() == pytest.approx(np.log(3))
    assert loss.span.item() == pytest.approx(np.log(len(read_pair.offsets) + 1))


def test_a_batch_without_a_verbatim_answer_costs_nothing_for_its_spans() -> None:
    loss = losses(tiny_reader(), ((Example(pair("なぜか", "", "雨が降ったためだ。"), True),),))
    assert loss.span.item() == 0.0
    assert torch.isfinite(loss.total)


def test_reading_gives_a_span_of_the_text_in_its_order() -> None:
    text = "橋は1966年に架かった。王が渡った。"
    readings = read(tiny_reader(), "誰が渡ったか", [("川", text), ("", "雨だ。"), ("", "")])
    assert len(readings) == 3
    span = readings[0].span(0, len(text))
    assert span is not None
    assert 0 <= span[0] < span[1] <= len(text)
    assert readings[2].span(0, 0) is None


def test_weights_come_back_from_the_compact_file_with_their_licence(tmp_path: Path) -> None:
    reader, other = tiny_reader(1), tiny_reader(2)
    write_weights(tmp_path / "reader.npz", trained_state(reader))
    load_state(other, read_weights(tmp_path / "reader.npz"))
    for name, parameter in trained_state(other).items():
        torch.testing.assert_close(parameter, trained_state(reader)[name], atol=1e-3, rtol=1e-3)
    assert "CC BY-SA 4.0" in str(np.load(tmp_path / "reader.npz")["licence"])


def test_weights_of_another_model_are_refused_by_name() -> None:
    state = trained_state(tiny_reader())
    del state["span.bias"]
    with pytest.raises(TenkyoError, match=r"span\.bias"):
        load_state(tiny_reader(), state)


def test_the_area_counts_pairs_in_the_right_order_and_ties_half() -> None:
    assert area(np.array([3.0, 1.0]), np.array([2.0, 1.0])) == pytest.approx(2.5 / 4)
