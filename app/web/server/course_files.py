"""Which courses a server has: from `--course NAME=INDEX` and from a TOML file."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings.values import origins
from app.web.courses.course import CourseSettings
from app.web.courses.passes import Door, read_key
from app.web.guard.rates import parse_rate
from app.web.lti.ties import Tie
from retriever.types import TenkyoError

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_MOST_COURSES = 50
_TEXTS = ("index", "title", "greeting", "rate", "rate_address", "key_file", "audience")
_LISTS = ("starters", "origins", "lti")


@dataclass(frozen=True, slots=True)
class CourseConfig:
    """The set-up of one course. None and "" stand for the server's settings; a course with a `door` is closed.

    A launch from a platform in `lti` opens a closed course; a teacher's launch also opens the course's desk.
    """

    name: str
    index: Path
    title: str = ""
    greeting: str = ""
    starters: tuple[str, ...] = ()
    origins: tuple[str, ...] | None = None
    rate: str = ""
    rate_address: str = ""
    door: Door | None = None
    lti: tuple[Tie, ...] = ()


def read_courses(given: Sequence[str], file: str) -> list[CourseConfig]:
    """The courses of the flags, then those of the file, in order. Raises TenkyoError for a wrong name or setting."""
    courses = [_of_flag(text) for text in given] + (_of_file(Path(file)) if file else [])
    names = [course.name for course in courses]
    for name in names:
        if not NAME.fullmatch(name):
            raise TenkyoError(f"course {name[:60]!r}: write small letters, digits and hyphens, at most 40, as in law-1")
        if names.count(name) > 1:
            raise TenkyoError(f"course {name!r} is named twice: give each course a name of its own")
    if len(courses) > _MOST_COURSES:
        raise TenkyoError(f"{len(courses)} courses are named: at most {_MOST_COURSES} fit into one server")
    return courses


def _of_flag(text: str) -> CourseConfig:
    name, equals, index = text.partition("=")
    if not equals or not index:
        raise TenkyoError(f"--course {text[:200]!r}: write NAME=INDEX, as in law=/srv/tenkyo/law")
    return CourseConfig(name, Path(index).expanduser())


def _of_file(path: Path) -> list[CourseConfig]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TenkyoError(
            f"{path}: cannot be read as TOML ({error}); write a table for each course, as in [law]"
        ) from error
    return [_of_table(path, name, table) for name, table in tables.items()]


def _of_table(path: Path, name: str, table: Any) -> CourseConfig:
    """A course of the file; relative paths are relative to the file's folder."""
    where = f"{path}, course {name!r}"
    if not isinstance(table, Mapping) or not isinstance(table.get("index"), str):
        raise TenkyoError(f'{where}: has no index; write index = "FOLDER"')
    unknown = sorted(set(table) - {*_TEXTS, *_LISTS})
    if unknown:
        raise TenkyoError(f"{where}: {unknown[0]!r} is not a setting; known: {', '.join((*_TEXTS, *_LISTS))}")
    texts = {key: table.get(key, "") for key in _TEXTS}
    lists = {key: table.get(key) for key in _LISTS}
    wrong = [key for key, value in texts.items() if not isinstance(value, str)]
    wrong += [key for key, value in lists.items() if not _is_list(value)]
    if wrong:
        raise TenkyoError(f"{where}: {wrong[0]} has {table[wrong[0]]!r}; write a text, or a list of texts for {_LISTS}")
    try:
        sites = None if lists["origins"] is None else origins(",".join(lists["origins"]))
        CourseSettings(greeting=texts["greeting"], starters=tuple(lists["starters"] or ()))
        for rate in filter(None, (texts["rate"], texts["rate_address"])):
            parse_rate(rate)
        ties = tuple(Tie.parse(text) for text in lists["lti"] or ())
    except (ValueError, TenkyoError) as error:
        raise TenkyoError(f"{where}: {error}") from error
    here = path.parent
    key_file = texts["key_file"] and here / Path(texts["key_file"]).expanduser()
    return CourseConfig(
        name=name,
        index=here / Path(texts["index"]).expanduser(),
        title=texts["title"],
        greeting=texts["greeting"],
        starters=tuple(lists["starters"] or ()),
        origins=sites,
        rate=texts["rate"],
        rate_address=texts["rate_address"],
        door=Door(name, read_key(key_file), texts["audience"] or "tenkyo") if key_file else None,
        lti=ties,
    )


def _is_list(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(part, str) for part in value))
