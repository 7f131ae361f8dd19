"""The pages in a real browser: asking, following a citation, the widget on a course page."""

import http.server
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.chromium import needs_chromium, webdriver
from tests.web.conftest import request, wait_until
from tests.web.fake_library import ANSWERS, NOODLES, TRICKY

By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

pytestmark = [needs_chromium, pytest.mark.slow]


def shown(browser: Any, selector: str, count: int = 1) -> list[Any]:
    """The elements, when there are `count`."""
    wait_until(lambda: len(browser.find_elements(By.CSS_SELECTOR, selector)) >= count)
    return list(browser.find_elements(By.CSS_SELECTOR, selector))


def wait_for_mark(browser: Any, quote: str) -> None:
    """Until the panel marks exactly these words; read in one go, as the panel may be filled anew meanwhile."""
    script = "return [...document.querySelectorAll('#tenkyo-panel mark')].map((one) => one.textContent).join('')"
    wait_until(lambda: browser.execute_script(script) == quote)


def ask(chat: Any, question: str) -> None:
    """Types the question and presses Enter."""
    box = chat.find_element(By.CSS_SELECTOR, "#tenkyo-box textarea")
    wait_until(lambda: box.is_enabled() and box.get_attribute("value") == "")
    box.send_keys(question, Keys.ENTER)


def no_wider_than_the_window(browser: Any) -> bool:
    """Whether nothing sticks out at the side."""
    return bool(browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"))


def as_phone(browser: Any) -> None:
    """A window of 390 × 844."""
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def open_widget(browser: Any, address: str, language: str = "ja") -> None:
    """The widget's page without the conversation that this tab had there."""
    for _ in range(2):
        browser.get(f"{address}/widget?lang={language}")
        browser.execute_script("sessionStorage.clear()")


def test_a_question_is_answered_and_its_citation_opens_the_words_in_place(chat: Any) -> None:
    ask(chat, "そばとラーメン")
    shown(chat, ".tenkyo-sources li", 2)
    answer = chat.find_element(By.CSS_SELECTOR, ".tenkyo-answer")
    assert ANSWERS["そば"][1] in answer.text
    links = answer.find_elements(By.CSS_SELECTOR, ".tenkyo-said .tenkyo-cite")
    assert [link.text for link in links] == ["[1]", "[2]"]
    for link, keyword in zip(links, ["そば", "ラーメン"], strict=True):
        link.click()
        wait_for_mark(chat, ANSWERS[keyword][1])
    panel = chat.find_element(By.ID, "tenkyo-panel")
    assert "うどんは小麦粉から作る。" in panel.text
    assert "麺の歴史" in panel.text
    chat.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_until(lambda: not chat.find_elements(By.ID, "tenkyo-panel"))
    assert chat.switch_to.active_element.text == "[2]"
    chat.find_elements(By.CSS_SELECTOR, ".tenkyo-source")[0].click()
    wait_for_mark(chat, ANSWERS["そば"][1])


def test_the_panels_link_opens_the_source_at_the_marked_words(chat: Any) -> None:
    ask(chat, "値段")
    shown(chat, ".tenkyo-cite")[0].click()
    chat.get(shown(chat, ".tenkyo-open")[0].get_attribute("href"))
    assert [mark.text for mark in chat.find_elements(By.TAG_NAME, "mark")] == ["そば", "350円"]


def test_what_a_passage_says_is_shown_not_run(chat: Any) -> None:
    ask(chat, "危険な字")
    shown(chat, ".tenkyo-cite")[0].click()
    shown(chat, "#tenkyo-panel mark")
    answer = chat.find_element(By.CSS_SELECTOR, ".tenkyo-answer .tenkyo-said").text
    assert answer.startswith(TRICKY)
    for selector in (".tenkyo-answer img", "#tenkyo-panel img", ".tenkyo-answer strong", ".tenkyo-answer .katex"):
        assert chat.find_elements(By.CSS_SELECTOR, selector) == []
    foreign = [link.get_attribute("href") for link in chat.find_elements(By.CSS_SELECTOR, ".tenkyo-answer a")]
    assert foreign
    assert all("/documents/" in str(address) for address in foreign)


def test_what_the_paper_cites_opens_at_the_words_in_the_source(chat: Any) -> None:
    ask(chat, "軒数")
    shown(chat, ".tenkyo-sources summary")[0].click()
    shown(chat, ".tenkyo-cites li", 2)
    assert chat.find_elements(By.CSS_SELECTOR, ".tenkyo-answer img") == []
    shown(chat, ".tenkyo-nearest")[0].click()
    wait_for_mark(chat, "Water for green tea should be at 70 degrees.")
    as_phone(chat)
    assert no_wider_than_the_window(chat)


def test_examples_are_asked_by_a_click(chat: Any, server: str) -> None:
    asked = {"Accept-Language": "ja"}
    wait_until(lambda: request(server, "/chat", headers=asked)[1].count(b'"tenkyo-suggestion"') == 3, seconds=20)
    chat.get(f"{server}/chat")
    shown(chat, "#tenkyo-box textarea")
    examples = shown(chat, "#tenkyo-start .tenkyo-suggestion", 3)
    assert [one.text for one in examples] == [
        "そばはどこで広まったか",
        "ラーメンが広まったのはいつか。そばの値段はいくらか",
        "そばは何から作ったのですか",
    ]
    examples[0].click()
    shown(chat, ".tenkyo-sources")
    assert ANSWERS["そば"][1] in chat.find_element(By.CSS_SELECTOR, ".tenkyo-answer").text


def test_a_follow_up_leans_on_the_conversation_until_it_is_cleared(chat: Any) -> None:
    ask(chat, "そば")
    shown(chat, ".tenkyo-sources", 1)
    ask(chat, "それはなぜ")
    shown(chat, ".tenkyo-sources", 2)
    answers = chat.find_elements(By.CSS_SELECTOR, ".tenkyo-answer")
    assert "「そばはなぜ」という質問として答えました。" not in answers[0].text
    assert "「そばはなぜ」という質問として答えました。" in answers[1].text


def test_an_abstention_looks_different_and_nothing_empty_is_sent(chat: Any) -> None:
    ask(chat, "   ")
    ask(chat, "明日の天気は？")
    shown(chat, ".tenkyo-absent")
    assert len(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-question")) == 1
    assert chat.find_elements(By.CSS_SELECTOR, ".tenkyo-cite") == []


def test_a_cleared_conversation_stays_cleared(chat: Any) -> None:
    ask(chat, "そば")
    shown(chat, ".tenkyo-sources")
    chat.find_element(By.ID, "tenkyo-new").click()
    wait_until(lambda: not chat.find_elements(By.CSS_SELECTOR, ".tenkyo-answer"))
    assert chat.find_element(By.ID, "tenkyo-start").is_displayed()
    ask(chat, "ラーメン")
    shown(chat, ".tenkyo-sources")
    assert [one.text for one in chat.find_elements(By.CSS_SELECTOR, ".tenkyo-question")] == ["ラーメン"]


def test_enter_that_ends_a_composed_word_does_not_send(chat: Any) -> None:
    press = """
        const box = document.querySelector("#tenkyo-box textarea");
        for (const name of ["keydown", "keypress"]) {
          box.dispatchEvent(new KeyboardEvent(name,
            { key: "Enter", code: "Enter", keyCode: 13, bubbles: true, cancelable: true, isComposing: arguments[0] }));
        }
    """
    box = chat.find_element(By.CSS_SELECTOR, "#tenkyo-box textarea")
    box.send_keys("そば")
    chat.execute_script(press, True)
    time.sleep(0.5)
    assert box.get_attribute("value") == "そば"
    assert chat.find_elements(By.CSS_SELECTOR, ".tenkyo-question") == []
    chat.execute_script(press, False)
    shown(chat, ".tenkyo-sources")


def test_the_interface_follows_the_browsers_language(chat: Any) -> None:
    assert chat.find_element(By.CSS_SELECTOR, "#tenkyo-box textarea").get_attribute("placeholder").startswith("文書")
    assert "参考文献2点（本文あり1点、書誌のみ1点）" in chat.find_element(By.ID, "tenkyo-start").text


def test_on_a_phone_nothing_sticks_out_and_the_panel_lies_below(chat: Any) -> None:
    as_phone(chat)
    ask(chat, "そばとラーメンと値段と危険")
    shown(chat, ".tenkyo-sources li", 3)
    assert no_wider_than_the_window(chat)
    shown(chat, ".tenkyo-cite")[0].click()
    shown(chat, "#tenkyo-panel mark")
    assert no_wider_than_the_window(chat)
    panel = chat.find_element(By.ID, "tenkyo-panel").rect
    assert (panel["x"], panel["width"]) == (0, 390)
    assert panel["y"] > 200


@pytest.mark.parametrize("passage", ["麺の本:e", "麺の本:list", "麺の本:r2"])
def test_the_source_shows_the_passage_of_the_address_without_javascript(
    browser: Any, server: str, passage: str
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{server}/documents/{quote(NOODLES.id)}#{quote(passage)}")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    target = browser.find_element(By.ID, passage)
    other = browser.find_element(By.ID, "麺の本:p1")
    assert target.value_of_css_property("background-color") != other.value_of_css_property("background-color")
    height = browser.execute_script("return window.innerHeight")
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", target)
    assert 0 <= top < height


class CoursePage(http.server.BaseHTTPRequestHandler):
    """A page of another site, under a strict policy, that includes the widget's script."""

    bot = ""

    def do_GET(self) -> None:
        """The page at every address."""
        policy = (
            f"default-src 'none'; script-src {self.bot}; style-src 'self'; frame-src {self.bot}; "
            "require-trusted-types-for 'script'"
        )
        body = (
            '<!doctype html><html lang="ja"><title>講義</title><h1>第5回</h1><a href="#">資料</a>'
            f'<script src="{self.bot}/widget.js" data-lang="ja" async></script>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def course_page(server: str) -> Iterator[str]:
    """The address of such a page."""
    handler = type("Handler", (CoursePage,), {"bot": server})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_address[1]}/"
        site.shutdown()


def inside(browser: Any) -> str:
    """The whole page as markup, closed shadow roots and the widget's frame included."""
    parts: list[str] = []

    def walk(node: dict[str, Any]) -> None:
        attributes = node.get("attributes", [])
        named = " ".join(f'{name}="{value}"' for name, value in zip(attributes[::2], attributes[1::2], strict=True))
        parts.append(f"<{node['nodeName'].lower()} {named}>" if node["nodeType"] == 1 else node.get("nodeValue", ""))
        for key in ("shadowRoots", "children"):
            for child in node.get(key, []):
                walk(child)
        if "contentDocument" in node:
            walk(node["contentDocument"])

    walk(browser.execute_cdp_cmd("DOM.getDocument", {"depth": -1, "pierce": True})["root"])
    return "".join(parts)


def press_launcher(browser: Any) -> None:
    """The button at the lower right."""
    width, height = browser.execute_script("return [innerWidth, innerHeight]")
    webdriver.ActionChains(browser).move_by_offset(width - 60, height - 40).click().move_by_offset(
        60 - width, 40 - height
    ).perform()


def test_the_widget_answers_on_a_course_page_and_gives_the_focus_back(browser: Any, course_page: str) -> None:
    browser.get(course_page)
    wait_until(lambda: "文書に質問する" in inside(browser))
    assert "<iframe" not in inside(browser)
    assert no_wider_than_the_window(browser)
    press_launcher(browser)
    wait_until(lambda: 'id="question"' in inside(browser))
    assert 'role="dialog"' in inside(browser)
    time.sleep(0.3)  # the frame says that it is ready and takes the focus
    webdriver.ActionChains(browser).send_keys("そばとラーメン", Keys.ENTER).perform()
    wait_until(lambda: 'class="tenkyo-sources"' in inside(browser))
    page = inside(browser)
    assert ANSWERS["そば"][1] in page
    assert "quote_start=12&quote_end=31#" in page
    webdriver.ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    wait_until(lambda: browser.switch_to.active_element.tag_name == "tenkyo-widget")
    press_launcher(browser)
    time.sleep(0.2)
    assert ANSWERS["そば"][1] in inside(browser)


def test_the_widgets_page_works_by_itself_on_a_phone(browser: Any, server: str) -> None:
    as_phone(browser)
    open_widget(browser, server, "en")
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, "#examples button")))
    browser.find_element(By.CSS_SELECTOR, "#examples button").click()
    shown(browser, ".tenkyo-sources a")
    assert no_wider_than_the_window(browser)
    cited = browser.find_element(By.CSS_SELECTOR, ".tenkyo-cite")
    assert cited.get_attribute("target") == "_blank"
    browser.get(cited.get_attribute("href"))
    assert browser.find_element(By.TAG_NAME, "mark").text == ANSWERS["tea"][1]
    assert no_wider_than_the_window(browser)


def test_the_widget_sends_its_earlier_turns(browser: Any, server: str) -> None:
    open_widget(browser, server, "ja")
    box = shown(browser, "#question")[0]
    box.send_keys("そば", Keys.ENTER)
    shown(browser, ".tenkyo-sources", 1)
    wait_until(lambda: browser.find_element(By.ID, "send").is_enabled())
    box.send_keys("それはなぜ", Keys.ENTER)
    shown(browser, ".tenkyo-sources", 2)
    assert (
        "「そばはなぜ」という質問として答えました。" in browser.find_elements(By.CSS_SELECTOR, ".tenkyo-answer")[1].text
    )


def test_the_widget_shows_what_the_paper_cites(browser: Any, server: str) -> None:
    open_widget(browser, server, "ja")
    shown(browser, "#question")[0].send_keys("軒数", Keys.ENTER)
    shown(browser, ".tenkyo-sources summary")[0].click()
    items = shown(browser, ".tenkyo-cites li", 2)
    assert "論文" in browser.find_element(By.CSS_SELECTOR, ".tenkyo-sources .tenkyo-origin").text
    assert items[0].text.startswith("論文の引用: 1. 山田太郎『麺の話』<img src=x")
    assert "（" not in items[1].text
    assert "リンク切れ" in items[1].text
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert items[1].find_element(By.TAG_NAME, "a").get_attribute("href").startswith(server)
    assert len(items[1].find_elements(By.TAG_NAME, "a")) == 1, "javascript: is no link"
    items[0].find_element(By.CSS_SELECTOR, ".tenkyo-nearest").click()
    wait_for_mark(browser, "Water for green tea should be at 70 degrees.")


def test_the_widget_shows_markup_as_text_and_says_when_nothing_is_found(browser: Any, server: str) -> None:
    open_widget(browser, server, "ja")
    box = shown(browser, "#question")[0]
    box.send_keys("危険な字", Keys.ENTER)
    shown(browser, ".tenkyo-sources")
    assert TRICKY in browser.find_element(By.CSS_SELECTOR, ".tenkyo-answer").text
    assert browser.find_elements(By.TAG_NAME, "img") == []
    box.send_keys("明日の天気", Keys.ENTER)
    shown(browser, ".tenkyo-absent")
    box.send_keys("あ" * 600)
    assert len(box.get_attribute("value")) == 500
