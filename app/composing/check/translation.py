"""Whether a model's translation of a quote keeps the quote's figures, names and negations."""

from app.answering.statements.statement import figures, stance
from app.composing.check.agreement import contradiction, lacking_figure
from app.composing.check.names import lacks_name, source_of
from app.composing.written import has_markup
from retriever.text import language_of

_MOST_TIMES_AS_LONG = 6  # English of Japanese has two to three times as many characters


def is_faithful(text: str, language: str, quote: str, quoted_in: str) -> bool:
    """Whether `text`, in `language`, can be a translation of `quote`.

    It is in that language, has all figures, no other name, no markup or address, and denies what the quote denies.
    """
    if (
        has_markup(text)
        or not text
        or len(text) > _MOST_TIMES_AS_LONG * len(quote)
        or language_of(text, language) != language
    ):
        return False
    claimed, written = figures(text), figures(quote)
    if len(claimed) != len(written) or lacking_figure(claimed, written):
        return False
    if contradiction(stance(text, language), stance(quote, quoted_in), same_language=False) == "negation":
        return False
    return not lacks_name(text, language, [source_of(quote, quoted_in, language)])
