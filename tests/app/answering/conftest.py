"""What tests of answers share."""

from collections.abc import Iterator

import pytest

from tests.opened_once import open_encoder, open_onnx_reader


@pytest.fixture(scope="module", autouse=True)
def models_opened_once() -> Iterator[None]:
    """Every library of these tests asks the same encoder and reader."""
    with pytest.MonkeyPatch.context() as patch:
        for place in ("retriever.encoder.open_encoder", "ingest.pipeline.open_encoder"):
            patch.setattr(place, open_encoder)
        patch.setattr("retriever.embedded.reader.open_onnx_reader", open_onnx_reader)
        yield
