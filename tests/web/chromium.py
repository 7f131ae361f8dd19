"""Chromium for the tests and the pictures of pages: headless, with nothing of its own to say to the network."""

import shutil
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not installed")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync "
    "--force-prefers-reduced-motion"  # what fades in has no text for the driver as long as it is transparent
).split()
# Shadow roots of the widget's launcher are closed; a test keeps hold of each that is made.
KEEP_SHADOW_ROOTS = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) { return (window.shadow = attach.call(this, init)); };"""


def start_chromium(
    profile: Path, *flags: str, preferences: dict[str, Any] | None = None, on_new_document: str = "", logs: bool = False
) -> Any:
    """A browser with an empty profile; `on_new_document` runs on each page before its own scripts."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*_FLAGS, "--window-size=1280,900", *flags, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    if preferences:
        options.add_experimental_option("prefs", preferences)
    if logs:
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    if on_new_document:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": on_new_document})
    return driver
