"""`tenkyo index`: what an index holds, whether it is whole, and carrying it away and back as one file."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from app.settings import Settings
from retriever.types import TenkyoError

_WITH_FILE = ("export", "import")


def add_index_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `tenkyo index`."""
    parser.add_argument(
        "action",
        choices=["stats", "verify", *_WITH_FILE],
        help="what the index holds, whether its files are whole, write it to FILE, read it from FILE",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="export, import: the archive, such as class.zip"
    )
    parser.add_argument("--json", action="store_true", help="stats, verify: print one JSON document and nothing else")
    parser.set_defaults(usage_error=parser.error)


def index(args: argparse.Namespace, settings: Settings) -> int:
    """`tenkyo index`: one of its four actions."""
    if (args.file is not None) != (args.action in _WITH_FILE):
        args.usage_error(f"{args.action} {'needs a FILE' if args.file is None else 'takes no FILE'}")
    if args.json and args.action in _WITH_FILE:
        args.usage_error("--json goes with stats and verify")
    actions = {"stats": _stats, "verify": _verify, "export": _export, "import": _import}
    actions[args.action](args, settings.index)
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
    """What the index in `folder` holds: counts of its parts, what made it, and its bytes on disk."""
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
    """Print that the index is whole, or each fault; raises TenkyoError where there is one."""
    from app.commands import print_json
    from ingest.pdf.facsimile.originals import Originals
    from ingest.references.store import ReferenceStore
    from retriever.index.verify import verify

    beside = [*ReferenceStore(folder).damaged(), *Originals(folder).damaged()]
    faults = [*verify(folder), *(f"{path}: {reason}" for path, reason in beside)]
    if args.json:
        print_json({"index": str(folder), "whole": not faults, "faults": faults})
    else:
        for line in faults or [f"the index in {folder} is whole"]:
            print(line)
    if faults:
        raise TenkyoError(
            f"the index in {folder} has {len(faults)} faults (above); ingest its sources into a new folder"
        )


def _export(args: argparse.Namespace, folder: Path) -> None:
    from ingest.sources.archive import export_index

    count, size = export_index(folder, args.file)
    print(f"wrote {args.file}: {count:,} files, {size:,} bytes")


def _import(args: argparse.Namespace, folder: Path) -> None:
    from ingest.sources.archive import import_index

    import_index(args.file, folder)
    print(f"the index of {args.file} is now in {folder}")
