"""The HTML pages and chat messages below `pages/`: Jinja2 templates in which every value is escaped."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import Scope

if TYPE_CHECKING:
    import jinja2

PAGES = Path(__file__).parent
# Control characters, line and paragraph separators, and the controls that turn the direction of text.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@cache
def _environment() -> "jinja2.Environment":
    import jinja2  # here: most commands show no page

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(name: str, **values: Any) -> str:
    """The page `name` with its values; raises jinja2.UndefinedError for a value that is missing."""
    return _environment().get_template(f"{name}.html").render(values)


def message(name: str, **values: Any) -> str:
    """The chat message `name` on one line. Values are escaped; runs of control characters become a space."""
    lines = load_message(name).render(values).split("\n")
    return "".join(line.strip() for line in lines)


def load_message(name: str) -> "jinja2.Template":
    """The template of a chat message, compiled once."""
    return _messages().get_template(f"{name}.html")


@cache
def _messages() -> "jinja2.Environment":
    return _environment().overlay(finalize=_without_controls)


def _without_controls(value: object) -> object:
    """A value with control characters replaced by a space; markup made by the templates (Markup) is unchanged."""
    return value if hasattr(value, "__html__") or not isinstance(value, str) else _CONTROLS.sub(" ", value)


def way_up(scope: Scope) -> str:
    """The relative address of the root, "./" or "../" and so on, from the page that a request asks for.

    Pages link by relative addresses only, so they work under any path of a proxy. The slashes are counted in the raw
    path, because a browser does not take %2F for a slash.
    """
    path = scope.get("raw_path") or scope["path"].encode()
    return "../" * (path.count(b"/") - 1) or "./"
