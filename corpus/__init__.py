"""The corpus bundled with Tenkyo: a digest of the paper, records of the works it cites, a manifest, its index."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable

from corpus.records import (
    BundledDocument,
    CorpusManifest,
    ExampleQuestion,
    Paper,
    PaperAuthor,
    citation,
    reference_from_json,
)
from ingest.document import Reference

__all__ = [
    "BundledDocument",
    "CorpusManifest",
    "ExampleQuestion",
    "Paper",
    "PaperAuthor",
    "citation",
    "digest_text",
    "folder",
    "manifest",
    "references",
]


def folder() -> Traversable:
    """The folder with the files that the manifest names. It is not on disk if the package is imported from a ZIP."""
    return files(__name__)


def manifest() -> CorpusManifest:
    """The bibliographic data of the paper, the bundled documents, and example questions."""
    return CorpusManifest.from_json(json.loads(_read("manifest.json")))


def digest_text() -> str:
    """The digest of the paper, as CommonMark."""
    return _read("digest.md")


def references() -> tuple[Reference, ...]:
    """The works that the paper cites: its bibliography in printed order, then works named only in its running text."""
    return tuple(reference_from_json(json.loads(line)) for line in _read("references.jsonl").splitlines())


def _read(name: str) -> str:
    return folder().joinpath(name).read_text(encoding="utf-8")
