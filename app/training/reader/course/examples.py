"""Training examples: for each question a group of passages of which at most one answers, in a repeatable order."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from app.training.reader.course.corpus import Corpus, CorpusQuestion, CorpusText, answer_span
from app.training.reader.course.facts import changed
from app.training.reader.course.glosses import Glosses, japanese_passage, japanese_question
from app.training.reader.course.mine import Near
from app.training.reader.pairs import pair
from ingest.text import sentence_spans
from retriever.embedded.reader import Pair, part_around
from retriever.text import character_pairs, fold

POOL = 96  # questions whose groups are sorted by length together
_TOKENS = 3000  # of a batch, padding counted
# Chances that question or passage is put into another language, a passage is cut short, a passage has no context.
_FOREIGN, _CUT_SHORT, _BARE = 0.3, 0.9, 0.15
_AS_READ = 0.5  # chance that a passage is cut short as Tenkyo would read it
# Chances that a group has retrieved passages, has two of them, has a negative made from the positive.
_RETRIEVED, _TWO, _MADE = 0.85, 0.5, 0.6
_SHORTEST_REST = 60  # characters left of a passage without the sentence that answers


@dataclass(frozen=True, slots=True)
class Example:
    """A pair, whether its passage answers, and the answer's first and last token if it occurs verbatim."""

    pair: Pair
    answers: bool
    span: tuple[int, int] | None = None


Group = tuple[Example, ...]  # of one question, one that answers at most
Batch = tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class ExampleStream:
    """The examples of all epochs, in batches. `weights`: how often the questions of a set come (default 1)."""

    corpus: Corpus
    near: Near
    glosses: Glosses
    seed: int
    weights: dict[str, float]
    pool_size: int = POOL

    def batches(self, pool: int) -> list[Batch]:
        """The batches of pool number `pool` (from 0), the same at each call."""
        rng = Random(f"{self.seed} {pool}")  # noqa: S311
        groups = [group for question in self._questions(pool) for group in self._groups(question, rng)]
        groups.sort(key=_length)
        batches = list(_batches(groups))
        rng.shuffle(batches)
        return batches

    def _questions(self, pool: int) -> list[CorpusQuestion]:
        """The questions of a pool; each epoch contains every question at most once, in its own order."""
        fitting = [question for question in self.corpus.questions if question.fitting]
        length = math.ceil(sum(self.weights.get(question.source, 1.0) for question in fitting))
        epoch, place = divmod(pool * self.pool_size, length)
        taken: list[CorpusQuestion] = []
        while len(taken) < self.pool_size:
            order = self._order(fitting, epoch)[:length]
            taken += order[place : place + self.pool_size - len(taken)]
            epoch, place = epoch + 1, 0
        return taken

    def _order(self, questions: list[CorpusQuestion], epoch: int) -> list[CorpusQuestion]:
        """The order of an epoch: weighted random sampling without replacement (Efraimidis and Spirakis 2006)."""
        rng = Random(f"{self.seed} epoch {epoch}")  # noqa: S311
        waits = [rng.expovariate(self.weights.get(question.source, 1.0)) for question in questions]
        return [questions[place] for place in sorted(range(len(questions)), key=waits.__getitem__)]

    def _groups(self, question: CorpusQuestion, rng: Random) -> Iterator[Group]:
        if not question.passages:
            names = question.near or self.near.get(question.id, ())
            if names:
                text = self.corpus.texts[rng.choice(names)]
                wording, text, _ = self._foreign(question, text, None, rng)
                yield (_example(wording, text, None, rng, answers=False),)
            return
        text = self.corpus.texts[rng.choice(question.passages)]
        span = answer_span(text.text, question.text, question.answers)
        if rng.random() < _CUT_SHORT:
            text, span = _cut_short(text, span, rng)
        wording, put, put_span = self._foreign(question, text, span, rng)
        group = [_example(wording, put, put_span, rng, answers=True)]
        if len(group[0].pair.ids) and put_span is not None and group[0].span is None:
            return  # the answer lies beyond what is read
        if rng.random() < _RETRIEVED:
            group += self._retrieved(question, wording, rng)
        if rng.random() < _MADE:
            group += self._made(question, wording, put, put_span, rng)
        yield tuple(group)

    def _retrieved(self, question: CorpusQuestion, wording: str, rng: Random) -> Iterator[Example]:
        """One or two retrieved passages that do not answer, preferably those ranked first."""
        names = self.near.get(question.id, ())
        count = 1 + (rng.random() < _TWO)
        for place in dict.fromkeys(min(int(rng.expovariate(0.6)), len(names) - 1) for _ in names[:count]):
            other = self.corpus.texts[names[place]]
            if rng.random() < _CUT_SHORT:
                other, _ = _cut_short(other, _nearest_sentence(other.text, question.text), rng)
            yield _example(wording, other, None, rng, answers=False)

    def _made(
        self, question: CorpusQuestion, wording: str, text: CorpusText, span: tuple[int, int] | None, rng: Random
    ) -> list[Example]:
        """A negative made from a positive: the passage without the sentence that answers, or a changed question."""
        if span is not None and rng.random() < 0.5:
            start, end = text.sentence_at(span[0])
            rest = (text.text[:start] + text.text[end:]).strip()
            if len(rest) >= _SHORTEST_REST and not any(answer in rest for answer in question.answers):
                return [_example(wording, replace(text, text=rest), None, rng, answers=False)]
        others = [self.corpus.texts[name].text for name in self.near.get(question.id, ())[:3]]
        other = changed(question.text, text.text, others, question.language, rng)
        return [_example(other, text, None, rng, answers=False)] if other else []

    def _foreign(
        self, question: CorpusQuestion, text: CorpusText, span: tuple[int, int] | None, rng: Random
    ) -> tuple[str, CorpusText, tuple[int, int] | None]:
        """The question, the text and its span; at random, the question or the text is put into another language."""
        if rng.random() >= _FOREIGN or question.language not in {"ja", "en"}:
            return question.text, text, span
        if question.language == "ja":
            return self.glosses.question(question.text, rng), text, span
        if rng.random() < 0.5:
            return japanese_question(question.text, rng), text, span
        words, place = japanese_passage(text.text, span, rng)
        if span is not None and place is None:
            return question.text, text, span
        return question.text, replace(text, text=words), place


def _example(question: str, text: CorpusText, span: tuple[int, int] | None, rng: Random, *, answers: bool) -> Example:
    context = "" if rng.random() < _BARE else text.context
    read = pair(question, context, text.text)
    return Example(read, answers, read.tokens_of(*span) if span else None)


def _cut_short(
    text: CorpusText, span: tuple[int, int] | None, rng: Random
) -> tuple[CorpusText, tuple[int, int] | None]:
    """A run of sentences that includes the one at `span`; the whole text if `span` is None.

    Half of the runs are the part that Tenkyo would read if that sentence were the most similar one to the question.
    """
    if span is None:
        return text, span
    bounds = list(sentence_spans(text.text))
    touched = [place for place, (start, end) in enumerate(bounds) if start < span[1] and end > span[0]]
    if len(touched) == 1 and rng.random() < _AS_READ:
        start, end = part_around(text.text, bounds, touched[0])
    else:
        first = rng.randint(max(0, touched[0] - 2), touched[0])
        last = rng.randint(touched[-1], min(len(bounds) - 1, touched[-1] + 2))
        start, end = bounds[first][0], bounds[last][1]
    return replace(text, text=text.text[start:end]), (span[0] - start, span[1] - start)


def _nearest_sentence(text: str, question: str) -> tuple[int, int] | None:
    """The (start, end) of the sentence that shares the most character pairs with the question."""
    wording = set(character_pairs(fold(question)))
    return max(
        sentence_spans(text),
        key=lambda bounds: len(wording & set(character_pairs(fold(text[bounds[0] : bounds[1]])))),
        default=None,
    )


def _length(group: Group) -> int:
    return max(len(example.pair.ids) for example in group)


def _batches(groups: Sequence[Group]) -> Iterator[Batch]:
    """Batches of consecutive groups, at most `_TOKENS` tokens each, padding included."""
    together: list[Group] = []
    count = 0
    for group in groups:
        if together and (count + len(group)) * _length(group) > _TOKENS:
            yield tuple(together)
            together, count = [], 0
        together.append(group)
        count += len(group)
    if together:
        yield tuple(together)
