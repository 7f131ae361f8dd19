"""Where an entry of a typeset bibliography begins: by its mark or number, else by the hanging indent."""

import re
from collections.abc import Sequence

from ingest.pdf.paragraphs import Spot, Style

_NUMBER = re.compile(r"^\s*[\[［(（〔]?\s*(\d{1,3})\s*[\]］)）〕.．]?(?=\s|[^\d.．年])")


def starts_entry(waiting: Sequence[Spot], here: Spot, style: Style) -> bool:
    """Whether the line `here` begins an entry after the `waiting` lines of another."""
    first, before = waiting[0], waiting[-1]
    if abs(here.line.size - before.line.size) > 0.12 * here.em:
        return True
    if first.line.bullet or here.line.bullet:
        return here.line.bullet or here.line.x0 < first.line.x0 - 1.5 * here.em
    if previous := _NUMBER.match(first.line.text):
        number = _NUMBER.match(here.line.text)
        return bool(number) and _value(number) == _value(previous) + 1
    below = here.line.page == before.line.page and here.line.y > before.line.y
    if below and here.line.y - before.line.y > 1.35 * style.leading * here.em / style.size:
        return True
    return _by_indent(waiting, here)


def _value(match: re.Match[str] | None) -> int:
    return int(match.group(1)) if match else 0


def _by_indent(waiting: Sequence[Spot], here: Spot) -> bool:
    """With a hanging indent, an entry begins where the indent ends; without one, after a line that ends early."""
    first, before = waiting[0], waiting[-1]
    if abs(here.indent - first.indent) > 0.6 * here.em:
        return here.indent < first.indent
    hanging = len(waiting) > 1 and abs(waiting[1].indent - first.indent) > 0.6 * here.em
    return hanging or before.room > 2 * here.em
