"""Answers in the widget's page: composed sentences one by one, and the panel of their citations."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event as Stopped
from typing import Any, Unpack

import pytest

from app.answering.types import Answer, AskOptions, Sentence
from app.composing.events import Event
from app.pages.labels.texts import LABELS
from tests.web.browser.conftest import tab_of
from tests.web.chromium import needs_chromium
from tests.web.conftest import MakeClient, wait_until
from tests.web.fake_library import ANSWERS, FakeLibrary

pytestmark = [needs_chromium, pytest.mark.slow]
QUESTION = "そばとラーメンの軒数"  # three citations
COMPOSED = (ANSWERS["そば"][1], "ラーメンは大正時代に広まった。")  # one repeats its quote
# the page's request for an answer stays open: the test sends what the server would, bit by bit
HELD = """const real = window.fetch;
window.fetch = (address, options) => {
  if (!String(address).endsWith("widget/ask")) return real(address, options);
  const body = new ReadableStream({ start: (stream) => (window.stream = stream) }).pipeThrough(new TextEncoderStream());
  return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
};"""
VISIBLE = "return [...document.querySelectorAll(arguments[0])].map((one) => one.checkVisibility())"
SHOWN = "return [...document.querySelectorAll('.reply .tenkyo-composed')].map((one) => one.innerText)"


class Composing(FakeLibrary):
    """Composes two sentences, one after the other."""

    composes = True

    def compose(
        self,
        answer: Answer,
        emit: Callable[[Event], None] = lambda _: None,
        stopped: Stopped | None = None,
        **asked: Unpack[AskOptions],
    ) -> Answer:
        """Each sentence stands on the citation of its number."""
        del stopped, asked
        sentences = tuple(Sentence(text, (number,), origin="composed") for number, text in enumerate(COMPOSED, 1))
        for sentence, citation in zip(sentences, answer.citations, strict=False):
            emit(Event(sentence, (citation,)))
        return replace(answer, method="composed", sentences=sentences, text=" ".join(COMPOSED))


@pytest.fixture
def browser(started: Any, server: str) -> Iterator[Any]:
    """The widget's page in a tab."""
    with tab_of(started) as tab:
        tab.get(f"{server}/widget?lang=ja")
        yield tab


def test_composed_sentences_are_shown_one_by_one_as_they_come(browser: Any, make_client: MakeClient) -> None:
    client = make_client(Composing())
    headers = {"X-Tenkyo-Tab": client.get("/api/tab").json()["tab"]}
    told = client.post("/widget/ask", json={"question": QUESTION}, headers=headers).text
    begun, one, two, whole = [f"{block}\n\n" for block in told.split("\n\n") if block.startswith("event: ")]
    browser.execute_script(HELD)
    browser.find_element("id", "question").send_keys(QUESTION, "\ue007")  # Enter
    wait_until(lambda: browser.execute_script("return Boolean(window.stream)"))

    def send(event: str, sentences: int) -> None:
        browser.execute_script("window.stream.enqueue(arguments[0])", event)
        wait_until(lambda: len(browser.execute_script(SHOWN)) == sentences)
        for text, composed in zip(browser.execute_script(SHOWN), COMPOSED, strict=False):
            assert text.startswith(composed)

    checking = LABELS["ja"]["checking"]
    for event, sentences in ((begun, 0), (one, 1), (two, 2)):
        send(event, sentences)
        wait_until(lambda: checking in browser.find_element("id", "log").text)
        assert browser.find_element("id", "log").get_attribute("aria-busy") == "true"
    send(whole, 2)
    browser.execute_script("window.stream.close()")
    wait_until(lambda: browser.find_element("id", "log").get_attribute("aria-busy") is None)
    assert checking not in browser.find_element("id", "log").text
    quotes = ".reply blockquote"
    assert browser.execute_script(VISIBLE, quotes) == [False, True, True], "one stands in the answer"
    browser.find_element("css selector", ".tenkyo-quotes-only summary").click()
    assert browser.execute_script(VISIBLE, quotes) == [True] * 3
    assert browser.execute_script(VISIBLE, ".reply .tenkyo-composed") == [False] * 2


def test_the_panel_leads_to_the_next_citation_to_the_previous_one_and_back_to_the_answer(browser: Any) -> None:
    browser.find_element("id", "question").send_keys(QUESTION, "\ue007")
    wait_until(lambda: len(browser.find_elements("css selector", "a.tenkyo-cite")) >= 3)
    cites = browser.find_elements("css selector", "a.tenkyo-cite")[:3]
    quotes = [str(one.get_attribute("data-quote")) for one in cites]
    assert len(set(quotes)) == 3

    def shows(at: int) -> None:
        marked = "return [...document.querySelectorAll('#tenkyo-panel mark')].map((one) => one.textContent).join('')"
        wait_until(lambda: browser.execute_script(marked) == quotes[at])
        assert f"{at + 1}" in browser.find_element("css selector", ".tenkyo-which").text
        ways = [browser.find_element("css selector", f".tenkyo-{way}") for way in ("before", "after")]
        assert [way.is_enabled() for way in ways] == [at > 0, at < 2]

    def press(button: str) -> None:
        browser.find_element("css selector", f"#tenkyo-panel {button}").click()

    cites[0].click()
    shows(0)
    for button, at in ((".tenkyo-after", 1), (".tenkyo-after", 2), (".tenkyo-before", 1)):
        press(button)
        shows(at)
    press(".tenkyo-close")
    assert browser.find_elements("id", "tenkyo-panel") == []
    assert browser.execute_script("return document.activeElement") == cites[1], "at the citation that was read"
    assert browser.find_elements("css selector", ".reply a.tenkyo-cite")
