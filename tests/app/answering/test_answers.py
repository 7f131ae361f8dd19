"""Extractive answers over a small index of invented documents, with the real embedded encoder."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.compose.messages import say
from app.answering.read.enumeration import enumerated
from app.answering.understand.answer_forms import kind_asked
from app.answering.understand.question import ordinary_question, question_terms
from app.commands.terminal.progress import TerminalProgress
from app.library import Library
from ingest.pipeline import ingest
from retriever.index.open import open_index
from retriever.text import content_words, words
from retriever.types import TenkyoError
from tests.opened_once import open_encoder

TEXT = """港町の図書館

はじめに

青波市立図書館は1987年に開館した。建物は港の倉庫を改修したもので、設計は建築家の水野さくらが担当した。

1 利用の状況

2023年度の貸出冊数は42万冊であり、前の年より7%増えた。利用者の61%は市外から通っている。

2 今後の計画

図書館には三つの課題がある。

第1に、閉架書庫の空調を直すことである。費用は2億円と見込まれる。

第2に、夜間の開館を増やすことである。これは職員の数が足りないため遅れている。

最後に、港の記録を電子化することである。対象は写真およそ9000枚である。
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("answers")
    source = folder / "toshokan.txt"
    source.write_text(TEXT, encoding="utf-8")
    ingest(folder / "index", [str(source)], progress=TerminalProgress())
    opened = Library.open(folder / "index")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("図書館が開館したのは何年ですか", "1987年"),
        ("設計したのは誰ですか", "水野さくら"),
        ("2023年度の貸出冊数は何冊ですか", "42万冊"),
        ("利用者のうち市外から来る人は何%か", "61%"),
        ("夜間開館を増やす理由は何ですか", "職員の数が足りない"),
        ("In which year did the library open?", "1987年"),
        ("图书馆是哪一年开馆的？", "1987年"),
    ],
)
def test_the_first_sentences_hold_what_was_asked(library: Library, question: str, words: str) -> None:
    answer = library.ask(question)
    assert not answer.abstained
    assert words in answer.text


def test_every_citation_quotes_its_passage_to_the_letter(library: Library) -> None:
    answer = library.ask("貸出冊数はどれだけ増えましたか")
    assert answer.citations
    for citation in answer.citations:
        assert citation.text[citation.quote_start : citation.quote_end] == citation.quote
        assert citation.quote in TEXT
    assert [one.number for one in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert [one.citations for one in answer.sentences] == [(one.number,) for one in answer.citations]
    assert all(f"[{one.number}]" in answer.text for one in answer.citations)


def test_an_answer_is_short_and_the_same_each_time(library: Library) -> None:
    first, second = (library.ask("今後の計画は") for _ in range(2))
    assert sum(len(one.quote) for one in first.citations) <= 300
    assert replace(first, timings_ms={}) == replace(second, timings_ms={})


@pytest.mark.parametrize(
    "question", ["オーストラリアの首都はどこですか", "岸本館長の年齢は何歳ですか", "おいしいカレーの作り方"]
)
def test_what_the_documents_do_not_hold_is_not_answered(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert answer.abstained
    assert answer.citations == ()
    assert answer.sentences == ()
    assert answer.hits
    assert answer.text.startswith(say(answer.language, "not_found"))
    assert answer.to_json()["abstained"] is True


def test_an_enumeration_over_several_paragraphs_is_gathered_whole(library: Library) -> None:
    answer = library.ask("図書館の三つの課題は何ですか")
    assert [one.text[:3] for one in answer.sentences[:3]] == ["第1に", "第2に", "最後に"]


def test_a_sentence_that_points_back_comes_with_what_it_points_to(library: Library) -> None:
    answer = library.ask("職員の数が足りないのでできないことは何ですか")
    assert "これは職員の数が足りない" in answer.text
    assert "第2に、夜間の開館を増やす" in answer.text


@pytest.mark.parametrize(
    "question", ["図書館の課題とは何か、三つ挙げてください", "図書館の計画で課題となっている理由をすべて挙げてください"]
)
def test_an_enumeration_comes_whole_whatever_kind_of_thing_is_listed(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert [one.text[:3] for one in answer.sentences[:3]] == ["第1に", "第2に", "最後に"]


def test_no_enumeration_is_made_up_of_sentences_that_open_no_items(library: Library) -> None:
    assert enumerated([], library._newest().index) == []
    answer = library.ask("青波市立図書館が開館した年と設計を担当した建築家をすべて挙げてください")
    assert not answer.sentences[0].text.startswith("第")
    assert "最後に" not in answer.text


def test_a_sentence_that_lists_what_is_asked_for_comes_before_an_enumeration_nearby(tmp_path: Path) -> None:
    source = tmp_path / "minato.txt"
    source.write_text(
        "港の課題\n\n第1に、港では人手が足りないことがある。\n\n港が扱う品は木材、石炭、魚、茶である。\n\n"
        "第2に、港では倉庫が古いことがある。",
        encoding="utf-8",
    )
    ingest(tmp_path / "index", [str(source)], progress=TerminalProgress())
    answer = Library.open(tmp_path / "index").ask("港が扱う品をすべて挙げてください")
    assert answer.sentences[0].text == "港が扱う品は木材、石炭、魚、茶である。"


def test_a_sentence_that_says_what_the_best_one_means_comes_with_it(tmp_path: Path) -> None:
    source = tmp_path / "tsuki.txt"
    source.write_text(
        "月の光の下では灯台の論理に矛盾が生じる場合がある。それは霧が出た夜のことである。霧は春に多い。",
        encoding="utf-8",
    )
    ingest(tmp_path / "index", [str(source)], progress=TerminalProgress())
    answer = Library.open(tmp_path / "index").ask("灯台の論理に矛盾が生じるのはどのような場合か")
    assert [one.text[:4] for one in answer.sentences[:2]] == ["月の光の", "それは霧"]


def test_a_name_counts_in_either_form_that_the_document_gives_it(tmp_path: Path) -> None:
    source = tmp_path / "kaiji.txt"
    source.write_text(
        "港湾振興機構（PPA）は1990年に設立された。\n\nPPAの職員は40人である。灯台の職員は3人である。", encoding="utf-8"
    )
    ingest(tmp_path / "index", [str(source)], progress=TerminalProgress())
    index = open_index(tmp_path / "index")
    question = "港湾振興機構の職員は何人か"
    terms = question_terms(ordinary_question(question), index.query(question, open_encoder()), index)
    held = set(words("PPAの職員は40人である。"))
    row = next(row for row in range(index.row_count) if "40人" in index.passage(row).text)
    assert terms.share(held, row) > terms.words.share(held)


def test_an_answer_as_json_is_one_document_in_the_order_of_the_interface(library: Library) -> None:
    body = library.ask("図書館が開館したのは何年ですか", k=3).to_json()
    first = "question standalone intent language abstained confidence confidence_label method suggestions withheld text"
    assert list(body)[:12] == [*first.split(), "sentences"]
    assert (body["standalone"], body["intent"]) == (body["question"], "passage")
    assert (body["suggestions"], body["withheld"]) == ([], [])
    assert len(body["hits"]) == 3
    assert [hit["rank"] for hit in body["hits"]] == [1, 2, 3]
    assert 0 <= body["confidence"] <= 1
    assert json.loads(json.dumps(body, ensure_ascii=False)) == body


def test_an_empty_index_abstains(tmp_path: Path) -> None:
    source = tmp_path / "one.txt"
    source.write_text("一つの文がある。", encoding="utf-8")
    ingest(tmp_path / "index", [str(source)], progress=TerminalProgress())
    from ingest.pipeline import remove

    remove(tmp_path / "index", ["one.txt"], progress=TerminalProgress())
    answer = Library.open(tmp_path / "index").ask("灯台はいつ建てられましたか")
    assert answer.abstained
    assert answer.hits == ()
    assert answer.text == say("ja", "not_found")
    assert Library.open(tmp_path / "index").ask("この論文を要約して").text == say("ja", "not_found")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("支持率は何%か", "percentage"),
        ("条約が結ばれたのはいつですか", "date"),
        ("館長の名前は何ですか", "any"),
        ("会議に来たのは誰か", "person"),
        ("開かれた場所はどこですか", "place"),
        ("中止されたのはなぜですか", "reason"),
        ("三つの目的は何か", "list"),
        ("何人が参加したか", "number"),
        ("Why was it closed?", "reason"),
        ("When did it open?", "date"),
        ("多少人参加了？", "number"),
        ("언제 열렸습니까?", "date"),
    ],
)
def test_the_kind_of_thing_asked_is_told_in_four_languages(question: str, kind: str) -> None:
    assert kind_asked(question) == kind


def test_question_words_are_no_content() -> None:
    assert content_words("青波市立図書館の館長は誰ですか") == content_words("青波市立図書館の館長を教えてください")


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko"])
def test_an_abstention_says_so_in_the_questions_language(library: Library, language: str) -> None:
    asked = {"ja": "館長の好きな魚は何ですか", "en": "Which fish does the director like?"}
    asked |= {"zh": "图书馆有几只企鹅？", "ko": "관장이 좋아하는 생선은 무엇인가요?"}
    answer = library.ask(asked[language])
    assert (answer.abstained, answer.language) == (True, language)
    assert answer.text.startswith(say(language, "not_found"))


def test_a_text_that_is_no_question_is_refused(library: Library) -> None:
    with pytest.raises(TenkyoError, match=r"2,001 characters, at most 2,000"):
        library.ask("何" * 2001)
