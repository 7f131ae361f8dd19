"""The widget's attributes and its JavaScript interface, on a course page of another origin, in a real browser."""

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.pages.labels.texts import LABELS
from app.pages.static_files import STATIC, static_files
from tests.web.browser.conftest import tab_of
from tests.web.chromium import KEEP_SHADOW_ROOTS, needs_chromium, webdriver
from tests.web.conftest import CoursePage, request, wait_until

pytestmark = [needs_chromium, pytest.mark.slow]
PAGE = """<!doctype html><html lang="ja"><title>講座</title><meta name="viewport" content="width=device-width">
<body style="{style}"><main><h1>第3回</h1></main>{script}"""


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """A tab, with a hand on what is in closed shadow roots."""
    with tab_of(started, KEEP_SHADOW_ROOTS) as tab:
        yield tab


def visit(
    browser: Any, course: CoursePage, server: str, attributes: str = "", style: str = "", width: int = 1280
) -> None:
    """The course page with the widget's script and these attributes, once the launcher is there."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width <= 480}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    script = f'<script src="{server}/widget.js" {attributes} async></script>'
    course.html = PAGE.format(script=script, style=style)
    browser.get(course.address)
    wait_until(lambda: browser.execute_script("return Boolean(window.tenkyo)"))


def css(browser: Any, selector: str, name: str) -> str:
    return str(
        browser.execute_script(
            "return getComputedStyle(window.shadow.querySelector(arguments[0]))[arguments[1]]", selector, name
        )
    )


def in_frame(browser: Any) -> None:
    """Goes into the widget's page, once it is ready."""
    wait_until(lambda: browser.execute_script("return window.shadow.querySelector('.waiting')?.hidden"))
    browser.switch_to.frame(browser.execute_script("return window.shadow.querySelector('iframe')"))


def test_the_widget_shows_the_words_that_the_course_page_gives(browser: Any, course: CoursePage, server: str) -> None:
    attributes = (
        'data-title="助手 &lt;b&gt;" data-greeting="こんにちは &lt;i&gt;" data-color="#ffe08a" data-position="left" '
        'data-starters="そばはどこで広まったか| |緑茶は何度か|三|四|五" data-theme="dark"'
    )
    visit(browser, course, server, attributes)
    assert browser.execute_script("return window.shadow.querySelector('.launcher span').textContent") == "助手 <b>"
    assert css(browser, ".launcher", "backgroundColor") == "rgb(255, 224, 138)"
    assert css(browser, ".launcher", "color") == "rgb(0, 0, 0)", "black letters on a light colour"
    assert css(browser, ".launcher", "left") == "16px"
    browser.execute_script("window.tenkyo.open()")
    in_frame(browser)
    wait_until(lambda: browser.find_element("css selector", "h1").text == "助手 <b>")
    assert browser.find_element("css selector", ".tagline").text == "こんにちは <i>"
    starters = [button.text for button in browser.find_elements("css selector", "#examples button")]
    assert starters == ["そばはどこで広まったか", "緑茶は何度か", "三", "四"]
    background = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    assert max(browser.execute_script(background)) < 100
    browser.switch_to.default_content()


@pytest.mark.parametrize(
    ("style", "theme"), [("background: #111", "dark"), ("background: #fff", "light"), ("", "light")]
)
def test_the_theme_of_the_page_around_it_is_taken_on(
    browser: Any, course: CoursePage, server: str, style: str, theme: str
) -> None:
    visit(browser, course, server, 'data-theme="host"', style)
    browser.execute_script("window.tenkyo.open()")
    address = browser.execute_script("return window.shadow.querySelector('iframe').src")
    assert f"theme={theme}" in address


def test_a_page_asks_and_hears_what_was_answered(browser: Any, course: CoursePage, server: str) -> None:
    visit(browser, course, server)
    browser.execute_script(
        "window.heard = [];"
        "for (const name of ['opened', 'closed', 'answered'])"
        "  tenkyo.on(name, (detail) => heard.push([name, detail]));"
        "tenkyo.ask('そばはどこで広まったか')"
    )
    wait_until(lambda: len(browser.execute_script("return heard")) == 2)
    browser.execute_script("tenkyo.close()")
    heard = browser.execute_script("return heard")
    assert [name for name, _ in heard] == ["opened", "answered", "closed"]
    assert heard[1][1]["question"] == "そばはどこで広まったか"
    assert heard[1][1]["found"] is True
    assert heard[1][1]["citations"] >= 1


def test_it_works_as_a_module_and_a_second_script_adds_no_second_launcher(
    browser: Any, course: CoursePage, server: str
) -> None:
    visit(browser, course, server, 'type="module" data-title="モジュール"')
    assert browser.execute_script("return window.shadow.querySelector('.launcher span').textContent") == "モジュール"
    again = (
        "const again = document.createElement('script');"
        "again.src = arguments[0]; again.onload = arguments[1]; document.body.append(again)"
    )
    browser.execute_script("window.warned = []; console.warn = (...said) => window.warned.push(said.join(' '))")
    other = f"{server}/widget.js?another-course"
    browser.execute_async_script(again, other)
    assert len(browser.find_elements("css selector", "tenkyo-widget")) == 1
    [said] = browser.execute_script("return window.warned")
    assert "left out" in said
    assert said.endswith(other), "which of them"


def test_two_scripts_in_the_head_make_one_launcher_that_opens(browser: Any, course: CoursePage, server: str) -> None:
    scripts = "".join(f'<script src="{server}/widget.js?{number}"></script>' for number in (1, 2))
    course.html = f"<!doctype html><html><head><title>講座</title>{scripts}</head><body><h1>第3回</h1></body></html>"
    browser.get(course.address)
    assert len(browser.find_elements("css selector", "tenkyo-widget")) == 1
    browser.execute_script("window.shadow.querySelector('.launcher').click()")
    in_frame(browser)
    assert browser.find_element("id", "question").is_displayed()
    browser.switch_to.default_content()


def test_a_question_of_a_page_that_is_too_long_is_refused_and_not_cut(
    browser: Any, course: CoursePage, server: str
) -> None:
    visit(browser, course, server)
    browser.execute_script(
        "window.heard = []; tenkyo.on('answered', (one) => heard.push(one)); tenkyo.ask(arguments[0])", "そば" * 251
    )
    in_frame(browser)
    wait_until(lambda: browser.find_elements("css selector", ".tenkyo-again"))
    refused = browser.find_element("css selector", ".tenkyo-again")
    assert refused.text == LABELS["ja"]["too_long"].format(limit=500)
    assert refused.find_elements("css selector", "button") == [], "sent again, it would be refused again"
    assert browser.find_elements("css selector", "a.tenkyo-cite") == []
    browser.switch_to.default_content()
    assert browser.execute_script("return window.heard") == []


def test_only_the_document_that_is_named_is_asked(browser: Any, course: CoursePage, server: str) -> None:
    visit(browser, course, server, 'data-document="unknown-document"')
    browser.execute_script("tenkyo.ask('そばはどこで広まったか')")
    in_frame(browser)
    wait_until(lambda: browser.find_elements("css selector", ".tenkyo-again"))
    browser.switch_to.default_content()


def test_a_narrow_launcher_is_a_sign_alone_and_is_not_printed(browser: Any, course: CoursePage, server: str) -> None:
    visit(browser, course, server, width=320)
    box = "const box = window.shadow.querySelector('.launcher').getBoundingClientRect(); return [box.width, box.height]"
    width, height = browser.execute_script(box)
    assert 44 <= width <= 64
    assert 44 <= height <= 64
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    hidden = browser.execute_script("return getComputedStyle(document.querySelector('tenkyo-widget')).display")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert hidden == "none"


def test_the_demo_shows_the_widget_with_its_options_and_the_line_for_them(browser: Any, server: str) -> None:
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get(f"{server}/widget/demo")
    wait_until(lambda: browser.execute_script("return Boolean(window.tenkyo)"))
    browser.execute_script("document.forms.options.elements.title.value = '\"<助手>'")
    browser.execute_script("document.forms.options.requestSubmit()")
    wait_until(
        lambda: browser.execute_script("return window.shadow.querySelector('.launcher span').textContent") == '"<助手>'
    )
    browser.execute_script("document.forms.options.dispatchEvent(new Event('input'))")
    line = browser.find_element("id", "snippet").text
    assert line.startswith(f'<script src="{server}/widget.js" data-lang=')
    assert line.endswith(' data-title="&quot;&lt;助手>" async></script>')
    frame = browser.find_element("id", "frame").text
    assert frame.startswith(f'<iframe src="{server}/widget?lang=')
    assert ' title="&quot;&lt;助手>" style="width: 100%; height: 600px' in frame
    browser.execute_script("document.forms.ask.requestSubmit()")
    wait_until(lambda: '"found": true' in browser.find_element("id", "heard").text)


def test_the_types_declare_each_call_of_the_script() -> None:
    script = (STATIC / "widget" / "widget.js").read_text(encoding="utf-8")
    declared = (STATIC / "widget" / "widget.d.ts").read_text(encoding="utf-8")
    api = script.partition("window.tenkyo = {")[2].partition("\n  };")[0]
    calls = set(re.findall(r"^    (\w+)[,:]", api, re.MULTILINE))
    interface = declared.partition("interface TenkyoWidget {")[2].partition("\n}")[0]
    assert calls == set(re.findall(r"^  (\w+)\(", interface, re.MULTILINE)) != set()
    told = {*re.findall(r'\btell\("(\w+)"', script), *re.findall(r'name === "(\w+)"\) tell', script)}
    assert told == set(re.findall(r'"(\w+)"', "".join(re.findall(r"event: ([^,]+),", interface)))) != set()


def test_a_citation_opens_inside_the_widget_at_its_words(browser: Any, course: CoursePage, server: str) -> None:
    visit(browser, course, server, 'data-lang="ja"', width=390)
    browser.execute_script("tenkyo.ask('そばとラーメンの値段')")
    in_frame(browser)
    wait_until(lambda: len(browser.find_elements("css selector", "a.tenkyo-cite")) >= 2)
    first = browser.find_element("css selector", "a.tenkyo-cite")
    first.click()
    marked = "return [...document.querySelectorAll('#tenkyo-panel mark')].map((one) => one.textContent).join('')"
    wait_until(lambda: browser.execute_script(marked) == first.get_attribute("data-quote"))
    mark = browser.find_element("css selector", "#tenkyo-panel mark")
    assert browser.execute_script("return arguments[0].checkVisibility()", mark)
    before = browser.execute_script(marked)
    browser.find_element("css selector", ".tenkyo-after").click()
    wait_until(lambda: browser.execute_script(marked) not in ("", before))
    webdriver.ActionChains(browser).send_keys("\ue00c").perform()  # Escape closes the panel, not the widget
    wait_until(lambda: not browser.find_elements("id", "tenkyo-panel"))
    browser.switch_to.default_content()
    assert browser.execute_script("return window.shadow.querySelector('.frame').hidden") is False


def test_a_conversation_goes_on_over_the_pages_of_a_course_and_can_be_begun_anew(
    browser: Any, course: CoursePage, server: str
) -> None:
    visit(browser, course, server, 'data-document="麺の本"')
    browser.execute_script("tenkyo.ask('そばはどこで広まったか')")
    in_frame(browser)
    wait_until(lambda: browser.find_elements("css selector", ".reply"))
    browser.switch_to.default_content()
    visit(browser, course, server, 'data-document="麺の本"')
    browser.execute_script("tenkyo.open()")
    in_frame(browser)
    assert len(browser.find_elements("css selector", ".reply a.tenkyo-cite")) >= 1
    browser.find_element("css selector", ".edit").click()
    assert browser.find_element("id", "question").get_attribute("value") == "そばはどこで広まったか"
    assert browser.find_elements("css selector", ".reply") == []
    browser.switch_to.default_content()


def test_a_question_can_be_stopped_and_asked_again(browser: Any, course: CoursePage, server: str) -> None:
    visit(browser, course, server)
    browser.execute_script("tenkyo.ask('遅いそば')")
    in_frame(browser)
    wait_until(lambda: browser.find_elements("css selector", "#send.is-stop"))
    browser.find_element("id", "send").click()
    wait_until(lambda: not browser.find_elements("css selector", "#send.is-stop"))
    assert browser.find_element("css selector", ".note").text != ""
    browser.find_element("css selector", ".edit").click()
    assert browser.find_element("id", "question").get_attribute("value") == "遅いそば"
    browser.switch_to.default_content()


def test_a_second_question_waits_for_the_first_and_is_answered(browser: Any, course: CoursePage, server: str) -> None:
    visit(browser, course, server)
    browser.execute_script("tenkyo.ask('遅いそば')")
    in_frame(browser)
    wait_until(lambda: browser.find_elements("css selector", "#send.is-stop"))
    browser.find_element("id", "question").send_keys("値段は？", "\ue007")  # Enter
    assert browser.find_element("id", "question").get_attribute("value") == ""
    wait_until(lambda: len(browser.find_elements("css selector", ".reply:has(.tenkyo-cite)")) == 2, seconds=20)
    asked = [one.text for one in browser.find_elements("css selector", ".question")]
    assert asked == ["遅いそば", "値段は？"]
    answers = [one.text for one in browser.find_elements("css selector", ".reply")]
    assert "350円" in answers[1]
    assert "350円" not in answers[0]
    browser.switch_to.default_content()


def test_a_sandbox_without_an_origin_says_what_is_missing(browser: Any, course: CoursePage, server: str) -> None:
    course.html = f'<iframe id="bare" sandbox="allow-scripts" src="{server}/widget?lang=ja"></iframe>'
    browser.get(course.address)
    browser.switch_to.frame("bare")
    wait_until(lambda: "allow-same-origin" in browser.find_element("id", "log").text)
    browser.switch_to.default_content()


def sandboxed(browser: Any, course: CoursePage, server: str, more: str = "") -> None:
    """The widget's page in a sandbox that allows scripts and its own origin, and no forms nor windows."""
    course.html = f'<iframe id="bare" sandbox="allow-scripts allow-same-origin" src="{server}/widget?lang=ja{more}" '
    course.html += 'width="390" height="600"></iframe>'
    browser.get(course.address)
    browser.switch_to.frame("bare")
    wait_until(lambda: bool(browser.find_elements("css selector", "#question")))


@pytest.mark.parametrize("way", ["Enter", "the button"])
def test_a_sandbox_without_forms_still_sends(browser: Any, course: CoursePage, server: str, way: str) -> None:
    sandboxed(browser, course, server)
    browser.find_element("id", "question").send_keys("そば", "\ue007" if way == "Enter" else "")
    if way == "the button":
        browser.find_element("id", "send").click()
    wait_until(lambda: bool(browser.find_elements("css selector", ".reply a.tenkyo-cite")), seconds=20)
    browser.switch_to.default_content()


def test_a_document_that_is_not_there_is_named_as_the_reason_and_not_asked_again(
    browser: Any, course: CoursePage, server: str
) -> None:
    sandboxed(browser, course, server, "&document=unknown-document")
    browser.find_element("id", "question").send_keys("そば", "\ue007")
    wait_until(lambda: bool(browser.find_elements("css selector", ".tenkyo-again")), seconds=20)
    said = browser.find_element("css selector", ".tenkyo-again")
    assert said.text == "このページが指定する文書は、ここにはありません（すでに外されたのかもしれません）。"
    assert said.find_elements("css selector", "button") == []
    browser.switch_to.default_content()


def test_where_no_window_may_open_the_source_opens_over_the_answer_and_leads_back(
    browser: Any, course: CoursePage, server: str
) -> None:
    sandboxed(browser, course, server)
    browser.find_element("id", "question").send_keys("そば", "\ue007")
    wait_until(lambda: bool(browser.find_elements("css selector", ".reply a.tenkyo-cite")), seconds=20)
    browser.find_element("css selector", "a.tenkyo-cite").click()
    wait_until(lambda: bool(browser.find_elements("css selector", "#tenkyo-panel .tenkyo-open")), seconds=20)
    browser.find_element("css selector", "#tenkyo-panel .tenkyo-open").click()
    lowest = "return document.elementFromPoint(innerWidth / 2, innerHeight - 20).closest('.source-frame') !== null"
    assert browser.execute_script(lowest), "the panel lies below the source"
    browser.switch_to.frame(browser.find_element("css selector", ".source-frame iframe"))
    wait_until(lambda: bool(browser.find_elements("css selector", "main mark")), seconds=20)
    assert browser.find_elements("css selector", ".brand a") == [], "the chat opens in no frame"
    browser.switch_to.parent_frame()
    back = browser.find_element("css selector", ".source-frame button")
    assert back.text == "回答に戻る"
    back.click()
    assert browser.find_elements("css selector", ".source-frame") == []
    assert browser.find_elements("css selector", "#tenkyo-panel mark"), "the panel is as it was"
    assert len(browser.find_elements("css selector", ".reply a.tenkyo-cite")) >= 1
    assert browser.switch_to.active_element.get_attribute("class") == "tenkyo-open"
    browser.switch_to.default_content()


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko"])
def test_the_widget_is_small(server: str, language: str) -> None:
    page = request(server, f"/widget?lang={language}")[1].decode()
    files = re.findall(r'(?:href|src)="([^"]+\.(?:css|js)[^"]*)"', page)
    bodies = [page.encode(), *(request(server, f"/{name.removeprefix('./')}")[1] for name in files)]
    assert len(bodies) == 4, "the page, its style, its words, its script"
    assert sum(len(gzip.compress(body, 6)) for body in bodies) <= 15_000


def test_the_script_is_small(server: str) -> None:
    assert len(gzip.compress(static_files()["widget.js"].body, 6)) <= 3000
    status, _, headers = request(server, "/widget.d.ts")
    assert status == 200
    assert headers["access-control-allow-origin"] == "*"
