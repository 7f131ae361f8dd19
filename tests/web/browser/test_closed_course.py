"""A closed course in a real browser: its widget on a course page with a token and without, and the page to try it."""

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.web.browser.conftest import tab_of
from tests.web.browser.test_widget_options import in_frame, visit
from tests.web.chromium import KEEP_SHADOW_ROOTS, needs_chromium
from tests.web.conftest import CoursePage, wait_until
from tests.web.serve_process import serving_fake

pytestmark = [needs_chromium, pytest.mark.slow]
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    """The address of the closed course `law`."""
    with serving_fake(COURSE_SECRET=SECRET, NO_CHAT="1") as served:
        yield f"{served.address}/c/law"


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """A tab, with a hand on what is in closed shadow roots."""
    with tab_of(started, KEEP_SHADOW_ROOTS) as tab:
        yield tab


def token(seconds: int = 300) -> str:
    return jwt.encode({"aud": "tenkyo", "course": "law", "exp": int(time.time()) + seconds}, SECRET, algorithm="HS256")


def test_the_widget_says_in_its_frame_that_a_token_has_ended(browser: Any, course: CoursePage, closed: str) -> None:
    visit(browser, course, closed, f'data-token="{token(-60)}" data-lang="ja"')
    browser.execute_script("tenkyo.open()")
    browser.switch_to.frame(browser.execute_script("return window.shadow.querySelector('iframe')"))
    wait_until(lambda: "この講座を開けませんでした" in browser.find_element("tag name", "body").text)
    browser.switch_to.default_content()
    wait_until(lambda: browser.execute_script("return !window.shadow.querySelector('[role=status]')"))
    shown = "return getComputedStyle(window.shadow.querySelector('.close').parentNode).position"
    assert browser.execute_script(shown) == "static", "nothing lies over the page that says why"
    browser.execute_script("window.shadow.querySelector('.close').click()")
    assert browser.execute_script("return !window.shadow.querySelector('.frame')"), "asked for anew the next time"


def test_the_page_that_embed_prints_shows_the_widget_and_a_line_without_its_pass(browser: Any, closed: str) -> None:
    browser.get(f"{closed}/widget/demo?token={token()}&lang=ja")
    wait_until(lambda: bool(browser.find_element("id", "snippet").text))
    snippet = browser.find_element("id", "snippet").text
    assert f'src="{closed}/widget.js" data-token="TOKEN"' in snippet
    assert f'src="{closed}/widget?token=TOKEN&amp;lang=ja"' in browser.find_element("id", "frame").text
    wait_until(lambda: browser.execute_script("return Boolean(window.tenkyo)"))
    browser.execute_script("tenkyo.ask('そば')")
    in_frame(browser)
    wait_until(lambda: bool(browser.find_elements("css selector", ".reply a.tenkyo-cite")), seconds=20)
    browser.switch_to.default_content()


def test_the_source_opens_from_the_panel_of_a_courses_widget(browser: Any, closed: str) -> None:
    browser.get(f"{closed}/widget?token={token()}&lang=ja")
    wait_until(lambda: bool(browser.find_elements("id", "question")))
    browser.find_element("id", "question").send_keys("そば", "\n")
    wait_until(lambda: bool(browser.find_elements("css selector", ".reply a.tenkyo-cite")), seconds=20)
    browser.find_element("css selector", ".reply a.tenkyo-cite").click()
    wait_until(lambda: bool(browser.find_elements("css selector", "#tenkyo-panel .tenkyo-open")))
    browser.get(browser.find_element("css selector", "#tenkyo-panel .tenkyo-open").get_attribute("href"))
    wait_until(lambda: bool(browser.find_elements("tag name", "mark")))
    assert "/c/law/~" in browser.current_url
