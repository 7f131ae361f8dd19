"""`tenkyo doctor`: checks installation, encoder, index, pages and language model, a line each, with the remedy."""

import argparse
import errno
import importlib.util
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from app.settings import Settings
from retriever.types import TenkyoError

_QUESTION = "What is this document about?"
_MOST_MODELS = 3  # named
_MOST_TITLES = 5  # of documents, asked as questions


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check; `remedy` says what to do if it failed."""

    check: str
    ok: bool
    message: str
    remedy: str = ""


def doctor(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo doctor`: 0 if all is well; raises TenkyoError, so that the exit code is 1, if a check failed."""
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
        raise TenkyoError(f"{', '.join(failed)}: failed; do what each FAIL line says, then run tenkyo doctor again")
    return 0


def _findings(settings: Settings) -> Iterator[Finding]:
    checks: dict[str, tuple[Callable[[Settings], str], str]] = {
        "installation": (_installation, "install Tenkyo again in a fresh environment: pip install ."),
        "encoder": (_encoder, "install onnxruntime again, or name another model with --encoder when you ingest"),
        "index": (_index, "ingest your documents again: tenkyo ingest SOURCE"),
        "answer": (_answer, "see the lines on the index and the encoder"),
        "pages": (_pages, "install Gradio 6.31 again, or choose another --port"),
    }
    if settings.names_model:
        checks |= {
            "address": (_address, "start the model's server, or correct TENKYO_LLM_URL (and TENKYO_LLM_KEY)"),
            "model": (_model, "load the model there (ollama pull MODEL), or correct TENKYO_LLM_MODEL"),
            "composing": (_composed, "see the lines above; if the model is too slow, take a smaller one"),
        }
    for name, (check, remedy) in checks.items():
        try:
            yield Finding(name, True, check(settings))
        except (TenkyoError, ImportError, OSError, ValueError) as error:
            yield Finding(name, False, str(error).splitlines()[0] if str(error) else type(error).__name__, remedy)


def _installation(_: Settings) -> str:
    """Every distribution that Tenkyo needs on this system is installed."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in requires("tenkyo") or ()]
    wanted = [
        requirement
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]
    for requirement in wanted:
        try:
            installed = version(requirement.name)
        except PackageNotFoundError as error:
            raise TenkyoError(f"the package {requirement.name} is missing") from error
        if not requirement.specifier.contains(installed, prereleases=True):
            raise TenkyoError(f"the package {requirement.name} is {installed}, not {requirement.specifier}")
    return f"tenkyo {version('tenkyo')}, Python {sys.version.split()[0]}, {len(wanted)} packages"


def _encoder(settings: Settings) -> str:
    from retriever.encoder import DEFAULT_ENCODER, open_encoder

    encoder = open_encoder(settings.encoder or DEFAULT_ENCODER)
    began = time.perf_counter()
    encoder.encode_queries([_QUESTION])
    return f"{encoder.name}, {encoder.dimension} dimensions, {1000 * (time.perf_counter() - began):.0f} ms a question"


def _index(settings: Settings) -> str:
    from app.commands import index_folder
    from ingest.passages import RULES
    from retriever.index.open import check_rules, open_index

    opened = open_index(index_folder(settings))
    check_rules(opened, RULES)
    return f"{len(opened.documents):,} documents, {opened.manifest['passages']:,} passages in {settings.index}"


def _answer(settings: Settings) -> str:
    from app.library import Library

    library = Library.open(settings.index)
    library.ask(_QUESTION)  # the first question opens the encoder
    answer = library.ask(_QUESTION)
    result = "no answer" if answer.abstained else f"{len(answer.citations)} citations"
    return f"{_QUESTION!r}: {result} in {answer.timings_ms['total']:.0f} ms"


def _pages(settings: Settings) -> str:
    """Gradio is the release that the page is made for, and the port is free."""
    from importlib.metadata import version

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


def _address(settings: Settings) -> str:
    """The address answers, with the key that is set."""
    from app.composing.setup import language_model

    listed = language_model(settings).listed()
    return f"{settings.llm_url} lists {len(listed)} models: {', '.join(listed[:_MOST_MODELS]) or 'none'}"


def _model(settings: Settings) -> str:
    """The model writes a word."""
    from app.composing.model import Usage
    from app.composing.setup import language_model

    begun = time.perf_counter()
    question = [{"role": "user", "content": "Answer with one word: yes"}]
    text = "".join(language_model(settings).stream(question, Usage()))
    if not text.strip():
        raise TenkyoError(f"{settings.llm_model} wrote nothing")
    return f"{settings.llm_model} answers in {time.perf_counter() - begun:.1f} s"


def _composed(settings: Settings) -> str:
    """A sample answer is composed from the index."""
    from app.composing.notes import note
    from app.composing.setup import composer_of
    from app.library import Library

    library = Library.open(settings.index, composer=composer_of(settings))
    samples = [_QUESTION, *list(library.titles().values())[:_MOST_TITLES]]
    answers = (library.ask(sample) for sample in samples)
    quoted = next((answer for answer in answers if answer.intent in {"passage", "overview"} and answer.citations), None)
    if quoted is None:
        return f"nothing to compose: {_QUESTION!r} and the documents' titles, asked as questions, have no answer"
    begun = time.perf_counter()
    answer = library.compose(quoted)
    failures = [text for text in answer.notes[len(quoted.notes) :] if text != note(answer.language, "withheld")]
    if failures:
        raise TenkyoError(failures[-1])
    shown = sum(sentence.origin == "composed" for sentence in answer.sentences)
    took = time.perf_counter() - begun
    return f"{answer.question!r}: {shown} sentences shown, {len(answer.withheld)} withheld in {took:.1f} s"
