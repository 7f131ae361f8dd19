"""Small talk: a friendly line in the asker's language, and what the documents are about."""

from app.answering.compose.messages import quoted, say, spaced
from app.answering.types import Answer, Sentence, Smalltalk
from app.answering.understand.question import Question
from app.answering.works import RECORDS, Sources
from ingest.references.listing import KIND

_TITLES = 3  # that are named
_LONGEST_TITLE = 80  # characters
_NAMES_DOCUMENTS = frozenset({"greeting", "identity", "ability", "opinion"})


def smalltalk_answer(question: Question, kind: Smalltalk, sources: Sources) -> Answer:
    """The reply to small talk of this kind: no citations, and not an abstention."""
    language = question.language
    lines = [say(language, f"talk_{kind}")]
    records = [record for record in sources.index.searched_documents() if record.kind not in {RECORDS, KIND}]
    titles = [record.title.lstrip("# ") for record in records[:_TITLES]]
    if titles and kind in _NAMES_DOCUMENTS:
        named = say(language, "place_separator").join(quoted(language, _short(title)) for title in titles)
        lines.append(say(language, "talk_documents", titles=named))
    sentences = tuple(Sentence(line, ()) for line in lines)
    return Answer(
        question=question.text,
        language=language,
        abstained=False,
        confidence=1.0,
        method="extractive",
        text=spaced(language).join(lines),
        sentences=sentences,
        citations=(),
        hits=(),
        intent="smalltalk",
    )


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
