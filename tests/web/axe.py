"""axe-core in the browser: what keeps people out, at the sizes of a desk and of phones, light and dark."""

import importlib.util
import time
from pathlib import Path
from typing import Any

import pytest

SIZES = {"desktop": (1280, 820), "phone": (390, 664), "small phone": (320, 568)}
LOOKS = [(size, mode) for size in SIZES for mode in ("light", "dark")]
_SERIOUS = """const done = arguments[0];
axe.run().then((result) => done(result.violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => [one.id, ...one.nodes.map((node) => node.html.slice(0, 200))])));"""


def script() -> str:
    """The script of axe-core."""
    found = importlib.util.find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def take_on(browser: Any, look: tuple[str, str]) -> None:
    """A window of a size, in a system that prefers light or dark."""
    size, mode = look
    width, height = SIZES[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": mode}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def faults(browser: Any) -> list[Any]:
    """What is serious or critical in the document as it is: that of the frame in which the driver is."""
    time.sleep(0.3)  # what fades in has come
    browser.execute_script(script())
    return list(browser.execute_async_script(_SERIOUS))


def faults_and_width(browser: Any) -> list[Any]:
    """The same, and whether something sticks out at the side."""
    fits = browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    return faults(browser) + ([] if fits else ["wider than the window"])
