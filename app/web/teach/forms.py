"""Read forms and uploaded files; files go to disk as they arrive, within limits."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from app.web.errors import RefusedError
from ingest.text import shown_name
from retriever.files import whole_file

MOST_FILES, MOST_FILE_BYTES, MOST_BYTES = 20, 200_000_000, 400_000_000  # of one upload
UPLOAD_SECONDS = 900.0
REMEDY = "whoever runs the server can make room, and let it write the folder of uploads"
_MOST_FIELDS = 20_000
_MOST_NAME = 180  # bytes of a file's name
_NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class Received:
    """An uploaded file: its safe name and its temporary path."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A refused file: `error` says why, `reason` is a code as in outcomes of reading."""

    name: str
    reason: str
    error: RefusedError


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form; of a repeated name, the last value counts. Raises RefusedError (400)."""
    return dict(await pairs_of(request))


async def pairs_of(request: Request) -> list[tuple[str, str]]:
    """The fields of a form in order. The guard has limited the body's size. Raises RefusedError (400)."""
    try:
        body = (await request.body()).decode()
        return parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise RefusedError(400, "bad_form", "the form cannot be read: open the page again and send it anew") from error


@asynccontextmanager
async def received(request: Request, suffixes: Sequence[str]) -> AsyncGenerator[tuple[list[Received], list[LeftOut]]]:
    """The files of a form, in a folder that is deleted after the block, and those refused for their type or size.

    Raises RefusedError: 413 if the body is too large, 400 if it is no such form or takes too long, 422 if no file was
    sent, 503 if a file cannot be written, here or in the block. If all files are refused: the first one's error.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="tenkyo-upload-") as folder:
            async with asyncio.timeout(UPLOAD_SECONDS):
                yield await _files(request, Path(folder), suffixes)
    except TimeoutError:
        said = f"the files did not arrive within {UPLOAD_SECONDS:.0f} s"
        raise RefusedError(400, "too_slow", said, reason="upload_slow", minutes=round(UPLOAD_SECONDS / 60)) from None
    except ClientDisconnect:
        raise RefusedError(400, "cut_off", "the files were cut off: send them again", reason="upload_cut") from None
    except OSError as error:
        said = f"the files cannot be kept ({error.strerror}): {REMEDY}"
        raise RefusedError(503, "unavailable", said, reason="files_not_kept") from error


async def _files(request: Request, folder: Path, suffixes: Sequence[str]) -> tuple[list[Received], list[LeftOut]]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise RefusedError(400, "bad_form", "send files as multipart/form-data")
    parser = MultiPartParser(request.headers, _bounded(request), max_files=MOST_FILES, max_fields=10)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        said = f"the files cannot be read ({error.message}): send them again"
        raise RefusedError(400, "bad_form", said, reason="upload_unreadable", most=MOST_FILES) from error
    files: list[Received] = []
    left_out: list[LeftOut] = []
    try:
        for sent in form.getlist("files"):
            if isinstance(sent, str) or not sent.filename:
                continue
            name = safe_name(sent.filename)
            if (unfit := _unfit(name, sent.size or 0, suffixes)) is not None:
                left_out.append(unfit)
                continue
            path = folder / str(len(files))
            await asyncio.to_thread(_write, sent.file, path)
            files.append(Received(name, path))
    finally:
        await form.close()
    if not files:
        raise left_out[0].error if left_out else RefusedError(422, "no_file", "no file was sent: choose one")
    return files, left_out


def _unfit(name: str, size: int, suffixes: Sequence[str]) -> LeftOut | None:
    """The refusal of a file; None if it is accepted."""
    if Path(name).suffix.lower() not in suffixes:
        types = " ".join(suffixes)
        error = RefusedError(422, "unknown_type", f"{name} is of no known type: {types}", name=name, types=types)
        return LeftOut(name, "unknown-type", error)
    if size > MOST_FILE_BYTES:
        said = f"{name} is larger than {MOST_FILE_BYTES:,} bytes: split it"
        error = RefusedError(413, "too_large", said, reason="file_large", name=name, most=MOST_FILE_BYTES // 1_000_000)
        return LeftOut(name, "too-large", error)
    return None


async def _bounded(request: Request) -> AsyncGenerator[bytes]:
    """The body as it arrives; raises RefusedError (413) once it exceeds MOST_BYTES."""
    total = 0
    async for piece in request.stream():
        total += len(piece)
        if total > MOST_BYTES:
            said = f"the files are larger than {MOST_BYTES:,} bytes together"
            raise RefusedError(413, "too_large", said, reason="upload_large", most=MOST_BYTES // 1_000_000)
        yield piece


def _write(source: BinaryIO, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)


def keep(file: Received, folder: Path, name: str) -> Path:
    """Copy a file into a folder, replacing one with the same name; returns its path. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder.resolve() / name
    with file.path.open("rb") as source, whole_file(path) as target:
        shutil.copyfileobj(source, target)
    return path


def safe_name(name: str) -> str:
    """A file name that is valid on every system: no folders, controls or leading dots, at most 180 bytes."""
    last = re.split(r"[/\\]", name)[-1]
    stem, suffix = os.path.splitext(shown_name(_NOT_IN_NAMES.sub("-", last)).strip(" ."))  # noqa: PTH122 - text alone
    stem = stem.encode("utf-8", "replace")[: _MOST_NAME - len(suffix.encode())].decode("utf-8", "ignore").strip(" .")
    return f"{stem or 'file'}{suffix}"
