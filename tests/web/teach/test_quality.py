"""Quality at the desk: drafted questions, answers judged, evaluations and their comparison."""

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from app.evaluation.question_files.question_tables import COLUMNS
from app.pages.labels.texts import LANGUAGES
from app.web.teach.jobs import Job, JobProgress, Result
from app.web.teach.quality.question_set import MOST_ROWS, QuestionSet, edited
from app.web.teach.view import words_of
from retriever.types import TenkyoError
from tests.web.conftest import wait_until
from tests.web.teach.conftest import Teacher

pytestmark = pytest.mark.slow

ASKED = "鳴砂博物館はいつ開館したか"


def rows(teacher: Teacher) -> list[dict[str, Any]]:
    return QuestionSet(teacher.desk.folder).rows()


def test_a_right_answer_becomes_a_row_with_its_quotes_for_evidence(teacher: Teacher) -> None:
    page = teacher.get("quality", question=ASKED).text
    assert "1987" in page
    marked = teacher.post("quality/mark", question=ASKED, verdict="right")
    assert (marked.status_code, marked.headers["location"].endswith("quality?marked#questions")) == (303, True)
    assert "Added to the questions for evaluation" in teacher.client.get("/teach/quality?marked&lang=en").text
    (row,) = rows(teacher)
    assert row["question"] == ASKED
    assert "1987年" in row["evidence"][0]
    assert row["document_id"] == "museum.txt"


def test_a_wrong_answer_needs_what_is_right(teacher: Teacher) -> None:
    assert teacher.post("quality/mark", question=ASKED, verdict="wrong").status_code == 422
    assert teacher.post("quality/mark", question=ASKED).status_code == 422
    assert rows(teacher) == []
    teacher.post("quality/mark", question=ASKED, verdict="wrong", expected="1988年 | 昭和63年")
    assert rows(teacher)[0]["answers"] == ["1988年", "昭和63年"]
    teacher.post("quality/mark", question=ASKED, verdict="wrong", absent="on")
    (row,) = rows(teacher)
    assert (row["type"], row["answers"], row["evidence"]) == ("unanswerable", [], []), "in the place of the row before"


def test_rows_of_every_shape_have_a_line_in_the_table(teacher: Teacher) -> None:
    questions = QuestionSet(teacher.desk.folder)
    questions.add(
        [{"question": "no answers"}, {"question": "one", "answers": "a text"}, {"question": "n", "answers": 7}]
    )
    page = teacher.get("quality")
    assert page.status_code == 200
    assert "a text" in page.text


def test_the_table_is_edited_as_a_whole(teacher: Teacher) -> None:
    teacher.post("quality/mark", question=ASKED, verdict="right")
    teacher.post("quality/mark", question="How many steps does the tower have?", verdict="right")
    first, second = (row["id"] for row in rows(teacher))
    changed = {f"question.{first}": "開館は <b>いつ</b>か", f"type.{first}": "list", f"answers.{first}": "1987年|春"}
    teacher.post("quality/questions", **changed, **{f"delete.{second}": "on", "question.unknown": "x"})
    (row,) = rows(teacher)
    assert (row["question"], row["type"], row["answers"]) == ("開館は <b>いつ</b>か", "list", ["1987年", "春"])
    assert row["evidence"], "what the form does not send stays"
    assert "開館は &lt;b&gt;いつ&lt;/b&gt;か" in teacher.get("quality").text
    assert teacher.get("quality/questions.jsonl").text.count("\n") == 1
    teacher.post("quality/questions", **{f"question.{first}": " "})
    assert rows(teacher) == []


def test_drafted_questions_are_added_once_and_evaluated_with_a_report(teacher: Teacher) -> None:
    teacher.post("quality/draft")
    assert teacher.job(seconds=90)["state"] == "done"
    drafted = rows(teacher)
    assert drafted
    teacher.post("quality/draft")
    teacher.job(seconds=90)
    assert rows(teacher) == drafted
    teacher.post("quality/evaluate")
    job = teacher.job(seconds=90)
    assert (job["state"], job["done"]) == ("done", len(drafted)), job
    report = teacher.get(job["link"])
    assert report.status_code == 200
    assert "sandbox allow-scripts" in report.headers["content-security-policy"]
    assert str(teacher.desk.index.parent) not in report.text
    page = teacher.get("quality").text
    assert (
        len(re.findall(r'href="[^"]*quality/report/[^"]*[?]lang=[a-z]{2}"', page)) == 2
    )  # in the task and in the table
    teacher.upload("quality/upload", ("other.csv", "question\n館長の給料は\n".encode()))
    other = teacher.job(seconds=90)["link"]
    names = [link.removeprefix("quality/report/") for link in (job["link"], other)]
    back = teacher.get("quality/compare", a=names[0], b=names[1]).headers["location"]
    assert "/report/" not in back
    assert "no question in common" in teacher.client.get("/teach/quality?incomparable&lang=en").text
    assert " other.csv</td>" in teacher.get("quality").text, "the file's own name"


def test_an_uploaded_file_is_evaluated_and_runs_are_compared(teacher: Teacher) -> None:
    lines = [{"question": ASKED, "answers": ["1987年"]}, {"question": "館長の給料は", "answers": []}, {"q": 1}]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    links = []
    for _ in range(2):
        assert teacher.upload("quality/upload", ("<i>.jsonl", content)).status_code == 303
        job = teacher.job(seconds=90)
        assert job["state"] == "done", job
        assert [result["name"] for result in job["results"]] == ["3"], "the row without a question is named"
        links.append(job["link"].removeprefix("quality/report/"))
    response = teacher.get("quality/compare", a=links[0], b=links[1])
    assert response.headers["location"].endswith(f"{'~'.join(links)}?lang=en")
    compared = teacher.get(f"quality/report/{'~'.join(links)}")
    assert compared.status_code == 200
    assert str(teacher.desk.folder) not in compared.text
    assert sorted(path.name for path in (teacher.desk.folder / "runs").iterdir()) == sorted(links), "nothing is left"
    assert "&lt;i&gt;" not in teacher.get("quality").text, "no name of a file holds signs of markup"


@pytest.mark.parametrize("name", ["../x", "20260101-000000-abcdef", "20260101-000000-abcdef~20260101-000000-abcdef"])
def test_there_are_reports_of_evaluations_alone(teacher: Teacher, name: str) -> None:
    assert teacher.get(f"quality/report/{name}").status_code == 404


def test_a_file_that_cannot_be_evaluated_says_why(teacher: Teacher) -> None:
    teacher.upload("quality/upload", ("list.jsonl", b"[1, 2]"))
    job = teacher.job()
    assert (job["state"], job["reason"]) == ("failed", "one-list")
    assert teacher.post("quality/evaluate").status_code == 422, "no questions yet"


ANSWER = "question,answer\n誰が館長か,田中\nいつ開館したか,1987年\n"
FILES = {
    "a column that is taken": ("q.csv", ANSWER, "nothing-to-ask", "taken-answer"),
    "no question": ("q.csv", "frage,antwort\nwer,er\n", "no-question", ""),
    "two of a name": ("q.csv", "question,id,id\na,1,2\n", "repeated", ""),
    "nothing": ("q.csv", "", "empty", ""),
    "no Excel file": ("q.xlsx", "question\n", "damaged", ""),
    "too many values": ("q.csv", "question,id\na,b,c,d\n", "nothing-to-ask", "too-many"),
    "no JSON": ("q.jsonl", "question\n", "nothing-to-ask", "no-json"),
}


@pytest.mark.parametrize("case", FILES)
def test_what_is_wrong_with_a_file_is_said_in_the_teachers_language_without_a_path(teacher: Teacher, case: str) -> None:
    name, text, fault, of_rows = FILES[case]
    teacher.upload("quality/upload", (name, text.encode()))
    job = teacher.job()
    assert (job["state"], job["reason"]) == ("failed", fault)
    assert [result["reason"] for result in job["results"]] == ([of_rows] if of_rows else [])
    for language in LANGUAGES:
        page = teacher.get("quality", lang=language).text
        words = words_of(language)
        shown = {**words["failures"], **words["reasons"], **words["question_files"]}[fault]
        assert shown.partition("{")[0] in page, language
        if of_rows:
            assert words["rows"][of_rows].partition("{")[0] in page, language
        task = page.partition('class="job')[2].partition("</ul>")[0]
        assert str(teacher.desk.index.parent) not in page
        assert "predictions" not in page
        assert "Error" not in task
        assert 'lang="en"' not in task


def test_a_column_that_is_taken_is_named_with_those_that_are_known(teacher: Teacher) -> None:
    teacher.upload("quality/upload", ("q.csv", ANSWER.encode()))
    teacher.job()
    page = teacher.get("quality", lang="ja").text
    assert "「answer」という列は使えません" in page
    assert "「正解」（answers）" in page
    for column, (japanese, _) in COLUMNS.items():
        assert f"{column} ({japanese})" in page
    assert "2, 3行目" in page, "the rows that it concerns"


def test_a_full_file_takes_no_more(tmp_path: Any) -> None:
    questions = QuestionSet(tmp_path)
    assert questions.add({"question": f"q{number}"} for number in range(MOST_ROWS + 5)) == MOST_ROWS
    with pytest.raises(TenkyoError, match="delete some"):
        questions.put({"question": "another"})


def test_a_row_without_an_answer_holds_none() -> None:
    row = {"id": "1", "question": "q", "answers": ["a"], "evidence": ["b"]}
    made = edited(row, {"question": "q", "type": "unanswerable", "answers": "a", "evidence": "b"})
    assert (made["answers"], made["evidence"]) == ([], [])


def test_rows_without_an_id_or_with_one_twice_are_changed_one_by_one(tmp_path: Path) -> None:
    questions = QuestionSet(tmp_path)
    lines = [{"question": "a"}, {"question": "a"}, {"id": "x", "question": "b"}, {"id": "x", "question": "c"}]
    questions.path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    ids = [row["id"] for row in questions.rows()]
    assert ids == [row["id"] for row in questions.rows()], "the same at each reading"
    assert len(set(ids)) == 4
    assert ids[2] == "x"
    questions.edit({ids[1]: {"question": "second"}, ids[3]: {"question": "fourth"}}, [ids[0]])
    assert [(row["id"], row["question"]) for row in questions.rows()] == [
        (ids[1], "second"),
        ("x", "b"),
        (ids[3], "fourth"),
    ]


def test_a_file_beyond_its_bound_takes_nothing(tmp_path: Path) -> None:
    questions = QuestionSet(tmp_path)
    lines = [json.dumps({"id": str(number), "question": f"q{number}"}) for number in range(MOST_ROWS + 5)]
    questions.path.write_text("\n".join(lines), encoding="utf-8")
    assert questions.add([{"question": "another"}]) == 0
    assert len(questions.rows()) == MOST_ROWS + 5


def test_a_file_for_an_evaluation_goes_however_its_task_ends(teacher: Teacher, monkeypatch: pytest.MonkeyPatch) -> None:
    files = teacher.desk.question_files
    holding, jobs = threading.Event(), teacher.desk.jobs

    def hold(_job: Job, _progress: JobProgress) -> list[Result]:
        holding.wait(10)
        return []

    jobs.add("fetch", "", hold)
    teacher.upload("quality/upload", ("q.jsonl", b'{"question": "q"}'))
    (waiting,) = [job["id"] for job in jobs.all() if job["kind"] == "evaluate"]
    assert len(list(files.iterdir())) == 1
    jobs.stop(waiting)
    monkeypatch.setattr("app.web.teach.jobs._MOST_WAITING", 2)
    assert teacher.upload("quality/upload", ("q.jsonl", b'{"question": "q"}')).status_code == 503
    holding.set()
    wait_until(lambda: {job["state"] for job in jobs.all()} == {"done", "stopped"})
    assert list(files.iterdir()) == []
