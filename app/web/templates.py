"""The HTML pages in `pages/`, filled in."""

from functools import cache
from pathlib import Path
from string import Template

PAGES = Path(__file__).parent / "pages"
STATIC = Path(__file__).parent / "static"


@cache
def _template(name: str) -> Template:
    return Template((PAGES / f"{name}.html").read_text(encoding="utf-8"))


def page(name: str, **values: str) -> str:
    """The page `name` with `$value` replaced; the caller has escaped the values."""
    return _template(name).substitute(values)
