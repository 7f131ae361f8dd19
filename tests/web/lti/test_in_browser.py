"""LTI launches in a real browser that blocks third-party cookies, from a course page of another origin."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pylti1p3.dynamic_registration import generate_key_pair

from app.web.error_page import refusal_words
from app.web.lti.platforms import Platforms
from tests.web.axe import LOOKS, faults_and_width, take_on
from tests.web.chromium import needs_chromium, start_chromium
from tests.web.conftest import wait_until
from tests.web.lti.conftest import TOKEN
from tests.web.lti.learning_platform import CLAIM, Platform
from tests.web.serve_process import serving_fake

pytestmark = [needs_chromium, pytest.mark.slow]
OTHER_KEY = generate_key_pair(2048)[0]
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
    index = os.fspath(folder / "index")
    with serving_fake(LTI_FOLDER=os.fspath(folder), LTI_TOKEN=TOKEN, DESK_INDEX=index, NO_CHAT="1") as served:
        yield f"{served.address}/"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium that sends no cookies to frames of other sites."""
    driver = start_chromium(
        tmp_path_factory.mktemp("chromium"),
        "--test-third-party-cookie-phaseout",
        "--lang=ja",
        preferences={"profile.cookie_controls_mode": 1, "intl.accept_languages": "ja"},
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


def go_back_into(browser: Any, address: str) -> None:
    """Opens a course page in the same tab."""
    browser.switch_to.default_content()
    browser.get(address)
    browser.switch_to.frame(browser.find_element("id", "tool"))
    found(browser, "#question")


def questions(browser: Any) -> list[str]:
    return [one.text for one in browser.find_elements("css selector", ".question")]


@pytest.mark.parametrize("next_one", ["teacher", "another"])
def test_who_comes_next_in_the_same_tab_finds_nothing_of_the_student_before(
    browser: Any, platform: Platform, tool: str, next_one: str
) -> None:
    hers = platform.course_page(tool, storage=False)
    enter(browser, hers)
    found(browser, "#question").send_keys("そばはどこで広まったか", "\ue007")  # Enter
    found(browser, ".reply.tenkyo-reply")
    go_back_into(browser, hers)
    assert questions(browser) == ["そばはどこで広まったか"], "her own conversation is kept"
    go_back_into(browser, platform.course_page(tool, storage=False, hint=next_one))
    assert questions(browser) == []
    kept_here = browser.execute_script("return JSON.stringify({ ...sessionStorage })")
    assert "そば" not in kept_here
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


def test_a_teacher_sees_the_widget_too_and_its_link_opens_the_desk(browser: Any, platform: Platform, tool: str) -> None:
    enter(browser, platform.course_page(tool, storage=False))
    assert found(browser, "#question")
    assert browser.find_elements("css selector", "a.desk") == [], "a student"
    enter(browser, platform.course_page(tool, storage=True, hint="teacher"))
    assert found(browser, "#question")
    before = set(browser.window_handles)
    found(browser, "a.desk").click()
    wait_until(lambda: len(set(browser.window_handles) - before) == 1)
    (desk,) = set(browser.window_handles) - before
    browser.switch_to.window(desk)
    found(browser, "input[name=ticket] ~ button").click()
    assert found(browser, "form.drop input[type=file]").is_displayed()
    assert browser.current_url.startswith(f"{tool}teach/documents")


REFUSED_CLAIMS: dict[str, tuple[Callable[[Platform, dict[str, Any]], str], str]] = {
    "bad signature": (lambda platform, claims: Platform.token(platform, claims, OTHER_KEY), "token_signature"),
    "wrong audience": (
        lambda platform, claims: Platform.token(platform, claims | {"aud": "another-tool"}),
        "platform_unknown",
    ),
    "expired token": (
        lambda platform, claims: Platform.token(platform, claims | {"exp": int(time.time()) - 90}),
        "token_expired",
    ),
    "unknown deployment": (
        lambda platform, claims: Platform.token(platform, claims | {f"{CLAIM}/deployment_id": "another"}),
        "deployment_unknown_student",
    ),
}


def refusal(browser: Any) -> str:
    """What the page of an error says."""
    return str(found(browser, "p.reason").text)


@pytest.mark.parametrize("case", REFUSED_CLAIMS)
def test_what_is_refused_says_why_in_the_frame_of_the_course(
    browser: Any, platform: Platform, tool: str, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, reason = REFUSED_CLAIMS[case]
    monkeypatch.setattr(platform, "token", lambda claims: change(platform, claims))
    enter(browser, platform.course_page(tool, storage=False))
    expected = refusal_words("ja")["words"][reason].partition("{")[0]
    assert expected in refusal(browser)
    assert not browser.find_elements("id", "question")
    browser.switch_to.default_content()


def test_a_token_that_was_used_is_refused(
    browser: Any, platform: Platform, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept_as_well(asked: Mapping[str, str]) -> str:
        platform.pages["/replayed"] = Platform.authenticate(platform, asked)
        return platform.pages["/replayed"]

    monkeypatch.setattr(platform, "authenticate", kept_as_well)
    enter(browser, platform.course_page(tool, storage=False))
    assert found(browser, "#question")
    browser.switch_to.default_content()
    browser.get(f"{platform.issuer}/replayed")
    assert refusal(browser) == refusal_words("ja")["words"]["token_used"]


@pytest.fixture(params=LOOKS)
def looked_at(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The browser in a tab of a size, light or dark."""
    browser.switch_to.default_content()
    browser.switch_to.new_window("tab")
    take_on(browser, request.param)
    yield browser
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def begun(platform: Platform, tool: str, hint: str, **more: str) -> str:
    """The address at which the platform begins a launch."""
    return f"{tool}lti/login?{urlencode(platform.login(f'{tool}lti/launch', hint, **more))}"


def test_axe_finds_nothing_on_the_pages_of_launches_and_refusals(
    looked_at: Any, platform: Platform, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = looked_at
    browser.get(begun(platform, tool, "student"))
    found(browser, "#question")
    assert faults_and_width(browser) == [], "a student's widget"
    monkeypatch.setattr(platform, "deployment", "another-deployment-of-the-same-platform")
    browser.get(begun(platform, tool, "teacher"))
    assert platform.issuer in found(browser, "pre").text
    assert faults_and_width(browser) == [], "a deployment that is refused, with what to enter"
    browser.get(f"{tool}lti/launch")
    assert faults_and_width(browser) == [], "an address that is no page"
    monkeypatch.undo()
    given = {"token": TOKEN, "openid_configuration": f"{platform.issuer}/.well-known/openid-configuration"}
    browser.get(f"{tool}lti/register?{urlencode(given | {'registration_token': platform.registration_token})}")
    assert platform.issuer in found(browser, "main").text
    assert faults_and_width(browser) == [], "registered"


def test_axe_finds_nothing_on_the_pages_of_picking_nor_on_the_steps_between(
    looked_at: Any, platform: Platform, tool: str
) -> None:
    browser = looked_at
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/static/lti.js"]})  # the steps stay as they are
    browser.get(begun(platform, tool, "teacher+pick", lti_storage_target="_parent"))
    found(browser, "#task[data-put]")
    assert faults_and_width(browser) == [], "on the way"
    browser.get(begun(platform, tool, "teacher+pick"))
    found(browser, "textarea[name=starters]")
    assert faults_and_width(browser) == [], "picking"
    browser.find_element("css selector", "button[type=submit]").click()
    found(browser, "#answer")
    assert faults_and_width(browser) == [], "going back"
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
