"""Regular expressions of the project's modules, and strings on which a badly written one takes long."""

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from re import _constants as codes  # the parser's own names; nothing public gives them
from re import _parser as parser
from types import MappingProxyType, ModuleType
from typing import Any

from app.answering.understand.words import read_words

PACKAGES = ("retriever", "ingest", "app", "corpus")
_ONLY_FOR_DEVELOPERS = "app.training"  # what it reads are data sets of their choice, and it imports torch
ALL = frozenset(("search", "match", "fullmatch", "sub"))
_STANDS_FOR = dict.fromkeys(("subn", "split", "findall", "finditer"), "sub")
_FUNCTIONS = ALL | _STANDS_FOR.keys()
_SHORT = 40  # characters that a pattern matches at most
_UNENDING = 10  # a repeat that may go on at least this long is worth pumping
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_CATEGORIES = {
    codes.CATEGORY_DIGIT: "7",
    codes.CATEGORY_NOT_DIGIT: "x",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: "x",
    codes.CATEGORY_WORD: "w",
    codes.CATEGORY_NOT_WORD: "-",
}
_LOOKS_LIKE_ONE = re.compile(r"\(\?[:!<=]|\\[bdswW]|\][+*?{]|[^|]\|[^|]")
# Characters that some class or other takes: blanks of all kinds, brackets, digits, letters of each script.
COMMON = " \t\n\u3000\xa0([{（「<\"'0７.,、。-:/=%#|*_aZé漢あアー한\u3131\U00020000"


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern and where it stands: module and name, or module and line."""

    where: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    methods: frozenset[str]  # "search", "match", "fullmatch", "sub" (which stands for all that find every match)


def modules() -> Iterator[ModuleType]:
    """Every module of the packages that can be imported, but for those that fit weights."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield package
        yield from _modules_in(package)


def _modules_in(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.name == _ONLY_FOR_DEVELOPERS or found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        yield module
        if found.ispkg:
            yield from _modules_in(module)


def patterns() -> list[Found]:
    """Patterns that modules hold, in collections and dataclasses too, and those written where they are used."""
    trees = {module: ast.parse(inspect.getsource(module)) for module in modules()}
    used = _methods_used(trees.values())
    found: dict[tuple[str | bytes, int], Found] = {}
    for module, tree in trees.items():
        for one in itertools.chain(_held(module, used), _written(module, tree), _in_data(module)):
            key = one.pattern.pattern, one.pattern.flags
            known = found.get(key)
            found[key] = replace(one, methods=one.methods | known.methods) if known else one
    return list(found.values())


def _methods_used(trees: Iterable[ast.Module]) -> dict[str, frozenset[str]]:
    """The methods that are called of each name in the packages: `_YEAR.search(text)`."""
    used: dict[str, set[str]] = {}
    for node in itertools.chain.from_iterable(map(ast.walk, trees)):
        if isinstance(node, ast.Attribute) and node.attr in _FUNCTIONS and isinstance(node.value, ast.Name):
            used.setdefault(node.value.id, set()).add(_STANDS_FOR.get(node.attr, node.attr))
    return {name: frozenset(methods) for name, methods in used.items()}


def _held(module: ModuleType, used: Mapping[str, frozenset[str]]) -> Iterator[Found]:
    for name, value in vars(module).items():
        if not name.startswith("__"):
            for pattern in _inside(value, 4):
                methods = used.get(name, ALL) if pattern is value else ALL
                yield Found(f"{module.__name__}.{name}", pattern, methods)


def _in_data(module: ModuleType) -> Iterator[Found]:
    """Patterns that are compiled when they are needed: texts that look like one, here and in TOML files beside it."""
    texts = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    for path in Path(module.__file__ or "").parent.glob("*.toml"):
        texts[path.name] = read_words(path)
    for name, value in texts.items():
        for text in _texts(value):
            if _LOOKS_LIKE_ONE.search(text) and "{}" not in text:  # else it is a frame, to be filled
                yield Found(f"{module.__name__}.{name}", re.compile(text, re.ASCII), frozenset(["search"]))


def _texts(value: Any, fragments: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """The texts of a value, `<name>` in them replaced by the fragment of that name in the same table."""
    if isinstance(value, str):
        yield re.sub(r"<([a-z_]+)>", lambda match: fragments.get(match[1], match[0]), value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one, value.get("fragments", fragments))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one, fragments)


def _inside(value: Any, depth: int) -> Iterator[Any]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, Mapping):
        for one in value.values():
            yield from _inside(one, depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _inside(one, depth - 1)
    elif depth and hasattr(type(value), "__dataclass_fields__"):
        for name in type(value).__dataclass_fields__:
            yield from _inside(getattr(value, name), depth - 1)


def _written(module: ModuleType, tree: ast.Module) -> Iterator[Found]:
    """`re.sub(r"…", …)` and the like, with a pattern that the module's own constants complete."""
    for node in ast.walk(tree):
        method = _method_of_re(node)
        if isinstance(node, ast.Call) and method and node.args:
            pattern = _compiled(node, method, vars(module))
            if pattern is not None:
                yield Found(f"{module.__name__}:{node.lineno}", pattern, frozenset([_STANDS_FOR.get(method, method)]))


def _method_of_re(node: ast.AST) -> str:
    """The name of the function of `re` that is called to match something; empty where none is."""
    function = node.func if isinstance(node, ast.Call) else None
    is_re = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"
    return function.attr if isinstance(function, ast.Attribute) and is_re and function.attr in _FUNCTIONS else ""


def _compiled(node: ast.Call, method: str, names: dict[str, Any]) -> re.Pattern[str] | re.Pattern[bytes] | None:
    """The pattern of the call; None where it is put together from values that only a run knows."""
    known = {name.id for name in ast.walk(node.args[0]) if isinstance(name, ast.Name)}
    if not known <= names.keys():
        return None
    text = eval(compile(ast.Expression(node.args[0]), "<pattern>", "eval"), dict(names))  # noqa: S307 - our own source
    place = {"sub": 4, "subn": 4, "split": 3}.get(method, 2)
    given = [one.value for one in node.keywords if one.arg == "flags"] + node.args[place : place + 1]
    flags = eval(compile(ast.Expression(given[0]), "<flags>", "eval"), dict(names)) if given else 0  # noqa: S307
    return re.compile(text, flags) if isinstance(text, str | bytes) else None


def letters_of(pattern: str | bytes, flags: int) -> list[str]:
    """The characters that the pattern speaks of, one for each class."""
    return sorted({letter for sample in _samples(_tree(pattern, flags)) for letter in sample})


def _tree(pattern: str | bytes, flags: int) -> Any:
    if isinstance(pattern, bytes):
        return parser.parse(pattern.decode("latin-1"), flags & ~re.UNICODE)
    return parser.parse(pattern, flags)


def attacks(pattern: str | bytes, flags: int, length: int) -> list[str]:
    """Strings of about `length` characters that make the pattern try much and find nothing.

    What stands before a repeat once, then what it repeats many times, then something that cannot follow; every
    character that the pattern takes, and every two neighbouring ones, over and over. A pattern that matches a few
    characters at most tries no more than these from each place: for it, its own characters will do.
    """
    tree = _tree(pattern, flags)
    letters = letters_of(pattern, flags)
    is_short = tree.getwidth()[1] <= _SHORT
    found: dict[str, None] = {}
    for unit in letters if is_short else [*letters, *COMMON]:
        found[unit * length] = None
        found[f"x{unit * (length - 2)}\0"] = None
    for before, pumped in _pumps(tree, ""):
        for unit in pumped:
            if unit:
                middle = unit * max((length - len(before)) // len(unit), 1)
                found[f"{before}{middle}\0"] = None
                found[f"{(before + unit) * (length // (len(before) + len(unit)))}"] = None
    for first, second in itertools.pairwise([*letters, " "] if not is_short else ()):
        found[(first + second) * (length // 2)] = None
    return list(found)


def _samples(tree: Any) -> list[str]:
    """A few strings that the tree matches, each alternative once."""
    made = [""]
    for op, argument in tree:
        parts = _samples_of(op, argument)
        made = [f"{one}{part}" for one, part in itertools.islice(itertools.product(made, parts), 12)] if parts else made
    return made


def _samples_of(op: Any, argument: Any) -> list[str]:
    """The same of one part of a tree; empty for what takes no character, such as a look around."""
    if op is codes.LITERAL:
        return [chr(argument)]
    if op in (codes.NOT_LITERAL, codes.ANY):
        return ["x"]
    if op is codes.IN:
        return _class_samples(argument)
    if op is codes.BRANCH:
        return [sample for branch in argument[1] for sample in _samples(branch)[:2]]
    if op in _REPEATS:
        return [sample * max(argument[0], 1) for sample in _samples(argument[2])]
    inner = {codes.SUBPATTERN: lambda: argument[-1], codes.ATOMIC_GROUP: lambda: argument}.get(op)
    return _samples(inner()) if inner else []


def _class_samples(items: Any) -> list[str]:
    if items[0][0] is codes.NEGATE:
        refused = "".join(_class_samples(items[1:]))
        return [letter for letter in "x7 あ漢" if letter not in refused][:3]
    found = []
    for op, argument in items:
        if op is codes.LITERAL:
            found.append(chr(argument))
        elif op is codes.RANGE:
            found.append(chr(argument[0]))
        elif op is codes.CATEGORY:
            found.append(_CATEGORIES[argument])
    return found[:8]


def _pumps(tree: Any, before: str) -> Iterator[tuple[str, list[str]]]:
    """(what leads to a repeat, what it repeats) for every repeat that may go on for long."""
    for op, argument in tree:
        if op in _REPEATS:
            _, most, body = argument
            if most >= _UNENDING:
                yield before, _samples(body)[:8]
            yield from _pumps(body, before)
        elif op is codes.BRANCH:
            for branch in argument[1]:
                yield from _pumps(branch, before)
        elif op is codes.SUBPATTERN:
            yield from _pumps(argument[-1], before)
        elif op is codes.ATOMIC_GROUP:
            yield from _pumps(argument, before)
        elif op in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _pumps(argument[1], before)
        before += next(iter(_samples_of(op, argument)), "")
