"""What pyproject.toml ships: typed packages with the files that they read, and nothing that only fits weights."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]


@pytest.mark.parametrize("package", WHEEL["packages"])
def test_every_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "__init__.py").exists()
    assert (ROOT / package / "py.typed").exists()


def test_training_and_its_papers_stay_out_of_the_wheel() -> None:
    assert "app/training" in WHEEL["exclude"]
    assert (ROOT / "app" / "training" / "data" / "README.md").exists()


def test_templates_are_not_ignored_by_git_and_so_are_shipped() -> None:
    patterns = [line.strip("/ ") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line]
    templates = [path.relative_to(ROOT) for path in (ROOT / "app").rglob("*.html")]
    assert Path("app/evaluation/report/templates/run.html") in templates
    for template in templates:
        assert not any(fnmatch(part, pattern) for part in template.parts for pattern in patterns), template


def test_the_readers_weights_ship_beside_their_licence() -> None:
    weights = ROOT / "retriever" / "embedded" / "reader.npz"
    assert weights.stat().st_size < 4_000_000
    licence = weights.with_name("reader.LICENCE.txt").read_text(encoding="utf-8")
    assert "CC BY-SA 4.0" in licence
    patterns = [line.strip("/ ") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line]
    assert not any(fnmatch(weights.name, pattern) for pattern in patterns)


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    start = text.index("dependencies = [")
    lines = [line.strip() for line in text[start : text.index("]\n", start)].splitlines()[1:]]
    commented = False
    for line in lines:
        if line.startswith('"'):
            assert "#" in line or commented, line
        commented = line.startswith("#")
