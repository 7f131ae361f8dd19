"""The commands: each reads its arguments and settings, does its work, and returns the exit code.

This file has the commands that ask or search, and the functions with which commands open the library.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.settings import Settings, values
from retriever.types import TenkyoError

if TYPE_CHECKING:
    from app.composing.composer import Composer
    from app.library import Library
    from retriever.embedded.reader import Reader

Command = Callable[[argparse.Namespace, Settings], int]


def ask(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo ask`: one cited answer, as text or JSON."""
    from app.commands.terminal.answers import answer_text, understood_text

    question = question_of(args.question, "QUESTION")
    library = open_to_ask(settings)
    answer, trace = library.ask_with_trace(question, k=args.k)
    answer = library.compose(answer)
    if args.json:
        print_json(answer.to_json() | ({"explanation": trace.to_json()} if args.explain else {}))
        return 0
    if understood := understood_text(answer):
        print(understood)
    print(answer_text(answer))
    if args.explain:
        print(f"\n{trace.to_text()}")
    return 0


def search(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo search`: ranked passages, as text or JSON."""
    from app.answering.types import hit_to_json
    from app.commands.terminal.answers import hit_text

    query = question_of(args.query, "QUERY")
    library = open_library(settings)
    hits = library.search(query, k=args.k)
    titles = library.titles()
    if args.json:
        print_json({"query": query, "hits": [hit_to_json(hit, titles) for hit in hits]})
        return 0
    for hit in hits:
        print(hit_text(hit, titles[hit.passage.document_id]))
    return 0


def evaluate(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo evaluate`: predictions, metrics and a report for a file of questions."""
    from app.commands.evaluation import run_evaluate

    return run_evaluate(args, lambda: open_library(settings), settings.reranker)


def questions(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo questions`: a starter set of questions."""
    from app.commands.evaluation import run_questions

    return run_questions(args, lambda: open_library(replace(settings, reranker=None)))


def open_to_ask(settings: Settings, composer: "Composer | None" = None) -> "Library":
    """Open the library for a question that follows at once; the models are opened in the background."""
    from retriever.embedded.reader import DeferredReader

    reader = DeferredReader()
    reader.open_ahead()  # before the imports of the library, which take as long
    return open_library(settings, composer, reader)


def open_library(settings: Settings, composer: "Composer | None" = None, reader: "Reader | None" = None) -> "Library":
    """Open the library of the index. If there is no default index, one of the bundled corpus is built first.

    A default index that another version made is rebuilt if it holds only the bundled corpus. Nothing is ever built in a
    folder that the user named, or where documents of their own were put: after a wrong name or a failed ingest, another
    paper must not answer.
    """
    from app.library import Library
    from retriever.index.open import RulesChangedError
    from retriever.index.snapshots import IndexMissingError

    folder, composer = index_folder(settings), composer or composer_of(settings)
    try:
        return Library.open(folder, settings.reranker, composer, reader)
    except IndexMissingError:
        if settings.names_own_index:
            raise
        from corpus.bundle import has_room_for_bundle

        if has_room_for_bundle(folder):
            return _with_bundle(settings, composer, "no index yet")
    except RulesChangedError:
        from corpus.bundle import is_bundle

        if settings.names_own_index or not is_bundle(folder):
            raise
        return _with_bundle(settings, composer, "the index is another version's")
    try:
        # another process has built the bundle meanwhile
        return Library.open(folder, settings.reranker, composer, reader)
    except IndexMissingError as error:
        remedy = "ingest them again, or delete the folder to start with the bundled paper"
        raise IndexMissingError(f"no index in {folder}, a folder for your own documents; {remedy}") from error


def index_folder(settings: Settings) -> Path:
    """The folder of the index. If --store names a new place for the passages, the index records it first."""
    from retriever.index.build import move_store

    if settings.store:
        move_store(settings.index, settings.store)
    return settings.index


def composer_of(settings: Settings) -> "Composer | None":
    """The composer of answers, or None if no language model is set; then `app.composing` is not imported."""
    if not settings.names_model:
        return None
    from app.composing import setup

    return setup.composer_of(settings)


def _with_bundle(settings: Settings, composer: "Composer | None", why: str) -> "Library":
    """Build an index of the bundled corpus in the default folder and open its library."""
    from app.commands.terminal.progress import TerminalProgress
    from app.library import Library
    from corpus.bundle import build_bundle_index

    print(f"{why}: building one of the bundled corpus in {settings.index}", file=sys.stderr, flush=True)
    build_bundle_index(settings.index, encoder_name=settings.encoder, store=settings.store, progress=TerminalProgress())
    return Library.open(settings.index, settings.reranker, composer)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A parser for argparse: a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        try:
            return values.whole_number(least, most)(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}") from error

    return parse


def question_of(text: str, name: str) -> str:
    """The question without white space around it; raises TenkyoError if the argument `name` is empty or undecodable."""
    if not text.strip():
        raise TenkyoError(f"{name} is empty; ask something")
    if any("\ud800" <= character <= "\udfff" for character in text):  # what Python makes of bytes that it cannot decode
        raise TenkyoError(f"{name} {text!r} is not a text in this terminal's encoding; write it in UTF-8")
    return text.strip()


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON document, in ASCII where the output's encoding is not Unicode."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not is_unicode, indent=2))
