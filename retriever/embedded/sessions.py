"""Sessions of ONNX Runtime, and their runs side by side: one thread a text, one text a processor at a time."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from retriever.types import TenkyoError

Given = TypeVar("Given")
Made = TypeVar("Made")


def open_session(graph: bytes) -> Any:
    """The InferenceSession of the model file `graph`, safe to run from several threads. Raises TenkyoError."""
    # From 1.29 on it sends telemetry with an identifier of the machine unless this is set before the import.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    # One thread a text: running texts in parallel scales better than splitting one text.
    options.intra_op_num_threads = 1
    # The extended level fuses each sum with its layer norm into an operator that took 8.5 ms a passage instead of 2.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3  # errors
    # onnxruntime's errors share no base class but Exception
    errors = tuple(one for one in vars(state).values() if isinstance(one, type) and issubclass(one, Exception))
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except errors as error:
        reason = str(error).strip().partition("\n")[0]
        raise TenkyoError(f"ONNX Runtime {onnxruntime.__version__} cannot load the model: {reason}") from error


def in_parallel(work: Callable[[Given], Made], items: Sequence[Given], sizes: Sequence[int]) -> list[Made]:
    """What `work` makes of each item, in their order; the largest are begun first, so that all processors end together.

    The first error is raised, and what is not begun yet is left out.
    """
    order = sorted(range(len(items)), key=lambda i: sizes[i], reverse=True)
    workers = min(len(items), _processors())
    if workers < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        futures = {i: pool.submit(work, items[i]) for i in order}
        try:
            return [futures[i].result() for i in range(len(items))]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
