"""Draw a PDF page in a separate process under limits: its picture, and its characters with their boxes."""

import json
from dataclasses import dataclass
from pathlib import Path

from ingest.pdf.reading_process import run_reader
from retriever.types import TenkyoError

_MOST_BYTES = 8_000_000  # maximum size of a picture
MAX_SECONDS, MAX_CPU_SECONDS = 20.0, 5  # a page takes about 0.3 s of CPU time
_MAX_MEMORY_BYTES = 1_000_000_000
Box = tuple[int, int, int, int]  # left, top, right, bottom in the picture's pixels


class PictureError(TenkyoError):
    """A page cannot be drawn; the message says why."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as a WebP picture of `width` × `height` pixels.

    `text` holds its characters in file order, `boxes` the bounding box of each character.
    """

    image: bytes
    width: int
    height: int
    text: str
    boxes: tuple[Box, ...]


def draw_page(path: Path, number: int, max_seconds: float = MAX_SECONDS) -> PagePicture:
    """Draw a page (1-based). Raises PictureError if it cannot be drawn within the limits."""
    # reading_process allows up to one second of CPU time more than requested
    limits = {"max_seconds": MAX_CPU_SECONDS - 1, "max_memory_bytes": _MAX_MEMORY_BYTES}
    try:
        run = run_reader("ingest.pdf.facsimile.worker", {"path": str(path), "page": number, **limits}, max_seconds)
    except TimeoutError as error:
        most = f"{max_seconds:g} seconds, or {MAX_CPU_SECONDS} of a processor,"
        raise PictureError(f"page {number} takes over {most} to draw") from error
    except OSError as error:
        raise PictureError(f"page {number} cannot be drawn ({error.strerror})") from error
    line, _, image = run.stdout.partition(b"\n")
    if run.returncode or not line:
        raise PictureError(f"drawing page {number} crashed (exit {run.returncode})")
    head = json.loads(line)
    if "error" in head:
        raise PictureError(f"page {number} cannot be drawn ({head['error']})")
    if len(image) > _MOST_BYTES:
        raise PictureError(f"the picture of page {number} has over {_MOST_BYTES:,} bytes")
    return PagePicture(image, head["width"], head["height"], head["text"], tuple(map(tuple, head["boxes"])))
