"""`tenkyo references list` and `fetch`, and `tenkyo ingest FILE --as KEY`."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings
from ingest.text import counted
from retriever.files import write_whole
from retriever.types import TenkyoError

if TYPE_CHECKING:
    from ingest.references.cited_work import CitedWork

Names = AbstractSet[tuple[str, str]]  # (document id, key) of works


def add_references_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `tenkyo references`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "fetch"],
        default="list",
        help="list the references and what was read of each (the default), or fetch their texts from their addresses",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument(
        "--html", metavar="FILE", help="write an HTML report: what could be read, and what to do for the rest"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="KEY",
        help="fetch: only this reference: its key or number, or DOCUMENT_ID/KEY; may be repeated",
    )
    parser.add_argument(
        "--retry",
        action="store_true",
        help="fetch: try failed references again, and check whether the others have changed",
    )
    add_allow_host(parser)
    parser.set_defaults(usage_error=parser.error)


def add_allow_host(parser: argparse.ArgumentParser) -> None:
    """The flag of all commands that fetch."""
    parser.add_argument(
        "--allow-host",
        action="append",
        type=_host,
        default=[],
        metavar="HOST[:PORT]",
        help="fetch from this host even if its address is private (an intranet); may be repeated",
    )


def _host(text: str) -> str:
    from ingest.fetching.address import allowed_host

    try:
        return allowed_host(text)
    except TenkyoError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a host; give HOST or HOST:PORT, such as intra.example or intra.example:8080"
        ) from error


def references(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo references`: the works that the documents cite, listed or fetched."""
    from app.commands import print_json
    from app.references.lines import reference_lines
    from app.references.works import work_json

    if args.action == "list" and (args.only or args.retry or args.allow_host):
        args.usage_error("--only, --retry and --allow-host go with fetch: tenkyo references fetch")
    if args.action == "fetch":
        return _fetch(args, settings)
    works = _read(settings)
    _warn_of_damage(settings.index)
    _write_report(args.html, works, settings)
    if args.json:
        print_json({"references": [work_json(work) for work in works]})
    else:
        for line in reference_lines(works):
            print(line)
    return 0


def _fetch(args: argparse.Namespace, settings: Settings) -> int:
    from app.commands import print_json
    from app.commands.terminal.progress import TerminalProgress
    from app.references.lines import summary_json
    from app.references.works import chosen, work_json
    from ingest.references.fetch import CrawlOptions, fetch_references

    works = _read(settings)
    named = [chosen(works, name) for name in args.only]
    options = CrawlOptions(frozenset((*args.allow_host, *settings.fetch_hosts)), settings.contact)
    asked = fetch_references(
        settings.index, works, only=named, retry=args.retry, options=options, progress=TerminalProgress()
    )
    names = {work.names[0] for work in asked}
    works = _read(settings)
    _warn_of_damage(settings.index)
    _write_report(args.html, works, settings)
    if args.json:
        keys = [work.key for work in works if work.names[0] in names]
        records = [work_json(work) for work in works]
        print_json({"references": records, "asked": keys, "summary": summary_json(works)})
        return 0
    meant = {work.names[0] for work in named or works}
    for line in _lines_of_fetch(works, names, meant, is_named=bool(named), allow_hosts=options.allow_hosts):
        print(line)
    return 0


def _lines_of_fetch(
    works: "Sequence[CitedWork]", asked: Names, meant: Names, *, is_named: bool, allow_hosts: AbstractSet[str]
) -> Iterator[str]:
    """A line for each work that was asked for, the reasons why others were not, and the summary."""
    from app.references.lines import state_line, summary, why_not_asked

    for work in works:
        if work.names[0] in asked:
            yield f"{work.number:>3}  [{work.key}]  {state_line(work)}"
    others = [work for work in works if work.names[0] in meant - asked]
    reasons = list(why_not_asked(others, is_named=is_named, allow_hosts=allow_hosts))
    if works and not asked and not reasons:
        reasons = ["nothing to fetch; --retry tries again what failed"]
    yield from reasons
    yield summary(works)


def ingest_as(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo ingest FILE --as KEY`: a file becomes the text of a reference."""
    from app.commands.terminal.progress import TerminalProgress
    from app.references.works import chosen
    from ingest.fetching.outcomes import say
    from ingest.references.attach_file import attach_file
    from ingest.runs.gather import is_address

    if len(args.sources) != 1 or is_address(args.sources[0]):
        raise TenkyoError(f"--as takes one file, not {' '.join(args.sources)!r}; name the text of {args.reference!r}")
    if args.encoder:
        raise TenkyoError("--encoder is for a new index, --as for a work in an existing one; leave one of them out")
    if args.ocr or args.sync:
        flag = "--ocr" if args.ocr else "--sync"
        raise TenkyoError(f"{flag} does not go with --as; recognise a scan with ocrmypdf first, and name the result")
    works = _read(settings)
    work = chosen(works, args.reference)
    record = attach_file(
        settings.index, works, work, args.sources[0], password=args.password, progress=TerminalProgress()
    )
    pages = f"{counted(record.pages, 'page')}, " if record.pages else ""
    size = f"{pages}{record.characters:,} characters"
    print(f"{record.document_id} is the text of {work.key} ({size}), {say(record.outcomes)}")
    return 0


def _read(settings: Settings) -> "list[CitedWork]":
    """The cited works. If another version made the index of the bundled corpus, it is rebuilt first."""
    from app.commands import index_folder
    from app.references.works import references
    from retriever.index.open import RulesChangedError

    try:
        return references(index_folder(settings))
    except RulesChangedError:
        from app.commands import open_library

        open_library(settings)  # refuses any other index of another version
        return references(settings.index)


def _warn_of_damage(folder: Path) -> None:
    from app.references.lines import damage_lines

    for line in damage_lines(folder):
        print(line, file=sys.stderr)


def _write_report(file: str | None, works: "Sequence[CitedWork]", settings: Settings) -> None:
    if not file:
        return
    from app.references.report import report

    path = Path(file)
    index = str(settings.index.resolve()) if settings.names_own_index else ""
    try:
        write_whole(path, report(works, index=index).encode("utf-8", "replace"))
    except OSError as error:
        raise TenkyoError(f"report {file}: cannot be written ({error.strerror}); name another file") from error
    print(f"written: {path}", file=sys.stderr)
