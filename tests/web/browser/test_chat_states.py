"""The chat page before, while and after a question is answered: cards, filter, parts, a refusal, languages, paper."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from app.pages.labels.texts import LABELS
from tests.web.browser import test_browser as pages
from tests.web.browser.test_chat_page import answered, box, small_phone
from tests.web.conftest import wait_until
from tests.web.fake_library import ANSWERS, NOODLES, TEA

pytestmark = pages.pytestmark
By, Keys = pages.By, pages.Keys
LEAST = 24  # pixels of a target (WCAG 2.2, 2.5.8)
# controls that are too small, but for links within a line of text
SMALL = """const [least] = arguments;
    const controls = [...document.querySelectorAll("button, select, textarea, summary, input, a:not(.tenkyo-address)")];
    return controls.filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".tenkyo-cites"))
      .map((one) => [one.getBoundingClientRect(), one.className || one.tagName, one.textContent.slice(0, 20)])
      .filter(([box]) => box.width && (box.width < least || box.height < least))
      .map(([box, ...names]) => [...names, box.width, box.height]);"""
# words of documents and answers that no element around them, within the answer, gives a language
UNTAGGED = """const words = ".tenkyo-said, blockquote, .tenkyo-lead, .tenkyo-works li, td, .tenkyo-near-words";
    return [...document.querySelectorAll(words)]
    .filter((one) => !one.closest("[lang]")?.closest(".tenkyo-reply")).map((one) => one.textContent);"""
# the server's next word to a question, before it answers again
FULL = """const real = window.fetch;
    window.fetch = (address, ...rest) => {
      if (!String(address).includes("queue/join")) return real(address, ...rest);
      window.fetch = real;
      return Promise.resolve(new Response(JSON.stringify({ detail: "Queue is full." }), { status: 503 }));
    };"""
# an answer in two parts, the second when the test says so
IN_PARTS = """const [first, whole] = arguments;
    window.tenkyoQueue.ask = ({ onPart }) => new Promise((done) => {
      onPart({ html: first, whole: false });
      window.finish = () => done({ html: whole, whole: true, answer: null, turn: { question: "そば", answer: "" } });
    });"""


def test_a_card_tells_what_a_document_is_and_its_sections_open(chat: Any) -> None:
    first, second = chat.find_elements(By.CSS_SELECTOR, ".tenkyo-card")
    assert first.find_element(By.TAG_NAME, "h2").text == NOODLES.title
    assert second.find_element(By.TAG_NAME, "h2").text == TEA.title, "what a title says is no markup"
    assert "参考文献2点（本文あり1点、書誌のみ1点）" in first.text
    sections = first.find_elements(By.CSS_SELECTOR, ".tenkyo-sections a")
    assert [one.text for one in sections] == ["はじめに"]
    assert (first.get_attribute("lang"), second.get_attribute("lang")) == ("ja", "en")
    sections[0].click()
    words = "return document.querySelector('#tenkyo-panel .tenkyo-passage')?.textContent || ''"
    wait_until(lambda: "うどんは小麦粉から作る。" in chat.execute_script(words))


def test_all_documents_or_one_can_be_asked(chat: Any) -> None:
    options = chat.find_elements(By.CSS_SELECTOR, "#tenkyo-filter option")
    asked = {one.text: json.loads(one.get_attribute("value")) for one in options}
    assert asked[LABELS["ja"]["filter_all"]] == []
    assert [asked[title] for title in (NOODLES.title, TEA.title)] == [[NOODLES.id], [TEA.id]]


def test_sentences_that_have_passed_are_seen_while_the_rest_is_checked(chat: Any) -> None:
    parts = [f'<div class="tenkyo-answer"><p class="tenkyo-said">{text}</p></div>' for text in ("一つ目。", "すべて。")]
    chat.execute_script(IN_PARTS, *parts)
    box(chat).send_keys("そば", Keys.ENTER)
    reply = pages.shown(chat, ".tenkyo-reply .tenkyo-answer")[0].find_element(By.XPATH, "..")
    assert "一つ目。" in reply.text
    assert LABELS["ja"]["checking"] in reply.text
    assert reply.find_elements(By.CSS_SELECTOR, ".tenkyo-stop") != []
    chat.execute_script("window.finish()")
    wait_until(lambda: reply.text.splitlines()[0] == "すべて。")
    assert LABELS["ja"]["checking"] not in reply.text


def test_a_full_queue_is_told_and_the_question_can_be_sent_again(chat: Any) -> None:
    chat.execute_script(FULL)
    box(chat).send_keys("そば", Keys.ENTER)
    notice = pages.shown(chat, ".tenkyo-again")[0]
    assert LABELS["ja"]["busy"] in notice.text
    assert box(chat).get_attribute("value") == "そば"
    again = notice.find_element(By.TAG_NAME, "button")
    wait_until(again.is_enabled)
    again.click()
    assert ANSWERS["そば"][1] in answered(chat, 1).text
    assert box(chat).get_attribute("value") == ""


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_every_control_is_large_enough_to_be_hit(chat: Any, *, is_phone: bool) -> None:
    if is_phone:
        small_phone(chat)
    assert chat.execute_script(SMALL, LEAST) == [], "start"
    for number, question in enumerate(("軒数", "値段", "近い店はどこ", "山田と鈴木"), 1):
        box(chat).send_keys(question, Keys.ENTER)
        answered(chat, number)
    chat.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    assert chat.execute_script(SMALL, LEAST) == [], "answers"
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    assert chat.execute_script(SMALL, LEAST) == [], "panel"
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-close").click()
    for name in ("conversations", "export", "study"):
        tools = "[...document.querySelectorAll('.tenkyo-menu button')]"
        chat.execute_script(f"{tools}.find((one) => one.textContent === arguments[0]).click()", LABELS["ja"][name])
        pages.shown(chat, "dialog[open]")
        assert chat.execute_script(SMALL, LEAST) == [], name
        chat.execute_script("document.querySelector('dialog[open]').close()")


def test_every_quote_and_answer_names_its_language(chat: Any) -> None:
    for number, question in enumerate(("軒数", "値段", "tea", "近い店はどこ", "山田と鈴木"), 1):
        box(chat).send_keys(question, Keys.ENTER)
        answered(chat, number)
    assert len(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-said, .tenkyo-near-words, td")) > 6
    assert chat.execute_script(UNTAGGED) == []
    english = chat.find_elements(By.CSS_SELECTOR, ".tenkyo-said")
    assert [one.get_attribute("lang") for one in english if "green tea" in one.text] == ["en"]


def test_the_source_is_printed_with_its_marks(browser: Any, server: str) -> None:
    browser.get(f"{server}/documents/{quote(NOODLES.id)}?passage={quote('麺の本:p1')}&quote_start=12&quote_end=31")
    mark = pages.shown(browser, "mark")[0]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert mark.text == ANSWERS["そば"][1]
        assert mark.value_of_css_property("print-color-adjust") == "exact"
        assert mark.value_of_css_property("background-color") != "rgba(0, 0, 0, 0)"
        assert not browser.find_element(By.TAG_NAME, "header").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
