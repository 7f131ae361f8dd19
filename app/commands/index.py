"""`tenkyo index`: show what an index contains, verify it, export and import it as one file, merge several."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from app.commands import index_folder
from app.settings import Settings
from ingest.text import counted, shown_name
from retriever.types import TenkyoError

_ACTIONS = ("stats", "verify", "export", "import", "merge")


def add_index_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `tenkyo index`."""
    parser.add_argument(
        "action",
        choices=_ACTIONS,
        help="stats: what the index contains; verify: whether its files are whole; export: write it to FILE; import: "
        "read it from FILE; merge: add the documents of other indexes, such as shards (FILE: their folders)",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="export, import: the archive, such as class.zip; merge: the folder of another index, or several",
    )
    parser.add_argument("--json", action="store_true", help="stats, verify: print one JSON document and nothing else")
    parser.set_defaults(usage_error=parser.error)


def index(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo index`: one of its actions."""
    if args.json and args.action not in {"stats", "verify"}:
        args.usage_error("--json goes with stats and verify")
    if args.action == "merge":
        return _merge(args, settings)
    takes_file = args.action in {"export", "import"}
    if len(args.files) != takes_file:
        args.usage_error(f"{args.action} {'needs one FILE' if takes_file else 'takes no FILE'}")
    actions = {"stats": _stats, "verify": _verify, "export": _export, "import": _import}
    actions[args.action](args, index_folder(settings))
    return 0


def _stats(args: argparse.Namespace, folder: Path) -> None:
    from app.commands import print_json

    stats = index_stats(folder)
    if args.json:
        print_json(stats)
        return
    for name, value in stats.items():
        shown = ", ".join(f"{key} {count:,}" for key, count in value.items()) if isinstance(value, dict) else value
        print(f"{name.replace('_', ' '):18}{f'{shown:,}' if isinstance(shown, int) else shown}")


def index_stats(folder: Path) -> dict[str, Any]:
    """What the index in `folder` holds: counts of its parts, its encoder, store and rules, and its bytes on disk."""
    from ingest.pdf.facsimile.originals import Originals
    from ingest.references.store import ReferenceStore
    from retriever.index.open import open_index
    from retriever.index.snapshots import kept_names, snapshot_path

    opened = open_index(folder)
    records = opened.documents.values()
    return {
        "index": str(folder),
        "snapshot": opened.snapshot_name,
        "documents": len(records),
        "passages": opened.manifest["passages"],
        "segments": len(opened.manifest["segments"]),
        "characters": sum(record.characters for record in records),
        "languages": dict(sorted(Counter(record.language for record in records).items())),
        "kinds": dict(sorted(Counter(record.kind for record in records).items())),
        "references": sum(record.listed for record in records),
        "fetched": len(ReferenceStore(folder).records()),
        "originals": sum(1 for _ in Originals(folder).files()),
        "encoder": opened.manifest["encoder"],
        "dimension": opened.manifest["dimension"],
        "store": opened.store.address,
        "rules": f"{opened.manifest['passage_rules']}, text {opened.manifest['text_rules']}",
        "snapshot_bytes": sum(_size(snapshot_path(folder, name)) for name in kept_names(folder, opened.snapshot_name)),
        "total_bytes": _size(folder),
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _verify(args: argparse.Namespace, folder: Path) -> None:
    """Print that the index is whole, or each fault; raises TenkyoError if there is a fault.

    If a fault keeps the index from being opened, only that one is reported.
    """
    from app.commands import print_json
    from ingest.pdf.facsimile.originals import Originals
    from ingest.references.store import ReferenceStore
    from retriever.index.snapshots import IndexFolderError, IndexMissingError
    from retriever.index.verify import verify
    from retriever.store import SnapshotGoneError

    beside = [*ReferenceStore(folder).damaged(), *Originals(folder).damaged()]
    try:
        faults = [*verify(folder), *(f"{path}: {reason}" for path, reason in beside)]
    except IndexMissingError:
        raise
    except (IndexFolderError, SnapshotGoneError) as error:
        if args.json:
            print_json({"index": str(folder), "whole": False, "faults": [str(error)]})
        raise
    if args.json:
        print_json({"index": str(folder), "whole": not faults, "faults": faults})
    else:
        for line in faults or [f"the index in {folder} is whole"]:
            print(line)
    if faults:
        raise TenkyoError(
            f"the index in {folder} has {counted(len(faults), 'fault')} (above); unless a line says what to do, ingest "
            "its sources into a new folder"
        )


def _export(args: argparse.Namespace, folder: Path) -> None:
    from ingest.indexes.archive import export_index

    (target,) = args.files
    count, size = export_index(folder, target)
    print(f"wrote {target}: {count:,} files, {size:,} bytes")


def _import(args: argparse.Namespace, folder: Path) -> None:
    from ingest.indexes.archive import import_index

    (source,) = args.files
    import_index(source, folder)
    print(f"the index of {source} is now in {folder}")


def _merge(args: argparse.Namespace, settings: Settings) -> int:
    """Merge other indexes into this one; print each document that was updated, skipped or removed, and the totals."""
    from app.commands.terminal.progress import TerminalProgress
    from corpus.bundle import keep_for_own_documents
    from ingest.indexes.merging import merge
    from ingest.runs.ingest_plan import summary

    if not args.files:
        args.usage_error("merge needs the folder of another index")
    if not settings.names_own_index:
        keep_for_own_documents(settings.index)
    outcomes = merge(index_folder(settings), args.files, store=settings.store, progress=TerminalProgress())
    for outcome in outcomes:
        if outcome.state in {"updated", "skipped", "removed"}:
            print(shown_name(f"{outcome.state:10}{outcome.name}{f'  ({outcome.detail})' if outcome.detail else ''}"))
    print(summary(outcomes))
    return 0
