"""What the reader's readings decide: how many passages are read, their order, sentence and words, the confidence."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from app.answering.decide.confidence import GROUPS, Decision, calibrations, group_of, models, with_reader
from app.answering.decide.confidence import log_odds as odds_of
from app.answering.read.sentences import Candidate, Evidence, Features, Uses, in_order, with_evidence
from app.answering.types import hit_to_json
from retriever.embedded.reader import PassageReading, Reader, answer_log_odds, part_around, read_hits
from retriever.index.search import Index
from retriever.index.segments import SentenceVectors
from retriever.types import Budget, Hit, Passage, Query, Reranking

TEXT = "橋が架かった。王が渡った。"
HALVES = ((0, 7), (7, 13))


def reading(relevance: float, sentence: int = 0, certainty: float = 4.0) -> PassageReading:
    """A reading whose answer is all of the first or of the second sentence of `TEXT`."""
    logits = np.zeros((2, 2))
    logits[sentence] = 5.0
    return PassageReading(relevance, 10.0 - certainty, HALVES, logits)


def hit(row: int, score: float) -> Hit:
    passage = Passage(f"p{row}", "d", TEXT, 0, len(TEXT), sentences=HALVES)
    return Hit(passage, score, row + 1, row)


def told(**relevances: float) -> Evidence:
    """Evidence of readings of the rows r0, r1, …"""
    readings = {int(name[1:]): reading(relevance) for name, relevance in relevances.items()}
    return Evidence(readings, {row: answer_log_odds(reading) for row, reading in readings.items()})


HITS = [hit(row, 0.5 - 0.01 * row) for row in range(12)]
QUERY = Query("誰が渡ったか", "ja", np.array([1.0, 0.0], np.float32))


def index_of(hits: Sequence[Hit], likest: int = 0) -> Index:
    """An index with the vectors of the sentences of hits alone, of which number `likest` is likest the question."""
    counts = [len(one.passage.quotable) for one in hits]
    vectors = np.tile(np.array([[0.1, 0.9]], np.float16), (sum(counts), 1))
    offsets = np.cumsum([0, *counts])
    vectors[offsets[:-1] + likest] = (0.9, 0.1)
    single = SentenceVectors(vectors, offsets)
    return cast("Index", SimpleNamespace(sentences_of=lambda row: single.read(np.array([row]))[0]))


class FakeReader:
    """Gives each passage the relevance set for it, and keeps the ids and the texts that it was asked for."""

    def __init__(self, relevances: dict[str, float]) -> None:
        self.relevances, self.asked, self.texts = relevances, list[str](), list[str]()

    def read(self, question: str, passages: Sequence[Passage]) -> list[PassageReading]:
        assert question == "誰が渡ったか"
        self.asked += [passage.id for passage in passages]
        self.texts += [passage.text for passage in passages]
        return [reading(self.relevances.get(passage.id, -3.0), certainty=0.0) for passage in passages]


def evidence_read(reader: Reader) -> Evidence:
    """What the reader makes of the hits."""
    return Evidence.of(read_hits(reader, QUERY, HITS, index_of(HITS).sentences_of), QUERY, HITS)


def test_further_passages_are_read_only_where_none_of_the_first_answers() -> None:
    certain, sure = FakeReader({"p1": 2.5}), FakeReader({"p3": 2.5})
    unsure = FakeReader({"p9": 2.5, "p11": 9.0})
    assert evidence_read(certain).best == 2.5
    assert certain.asked == [f"p{row}" for row in range(3)]
    assert evidence_read(sure).best == 2.5
    assert sure.asked == [f"p{row}" for row in range(5)]
    assert evidence_read(unsure).best == 2.5
    assert unsure.asked == [f"p{row}" for row in range(10)]


def test_nothing_is_read_when_the_time_is_over_or_others_wait_or_there_is_no_reader() -> None:
    reader = FakeReader({})
    assert not read_hits(reader, QUERY, HITS, index_of(HITS).sentences_of, Budget(0.0))
    assert not read_hits(reader, QUERY, HITS, index_of(HITS).sentences_of, Budget.of(60, hurried=True))
    assert not read_hits(None, QUERY, HITS, index_of(HITS).sentences_of)
    assert not read_hits(reader, QUERY, [], index_of(HITS).sentences_of)
    assert not read_hits(reader, replace(QUERY, text=QUERY.text * 60), HITS, index_of(HITS).sentences_of)
    assert reader.asked == []


def test_of_a_long_passage_the_part_around_the_likest_sentence_is_read() -> None:
    ends = [40 * number for number in range(11)]
    spans = tuple(pairwise(ends))
    text = "".join(f"{number:02}" + "あ" * 37 + "。" for number in range(10))
    long = Hit(Passage("p0", "d", text, 0, len(text), sentences=spans), 0.5, 1, 0)
    reader = FakeReader({"p0": 3.0})
    evidence = read_hits(reader, QUERY, [long], index_of([long], likest=6).sentences_of)
    assert reader.texts == [text[4 * 40 : 8 * 40]]  # 06 with 05, 07 and 04
    span = evidence[0].span(0, len(text))
    assert span is not None
    assert span[:2] == (4 * 40, 4 * 40 + 7)  # the fake reader's answer, in the place that it has in the whole


def test_the_part_that_is_read_holds_more_latin_letters_and_a_long_sentence_whole() -> None:
    text = "a" * 400 + "b" * 20 + "c" * 10
    assert part_around(text, [(0, 400), (400, 420), (420, 430)], 0) == (0, 420)
    assert part_around("あ" * 400, [(0, 300), (300, 400)], 0) == (0, 300)
    assert part_around("短い。", [(0, 3)], 0) == (0, 3)


class SilentReader:
    """A reader that cannot run."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[PassageReading]:
        assert question
        assert passages
        return []


def test_where_the_reader_cannot_run_the_order_and_the_sentences_stay() -> None:
    evidence = evidence_read(SilentReader())
    assert not evidence
    assert in_order(HITS, evidence, Uses(order=True)) == HITS
    assert with_evidence([candidate(0, 2.0)], evidence, Uses(sentences=True, spans=True)) == [candidate(0, 2.0)]


def test_relevance_and_the_span_count_together() -> None:
    assert answer_log_odds(reading(1.0, certainty=4.0)) == pytest.approx(1.0 + 0.25 * 4.0)


def test_of_english_passages_shared_words_count_less_beside_the_reader() -> None:
    by_words, by_vectors = (0.05, 0.05, 0.40, 0.0), (0.20, 0.20, 0.05, 0.0)  # SCORE_PARTS, of 0.50 and 0.45
    found = [replace(hit(0, 0.50), parts=by_words), replace(hit(1, 0.45), parts=by_vectors)]
    english = [replace(one, passage=replace(one.passage, language="en")) for one in found]
    evidence = told(r0=0.0, r1=0.0)
    assert [one.row for one in in_order(found, evidence, Uses(order=True))] == [0, 1]
    ordered = in_order(english, evidence, Uses(order=True))
    assert [(one.row, one.score, one.own_score) for one in ordered] == [(1, 0.50, 0.45), (0, 0.45, 0.50)]


def test_hits_are_ordered_by_both_scores_and_keep_the_retrievers_scale() -> None:
    evidence = told(r0=-3.0, r1=4.0, r2=-3.0)
    ordered = in_order(HITS[:4], evidence, Uses(order=True))
    assert [one.row for one in ordered] == [1, 0, 2, 3]
    assert [one.rank for one in ordered] == [1, 2, 3, 4]
    assert [one.score for one in ordered] == [one.score for one in HITS[:4]]
    assert [one.own_score for one in ordered] == [HITS[row].score for row in (1, 0, 2, 3)]
    assert [one.reranked for one in ordered] == [None] * 4
    shown = [hit_to_json(one, {}) for one in ordered]
    assert [one["score"] for one in shown] == [0.5, 0.49, 0.48, 0.47], "scores fall with the rank"


def test_hits_in_a_rerankers_order_stay() -> None:
    reranked = [replace(one, reranked=Reranking(0.5, one.score, one.rank)) for one in HITS[:2]]
    assert in_order(reranked, told(r1=9.0), Uses(order=True)) == reranked


def evidence_of(only: PassageReading) -> Evidence:
    """Evidence of one reading, of row 0."""
    return Evidence({0: only}, {0: answer_log_odds(only)})


def candidate(sentence: int, score: float) -> Candidate:
    start, end = HALVES[sentence]
    return Candidate(HITS[0], start, end, Features(0.0, 0.5, 0.5, 0.9, 3.0), score)


def test_the_sentence_that_holds_the_likeliest_answer_comes_first_and_is_marked() -> None:
    ranked = with_evidence(
        [candidate(0, 2.0), candidate(1, 1.0)], evidence_of(reading(2.0, 1)), Uses(sentences=True, spans=True)
    )
    assert [one.text for one in ranked] == ["王が渡った。", "橋が架かった。"]
    assert ranked[0].span == HALVES[1]


def decision(confidence: float, **features: float) -> Decision:
    """What the rules say, of an ordinary question."""
    return Decision(confidence, abstained=False, features={"retrieved": 0.5, "rivals": 1.0, **features})


@pytest.mark.parametrize("group", GROUPS)
def test_confidence_rises_smoothly_with_the_rules_and_with_the_reader(group: str) -> None:
    def chance(confidence: float, evidence: float) -> float:
        return with_reader(decision(confidence), evidence, group).confidence

    for evidence in (-4.0, 0.0, 4.0):
        by_rules = [chance(confidence / 100, evidence) for confidence in range(1, 100)]
        assert all(0 < after - before < 0.1 for before, after in pairwise(by_rules))
    for confidence in (0.1, 0.5, 0.9):
        by_reader = [chance(confidence, evidence / 10) for evidence in range(-60, 60)]
        assert all(0 < after - before < 0.1 for before, after in pairwise(by_reader))


def test_the_group_is_of_the_languages_of_question_and_text() -> None:
    assert group_of("ja", foreign=False) == group_of("ko", foreign=False) == "native"
    assert group_of("en", foreign=False) == "english"
    assert group_of("en", foreign=True) == "foreign"


def test_no_confidence_and_no_evidence_leaves_the_scale() -> None:
    for confidence, evidence in ((0.0, -math.inf), (1.0, math.inf)):
        told = with_reader(decision(confidence), evidence, "native")
        assert 0 <= told.confidence <= 1


def test_a_name_that_the_sentence_lacks_counts_in_full() -> None:
    penalty = models()["native"].weights["missing_names"]
    by_rules = {0.0: 0.5, 1.0: 1 / (1 + math.exp(-penalty))}
    there, lacking = (
        with_reader(decision(confidence, missing_names=part), 4.0, "native").confidence
        for part, confidence in by_rules.items()
    )
    assert odds_of(lacking) == pytest.approx(odds_of(there) + penalty)


def test_what_lies_below_the_threshold_is_refused_and_both_judges_are_shown() -> None:
    low, high = (with_reader(decision(one, form=1.0), 0.0, "native") for one in (1e-9, 0.99))
    assert low.abstained
    assert not high.abstained
    assert high.features == {
        "form": 1.0,
        "retrieved": 0.5,
        "rivals": 1.0,
        "rules": 0.99,
        "reader": 0.0,
        "present": pytest.approx(high.features["present"]),
    }
    assert low.features["present"] < calibrations()["native"].abstain_below <= high.features["present"]
