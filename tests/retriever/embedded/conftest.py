"""What the tests of the embedded models share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def cache(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder in the place of the user's, with the models as this run converted them."""
    folder = Path(shutil.copytree(run_folder / "cache", tmp_path_factory.mktemp("cache") / "copy"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder
