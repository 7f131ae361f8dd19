"""The reader beside today's rules, on questions that it was not trained on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.evaluation.measures.matching import best_char_f1
from app.training.reader.model import ReaderModel
from app.training.reader.reading import ReadingSummary, read
from app.training.reader.trials import Trial
from retriever.embedded.reader import SPAN_WEIGHT
from retriever.text import language_of

Floats = NDArray[np.float64]

# Weight of the retriever's score, in log-odds a unit; chosen on JaQuAD's dev part and the dev questions on the paper
# (tests/benchmarks/LOG.md).
RETRIEVER = 30.0
_FALSE_REFUSALS = (0.06, 0.15)


@dataclass(frozen=True, slots=True)
class Read:
    """A trial and the reader's output for each of its hits, in the same order."""

    trial: Trial
    readings: tuple[ReadingSummary, ...]

    def scores(self, retriever: float = RETRIEVER, certainty: float = SPAN_WEIGHT) -> Floats:
        """The combined score of reader (log-odds) and retriever for each hit, shape (hits,)."""
        own = [reading.relevance + certainty * reading.certainty for reading in self.readings]
        return np.array(own) + retriever * np.array([hit.score for hit in self.trial.hits])

    def evidence(self, certainty: float = SPAN_WEIGHT) -> float:
        """The highest of the reader's own scores: how likely any hit answers."""
        return float(self.scores(0.0, certainty).max(initial=-20.0))

    def answer(self) -> tuple[bool, str, str]:
        """Whether the first hit holds the answer, and the sentence and the words that are chosen there."""
        best = int(self.scores().argmax())
        text, reading = self.trial.hits[best].text, self.readings[best]
        start, end, _ = max(reading.sentences, key=lambda sentence: sentence[2])
        return self.trial.hits[best].answers, text[start:end], text[slice(*reading.span)]


def read_all(reader: ReaderModel, trials: Sequence[Trial]) -> Iterator[Read]:
    """Each trial read; a passage that two trials in a row show for one question is read once."""
    known: dict[tuple[str, str], ReadingSummary] = {}
    question = ""
    for trial in trials:
        if trial.question != question:
            known, question = {}, trial.question
        passages = [(hit.context, hit.text) for hit in trial.hits]
        fresh = [passage for passage in dict.fromkeys(passages) if passage not in known]
        known |= zip(fresh, read(reader, question, fresh), strict=True)
        yield Read(trial, tuple(known[passage] for passage in passages))


def choices(done: Sequence[Read]) -> dict[str, dict[str, float]]:
    """Share of evidence first, and AUC of answerable against unanswerable, for a grid of weights of the score."""
    yes = [result for result in done if result.trial.answerable and result.trial.hits]
    no = [result for result in done if not result.trial.answerable]
    figures: dict[str, dict[str, float]] = {}
    for certainty in (0.0, 0.125, 0.25, 0.5, 1.0):
        for retriever in (0.0, 3.0, 6.0, 12.0, 24.0):
            scores = [result.scores(retriever, certainty) for result in yes]
            first = _mean(result.trial.hits[int(own.argmax())].answers for result, own in zip(yes, scores, strict=True))
            figures[f"retriever {retriever} certainty {certainty}"] = {"evidence_first": first}
        with_answer, without = (np.array([result.evidence(certainty) for result in group]) for group in (yes, no))
        figures[f"certainty {certainty}"] = {"auc": round(area(with_answer, without), 3)} if no else {}
    return figures


def compared(kind: str, done: Sequence[Read]) -> dict[str, dict[str, float | int]]:
    """The figures of one kind of trials, by the names of the sets in it."""
    if kind == "paper":
        return _paper(done)
    figures = {kind: answering([result for result in done if result.trial.kind == kind])}
    yes = [result for result in done if result.trial.answerable]
    no = [result for result in done if not result.trial.answerable]
    if no:
        figures[f"{kind}: answered or not"] = refusing(yes, no)
    return figures


def _paper(done: Sequence[Read]) -> dict[str, dict[str, float | int]]:
    """The questions on the paper by language, and against those that have no answer, the easy and the hard ones."""
    answerable = [result for result in done if result.trial.answerable]
    hard = [result for result in done if result.trial.kind == "hard_unanswerable_dev"]
    easy = [result for result in done if not result.trial.answerable and result.trial.kind == "paper_qa_dev"]
    figures = {
        f"paper {name}": answering([result for result in answerable if _pair_of(result) == name]) for name in _PAIRS
    }
    absent = {"paper: hard": hard, "paper: easy": easy}
    return figures | {name: refusing(answerable, those) for name, those in absent.items() if answerable and those}


_PAIRS = ("ja-ja", "en-ja", "zh-ja", "ko-ja", "en-en", "ja-en", "zh-en", "ko-en")


def _pair_of(result: Read) -> str:
    """The languages of the question and of what answers it."""
    evidence_language = language_of("".join(result.trial.evidence))
    return f"{result.trial.language}-{evidence_language}"


def answering(done: Sequence[Read]) -> dict[str, float | int]:
    """Of the questions that have an answer: evidence first, first sentence, span F1, by the rules and by the reader."""
    done = [result for result in done if result.trial.answerable and result.trial.hits]
    if not done:
        return {"questions": 0}
    readings = [result.answer() for result in done]
    trials = [result.trial for result in done]
    return {
        "questions": len(done),
        "evidence_in_ten": _mean(any(hit.answers for hit in trial.hits) for trial in trials),
        "rules_evidence": _mean(trial.hits[0].answers for trial in trials),
        "reader_evidence": _mean(first for first, _, _ in readings),
        "rules_among_five": _mean(any(hit.answers for hit in trial.hits[:5]) for trial in trials),
        "reader_among_five": _mean(_among_five(result) for result in done),
        "rules_sentence": _mean(trial.holds(trial.sentence) for trial in trials),
        "reader_sentence": _mean(
            trial.holds(sentence) for trial, (_, sentence, _) in zip(trials, readings, strict=True)
        ),
        "rules_span_f1": _mean(best_char_f1([trial.span or ""], trial.answers) for trial in trials),
        "reader_span_f1": _mean(
            best_char_f1([span], trial.answers) for trial, (_, _, span) in zip(trials, readings, strict=True)
        ),
    }


def _among_five(result: Read) -> bool:
    return any(result.trial.hits[place].answers for place in np.argsort(-result.scores())[:5])


def refusing(answerable: Sequence[Read], unanswerable: Sequence[Read]) -> dict[str, float | int]:
    """How well answerable and unanswerable questions are separated by the rules, the reader and both together.

    "refused_6": the share of unanswerable questions refused at the threshold that refuses 6 % of the answerable ones;
    "…_today": at the threshold that ships.
    """
    figures: dict[str, float | int] = {"answerable": len(answerable), "unanswerable": len(unanswerable)}
    for name, score in _JUDGES.items():
        with_answer = np.array([score(result) for result in answerable])
        without = np.array([score(result) for result in unanswerable])
        figures[f"{name}_auc"] = round(area(with_answer, without), 3)
        for share in _FALSE_REFUSALS:
            limit = np.quantile(with_answer, share)
            figures[f"{name}_refused_{round(100 * share)}"] = _mean(without < limit)
    figures["rules_refused_today"] = _mean(result.trial.abstained for result in unanswerable)
    figures["rules_refused_falsely_today"] = _mean(result.trial.abstained for result in answerable)
    return figures


def area(higher: Floats, lower: Floats) -> float:
    """AUC: the chance that a value of `higher` exceeds one of `lower`, ties counting half."""
    above = (higher[:, None] > lower[None]).mean() + 0.5 * (higher[:, None] == lower[None]).mean()
    return float(above)


def _log_odds(result: Read) -> float:
    chance = min(max(result.trial.confidence, 1e-6), 1 - 1e-6)
    return float(np.log(chance / (1 - chance)))


_JUDGES: dict[str, Callable[[Read], float]] = {
    "rules": _log_odds,
    "reader": lambda result: result.evidence(),
    "both": lambda result: result.evidence() + _log_odds(result),
}


def _mean(values: object) -> float:
    return round(float(np.mean(np.array(list(values), dtype=np.float64))), 3)  # type: ignore[call-overload]
