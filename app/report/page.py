"""The page that reports stand on: one HTML file with its style, script and plots inside."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Literal

from app.report.labels import both

_HERE = Path(__file__).parent
_LONG_LIST = 2000  # questions: laid out at once, these take a browser a second or two, ten thousand take thirteen
# Nothing is fetched or sent, whatever a question or a document holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(
    title: tuple[str, str],
    subtitle: str,
    body: Iterable[str],
    styles: str = "",
    language: Literal["ja", "en"] | None = None,
) -> Iterator[str]:
    """The pieces of an HTML file. `title` is Japanese and English text, `subtitle` text, `body` markup.

    It opens in `language` and holds no script; without one, a script takes the browser's language.
    """
    style = (_HERE / "report.css").read_text(encoding="utf-8")
    script = "" if language else f"<script>{(_HERE / 'report.js').read_text(encoding='utf-8')}</script>"
    policy = _POLICY + ("; script-src 'unsafe-inline'" if script else "")
    checked = {one: " checked" if one == (language or "ja") else "" for one in ("ja", "en")}
    yield (
        f'<!doctype html>\n<html lang="{language or "ja"}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title[0])} / {escape(title[1])} – {escape(subtitle)}</title>"
        f"<style>{style}{styles}</style></head>\n<body>"
    )
    yield (
        f"<header><h1>{both(*title)}</h1>"
        f'<fieldset class="switch"><label><input type="radio" name="show" id="show-ja"{checked["ja"]}> 日本語</label>'
        f'<label><input type="radio" name="show" id="show-en"{checked["en"]}> English</label></fieldset></header>'
        f'<main><p class="soft">{escape(subtitle)}</p>\n'
    )
    yield from body
    yield f"</main>{script}</body></html>\n"


def section(ja: str, en: str, *body: str) -> str:
    """A heading and the markup under it."""
    return f"<section><h2>{both(ja, en)}</h2>{''.join(body)}</section>\n"


def question_list(count: int) -> str:
    """The opening tag of the list of `count` questions. Of a long one the browser lays out only what is on screen."""
    return f'<div class="list{" long" if count > _LONG_LIST else ""}">'


def table(heads: Sequence[str], rows: Iterable[str], numbers_from: int = 1) -> str:
    """A table of markup; columns from `numbers_from` (0-based) on are numbers. It scrolls where it is too wide."""
    cells = "".join(f'<th scope="col"{_number(place >= numbers_from)}>{head}</th>' for place, head in enumerate(heads))
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def row(head: str, cells: Iterable[str]) -> str:
    """A row of a table: its head and cells of numbers, as markup."""
    return f'<tr><th scope="row">{head}</th>{"".join(f"<td{_number(True)}>{cell}</td>" for cell in cells)}</tr>'


def _number(is_number: bool) -> str:
    return ' class="number"' if is_number else ""
