"""What the chat page costs, in a real browser: bytes of its first view, addresses that it asks, time to an answer."""

import statistics
from typing import Any

from tests.stopwatch import started_here, waited
from tests.web.browser import test_browser as pages
from tests.web.browser.test_chat_page import BOX, answered, box
from tests.web.conftest import wait_for_chat
from tests.web.fake_library import ANSWERS

pytestmark = pages.pytestmark
By, Keys = pages.By, pages.Keys

MOST_BYTES, MOST_SECONDS = 300_000, 0.150
LOADED = """
    const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    return loaded.map((entry) => [entry.name, entry.transferSize]);
"""
# milliseconds from sending a question until its answer is there and a frame has been drawn
UNTIL_SHOWN = """
    const [question, done] = arguments;
    const log = document.getElementById("tenkyo-log");
    const count = log.querySelectorAll(".tenkyo-answer").length;
    const begun = performance.now();
    const watch = new MutationObserver(() => {
      if (log.querySelectorAll(".tenkyo-answer").length === count) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
    });
    watch.observe(log, { childList: true, subtree: true });
    document.dispatchEvent(new CustomEvent("tenkyo:send", { detail: question }));
"""


def test_the_first_view_is_light(browser: Any, server: str) -> None:
    wait_for_chat(server)
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    browser.get(f"{server}/chat")
    pages.shown(browser, BOX)
    loaded = dict(browser.execute_script(LOADED))
    browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})
    assert len(loaded) > 20
    assert all(size > 0 for size in loaded.values()), "measured without the browser's cache"
    assert sum(loaded.values()) <= MOST_BYTES


def test_no_other_address_is_asked(chat: Any, server: str) -> None:
    box(chat).send_keys("軒数", Keys.ENTER)
    answered(chat, 1).find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    addresses = [name for name, _ in chat.execute_script(LOADED)]
    assert any("queue/data" in name for name in addresses)
    assert [name for name in addresses if not name.startswith(f"{server}/")] == []


def test_an_answer_is_on_the_screen_soon_after_the_server_has_it(chat: Any) -> None:
    """The fake library answers at once, so all of the time is spent on the way to the screen."""
    box(chat).send_keys("そば", Keys.ENTER)
    answered(chat, 1)
    seconds = []
    for question in ("ラーメン", "値段", "山田と鈴木", "軒数", "そばとラーメン"):
        processes = started_here()
        before = sum(map(waited, processes))
        passed = chat.execute_async_script(UNTIL_SHOWN, question) / 1000
        seconds.append(passed - (sum(map(waited, processes)) - before))
    assert statistics.median(seconds) <= MOST_SECONDS, seconds
