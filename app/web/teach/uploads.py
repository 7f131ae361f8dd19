"""Uploaded files are set aside until their task begins; if it fails, the files that they replaced are restored."""

import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from app.web.errors import WordedError
from app.web.teach.forms import REMEDY, Received
from ingest.document import hash_bytes

_LEFT_SECONDS = 86400.0  # no task waits that long
# in the folder of an upload; uploaded files never have names that begin with a dot
_BEFORE, _LOCK, _NAMES = ".before", ".lock", ".names"


@dataclass(frozen=True, slots=True)
class Upload:
    """The files of one upload: they wait in `aside` and then move to `folder` under `names`."""

    folder: Path
    aside: Path
    names: tuple[str, ...]

    @property
    def paths(self) -> list[Path]:
        """The final paths of the files."""
        return [self.folder / name for name in self.names]

    @contextmanager
    def placed(self) -> Iterator[set[Path]]:
        """Move the files into place. The block adds the paths that it accepts to the yielded set.

        Other files are deleted afterwards, and those they replaced restored. Raises WordedError if writing fails.
        """
        accepted: set[Path] = set()
        try:
            with FileLock(self.aside / _LOCK):  # the system releases it if this process is killed
                (self.aside / _BEFORE).mkdir()
                try:
                    for path in self.paths:
                        if path.exists():
                            path.replace(self.aside / _BEFORE / path.name)
                        (self.aside / path.name).replace(path)
                    yield accepted
                finally:
                    self.take_back(accepted)
        except OSError as error:
            said = f"the files cannot be kept ({error.strerror}): {REMEDY}"
            raise WordedError(said, "files_not_kept") from error

    def take_back(self, accepted: Collection[Path]) -> None:
        """Delete the files that were not accepted, and put back those that they replaced."""
        for path in self.paths:
            if path in accepted:
                continue
            if (self.aside / _BEFORE / path.name).exists():
                (self.aside / _BEFORE / path.name).replace(path)
            elif not (self.aside / path.name).exists():
                path.unlink(missing_ok=True)

    def drop(self) -> None:
        """Delete what is still set aside."""
        shutil.rmtree(self.aside, ignore_errors=True)


def take_back_interrupted(uploads: Path, hashes: Callable[[], Mapping[str, str]]) -> None:
    """Undo the file changes of tasks whose process was killed, except for files that are already in the index.

    `hashes` returns the content hash of each source in the index; it is called only if there is such a task.
    """
    with suppress(OSError):
        for before in uploads.glob(f".*/{_BEFORE}"):
            aside = before.parent
            with suppress(Timeout), FileLock(aside / _LOCK, timeout=0):
                names = tuple((aside / _NAMES).read_text(encoding="utf-8").splitlines())
                upload, known = Upload(uploads.resolve(), aside, names), hashes()
                upload.take_back({path for path in upload.paths if _is_indexed(path, known, before / path.name)})
                upload.drop()


def _is_indexed(path: Path, hashes: Mapping[str, str], replaced: Path) -> bool:
    """Whether the index holds the new file, not the one that it `replaced`."""
    if not path.exists() or str(path) not in hashes:
        return False
    return not replaced.exists() or hashes[str(path)] == hash_bytes(path.read_bytes())


def delete_leftovers(uploads: Path, question_files: Path) -> None:
    """Delete what crashed tasks left: folders set aside and question files that are more than a day old."""
    with suppress(OSError):
        for path in uploads.glob(".*"):
            if path.is_dir() and _is_old(path):
                shutil.rmtree(path, ignore_errors=True)
        for path in question_files.glob("*"):
            if _is_old(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_old(path: Path) -> bool:
    return path.lstat().st_mtime < time.time() - _LEFT_SECONDS


def set_aside(files: Sequence[tuple[Received, str]], folder: Path) -> Upload:
    """Copy files aside until `placed`; of two with the same name, the last is kept. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    upload = Upload(folder, folder / f".{secrets.token_hex(6)}", tuple(dict.fromkeys(name for _, name in files)))
    try:
        upload.aside.mkdir(mode=0o700)
        (upload.aside / _NAMES).write_text("\n".join(upload.names), encoding="utf-8")
        for file, name in files:
            shutil.copyfile(file.path, upload.aside / name)
    except OSError:
        upload.drop()
        raise
    return upload
