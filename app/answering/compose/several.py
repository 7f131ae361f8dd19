"""Join the answers to the questions of one message: each part opens with a line in the question's own words."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import zip_longest

from app.answering.compose.extractive import text_of
from app.answering.types import Answer, Citation, Sentence
from retriever.types import Hit

_MOST_SUGGESTIONS, _MOST_NEAR = 3, 3


def in_turn(message: str, answers: Sequence[Answer], k: int) -> Answer:
    """One answer to a message, from the answers to its questions in their order; at most `k` hits."""
    first = answers[0]
    changed = any(one.standalone != one.question for one in answers)
    citations: list[Citation] = []
    sentences: list[Sentence] = []
    lines: list[str] = []
    for one in answers:
        said = _numbered(one.sentences, len(citations)) or (Sentence(one.text, ()),)
        citations += [replace(cited, number=cited.number + len(citations)) for cited in one.citations]
        sentences += [Sentence(one.question, ()), *said]
        lines += [one.question, *([text_of([each]) for each in said] if one.intent != "passage" else [text_of(said)])]
    intents = {one.intent for one in answers}
    abstained = all(one.abstained for one in answers)
    return replace(
        first,
        question=message,
        standalone=" ".join(one.standalone for one in answers) if changed else message,
        intent=first.intent if len(intents) == 1 else "passage",
        abstained=abstained,
        confidence=min((one.confidence for one in answers if not one.abstained), default=first.confidence),
        text="\n".join(lines),
        sentences=() if abstained else tuple(sentences),
        citations=tuple(citations),
        hits=_in_turn(answers, k),
        notes=tuple(dict.fromkeys(note for one in answers for note in one.notes)),
        document_titles={id_: title for one in answers for id_, title in one.document_titles.items()},
        timings_ms={step: sum(one.timings_ms.get(step, 0.0) for one in answers) for step in first.timings_ms},
        suggestions=tuple(dict.fromkeys(each for one in answers for each in one.suggestions))[:_MOST_SUGGESTIONS],
        withheld=tuple(reason for one in answers for reason in one.withheld),
        near=_near(answers, {cited.passage_id for cited in citations}),
    )


def _numbered(sentences: Sequence[Sentence], before: int) -> tuple[Sentence, ...]:
    """Sentences whose citations follow `before` others."""
    return tuple(replace(one, citations=tuple(number + before for number in one.citations)) for one in sentences)


def _near(answers: Sequence[Answer], cited: Collection[str]) -> tuple[Citation, ...]:
    """The first near passages of each refused question, then the second ones, …, each once, without those cited."""
    found: dict[str, Citation] = {}
    for near in (near for row in zip_longest(*(one.near for one in answers)) for near in row if near):
        if near.passage_id not in cited:
            found.setdefault(near.passage_id, replace(near, number=len(found) + 1))
    return tuple(found.values())[:_MOST_NEAR]


def _in_turn(answers: Sequence[Answer], k: int) -> tuple[Hit, ...]:
    """The hits that are cited, then the first ones of each question, the second ones, …, each once, ranked anew."""
    cited = {citation.passage_id for one in answers for citation in one.citations}
    in_turn = [hit for row in zip_longest(*(one.hits for one in answers)) for hit in row if hit]
    found: dict[str, Hit] = {}
    for hit in sorted(in_turn, key=lambda hit: hit.passage.id not in cited):
        found.setdefault(hit.passage.id, hit)
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate([*found.values()][:k], 1))
