"""Uploaded files wait in a folder of their own until their task begins. If it fails, the replaced files come back."""

import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.web.teach.forms import REMEDY, Received
from retriever.types import TenkyoError

_LEFT_SECONDS = 86400.0  # no task waits for a day


@dataclass(frozen=True, slots=True)
class Upload:
    """The files of one upload: their names in `folder`, and where they lie until then."""

    folder: Path
    aside: Path
    names: tuple[str, ...]

    @property
    def paths(self) -> list[Path]:
        """Where the files go."""
        return [self.folder / name for name in self.names]

    @contextmanager
    def placed(self) -> Iterator[set[Path]]:
        """Puts the files in place. Files that are not in the set at the end are deleted; those they replaced come back.

        Raises TenkyoError where the folder cannot be written.
        """
        accepted: set[Path] = set()
        before = self.aside / "before"
        try:
            before.mkdir()
            for path in self.paths:
                if path.exists():
                    path.replace(before / path.name)
                (self.aside / path.name).replace(path)
            yield accepted
        except OSError as error:
            raise TenkyoError(f"the files cannot be kept ({error.strerror}): {REMEDY}") from error
        finally:
            for path in self.paths:
                if path in accepted:
                    continue
                if (before / path.name).exists():
                    (before / path.name).replace(path)
                elif not (self.aside / path.name).exists():
                    path.unlink(missing_ok=True)

    def drop(self) -> None:
        """Delete what is still set aside."""
        shutil.rmtree(self.aside, ignore_errors=True)


def delete_leftovers(uploads: Path, question_files: Path) -> None:
    """Delete what tasks kept that a crash ended: folders set aside, and files for one evaluation, a day old or more."""
    with suppress(OSError):
        for path in uploads.glob(".*"):
            if path.is_dir() and _is_old(path):
                shutil.rmtree(path, ignore_errors=True)
        for path in question_files.glob("*"):
            if _is_old(path):
                path.unlink()


def _is_old(path: Path) -> bool:
    return path.lstat().st_mtime < time.time() - _LEFT_SECONDS


def set_aside(files: Sequence[tuple[Received, str]], folder: Path) -> Upload:
    """Keep files under new names until `placed`; the last of two with the same name. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    upload = Upload(folder, folder / f".{secrets.token_hex(6)}", tuple(dict.fromkeys(name for _, name in files)))
    try:
        upload.aside.mkdir(mode=0o700)
        for file, name in files:
            shutil.copyfile(file.path, upload.aside / name)
    except OSError:
        upload.drop()
        raise
    return upload
