"""Counters for `/metrics` in Prometheus text."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.answering.types import Answer
from retriever.types import Step

# the addresses by which requests are counted; anything else is "other", so that labels stay few
_ROUTES = (
    "/api/ask",
    "/api/search",
    "/api/passage",
    "/api/starters",
    "/api/study",
    "/api/export",
    "/api/feedback",
    "/api/tab",
    "/widget.js",
    "/widget",
    "/widget/ask",
    "/widget/demo",
    "/labels.js",
    "/page.webp",
    "/boxes.svg",
    "/original",
    "/healthz",
    "/readyz",
    "/metrics",
)
_PREFIXES = ("/chat", "/documents", "/static", "/teach", "/lti")
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def route_of(path: str) -> str:
    """The label under which a request is counted."""
    if path == "/" or path in _ROUTES:
        return path
    return next((prefix for prefix in _PREFIXES if path == prefix or path.startswith(f"{prefix}/")), "other")


class Metrics:
    """One server's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tenkyo_http_requests", "HTTP requests", ["method", "route", "status"], registry=self.registry
        )
        self._answers = Counter(
            "tenkyo_answers", "Questions answered or declined", ["language"], registry=self.registry
        )
        self._abstentions = Counter(
            "tenkyo_abstentions", "Questions that the documents do not answer", ["language"], registry=self.registry
        )
        self._seconds = Histogram(
            "tenkyo_answer_seconds", "Seconds from question to answer", buckets=_SECONDS, registry=self.registry
        )
        self._steps = Histogram(
            "tenkyo_step_seconds",
            "Seconds of each step of an answer; a question may take a step several times, and read holds decide",
            ["step"],
            buckets=(0.001, *_SECONDS),
            registry=self.registry,
        )
        self._composed = Counter("tenkyo_composed", "Answers by how they were made", ["method"], registry=self.registry)
        self._withheld = Counter(
            "tenkyo_withheld", "Composed sentences that were not shown", ["reason"], registry=self.registry
        )
        self._compose_seconds = Histogram(
            "tenkyo_compose_seconds", "Seconds from the quoted answer to the composed one", registry=self.registry
        )
        self._calls = Counter("tenkyo_model_calls", "Calls of the language model", registry=self.registry)
        self._tokens = Counter("tenkyo_model_tokens", "Tokens of these calls", registry=self.registry)
        self.first_sentence = Histogram(
            "tenkyo_first_sentence_seconds", "Seconds to the first composed sentence shown", registry=self.registry
        )
        self._waiting = Gauge("tenkyo_waiting", "Calls under way or in the queue", registry=self.registry)
        self._ready = Gauge("tenkyo_ready", "1 once the index is open", registry=self.registry)
        self._index = Gauge("tenkyo_index_info", "The open index", ["generation"], registry=self.registry)

    def count_request(self, method: str, path: str, status: int) -> None:
        """One response."""
        method = method if method in ("GET", "HEAD", "POST") else "other"
        self._requests.labels(method, route_of(path), str(status)).inc()

    def count_answer(self, answer: Answer, seconds: float) -> None:
        """One answer or abstention."""
        self._answers.labels(answer.language).inc()
        self._abstentions.labels(answer.language).inc(int(answer.abstained))
        self._seconds.observe(seconds)

    def count_steps(self, steps: Sequence[Step]) -> None:
        """The steps of one question, answered or stopped."""
        for step in steps:
            self._steps.labels(step.name).observe(step.seconds)

    def count_composed(self, answer: Answer, seconds: float) -> None:
        """One answer that a language model was to compose."""
        self._composed.labels(answer.method).inc()
        for reason in answer.withheld:
            self._withheld.labels(reason).inc()
        self._compose_seconds.observe(seconds)

    def count_model_call(self, tokens: int) -> None:
        """One call of the language model that has ended."""
        self._calls.inc()
        self._tokens.inc(tokens)

    def render(self, generation: str | None, waiting: int) -> bytes:
        """The text that Prometheus reads; `generation` is None until the index is open."""
        self._waiting.set(waiting)
        self._ready.set(int(generation is not None))
        self._index.clear()
        if generation is not None:
            self._index.labels(generation).set(1)
        return generate_latest(self.registry)
