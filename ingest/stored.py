"""A document as the index keeps it, so that its page can be shown without the source."""

from dataclasses import asdict
from typing import Any

from ingest.bibliography.reference import Reference
from ingest.document import Block, Document


def to_json(document: Document) -> dict[str, Any]:
    """The document as a JSON object, empty fields of its blocks left out."""
    body = asdict(document)
    body["blocks"] = [
        {name: value for name, value in block.items() if value not in ("", 0, (), None)} for block in body["blocks"]
    ]
    return body


def from_json(body: dict[str, Any]) -> Document:
    """The document from what `to_json` made."""
    blocks = tuple(_block(block) for block in body["blocks"])
    references = tuple(map(Reference.from_json, body["references"]))
    return Document(**{**body, "blocks": blocks, "references": references})


def _block(fields: dict[str, Any]) -> Block:
    read: dict[str, Any] = {"text": "", **fields}
    for name in ("page_starts", "cells"):
        read[name] = tuple(tuple(pair) for pair in fields.get(name, ()))
    return Block(**read)
