"""`tenkyo ingest`, `remove` and `documents`."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.commands import index_folder, print_json, whole_number
from app.settings import Settings
from ingest.text import counted, shown_name
from retriever.types import DocumentRecord, TenkyoError

if TYPE_CHECKING:
    from ingest.runs.gather import Shard
    from ingest.runs.ingest_plan import Outcome

_NAMED_OF_A_KIND = 3  # files of one unknown type that are named one by one; if there are more, one line counts them
_NAMED_FOR_A_REASON = 20


def add_ingest_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ingest`."""
    from ingest.loaders import SUFFIXES

    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", help=f"{' '.join(SUFFIXES)}, a folder, or an http(s) address"
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1, 64),
        default=0,
        metavar="N",
        help="read and encode in N processes (default: in this one, whose encoder uses all processors)",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="ingest share I of N of the files, as one of N machines with an index each; tenkyo index merge unites "
        "the indexes",
    )
    parser.add_argument(
        "--encoder", metavar="NAME", help="encoder of a new index: a sentence-transformers model, by name or path"
    )
    parser.add_argument("--password", metavar="PASSWORD", help="password of encrypted PDFs")
    parser.add_argument(
        "--sync",
        action="store_true",
        help="also remove the documents whose files are no longer in the folders named",
    )
    parser.add_argument(
        "--ocr",
        action="store_true",
        help="recognise the text of scanned PDFs, Japanese (horizontal, vertical) and English; needs ocrmypdf",
    )
    parser.add_argument(
        "--as",
        dest="reference",
        metavar="KEY",
        help="add the file as the text of this reference: its key or number, or DOCUMENT_ID/KEY",
    )


def _shard(text: str) -> "Shard":
    from ingest.runs.gather import Shard

    number, _, count = text.partition("/")
    if not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in (number, count)):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N, such as 3/16")
    if not 1 <= int(number) <= int(count):
        raise argparse.ArgumentTypeError(f"{text!r}: shards are counted from 1 to N, such as 16/16")
    return Shard(int(number), int(count))


def ingest(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo ingest`: add or update sources and print what became of each; raises TenkyoError if all were skipped."""
    if args.reference is not None:
        from app.commands.references import ingest_as

        return ingest_as(args, settings)
    from app.commands.terminal.progress import TerminalProgress
    from corpus.bundle import keep_for_own_documents
    from ingest.loaders.ocr import find_ocr
    from ingest.pipeline import ingest as run
    from ingest.runs.gather import Fetching, has_files
    from ingest.runs.ingest_plan import summary

    if not settings.names_own_index:
        keep_for_own_documents(settings.index)
    outcomes = run(
        index_folder(settings),
        args.sources,
        encoder_name=settings.encoder,
        store=settings.store,
        password=args.password,
        fetching=Fetching(frozenset((*args.allow_host, *settings.fetch_hosts)), settings.contact),
        ocr=find_ocr() if args.ocr else None,
        sync=args.sync,
        shard=args.shard,
        workers=args.workers,
        progress=TerminalProgress(),
    )
    for line in _lines(outcomes):
        print(shown_name(line))
    print(summary(outcomes))
    if outcomes and all(outcome.state == "skipped" for outcome in outcomes):
        first = outcomes[0]
        more = f" (and {len(outcomes) - 1} more, named above)" if len(outcomes) > 1 else ""
        raise TenkyoError(f"nothing was ingested: {first.detail}{more}")
    if not outcomes and not (args.shard and has_files(args.sources)):
        raise TenkyoError(
            f"nothing was ingested: there is no file in {', '.join(args.sources)}; name a file or a folder"
        )
    return 0


def _lines(outcomes: "Sequence[Outcome]") -> Iterator[str]:
    """A line for each outcome; files of unknown type, and many skipped for one reason, are counted in one line."""
    kinds = Counter((outcome.kind, outcome.reason) for outcome in outcomes if outcome.state == "skipped")
    counted: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        group = outcome.kind, outcome.reason
        if outcome.state == "skipped":
            counted[group] += 1
            named = _named(outcome.reason, kinds[group])
            if counted[group] == named + 1:
                example = f", for example {outcome.name}: {outcome.detail}"
                yield _line(
                    "skipped", f"{kinds[group] - named} {'more ' if named else ''}{outcome.kind} files{example}"
                )
            if counted[group] > named:
                continue
        yield _line(outcome.state, f"{outcome.name}{f'  ({outcome.detail})' if outcome.detail else ''}")


def _named(reason: str, count: int) -> int:
    """How many of `count` skips of one kind and reason have a line of their own."""
    if reason == "unknown-type":
        return count if count <= _NAMED_OF_A_KIND else 0
    return count if count <= _NAMED_FOR_A_REASON else _NAMED_FOR_A_REASON - 1


def _line(state: str, text: str) -> str:
    return f"{state:10}{text}"


def remove(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo remove`: take documents out."""
    from app.commands.terminal.progress import TerminalProgress
    from ingest.pipeline import remove as run

    for outcome in run(index_folder(settings), args.document_ids, progress=TerminalProgress()):
        print(shown_name(_line(outcome.state, outcome.name)))
    return 0


def documents(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo documents`: the documents of the index, as a table or JSON."""
    from retriever.index.open import open_index

    records = list(open_index(index_folder(settings)).documents.values())
    if args.json:
        print_json({"documents": [_record_json(record) for record in records]})
        return 0
    for line in _document_lines(records):
        print(shown_name(line))
    return 0


def _document_lines(records: Iterable[DocumentRecord]) -> Iterator[str]:
    for record in records:
        pages = f"{counted(record.page_count, 'page')}, " if record.page_count else ""
        yield record.id
        yield f"    {record.title}"
        yield f"    {record.source} ({pages}{counted(record.count, 'passage')})"


def _record_json(record: DocumentRecord) -> dict[str, Any]:
    return {
        "document_id": record.id,
        "title": record.title,
        "source": shown_name(record.source),
        "kind": record.kind,
        "language": record.language,
        "pages": record.page_count,
        "passages": record.count,
        "characters": record.characters,
        "url": record.url,
    }
