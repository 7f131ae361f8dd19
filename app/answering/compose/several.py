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
    changed = any(answer.standalone != answer.question for answer in answers)
    citations: list[Citation] = []
    sentences: list[Sentence] = []
    lines: list[str] = []
    for answer in answers:
        numbered = _numbered(answer.sentences, len(citations)) or (Sentence(answer.text, ()),)
        citations += [replace(cited, number=cited.number + len(citations)) for cited in answer.citations]
        sentences += [Sentence(answer.question, ()), *numbered]
        lines += [
            answer.question,
            *([text_of([sentence]) for sentence in numbered] if answer.intent != "passage" else [text_of(numbered)]),
        ]
    intents = {answer.intent for answer in answers}
    abstained = all(answer.abstained for answer in answers)
    return replace(
        first,
        question=message,
        standalone=" ".join(answer.standalone for answer in answers) if changed else message,
        intent=first.intent if len(intents) == 1 else "passage",
        abstained=abstained,
        confidence=min((answer.confidence for answer in answers if not answer.abstained), default=first.confidence),
        text="\n".join(lines),
        sentences=() if abstained else tuple(sentences),
        citations=tuple(citations),
        hits=_in_turn(answers, k),
        notes=tuple(dict.fromkeys(note for answer in answers for note in answer.notes)),
        document_titles={id_: title for answer in answers for id_, title in answer.document_titles.items()},
        timings_ms={step: sum(answer.timings_ms.get(step, 0.0) for answer in answers) for step in first.timings_ms},
        suggestions=tuple(dict.fromkeys(suggestion for answer in answers for suggestion in answer.suggestions))[
            :_MOST_SUGGESTIONS
        ],
        withheld=tuple(reason for answer in answers for reason in answer.withheld),
        asked=tuple(asked for answer in answers for asked in answer.asked),
        near=_near(answers, {cited.passage_id for cited in citations}),
    )


def _numbered(sentences: Sequence[Sentence], before: int) -> tuple[Sentence, ...]:
    """The sentences with `before` added to the numbers of their citations."""
    return tuple(
        replace(sentence, citations=tuple(number + before for number in sentence.citations)) for sentence in sentences
    )


def _near(answers: Sequence[Answer], cited: Collection[str]) -> tuple[Citation, ...]:
    """Near passages of the refused questions, taken in turn; without repetitions and cited passages."""
    kept: dict[str, Citation] = {}
    for near in (near for row in zip_longest(*(answer.near for answer in answers)) for near in row if near):
        if near.passage_id not in cited:
            kept.setdefault(near.passage_id, replace(near, number=len(kept) + 1))
    return tuple(kept.values())[:_MOST_NEAR]


def _in_turn(answers: Sequence[Answer], k: int) -> tuple[Hit, ...]:
    """The cited hits, then the others of each question, taken in turn; without repetitions, with new ranks."""
    cited = {citation.passage_id for answer in answers for citation in answer.citations}
    in_turn = [hit for row in zip_longest(*(answer.hits for answer in answers)) for hit in row if hit]
    kept: dict[str, Hit] = {}
    for hit in sorted(in_turn, key=lambda hit: hit.passage.id not in cited):
        kept.setdefault(hit.passage.id, hit)
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate([*kept.values()][:k], 1))
