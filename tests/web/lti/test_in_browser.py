"""LTI launches in a real browser that blocks third-party cookies, from a course page of another origin."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.web.lti.platforms import Platforms
from tests.web.chromium import needs_chromium, start_chromium
from tests.web.conftest import start_server, wait_until
from tests.web.lti.learning_platform import Platform

pytestmark = needs_chromium
# read in one go: the frame may move on meanwhile
REFUSED = "const task = document.getElementById('task'); return task && task.innerText.trim() === task.dataset.refused"


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    made = Platform()
    yield made
    made.close()


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory, platform: Platform) -> Iterator[str]:
    """The address of a server at which the platform is registered."""
    folder: Path = tmp_path_factory.mktemp("lti")
    known = platform.registration()
    Platforms(folder).put(known)
    process, address = start_server(LTI_FOLDER=os.fspath(folder))
    yield f"{address}/"
    process.terminate()
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium that sends no cookies to frames of other sites."""
    driver = start_chromium(
        tmp_path_factory.mktemp("chromium"),
        "--test-third-party-cookie-phaseout",
        preferences={"profile.cookie_controls_mode": 1},
    )
    yield driver
    driver.quit()


def enter(browser: Any, address: str) -> None:
    """Opens a course page in a new tab, which keeps no conversation, and goes into the frame of the tool."""
    browser.switch_to.default_content()
    browser.switch_to.new_window("tab")
    browser.get(address)
    browser.switch_to.frame(browser.find_element("id", "tool"))


def found(browser: Any, selector: str) -> Any:
    """The element, when it is there; the frame may move on while it is looked for."""
    wait_until(lambda: browser.find_elements("css selector", selector), seconds=20)
    return browser.find_element("css selector", selector)


@pytest.mark.parametrize("storage", [True, False], ids=["storage of the platform", "no storage"])
def test_a_student_asks_in_the_frame_of_the_course(browser: Any, platform: Platform, tool: str, storage: bool) -> None:
    custom = json.dumps({"starters": "そばはどこで広まったか"})
    enter(browser, platform.course_page(tool, storage=storage, message=custom))
    found(browser, "#examples button").click()
    assert "そば" in found(browser, ".reply .tenkyo-answer, .reply").text
    assert browser.execute_script("return document.documentElement.lang") == "ja"
    assert browser.execute_script("return document.cookie") == ""
    browser.switch_to.default_content()


def kept(platform: Platform, path: str, reply: str) -> None:
    """Lets the storage in a page answer otherwise."""
    platform.pages[path] = platform.pages[path].replace("kept.get(event.origin + key)", reply)


@pytest.mark.parametrize("same", [True, False], ids=["the same browser", "another browser"])
def test_a_frame_beside_the_tool_keeps_the_state_as_in_canvas(
    browser: Any, platform: Platform, tool: str, same: bool
) -> None:
    address = platform.course_page(tool, storage=True, keeper="post_message_forwarding")
    if not same:
        kept(platform, "/keeper", "'state-of-somebody-else'")
    enter(browser, address)
    if same:
        assert found(browser, "#question")
    else:
        wait_until(lambda: bool(browser.execute_script(REFUSED)), seconds=20)
    browser.switch_to.default_content()


@pytest.mark.parametrize("keeper", ["location", "no_such_frame", "length"])
def test_a_name_of_no_frame_is_no_storage(browser: Any, platform: Platform, tool: str, keeper: str) -> None:
    enter(browser, platform.course_page(tool, storage=True, keeper=keeper))
    assert found(browser, "#question")
    browser.switch_to.default_content()


@pytest.mark.parametrize("same", [True, False], ids=["the same browser", "another browser"])
def test_in_a_window_of_its_own_the_page_that_opened_it_keeps_the_state(
    browser: Any, platform: Platform, tool: str, same: bool
) -> None:
    address = platform.course_page(tool, storage=True)
    if not same:
        kept(platform, address.removeprefix(platform.issuer), "'state-of-somebody-else'")
    browser.switch_to.default_content()
    browser.get(address)
    before = set(browser.window_handles)
    browser.execute_script("openTool()")
    wait_until(lambda: len(set(browser.window_handles) - before) == 1)
    (made,) = set(browser.window_handles) - before
    browser.switch_to.window(made)
    if same:
        assert found(browser, "#question")
    else:
        wait_until(lambda: bool(browser.execute_script(REFUSED)), seconds=20)


def test_a_launch_that_began_in_another_browser_is_not_opened(browser: Any, platform: Platform, tool: str) -> None:
    address = platform.course_page(tool, storage=True)
    # the platform's storage holds another state than the one that comes back
    kept(platform, address.removeprefix(platform.issuer), "'state-of-somebody-else'")
    enter(browser, address)
    wait_until(lambda: bool(browser.execute_script(REFUSED)), seconds=20)
    assert not browser.find_elements("id", "question")
    browser.switch_to.default_content()


def test_a_teacher_picks_what_the_course_page_opens(browser: Any, platform: Platform, tool: str) -> None:
    enter(browser, platform.course_page(tool, storage=True, hint="teacher+pick"))
    found(browser, "textarea[name=starters]").send_keys("そばはいつ広まったか")
    browser.find_element("css selector", "button[type=submit]").click()
    wait_until(lambda: len(platform.returned) == 1, seconds=20)
    assert platform.returned[0]["JWT"].count(".") == 2
    browser.switch_to.default_content()
