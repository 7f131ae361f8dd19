"""`tenkyo doctor`: checks installation, encoder, index, pages and language model, a line each, with the remedy."""

import argparse
import errno
import importlib.util
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from app.settings import Settings
from retriever.types import TenkyoError

_QUESTION = "What is this document about?"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `remedy` says what to do where it is not well."""

    check: str
    ok: bool
    message: str
    remedy: str = ""


def doctor(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo doctor`: 0 where all is well, 1 where a check failed."""
    from app.commands import print_json

    findings = []
    for finding in _findings(settings):
        findings.append(finding)
        if not args.json:
            remedy = f"; {finding.remedy}" if finding.remedy else ""
            print(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check:14}  {finding.message}{remedy}", flush=True)
    failed = [finding.check for finding in findings if not finding.ok]
    if args.json:
        print_json({"ok": not failed, "checks": [asdict(finding) for finding in findings]})
    if failed:
        raise TenkyoError(f"{', '.join(failed)}: not well; do what stands beside FAIL, then run tenkyo doctor again")
    return 0


def _findings(settings: Settings) -> Iterator[Finding]:
    checks: dict[str, tuple[Callable[[Settings], str], str]] = {
        "installation": (_installation, "install Tenkyo again in a fresh environment: pip install ."),
        "encoder": (_encoder, "install onnxruntime again, or name another model with --encoder when you ingest"),
        "index": (_index, "ingest your documents again: tenkyo ingest SOURCE"),
        "answer": (_answer, "look at the line of the index and the encoder"),
        "pages": (_pages, "install Gradio 6.31 again, or choose another --port"),
    }
    if settings.llm_url or settings.llm_model:
        checks["language model"] = (_model, "start the model's server, or correct TENKYO_LLM_URL and TENKYO_LLM_MODEL")
    for name, (check, remedy) in checks.items():
        try:
            yield Finding(name, True, check(settings))
        except (TenkyoError, ImportError, OSError, ValueError) as error:
            yield Finding(name, False, str(error).splitlines()[0] if str(error) else type(error).__name__, remedy)


def _installation(_: Settings) -> str:
    """Every distribution that Tenkyo needs on this system is installed."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in requires("tenkyo") or ()]
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    for one in wanted:
        try:
            installed = version(one.name)
        except PackageNotFoundError as error:
            raise TenkyoError(f"the package {one.name} is missing") from error
        if not one.specifier.contains(installed, prereleases=True):
            raise TenkyoError(f"the package {one.name} is {installed}, not {one.specifier}")
    return f"tenkyo {version('tenkyo')}, Python {sys.version.split()[0]}, {len(wanted)} packages"


def _encoder(settings: Settings) -> str:
    from retriever.encoder import DEFAULT_ENCODER, open_encoder

    encoder = open_encoder(settings.encoder or DEFAULT_ENCODER)
    began = time.perf_counter()
    encoder.encode_queries([_QUESTION])
    return f"{encoder.name}, {encoder.dimension} dimensions, {1000 * (time.perf_counter() - began):.0f} ms a question"


def _index(settings: Settings) -> str:
    from ingest.passages import RULES
    from retriever.index.build import check_rules
    from retriever.index.open import open_index

    opened = open_index(settings.index)
    check_rules(opened, RULES)
    return f"{len(opened.documents):,} documents, {len(opened.passages):,} passages in {settings.index}"


def _answer(settings: Settings) -> str:
    from app.library import Library

    library = Library.open(settings.index)
    library.ask(_QUESTION)  # the first question opens the encoder
    answer = library.ask(_QUESTION)
    told = "no answer" if answer.abstained else f"{len(answer.citations)} citations"
    return f"{_QUESTION!r}: {told} in {answer.timings_ms['total']:.0f} ms"


def _pages(settings: Settings) -> str:
    """Gradio is the release that the page is made for, and the port is free."""
    if importlib.util.find_spec("gradio") is None:
        raise TenkyoError("Gradio is missing")
    if not version("gradio").startswith("6.31."):
        raise TenkyoError(f"Gradio is {version('gradio')}, not 6.31")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return f"Gradio {version('gradio')}; port {settings.port} is in use, perhaps by tenkyo serve"
    return f"Gradio {version('gradio')}, port {settings.port} is free"


def _model(settings: Settings) -> str:
    from app.composing.model import LanguageModel, Usage
    from app.composing.setup import model_settings

    model = LanguageModel(model_settings(settings))
    began = time.perf_counter()
    text = "".join(model.stream([{"role": "user", "content": "Answer with one word: yes"}], Usage()))
    if not text.strip():
        raise TenkyoError(f"the model {settings.llm_model} at {settings.llm_url} wrote nothing")
    return f"{settings.llm_model} at {settings.llm_url} answers in {time.perf_counter() - began:.1f} s"
