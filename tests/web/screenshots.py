"""The README's pictures, taken anew from the bundled corpus: python -m tests.web.screenshots [--out .readme].

Starts `tenkyo serve` with a new index of its own and asks in Chromium; needs selenium, chromium and chromedriver.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.web.conftest import ROOT, request, wait_until

QUESTION = "ギャラップ社の調査で日本に好意的な米国人は何%か"
CHAT, WIDGET = (1280, 820), (400, 600)  # width and height in CSS pixels
_PATIENCE = 300.0  # seconds: the encoder is prepared, the bundle encoded, Gradio loaded
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --lang=ja"
)


def take(folder: Path, scratch: Path) -> None:
    """Write chat.png and widget.png to `folder`; index and browser profile lie in `scratch`."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0"]
    # without TENKYO_INDEX: only the default index is made by itself
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TENKYO_")}
    environment |= {"XDG_DATA_HOME": str(scratch / "data")}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    browser = None
    try:
        address = _address(server)
        wait_until(lambda: request(address, "/chat")[0] == 200, seconds=_PATIENCE)
        _warm_up(address)
        browser = _browser(scratch / "profile")
        _chat(browser, address, folder / "chat.png")
        _widget(browser, address, folder / "widget.png")
    finally:
        if browser is not None:
            browser.quit()
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)


def _address(server: "subprocess.Popen[str]") -> str:
    """The address that the server prints once it listens."""
    assert server.stderr is not None
    for line in server.stderr:
        if match := re.search(r"http://127\.0\.0\.1:\d+", line):
            return match.group()
    raise SystemExit("tenkyo serve ended before it listened")


def _warm_up(address: str) -> None:
    """Ask once beforehand: a first question loads so much that the time for optional parts of its answer runs out."""
    body = json.dumps({"question": QUESTION}).encode()
    asked = urllib.request.Request(f"{address}/api/ask", body, {"Content-Type": "application/json"})  # noqa: S310 - ours
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(asked, timeout=_PATIENCE):  # noqa: S310
        pass


def _browser(profile: Path) -> Any:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in [*FLAGS.split(), f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": "ja"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


def _chat(browser: Any, address: str, path: Path) -> None:
    """The question, its answer, and the cited passage marked in the side panel."""
    _resize(browser, CHAT)
    browser.get(f"{address}/chat")
    _ask(browser, "#tenkyo-box textarea")
    browser.find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, "#tenkyo-panel mark")), seconds=_PATIENCE)
    browser.save_screenshot(str(path))


def _widget(browser: Any, address: str, path: Path) -> None:
    """The same question in the widget."""
    _resize(browser, WIDGET)
    browser.get(f"{address}/widget?lang=ja")
    _ask(browser, "#question")
    browser.save_screenshot(str(path))


def _resize(browser: Any, size: tuple[int, int]) -> None:
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def _ask(browser: Any, box: str) -> None:
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, box)), seconds=_PATIENCE)
    browser.find_element(By.CSS_SELECTOR, box).send_keys(QUESTION, Keys.ENTER)
    wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".tenkyo-sources")), seconds=_PATIENCE)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / ".readme", help="folder of the pictures (default: .readme)")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tenkyo-screenshots-") as scratch:
        take(folder, Path(scratch))


if __name__ == "__main__":
    main()
