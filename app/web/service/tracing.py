"""The id of each request, and spans of an answer's steps for OpenTelemetry where that is installed."""

import secrets
from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any

from retriever.types import Step

_REQUEST: ContextVar[str] = ContextVar("tenkyo_request", default="")
_NANOSECONDS = 1_000_000_000


def request_id() -> str:
    """The id of the request that is being answered; "" outside of requests."""
    return _REQUEST.get()


def begin_request(given: str = "") -> str:
    """Gives the current request the id `given`, or a new one of 16 hexadecimal digits; returns it."""
    name = given or secrets.token_hex(8)
    _REQUEST.set(name)
    return name


@cache
def _tracer() -> Any:
    """OpenTelemetry's tracer; None where its library is not installed."""
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace.get_tracer("tenkyo")


def trace_steps(steps: Sequence[Step], request: str, tracer: Any = None) -> None:
    """Emit one span for the question, from its first step to its last, with a child span for each step.

    The exporter is configured outside, for example by `opentelemetry-instrument` or OTEL_* variables; without one,
    the spans go nowhere. No span holds the question's text.
    """
    tracer = tracer or _tracer()
    if tracer is None or not steps:
        return
    from opentelemetry import trace

    begin, end = min(step.began for step in steps), max(step.began + step.seconds for step in steps)
    question = tracer.start_span(
        "answer", start_time=int(begin * _NANOSECONDS), attributes={"tenkyo.request_id": request}
    )
    inside = trace.set_span_in_context(question)
    for step in steps:
        span = tracer.start_span(step.name, context=inside, start_time=int(step.began * _NANOSECONDS))
        span.end(end_time=int((step.began + step.seconds) * _NANOSECONDS))
    question.end(end_time=int(end * _NANOSECONDS))
