"""The pages for people: sources with their marks, the widget, static files, errors."""

import json
import re

import pytest
from starlette.testclient import TestClient

from app.answering.understand.history.conversation import MOST_CHARACTERS, MOST_TURNS
from app.pages.labels.texts import LABELS, LANGUAGES, preferred
from app.web.guard.questions import MAX_QUESTION
from tests.web.fake_library import PASSAGES, TRICKY


def source(client: TestClient, document: str, **query: str | int) -> str:
    """The source page's HTML."""
    response = client.get(f"/documents/{document}", params=query)
    assert response.status_code == 200
    return response.text


def marked(html: str) -> str:
    """What stands in <mark>, without tags."""
    return re.sub(r"<[^>]*>", "", "".join(re.findall(r"<mark>(.*?)</mark>", html)))


def test_every_passage_is_an_element_of_its_id(client: TestClient) -> None:
    for document, passages in PASSAGES.items():
        html = source(client, document)
        for passage in passages:
            assert html.count(f' id="{passage.id}"') == 1


def test_nothing_is_marked_without_a_citation(client: TestClient) -> None:
    html = source(client, "麺の本")
    assert "<mark>" not in html
    assert "cited" not in html


def test_the_quoted_words_are_marked_in_their_passage(client: TestClient) -> None:
    html = source(client, "麺の本", passage="麺の本:p1", quote_start=12, quote_end=31)
    assert marked(html) == "そばはそば粉から作り、江戸で広まった。"
    assert '<p id="麺の本:p1" class="passage cited">うどんは小麦粉から作る。<mark>' in html


def test_a_quote_over_a_page_break_is_marked_whole_with_the_page_in_it(client: TestClient) -> None:
    html = source(client, "麺の本", passage="麺の本:p2", quote_start=0, quote_end=29)
    assert marked(html) == "ラーメンは大正時代に各地へ広まった。その数は二万軒に及ぶ。"
    assert re.search(r'広まった。<span class="page"[^>]*data-page="2"></span>その数', html)


@pytest.mark.parametrize(("start", "end"), [(0, 7), (8, 23)])
def test_a_quote_of_a_table_row_marks_its_cells(client: TestClient, start: int, end: int) -> None:
    html = source(client, "麺の本", passage="麺の本:r2", quote_start=start, quote_end=end)
    assert '<tr id="麺の本:r2" class="passage cited">' in html
    assert re.findall(r"<mark>(.*?)</mark>", html) == ["そば", "350円"]
    assert html.count("<table>") == 1
    assert '<th scope="col">値段</th>' in html


def test_a_passage_of_several_blocks_is_one_element(client: TestClient) -> None:
    html = source(client, "麺の本")
    assert '<div id="麺の本:list" class="passage"><p class="item">一、茹でる。</p><p class="item">二、冷やす。' in html


@pytest.mark.parametrize("quote", [{"quote_start": 5}, {"quote_start": 9, "quote_end": 3}, {"quote_end": "x"}])
def test_offsets_that_are_none_mark_the_passage_alone(client: TestClient, quote: dict[str, int]) -> None:
    html = source(client, "麺の本", passage="麺の本:p1", **quote)
    assert "<mark>" not in html
    assert 'class="passage cited"' in html


def test_offsets_beyond_the_passage_mark_the_passage_alone(client: TestClient) -> None:
    html = source(client, "麺の本", passage="麺の本:p1", quote_start=0, quote_end=10**8)
    assert "<mark>" not in html


def test_a_passage_that_is_gone_is_said_so_in_the_readers_language(client: TestClient) -> None:
    query = {"passage": "old"}
    html = client.get("/documents/tea", params=query, headers={"Accept-Language": "ko,en;q=0.5"}).text
    assert LABELS["ko"]["gone"] in html


def test_what_a_document_says_is_never_markup(client: TestClient) -> None:
    html = source(client, "麺の本", passage="麺の本:x", quote_start=0, quote_end=len(TRICKY))
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; [x](javascript:alert(2)) **太字** $$x^2$$" in html
    assert "<h1>A Short Book of &lt;Tea&gt;</h1>" in source(client, "tea")
    assert "<script" not in html


def test_an_unknown_document_is_a_page_with_404(client: TestClient) -> None:
    response = client.get("/documents/<script>")
    assert response.status_code == 404
    assert "<script>" not in response.text


def test_an_original_on_the_web_is_linked(client: TestClient) -> None:
    assert 'href="https://example.org/noodles"' in source(client, "麺の本")
    assert 'class="original"' not in source(client, "tea")


def test_entries_lead_to_the_works_that_they_name_but_run_no_script(client: TestClient) -> None:
    html = source(client, "麺の本")
    assert '1999年。<a class="out" href="https://example.org/1"' in html
    assert 'href="javascript' not in html


def test_unknown_addresses_are_a_page(client: TestClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert client.post("/widget").status_code == 405


def test_the_root_leads_to_the_chat(client: TestClient) -> None:
    response = client.get("/")
    assert response.is_redirect
    assert response.headers["location"] == "chat"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_widget_speaks_the_language_that_it_is_asked_for(client: TestClient, language: str) -> None:
    html = client.get(f"/widget?lang={language}", headers={"Accept-Language": "fr"}).text
    assert f'<html lang="{language}">' in html
    assert f'placeholder="{LABELS[language]["placeholder"]}"' in html


def test_the_widget_follows_the_browser_where_no_language_is_asked_for(client: TestClient) -> None:
    assert '<html lang="zh">' in client.get("/widget?lang=xx", headers={"Accept-Language": "zh-CN,en"}).text


def test_all_languages_have_all_words() -> None:
    assert set(LABELS) == set(LANGUAGES)
    assert {frozenset(words) for words in LABELS.values()} == {frozenset(LABELS["en"])}
    assert all(text.strip() for words in LABELS.values() for text in words.values())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ja", "ja"),
        ("ja-JP,en;q=0.8", "ja"),
        ("fr, ko;q=0.7, en;q=0.9", "en"),
        ("fr", "en"),
        ("", "en"),
        ("ja;q=0,ko;q=0.1", "ko"),
        ("ja;q=x,,;,zh", "zh"),
    ],
)
def test_the_language_is_the_first_one_wanted_that_there_is(header: str, language: str) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize("weight", ["²", "1e3", "0.1.2", "-1", "nan", "１", ".", "", "9" * 500])
def test_a_weight_that_is_none_is_no_traceback(client: TestClient, weight: str) -> None:
    assert preferred(f"ja;q={weight}") == "en"
    header = {b"Accept-Language": f"ja;q={weight}".encode()}
    assert client.get("/widget", headers=header).status_code == (200 if weight.isascii() else 400)


@pytest.mark.parametrize("address", ["/widget.js", "/static/chat.js", "/static/source.css", "/favicon.ico"])
def test_static_files_are_asked_after_by_etag(client: TestClient, address: str) -> None:
    first = client.get(address)
    assert first.status_code == 200
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path", ["/static/../pages/error.html", "/static/%2e%2e/server.py", "/static/", "/static/none"]
)
def test_only_static_files_are_static(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_scripts_have_the_labels_of_the_pages(client: TestClient) -> None:
    script = client.get("/labels.js").text
    labels, _, server = script.removeprefix("window.tenkyoLabels=").partition(";window.tenkyoServer=")
    assert json.loads(labels) == LABELS
    limits = {"question": MAX_QUESTION, "turns": MOST_TURNS, "characters": MOST_CHARACTERS}
    assert json.loads(server.rstrip(";\n")) == {"feedback": False, "study": True, "limits": limits}


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Try the widget"), ("ko", "위젯 사용해 보기"), ("ja", "ウィジェットを試す")]
)
def test_the_widgets_demo_is_in_the_language_of_its_address(client: TestClient, language: str, title: str) -> None:
    html = client.get(f"/widget/demo?lang={language}", headers={"Accept-Language": "zh"}).text
    assert f"<h1>{title}</h1>" in html
    assert f'<html lang="{language}"' in html
    assert "built-in" not in html
