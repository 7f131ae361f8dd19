"""What the API and the chat page show while a language model composes: each sentence when it has passed."""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any, Unpack

import pytest
from starlette.testclient import TestClient

from app.answering.types import Answer, AskOptions, Sentence
from app.composing.events import Event
from app.composing.notes import note
from app.pages.answer.messages import answer_html, stored_answer_html
from app.pages.labels.texts import LANGUAGES
from app.web.chat.blocks import Part, converse
from app.web.chat.composing import composed
from app.web.service.metrics import Metrics
from app.web.service.service import Service
from retriever.text import language_of
from tests.web.conftest import MakeClient, wait_until
from tests.web.fake_library import ANSWERS, FakeLibrary

QUESTION = "そばとラーメン"
COMPOSED = "そばはそば粉から作られる。"


class Composing(FakeLibrary):
    """Shows one composed sentence, withholds one, and keeps the last quoted one."""

    @property
    def composes(self) -> bool:
        """A language model is set."""
        return True

    def compose(
        self,
        answer: Answer,
        emit: Callable[[Event], None] = lambda _: None,
        stopped: threading.Event | None = None,
        **asked: Unpack[AskOptions],
    ) -> Answer:
        """Tells of both sentences, then gives the whole."""
        del stopped, asked
        sentence = Sentence(COMPOSED, (1,), origin="composed")
        emit(Event(sentence, answer.citations[:1]))
        emit(Event(withheld="figure"))
        emit(Event(tokens=120))
        return replace(
            answer,
            method="mixed",
            sentences=(sentence, answer.sentences[-1]),
            text=f"{COMPOSED} [1] {answer.sentences[-1].text} [2]",
            withheld=("figure",),
        )


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """A client of an application whose answers are composed."""
    return make_client(Composing())


def events_of(text: str) -> list[tuple[str, Any]]:
    """The events of a stream."""
    blocks = [block for block in text.split("\n\n") if block.startswith("event: ")]
    return [(block.split("\n")[0][7:], json.loads(block.split("\ndata: ")[1])) for block in blocks]


def test_the_stream_tells_each_sentence_once_when_it_has_passed(client: TestClient) -> None:
    accept = {"Accept": "text/event-stream"}
    events = events_of(client.post("/api/ask", json={"question": QUESTION}, headers=accept).text)
    assert [name for name, _ in events] == ["meta", "sentence", "withheld", "sentence", "answer"]
    assert events[1][1]["text"] == COMPOSED
    assert events[2][1] == {"reason": "figure"}
    whole = events[4][1]
    assert [sentence["text"] for sentence in whole["sentences"]] == [events[1][1]["text"], events[3][1]["text"]]
    assert (whole["method"], whole["withheld"]) == ("mixed", [{"reason": "figure"}])


def test_json_has_the_composed_answer_and_the_metrics_count_it(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": QUESTION}).json()
    assert (answer["method"], answer["sentences"][0]["origin"]) == ("mixed", "composed")
    metrics = client.get("/metrics").text
    assert 'tenkyo_composed_total{method="mixed"} 1.0' in metrics
    assert 'tenkyo_withheld_total{reason="figure"} 1.0' in metrics
    assert "tenkyo_model_calls_total 1.0" in metrics
    assert "tenkyo_model_tokens_total 120.0" in metrics
    assert "tenkyo_first_sentence_seconds_count 1.0" in metrics


def joined(html: str) -> str:
    """The HTML without the spans that keep the last letter of a sentence with its numbers."""
    return re.sub(r"</?span[^>]*>", "", html)


def test_the_chat_gets_what_has_passed_and_then_the_whole() -> None:
    service = Service(Composing, Metrics())
    service.start()
    wait_until(lambda: service.ready)

    async def told() -> list[Answer]:
        return [answer async for answer in composed(service, await service.ask(QUESTION))]

    steps = asyncio.run(told())
    service.close()
    assert [[sentence.text for sentence in step.sentences] for step in steps[:-1]] == [[], [COMPOSED]]
    assert (steps[-1].method, len(steps[-1].sentences)) == ("mixed", 2)
    html = answer_html(steps[-1])
    assert COMPOSED in joined(html)
    assert "言語モデルの文・確認済み" in html


def test_the_widget_gets_what_has_passed_while_it_is_checked(client: TestClient) -> None:
    tab = client.get("/api/tab").json()["tab"]
    events = events_of(client.post("/widget/ask", json={"question": QUESTION}, headers={"X-Tenkyo-Tab": tab}).text)
    assert [name for name, _ in events] == ["checking", "checking", "answer"]
    quoted = events[0][1]["html"]
    assert ANSWERS["そば"][1] in joined(quoted), "the reader need not wait for the model"
    assert "tenkyo-composed" not in quoted
    assert COMPOSED in joined(events[1][1]["html"])
    assert "tenkyo-foot" not in quoted
    for part in ("tenkyo-foot", "tenkyo-quotes-only"):
        assert part not in events[1][1]["html"], "what is still checked has no sources, and no quotes to fall back to"
        assert part in events[2][1]["html"]
    assert COMPOSED in joined(events[2][1]["html"])
    assert set(events[2][1]) == {"html", "turn", "found", "citations"}


@pytest.mark.parametrize(
    ("source", "question"),
    [
        (Composing, QUESTION),
        *((FakeLibrary, text) for text in (QUESTION, "軒数", "値段", "近いものはあるか", "次のそば")),
    ],
)
def test_the_widget_and_the_chat_show_an_answer_with_the_same_html(
    make_client: MakeClient, source: type[FakeLibrary], question: str
) -> None:
    client = make_client(source())
    tab = client.get("/api/tab").json()["tab"]
    told = client.post("/widget/ask", json={"question": question}, headers={"X-Tenkyo-Tab": tab}).text
    in_widget = [data["html"] for name, data in events_of(told) if data.get("html")]
    service = Service(source, Metrics())
    service.start()
    wait_until(lambda: service.ready)

    async def parts() -> list[Part]:
        return [part async for part in converse(service, question)]

    in_chat = [str(part["html"]) for part in asyncio.run(parts()) if part["html"]]
    service.close()
    assert len(in_widget) == (3 if source is Composing else 1)
    from_root = [html.replace('="../', '="') for html in in_chat]  # the chat lies one step below it
    assert (in_widget[0], in_widget[-1]) == (from_root[0], from_root[-1])


def test_a_composed_answer_can_be_reduced_to_its_quotes_with_their_translations() -> None:
    quoted = Composing().ask(QUESTION)
    glossed = replace(quoted.citations[0], gloss=("en", "Soba is made of buckwheat."))
    answer = replace(Composing().compose(quoted), citations=(glossed, *quoted.citations[1:]))
    html = answer_html(answer)
    assert re.search(rf'<p class="tenkyo-said tenkyo-composed"[^>]*>{COMPOSED}', joined(html))
    assert "引用だけを表示" in html
    assert f">{glossed.quote}</blockquote>" in html
    assert "Soba is made of buckwheat." in html
    assert "引用だけを表示" not in answer_html(quoted)
    assert "Soba is made of buckwheat." in stored_answer_html(answer.to_json())


def test_the_translation_of_a_quote_that_is_the_answer_itself_stands_by_its_source() -> None:
    quoted = Composing().ask(QUESTION)
    glossed = replace(quoted.citations[0], gloss=("en", "Soba is made of buckwheat."))
    html = answer_html(replace(quoted, citations=(glossed, *quoted.citations[1:])))
    assert html.count("Soba is made of buckwheat.") == 1
    assert "<blockquote" not in html, "the quote itself is the answer"


def test_a_quote_that_is_composed_word_for_word_is_there_for_the_switch_to_quotes() -> None:
    answer = Composing().compose(Composing().ask(QUESTION))
    quote = answer.citations[0].quote
    answer = replace(answer, sentences=(replace(answer.sentences[0], text=quote), *answer.sentences[1:]), text=quote)
    html = answer_html(answer)
    assert re.findall(r'<blockquote class="tenkyo-repeated" lang="ja">([^<]+)', html) == [quote]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["slow", "withheld"])
def test_why_nothing_of_the_model_is_shown_stands_in_sight_and_other_notes_are_folded(language: str, kind: Any) -> None:
    told, other = note(language, kind), "本文を読めなかった文献があります。"
    assert language_of(told) == language
    html = answer_html(replace(Composing().ask(QUESTION), notes=(told, other)))
    before, folded = html.split('<details class="tenkyo-fold">')
    assert told in unescape(before)
    assert told not in unescape(folded)
    assert other in folded


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "![x](https://evil.example/pixel.png) [y](javascript:alert(3)) **b** `c` $$d$$",
    '<a href="https://evil.example" onclick="alert(4)">z</a></p></div><svg onload=alert(5)>',
    "\u202e逆\u202c\u2066さ\u2069",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_model_writes_is_text_even_where_it_has_passed(hostile: str) -> None:
    answer = Composing().compose(Composing().ask(QUESTION))
    sentence = replace(answer.sentences[0], text=f"そばは{hostile}そば粉から作られる。")
    glossed = replace(answer.citations[0], gloss=("en", hostile))
    written = replace(
        answer, sentences=(sentence, *answer.sentences[1:]), citations=(glossed, *answer.citations[1:]), text=hostile
    )
    for render in (answer_html, lambda one: stored_answer_html(one.to_json())):
        more = shapes_of(render(written)) - shapes_of(render(answer))
        assert more <= {("p", "class", "lang")}, "the gloss of the quote alone"
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", render(written))


def shapes_of(html: str) -> set[tuple[str, ...]]:
    """Each element of the HTML: its name and those of its attributes; a link with where it leads."""
    found: set[tuple[str, ...]] = set()

    class Elements(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            found.add((tag, *(name for name, _ in attributes)))
            for name, value in attributes:
                if name in ("href", "src"):
                    found.add((name, str(value).partition("?")[0].partition("/")[0]))

    Elements().feed(html)
    return found
