"""What is shown where nothing was found, in a real browser: near passages that open, questions asked by a click."""

from typing import Any

from tests.web.browser import test_browser as pages
from tests.web.conftest import wait_until

pytestmark = pages.pytestmark
By, Keys = pages.By, pages.Keys
NEAR = "近い店はどこ"  # to which the fake library has no answer, but near passages


def test_an_abstention_shows_near_passages_that_open_and_questions_that_are_asked_by_a_click(chat: Any) -> None:
    pages.ask(chat, NEAR)
    near = pages.shown(chat, ".tenkyo-near li", 3)
    absent = chat.find_element(By.CSS_SELECTOR, ".tenkyo-absent")
    assert "近い箇所（答えではありません）" in absent.text
    assert near[1].text.splitlines() == ["その数は二万軒に及ぶ。", "麺の歴史 論文 はじめに・2ページ"]
    near[1].find_element(By.TAG_NAME, "a").click()
    pages.wait_for_mark(chat, "その数は二万軒に及ぶ。")
    chat.switch_to.active_element.send_keys(Keys.ESCAPE)
    suggestions = absent.find_elements(By.CSS_SELECTOR, ".tenkyo-suggestion")
    assert [one.text for one in suggestions] == ["そば", "<b>ラーメン</b>"]
    pages.as_phone(chat)
    assert pages.no_wider_than_the_window(chat)
    suggestions[1].click()
    pages.shown(chat, ".tenkyo-sources li")
    assert [one.text for one in chat.find_elements(By.CSS_SELECTOR, ".tenkyo-question")] == [
        NEAR, "<b>ラーメン</b>",
    ]  # fmt: skip


def test_an_answer_too_shows_what_can_be_asked_next(chat: Any) -> None:
    pages.ask(chat, "そば、次")
    pages.shown(chat, ".tenkyo-answer .tenkyo-suggestion", 2)[0].click()
    pages.shown(chat, ".tenkyo-answer", 2)


def test_the_widget_shows_near_passages_and_asks_a_suggestion(browser: Any, server: str) -> None:
    pages.as_phone(browser)
    pages.open_widget(browser, server, "ja")
    pages.shown(browser, "#question")[0].send_keys(NEAR, Keys.ENTER)
    near = pages.shown(browser, ".tenkyo-near li", 3)
    assert "近い箇所（答えではありません）" in browser.find_element(By.CSS_SELECTOR, ".tenkyo-absent").text
    assert near[1].text.splitlines() == ["その数は二万軒に及ぶ。", "麺の歴史 論文 はじめに・2ページ"]
    assert "quote_start=" in near[1].find_element(By.TAG_NAME, "a").get_attribute("href")
    assert pages.no_wider_than_the_window(browser)
    wait_until(lambda: browser.find_element(By.ID, "send").is_enabled())
    suggestions = browser.find_elements(By.CSS_SELECTOR, ".tenkyo-suggestion")
    assert [one.text for one in suggestions] == ["そば", "<b>ラーメン</b>"]
    suggestions[1].click()
    pages.shown(browser, ".tenkyo-sources")
    assert browser.find_elements(By.CSS_SELECTOR, ".question")[1].text.removesuffix("✎") == "<b>ラーメン</b>"
    assert browser.find_elements(By.CSS_SELECTOR, ".tenkyo-suggestion") == [], "only the last answer's are shown"
