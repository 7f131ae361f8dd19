"""HTML → Document: the visible text of a page, without navigation, scripts and ruby."""

import re
from pathlib import Path
from typing import Any

from ingest.document import Block
from ingest.loaders.source import Limits, Loaded, SourceError, read_bytes, rows_left_out
from ingest.loaders.text import decode
from ingest.structure.compose import compose
from ingest.structure.tables import table_blocks
from ingest.text import is_wide, join_texts
from retriever.text import language_of

_DROPPED = {
    "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "button", "select", "svg", "iframe",
    "object", "canvas", "video", "audio", "rt", "rp", "head", "dialog", "math",
}  # fmt: skip
_BLOCKS = {
    "p", "div", "section", "article", "main", "header", "body", "html", "ul", "ol", "dl", "blockquote", "figure",
    "table", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "pre", "figcaption", "address", "details", "summary",
}  # fmt: skip
_ITALIC_TAGS = {"i", "em", "cite"}
_META_CHARSET = re.compile(rb"""<meta[^>]+charset\s*+=\s*+(?:["']\s*+)?([A-Za-z0-9_\-]+)""", re.IGNORECASE)
_DEEPEST = 200  # nesting levels: deeper elements are read as plain text, to protect the stack
# How pages hide elements from readers. Hidden text is left out: it may be meant to mislead programs.
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*(?:0++(?:\.0++)?|\.0++)(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|opacity\s*:\s*(?:0++(?:\.0++)?|\.0++)\s*(?:;|!|$)|(?:left|top|right)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*[01]",
    re.IGNORECASE,
)
_CSS_RULE = re.compile(r"(?:^|[};])\s*+([^{}@]++)\{([^{}]*)\}")
_HIDING_RULE = re.compile(r"display\s*:\s*none|font-size\s*:\s*0(?:px|pt|em|rem|%)?\s*(?:;|!|$)", re.IGNORECASE)
_CSS_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;]+)", re.IGNORECASE)
_WHITE = re.compile(r"white|#f{3}(?:f{3})?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255", re.IGNORECASE)
_HEADING_TAGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def load(path: Path, limits: Limits) -> Loaded:
    """Read an HTML file, without table rows beyond the limit. Raises SourceError if it has no text."""
    root = parse(decoded_html(read_bytes(path), path.name), path.name)
    title = " ".join((root.findtext(".//title") or "").split())
    rows = list(root.iter("tr"))
    for row in rows[limits.max_rows :]:
        row.drop_tree()
    drop_hidden(root)
    blocks = read_blocks(main_element(root))
    if not blocks:
        raise SourceError("empty", f"{path.name} has no text; there is nothing to ingest")
    first = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), "")
    language = language_of("".join(block.text for block in blocks), "ja")
    document = compose(path, blocks, language, first or title, by_typography=True)
    is_cut = len(rows) > limits.max_rows
    return Loaded((document,), (rows_left_out(path.name, limits, len(rows)),) if is_cut else ())


def parse(text: str, name: str) -> Any:
    """Parse a page, without comments. Raises SourceError if it is empty or cannot be parsed completely."""
    from lxml import html

    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    except html.etree.ParserError as error:  # the page has no element
        raise SourceError("empty", f"{name} has no text; there is nothing to ingest") from error
    except (ValueError, html.etree.LxmlError) as error:
        raise SourceError("damaged", f"{name} cannot be read as HTML ({error}); save it again") from error
    if any("depth" in entry.message for entry in parser.error_log):  # the parser drops elements below its maximum depth
        raise SourceError("damaged", f"{name} nests its elements too deeply to be read completely; simplify it")
    return root


def read_blocks(root: Any) -> list[Block]:
    """The blocks under an element, in order."""
    return _Reader(language_of(root.text_content(), "ja")).read(root)


def decoded_html(data: bytes, name: str) -> str:
    """Decode a page with its declared encoding; if that fails, with an encoding detected from the bytes."""
    declared = _META_CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        encoding = declared.group(1).decode("ascii").lower()
        try:
            return data.decode({"shift_jis": "cp932", "x-sjis": "cp932"}.get(encoding, encoding))
        except (LookupError, UnicodeDecodeError):
            return decode(data, name)
    return decode(data, name)


def main_element(root: Any) -> Any:
    """The element with the page's own text: the only <main> or <article>, else the body."""
    for tag in ("main", "article"):
        elements = root.findall(f".//{tag}")
        if len(elements) == 1 and len(elements[0].text_content().strip()) >= 200:
            return elements[0]
    body = root.find("body")
    return root if body is None else body


class _Reader:
    """Walks the tree once and collects inline text until the next block begins."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.blocks: list[Block] = []
        self.inline: list[str] = []
        self.italics: list[str] = []

    def read(self, root: Any) -> list[Block]:
        """The blocks under `root`, in order."""
        self._children(root, "paragraph", 0, 0)
        self._flush("paragraph", 0)
        return self.blocks

    def _children(self, element: Any, kind: str, level: int, depth: int) -> None:
        if element.text:
            self.inline.append(element.text)
        for child in element:
            self._child(child, kind, level, depth)
            if child.tail:
                self.inline.append(child.tail)

    def _child(self, child: Any, kind: str, level: int, depth: int) -> None:
        tag = child.tag if isinstance(child.tag, str) else ""
        if not tag or tag in _DROPPED or child.get("hidden") is not None or child.get("aria-hidden") == "true":
            return
        if depth > _DEEPEST:
            self.inline.append(child.text_content())
        elif tag == "br":
            self.inline.append("\r")
        elif tag == "table" and _is_data(child):
            self._flush(kind, level)
            self.blocks.extend(_table(child, self.language))
        elif tag in _BLOCKS:
            self._flush(kind, level)
            inner, inner_level = _kind(tag, kind, level)
            self._children(child, inner, inner_level, depth + 1)
            self._flush(inner, inner_level)
        else:
            start = len(self.inline)
            self._children(child, kind, level, depth + 1)
            if tag in _ITALIC_TAGS:
                self.italics.append(collapsed("".join(self.inline[start:])))

    def _flush(self, kind: Any, level: int) -> None:
        raw = "".join(self.inline)
        text = raw.replace("\r", "\n").strip("\n").rstrip() if kind == "code" else collapsed(raw)
        italics = tuple(words for words in self.italics if words and words in text)
        self.inline, self.italics = [], []
        if text:
            words = text.replace("\n", " ") if kind == "heading" else text
            self.blocks.append(Block(kind, words, level=level, italics=italics))


def _kind(tag: str, kind: str, level: int) -> tuple[str, int]:
    if re.fullmatch("h[1-6]", tag):
        return "heading", int(tag[1])
    if tag in ("li", "dd", "dt"):
        return "list_item", 0
    if tag == "figcaption":
        return "caption", 0
    if tag == "pre":
        return "code", 0
    return (kind, level) if kind in ("list_item", "heading", "code") else ("paragraph", 0)


def collapsed(text: str) -> str:
    """Collapse the white space of the markup. A line break becomes a space only between Western words."""
    lines = []
    for line in text.split("\r"):
        whole = ""
        for part in re.split(r"(?:(?<![ \t\f])[ \t\f]++)?\n\s*", line):
            spaced = re.sub(r"[ \t\f\n\xa0]+", " ", part)
            joined = join_texts(whole, spaced.strip()) if whole and spaced.strip() else whole + spaced.strip()
            boundary = spaced[:1] == " " and whole and spaced.strip() and not is_wide(whole[-1])
            whole = f"{whole} {spaced.strip()}" if boundary else joined
        if whole.strip():
            lines.append(whole.strip())
    return "\n".join(lines)


def _is_data(table: Any) -> bool:
    """Whether a table contains data, rather than laying out the page."""
    rows = table.findall(".//tr")
    nested = table.find(".//table") is not None
    return len(rows) >= 2 and not nested and max((len(_cells(row)) for row in rows), default=0) >= 2


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _table(table: Any, language: str) -> list[Block]:
    """The blocks of a data table. A cell that spans several columns or rows is repeated in each of them."""
    caption = table.find("caption")
    grid: list[list[str]] = []
    held: dict[int, tuple[int, str]] = {}
    for row in table.iter("tr"):
        line: list[str] = []
        cells = iter(_cells(row))
        while len(line) < 200:
            if len(line) in held:
                left, text = held.pop(len(line))
                if left > 1:
                    held[len(line)] = (left - 1, text)
                line.append(text)
                continue
            cell = next(cells, None)
            if cell is None:
                break
            text = " ".join(_inner_text(cell).split())
            for _ in range(_span(cell, "colspan")):
                if _span(cell, "rowspan") > 1:
                    held[len(line)] = (_span(cell, "rowspan") - 1, text)
                line.append(text)
        grid.append(line)
    header = bool(grid) and table.find(".//tr/th") is not None and table.find(".//tr").find("td") is None
    words = collapsed(_inner_text(caption)) if caption is not None else ""
    return table_blocks(grid, words, header=header or None, language=language)


def _inner_text(element: Any) -> str:
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _DROPPED:
            pieces.append(" " if child.tag == "br" else _inner_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1")
    return min(max(int(value), 1), 50) if value.isdigit() else 1


def drop_hidden(root: Any) -> None:
    """Remove hidden elements from a tree: hidden by attribute, by style, or as white text on white."""
    names = _hidden_names(root)
    elements = [element for element in root.iter() if isinstance(element.tag, str)]  # copied: the tree changes
    for element in elements:
        if element.tag not in ("html", "head", "body") and _is_hidden(element, names):
            element.drop_tree()


def _is_hidden(element: Any, names: frozenset[str]) -> bool:
    style = element.get("style", "")
    if element.get("hidden") is not None or element.get("aria-hidden") == "true" or _HIDING_STYLE.search(style):
        return True
    if names & {*("." + name for name in element.get("class", "").split()), "#" + element.get("id", "")}:
        return True
    return bool(style) and element.tag not in _HEADING_TAGS and _is_white_on_white(element, style)


def _is_white_on_white(element: Any, style: str) -> bool:
    """Whether text is white and no enclosing element has another background colour."""
    colours = {name.lower(): value for name, value in _CSS_COLOUR.findall(style)}
    if not _WHITE.match(colours.get("color", "").strip()):
        return False
    for around in (element, *element.iterancestors()):
        styled = [value for name, value in _CSS_COLOUR.findall(around.get("style", "")) if name.lower() != "color"]
        background = styled[-1] if styled else around.get("bgcolor", "")
        if background:
            return bool(_WHITE.match(background.strip()))
    return True


def _hidden_names(root: Any) -> frozenset[str]:
    """Classes (.x) and ids (#x) hidden by the page's style sheets, unless they contain half of the page's text."""
    hidden: set[str] = set()
    for sheet in root.iter("style"):
        for selectors, rules in _CSS_RULE.findall(re.sub(r"/\*.*?\*/", "", sheet.text or "", flags=re.DOTALL)):
            if _HIDING_RULE.search(rules):
                hidden |= {name.strip() for name in selectors.split(",") if re.fullmatch(r"\s*[.#][\w-]+\s*", name)}
    whole = len(root.text_content())
    return frozenset(name for name in hidden if _text_length(root, name) * 2 < whole)


def _text_length(root: Any, name: str) -> int:
    attribute, value = ("class", name[1:]) if name[0] == "." else ("id", name[1:])
    elements = (element for element in root.iter() if isinstance(element.tag, str))
    return sum(len(element.text_content()) for element in elements if value in element.get(attribute, "").split())
