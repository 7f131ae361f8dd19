"""Check that a follow-up completed by a model uses only the conversation."""

from collections.abc import Sequence

from app.answering.statements.statement import figures
from app.answering.types import Turn
from app.composing.check.agreement import lacking_figure
from app.composing.check.names import lacks_name, lacks_quotation, names, source_of
from app.composing.written import has_markup
from retriever.text import language_of, letters

_LONGEST = 300  # characters; a longer text is not a question


def is_made_of(whole: str, question: str, language: str, turns: Sequence[Turn]) -> bool:
    """Whether `whole` is one line in `language`, keeps the figures and names of `question`, and adds no new ones.

    New are those that neither the question nor any turn contains.
    """
    if not whole or len(whole) > _LONGEST or "\n" in whole or has_markup(whole):
        return False
    if language_of(whole, language) != language:
        return False
    conversation = "\n".join([question, *(part for turn in turns for part in (turn.question, turn.answer))])
    kept = letters(whole)
    if lacking_figure(figures(question), figures(whole)) or lacking_figure(figures(whole), figures(conversation)):
        return False
    if any(letters(name) not in kept for name in names(question, language)):
        return False
    sources = [
        source_of(conversation, language_of(conversation), language),
        source_of(conversation, language, language),
    ]
    return not lacks_name(whole, language, sources) and not lacks_quotation(whole, sources)
