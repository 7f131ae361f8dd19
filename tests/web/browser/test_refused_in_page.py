"""A question that was refused or failed, in a real browser: the reason in the page's language, a way to send again."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from app.pages.labels.texts import LABELS
from tests.web.browser import test_browser as pages
from tests.web.conftest import request, wait_for_chat, wait_until
from tests.web.fake_library import ANSWERS
from tests.web.serve_process import serving_fake, start_fake

pytestmark = pages.pytestmark
By, Keys = pages.By, pages.Keys
NOTICE = ".tenkyo-again"


class Limited:
    """A server that one tab may ask twice a minute, which can go away and come back at its address."""

    def __init__(self) -> None:
        self._served = start_fake("0", "0", "2/minute")
        self.address = self._served.address

    @property
    def is_away(self) -> bool:
        """Whether it has ended."""
        return self._served.process.poll() is not None

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends it, if it has not ended."""
        self._served.stop(how)

    def come_back(self) -> None:
        """A new process at the same address, which has counted nothing yet."""
        self._served = start_fake(self.address.rpartition(":")[2], "0", "2/minute")
        wait_until(lambda: request(self.address, "/readyz")[0] == 200)


@pytest.fixture(scope="module")
def limited_server() -> Iterator[Limited]:
    """Such a server."""
    server = Limited()
    yield server
    server.stop()


@pytest.fixture
def limited(limited_server: Limited) -> Limited:
    """The server, which has counted no question of the tab of this test."""
    if limited_server.is_away:
        limited_server.come_back()
    return limited_server


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """The browser; what it says of refused requests on its console is expected here."""
    yield started
    started.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    started.get("about:blank")
    started.get_log("browser")


def open_chat(browser: Any, address: str) -> Any:
    """The question's box of a fresh chat page, without the conversations of other tests."""
    wait_for_chat(address)
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "all"})
    browser.get(f"{address}/chat")
    pages.shown(browser, "#tenkyo-box textarea")
    return browser.find_element(By.CSS_SELECTOR, "#tenkyo-box textarea")


def texts(browser: Any, selector: str) -> list[str]:
    """What the elements say, read in one go, as they may be made anew meanwhile."""
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)"
    return list(browser.execute_script(script, selector))


def answers(browser: Any) -> list[str]:
    """The answers that are shown."""
    return texts(browser, ".tenkyo-answer")


def notice(browser: Any, words: str) -> Any:
    """The notice that holds these words, and Gradio's own error nowhere."""
    wait_until(lambda: words in " ".join(texts(browser, NOTICE)))
    assert browser.find_elements(By.CSS_SELECTOR, ".toast-body") == []
    return browser.find_element(By.CSS_SELECTOR, NOTICE)


def test_too_many_questions_in_the_chat(browser: Any, limited: Limited) -> None:
    box = open_chat(browser, limited.address)
    for number, keyword in enumerate(("そば", "ラーメン"), 1):
        pages.ask(browser, keyword)
        wait_until(lambda number=number: len(answers(browser)) == number)  # type: ignore[misc]
    pages.ask(browser, "値段はいくらか")
    shown = notice(browser, "少しお待ちください")
    button = shown.find_element(By.TAG_NAME, "button")
    assert not button.is_enabled()
    first = int("".join(filter(str.isdigit, button.text)))
    assert 1 <= first <= 60
    wait_until(lambda: int("".join(filter(str.isdigit, button.text))) < first)
    assert box.get_attribute("value") == "値段はいくらか"
    assert len(answers(browser)) == 2
    pages.as_phone(browser)
    assert pages.no_wider_than_the_window(browser)
    assert shown.is_displayed()
    open_chat(browser, limited.address)  # another tab may still ask
    pages.ask(browser, "値段はいくらか")
    wait_until(lambda: len(answers(browser)) == 1)


def test_a_server_that_is_away_and_comes_back(browser: Any, limited: Limited) -> None:
    box = open_chat(browser, limited.address)
    pages.ask(browser, "ラーメン")
    wait_until(lambda: len(answers(browser)) == 1)
    limited.stop()
    pages.ask(browser, "そば")
    button = notice(browser, "サーバーに接続できませんでした").find_element(By.TAG_NAME, "button")
    assert box.get_attribute("value") == "そば"
    limited.come_back()
    wait_for_chat(limited.address)
    wait_until(button.is_enabled)
    button.click()
    wait_until(lambda: ANSWERS["そば"][1] in " ".join(answers(browser)))
    assert browser.find_elements(By.CSS_SELECTOR, NOTICE) == []
    assert box.get_attribute("value") == ""


@pytest.mark.parametrize(("question", "label"), [("壊れた", "failed"), ("消えた", "unavailable")])
def test_a_question_that_fails_can_be_sent_again(browser: Any, server: str, question: str, label: str) -> None:
    words = LABELS["ja"][label]
    box = open_chat(browser, server)
    pages.ask(browser, question)
    shown = notice(browser, words)
    assert shown.find_element(By.TAG_NAME, "p").text == words, "and no folder of the server"
    button = shown.find_element(By.TAG_NAME, "button")
    wait_until(lambda: box.get_attribute("value") == question)
    button.click()
    notice(browser, words)
    wait_until(lambda: box.get_attribute("value") == question)
    box.clear()
    box.send_keys("そば", Keys.ENTER)
    wait_until(lambda: ANSWERS["そば"][1] in " ".join(answers(browser)))
    assert browser.find_elements(By.CSS_SELECTOR, NOTICE) == []


def test_the_widget_says_it_too(browser: Any, limited: Limited) -> None:
    pages.open_widget(browser, limited.address, "en")
    box = pages.shown(browser, "#question")[0]
    for number, keyword in enumerate(("そば", "ラーメン"), 1):
        box.send_keys(keyword, Keys.ENTER)
        pages.shown(browser, ".tenkyo-sources", number)
    box.send_keys("値段はいくらか", Keys.ENTER)
    button = notice(browser, "Too many questions").find_element(By.TAG_NAME, "button")
    assert button.text.startswith("Send again in ")
    assert texts(browser, ".question")[-1] == "値段はいくらか"
    limited.stop()
    limited.come_back()
    # a minute is long for a test
    browser.execute_script("arguments[0].disabled = false; arguments[0].click()", button)
    pages.shown(browser, ".tenkyo-sources", 3)
    assert browser.find_elements(By.CSS_SELECTOR, NOTICE) == []
    assert len(browser.find_elements(By.CSS_SELECTOR, ".question")) == 3


def test_a_stream_that_breaks_off(browser: Any, limited: Limited) -> None:
    box = open_chat(browser, limited.address)
    pages.ask(browser, "遅いそば")
    pages.shown(browser, ".tenkyo-searching")
    limited.stop(signal.SIGKILL)
    notice(browser, "サーバーに接続できませんでした")
    wait_until(lambda: box.get_attribute("value") == "遅いそば")


@pytest.mark.parametrize("language", LABELS)
def test_where_the_index_is_away_the_widget_says_so_in_its_language(browser: Any, server: str, language: str) -> None:
    pages.open_widget(browser, server, language)
    pages.shown(browser, "#question")[0].send_keys("消えた", Keys.ENTER)
    shown = notice(browser, LABELS[language]["unavailable"])
    assert shown.find_element(By.TAG_NAME, "p").text == LABELS[language]["unavailable"]


def test_a_chat_that_is_not_loaded_yet_shows_how_far_it_is_and_opens_by_itself(browser: Any) -> None:
    with serving_fake("0", "4") as served:
        address = served.address
        browser.get(f"{address}/chat?lang=ko")
        labels = LABELS["ko"]
        assert browser.find_element(By.CSS_SELECTOR, "[role=status]").text == labels["starting"]
        step = browser.find_element(By.CSS_SELECTOR, "[aria-current=step]")
        assert step.text == labels["opens_documents"]
        pages.shown(browser, "#tenkyo-box textarea")
        assert browser.current_url == f"{address}/chat?lang=ko"
        assert browser.find_element(By.CSS_SELECTOR, "#tenkyo-start .tenkyo-tagline").text == labels["tagline"]
