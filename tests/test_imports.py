"""How the packages hang together: imports point one way and never in a circle, and a class name means one thing."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What each may import of the others; corpus, the bundled documents, is data with a few records.
MAY_IMPORT = {
    "retriever": {"retriever"},
    "ingest": {"ingest", "retriever"},
    "corpus": {"corpus", "ingest", "retriever"},
    "app": {"app", "corpus", "ingest", "retriever"},
}
FILES = [path for top in MAY_IMPORT for path in sorted((ROOT / top).rglob("*.py"))]
MOST_ENTRIES = 14  # modules and packages of a package
PACKAGES = [path.parent for path in FILES if path.name == "__init__.py"]


def name_of(path: Path) -> str:
    """The dotted name of a module or package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_by(path: Path) -> Iterator[str]:
    """The modules and packages of ours that a file imports, those that it imports later or for types, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name for name in names if name.partition(".")[0] in MAY_IMPORT)


IMPORTS = {name_of(path): set(imported_by(path)) for path in FILES}


def circle_in(imports: dict[str, set[str]]) -> list[str]:
    """The names on a circle of imports, the first one again at the end; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("top", list(MAY_IMPORT))
def test_imports_point_from_app_to_ingest_to_retriever(top: str) -> None:
    inside = {name: names for name, names in IMPORTS.items() if name.partition(".")[0] == top}
    others = {
        f"{name} imports {other}"
        for name, names in inside.items()
        for other in names
        if other.partition(".")[0] not in MAY_IMPORT[top]
    }
    assert inside
    assert others == set()


@pytest.mark.parametrize("package", [name_of(path / "__init__.py") for path in PACKAGES])
def test_the_parts_of_a_package_do_not_import_each_other_in_a_circle(package: str) -> None:
    """Parts are the modules and packages directly inside; what stands in the package's own __init__ is none of them."""
    places = len(package.split(".")) + 1

    def part_of(name: str) -> str:
        return ".".join(name.split(".")[:places]) if name.startswith(f"{package}.") else ""

    parts = {part for name in IMPORTS if (part := part_of(name))}
    between: dict[str, set[str]] = {part: set() for part in parts}
    for name, imported in IMPORTS.items():
        part = part_of(name)
        if part:
            between[part] |= {other for each in imported if (other := part_of(each)) in parts and other != part}
    assert circle_in(between) == []


def test_a_public_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name_of(path))
    assert places["Passage"] == ["retriever.types"]
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def docstrings(path: Path) -> Iterator[str]:
    """The docstrings of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def test_docstrings_name_paths_that_exist() -> None:
    missing = [
        (name_of(path), named)
        for path in FILES
        for text in docstrings(path)
        for named in re.findall(r"(?<![\w/.:{-])(?:app|ingest|retriever|corpus|tests)/[\w./-]*\w", text)
        if not (ROOT / named).exists()
    ]
    assert missing == []


def test_the_docstring_of_a_package_names_modules_that_it_has() -> None:
    missing = []
    for package in PACKAGES:
        text = next(docstrings(package / "__init__.py"))
        for listed in re.findall(r"(?:^|; |\n)((?:[a-z_]+(?:, | and ))*[a-z_]+)/?: ", text.replace("\n", " \n")):
            for name in re.split(r", | and ", listed):
                if not list(package.glob(f"{name}*")):
                    missing.append((name_of(package / "__init__.py"), name))
    assert missing == []


def test_a_folder_has_few_entries() -> None:
    entries: dict[str, set[str]] = {}
    for path in FILES:
        parts = path.relative_to(ROOT).parts
        for place in range(1, len(parts)):
            entries.setdefault("/".join(parts[:place]), set()).update({parts[place]} - {"__init__.py"})
    crowded = {folder: sorted(names) for folder, names in entries.items() if len(names) > MOST_ENTRIES}
    assert crowded == {}
