"""Answers as they stand in the chat: links, sources, and nothing foreign that could be markup."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.answering.types import Sentence, Turn
from app.pages.answer.messages import answer_html, stored_answer_html
from tests.web.fake_library import NOODLES, TEA, TRICKY, FakeLibrary

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # controls of direction


def plain(html: str) -> str:
    """What is read of it."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def refused(text: str) -> str:
    """An abstention that says `text`, as it is shown."""
    return answer_html(replace(FakeLibrary().ask("天気"), text=text))


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])))
def test_text_is_one_line_that_shows_as_itself(text: str) -> None:
    shown = refused(text)
    assert len(shown.splitlines()) == 1
    kept = "".join(one for one in text if one not in TURNING)
    assert "".join(plain(shown).split()) == "".join(kept.split())


@pytest.mark.parametrize("text", ["a\0\x1bb", "a\u202e\u2066b", "a\tb"])
def test_controls_become_a_space(text: str) -> None:
    assert plain(refused(text)) == "a b"


def test_numbers_and_sources_lead_to_the_quote() -> None:
    html = answer_html(FakeLibrary().ask("そばとラーメン"))
    address = "../documents/%E9%BA%BA%E3%81%AE%E6%9C%AC?passage=%E9%BA%BA%E3%81%AE%E6%9C%AC%3Ap1&amp;quote_start=12"
    assert html.count(f'href="{address}') == 3, "after the sentence, at the document's title and at its place"
    assert "[1]</a></span></p>" in html
    assert 'aria-label="出典"' in html
    assert "はじめに・1ページ" in html


def test_a_document_is_named_once_with_the_places_of_its_quotes() -> None:
    html = answer_html(FakeLibrary().ask("そばとラーメンとtea"))
    assert [plain(one) for one in re.findall(r'<a class="tenkyo-source".*?</a>', html)] == [NOODLES.title, TEA.title]
    assert [plain(one) for one in re.findall(r'<ul class="tenkyo-places">.*?</ul>', html)] == [
        "[1][2] はじめに・1ページ",
        "[3]",
    ]


def test_quotes_of_one_place_stand_together() -> None:
    html = answer_html(FakeLibrary().ask("値段と危険"))
    assert plain(re.findall(r'<ul class="tenkyo-places">.*?</ul>', html)[0]) == "[1] 2ページ[2] 3ページ"


def test_a_number_carries_the_quote_for_the_card_that_is_shown_over_it() -> None:
    html = answer_html(FakeLibrary().ask("危険"))
    given = re.search(r'<a class="tenkyo-cite"[^>]*data-quote="([^"]*)" data-lang="[a-z]+">', html)
    assert given is not None
    assert unescape(given[1]) == TRICKY


def test_sources_and_suggestions_come_once_the_answer_is_whole() -> None:
    answer = FakeLibrary().ask("そば、次")
    for part in ('aria-label="出典"', "tenkyo-suggestion"):
        assert part in answer_html(answer)
        assert part not in answer_html(answer, is_whole=False)


def test_markup_in_a_passage_shows_as_text() -> None:
    html = answer_html(FakeLibrary().ask("危険"))
    assert "<img" not in html
    assert TRICKY in plain(html)
    assert "\n" not in html


def test_a_source_on_the_web_is_linked_but_runs_no_script() -> None:
    html = answer_html(FakeLibrary().ask("山田と鈴木"))
    assert 'class="tenkyo-out" href="https://example.org/1"' in html
    assert "javascript" not in html


def test_a_citation_shows_what_the_paper_cites_and_whose_words_it_quotes() -> None:
    html = answer_html(FakeLibrary().ask("軒数"))
    assert plain(html).count("論文") == plain(html).count("論文の引用") + 1, "whose words they are is said once"
    assert "引用されている文献（2）" in html
    assert "passage=%E9%BA%BA%E3%81%AE%E6%9C%AC%3Ae#" in html, "the entry"
    assert 'href="../documents/tea?passage=tea%3A2&amp;quote_start=0&amp;quote_end=44#tea%3A2"' in html
    assert "論文の引用 (次のいずれか)" in html
    assert "リンク切れ" in html
    assert "<img" not in html
    assert "javascript:" not in html


def test_a_cited_work_whose_entry_is_given_anyway_is_not_given_twice() -> None:
    html = answer_html(FakeLibrary().ask("軒数と山田と鈴木"))
    assert "tenkyo-cites" not in html


def test_a_question_that_took_something_over_shows_how_it_was_understood() -> None:
    taken = answer_html(FakeLibrary().ask("それは？", history=[Turn("そば")]))
    understood = '<p class="tenkyo-label">「そばは？」という質問として答えました。</p>'
    assert taken.startswith(f'<div class="tenkyo-answer is-sure" lang="ja">{understood}')
    absent = answer_html(FakeLibrary().ask("それは？", history=[Turn("<b>天気</b>")]))
    assert "「&lt;b&gt;天気&lt;/b&gt;は？」" in absent
    assert "という質問として" not in answer_html(FakeLibrary().ask("そば", history=[Turn("天気")]))


def test_an_abstention_looks_different_and_has_no_sources() -> None:
    html = answer_html(FakeLibrary().ask("天気"))
    assert html.startswith('<div class="tenkyo-absent" lang="ja">')
    assert "<a " not in html


def test_near_passages_open_like_citations_and_are_labelled_as_no_answer() -> None:
    html = answer_html(FakeLibrary().ask("近い店"))
    assert "近い箇所（答えではありません）" in html
    assert html.count('<a class="tenkyo-source" href="../documents/') == 3
    assert "quote_start=12&amp;quote_end=31#" in html
    assert "[1]" not in html
    assert "出典" not in html


def test_an_answer_to_some_of_several_questions_shows_what_is_near_to_the_others() -> None:
    html = answer_html(replace(FakeLibrary().ask("そば"), near=FakeLibrary().ask("近い店").near))
    assert html.startswith('<div class="tenkyo-answer is-sure" lang="ja">')
    assert html.index("出典") < html.index("近い箇所（答えではありません）")


def test_a_long_near_quote_is_shortened_and_still_leads_to_the_whole() -> None:
    answer = FakeLibrary().ask("近い店")
    quote = "長い。" * 100
    long = replace(answer.near[0], quote=quote, text=quote, quote_start=0, quote_end=300)
    html = answer_html(replace(answer, near=(long,)))
    assert ("長い。" * 39 + "長い…</span>") in html
    assert "quote_start=0&amp;quote_end=300#" in html


@pytest.mark.parametrize("question", ["近い店", "そば、次"])
def test_questions_that_can_be_asked_next_are_buttons_with_their_text(question: str) -> None:
    answer = FakeLibrary().ask(question)
    html = answer_html(answer)
    assert "こんな質問もできます" in html
    assert html.count('<button type="button" class="tenkyo-suggestion" lang="ja">') == 2
    assert "&lt;b&gt;ラーメン&lt;/b&gt;</button>" in html
    assert "tenkyo-suggestion" not in answer_html(replace(answer, suggestions=()))


def test_the_widget_gets_the_chats_answer_with_links_from_the_root(client: TestClient) -> None:
    tab = client.get("/api/tab").json()["tab"]
    question = "それと軒数は？"
    body = {"question": question, "history": [{"question": "そば"}]}
    stream = client.post("/widget/ask", json=body, headers={"X-Tenkyo-Tab": tab}).text
    name, data = stream.removesuffix("\n\n").split("\n")
    given = json.loads(data.removeprefix("data: "))
    in_chat = FakeLibrary().ask(question, history=[Turn("そば")])
    assert name == "event: answer"
    assert given["html"] == answer_html(in_chat).replace('href="../', 'href="')
    assert given["turn"] == {"question": question, "answer": in_chat.text}


def test_a_refusal_is_not_sent_as_an_earlier_answer(client: TestClient) -> None:
    stream = client.post("/widget/ask", json={"question": "天気"}).text
    assert json.loads(stream.partition("data: ")[2])["turn"] == {"question": "天気", "answer": ""}


def test_a_question_of_the_widget_is_refused_in_json(client: TestClient) -> None:
    refused = client.post("/widget/ask", json={"question": " "})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "question_empty")


def test_a_stored_answer_is_shown_as_in_the_chat_but_leads_nowhere() -> None:
    answer = FakeLibrary().ask("そばとラーメンと危険")
    stored = stored_answer_html(answer.to_json())
    assert plain(stored) == plain(re.sub(r'<a class="tenkyo-out".*?</a>', "", answer_html(answer)))
    assert "href" not in stored
    assert "data-quote" not in stored


def test_a_stored_answer_shows_the_quotes_that_its_text_does_not_repeat() -> None:
    answer = FakeLibrary().ask("そば")
    told = replace(answer, text="別の言い方 [1]", sentences=(Sentence("別の言い方", (1,)),))
    assert f'<blockquote lang="ja">{answer.citations[0].quote}</blockquote>' in stored_answer_html(told.to_json())
    assert "blockquote" not in stored_answer_html(answer.to_json())
    assert "blockquote" not in answer_html(told), "on a page that links to it"
