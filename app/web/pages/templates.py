"""The HTML pages in `pages/`: Jinja2 templates in which every value is escaped."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import Scope

if TYPE_CHECKING:
    import jinja2

PAGES = Path(__file__).parent


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


def way_up(scope: Scope) -> str:
    """The relative address of the root, "./" or "../" and so on, from the page that a request asks for.

    Pages link by relative addresses only, so they work under any path of a proxy. It is counted in the address as it
    was sent: a slash written %2F is none to a browser.
    """
    path = scope.get("raw_path") or scope["path"].encode()
    return "../" * (path.count(b"/") - 1) or "./"
