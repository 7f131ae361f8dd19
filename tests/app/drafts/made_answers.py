"""Answers made by hand, with one citation each."""

from app.answering.types import Answer, Citation, Sentence


def answer_of(
    quote: str, *, document_id: str = "d", passage_id: str = "d:0", question: str = "?", language: str = "ja"
) -> Answer:
    """A sure answer that quotes a passage which is its quote."""
    citation = Citation(1, passage_id, document_id, "", "", None, quote, quote, 0, len(quote), 1.0, None)
    return Answer(
        question=question,
        language=language,
        abstained=False,
        confidence=0.9,
        method="extractive",
        text=quote,
        sentences=(Sentence(quote, (1,)),),
        citations=(citation,),
        hits=(),
    )
