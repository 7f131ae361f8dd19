"""The desk and a closed course in a real browser, on a real server over a real index."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.web.courses.passes import sign
from tests.web.axe import LOOKS, faults_and_width, take_on
from tests.web.chromium import KEEP_SHADOW_ROOTS, needs_chromium, start_chromium
from tests.web.conftest import CoursePage, wait_until
from tests.web.serve_process import serving
from tests.web.teach.conftest import PASSWORD

pytestmark = [needs_chromium, pytest.mark.slow]
SECRET = b"0123456789abcdef0123456789abcdef"
PAGES = (
    "documents",
    "references",
    "quality?question=鳴砂博物館はいつ開館したか",
    "insight",
    "settings",
    "enter?ticket=x",
)
DROP = """const data = new DataTransfer();
data.items.add(new File([arguments[1]], arguments[0], { type: "text/plain" }));
const form = document.querySelector("form.drop");
for (const name of ["dragenter", "dragover", "drop"])
  form.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));"""
EMPTY = """const form = document.querySelector("form.drop");
form.querySelector("input[type=file]").required = false;
form.querySelector("input[type=file]").value = "";
form.requestSubmit();"""


@pytest.fixture(scope="module")
def served(library_folder: Path, course: CoursePage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with one course at the root and a closed one, `law`, which the course page may show."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("index", "law"):
        shutil.copytree(library_folder, folder / name)
    (folder / "law.key").write_bytes(SECRET)
    courses = folder / "courses.toml"
    table = (
        f'[law]\nindex = "law"\ntitle = "憲法入門"\nkey_file = "law.key"\norigins = ["{course.address.rstrip("/")}"]\n'
    )
    courses.write_text(table, encoding="utf-8")
    with serving(
        ready="/c/law/readyz",
        TENKYO_INDEX=str(folder / "index"),
        TENKYO_COURSES=str(courses),
        TENKYO_ADMIN_PASSWORD=PASSWORD,
    ) as process:
        yield process.address


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, English, with a hand on what is in closed shadow roots."""
    preferences = {"intl.accept_languages": "en"}
    driver = start_chromium(
        tmp_path_factory.mktemp("chromium"),
        "--lang=en",
        preferences=preferences,
        on_new_document=KEEP_SHADOW_ROOTS,
        logs=True,
    )
    yield driver
    driver.quit()


@pytest.fixture
def desk(browser: Any, served: str) -> Iterator[str]:
    """The address of the desk, at which the browser has logged in; its console must hold no error."""
    browser.get_log("browser")
    browser.get(f"{served}/teach")
    if browser.find_elements("id", "password"):
        browser.find_element("id", "password").send_keys(PASSWORD, "\ue007")
        wait_until(lambda: bool(browser.find_elements("css selector", "nav")))
    yield f"{served}/teach"
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    errors = [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    assert [one for one in errors if "status of 422" not in one] == [], "refusals aside"


def body(browser: Any) -> str:
    """The text of the page, read in one go: the page may be loaded anew meanwhile."""
    return str(browser.execute_script("return document.body ? document.body.innerText : ''"))


def test_a_dropped_file_is_added_while_the_page_tells_how_far_it_is(browser: Any, desk: str) -> None:
    browser.get(f"{desk}/documents")
    browser.execute_script(
        DROP, "glass.txt", "The Glass Yard\n\nThe glass yard of Kirihara makes 8000 blue bells a year."
    )
    wait_until(lambda: "done" in body(browser) and "Documents in use (6)" in body(browser), seconds=60)
    browser.refresh()
    assert "glass.txt" in body(browser), "the task is still told after a reload"
    browser.execute_script(DROP, "virus.exe", "x")
    wait_until(lambda: "does not read this type of file" in body(browser))
    assert "virus.exe: Tenkyo does not read" in body(browser)
    browser.execute_script(EMPTY)
    wait_until(lambda: "No file was sent" in body(browser))
    assert "does not read this type of file" not in body(browser)


def test_the_core_works_without_scripts(browser: Any, desk: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{desk}/documents")
    before = len(browser.find_elements("css selector", ".list > li"))
    row = browser.find_elements("css selector", ".list > li")[-1]
    row.find_element("css selector", "summary").click()
    row.find_element("css selector", "button.danger").click()

    def removed() -> bool:
        browser.get(f"{desk}/documents")
        return len(browser.find_elements("css selector", ".list > li")) == before - 1

    wait_until(removed, seconds=60)
    browser.get(f"{desk}/settings")
    browser.find_element("id", "greeting").send_keys("Welcome to week 3")
    browser.find_element("css selector", "main form button").click()
    assert "Saved" in body(browser)
    browser.get(f"{desk.removesuffix('/teach')}/widget?lang=en")
    assert "Welcome to week 3" in body(browser)


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_on_any_page(browser: Any, desk: str, look: tuple[str, str]) -> None:
    take_on(browser, look)
    browser.get(f"{desk}/quality?lang=ja")
    browser.execute_script(DROP, "q.csv", "question,answer\n誰が館長か,田中\n")
    wait_until(lambda: "「answer」という列は使えません" in body(browser), seconds=60)
    for page in PAGES:
        browser.get(f"{desk}/{page}")
        assert faults_and_width(browser) == [], page
    browser.get(f"{desk}/documents?lang=en")
    browser.find_element("css selector", "form[action$=logout] button").click()
    wait_until(lambda: bool(browser.find_elements("id", "password")))
    assert faults_and_width(browser) == [], "the login"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def frame_of(browser: Any) -> None:
    """Into the widget's frame on the course page."""
    browser.execute_script("tenkyo.open()")
    wait_until(lambda: bool(browser.execute_script("return !!window.shadow.querySelector('iframe')")))
    browser.switch_to.frame(browser.execute_script("return window.shadow.querySelector('iframe')"))


def test_a_closed_course_answers_in_the_frame_of_its_course_page(browser: Any, served: str, course: CoursePage) -> None:
    token = sign("law", SECRET, 600, "tenkyo")
    address = f"{served}/c/law/widget.js"
    course.html = (
        f'<!doctype html><title>講座</title><script src="{address}" data-lang="ja" data-token="{token}"></script>'
    )
    browser.get(course.address)
    frame_of(browser)
    wait_until(lambda: "憲法入門" in body(browser))
    browser.find_element("id", "question").send_keys("鳴砂博物館はいつ開館したか", "\ue007")
    wait_until(lambda: "1987" in body(browser), seconds=60)
    browser.find_element("css selector", ".reply a.tenkyo-cite").click()
    wait_until(lambda: bool(browser.find_elements("css selector", "mark")))
    browser.switch_to.default_content()


def test_a_closed_course_says_that_it_is_closed(browser: Any, served: str, course: CoursePage) -> None:
    course.html = (
        f'<!doctype html><iframe id="w" src="{served}/c/law/widget?lang=ja" width="400" height="600"></iframe>'
    )
    browser.get(course.address)
    browser.switch_to.frame("w")
    wait_until(lambda: "学習システムにある講座のページから開いてください" in body(browser))
    browser.switch_to.default_content()
