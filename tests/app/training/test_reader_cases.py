"""The questions that the calibration is fitted to: as asked, without what answers them, changed, and our own."""

from pathlib import Path

from app.training.reader.cases import Case, cases
from retriever.text import words
from tests.app.training.tiny import write_sets


def _asked(data: Path, kind: str) -> list[Case]:
    write_sets(data)
    return list(cases(data, kind, 10, data / "indexes"))


def test_a_question_of_a_set_is_asked_again_without_the_passages_that_answer_it(tmp_path: Path) -> None:
    plain, without, *_ = _asked(tmp_path, "jaquad")
    assert (plain.kind, without.kind) == ("jaquad", "without")
    assert plain.id == without.id == "jaquad-q3"  # the only one that is not for training
    assert plain.answerable
    assert any(plain.holds(hit.passage.text) for hit in plain.hits)
    assert not without.answerable
    assert without.hits
    assert not any(without.holds(hit.passage.text) for hit in without.hits)


def test_a_changed_question_asks_for_what_its_passage_does_not_tell(tmp_path: Path) -> None:
    plain, _, changed = _asked(tmp_path, "jaquad")
    assert changed.kind == "changed"
    assert not changed.answerable
    [answering_text] = [hit.passage.text for hit in plain.hits if plain.holds(hit.passage.text)]
    ours, theirs = (set(words(case.terms.query.text)) for case in (changed, plain))
    assert ours - theirs
    assert not ours - theirs <= set(words(answering_text))


def test_a_set_that_is_for_training_as_a_whole_is_judged_too_with_what_has_no_answer(tmp_path: Path) -> None:
    answerable = {(case.id, case.kind): case.answerable for case in _asked(tmp_path, "squad2_dev")}
    assert answerable[("squad2_dev-e0", "squad2_dev")]
    assert not answerable[("squad2_dev-e0", "without")]
    assert not answerable[("squad2_dev-e1", "squad2_dev")]
    assert ("squad2_dev-e1", "without") not in answerable


def test_a_search_has_passages_of_its_own_with_and_without_one_that_answers(tmp_path: Path) -> None:
    plain, without = (case for case in _asked(tmp_path, "search") if case.id == "jaquad-q3")
    assert (plain.source, plain.kind, without.kind) == ("search", "search", "without")
    assert any(plain.holds(hit.passage.text) for hit in plain.hits)
    assert without.hits
    assert not any(plain.holds(hit.passage.text) for hit in without.hits)
    searched = [record.id for record in plain.index.searched_documents()]
    assert len(searched) == 3  # each passage is a document


def test_of_a_set_for_training_only_some_questions_may_be_taken(tmp_path: Path) -> None:
    write_sets(tmp_path)
    taken = cases(tmp_path, "squad2_dev", 10, tmp_path / "indexes", ["squad2_dev-e1"])
    assert [case.id for case in taken] == ["squad2_dev-e1"]
