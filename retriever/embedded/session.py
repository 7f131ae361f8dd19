"""Models opened in ONNX Runtime, one thread a call and nothing sent to anybody."""

import os
from typing import Any

from retriever.types import TenkyoError


def open_session(graph: bytes) -> Any:
    """The InferenceSession of the model file `graph`, safe to run from several threads. Raises TenkyoError."""
    # From 1.29 on it writes an identifier of the machine and sends events to its maker unless this is set before.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    # One thread a text: texts run side by side, which scales better than the parts of one text do.
    options.intra_op_num_threads = 1
    # The extended level joins each sum to its norm in an operator that took 8.5 ms a passage in place of 2.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3  # errors
    # its errors have no class in common but Exception
    errors = tuple(one for one in vars(state).values() if isinstance(one, type) and issubclass(one, Exception))
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except errors as error:
        reason = str(error).strip().partition("\n")[0]
        raise TenkyoError(f"ONNX Runtime {onnxruntime.__version__} cannot load the model: {reason}") from error
