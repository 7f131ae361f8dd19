"""From the paper's sentence to the entry to the words in the source, over invented documents and the real encoder."""

import json
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from app.answering.compose.messages import MESSAGES, STATES
from app.answering.sources.parts import first_of
from app.answering.types import Answer
from app.cli import main
from app.library import Library
from app.pages.answer.messages import answer_html
from ingest.document import Block, Document
from ingest.pipeline import ingest_documents
from retriever.types import DocumentRecord
from tests.retriever.letters import NoProgress


class LookedUpOnly(dict[str, DocumentRecord]):
    """Documents that are found by their ids; whoever goes through all of them fails."""

    def _gone_through(self) -> NoReturn:
        raise AssertionError("all documents were gone through")

    __iter__ = keys = values = items = _gone_through


@pytest.fixture(scope="module")
def library(cited_folder: Path) -> Iterator[Library]:
    """A library over a paper and one of its references."""
    opened = Library.open(cited_folder)
    yield opened
    opened.close()


def origins(answer: Answer) -> list[str]:
    """Whose words the sentences are."""
    return [one.origin for one in answer.sentences]


def test_a_quoted_sentence_shows_what_it_cites_down_to_the_words_in_the_source(library: Library) -> None:
    answer = library.ask("灯台の保存に賛成した住民は何%か")
    first = json.loads(json.dumps(answer.to_json(), ensure_ascii=False))["citations"][0]
    assert first["origin"] == "paper"
    (cited,) = first["cites"]
    assert (cited["number"], cited["state"], cited["document_id"], cited["certain"]) == (1, "fetched", "survey", True)
    assert cited["entry"].startswith("Lamp Council, “Support for Keeping the Lighthouse Grows,”")
    assert cited["url"] == "https://lamps.example/survey"
    nearest = cited["passage"]
    assert nearest["quote"] == "In December 2024, 83% of residents said that the lighthouse should be kept."
    assert nearest["text"][nearest["quote_start"] : nearest["quote_end"]] == nearest["quote"]
    assert 0 < nearest["score"] <= 1
    assert nearest["passage_id"] in {one.id for one in library.passages("survey")}


def test_works_are_looked_up_without_going_through_all_documents(library: Library) -> None:
    library.ask("灯台の保存に賛成した住民は何%か")  # reads the bibliography
    sources = copy(library._newest().sources)
    sources.index = replace(sources.index, documents=LookedUpOnly(sources.index.documents))
    first = sources.works("paper")[1]
    assert first.hit is not None
    assert sources.bibliographies() == ["paper"]
    assert sources.works_of(first.hit.passage) == (first,)
    assert sources.works_of(sources.index.passages_of("survey")[0]) == (first,)
    assert sources.index.body_of("survey")["kind"] == "reference"


def test_a_cited_work_that_was_not_read_is_said_so(library: Library) -> None:
    answer = library.ask("共同声明は何を明記したか")
    (cited,) = answer.citations[0].cites
    assert (cited.work.number, cited.work.state, cited.work.document_id, cited.passage) == (3, "dead", None, None)
    assert any("参考文献3（リンク切れ）" in note for note in answer.notes)


def test_sentences_tell_whose_they_are(library: Library) -> None:
    assert origins(library.ask("灯台の燃料は何年に石油へ替わったか"))[0] == "paper"
    assert origins(library.ask("How many fishing boats were seen in the bay?"))[0] == "reference"
    assert library.ask("How many fishing boats were seen in the bay?").citations[0].reference == 1


def test_where_nothing_tells_the_origin_nothing_is_claimed(library_folder: Path) -> None:
    answer = Library.open(library_folder).ask("鳴砂博物館はいつ開館したか")
    assert {one.origin for one in answer.citations} == {"document"}
    assert not any(one.cites for one in answer.citations)


@pytest.mark.parametrize(
    "question",
    [
        "参考文献[2]は何についての文献か",
        "参考文献の２番は？",
        "What is reference 2 about?",
        "reference no. 2?",
        "参考文献[2]是什么",
        "참고문헌 2번은 무엇입니까",
    ],
)
def test_a_reference_is_found_by_its_number_in_four_languages(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert answer.citations[0].quote == "田中太郎『灯台の燃料 鯨油から電気へ』港書店、1998年。"
    assert answer.citations[0].reference == 2
    assert origins(answer) == ["record"]
    assert answer.hits[0].passage.id == answer.citations[0].passage_id
    assert len(answer.notes) == 1, "it was not read"


def test_a_reference_that_was_read_is_given_with_its_opening(library: Library) -> None:
    answer = library.ask("参考文献1は何についての文献か")
    assert origins(answer) == ["record", "reference"]
    assert answer.citations[1].quote.startswith("The Lamp Council asks residents")
    assert answer.notes == ()


def test_what_is_asked_of_an_entry_is_marked_in_it(library: Library) -> None:
    assert library.ask("参考文献2の著者は誰ですか").citations[0].span == "田中太郎"
    assert library.ask("When was reference 4 published?").citations[0].span == "2003年"
    assert library.ask("What is reference 4 about?").citations[0].span == "灯台守の日記"


def test_a_number_that_no_entry_has_is_not_answered(library: Library) -> None:
    answer = library.ask("参考文献[9]は何ですか")
    assert answer.abstained
    assert answer.citations == ()
    assert answer.hits
    assert "4点" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "参考文献の数はいくつですか",
        "How many references does it have?",
        "这里的参考文献共有多少篇？",
        "참고문헌은 모두 몇 편입니까",
    ],
)
def test_the_works_are_counted(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert "4" in answer.text
    assert [one.reference for one in answer.citations] == [1, 4]


def test_a_count_that_leaves_lists_out_says_so(tmp_path: Path) -> None:
    papers = [
        Document(
            f"p{number}",
            f"Paper {number}",
            f"/p{number}.txt",
            (Block("heading", "References", level=1), Block("entry", f"[1] Miller, A. (200{number}). Lamps. Press.")),
            language="en",
        )
        for number in range(6)
    ]
    ingest_documents(tmp_path / "index", papers, progress=NoProgress())
    answer = Library.open(tmp_path / "index").ask("How many references are listed here?")
    assert len(answer.sentences) == 4
    assert answer.notes == ("The first 4 of 6 bibliographies.",)


def test_what_is_cut_is_said_with_its_number() -> None:
    assert first_of("abc", 3, "en") == ("abc", [])
    assert first_of("abcd", 3, "en") == ("abc", ["The first 3 of 4 works."])


# One question a language here: those that people put in other words are asked by tests/quality.
@pytest.mark.parametrize(
    "question",
    [
        "参考文献を全部挙げてください",
        "Which works are cited in this paper?",
        "请把所有参考文献都列出来",
        "참고문헌 목록 전체를 보여줘",
    ],
)
def test_the_whole_bibliography_is_listed(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert [one.reference for one in answer.citations] == [1, 2, 3, 4]
    assert set(origins(answer)) == {"record"}
    assert len(answer.notes) == 1, "three were not read"


def test_works_that_were_not_read_are_named_together_by_what_became_of_them(library: Library) -> None:
    (note,) = library.ask("List all of its references").notes
    assert note.endswith(": no. 2, 4 (no address), no. 3 (dead link)")


def test_a_long_bibliography_is_listed_to_a_limit_and_says_so(tmp_path: Path) -> None:
    entries = tuple(Block("entry", f"Calloway {n}, “Tides of the year {n},” {1900 + n}.") for n in range(1, 61))
    blocks = (Block("heading", "Tides"), Block("paragraph", "Tides rise and fall."), Block("heading", "References"))
    ingest_documents(
        tmp_path, [Document("tides", "Tides", "/tides.txt", blocks + entries, "en")], progress=NoProgress()
    )
    answer = Library.open(tmp_path).ask("List all of its references")
    assert [one.reference for one in answer.citations] == list(range(1, 41))
    assert answer.notes[0] == "The first 40 of 60 works."


def test_an_entry_is_found_by_who_made_it(library: Library) -> None:
    assert library.ask("森花子の本はどれか").citations[0].reference == 4
    assert library.ask("Which work in the list is by the Lamp Council?").citations[0].reference == 1


@pytest.mark.parametrize(
    "question",
    [
        "住民の83%が保存に賛成したという主張の出典は？",
        "What does the paper cite for keeping the lighthouse?",
        "83%的出处是什么？",
        "83%의 출처는 무엇입니까",
        "Is there a source for 83% of residents supporting the lighthouse?",
    ],
)
def test_the_source_of_a_claim_is_followed_to_its_words(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert origins(answer) == ["paper", "record", "reference"]
    assert "83%" in answer.citations[0].quote
    assert answer.citations[1].reference == 1
    assert "83%" in answer.citations[2].quote


def test_a_claim_without_a_citation_is_said_to_have_none(library: Library) -> None:
    worried = library.ask("町長が保存の費用を心配しているという主張の出典は？")
    assert worried.citations[0].quote == "町長は保存の費用を心配している。"
    assert worried.citations[0].cites == ()
    assert worried.notes[0] == MESSAGES["ja"]["uncited"]
    assert "〔参考文献1〕" in worried.notes[1], "the paragraph cites it"
    fuel = library.ask("燃料の鯨油の出典は？")
    assert fuel.citations[-1].reference == 2, "by its title"


def test_a_claim_in_another_language_is_found_by_what_both_languages_write_alike(library: Library) -> None:
    assert library.ask("석유로 바뀌었다는 주장의 출처는?").citations[0].quote.startswith("1901年に石油へ替わり")


@pytest.mark.parametrize(
    "question",
    [
        "この主張の出典はどれでしょう？",
        "出典は？",
        "What is the source of this claim?",
        "请问这个说法的出处是哪里？",
        "이 주장의 출처는 어디인가요?",
    ],
)
def test_a_claim_that_is_only_pointed_at_is_asked_for(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert answer.abstained
    assert answer.text == MESSAGES[answer.language]["which_claim"]


def test_a_name_that_no_entry_has_goes_the_ordinary_way(library: Library) -> None:
    assert library.ask("町長の調査は何ですか").method == "extractive"


def test_without_a_bibliography_questions_about_it_are_not_answered(library_folder: Path) -> None:
    assert Library.open(library_folder).ask("参考文献[2]は何ですか").text == MESSAGES["ja"]["no_bibliography"]


def test_what_a_source_orders_is_data(library: Library) -> None:
    """Instructions, tags and links in a fetched text are quoted, never followed, and never reach a page as HTML."""
    addresses: set[str | None] = set()
    for question in ("参考文献1は何についての文献か", "83%の出典は？", "灯台の保存に賛成した住民は何%か"):
        answer = library.ask(question)
        html = answer_html(answer)
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="javascript:' not in html
        assert 'href="data:' not in html
        addresses |= {cited.work.url for one in answer.citations for cited in one.cites}
    assert addresses == {"https://lamps.example/survey"}
    assert "moon" not in library.ask("住民は何に賛成したか").sentences[0].text


def test_reports_show_fetched_text_as_text(
    cited_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    health, questions, run = tmp_path / "health.html", tmp_path / "questions.csv", tmp_path / "run"
    questions.write_text(
        "question,answers\n参考文献1は何についての文献か,moon\n灯台の保存に賛成した住民は何%か,83%\n", encoding="utf-8"
    )
    assert main(["references", "list", "--html", str(health), "--index", str(cited_folder)]) == 0
    assert main(["evaluate", str(questions), "--out", str(run), "--index", str(cited_folder)]) == 0
    capsys.readouterr()
    shown = (run / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in shown, "the title of the source is in the report"
    for page in (health.read_text(encoding="utf-8"), shown.rpartition("<script>")[0]):  # the report's own comes last
        assert not re.search(r"<script|<img|<[^>]*\son\w+=|(?:href|src)=.?(?:javascript|data):", page)


def test_every_language_says_everything() -> None:
    assert len({frozenset(words) for words in MESSAGES.values()}) == 1
    assert len({frozenset(words) for words in STATES.values()}) == 1
