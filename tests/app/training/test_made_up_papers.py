"""The made-up papers and their questions hold what their README promises."""

import json
import re
import unicodedata
from collections import Counter

import pytest

from app.training.data import ON_PUBLIC_DOCUMENTS, PAPERS, MadeUpPaper

TYPES = {"factoid", "list", "table", "explain", "reference", "unanswerable"}
KINDS = {"other_year", "other_entity", "absent_fact", "false_premise"}
every_paper = pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)


def _bare(text: str) -> str:
    """`text` in NFKC without white space and the bars that part a table's cells."""
    return re.sub(r"[\s|]+", "", unicodedata.normalize("NFKC", text))


@every_paper
def test_evidence_and_corrections_are_quoted_from_the_paper_word_for_word(paper: MadeUpPaper) -> None:
    text = _bare(paper.path.read_text(encoding="utf-8"))
    quotes = [(row["id"], quote) for row in paper.questions() for quote in row["evidence"] + row.get("corrections", [])]
    assert len(quotes) >= 40
    assert [each for each in quotes if _bare(each[1]) not in text] == []


@every_paper
def test_the_evidence_of_follow_ups_is_quoted_from_the_paper(paper: MadeUpPaper) -> None:
    text = _bare(paper.path.read_text(encoding="utf-8"))
    lines = paper.path.with_name("dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) >= 20
    assert all(row["history"] and row["standalone"] and row["answers"] and row["evidence"] for row in rows)
    assert [row["id"] for row in rows for quote in row["evidence"] if _bare(quote) not in text] == []


@every_paper
def test_every_accepted_answer_stands_in_the_evidence_of_its_question(paper: MadeUpPaper) -> None:
    strays = [
        (row["id"], answer)
        for row in paper.questions()
        for answer in row["answers"]
        if not any(_bare(answer) in _bare(quote) for quote in row["evidence"])
    ]
    assert strays == []


@every_paper
def test_a_question_has_answers_and_evidence_or_a_kind_of_absence(paper: MadeUpPaper) -> None:
    for row in paper.questions():
        assert row["type"] in TYPES, row["id"]
        assert row["lang"] in {"ja", "en", "zh", "ko"}, row["id"]
        absent = row["type"] == "unanswerable"
        assert bool(row["answers"]) == bool(row["evidence"]) == (not absent), row["id"]
        assert (row.get("kind") in KINDS) == absent, row["id"]


@every_paper
def test_a_quarter_of_a_papers_questions_has_no_answer_in_it(paper: MadeUpPaper) -> None:
    types = Counter(row["type"] for row in paper.questions())
    assert set(types) == TYPES
    assert types["unanswerable"] * 4 == types.total() >= 40


def test_ids_and_questions_are_asked_once() -> None:
    rows = [row for paper in PAPERS for row in paper.questions()]
    assert max(Counter(row["id"] for row in rows).values()) == 1
    assert max(Counter(row["question"] for row in rows).values()) == 1


def test_one_paper_of_each_language_is_held_out() -> None:
    languages = {(paper.held_out, paper.questions()[0]["lang"]) for paper in PAPERS}
    assert languages == {(False, "ja"), (False, "en"), (True, "ja"), (True, "en")}


@every_paper
def test_a_paper_has_the_size_and_shape_of_a_short_article(paper: MadeUpPaper) -> None:
    text = paper.path.read_text(encoding="utf-8")
    body, bibliography = re.split(r"(?m)^(?:#+ )?(?:References|参考文献)$", text)
    assert 3500 <= len(text) <= 9000
    assert re.search(r"(?m)^(?:Table 1|第?表?1表?　)", body)
    assert re.search(r"(?m)^(?:Abstract|要旨|\[要旨\]|## (?:Abstract|要旨))$", body)
    assert len(re.findall(r"(?m)^(?=.*(?:19|20)\d\d)\S.+$", bibliography)) in range(8, 15)


def test_our_questions_on_public_documents_have_an_answer_or_say_that_there_is_none() -> None:
    rows = [json.loads(line) for line in ON_PUBLIC_DOCUMENTS.read_text(encoding="utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) > 250
    assert {row["lang"] for row in rows} == {"ja", "en", "zh", "ko"}
    assert {row["document"].split("-")[0] for row in rows} == {"jsquad", "qasper"}
    assert all((row["type"] == "unanswerable") == (row["answers"] == []) for row in rows)
    assert all(len(answer) <= 40 for row in rows for answer in row["answers"])  # no sentence of a source
