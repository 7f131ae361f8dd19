"""The commands about references: their list, the report, fetching them, a file in the place of one."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.settings import Settings
from retriever.types import TenkyoError


def add_references_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `tenkyo references`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "fetch"],
        default="list",
        help="list them with what was read of each (the default), or fetch the texts that their addresses lead to",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument(
        "--html", metavar="FILE", help="write a page on what could be read, and what to do for the rest"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="KEY",
        help="fetch: this reference alone, by its key or number, or DOCUMENT_ID/KEY; may be repeated",
    )
    parser.add_argument(
        "--retry", action="store_true", help="fetch: ask again for what failed, and whether what was read has changed"
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
        help="fetch from this host although its address is private (an intranet); may be repeated",
    )


def _host(text: str) -> str:
    from ingest.fetching.address import allowed_host

    try:
        return allowed_host(text)
    except TenkyoError as error:
        said = f"{text!r} is no host; give HOST or HOST:PORT, such as intra.example or intra.example:8080"
        raise argparse.ArgumentTypeError(said) from error


def references(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo references`: the works that the documents cite, listed or fetched."""
    from app.references.works import reference_lines
    from app.references.works import references as read

    if args.action == "list" and (args.only or args.retry or args.allow_host):
        args.usage_error("--only, --retry and --allow-host go with fetch: tenkyo references fetch")
    if args.action == "fetch":
        return _fetch(args, settings)
    records = read(settings.index)
    _write_report(args.html, records)
    if args.json:
        _print_json({"references": records})
    else:
        for line in reference_lines(records):
            print(line)
    return 0


def _fetch(args: argparse.Namespace, settings: Settings) -> int:
    from app.progress import Progress
    from app.references.works import chosen, state_line, summary, summary_json, why_not_asked
    from app.references.works import references as read
    from ingest.references.cited import cited_of
    from ingest.references.fetch import Fetching, fetch_references

    records = read(settings.index)
    named = [chosen(records, name) for name in args.only]
    only = [cited_of(record) for record in named]
    asked = fetch_references(
        settings.index,
        [cited_of(record) for record in records],
        only=only or None,
        retry=args.retry,
        fetching=Fetching(frozenset(args.allow_host), settings.contact),
        progress=Progress(),
    )
    names = {(one.listed_in, one.key) for one in asked}
    records = read(settings.index)
    found = [record for record in records if (record["document_id"], record["key"]) in names]
    _write_report(args.html, records)
    if args.json:
        _print_json({"references": records, "asked": [one["key"] for one in found], "summary": summary_json(records)})
        return 0
    for record in found:
        print(f"{record['number']:>3}  [{record['key']}]  {state_line(record)}")
    meant = {(one["document_id"], one["key"]) for one in named or records} - names
    passed_over = [record for record in records if (record["document_id"], record["key"]) in meant]
    reasons = list(why_not_asked(passed_over, is_named=bool(named)))
    if records and not found and not reasons:
        reasons = ["nothing to ask for; --retry asks again for what failed"]
    for line in (*reasons, summary(records)):
        print(line)
    return 0


def ingest_as(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo ingest FILE --as KEY`: a file becomes the text of a reference."""
    from app.progress import Progress
    from app.references.works import chosen
    from app.references.works import references as read
    from ingest.fetching import is_address
    from ingest.references.attach_file import supply
    from ingest.references.cited import cited_of

    if len(args.sources) != 1 or is_address(args.sources[0]):
        raise TenkyoError(f"--as takes one file, not {' '.join(args.sources)!r}; name the text of {args.reference!r}")
    if args.encoder:
        raise TenkyoError("--encoder makes a new index, and --as fills a place in one; leave one of them out")
    records = read(settings.index)
    record = chosen(records, args.reference)
    cited, one = [cited_of(record) for record in records], cited_of(record)
    holding = supply(settings.index, cited, one, args.sources[0], password=args.password, progress=Progress())
    pages = f"{holding.pages} pages, " if holding.pages else ""
    size = f"{pages}{holding.characters:,} characters"
    print(f"{holding.document_id} is the text of {record['key']} ({size}), {holding.detail}")
    return 0


def _write_report(file: str | None, records: Sequence[dict[str, Any]]) -> None:
    if not file:
        return
    from app.references.report import report

    path = Path(file)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(report(records), encoding="utf-8", errors="replace")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise TenkyoError(f"report {file}: cannot be written ({error.strerror}); name another file") from error
    print(f"written: {path}", file=sys.stderr)


def _print_json(value: dict[str, Any]) -> None:
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not is_unicode, indent=2))
