"""The templates of the reports: HTML files with their style, script and plots inside."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.evaluation.measures.metric_labels import METRIC_GROUPS, METRIC_LABELS
from app.evaluation.report.labels import TRANSLATIONS, VERDICT_LABELS, interval, printed, tone
from app.pages.labels.texts import NAMES, counted
from app.pages.static_files import STATIC
from ingest.fetching.outcomes import Language

_HERE = Path(__file__).parent
_LONGEST_LIST = 2000  # questions: laid out at once, these take a browser a second or two, ten thousand take thirteen
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")
LANGUAGE_LETTERS: dict[Language, str] = {"ja": "j", "en": "e", "zh": "z", "ko": "k"}
"""The CSS class of each language's words."""


def render(
    template: str, title: Mapping[Language, str], subtitle: str, language: Language | None = None, **values: Any
) -> Iterator[str]:
    """Render a report in pieces to be written in order; every value except `Markup` is escaped.

    The page holds the languages that `title` is in. With `language`, it opens in that one; without, its script chooses
    the browser's language.
    """
    styles = (STATIC / "tokens.css", STATIC / "answer.css", _HERE / "report.css")
    fixed = {
        "style": Markup("".join(path.read_text(encoding="utf-8") for path in styles)),  # noqa: S704 - our own files
        "script": Markup((_HERE / "report.js").read_text(encoding="utf-8")),  # noqa: S704
    }
    return (
        _environment()
        .get_template(template)
        .generate(title=title, subtitle=subtitle, language=language, **fixed, **values)
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "metric_groups": METRIC_GROUPS,
        "metric_labels": METRIC_LABELS,
        "verdict_labels": VERDICT_LABELS,
        "longest_list": _LONGEST_LIST,
        "interval": interval,
        "translations": TRANSLATIONS,
        "counted": counted,
        "letters": LANGUAGE_LETTERS,
        "language_names": NAMES,
        "printed": printed,
        "tone": tone,
    }
    environment.tests["language_tag"] = is_language_tag
    return environment


def is_language_tag(text: str | None) -> bool:
    """Whether a row's language can stand in a `lang` attribute."""
    return bool(text and _LANGUAGE_TAG.fullmatch(text))
