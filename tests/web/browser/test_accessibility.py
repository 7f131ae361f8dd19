"""axe-core on every page in every state, light and dark, on a desktop and on a phone: nothing serious or critical."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from app.cli import main
from tests.app.evaluation.report.test_run_report import report
from tests.web.axe import faults, faults_and_width, looks, take_on
from tests.web.browser import test_browser as pages
from tests.web.browser.test_chat_page import answered, box, paste
from tests.web.chromium import webdriver
from tests.web.conftest import wait_until
from tests.web.fake_library import ANSWERS, NOODLES
from tests.web.serve_process import serving_fake

pytestmark = pages.pytestmark
evaluated = report
By, Keys = pages.By, pages.Keys
# a question is searched for until it is stopped, however long axe takes
ENDLESS = """window.tenkyoQueue.ask = ({ signal }) => new Promise((_, fail) => {
  signal.addEventListener("abort", () => fail({ code: "stopped" }));
});"""


@pytest.fixture(params=looks("desktop", "phone"))
def look(browser: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """The size of the window; the system prefers the mode."""
    take_on(browser, request.param)
    size, _ = request.param
    yield size
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def asked(chat: Any, *questions: str) -> None:
    """The questions, answered."""
    for number, question in enumerate(questions, 1):
        box(chat).send_keys(question, Keys.ENTER)
        answered(chat, number)


def test_start_answers_refusal_and_panel(chat: Any, look: str) -> None:
    assert faults(chat) == [], "start"
    asked(chat, "軒数", "値段", "近い店はどこ", "山田と鈴木")
    chat.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    assert faults(chat) == [], "answers, a table, a refusal"
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    assert faults(chat) == [], f"panel on a {look}"


def test_versions_of_a_question_and_a_failure(chat: Any, look: str) -> None:
    asked(chat, "軒数")
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-edit").click()
    assert faults(chat) == [], f"editing on a {look}"
    box(chat).send_keys("と値段", Keys.ENTER)
    pages.shown(chat, ".tenkyo-versions")
    answered(chat, 1)
    box(chat).send_keys("壊れた", Keys.ENTER)
    pages.shown(chat, ".tenkyo-again")
    assert faults(chat) == [], "failure"
    chat.get_log("browser")  # the failure is logged there, as it should be


def test_waiting_stopping_and_too_much_text(chat: Any, look: str) -> None:
    chat.execute_script(ENDLESS)
    box(chat).send_keys("遅いそば", Keys.ENTER)
    box(chat).send_keys("ラーメン", Keys.ENTER)
    wait_until(lambda: len(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-searching")) == 2)
    assert faults(chat) == [], "a question that is searched for, and one that waits"
    for stop in reversed(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-stop")):
        stop.click()
    pages.shown(chat, ".tenkyo-again")
    assert faults(chat) == [], "stopped"
    paste(chat, box(chat), "あ" * 501)
    pages.shown(chat, ".tenkyo-over")
    assert faults(chat) == [], f"too much text on a {look}"


def test_selected_words_and_the_card_of_a_number(chat: Any, look: str) -> None:
    asked(chat, "軒数")
    said = chat.find_element(By.CSS_SELECTOR, ".tenkyo-said")
    select = "getSelection().selectAllChildren(arguments[0]); document.dispatchEvent(new PointerEvent('pointerup'))"
    chat.execute_script(select, said)
    pages.shown(chat, ".tenkyo-selection-source")
    assert faults(chat) == [], "selected words"
    chat.execute_script("getSelection().removeAllRanges()")
    chat.execute_script("arguments[0].focus()", said.find_element(By.CSS_SELECTOR, ".tenkyo-cite"))
    pages.shown(chat, "[role=tooltip]")
    assert faults(chat) == [], f"the card on a {look}"


def test_nothing_is_lost_on_the_narrowest_phone(chat: Any, server: str) -> None:
    """320 pixels: what a window of 1280 shows at four times its size (WCAG 2.2, 1.4.10)."""
    take_on(chat, ("small phone", "dark"))
    assert faults(chat) == [], "start"
    asked(chat, "軒数", "値段", "近い店はどこ")
    assert faults(chat) == [], "answers"
    assert pages.no_wider_than_the_window(chat)
    chat.find_element(By.ID, "tenkyo-menu").click()
    assert faults(chat) == [], "menu"
    chat.find_element(By.ID, "tenkyo-menu").send_keys(Keys.ESCAPE)
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    assert faults(chat) == [], "panel"
    assert pages.no_wider_than_the_window(chat)
    for name, address in OTHERS.items():
        chat.get(address(server))
        assert faults(chat) == [], name
        assert pages.no_wider_than_the_window(chat), name
    chat.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chat.get_log("browser")  # a page that is missing is logged


def test_menu_and_dialogs(chat: Any, look: str) -> None:
    asked(chat, "軒数")
    wait_until(lambda: bool(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-menu button")))
    for number in range(len(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-menu button"))):
        if look == "phone":
            chat.find_element(By.ID, "tenkyo-menu").click()
            assert faults(chat) == [], "menu"
        tool = chat.find_elements(By.CSS_SELECTOR, ".tenkyo-menu button")[number]
        name = tool.text
        tool.click()
        pages.shown(chat, "dialog[open]")
        assert faults(chat) == [], name
        for act in chat.find_elements(By.CSS_SELECTOR, "dialog[open] .tenkyo-main-act"):
            webdriver.ActionChains(chat).move_to_element(act).perform()
            assert faults(chat) == [], f"{name}, pointed at"
        chat.execute_script("document.querySelector('dialog[open]').close()")


OTHERS: dict[str, Callable[[str], str]] = {
    "source": lambda server: f"{server}/documents/{quote(NOODLES.id)}",
    "error": lambda server: f"{server}/nothing",
    "demo": lambda server: f"{server}/widget/demo",
}


@pytest.mark.parametrize("name", OTHERS)
def test_pages_beside_the_chat(browser: Any, server: str, look: str, name: str) -> None:
    browser.get(OTHERS[name](server))
    assert faults(browser) == [], f"{name} on a {look}"
    browser.get_log("browser")  # a page that is missing is logged


def test_the_widget_with_an_answer_and_its_panel(browser: Any, server: str, look: str) -> None:
    pages.open_widget(browser, server)
    assert faults(browser) == [], "start"
    browser.find_element(By.ID, "question").send_keys("軒数", Keys.ENTER)
    pages.shown(browser, ".tenkyo-sources")
    assert faults(browser) == [], "answer"
    browser.find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    pages.wait_for_mark(browser, ANSWERS["軒数"][1])
    assert faults(browser) == [], f"panel on a {look}"


def test_the_report_of_an_evaluation(browser: Any, evaluated: Path, look: str) -> None:
    browser.get(evaluated.as_uri())
    assert faults_and_width(browser) == [], f"report on a {look}"


def test_the_report_on_references(browser: Any, library_folder: Path, tmp_path: Path, look: str) -> None:
    assert main(["references", "list", "--html", str(tmp_path / "health.html"), "--index", str(library_folder)]) == 0
    browser.get((tmp_path / "health.html").as_uri())
    assert faults_and_width(browser) == [], f"references on a {look}"


@pytest.fixture(scope="module")
def opening() -> Iterator[str]:
    """The address of a server whose documents and chat are being opened all the time."""
    with serving_fake("0", "600", NO_CHAT="1") as served:
        yield served.address


def test_a_chat_that_is_being_opened(browser: Any, opening: str, look: str) -> None:
    browser.get(f"{opening}/chat")
    pages.shown(browser, "[aria-current=step]")
    assert faults_and_width(browser) == [], f"starting on a {look}"
    browser.get("about:blank")
    browser.get_log("browser")  # the page that is not ready is logged
