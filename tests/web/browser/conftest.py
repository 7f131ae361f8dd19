"""One Chromium for all tests of this folder that a worker process runs: as a page of its own, or as tabs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.web.conftest import wait_for_chat, wait_until


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, Japanese."""
    from tests.web.chromium import start_chromium  # which skips the test where selenium is missing

    driver = start_chromium(
        tmp_path_factory.mktemp("chromium"), "--lang=ja", preferences={"intl.accept_languages": "ja"}, logs=True
    )
    yield driver
    driver.quit()


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """The browser as it was when it started; after the test its console must hold no error."""
    started.get_log("browser")
    yield started
    errors = [line["message"] for line in started.get_log("browser") if line["level"] == "SEVERE"]
    started.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    started.get("about:blank")
    assert errors == []


@pytest.fixture
def chat(browser: Any, server: str) -> Any:
    """The browser on a chat page of its own, without the conversations of other tests."""
    wait_for_chat(server)
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": server, "storageTypes": "all"})
    browser.get(f"{server}/chat")
    wait_until(lambda: bool(browser.find_elements("css selector", "#tenkyo-box textarea")))
    return browser


@contextmanager
def tab_of(started: Any, on_new_document: str = "") -> Iterator[Any]:
    """The browser in a tab of its own, which keeps no conversation; `on_new_document` runs there on each page."""
    first = started.current_window_handle
    started.switch_to.new_window("tab")
    if on_new_document:
        started.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": on_new_document})
    started.get_log("browser")
    yield started
    started.close()
    started.switch_to.window(first)
