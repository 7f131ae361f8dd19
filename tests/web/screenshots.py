"""Pictures of every page, to be looked at: python -m tests.web.screenshots [--out FOLDER] [--index FOLDER] [--readme].

Starts `tenkyo serve` over the bundled corpus with a new index of its own, or over the index that is named, and asks in
Chromium; needs selenium, chromium and chromedriver. Each page is taken as on a desktop and on a phone, light and dark;
`--readme` takes those two that the README shows, into .readme.
"""

import argparse
import contextlib
import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from app.pages.labels.texts import LABELS
from tests.web.chromium import start_chromium
from tests.web.conftest import ROOT, request, wait_until
from tests.web.serve_process import serving

QUESTION = "ギャラップ社の調査で日本に好意的な米国人は何%か"
# by the name of the picture: a question of each kind of answer
QUESTIONS = {
    "table": "第1表を見せて",
    "likely": "関税の目的は何ですか",
    "weak": "日米安全保障条約が署名されたのは何年か",
    "absent": "習近平国家主席の年齢は何歳か",
    "references": "参考文献を一覧にして",
    "summary": "この論文を要約して",
    "comparison": "第1期政権と第2期政権の関税政策を比べて",
    "english": "What share of Americans view Japan favorably?",
}
DESK = ("documents", "references", "quality", "insight", "settings")  # the teacher's pages
PASSWORD = "for-pictures-alone"  # noqa: S105 - of a server that lives as long as this command
DESKTOP, PHONE, WIDGET = (1280, 820), (390, 664), (400, 600)  # width and height in CSS pixels
_PATIENCE = 300.0  # seconds: the encoder is prepared, the bundle encoded, Gradio loaded
_DONE = ".tenkyo-reply > :is(.tenkyo-answer, .tenkyo-absent)"


@contextlib.contextmanager
def serving_pages(scratch: Path, index: Path | None) -> Iterator[str]:
    """The address of a server over `index`, or a new one in `scratch`, once it has made its questions."""
    arguments = ["--index", str(index)] if index else []
    # without TENKYO_INDEX: only the default index is made by itself
    with serving(
        *arguments,
        ready="/chat",
        seconds=_PATIENCE,
        XDG_DATA_HOME=str(scratch / "data"),
        TENKYO_ADMIN_PASSWORD=PASSWORD,
    ) as served:
        # suggestions and cards for the self-check come from the drafts that the server makes after its start
        wait_until(lambda: len(request(served.address, "/api/study")[1]) > 1000, seconds=_PATIENCE)
        _warm_up(served.address)
        yield served.address


def _warm_up(address: str) -> None:
    """Ask once beforehand: a first question loads so much that the time for optional parts of its answer runs out."""
    body = json.dumps({"question": QUESTION}).encode()
    asked = urllib.request.Request(f"{address}/api/ask", body, {"Content-Type": "application/json"})  # noqa: S310 - ours
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(asked, timeout=_PATIENCE):  # noqa: S310
        pass


@contextlib.contextmanager
def browsing(scratch: Path) -> Iterator[Any]:
    """Chromium, Japanese."""
    flags, preferences = ("--hide-scrollbars", "--lang=ja"), {"intl.accept_languages": "ja"}
    browser = start_chromium(scratch / "profile", *flags, preferences=preferences)
    try:
        yield browser
    finally:
        browser.quit()


def take_all(browser: Any, address: str, folder: Path) -> None:
    """Every page at both sizes in both modes: SIZE-MODE-NAME.png."""
    for size, (width, height) in {"desktop": DESKTOP, "phone": PHONE}.items():
        for mode in ("light", "dark"):
            look(browser, (width, height), mode)

            def shot(name: str, size: str = size, mode: str = mode) -> None:
                time.sleep(0.4)  # what moves has arrived
                browser.save_screenshot(str(folder / f"{size}-{mode}-{name}.png"))

            chat_pages(browser, address, shot)
            source = browser.find_element(By.CSS_SELECTOR, ".tenkyo-cite").get_attribute("href")
            for name, page in {
                "source": source,
                "widget": f"{address}/widget?lang=ja",
                "demo": f"{address}/widget/demo?lang=ja",
                "error": f"{address}/x",
            }.items():
                browser.get(page)
                shot(name)
            ask_widget(browser, address)
            shot("widget-answer")
            desk_pages(browser, address, shot)


def chat_pages(browser: Any, address: str, shot: Callable[[str], None]) -> None:
    """The chat: its start, an answer of each kind, the panel and the dialogs."""
    browser.get(f"{address}/chat")
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, "#tenkyo-box textarea")), seconds=_PATIENCE)
    browser.execute_script("localStorage.clear(); tenkyoChat.show([])")
    shot("start")
    ask(browser, QUESTION)
    shot("answer")
    open_panel(browser)
    shot("panel")
    browser.find_element(By.CSS_SELECTOR, ".tenkyo-close").click()
    for name, question in QUESTIONS.items():
        ask(browser, question)
        shot(name)
    for name in ("conversations", "export", "study"):
        tools = "[...document.querySelectorAll('#tenkyo-tools .tenkyo-tool')]"
        browser.execute_script(f"{tools}.find((tool) => tool.textContent === arguments[0]).click()", LABELS["ja"][name])
        shot(name)
        browser.switch_to.active_element.send_keys(Keys.ESCAPE)


def desk_pages(browser: Any, address: str, shot: Callable[[str], None]) -> None:
    """The teacher's pages, and the door to them."""
    browser.delete_all_cookies()
    browser.get(f"{address}/teach")
    shot("teach")
    browser.find_element(By.CSS_SELECTOR, "input[type=password]").send_keys(PASSWORD, Keys.ENTER)
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, "nav a")), seconds=_PATIENCE)
    for name in DESK:
        browser.get(f"{address}/teach/{name}")
        shot(f"teach-{name}")


def take_readmes(browser: Any, address: str, folder: Path) -> None:
    """The question, its answer, and the cited passage marked in the panel; the same question in the widget."""
    look(browser, DESKTOP, "light")
    browser.get(f"{address}/chat")
    ask(browser, QUESTION)
    open_panel(browser)
    time.sleep(0.4)
    browser.save_screenshot(str(folder / "chat.png"))
    look(browser, WIDGET, "light")
    ask_widget(browser, address)
    browser.save_screenshot(str(folder / "widget.png"))


def ask_widget(browser: Any, address: str) -> None:
    """The widget's page with the question and its answer."""
    browser.get(f"{address}/widget?lang=ja")
    browser.execute_script("sessionStorage.clear()")
    browser.get(f"{address}/widget?lang=ja")
    browser.find_element(By.ID, "question").send_keys(QUESTION, Keys.ENTER)
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".tenkyo-sources")), seconds=_PATIENCE)


def look(browser: Any, size: tuple[int, int], mode: str) -> None:
    """A window of this size; the mode is what the system prefers."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": mode}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def ask(browser: Any, question: str) -> None:
    """One more question, until its answer is there."""
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, "#tenkyo-box textarea")), seconds=_PATIENCE)
    before = len(browser.find_elements(By.CSS_SELECTOR, _DONE))
    browser.find_element(By.CSS_SELECTOR, "#tenkyo-box textarea").send_keys(question, Keys.ENTER)
    wait_until(lambda: len(browser.find_elements(By.CSS_SELECTOR, _DONE)) > before, seconds=_PATIENCE)


def open_panel(browser: Any) -> None:
    """The passage of the last answer's first citation."""
    browser.find_elements(By.CSS_SELECTOR, _DONE)[-1].find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, "#tenkyo-panel mark")), seconds=_PATIENCE)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / ".screenshots", help="folder of the pictures")
    parser.add_argument("--index", type=Path, help="folder of an index: pictures of its pages if it holds a PDF")
    parser.add_argument("--readme", action="store_true", help="take those of the README instead, into .readme")
    given = parser.parse_args()
    folder = ROOT / ".readme" if given.readme else given.out
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tenkyo-screenshots-") as name:
        scratch = Path(name)
        with serving_pages(scratch, given.index) as address, browsing(scratch) as browser:
            (take_readmes if given.readme else take_all)(browser, address, folder)


if __name__ == "__main__":
    main()
