"""The corpus that ships with Tenkyo: a digest of the paper, the records of its references, a manifest."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable

from corpus.records import BundledDocument, ExampleQuestion, Manifest, Paper, PaperAuthor, citation, reference_from_json
from ingest.document import Reference

__all__ = [
    "BundledDocument",
    "ExampleQuestion",
    "Manifest",
    "Paper",
    "PaperAuthor",
    "citation",
    "digest_text",
    "folder",
    "manifest",
    "references",
]


def folder() -> Traversable:
    """The folder of the files that the manifest names; not on disk if the package is imported from an archive."""
    return files(__name__)


def manifest() -> Manifest:
    """The bibliographic data of the paper, what ships about it, and example questions."""
    return Manifest.from_json(json.loads(_read("manifest.json")))


def digest_text() -> str:
    """The digest of the paper, as CommonMark."""
    return _read("digest.md")


def references() -> tuple[Reference, ...]:
    """The paper's references: those of its bibliography in its order, then those that only its text names."""
    return tuple(reference_from_json(json.loads(line)) for line in _read("references.jsonl").splitlines())


def _read(name: str) -> str:
    return folder().joinpath(name).read_text(encoding="utf-8")
