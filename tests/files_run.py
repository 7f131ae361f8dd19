"""Which of our files some work runs through: each is a hop for a reader of the code."""

from collections.abc import Iterable
from cProfile import Profile
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = ("app", "ingest", "retriever", "corpus")


def files_of(profile: Profile) -> list[str]:
    """The files whose functions ran, sorted; a module that was only imported is none."""
    codes = (entry.code for entry in profile.getstats())
    return ours(code.co_filename for code in codes if isinstance(code, CodeType) and code.co_name != "<module>")


def ours(paths: Iterable[str]) -> list[str]:
    """Those of the files that belong to our packages, relative to the checkout, sorted."""
    inside = {Path(path).relative_to(ROOT) for path in paths if Path(path).is_relative_to(ROOT)}
    return sorted(path.as_posix() for path in inside if path.parts[0] in _PACKAGES)
