"""The encoder and the reader that ship, opened once in a process: opening both takes as long as a few questions."""

from functools import cache

from retriever import encoder
from retriever.embedded import reader

open_encoder = cache(encoder.open_encoder)
open_onnx_reader = cache(reader.open_onnx_reader)
