"""Elements that a page hides from its reader: left out, as they are no text of the work and may be meant to mislead."""

import re
from typing import Any

_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*(?:0++(?:\.0++)?|\.0++)(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|opacity\s*:\s*(?:0++(?:\.0++)?|\.0++)\s*(?:;|!|$)|(?:left|top|right)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*[01]",
    re.IGNORECASE,
)
_RULE = re.compile(r"(?:^|[};])\s*+([^{}@]++)\{([^{}]*)\}")
_RULED = re.compile(r"display\s*:\s*none|font-size\s*:\s*0(?:px|pt|em|rem|%)?\s*(?:;|!|$)", re.IGNORECASE)
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;]+)", re.IGNORECASE)
_WHITE = re.compile(r"white|#f{3}(?:f{3})?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255", re.IGNORECASE)
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def drop_hidden(root: Any) -> None:
    """Removes from a tree what is hidden: by attribute, by style, or as white text on white."""
    names = _hidden_names(root)
    elements = [element for element in root.iter() if isinstance(element.tag, str)]  # a list: the tree changes
    for element in elements:
        if element.tag not in ("html", "head", "body") and _is_hidden(element, names):
            element.drop_tree()


def _is_hidden(element: Any, names: frozenset[str]) -> bool:
    style = element.get("style", "")
    if element.get("hidden") is not None or element.get("aria-hidden") == "true" or _STYLE.search(style):
        return True
    if names & {*("." + name for name in element.get("class", "").split()), "#" + element.get("id", "")}:
        return True
    return bool(style) and element.tag not in _HEADINGS and _is_white_on_white(element, style)


def _is_white_on_white(element: Any, style: str) -> bool:
    """Whether text is white and no element around it has another background; headings may lie on pictures."""
    colours = {name.lower(): value for name, value in _COLOUR.findall(style)}
    if not _WHITE.match(colours.get("color", "").strip()):
        return False
    for around in (element, *element.iterancestors()):
        styled = [value for name, value in _COLOUR.findall(around.get("style", "")) if name.lower() != "color"]
        background = styled[-1] if styled else around.get("bgcolor", "")
        if background:
            return bool(_WHITE.match(background.strip()))
    return True


def _hidden_names(root: Any) -> frozenset[str]:
    """The classes (.x) and ids (#x) that the page's style sheets hide; none that holds half of the page's text."""
    found: set[str] = set()
    for sheet in root.iter("style"):
        for selectors, rules in _RULE.findall(re.sub(r"/\*.*?\*/", "", sheet.text or "", flags=re.DOTALL)):
            if _RULED.search(rules):
                found |= {name.strip() for name in selectors.split(",") if re.fullmatch(r"\s*[.#][\w-]+\s*", name)}
    whole = len(root.text_content())
    return frozenset(name for name in found if _text_length(root, name) * 2 < whole)


def _text_length(root: Any, name: str) -> int:
    attribute, value = ("class", name[1:]) if name[0] == "." else ("id", name[1:])
    elements = (element for element in root.iter() if isinstance(element.tag, str))
    return sum(len(element.text_content()) for element in elements if value in element.get(attribute, "").split())
