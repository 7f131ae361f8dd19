"""A course page of another site under a strict policy, a site that may not show the widget, and both under axe-core.

The course page is at http://localhost, the widget's server at http://127.0.0.1: two sites to a browser.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT
from tests.web.axe import LOOKS, faults_and_width, take_on
from tests.web.browser.conftest import tab_of
from tests.web.chromium import needs_chromium
from tests.web.conftest import CoursePage, wait_until
from tests.web.fake_library import ANSWERS
from tests.web.serve_process import serving_fake

Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

pytestmark = [needs_chromium, pytest.mark.slow]
PAGE = """<!doctype html><html lang="ja"><meta name="viewport" content="width=device-width"><title>講座</title>
<main><h1>第3回</h1><p><a href="#">資料</a></p></main><script src="{server}/widget.js" data-lang="ja" async></script>"""
# closed shadow roots are opened, for the tests and for axe-core; what the policy forbids is noted
OPEN_ROOTS = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
  return (window.shadow = attach.call(this, { ...init, mode: "open" }));
};
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));"""


@pytest.fixture(scope="module")
def server(course: CoursePage) -> Iterator[str]:
    """A server whose widget the course page alone may show."""
    with serving_fake(EMBED_ORIGINS=course.address.rstrip("/"), NO_CHAT="1") as served:
        yield served.address


@pytest.fixture
def tab(started: Any) -> Iterator[Any]:
    """The browser in a tab."""
    with tab_of(started, OPEN_ROOTS) as tab:
        yield tab


def visit(browser: Any, page: CoursePage, server: str) -> None:
    """The page, once the launcher is there."""
    page.html = PAGE.format(server=server)
    browser.get(page.address)
    wait_until(lambda: browser.execute_script("return Boolean(window.tenkyo)"), seconds=20)


def into_frame(browser: Any) -> None:
    """Opens the widget and goes into its page."""
    browser.execute_script("tenkyo.open()")
    wait_until(lambda: browser.execute_script("return window.shadow.querySelector('.waiting').hidden"), seconds=20)
    browser.switch_to.frame(browser.execute_script("return window.shadow.querySelector('iframe')"))


def found(browser: Any, selector: str) -> Any:
    """The element, when it is there."""
    wait_until(lambda: bool(browser.find_elements("css selector", selector)), seconds=20)
    return browser.find_element("css selector", selector)


def cite(browser: Any) -> None:
    """Asks in the widget's page and opens the first citation there."""
    browser.find_element("id", "question").send_keys("そば", Keys.ENTER)
    found(browser, "a.tenkyo-cite").click()
    marked = "return [...document.querySelectorAll('#tenkyo-panel mark')].map((one) => one.textContent).join('')"
    wait_until(lambda: browser.execute_script(marked) == ANSWERS["そば"][1], seconds=20)


def test_on_another_site_with_a_strict_policy_the_widget_answers_and_breaks_no_rule(
    tab: Any, course: CoursePage, server: str
) -> None:
    assert urlsplit(course.address).hostname != urlsplit(server).hostname
    course.policy = (
        f"default-src 'none'; script-src {server}; frame-src {server}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    try:
        visit(tab, course, server)
        unsafe = "try { document.body.innerHTML = '<b>x</b>'; return 'taken'; } catch (error) { return error.name; }"
        assert tab.execute_script(unsafe) == "TypeError", "the page enforces Trusted Types"
        tab.execute_script("window.violations = []; tenkyo.on('answered', (one) => (window.heard = one))")
        into_frame(tab)
        cite(tab)
        assert tab.execute_script("return window.origin") == server
        tab.switch_to.default_content()
        wait_until(lambda: tab.execute_script("return window.heard?.found"))
        assert tab.execute_script("return window.violations") == []
    finally:
        course.policy = ""


def test_a_site_that_is_not_allowed_shows_no_widget_and_the_launcher_says_what_to_do(tab: Any, server: str) -> None:
    stranger = CoursePage()
    try:
        visit(tab, stranger, server)
        tab.execute_script("tenkyo.on('answered', () => (window.heard = true)); tenkyo.ask('そば')")
        link = "const a = window.shadow.querySelector('.waiting a'); return a && [a.textContent, a.href, a.target]"
        wait_until(lambda: tab.execute_script(link) is not None, seconds=20)
        words, address, target = tab.execute_script(link)
        assert (words, address, target) == ("開けませんでした。別のページで開く", f"{server}/chat", "_blank")
        tab.switch_to.frame(tab.execute_script("return window.shadow.querySelector('iframe')"))
        assert tab.find_elements("css selector", "#question") == [], "the browser's own page, not ours"
        tab.switch_to.default_content()
        assert tab.execute_script("return window.heard") is None
        said = " ".join(line["message"] for line in tab.get_log("browser"))
        assert "frame-ancestors" in said, "the console tells the owner of the page why"
        asked = (
            "const done = arguments[1]; fetch(arguments[0], { method: 'POST', body: '{\"question\": \"そば\"}',"
            " headers: { 'Content-Type': 'application/json' } }).then(() => done('taken'), (error) => done(error.name))"
        )
        assert tab.execute_async_script(asked, f"{server}/api/ask") == "TypeError"
        tab.execute_script("window.shadow.querySelector('.close').click()")
        assert tab.execute_script("return window.shadow.querySelector('.launcher').checkVisibility()")
    finally:
        stranger.close()


@pytest.mark.parametrize("width", [320, 390])
def test_the_frame_of_the_readme_fits_a_phone_and_tags_the_language_of_answers(
    tab: Any, course: CoursePage, server: str, width: int
) -> None:
    printed = re.search(r"<iframe [^>]*></iframe>", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert printed
    metrics = {"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": True}
    tab.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    frame = printed[0].replace("https://HOST", server)
    course.html = f'<!doctype html><meta name="viewport" content="width=device-width"><title>講座</title>{frame}'
    tab.get(course.address)
    fits = "return document.documentElement.scrollWidth <= innerWidth"
    assert tab.execute_script(fits)
    box = tab.find_element("css selector", "iframe").rect
    assert box["width"] >= width - 32, "as wide as the column"
    assert box["height"] <= 0.9 * 640
    tab.switch_to.frame(0)
    for question, language in (("そば", "ja"), ("tea", "en")):
        found(tab, "#question").send_keys(question, Keys.ENTER)
        assert found(tab, f'.reply .tenkyo-said[lang="{language}"]').text
        assert tab.execute_script(fits)
    tab.switch_to.default_content()


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_the_course_page_nor_in_the_widget_in_it(
    tab: Any, course: CoursePage, server: str, look: tuple[str, str]
) -> None:
    take_on(tab, look)
    visit(tab, course, server)
    assert faults_and_width(tab) == [], "the launcher"
    into_frame(tab)
    assert faults_and_width(tab) == [], "the widget"
    cite(tab)
    assert faults_and_width(tab) == [], "an answer with its citation opened"
    tab.switch_to.default_content()
    assert faults_and_width(tab) == [], "the course page around the open widget"
    tab.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
