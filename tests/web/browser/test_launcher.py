"""The widget's launcher in a real browser, where the page in its frame never comes, is refused or comes late."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.pages.static_files import static_files
from tests.web.browser.conftest import tab_of
from tests.web.chromium import KEEP_SHADOW_ROOTS, needs_chromium, webdriver
from tests.web.conftest import wait_until

Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

pytestmark = [needs_chromium, pytest.mark.slow]
COURSE = """<!doctype html><html lang="ja"><meta name="viewport" content="width=device-width"><title>講座</title>
<main><h1>第3回</h1><a id="link" href="/other">課題</a></main><div id="more">続き</div>
<script src="{address}/widget.js" data-lang="{language}" async></script>"""
READY = """<!doctype html><title>widget</title><button id="close">x</button>
<script>parent.postMessage({ tenkyo: "ready" }, "*");
onmessage = (event) => { if (event.data.tenkyo === "focus") document.getElementById("close").focus(); };
document.getElementById("close").onclick = () => parent.postMessage({ tenkyo: "close" }, "*");</script>"""
SHOWN = """const one = window.shadow && window.shadow.querySelector(arguments[0]);
return one && one.checkVisibility() ? one : null;"""
INERT = "return [...document.querySelectorAll('[inert]')].length"


class Course:
    """A course page on one origin, with the widget of a server on another, whose frame answers as a test says."""

    def __init__(self) -> None:
        self.language = "ja"
        self.status, self.seconds = 200, 0.0
        self.over = threading.Event()
        course = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body, kind = course.answer(self.path)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", f"{kind}; charset=utf-8")
                    self.end_headers()
                    self.wfile.write(body.encode())
                except OSError:  # the browser has gone
                    pass

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.page = f"http://localhost:{self._server.server_port}/course"
        self.address = f"http://127.0.0.1:{self._server.server_port}/tenkyo"

    def answer(self, path: str) -> tuple[int, str, str]:
        """Status, body and type of an address."""
        name = path.partition("?")[0]
        if name == "/tenkyo/widget.js":
            return 200, static_files()["widget.js"].body.decode(), "text/javascript"
        if name == "/tenkyo/widget":
            self.over.wait(self.seconds)
            return self.status, READY if self.status == 200 else "<h1>503</h1>", "text/html"
        if name == "/course":
            return 200, COURSE.format(address=self.address, language=self.language), "text/html"
        return 200, "<title>else</title>", "text/html"

    def close(self) -> None:
        """Lets go of what still waits."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def course() -> Iterator[Course]:
    """The page, with a frame that answers at once."""
    made = Course()
    yield made
    made.close()


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """A tab, with a hand on what is in closed shadow roots."""
    with tab_of(started, KEEP_SHADOW_ROOTS) as tab:
        yield tab


def sized(browser: Any, width: int, height: int) -> None:
    """A window of this size; a phone's where it is narrow."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": width <= 480}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def shown(browser: Any, selector: str) -> Any:
    """The element of the launcher, None where it is not to be seen."""
    return browser.execute_script(SHOWN, selector)


def until_shown(browser: Any, selector: str, seconds: float = 10) -> Any:
    """The element, when it is to be seen."""
    wait_until(lambda: shown(browser, selector) is not None, seconds=seconds)
    return shown(browser, selector)


@pytest.fixture(params=[390, 1280])
def opened(request: pytest.FixtureRequest, browser: Any, course: Course) -> Callable[..., Any]:
    """Opens the widget on the course page, in a window of the parameter's width."""

    def open_it(status: int = 200, seconds: float = 0.0) -> Any:
        course.status, course.seconds = status, seconds
        sized(browser, request.param, 844)
        browser.get(course.page)
        until_shown(browser, ".launcher").click()
        return browser

    return open_it


def is_usable(browser: Any) -> bool:
    """Whether the course page can be used and the launcher is there."""
    return browser.execute_script(INERT) == 0 and shown(browser, ".launcher") is not None


@pytest.mark.parametrize(("status", "seconds"), [(200, 60.0), (503, 0.0)], ids=["never answers", "refuses"])
def test_a_frame_that_does_not_come_can_be_closed_and_says_so(
    opened: Callable[..., Any], course: Course, status: int, seconds: float
) -> None:
    browser = opened(status, seconds)
    until_shown(browser, ".close").click()
    assert is_usable(browser)
    until_shown(browser, ".launcher").click()
    link = until_shown(browser, ".waiting a", seconds=8)
    assert link.get_attribute("href") == f"{course.address}/chat"
    assert "開けません" in shown(browser, "[role=status]").text
    assert link.text == "開けませんでした。別のページで開く"
    webdriver.ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    wait_until(lambda: is_usable(browser))


def test_a_frame_that_comes_late_is_used(opened: Callable[..., Any]) -> None:
    browser = opened(seconds=5.0)
    until_shown(browser, ".waiting a", seconds=8)
    wait_until(lambda: shown(browser, ".waiting") is None)
    assert shown(browser, ".close") is None, "the frame has its own"
    browser.switch_to.frame(shown(browser, "iframe"))
    browser.find_element("id", "close").click()
    browser.switch_to.default_content()
    wait_until(lambda: is_usable(browser))


def test_a_frame_that_comes_at_once_takes_the_focus(opened: Callable[..., Any]) -> None:
    browser = opened()
    wait_until(lambda: shown(browser, ".waiting") is None)
    browser.switch_to.frame(shown(browser, "iframe"))
    wait_until(lambda: browser.switch_to.active_element.get_attribute("id") == "close")
    browser.switch_to.default_content()
    time.sleep(0.2)
    assert shown(browser, ".waiting") is None


def test_a_frame_that_did_not_come_is_asked_for_anew(opened: Callable[..., Any], course: Course) -> None:
    browser = opened(status=503)
    until_shown(browser, ".close").click()
    course.status = 200
    until_shown(browser, ".launcher").click()
    wait_until(lambda: shown(browser, ".waiting") is None)


def test_the_page_is_covered_on_a_phone_alone_however_it_is_turned(browser: Any, course: Course) -> None:
    course.seconds = 60.0
    sized(browser, 390, 844)
    browser.get(course.page)
    until_shown(browser, ".launcher").click()
    until_shown(browser, ".close")
    assert browser.execute_script(INERT) > 0
    sized(browser, 844, 390)
    wait_until(lambda: browser.execute_script(INERT) == 0)
    sized(browser, 390, 844)
    wait_until(lambda: browser.execute_script(INERT) > 0)
    until_shown(browser, ".close").click()
    assert is_usable(browser)


@pytest.mark.parametrize("seconds", [0.0, 60.0], ids=["ready", "waiting"])
def test_the_page_is_usable_when_it_comes_back(browser: Any, course: Course, seconds: float) -> None:
    course.seconds = seconds
    sized(browser, 390, 844)
    browser.get(course.page)
    until_shown(browser, ".launcher").click()
    wait_until(lambda: browser.execute_script(INERT) > 0)
    browser.execute_script("window.kept = true; location.href = '/other'")
    wait_until(lambda: browser.title == "else")
    browser.back()
    wait_until(lambda: browser.title == "講座")
    wait_until(lambda: is_usable(browser))
    # by script: Chromium loses some of the driver's clicks on a page that it shows again (no event reaches the page)
    browser.execute_script("arguments[0].click()", until_shown(browser, ".launcher"))
    wait_until(lambda: browser.execute_script(INERT) > 0)


@pytest.mark.parametrize("seconds", [0.0, 60.0], ids=["ready", "waiting"])
def test_the_page_is_usable_when_it_takes_the_widget_out(browser: Any, course: Course, seconds: float) -> None:
    course.seconds = seconds
    sized(browser, 390, 844)
    browser.get(course.page)
    until_shown(browser, ".launcher").click()
    wait_until(lambda: browser.execute_script(INERT) > 0)
    browser.execute_script("document.querySelector('tenkyo-widget').remove()")
    wait_until(lambda: browser.execute_script(INERT) == 0)


@pytest.mark.parametrize(("language", "words"), [("en", "Close"), ("zh", "关闭"), ("ko", "닫기")])
def test_the_launcher_speaks_the_widgets_language(browser: Any, course: Course, language: str, words: str) -> None:
    course.language, course.seconds = language, 60.0
    sized(browser, 1280, 900)
    browser.get(course.page)
    until_shown(browser, ".launcher").click()
    assert until_shown(browser, ".close").get_attribute("aria-label") == words
