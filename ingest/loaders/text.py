"""Plain text → Document: detects encodings, joins hard-wrapped lines, recognises tables."""

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.document import Block
from ingest.loaders.source import Limits, Loaded, SourceError, read_bytes
from ingest.structure.compose import compose
from ingest.structure.headings import LIST_MARK, NUMBERED_ITEM
from ingest.structure.tables import is_caption, is_source_note, table_blocks
from ingest.text import ends_sentence, is_wide, join_texts
from retriever.text import language_of

ENCODINGS = ["utf_8", "cp932", "euc_jp", "iso2022_jp", "utf_16"]
# A heading in Markdown style. Some converters put the parent section before " ::: ".
_MARKED_HEADING = re.compile(r"^(#{1,6})\s+(\S.*)$")
_MARKED_HEADINGS = 3  # from this many on, assume that the text marks all of its headings
_BELOW = " ::: "
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")


def load(path: Path, _limits: Limits) -> Loaded:
    """Read a text file. Raises SourceError if it is empty, not text, or in an unknown encoding."""
    text = decode(read_bytes(path), path.name)
    blocks = plain_blocks(text)
    if not blocks:
        raise SourceError("empty", f"{path.name} has no text; there is nothing to ingest")
    marked = [block for block in blocks if block.kind == "heading"]
    title = marked[0].text if marked and marked[0] is blocks[0] and marked[0].level == 1 else ""
    document = compose(path, blocks, language_of(text, "ja"), title, by_typography=len(marked) >= _MARKED_HEADINGS)
    return Loaded((document,))


def decode(data: bytes, name: str) -> str:
    """Decode UTF-8, UTF-16 or a Japanese encoding. Raises SourceError for any other encoding."""
    text = _decoded(data)
    if text is None:
        raise SourceError("garbled", f"{name} is not in a known encoding; save it as UTF-8")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(CONTROLS.findall(text[:20_000])) * 100 > len(text[:20_000]):
        raise SourceError("garbled", f"{name} contains control characters, so it is not text; save it as UTF-8 text")
    return CONTROLS.sub("", text)


def _decoded(data: bytes) -> str | None:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        if b"\x1b$" not in data:  # ISO-2022-JP is valid UTF-8, too: plain ASCII
            return data.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes
    else:
        from charset_normalizer import from_bytes
    best = from_bytes(data, cp_isolation=ENCODINGS).best()
    return str(best) if best else None


def plain_blocks(text: str) -> list[Block]:
    """The paragraphs, list items, captions and table rows of a plain text, in order."""
    blocks: list[Block] = []
    for group in _groups(text):
        while group and (heading := _marked_heading(group[0])):
            blocks.append(heading)
            group = group[1:]  # noqa: PLW2901
        if not group:
            continue
        notes = _notes(group)
        rows = group[: len(group) - len(notes)]
        if _is_table(rows):
            caption = ""
            if blocks and blocks[-1].kind == "paragraph" and is_caption(blocks[-1].text):
                caption = blocks.pop().text
            elif "\t" not in rows[0]:
                caption = rows[0]
            blocks.extend(
                table_blocks(
                    [line.split("\t") for line in rows if line != caption],
                    caption,
                    notes,
                    language=language_of("".join(group), "ja"),
                )
            )
        elif len(group) == 1 and blocks and blocks[-1].kind in ("table_row", "caption") and is_source_note(group[0]):
            _add_note(blocks, group[0].strip())
        else:
            blocks.extend(Block("paragraph", paragraph) for paragraph in _paragraphs(group))
    return blocks


def _marked_heading(line: str) -> Block | None:
    """A line in Markdown style as a heading; None for other lines."""
    match = _MARKED_HEADING.match(line)
    if not match:
        return None
    *above, text = (match.group(2).rstrip("#").rstrip() or match.group(2)).split(_BELOW)
    return Block("heading", text, level=min(6, len(match.group(1)) + len(above)))


def _add_note(blocks: list[Block], note: str) -> None:
    """Add a table's source note to its caption."""
    for index in range(len(blocks) - 1, -1, -1):
        if blocks[index].kind == "caption":
            blocks[index] = Block("caption", f"{blocks[index].text}\n{note}", caption=blocks[index].caption)
            return
        if blocks[index].kind != "table_row":
            break
    blocks.append(Block("caption", note))


def _groups(text: str) -> Iterator[list[str]]:
    """Groups of consecutive lines, separated by blank lines or form feeds."""
    group: list[str] = []
    for line in text.replace("\f", "\n\n").split("\n"):
        if line.strip():
            group.append(line.rstrip())
        elif group:
            yield group
            group = []
    if group:
        yield group


def _notes(group: list[str]) -> list[str]:
    """The lines at the end of a group that explain the table above them."""
    start = len(group)
    while start and "\t" not in group[start - 1] and is_source_note(group[start - 1]):
        start -= 1
    return [line.strip() for line in group[start:]]


def _is_table(group: list[str]) -> bool:
    tabbed = [line for line in group if "\t" in line.strip()]
    return len(tabbed) >= 2 and len(tabbed) >= len(group) - 1


def _paragraphs(group: list[str]) -> Iterator[str]:
    """The paragraphs of a group: hard-wrapped lines are joined; otherwise each line is a paragraph."""
    wrapped = _is_wrapped(group)
    current = ""
    for line in group:
        indented = line.startswith("\u3000") and is_wide(line.strip()[0])
        marked = bool(LIST_MARK.match(line) or NUMBERED_ITEM.match(line))
        if current and not marked and not indented and (wrapped or _carries_on(current, line)):
            current = join_texts(current, line)
            continue
        if current:
            yield current
        current = line.strip()
    if current:
        yield current


def _carries_on(current: str, line: str) -> bool:
    """Whether a line continues the previous one: a URL alone, or a line indented under a list item."""
    marked = LIST_MARK.match(current) or NUMBERED_ITEM.match(current)
    address = re.match(r"\s*<?https?://\S+\s*$", line)
    return bool(address) or (bool(marked) and line[:1] in " \t")


def _is_wrapped(group: list[str]) -> bool:
    """Whether lines are hard-wrapped: most have about the same length, and at least half end inside a sentence."""
    if len(group) < 2:
        return False
    widths = [sum(2 if is_wide(character) else 1 for character in line) for line in group[:-1]]
    longest = max(widths)
    if not 30 <= longest <= 130:
        return False
    even = sum(1 for width in widths if width >= longest * 0.7)
    broken = sum(1 for line in group[:-1] if not ends_sentence(line))
    return even >= len(widths) * 0.75 and broken >= len(widths) * 0.5
