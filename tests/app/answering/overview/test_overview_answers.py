"""Answers about whole documents: verbatim, cited, in reading order, short; the right document and section."""

import shutil
from pathlib import Path

import pytest

from app.answering.types import Answer, Turn
from app.library import Library
from ingest.pipeline import ingest
from tests.app.answering.overview.conftest import PAPERS
from tests.conftest import IndexOf
from tests.retriever.letters import NoProgress


@pytest.fixture(scope="module")
def both(index_of: IndexOf, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The two papers together."""
    folder = shutil.copytree(index_of(PAPERS["rail_trail"]), tmp_path_factory.mktemp("both") / "index")
    ingest(folder, [str(PAPERS["evening_quizzes"])], progress=NoProgress())
    return Library.open(folder)


def _check(library: Library, answer: Answer, most: int) -> None:
    """Every quote verbatim in its passage, in the order of the document, the text short."""
    assert answer.intent == "overview"
    assert not answer.abstained
    assert len(answer.text) <= most
    for citation in answer.citations:
        assert citation.text[citation.quote_start : citation.quote_end] == citation.quote
    order = [passage.id for passage in library.passages(answer.citations[0].document_id)]
    assert all(citation.passage_id in order for citation in answer.citations)
    assert all(sentence.citations for sentence in answer.sentences)
    assert {citation.passage_id for citation in answer.citations} >= {hit.passage.id for hit in answer.hits}


@pytest.mark.parametrize(
    "question",
    [
        "この論文を要約してください",
        "研究の目的はどこにありますか",
        "結論を説明してください",
        "これからの課題は何でしょうか",
        "目次を出してください",
        "要点を3つ教えて",
    ],
)
def test_a_japanese_overview_keeps_to_700_characters(trail: Library, question: str) -> None:
    _check(trail, trail.ask(question), 700)


@pytest.mark.parametrize(
    "question",
    [
        "Could you sum up this paper for me?",
        "What is the aim of this study?",
        "What conclusion do the authors reach?",
        "In what order is the paper organised?",
    ],
)
def test_an_english_overview_keeps_to_1500_characters(quizzes: Library, question: str) -> None:
    _check(quizzes, quizzes.ask(question), 1500)


def test_a_summary_begins_with_the_abstract(trail: Library) -> None:
    answer = trail.ask("この論文を要約して")
    assert "要旨" in answer.citations[0].section


def test_a_conclusion_is_of_the_last_section(trail: Library) -> None:
    assert any("おわりに" in citation.section for citation in trail.ask("この論文の結論は？").citations)


def test_a_section_is_told_with_its_subsections_under_their_headings(trail: Library) -> None:
    answer = trail.ask("第4節では何が述べられていますか")
    _check(trail, answer, 720)
    assert {citation.section.split(" > ")[0][:2] for citation in answer.citations} == {"4."}
    assert "4.1" in answer.text
    assert "4.2" in answer.text
    only = trail.ask("2.1節の内容を説明して")
    assert all("2.1" in citation.section for citation in only.citations)


def test_a_section_is_found_by_its_name(quizzes: Library) -> None:
    answer = quizzes.ask("What do they say in the discussion section?")
    assert {citation.section.split(" > ")[-1] for citation in answer.citations} == {"5. Discussion"}


def test_a_section_that_does_not_exist_is_not_made_up(trail: Library) -> None:
    answer = trail.ask("第9節を要約して")
    assert answer.abstained
    assert answer.citations == ()
    assert "おわりに" in answer.text


def test_the_organisation_names_every_section_in_order(trail: Library) -> None:
    text = trail.ask("この論文の構成を教えてください").text
    places = [text.find(f"{number}. ") for number in range(1, 7)]
    assert -1 not in places
    assert places == sorted(places)


def test_as_many_points_are_given_as_asked_for(quizzes: Library) -> None:
    text = quizzes.ask("Give me the key points in 3 bullets").text
    assert [line[:2] for line in text.split("\n")] == ["1.", "2.", "3."]


def test_a_table_is_shown_with_its_caption_and_all_rows(trail: Library) -> None:
    answer = trail.ask("第1表を見せて")
    passages = trail.passages(answer.citations[0].document_id)
    rows = [passage.id for passage in passages if passage.kind in {"caption", "table_row"}]
    assert [citation.passage_id for citation in answer.citations] == rows
    assert answer.sentences[1].text.count(" | ") >= 2
    assert trail.ask("第3表を見せて").abstained


def test_two_things_are_compared_in_sentences_on_both(trail: Library) -> None:
    answer = trail.ask("高齢者と若者の違いは何ですか")
    _check(trail, answer, 700)


def test_two_things_stand_side_by_side_under_their_names(quizzes: Library) -> None:
    answer = quizzes.ask("What is the difference between quiz classes and summary classes?")
    _check(quizzes, answer, 1500)
    lines = answer.text.split("\n")
    assert [line.split(":")[0] for line in lines[1:]] == ["quiz classes", "summary classes"]
    assert "quiz classes" in lines[0], "what is said on both comes first"


def test_a_comparison_finds_its_document_among_several(both: Library) -> None:
    answer = both.ask("What is the difference between quiz classes and summary classes?")
    assert {citation.document_title for citation in answer.citations} == {both.records()[1].title}


def test_a_question_names_its_document_by_the_title_whatever_the_title_says(both: Library) -> None:
    title = both.records()[0].title
    counted = both.ask(f"「{title}」の参考文献は何点ありますか")
    assert (counted.intent, counted.abstained) == ("sources", False)
    assert "11" in counted.text
    assert {citation.document_title for citation in counted.citations} == {title}
    assert both.ask("What does “Five Minutes at the Door” conclude?").intent == "overview"


def test_labels_and_announcements_of_lists_are_no_sentences_of_an_overview(tmp_path: Path) -> None:
    source = tmp_path / "wells.md"
    source.write_text(
        "# Wells\n\n## 1 Method\n\n"
        "Overview. We measured the depth of forty wells in two dry summers. We use these tools:\n"
        "\n## 2 Results\n\nMost wells were deeper than the map of 1911 says.\n",
        encoding="utf-8",
    )
    ingest(tmp_path / "index", [str(source)], progress=NoProgress())
    answer = Library.open(tmp_path / "index").ask("What does section 1 say?")
    assert [citation.quote for citation in answer.citations] == [
        "We measured the depth of forty wells in two dry summers."
    ]


def test_with_several_papers_the_one_that_is_named_is_meant_else_it_is_asked_back(both: Library) -> None:
    asked_back = both.ask("この論文を要約して")
    assert asked_back.abstained
    assert asked_back.intent == "overview"
    assert len(asked_back.suggestions) == 2
    assert asked_back.suggestions[1] == f"「{both.records()[1].title}」を要約して"
    named = both.ask(asked_back.suggestions[1])
    assert {citation.document_title for citation in named.citations} == {both.records()[1].title}


@pytest.mark.parametrize("question", ["こんにちは！", "hello there", "谢谢你", "무엇을 할 수 있어요?"])
def test_small_talk_cites_nothing_and_is_no_abstention(trail: Library, question: str) -> None:
    body = trail.ask(question).to_json()
    assert (body["intent"], body["abstained"], body["confidence"]) == ("smalltalk", False, 1.0)
    assert body["citations"] == body["hits"] == []
    assert body["text"]


def test_who_asks_what_can_be_asked_is_told_the_titles(trail: Library) -> None:
    assert trail.records()[0].title in trail.ask("何を質問できますか").text


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("除雪について論文は何と述べていますか", "除雪"),
        ("著者は通学をどう見ていますか", "通学"),
        ("论文对观光怎么说", "観光"),
    ],
)
def test_what_is_said_on_a_topic_is_told_in_reading_order(trail: Library, question: str, topic: str) -> None:
    answer = trail.ask(question)
    _check(trail, answer, 700)
    order = [passage.id for passage in trail.passages(answer.citations[0].document_id)]
    places = [(order.index(citation.passage_id), citation.quote_start) for citation in answer.citations]
    assert places == sorted(places)
    assert all(topic in citation.quote for citation in answer.citations)


def test_a_topic_is_found_by_its_translation(trail: Library) -> None:
    assert "舗装" in trail.ask("What does the paper say about the pavement?").text


@pytest.mark.parametrize(
    "question",
    [
        "ペンギンについて論文は何と述べていますか",
        "What does the paper say about penguins?",
        "논문은 펭귄에 대해 뭐라고 하나요",
    ],
)
def test_a_topic_that_the_document_does_not_hold_is_not_found(trail: Library, question: str) -> None:
    assert trail.ask(question).abstained


@pytest.mark.parametrize(
    ("question", "more"),
    [
        ("この論文を要約してください", "他には？"),
        ("What is this paper about?", "tell me more"),
        ("这篇论文的主要内容是什么", "还有别的吗"),
        ("이 논문의 요점을 알려 줘", "더 알려줘"),
    ],
)
def test_an_overview_goes_on_with_sentences_of_the_text_that_it_has_not_quoted(
    trail: Library, question: str, more: str
) -> None:
    answers, turns = [trail.ask(question)], [Turn(question)]
    for _ in range(2):
        answers.append(trail.ask(more, history=turns))
        turns.append(Turn(more))
    quotes = [{(citation.passage_id, citation.quote_start) for citation in answer.citations} for answer in answers]
    assert all(quotes)
    assert not quotes[0] & quotes[1]
    assert not (quotes[0] | quotes[1]) & quotes[2]
    kinds = {passage.id: passage.kind for passage in trail.passages(answers[0].citations[0].document_id)}
    assert {kinds[citation.passage_id] for answer in answers for citation in answer.citations} <= {
        "paragraph",
        "list_item",
        "quote",
    }


@pytest.mark.parametrize("question", ["limitations", "What research method was used?"])
def test_a_paper_that_tells_no_limits_and_no_method_is_not_summed_up_instead(tmp_path: Path, question: str) -> None:
    paper = tmp_path / "essay.md"
    paper.write_text(
        "# The Harbour and the Town\n\n## Introduction\n\nThis paper considers what the harbour means to the town.\n\n"
        "## Trade\n\nThe harbour brought salt and timber, and the town grew with them for two hundred years.\n\n"
        "## Future tasks\n\nThe harbour needs deeper basins, and the town should plan them with its neighbours.\n"
    )
    ingest(tmp_path / "index", [str(paper)], progress=NoProgress())
    answer = Library.open(tmp_path / "index").ask(question)
    assert answer.abstained
    assert answer.near


def test_a_comparison_with_something_that_the_paper_does_not_name_is_refused(trail: Library) -> None:
    assert trail.ask("羽根川町と京都市の違いは何ですか").abstained


def test_once_all_limits_are_told_a_request_for_others_says_so(trail: Library) -> None:
    limits = "この研究にはどのような限界がありますか"
    told = trail.ask(limits)
    others = trail.ask("他には？", history=[Turn(limits, told.text)])
    assert others.text == told.text
    assert others.notes
    assert "新しく示せる文はありません" in others.notes[0]


def test_a_topic_alone_in_another_language_is_told_where_the_paper_holds_it(trail: Library) -> None:
    answer = trail.ask("철도")
    assert not answer.abstained
    assert "鉄道" in answer.text


def test_a_paper_without_limits_of_its_own_says_so_and_shows_its_conclusion_as_near(tmp_path: Path) -> None:
    paper = tmp_path / "kiln.md"
    paper.write_text(
        "# The Kiln at Ost\n\n## Introduction\n\nThe kiln at Ost was built in 1841 by two brothers from the valley.\n\n"
        "## Firing\n\nThe kiln was fired with peat, and every firing took eleven days and nights.\n\n"
        "## Conclusion\n\nThe kiln fed the village for a century. Its bricks stand in every house of the valley.\n"
    )
    ingest(tmp_path / "index", [str(paper)], progress=NoProgress())
    answer = Library.open(tmp_path / "index").ask("What are the limitations of this paper?")
    assert answer.abstained
    assert "names limits of its own" in answer.text
    assert [citation.section for citation in answer.near] == ["Conclusion"]


def test_limits_are_found_where_only_the_abstract_has_a_heading(tmp_path: Path) -> None:
    paper = tmp_path / "lock.txt"
    body = " ".join(f"The lock of Ost was opened {number} times in the year {1800 + number}." for number in range(60))
    paper.write_text(f"The Lock of Ost\n\nAbstract\n\n{body}\n\nThere were several limitations of this study.\n")
    ingest(tmp_path / "index", [str(paper)], progress=NoProgress())
    answer = Library.open(tmp_path / "index").ask("What are the limitations of this paper?")
    assert not answer.abstained
    assert "several limitations" in answer.text


QUIZZES, TRAIL = "evening_quizzes.md", "rail_trail.txt"


def _documents(answer: Answer) -> set[str]:
    return {citation.document_id for citation in (*answer.citations, *answer.near)}


@pytest.mark.parametrize("question", ["Give me a summary", "What is the conclusion?", "この論文を要約してください"])
def test_of_the_chosen_documents_the_only_one_is_meant(both: Library, question: str) -> None:
    for chosen in (QUIZZES, TRAIL):
        answer = both.ask(question, documents=[chosen])
        assert not answer.abstained
        assert _documents(answer) == {chosen}


def test_a_document_that_is_named_but_not_chosen_is_not_quoted(both: Library) -> None:
    title = both.titles()[QUIZZES]
    assert _documents(both.ask(f"Summarize “{title}”")) == {QUIZZES}
    refused = both.ask(f"Summarize “{title}”", documents=[TRAIL])
    assert refused.abstained
    assert not refused.citations
    assert QUIZZES not in _documents(refused)


def test_a_greeting_names_the_chosen_documents_alone(both: Library) -> None:
    titles = both.titles()
    answer = both.ask("Hello!", documents=[QUIZZES])
    assert titles[TRAIL] not in answer.text
    assert titles[TRAIL][:20] in both.ask("Hello!").text
