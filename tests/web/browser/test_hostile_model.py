"""A language model that writes scripts, pictures, links and controls: the widget and the chat show text alone.

The model is a scripted server; the answers pass through the real check, over a real index, into a real browser.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.composing.scripted_model import ScriptedModel, scripted_model
from tests.web.browser.conftest import tab_of
from tests.web.chromium import needs_chromium
from tests.web.conftest import wait_for_chat, wait_until
from tests.web.serve_process import serving

Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

pytestmark = [needs_chromium, pytest.mark.slow]
DIRECTOR = "鳴砂博物館の初代館長は誰か"
TRUE = "初代館長は海洋学者の戸倉静江である。[1]"
HOSTILE = [
    TRUE.replace("である", "<img src=x onerror=window.hacked=1>である"),
    TRUE.replace("海洋学者", "<script>window.hacked=2</script>海洋学者"),
    TRUE.replace("海洋学者", "海洋学者![x](https://evil.example/pixel.png)"),
    TRUE.replace("戸倉静江", "[戸倉静江](javascript:window.hacked=3)"),
    TRUE.replace("戸倉静江", '<a href="https://evil.example" onclick="window.hacked=4">戸倉静江</a>'),
    TRUE.replace("戸倉静江", "\u202e戸倉静江\u202c\u2066"),
    TRUE.replace("戸倉静江", "戸倉静江</p></div><svg onload=window.hacked=5><style>body{display:none}</style>"),
    TRUE.replace("[1]", "[1](https://evil.example)[1]"),
    "<iframe srcdoc='<script>parent.hacked=6</script>'></iframe>" + TRUE,
]
FOREIGN = """const shown = [...document.querySelectorAll(arguments[0])];
const all = (selector) => shown.flatMap((one) => [...one.querySelectorAll(selector)]);
const bad = all("img, script, iframe, svg[onload], style, form, object, embed");
const links = all("a").filter((one) => new URL(one.href).origin !== location.origin);
const handlers = all("*")
  .filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith("on")));
return [...bad, ...links, ...handlers].map((one) => one.outerHTML);"""
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    """Writes all of it, again and again."""
    with scripted_model([f"{TRUE}\n" + "\n".join(HOSTILE)]) as server:
        yield server


@pytest.fixture(scope="module")
def server(library_folder: Path, model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that composes with that model."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(library_folder, folder / "index")
    with serving(
        TENKYO_INDEX=str(folder / "index"),
        TENKYO_LLM_URL=model.address,
        TENKYO_LLM_MODEL="scripted",
    ) as served:
        yield served.address


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """A tab."""
    with tab_of(started) as tab:
        yield tab


def check(browser: Any, answer: str) -> None:
    """Nothing but text and links to our own sources came out of what the model wrote."""
    wait_until(lambda: bool(browser.find_elements("css selector", f"{answer} .tenkyo-composed")), seconds=60)
    wait_until(lambda: not browser.find_elements("css selector", "[aria-busy=true]"), seconds=60)
    text = "".join(one.text for one in browser.find_elements("css selector", answer))
    assert "戸倉静江" in text, "what is true is shown"
    assert browser.execute_script(FOREIGN, answer) == []
    assert browser.execute_script("return window.hacked") is None
    assert _CONTROLS.findall(browser.execute_script("return document.body.textContent")) == []
    severe = [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    assert severe == [], "nothing was even tried"


def test_in_the_widget(browser: Any, server: str, model: ScriptedModel) -> None:
    browser.get(f"{server}/widget?lang=ja")
    browser.find_element("id", "question").send_keys(DIRECTOR, Keys.ENTER)
    check(browser, ".reply")
    assert model.asked, "the model was asked"
    browser.refresh()  # the conversation of this tab comes back from its storage
    check(browser, ".reply")


def test_in_the_chat(browser: Any, server: str) -> None:
    wait_for_chat(server)
    browser.get(f"{server}/chat")
    box = "#tenkyo-box textarea"
    wait_until(lambda: bool(browser.find_elements("css selector", box)), seconds=30)
    browser.find_element("css selector", box).send_keys(DIRECTOR, Keys.ENTER)
    check(browser, ".tenkyo-answer")


def test_a_hostile_question_is_shown_as_text(browser: Any, server: str) -> None:
    hostile = "<img src=x onerror=window.hacked=7><script>window.hacked=8</script>[x](javascript:window.hacked=9)"
    browser.get(f"{server}/widget?lang=ja")
    browser.execute_script("sessionStorage.clear()")
    browser.refresh()
    browser.find_element("id", "question").send_keys(hostile, Keys.ENTER)
    wait_until(lambda: bool(browser.find_elements("css selector", ".reply.tenkyo-reply")), seconds=60)
    assert hostile in browser.find_element("css selector", ".question").text
    foreign = browser.execute_script(FOREIGN, "#log")
    assert [one for one in foreign if 'class="tenkyo-out"' not in one] == [], "but for the originals of documents"
    assert browser.execute_script("return window.hacked") is None
