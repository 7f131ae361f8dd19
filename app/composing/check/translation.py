"""Whether a model's translation of a quote keeps the quote's figures and names."""

from app.composing.check.agreement import lacking_figure
from app.composing.check.names import lacks_name, source_of
from app.statements.statement import figures
from retriever.text import language_of

_MOST_TIMES_AS_LONG = 6  # English of Japanese has two to three times as many characters


def is_faithful(text: str, language: str, quote: str, quoted_in: str) -> bool:
    """Whether `text`, in `language`, can be a translation of `quote`: its own language, all figures, no other name."""
    if not text or len(text) > _MOST_TIMES_AS_LONG * len(quote) or language_of(text, language) != language:
        return False
    claimed, written = figures(text), figures(quote)
    if len(claimed) != len(written) or lacking_figure(claimed, written):
        return False
    return not lacks_name(text, language, [source_of(quote, quoted_in, language)])
