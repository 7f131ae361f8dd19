"""The `tenkyo` command: arguments in, exit code out. Each command imports only what it needs."""

import argparse
import io
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from app import commands
from app.commands import doctor, index, lti
from app.commands import documents as document_commands
from app.commands import references as reference_commands
from app.commands.documents import add_ingest_arguments
from app.commands.embed import add_embed_arguments, embed
from app.commands.evaluation import add_evaluate_arguments, add_questions_arguments
from app.commands.references import add_allow_host, add_references_arguments
from app.commands.serve import add_serving_arguments
from app.commands.serve import serve as run_serve
from app.commands.terminal.chat import chat as run_chat
from app.settings import read_settings
from ingest.text import shown_name
from retriever.types import TenkyoError


def run() -> NoReturn:
    """Run the `tenkyo` command and end its process with the exit code."""
    end_process(main())


def end_process(code: int) -> NoReturn:
    """End the process with an exit code, at once if daemon threads still run (loading Gradio, building an index).

    At a normal exit Python unwinds such threads; inside compiled code that cannot be unwound, such as pydantic's, this
    aborts the whole process.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command: 0 on success, 1 on a failure explained in one line, 2 on wrong usage, 130 on Ctrl-C."""
    args = build_parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a quote may hold what the terminal's encoding lacks
    try:
        code = int(args.run(args, read_settings(vars(args))))
        sys.stdout.flush()
    except TenkyoError as error:
        print(f"error: {shown_name(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: the index is unchanged", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader of a pipe has gone (`tenkyo search … | head`); nothing is left to write to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


class _ShowVersion(argparse.Action):
    """`--version`; only this flag imports `importlib.metadata`, which takes 10 ms."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print the version and exit."""
        from importlib.metadata import version

        print(f"tenkyo {version('tenkyo')}")
        parser.exit()


class _CommandParser(argparse.ArgumentParser):
    """Parses the arguments of a command; flags may stand before, between and after positional arguments.

    After `--`, every argument is positional, as in argparse.
    """

    _is_intermixed = False

    def parse_known_args(self, args: Any, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse the flags first, then what is left."""
        if self._is_intermixed or "--" in args:
            return super().parse_known_args(args, namespace)
        self._is_intermixed = True  # parse_known_intermixed_args calls this method again
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_intermixed = False


class _Commands:
    """The subcommands while they are declared; every one takes `--index`."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._shared = _CommandParser(add_help=False)
        self._shared.add_argument(
            "--index", metavar="DIR", help="the folder of the index (default: in the user's data folder)"
        )
        self._opening = _CommandParser(add_help=False, parents=[self._shared])
        self._opening.add_argument(
            "--store",
            metavar="ADDRESS",
            help="where the index keeps its passages: faiss (its own files, the default), milvus://HOST:PORT/DATABASE "
            "(token in MILVUS_TOKEN) or milvus-lite:///PATH.db; the index remembers it: name it again only if it moved",
        )
        self._subparsers = parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True, parser_class=_CommandParser
        )

    def add(self, name: str, help_text: str, run: commands.Command) -> argparse.ArgumentParser:
        """Declare a command that `run` carries out."""
        return self._add(name, help_text, run, self._shared)

    def add_opening(self, name: str, help_text: str, run: commands.Command) -> argparse.ArgumentParser:
        """Declare a command that opens the index."""
        return self._add(name, help_text, run, self._opening)

    def _add(self, name: str, help_text: str, run: commands.Command, parent: _CommandParser) -> argparse.ArgumentParser:
        added = self._subparsers.add_parser(name, help=help_text, description=help_text, parents=[parent])
        added.set_defaults(run=run)
        return added

    def add_asking(self, name: str, help_text: str, run: commands.Command) -> argparse.ArgumentParser:
        """Declare a command that answers questions, with its reranker."""
        added = self.add_opening(name, help_text, run)
        added.add_argument(
            "--reranker", metavar="NAME", help="order the first 20 passages by this CrossEncoder: its name or path"
        )
        return added


def build_parser() -> argparse.ArgumentParser:
    """The commands and their flags."""
    parser = argparse.ArgumentParser(
        prog="tenkyo",
        description="Answers questions about a paper and its references, offline, with cited passages.",
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show program's version number and exit")
    declared = _Commands(parser)
    _add_asking_commands(declared)
    _add_document_commands(declared)
    evaluate = declared.add_asking(
        "evaluate", "answer a file of questions and report how good the answers are", commands.evaluate
    )
    add_evaluate_arguments(evaluate)
    questions = declared.add_opening(
        "questions", "draft questions from the documents for you to edit", commands.questions
    )
    add_questions_arguments(questions)
    embedded = declared.add("embed", "print what to paste into a course page, and where", embed)
    add_embed_arguments(embedded)
    launched = declared.add(
        "lti", "list and change which learning platforms may open Tenkyo in a course (LTI 1.3)", lti.lti
    )
    lti.add_lti_arguments(launched)
    return parser


def _add_asking_commands(declared: _Commands) -> None:
    """serve, ask, chat and search."""
    serve = declared.add_asking("serve", "serve the chat page, the widget and the HTTP API", run_serve)
    add_serving_arguments(serve)

    ask = declared.add_asking("ask", "answer one question with citations", commands.ask)
    ask.add_argument("question", metavar="QUESTION", help="the question, in Japanese, English, Chinese or Korean")
    _add_output(ask, hits=5)
    ask.add_argument(
        "--explain", action="store_true", help="show how the answer was made: what was asked, found, read and decided"
    )

    chat = declared.add_asking("chat", "hold a conversation in the terminal, or answer one question a line", run_chat)
    chat.add_argument("--json", action="store_true", help="read one question a line, print one JSON answer a line")

    search = declared.add_asking("search", "rank passages for a query, without an answer", commands.search)
    search.add_argument("query", metavar="QUERY", help="words or a question")
    _add_output(search, hits=10)


def _add_document_commands(declared: _Commands) -> None:
    """ingest, remove, documents, references, doctor and index."""
    ingest = declared.add_opening(
        "ingest", "add or update documents: files, folders and addresses", document_commands.ingest
    )
    add_ingest_arguments(ingest)
    add_allow_host(ingest)

    remove = declared.add_opening("remove", "remove documents from the index", document_commands.remove)
    remove.add_argument(
        "document_ids",
        nargs="+",
        metavar="DOCUMENT_ID",
        help="an id or path that `tenkyo documents` lists, or the name of its file",
    )

    documents = declared.add_opening("documents", "list the documents of the index", document_commands.documents)
    documents.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    references = declared.add_opening(
        "references", "list the works that the documents cite, or fetch their texts", reference_commands.references
    )
    add_references_arguments(references)

    checked = declared.add_opening("doctor", "check the installation, the index and the language model", doctor.doctor)
    checked.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    stored = declared.add_opening(
        "index", "show what the index holds, verify it, export or import it as one file, merge several", index.index
    )
    index.add_index_arguments(stored)


def _add_output(parser: argparse.ArgumentParser, *, hits: int) -> None:
    parser.add_argument(
        "-k",
        type=commands.whole_number(1, 100),
        default=hits,
        metavar="K",
        help="passages to return (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


if __name__ == "__main__":
    run()
